//! The same in Flux: a Kustomization applies what is in Git every interval and takes every field of
//! it as its own (fluxcd/pkg v1.9 `ssa/manager_apply.go`: a dry run that differs from what runs is
//! applied, by force); a HelmRelease does where it corrects drift.

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::super::Context;
use super::super::super::flux::IGNORE_SINCE;
use super::{By, NOTE, weights, with_both};
use crate::finding::{Intent, Violation};
use crate::fleet::{Deployment, Object};
use crate::kinds::flux::{HELM_GROUP, KUSTOMIZE_GROUP, is_helm_release};
use crate::kinds::kubernetes::metadata_value;

/// Whether Flux writes a route anew for as long as it differs from Git.
fn writes_again(deployment: &Deployment, route: &Object) -> bool {
    let by = &deployment.manifest;
    let spec = by.root.get("spec");
    if spec.get("suspend").present().and_then(Node::as_bool) == Some(true) {
        return false;
    }
    let says = |name: &str, values: &[&str]| {
        ["annotations", "labels"].into_iter().any(|field| {
            let found = metadata_value(&route.manifest.root, field, name).and_then(|(node, _)| node.text());
            found.is_some_and(|text| values.iter().any(|value| value.eq_ignore_ascii_case(text)))
        })
    };
    if is_helm_release(&by.id) {
        return spec.get("driftDetection").get("mode").text() == Some("enabled")
            && !says(&format!("{HELM_GROUP}/driftDetection"), &["disabled"]);
    }
    !says(&format!("{KUSTOMIZE_GROUP}/ssa"), &["IfNotPresent", "Ignore"])
        && !says(&format!("{KUSTOMIZE_GROUP}/reconcile"), &["disabled"])
}

/// Weights that Argo Rollouts moves, and Flux sets back to what Git says.
pub(super) fn of_weights(
    deployment: &Deployment,
    route: &Object,
    by: &By<'_>,
    context: &Context<'_>,
) -> Option<Violation> {
    let weights = weights(route, by);
    let (first, _) = weights.first()?;
    if !writes_again(deployment, route) {
        return None;
    }
    let paths: Vec<&Pointer> = weights.iter().map(|(_, path)| path).collect();
    let ignored = context.facts.flux.ignores(deployment, route, &paths, context.fleet)?;
    let moved: Vec<&Pointer> =
        paths.into_iter().zip(ignored).filter(|(_, is_ignored)| !is_ignored).map(|(path, _)| path).collect();
    if moved.is_empty() {
        return None;
    }
    let object = &deployment.manifest;
    let (origin, path, every) = interval(deployment)?;
    let name = &route.manifest.id.name;
    let message = format!(
        "Flux and Argo Rollouts fight over the weights of {name}{{places}}: {every} Flux sets them back"
    );
    let label = "puts the weights back";
    let found = Violation::in_object("healed", object, path, origin, label, message)?.word(name.as_str());
    let found = with_both(found, by, route, first).note(NOTE);
    let paths = || moved.iter().map(|path| path.to_string());
    let entry = NewValue::map([
        ("paths", NewValue::List(paths().map(NewValue::text).collect())),
        (
            "target",
            NewValue::map([
                ("kind", NewValue::text(&route.manifest.id.kind)),
                ("name", NewValue::text(name)),
            ]),
        ),
    ]);
    let ignored = format!(
        "`- {{paths: [{}], target: {{kind: {}, name: {name}}}}}`",
        paths().collect::<Vec<_>>().join(", "),
        route.manifest.id.kind
    );
    let keep = format!("annotate {name} with `{KUSTOMIZE_GROUP}/ssa: IfNotPresent`");
    Some(match is_helm_release(&object.id) {
        true => {
            let list = Pointer::of(&["spec", "driftDetection", "ignore"]);
            let found = found.help(format!("add to `driftDetection.ignore`: {ignored}"));
            found.remedy("ignore the weights", [Intent::append(list, entry)])
        }
        false if context.facts.flux.is_since(IGNORE_SINCE) => {
            let list = Pointer::of(&["spec", "ignore"]);
            let found = found.help(format!("add to `ignore` of {}: {ignored}", object.id.name));
            found.remedy("ignore the weights", [Intent::append(list, entry)])
        }
        false => found.help(format!(
            "from Flux 2.9 on, add to `ignore` of {}: {ignored}; before, {keep}: Git then only makes the route",
            object.id.name
        )),
    })
}

/// A route that Flagger makes, and Git holds too.
pub(super) fn of_whole(
    deployment: &Deployment,
    route: &Object,
    by: &By<'_>,
    context: &Context<'_>,
) -> Option<Violation> {
    let whole = Pointer::of(&["spec"]);
    let ignored = context.facts.flux.ignores(deployment, route, &[&whole], context.fleet)?;
    let found = (writes_again(deployment, route) && !ignored.contains(&true))
        .then(|| super::of_whole("Flux", route, by));
    found.flatten()
}

/// How often Flux looks, and where that is said.
fn interval(deployment: &Deployment) -> Option<(OriginId, Pointer, String)> {
    let manifest = &deployment.manifest;
    let stated = manifest.root.get("spec").get("interval").present();
    if let Some((node, text)) = stated.and_then(|node| Some((node, node.text()?))) {
        return Some((node.origin, Pointer::of(&["spec", "interval"]), format!("every {text}")));
    }
    let (key, _) = manifest.root.as_map()?.entry("spec")?;
    Some((key.origin, Pointer::of(&["spec"]), "every interval".to_owned()))
}
