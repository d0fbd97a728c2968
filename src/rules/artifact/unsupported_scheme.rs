//! `artifact/unsupported-scheme`: KServe fetches what a model reference names.

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::reference::{
    Class, Consumer, Release, Scheme, Support, UnknownWhy, Unsupported, scheme_support,
};
use crate::fleet::{Fleet, ModelUse, Object};
use crate::kinds::kserve::Form;

pub(super) const CHECKS: &[Check] = &[Check::ModelReference(check)];

/// Up to this release a modelcar needs a switch of KServe's ConfigMap (kserve v0.15
/// `config/configmap/inferenceservice.yaml`, `enableModelcar`).
const LAST_WITH_SWITCH: u8 = 15;

/// What is said of one reference.
struct Said {
    case: &'static str,
    /// After the model and its environment.
    message: String,
    note: String,
    help: &'static str,
}

fn check(model_use: &ModelUse, object: &Object, context: &Context<'_>, out: &mut Violations) {
    let reference = &model_use.reference;
    let parsed = &model_use.parsed;
    let is_readable = match &parsed.class {
        Class::Unknown { why, .. } => !matches!(why, UnknownWhy::Unrendered | UnknownWhy::Empty),
        Class::Broken { .. } => false,
        Class::Pinned { .. } | Class::Mutable { .. } => true,
    };
    // An argument is fetched by the runtime itself, not by KServe, and an image by the node.
    if !is_readable || matches!(reference.form, Form::Argument | Form::Image) {
        return;
    }
    let said = match parsed.unsupported_by_kserve {
        // What moves and has no scheme `pinned-model-uri` says whole.
        Some(Unsupported::TakenForLocalPath) if !parsed.class.is_pinned() => None,
        Some(why) => Some(never(model_use, why)),
        None if parsed.scheme == Scheme::Custom => None,
        None => by_release(model_use, context),
    };
    let Some(Said { case, message, note, help }) = said else { return };
    let message = format!("{}{{places}} {message}", model_use.model);
    let (path, origin) = (reference.path.clone(), reference.origin);
    let found = Violation::in_object(case, &object.manifest, path, origin, "not fetched", message);
    out.push(found.map(|found| found.note(note).help(help)));
}

/// A reference that no release fetches.
fn never(model_use: &ModelUse, why: Unsupported) -> Said {
    let parsed = &model_use.parsed;
    let name = parsed.piece(&parsed.scheme_name);
    if parsed.scheme == Scheme::Custom && why == Unsupported::UnknownScheme {
        return Said {
            case: "custom",
            message: format!("names its model by `{name}://`, which KServe does not know by itself"),
            note: "unless a ClusterStorageContainer claims it, the controller refuses it in status, and the old \
                   revision keeps serving"
                .to_owned(),
            help: "where a ClusterStorageContainer elsewhere claims it, say so in mlgitops.yaml: `storage: \
                   {schemes: […]}`",
        };
    }
    let note = match why {
        Unsupported::TakenForLocalPath => format!(
            "KServe has no `{name}:` scheme and takes this for a local path: Argo CD says Synced, the new pods \
             never start, the old ones keep serving"
        ),
        Unsupported::UnknownScheme => {
            format!("no release of KServe knows `{name}://`: its controller refuses it in status")
        }
        Unsupported::AzureForm => {
            "the only Azure form is `https://<account>.blob.core.windows.net/<container>/<path>`".to_owned()
        }
        Unsupported::HubForm => "a hub reference is exactly `owner/model`".to_owned(),
    };
    if name.chars().any(char::is_uppercase) {
        return Said {
            case: "unknown",
            message: "names its model in a form KServe does not fetch".to_owned(),
            note,
            help: "write the scheme in lower case",
        };
    }
    Said {
        case: "unknown",
        message: "names its model in a form KServe does not fetch".to_owned(),
        note,
        help: "copy the artifact to an object store and name it there: `s3://bucket/model/v47/`",
    }
}

/// A reference that some releases fetch, and others do not.
fn by_release(model_use: &ModelUse, context: &Context<'_>) -> Option<Said> {
    let parsed = &model_use.parsed;
    let name = parsed.piece(&parsed.scheme_name);
    let consumer = match model_use.reference.form {
        Form::LlmUri => Consumer::LlmInferenceService,
        _ => Consumer::InferenceService,
    };
    let minors = context.facts.kserve_minors().into_iter().filter_map(|minor| u8::try_from(minor).ok());
    let support = |release: &Release| scheme_support(parsed.scheme, *release, consumer);
    let known = minors.map(Release).filter(|release| support(release) != Support::NoSuchKind);
    let (fetched, refused): (Vec<Release>, Vec<Release>) =
        known.partition(|release| matches!(support(release), Support::Accepted | Support::OffByDefault));
    match (fetched.first(), refused.last()) {
        (Some(_), None) => {
            let is_off = fetched.iter().all(|release| support(release) == Support::OffByDefault);
            (is_off && !enables_modelcar(context.fleet)).then(|| Said {
                case: "switched-off",
                message: format!("names its model by `{name}://`, which KServe has switched off by default"),
                note: format!("up to 0.{LAST_WITH_SWITCH} `enableModelcar` is false unless somebody sets it"),
                help: "set `enableModelcar: true` in `storageInitializer` of KServe's ConfigMap",
            })
        }
        (None, Some(last)) => Some(Said {
            case: "unknown",
            message: format!("names its model by `{name}://`, which KServe does not fetch"),
            note: format!(
                "KServe 0.{} has no `{name}://`: its controller refuses it in status, the old revision keeps \
                 serving",
                last.0
            ),
            help: "use a scheme this release fetches, or upgrade KServe",
        }),
        // What moves has to be changed first.
        (Some(first), Some(last)) if parsed.class.is_pinned() => Some(Said {
            case: "version",
            message: format!("needs KServe 0.{} or later: before, it does not fetch `{name}://`", first.0),
            note: format!(
                "KServe up to 0.{} refuses it in status, and the old revision keeps serving",
                last.0
            ),
            help: "say which release runs: `kserve: {version: \"0.17\"}` in mlgitops.yaml",
        }),
        _ => None,
    }
}

/// Whether KServe's ConfigMap stands here and switches modelcars on.
fn enables_modelcar(fleet: &Fleet) -> bool {
    let is_it = |object: &&Object| object.manifest.id.name == "inferenceservice-config";
    fleet.of_kind("ConfigMap").filter(is_it).any(|object| {
        let stated = object.manifest.root.find(&["data", "storageInitializer"]).text();
        let stated = stated.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        stated.and_then(|stated| stated.get("enableModelcar")?.as_bool()) == Some(true)
    })
}
