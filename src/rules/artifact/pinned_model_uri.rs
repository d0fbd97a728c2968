//! `artifact/pinned-model-uri`: a model reference names one immutable version.

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::reference::{Class, Input, MutableKind, Proof, Scheme, UnknownWhy, Unsupported};
use crate::fleet::{ModelUse, Object};
use crate::kinds::kserve::Form;

pub(super) const CHECKS: &[Check] = &[Check::ModelReference(check)];

/// What is said of one kind of reference.
struct Said {
    case: &'static str,
    /// After the model and its environment: `names the MLflow stage `Production`, not a version`.
    message: String,
    label: &'static str,
    note: &'static str,
}

fn check(model_use: &ModelUse, object: &Object, context: &Context<'_>, out: &mut Violations) {
    let parsed = &model_use.parsed;
    let reference = &model_use.reference;
    // Of the images that serve a model `runtime-pinned` speaks.
    if reference.form == Form::Image {
        return;
    }
    let managed = |said: &Said| said.case == "tag" && is_managed(model_use, object);
    if let Some(said) = unpinned(model_use).filter(|said| !is_cached(model_use, context) && !managed(said)) {
        let range = match parsed.class_input {
            Input::Reference => parsed.class.range(),
            Input::Revision => 0..reference.text.len(),
        };
        let bytes = range.start + reference.offset..range.end + reference.offset;
        let message = format!("{}{{places}} {}", model_use.model, said.message);
        let manifest = &object.manifest;
        let found =
            Violation::in_piece(said.case, manifest, reference.path.clone(), bytes, said.label, message)
                .map(|found| found.word(parsed.class_text()).help(help(model_use)));
        out.push(found.map(|found| if said.note.is_empty() { found } else { found.note(said.note) }));
    }
}

fn unpinned(model_use: &ModelUse) -> Option<Said> {
    let parsed = &model_use.parsed;
    let word = parsed.class_text();
    let local_path = "KServe has no such scheme and takes this for a local path: Argo CD says Synced, the new pods \
                      never start, the old ones keep serving";
    let note =
        if parsed.unsupported_by_kserve == Some(Unsupported::TakenForLocalPath) { local_path } else { "" };
    let said = |case, message: String, label| Some(Said { case, message, label, note });
    match &parsed.class {
        Class::Mutable { kind, .. } => match kind {
            MutableKind::Stage => said(
                "stage",
                format!("names the MLflow stage `{word}`, not a version"),
                "moves in MLflow, without a commit",
            ),
            MutableKind::Alias => said(
                "stage",
                format!("names the MLflow alias `{word}`, not a version"),
                "moves in MLflow, without a commit",
            ),
            MutableKind::Latest if parsed.scheme.is_oci() => said(
                "branch",
                "takes the image tag `latest`".to_owned(),
                "pushed again at any time, without a commit",
            ),
            MutableKind::Latest | MutableKind::Word => {
                said("stage", format!("names `{word}` where the version belongs"), "moves without a commit")
            }
            MutableKind::Tag => said(
                "tag",
                format!("takes the image tag `{word}`, which can be pushed again"),
                "no digest: nodes that pull later may run another artifact",
            ),
            MutableKind::NoTag => {
                said("branch", "takes whatever the image tag `latest` is".to_owned(), "no tag and no digest")
            }
            MutableKind::Branch => said(
                "branch",
                format!("follows the branch `{word}`"),
                "moves with every push, without a commit here",
            ),
            MutableKind::DefaultBranch => said(
                "branch",
                "follows the default branch of its source".to_owned(),
                "no revision: moves with every push there",
            ),
        },
        Class::Unknown { why, .. } => match why {
            UnknownWhy::NoVersion => {
                said("no-version", "names no version in its model path".to_owned(), "no segment is a version")
            }
            UnknownWhy::Medium => said(
                "volume",
                "serves a path without a version from a volume".to_owned(),
                "its content can change in place",
            ),
            UnknownWhy::Tag => said(
                "tag",
                format!("names the revision `{word}`, which can be moved"),
                "a tag or a short commit; only a whole commit is fixed",
            ),
            UnknownWhy::Empty | UnknownWhy::Unrendered | UnknownWhy::CustomScheme => None,
        },
        // A claim's name carries the version of what is on it: the house style of volumes.
        Class::Pinned { by: Proof::ConventionWeak, .. } if parsed.scheme != Scheme::Pvc => said(
            "weak",
            format!("names `{word}`, which may be a version or a part of a name"),
            "not a path segment of its own that is a version",
        ),
        Class::Pinned { .. } | Class::Broken { .. } => None,
    }
}

/// A cache holds the artifact in the cluster; its own `sourceModelUri` is judged instead
/// (kserve v0.15 `pkg/webhook/admission/localmodelcache`, match by sub-path).
fn is_cached(model_use: &ModelUse, context: &Context<'_>) -> bool {
    let is_cache = |other: &&ModelUse| other.reference.form == Form::CacheUri;
    let text = &model_use.reference.text;
    model_use.reference.form != Form::CacheUri
        && context.fleet.uses.iter().filter(is_cache).any(|cache| {
            let rest = text.strip_prefix(cache.reference.text.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// Whether Flux's image automation writes the tag: each one it writes is a commit
/// (image-automation-controller `pkg/update`, the marker `{"$imagepolicy": "namespace:name"}`).
fn is_managed(model_use: &ModelUse, object: &Object) -> bool {
    let content = object.manifest.origins.content(model_use.reference.origin);
    content.first().is_some_and(|span| {
        let text = span.file.text();
        let behind = text.get(span.end as usize..).and_then(|rest| rest.lines().next());
        behind.is_some_and(|rest| rest.contains("\"$imagepolicy\""))
    })
}

fn help(model_use: &ModelUse) -> String {
    match model_use.parsed.scheme {
        Scheme::Hf | Scheme::ModelScope if model_use.reference.form == Form::Argument => {
            "add `--model_revision=` and a whole commit, 40 hex digits".to_owned()
        }
        Scheme::Hf | Scheme::ModelScope => {
            "name a whole commit behind a colon: `hf://owner/model:` and 40 hex digits".to_owned()
        }
        scheme if scheme.is_oci() => "name the digest: `oci://…@sha256:` and 64 hex digits".to_owned(),
        Scheme::Pvc => {
            "keep each version in a folder of its own and name it: `pvc://claim/model/v47`".to_owned()
        }
        _ => "name a version, as a path that ends in `/`: `s3://bucket/model/v47/`".to_owned(),
    }
}
