//! Labels of an alert that name another model, or another environment, than its expression.

use mlgitops_yaml::Node;

use super::{Context, called};
use crate::finding::Violation;
use crate::fleet::alerts::{Alert, is_model_label};
use crate::fleet::mention::Names;

/// Labels by which alerts name an environment.
const ENVIRONMENT: [&str; 4] = ["env", "environment", "stage", "tier"];

pub(super) fn judge(alert: &Alert<'_>, names: &Names<'_>, context: &Context<'_>) -> Vec<Violation> {
    [other_model(alert, names), other_environment(alert, context)].into_iter().flatten().collect()
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

fn other_environment(alert: &Alert<'_>, context: &Context<'_>) -> Option<Violation> {
    let fleet = context.fleet;
    let mut labels = alert.rule.labels().filter(|(key, _)| ENVIRONMENT.contains(key));
    let (key, node, stated) = labels.find_map(|(key, node)| {
        let text = node.text()?;
        let stated = fleet.environments.iter().find(|one| one.name == text)?;
        Some((key, node, stated.name.as_str()))
    })?;
    let watched = watched(alert, context)
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
fn watched<'c>(alert: &Alert<'_>, context: &Context<'c>) -> Option<&'c str> {
    let query = alert.query.as_ref().ok()?;
    let series = query.series();
    let keys = ["namespace", "namespace_name", "destination_workload_namespace"];
    let namespace = series.iter().find_map(|one| keys.into_iter().find_map(|key| one.label(key)))?;
    let mut places =
        context.fleet.places.iter().filter(|place| place.namespace.as_deref() == Some(namespace));
    let first = places.next()?.environment?;
    if places.any(|place| place.environment != Some(first)) {
        return None;
    }
    context.fleet.environments.get(first.0 as usize).map(|environment| environment.name.as_str())
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
