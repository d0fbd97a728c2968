//! `reconcile/suspended`: Flux was told to look away, and nothing says until when.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer};

use super::super::flux::{has_chart_elsewhere, source_of};
use super::super::subject::models;
use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::{Deployment, Object};
use crate::kinds::flux::{SOURCE_GROUP, is_helm_release};

pub(super) const CHECKS: &[Check] = &[Check::Flux(check), Check::Manifest(object)];

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

/// A HelmRelease whose chart lies elsewhere, so that nothing it deploys is known, but that it gives it
/// a model.
fn object(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let release = &object.manifest;
    let is_asked = is_helm_release(&release.id) && has_chart_elsewhere(release);
    if is_asked && context.facts.flux.gives_a_model(release) {
        let name = &release.id.name;
        let message = format!(
            "no commit and no drift of what serves the model of {name}{{places}} counts: it is suspended"
        );
        out.push(said(release, message).map(|found| found.note(NOTE)));
    }
}

/// That an object is suspended, and what waits for it.
fn suspended(manifest: &Manifest, deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let models = models(deployment, context);
    let message = match manifest.id.group() {
        SOURCE_GROUP => format!("no commit of {models}{{places}} arrives: {} is suspended", manifest.id.name),
        _ => {
            format!("no commit and no drift of {models}{{places}} counts: {} is suspended", manifest.id.name)
        }
    };
    said(manifest, message)
}

fn said(manifest: &Manifest, message: String) -> Option<Violation> {
    let suspend = manifest.root.get("spec").get("suspend").present();
    let node = suspend.filter(|node| Node::as_bool(node) == Some(true))?;
    let path = Pointer::of(&["spec", "suspend"]);
    let found = Violation::in_object("suspended", manifest, path, node.origin, "stops it", message)?;
    Some(found.help("take `suspend: true` out"))
}
