//! `reconcile/retry`: a sync that fails once and is not tried again.

use mlgitops_manifest::duration::Duration;
use mlgitops_yaml::{Node, Pointer};

use super::super::subject::models;
use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Deployment;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check)];

const NOTE: &str = "Argo CD syncs a commit automatically once: after a failure, as while KServe's webhook restarts, \
                    it waits for the next commit";

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let manifest = &deployment.manifest;
    let policy = manifest.root.find(&["spec", "syncPolicy"]);
    let automated = policy.get("automated").present().filter(|node| !node.is_null());
    let Some(automated) = automated else { return };
    if automated.get("enabled").present().and_then(Node::as_bool) == Some(false) {
        return;
    }
    // Without the block, Argo CD tries five times (argo-cd v3.5 `controller/appcontroller.go`).
    let Some((key, retry)) = policy.present().and_then(Node::as_map).and_then(|map| map.entry("retry"))
    else {
        return;
    };
    if retry.as_map().is_none() {
        return;
    }
    let at = Pointer::of(&["spec", "syncPolicy", "retry"]);
    let models = models(deployment, context);
    let limit = retry.get("limit");
    let stated = limit.present().and_then(Node::as_int);
    if limit.is_absent() || stated == Some(0) {
        let (origin, path, label) = match limit.present().filter(|node| !node.is_null()) {
            Some(node) => (node.origin, at.key("limit"), "no further try"),
            None => (key.origin, at, "without `limit` it is 0"),
        };
        let message = format!("a sync of {models}{{places}} that fails once is not tried again");
        let found = Violation::in_object("never", manifest, path, origin, label, message);
        out.push(
            found.map(|found| found.note(NOTE).help("write `limit: 5`, or remove `retry`: its default is 5")),
        );
        return;
    }
    for field in ["duration", "maxDuration"] {
        let Some(node) = retry.get("backoff").get(field).present() else { continue };
        let Some(text) = node.text().filter(|text| !text.is_empty() && !is_duration(text)) else { continue };
        let message = format!(
            "a sync of {models}{{places}} that fails once is not tried again: `{text}` is no duration"
        );
        let path = at.key("backoff").key(field);
        let found = Violation::in_object("duration", manifest, path, node.origin, "no duration", message);
        out.push(
            found.map(|found| found.note(NOTE).help("write seconds, or a duration with units: `5s`, `3m`")),
        );
    }
}

/// Whole seconds, or a duration as Go writes it (`parseStringToDuration`).
fn is_duration(text: &str) -> bool {
    text.parse::<i64>().is_ok() || Duration::parse_go(text).is_ok()
}
