//! `reconcile/duplicate-object`: one deployment that defines one object twice.

use std::collections::BTreeMap;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::{Fleet, Identity, Object};
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    for deployment in &fleet.deployments {
        let objects = fleet.objects_of(deployment);
        judge(objects.iter(), Some(&deployment.manifest.id.name), deployment.serves_models, fleet, out);
    }
    // What is applied by hand, or by a tool that is not read, is applied by folder.
    let bound = fleet.deployments.iter().map(|deployment| deployment.objects.end).max().unwrap_or(0);
    let mut guessed: BTreeMap<usize, Vec<&Object>> = BTreeMap::new();
    for object in fleet.objects.get(bound..).unwrap_or_default() {
        guessed.entry(object.deployable).or_default().push(object);
    }
    for objects in guessed.into_values() {
        judge(objects.into_iter(), None, false, fleet, out);
    }
}

/// Reports every definition that another of the same deployment replaces. Outside deployments that
/// serve models only models count.
fn judge<'f>(
    objects: impl Iterator<Item = &'f Object>,
    deployment: Option<&str>,
    serves_models: bool,
    fleet: &'f Fleet,
    out: &mut Violations,
) {
    let mut all: BTreeMap<Identity<'f>, Vec<&'f Object>> = BTreeMap::new();
    for object in objects {
        if let Some(identity) = fleet.identity(object) {
            all.entry(identity).or_default().push(object);
        }
    }
    for same in all.into_values() {
        let Some((last, others)) = same.split_last() else { continue };
        if serves_models || kserve::is_model_kind(&last.manifest) {
            for other in others {
                out.push(violation(other, last, deployment));
            }
        }
    }
}

fn violation(lost: &Object, last: &Object, deployment: Option<&str>) -> Option<Violation> {
    let (id, root) = (&lost.manifest.id, &lost.manifest.root);
    let is_same = *root == last.manifest.root;
    let case = match (is_same, kserve::is_model_kind(&lost.manifest)) {
        (true, _) => "identical",
        (false, true) => "model",
        (false, false) => "other",
    };
    let name = root.find(&["metadata", "name"]).present()?;
    let kept = last.manifest.root.find(&["metadata", "name"]).present()?;
    let path = mlgitops_yaml::Pointer::of(&["metadata", "name"]);
    let within = |word: &str| deployment.map(|name| format!(" {word} {name}")).unwrap_or_default();
    let (kind, object) = (&id.kind, &id.name);
    let message = if is_same {
        format!("{kind} {object} is defined twice{}{{places}}, in the same words", within("by"))
    } else {
        let last = format!("another one of this name comes after it{}", within("in"));
        format!("this {kind} {object}{{places}} is never applied: {last}")
    };
    let label = if is_same { "defined here" } else { "replaced" };
    let violation = Violation::in_object(case, &lost.manifest, path, name.origin, label, message)?;
    let violation = match last.manifest.place(kept.origin) {
        Some(at) => violation.also_at(Label::new(at, "this one counts: it comes last")),
        None => violation,
    };
    let violation = violation
        .note(
            "namespace and name are the object: Argo CD warns (RepeatedResourceWarning) and applies the last",
        )
        .help(help(case));
    Some(violation.at_place(lost.place))
}

fn help(case: &str) -> &'static str {
    match case {
        "model" => {
            "delete one; a canary is `canaryTrafficPercent` of the one service, or a service of another name"
        }
        _ => "delete one, or give it another name",
    }
}
