//! `reconcile/recreate`: a model that is deleted in order to be changed.

use mlgitops_yaml::{Node, Pointer};

use super::super::subject::models;
use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::{Deployment, Object};
use crate::kinds::argocd_sync::{SyncOption, annotated_options, sync_options};
use crate::kinds::flux::{KUSTOMIZE_GROUP, is_kustomization};
use crate::kinds::kserve::is_model_kind;
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check), Check::Flux(check_flux)];

/// The option that an object alone may have, and the one that its Application may have, too
/// (argo-cd v3.5 `gitops-engine/pkg/sync/sync_context.go`, `applyObject`).
const FORCE: &str = "Force=true";
const REPLACE: &str = "Replace=true";

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let of_all = sync_options(&deployment.manifest.root);
    let of_all = of_all.iter().find(|option| option.text == Some(REPLACE));
    for object in services(deployment, context) {
        out.push(of_argocd(object, deployment, of_all).map(|found| found.at_place(object.place)));
    }
}

fn services<'c>(deployment: &Deployment, context: &Context<'c>) -> impl Iterator<Item = &'c Object> {
    context.fleet.objects_of(deployment).iter().filter(|object| is_model_kind(&object.manifest))
}

fn of_argocd(object: &Object, deployment: &Deployment, of_all: Option<&SyncOption<'_>>) -> Option<Violation> {
    let manifest = &object.manifest;
    let options = annotated_options(&manifest.root);
    let force = options.iter().find(|option| option.text == Some(FORCE))?;
    let is_replaced = options.iter().any(|option| option.text == Some(REPLACE));
    let name = &manifest.id.name;
    let violation = |case, label, message| {
        Violation::in_object(case, manifest, force.path.clone(), force.node.origin, label, message)
    };
    if !is_replaced && of_all.is_none() {
        let message = format!("Argo CD deletes {name}{{places}} when the API server refuses a change");
        let found = violation("on-refusal", "deletes it, and makes it anew", message)?;
        let note = "a value that the schema refuses is enough: the model is away for a whole cold start";
        return Some(found.note(note).help(format!("take out `{FORCE}`")));
    }
    let message = format!("each sync of a change deletes {name}{{places}} before it makes it anew");
    let mut found = violation("each-sync", "deletes it first", message)?;
    let place = of_all.filter(|_| !is_replaced).and_then(|one| deployment.manifest.place(one.node.origin));
    if let Some(place) = place {
        found = found.also_at(Label::new(Location::from(place), "with this"));
    }
    Some(
        found
            .note("both options together are `kubectl replace --force`: the old model is gone for the whole start of the new one")
            .help(format!("take out `{FORCE}`; with `{REPLACE}` alone nothing is deleted")),
    )
}

fn check_flux(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let manifest = &deployment.manifest;
    // Helm replaces objects by `upgrade.force`, and deletes none.
    if !is_kustomization(&manifest.id) {
        return;
    }
    let force = manifest.root.get("spec").get("force").present();
    if let Some(node) = force.filter(|node| Node::as_bool(node) == Some(true)) {
        if services(deployment, context).next().is_some() {
            let models = models(deployment, context);
            let message = format!("Flux deletes {models}{{places}} when the API server refuses a change");
            let path = Pointer::of(&["spec", "force"]);
            let label = "deletes what is refused, and makes it anew";
            let found = Violation::in_object("on-refusal", manifest, path, node.origin, label, message);
            out.push(found.map(|found| {
                found.note(NOTE).help(format!(
                    "take out `force`; the object that needs it gets `{KUSTOMIZE_GROUP}/force: enabled`, for that change alone"
                ))
            }));
        }
        return;
    }
    for object in services(deployment, context) {
        out.push(of_object(object).map(|found| found.at_place(object.place)));
    }
}

const NOTE: &str = "a value that the schema refuses counts as a field that cannot change: Flux deletes the object, is refused \
                    again, and the model is gone until Git is mended";

/// One object that Flux may force (fluxcd/pkg v1.9 `ssa/utils`: a label or an annotation, in any case).
fn of_object(object: &Object) -> Option<Violation> {
    let manifest = &object.manifest;
    let named = |map| metadata_value(&manifest.root, map, &format!("{KUSTOMIZE_GROUP}/force"));
    let (node, path) = ["annotations", "labels"]
        .into_iter()
        .filter_map(named)
        .find(|(node, _)| node.text().is_some_and(|text| text.eq_ignore_ascii_case("enabled")))?;
    let name = &manifest.id.name;
    let message = format!("Flux deletes {name}{{places}} when the API server refuses a change");
    let label = "deletes it, and makes it anew";
    let found = Violation::in_object("on-refusal", manifest, path, node.origin, label, message)?;
    Some(found.note(NOTE).help("take it out once the change that needs it is applied"))
}
