//! `observability/rule-not-selected`: alerts on models reach the Prometheus that evaluates them.

#[path = "rule_not_selected/selector.rs"]
mod selector;

use std::collections::BTreeMap;

use mlgitops_yaml::Pointer;

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;
use selector::{Selectors, Why};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    if context.alerts().is_empty() {
        return;
    }
    let mut about: BTreeMap<*const Object, (&Object, Vec<&str>)> = BTreeMap::new();
    let mut order = Vec::new();
    for alert in context.alerts() {
        let key = std::ptr::from_ref(alert.object);
        let entry = about.entry(key).or_insert_with(|| {
            order.push(key);
            (alert.object, Vec::new())
        });
        entry.1.extend(alert.models());
    }
    let reached = context.reached();
    let selectors = Selectors::of(fleet);
    for (object, mut models) in order.into_iter().filter_map(|key| about.remove(&key)) {
        models.sort_unstable();
        models.dedup();
        let is_reached = reached.is_none_or(|reached| reached.holds(object));
        let found = if is_reached {
            selectors.refusal(object).and_then(|why| refused(object, &models, &why))
        } else {
            unreached(object, &models, context)
        };
        out.push(found.map(|found| found.at_place(object.place)));
    }
}

/// `fraud`, `fraud and churn`, `fraud and 3 more models`, `models`.
fn subject(models: &[&str]) -> String {
    match models {
        [] => "models".to_owned(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        [first, rest @ ..] => format!("{first} and {} more models", rest.len()),
    }
}

fn unreached(object: &Object, models: &[&str], context: &Context<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let path = Pointer::of(&["metadata", "name"]);
    let node = manifest.at(&path).present()?;
    let message =
        format!("the alerts on {}{{places}} never fire: nothing here deploys them", subject(models));
    let (one, kind) = context.facts.flux.deployer();
    let label = format!("in no {kind}'s path");
    let found = Violation::in_object("unreached", manifest, path, node.origin, label, message)?;
    let note = "no Prometheus sees a file in Git; a gate that waits for these alerts is always green";
    Some(found.note(note).help(format!("move it into the folder of {one}, or add one for its folder")))
}

fn refused(object: &Object, models: &[&str], why: &Why) -> Option<Violation> {
    let manifest = &object.manifest;
    let whom = subject(models);
    let message = format!("the alerts on {whom}{{places}} never fire: {}", why.what);
    let labels = Pointer::of(&["metadata", why.field]);
    let (path, node) = match manifest.at(&labels).present() {
        Some(node) => (labels, node),
        None => {
            let name = Pointer::of(&["metadata", "name"]);
            let node = manifest.at(&name).present()?;
            (name, node)
        }
    };
    let mut found = Violation::in_object(why.case, manifest, path, node.origin, why.label.clone(), message)?;
    if let Some(other) = &why.selector {
        found = found.also_at(other.clone());
    }
    Some(found.note(why.note).help(why.help.clone()))
}
