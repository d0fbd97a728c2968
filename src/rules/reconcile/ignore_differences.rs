//! `reconcile/ignore-differences`: nothing says what KServe may write over.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Lookup, Pointer};

use super::super::argocd::drifts;
use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Violation};
use crate::fleet::Deployment;
use crate::kinds::argocd_ignore::{Entry, Ignored, What, entries};
use crate::kinds::argocd_sync::{has_server_side_diff, key_of, respects_ignored};
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check)];

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let application = &deployment.manifest;
    if !application.id.is(crate::kinds::argocd::GROUP, "Application") {
        return;
    }
    let has_service = context
        .fleet
        .objects_of(deployment)
        .iter()
        .any(|object| object.manifest.id.is(kserve::GROUP, "InferenceService"));
    if !has_service || is_told(deployment, context) {
        return;
    }
    // `rewritten-field` says what is written anew, and what to write instead.
    if !drifts(deployment, context).iter().any(|drift| drift.is_certain) {
        out.push(absent(deployment, context));
    }
}

/// Whether something tells Argo CD which differences are KServe's, in one of the forms that do.
fn is_told(deployment: &Deployment, context: &Context<'_>) -> bool {
    let application = &deployment.manifest;
    let system = &context.facts.argocd.system;
    let list = application.root.get("spec").get("ignoreDifferences");
    let for_services = entries(&application.root).into_iter().any(|entry| {
        entry.is_for_kind(kserve::GROUP, "InferenceService")
            && entry.ignored.iter().any(Ignored::is_effective)
    });
    for_services
        || matches!(list, Lookup::Unknown(_))
        || has_server_side_diff(application)
        || system.server_side_diff
        || system.ignores(kserve::GROUP, "InferenceService")
}

/// The one field that KServe rewrites of every service, and the option by which a sync keeps it.
fn recipe(application: &Manifest) -> Vec<Intent> {
    let pointer = NewValue::text("/metadata/annotations/serving.kserve.io~1deploymentMode");
    let has_list = |entry: &Entry<'_>| {
        let pointers = entry.node.get("jsonPointers").present();
        entry.is_for_kind(kserve::GROUP, "InferenceService") && pointers.is_some_and(|list| !list.is_null())
    };
    let mut intents = Vec::new();
    intents.push(match entries(&application.root).into_iter().find(has_list) {
        Some(entry) => Intent::append(entry.at.key("jsonPointers"), pointer),
        None => {
            let entry = NewValue::map([
                ("group", NewValue::text(kserve::GROUP)),
                ("kind", NewValue::text("InferenceService")),
                ("jsonPointers", NewValue::List(vec![pointer])),
            ]);
            Intent::append(Pointer::of(&["spec", "ignoreDifferences"]), entry)
        }
    });
    if respects_ignored(&application.root).is_none() {
        let options = Pointer::of(&["spec", "syncPolicy", "syncOptions"]);
        intents.push(Intent::append(options, NewValue::text("RespectIgnoreDifferences=true")));
    }
    intents
}

fn absent(deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    let spec = application.root.get("spec").present()?;
    // An entry for the status says that somebody thought of it.
    let is_for_status = entries(&application.root).iter().any(|entry| {
        entry.is_for_kind(kserve::GROUP, "InferenceService")
            && entry.ignored.iter().any(|ignored| matches!(ignored.what, What::Pointer(Ok(_))))
    });
    let (case, origin, path, label) = match key_of(spec, "ignoreDifferences") {
        Some(key) => {
            let path = Pointer::of(&["spec", "ignoreDifferences"]);
            let case = if is_for_status { "status" } else { "absent" };
            (case, key, path, "no entry that counts for an InferenceService")
        }
        None => {
            let key = key_of(&application.root, "spec")?;
            ("absent", key, Pointer::of(&["spec"]), "no `ignoreDifferences` here")
        }
    };
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let message = format!("an upgrade of KServe may set {subject}{{places}} to syncing for ever");
    let found = Violation::in_object(case, application, path, origin, label, message)?;
    let mut found = found.note(
        "nothing is written anew now: no harm yet; KServe 0.17 began to rewrite `deploymentMode`, and what \
         Argo CD is not told to ignore it puts back",
    );
    let mut help = "ignore what KServe rewrites".to_owned();
    if respects_ignored(&application.root).is_none() {
        help.push_str(", and add `RespectIgnoreDifferences=true` to `syncOptions`");
    }
    help.push_str(
        ":\nignoreDifferences:\n- group: serving.kserve.io\n  kind: InferenceService\n  jsonPointers:\n  \
         - /metadata/annotations/serving.kserve.io~1deploymentMode",
    );
    found.help = Some(help);
    Some(found.remedy("ignore what KServe rewrites", recipe(application)))
}
