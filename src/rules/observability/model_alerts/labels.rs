//! Labels of an alert that name another model, or another environment, than its expression.

use std::collections::BTreeMap;

use mlgitops_yaml::Node;

use super::called;
use crate::finding::Violation;
use crate::fleet::alerts::{Alert, is_model_label};
use crate::fleet::mention::Names;
use crate::fleet::{EnvironmentIndex, Fleet};

/// Labels by which alerts name an environment.
const ENVIRONMENT: [&str; 4] = ["env", "environment", "stage", "tier"];

/// What labels may name.
pub(super) struct Labels<'f> {
    fleet: &'f Fleet,
    names: Names<'f>,
    /// The environment of each namespace; `None` where it is in none, or in several.
    namespaces: BTreeMap<&'f str, Option<EnvironmentIndex>>,
}

impl<'f> Labels<'f> {
    pub(super) fn of(fleet: &'f Fleet) -> Self {
        let mut namespaces = BTreeMap::new();
        for place in &fleet.places {
            let Some(namespace) = place.namespace.as_deref() else { continue };
            let known = namespaces.entry(namespace).or_insert(place.environment);
            *known = known.filter(|known| place.environment == Some(*known));
        }
        Self { fleet, names: Names::of(fleet), namespaces }
    }

    pub(super) fn judge(&self, alert: &Alert<'_>) -> Vec<Violation> {
        [other_model(alert, &self.names), self.other_environment(alert)].into_iter().flatten().collect()
    }
}

fn other_model(alert: &Alert<'_>, names: &Names<'_>) -> Option<Violation> {
    let asked = alert.asked.first().filter(|_| alert.query.is_ok())?;
    let mut labels = alert.rule.labels().filter(|(key, _)| is_model_label(key));
    let (key, node, named) = labels.find_map(|(key, node)| {
        let named = names.in_text(node.text()?);
        let is_other = !named.is_empty() && named.is_disjoint(&alert.asked);
        is_other.then(|| Some((key, node, *named.first()?))).flatten()
    })?;
    let message = format!("{}{{places}} says {named} and watches {asked}", called(alert));
    let found = at(alert, key, node, "other-model", format!("its expression asks for {asked}"), message)?;
    let note = "who is called looks at, and rolls back, the wrong model";
    Some(found.note(note).help(format!("name {asked} here, or ask for the series of {named}")))
}

impl Labels<'_> {
    fn other_environment(&self, alert: &Alert<'_>) -> Option<Violation> {
        let fleet = self.fleet;
        let mut labels = alert.rule.labels().filter(|(key, _)| ENVIRONMENT.contains(key));
        let (key, node, stated) = labels.find_map(|(key, node)| {
            let text = node.text()?;
            let stated = fleet.environments.iter().find(|one| one.name == text)?;
            Some((key, node, stated.name.as_str()))
        })?;
        let watched = self
            .watched(alert)
            .or_else(|| fleet.environment(alert.object.place).map(|environment| environment.name.as_str()))?;
        if watched == stated {
            return None;
        }
        let message = format!("{} says {stated} and watches {watched}", called(alert));
        let label = format!("it is about {watched}");
        let found = at(alert, key, node, "other-environment", label, message)?;
        Some(
            found
                .note("who is called looks at the wrong environment, or is not called at all")
                .help(format!("write `{key}: {watched}`")),
        )
    }

    /// The environment of the one namespace that an expression asks for.
    fn watched(&self, alert: &Alert<'_>) -> Option<&str> {
        let query = alert.query.as_ref().as_ref().ok()?;
        let series = query.series();
        // Where a scraper gives its own namespace, that of the model is called otherwise.
        let keys = ["exported_namespace", "namespace", "namespace_name", "destination_workload_namespace"];
        let namespace = series.iter().find_map(|one| keys.into_iter().find_map(|key| one.label(key)))?;
        let environment = (*self.namespaces.get(namespace)?)?;
        self.fleet.environments.get(environment.0 as usize).map(|environment| environment.name.as_str())
    }
}

fn at(
    alert: &Alert<'_>,
    key: &str,
    node: &Node,
    case: &'static str,
    label: String,
    message: String,
) -> Option<Violation> {
    let path = alert.rule.path.key("labels").key(key);
    Violation::in_object(case, &alert.object.manifest, path, node.origin, label, message)
}
