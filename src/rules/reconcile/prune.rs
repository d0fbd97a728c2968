//! `reconcile/prune`: what leaves Git and goes on running, or runs and leaves with Git.

use mlgitops_yaml::{Node, Pointer};

use super::super::subject::models;
use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Deployment;
use crate::kinds::flux::is_kustomization;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check), Check::Flux(check_flux)];

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let manifest = &deployment.manifest;
    let policy = manifest.root.find(&["spec", "syncPolicy"]);
    let Some((key, automated)) =
        policy.present().and_then(Node::as_map).and_then(|map| map.entry("automated"))
    else {
        return;
    };
    let is = |field: &str| automated.get(field).present().and_then(Node::as_bool);
    // Where nothing is automatic, `self-heal` says so.
    if automated.is_null() || is("enabled") == Some(false) {
        return;
    }
    let at = Pointer::of(&["spec", "syncPolicy", "automated"]);
    let models = models(deployment, context);
    let prunes = is("prune") == Some(true);
    if prunes && is("allowEmpty") == Some(true) {
        let Some(node) = automated.get("allowEmpty").present() else { return };
        let message = format!("a source that renders nothing deletes {models}{{places}}");
        let found = Violation::in_object(
            "empty",
            manifest,
            at.key("allowEmpty"),
            node.origin,
            "lets it delete everything",
            message,
        );
        out.push(found.map(|found| {
            found
                .note("a wrong path or a template that renders nothing is then a sync like any other; without `allowEmpty` Argo CD stops there")
                .help("remove `allowEmpty`")
        }));
    }
    if prunes || !automated.get("prune").is_absent() && is("prune").is_none() {
        return;
    }
    let (origin, path, label) = match automated.get("prune").present() {
        Some(node) => (node.origin, at.key("prune"), "keeps what leaves Git"),
        None => (key.origin, at, "without `prune: true` it keeps what leaves Git"),
    };
    let message =
        format!("a model that is removed from Git goes on running{{places}}: nothing prunes {models}");
    let found = Violation::in_object("off", manifest, path, origin, label, message);
    out.push(found.map(|found| {
        found
            .note("the old service keeps its GPUs and answers on; the Application only shows OutOfSync")
            .help("write `prune: true`; what has to stay gets the annotation `argocd.argoproj.io/sync-options: Prune=false`")
    }));
}

/// A Kustomization of Flux that prunes nothing. Helm takes away what leaves a chart by itself.
fn check_flux(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let manifest = &deployment.manifest;
    let prune = manifest.root.get("spec").get("prune").present();
    let Some(node) = prune.filter(|node| Node::as_bool(node) == Some(false)) else { return };
    if !is_kustomization(&manifest.id) {
        return;
    }
    let models = models(deployment, context);
    let message =
        format!("a model that is removed from Git goes on running{{places}}: nothing prunes {models}");
    let path = Pointer::of(&["spec", "prune"]);
    let found = Violation::in_object("off", manifest, path, node.origin, "keeps what leaves Git", message);
    out.push(found.map(|found| {
        found
            .note("the old service keeps its GPUs and answers on; the Kustomization says Ready")
            .help("write `prune: true`; what has to stay gets the annotation `kustomize.toolkit.fluxcd.io/prune: disabled`")
    }));
}
