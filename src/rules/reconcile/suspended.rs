//! `reconcile/suspended`: Flux was told to look away, and nothing says until when.

use mlgitops_yaml::{Node, Pointer};

use super::super::subject::models;
use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Deployment;

pub(super) const CHECKS: &[Check] = &[Check::Flux(check)];

const NOTE: &str = "what runs stays as it is, whoever changes it and wherever; the object keeps the status it had, \
                    and a revert in Git brings nothing back";

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let manifest = &deployment.manifest;
    let suspend = manifest.root.get("spec").get("suspend").present();
    let Some(node) = suspend.filter(|node| Node::as_bool(node) == Some(true)) else { return };
    let path = Pointer::of(&["spec", "suspend"]);
    let models = models(deployment, context);
    let message =
        format!("no commit and no drift of {models}{{places}} counts: {} is suspended", manifest.id.name);
    let found = Violation::in_object("suspended", manifest, path, node.origin, "stops it", message);
    out.push(found.map(|found| found.note(NOTE).help("take `suspend: true` out")));
}
