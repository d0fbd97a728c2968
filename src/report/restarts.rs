//! What a merge restarts, in one sentence: whose pods are replaced, and where that asks for GPUs that
//! have to be free.

use std::collections::{BTreeMap, BTreeSet};

use super::display::{cut, shown};
use super::markup::{code, words};
use crate::history::Told;

/// Models of one environment that are named; the rest are counted.
const NAMED: usize = 5;

/// `Merging restarts ...`; nothing where no pod is replaced.
pub(super) fn sentence(told: &[Told]) -> Option<String> {
    let restarts: Vec<&Told> = told.iter().filter(|told| told.difference.restarts()).collect();
    let mut environments: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    for running in restarts.iter().filter_map(|told| told.difference.running()) {
        environments.entry(running.environment.as_deref()).or_default().insert(&running.model);
    }
    if environments.is_empty() {
        return None;
    }
    let said: Vec<String> = environments.iter().map(|(name, models)| in_environment(*name, models)).collect();
    let mut text = format!("Merging restarts {}.", list(&said));
    for line in restarts.iter().filter_map(|told| surge(told)).collect::<BTreeSet<_>>() {
        text.push(' ');
        text.push_str(&line);
    }
    Some(text)
}

fn in_environment(name: Option<&str>, models: &BTreeSet<&str>) -> String {
    let mut names: Vec<String> = models.iter().take(NAMED).map(|model| name_of(model)).collect();
    if let more @ 1.. = models.len().saturating_sub(NAMED) {
        names.push(format!("{more} more"));
    }
    match name {
        Some(name) => format!("{} in {}", list(&names), words(&cut(&shown(name), 120))),
        None => list(&names),
    }
}

/// A rolling update makes the new pod first: with one replica there must be room for two.
fn surge(told: &Told) -> Option<String> {
    let after = told.difference.after.as_ref()?;
    let (resource, count) = after.gpus.as_ref()?;
    if after.replicas.unwrap_or(1) != 1 || !after.surges {
        return None;
    }
    let more = if *count == 1 { "a second free".to_owned() } else { format!("{count} more free") };
    let (model, resource) = (name_of(&after.running.model), code(resource));
    Some(format!("{model} has one replica: while it rolls it needs {more} {resource}."))
}

fn name_of(model: &str) -> String {
    code(&cut(&shown(model), 120))
}

fn list(names: &[String]) -> String {
    match names {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        all => all.join(", "),
    }
}
