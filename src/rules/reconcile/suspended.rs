//! `reconcile/suspended`: Flux was told to look away, and nothing says until when.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer};

use super::super::flux::source_of;
use super::super::subject::models;
use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Deployment;
use crate::kinds::flux::SOURCE_GROUP;

pub(super) const CHECKS: &[Check] = &[Check::Flux(check)];

const NOTE: &str = "what runs stays as it is, whoever changes it and wherever; the object keeps the status it had, \
                    and a revert in Git brings nothing back";

const OF_SOURCE: &str =
    "what was fetched last is applied again and again: Flux says Ready, at the commit of that day";

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let by = &deployment.manifest;
    out.push(suspended(by, deployment, context).map(|found| found.note(NOTE)));
    let source =
        source_of(by).and_then(|source| context.facts.flux.source(&source, deployment, context.fleet));
    let of_source = source.and_then(|source| suspended(&source.manifest, deployment, context));
    out.push(of_source.map(|found| found.note(OF_SOURCE)));
}

/// That an object is suspended, and what waits for it.
fn suspended(manifest: &Manifest, deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let suspend = manifest.root.get("spec").get("suspend").present();
    let node = suspend.filter(|node| Node::as_bool(node) == Some(true))?;
    let path = Pointer::of(&["spec", "suspend"]);
    let models = models(deployment, context);
    let message = match manifest.id.group() {
        SOURCE_GROUP => format!("no commit of {models}{{places}} arrives: {} is suspended", manifest.id.name),
        _ => {
            format!("no commit and no drift of {models}{{places}} counts: {} is suspended", manifest.id.name)
        }
    };
    let found = Violation::in_object("suspended", manifest, path, node.origin, "stops it", message)?;
    Some(found.help("take `suspend: true` out"))
}
