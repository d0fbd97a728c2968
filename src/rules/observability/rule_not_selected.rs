//! `observability/rule-not-selected`: alerts on models reach the Prometheus that evaluates them.

#[path = "rule_not_selected/selector.rs"]
mod selector;

use std::collections::BTreeMap;

use mlgitops_yaml::Pointer;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;
use crate::kinds::analysis::metrics;
use crate::kinds::prometheus::rules;
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
    let message = format!("nothing in this repository deploys the alerts on {}{{places}}", subject(models));
    let (one, kind) = context.facts.flux.deployer();
    let label = format!("in no {kind}'s path");
    let found = Violation::in_object("unreached", manifest, path, node.origin, label, message)?;
    let (gate, waits) = gate(object, context).unzip();
    let waits = waits.map_or_else(String::new, |name| format!("; {name} asks for them and never sees one"));
    let note = format!("unless something else applies them, no Prometheus evaluates a file in Git{waits}");
    let found = gate.into_iter().fold(found, Violation::also_at);
    Some(found.note(note).help(format!("move it into the folder of {one}, or add one for its folder")))
}

/// A gate of a canary that asks for one of the alerts of a PrometheusRule: where, and what it is called.
fn gate(object: &Object, context: &Context<'_>) -> Option<(Label, String)> {
    let alerts: Vec<&str> =
        rules(&object.manifest).into_iter().filter(|rule| rule.alerts).map(|rule| rule.name).collect();
    let kinds = ["AnalysisTemplate", "ClusterAnalysisTemplate", "Canary"];
    let gates = kinds.into_iter().flat_map(|kind| context.fleet.of_kind(kind));
    gates.map(|gate| &gate.manifest).find_map(|gate| {
        let metrics = metrics(gate).into_iter();
        let query = metrics.filter_map(|metric| metric.query).map(|(query, _)| query).find(|query| {
            let text = query.text().unwrap_or_default();
            text.contains("ALERTS") && alerts.iter().any(|alert| text.contains(&format!("\"{alert}\"")))
        })?;
        let at = Location::from(gate.place(query.origin)?);
        let label = Label::new(at, "asks whether one of them fires".to_owned());
        Some((label, format!("{} {}", gate.id.kind, gate.id.name)))
    })
}

fn refused(object: &Object, models: &[&str], why: &Why) -> Option<Violation> {
    let manifest = &object.manifest;
    let whom = subject(models);
    let message =
        format!("no Prometheus of this repository evaluates the alerts on {whom}{{places}}: {}", why.what);
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
