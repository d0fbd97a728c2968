//! Models × environments: which version of which model runs where.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::display::shown;
use crate::finding::{Location, NotChecked};
use crate::fleet::reference::Class;
use crate::fleet::{Environment, Fleet, Release};
use crate::kinds::kserve;
use crate::lint::Survey;

/// The heading of the environment that nothing names.
const UNNAMED: &str = "(unnamed)";

/// The table for people: a line a model, a column an environment, lowest rung first.
#[must_use]
pub fn human(survey: &Survey) -> String {
    let fleet = &survey.fleet;
    let mut cells: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for release in &fleet.releases {
        let row = cells.entry(&release.model).or_default();
        row.entry(environment(fleet, release).unwrap_or(UNNAMED)).or_default().insert(cell(fleet, release));
    }
    let named = ladder(fleet).into_iter().map(|environment| environment.name.as_str());
    let columns: Vec<&str> =
        named.chain([UNNAMED]).filter(|column| cells.values().any(|row| row.contains_key(column))).collect();
    let mut rows: Vec<Vec<String>> =
        vec![["model"].iter().chain(&columns).map(|head| (*head).to_owned()).collect()];
    for (model, row) in &cells {
        let versions = columns.iter().map(|column| match row.get(column) {
            Some(versions) => versions.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            None => "-".to_owned(),
        });
        rows.push([shown(model)].into_iter().chain(versions).collect());
    }
    let mut out = if cells.is_empty() { "no model is deployed here\n".to_owned() } else { table(&rows) };
    for item in survey.not_checked() {
        let _ = writeln!(out, "not checked: {}: {}", shown(&item.what), shown(&item.reason));
    }
    out
}

/// The promise of design.md (Machine-readable output).
#[must_use]
pub fn json(survey: &Survey) -> String {
    let fleet = &survey.fleet;
    let environments: Vec<Value> =
        ladder(fleet).iter().map(|one| json!({"name": one.name, "rank": one.rank})).collect();
    let releases: Vec<Value> = fleet.releases.iter().map(|one| release(fleet, one)).collect();
    let not_checked: Vec<Value> = survey.not_checked().iter().map(not_checked).collect();
    let status = json!({
        "version": 1, "environments": environments, "releases": releases, "notChecked": not_checked,
    });
    format!("{status}\n")
}

/// The environments, lowest rung first.
fn ladder(fleet: &Fleet) -> Vec<&Environment> {
    let mut ladder: Vec<_> = fleet.environments.iter().collect();
    ladder.sort_by_key(|environment| (environment.rank, &environment.name));
    ladder
}

fn environment<'f>(fleet: &'f Fleet, release: &Release) -> Option<&'f str> {
    fleet.environment(release.place).map(|environment| environment.name.as_str())
}

/// The version as it is written, and the share of traffic it has as a canary; `?` where the
/// reference names none.
fn cell(fleet: &Fleet, release: &Release) -> String {
    let parsed = fleet.uses.get(release.model_use).map(|used| &used.parsed);
    let mut text = match parsed.map(|parsed| (&parsed.class, parsed.class_text())) {
        Some((Class::Pinned { .. }, version)) => shown(version),
        Some((Class::Mutable { .. }, name)) => format!("{} (moves)", shown(name)),
        _ => "?".to_owned(),
    };
    if let Some(percent) = serving(fleet, release).canary_percent {
        let _ = write!(text, " (canary {percent} %)");
    }
    text
}

fn serving(fleet: &Fleet, release: &Release) -> kserve::Serving {
    fleet.objects.get(release.object).map(|object| kserve::serving(&object.manifest)).unwrap_or_default()
}

fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let padded: Vec<String> =
            row.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}")).collect();
        out.push_str(padded.join("   ").trim_end());
        out.push('\n');
    }
    out
}

fn release(fleet: &Fleet, release: &Release) -> Value {
    let place = fleet.place(release.place);
    let object = fleet.objects.get(release.object);
    let model_use = fleet.uses.get(release.model_use);
    let serving = serving(fleet, release);
    let deployment = object
        .and_then(|object| fleet.deployables.get(object.deployable))
        .and_then(|deployable| deployable.deployment.as_ref());
    let at = object
        .zip(model_use)
        .and_then(|(object, used)| object.manifest.place(used.reference.origin))
        .map(Location::from);
    json!({
        "model": release.model,
        "environment": environment(fleet, release),
        "cluster": place.and_then(|place| place.cluster.as_deref()),
        "namespace": place.and_then(|place| place.namespace.as_deref()),
        "version": release.version,
        "uri": model_use.map(|used| used.reference.text.as_str()),
        "replicas": serving.min_replicas,
        "canaryPercent": serving.canary_percent,
        "gpu": serving.gpu,
        "deployment": deployment.map(|manifest| manifest.id.name.as_str()),
        "object": object.map(|object| {
            let id = &object.manifest.id;
            json!({"apiVersion": id.api_version, "kind": id.kind, "namespace": id.namespace, "name": id.name})
        }),
        "location": at.as_ref().map(location),
    })
}

fn location(at: &Location) -> Value {
    let (start, end) = (at.position(), at.end_position());
    json!({
        "file": at.path(), "line": start.line, "column": start.column,
        "endLine": end.line, "endColumn": end.column,
    })
}

fn not_checked(item: &NotChecked) -> Value {
    json!({
        "code": item.code.word(), "what": item.what, "reason": item.reason, "required": item.required,
        "location": item.location.as_ref().map(location),
    })
}
