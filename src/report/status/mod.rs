//! Which version of which model runs where: the table for people.

mod json;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::display::{shown, width};
use crate::finding::PlaceIndex;
use crate::fleet::reference::{Class, MutableKind};
use crate::fleet::{Environment, Fleet, Place, Release};
use crate::kinds::kserve;
use crate::lint::Survey;

pub use json::json;

/// The heading of the environment that nothing names.
const UNNAMED: &str = "(unnamed)";

/// How Argo CD calls the cluster it runs in (argo-cd v3.5 `pkg/apis/application/v1alpha1/types.go`,
/// `KubernetesInternalAPIServerAddr`).
const OWN_CLUSTER: &str = "https://kubernetes.default.svc";

/// What stands in one cell: a line for each version, replicas and place.
type Cell = BTreeSet<String>;

/// The table for people: a line a model, a column an environment, lowest rung first. An environment
/// with one place names it in the head of its column; one with more names it in every cell.
/// With `why`, the line that each environment, mode and version is believed from follows.
#[must_use]
pub fn human(survey: &Survey, why: bool) -> String {
    let fleet = &survey.fleet;
    let places = places(fleet);
    let mut cells: BTreeMap<&str, BTreeMap<&str, Cell>> = BTreeMap::new();
    for release in &fleet.releases {
        let column = environment(fleet, release).unwrap_or(UNNAMED);
        let has_many = places.get(column).is_some_and(|places| places.len() > 1);
        let line = cell(fleet, release, has_many);
        cells.entry(&release.model).or_default().entry(column).or_default().insert(line);
    }
    let named = ladder(fleet).into_iter().map(|environment| environment.name.as_str());
    let columns: Vec<&str> = named.chain([UNNAMED]).filter(|column| places.contains_key(column)).collect();
    let mut rows = heads(fleet, &columns, &places);
    for (model, row) in &cells {
        rows.extend(lines(model, row, &columns));
    }
    let mut out =
        if cells.is_empty() { "no model is deployed here\n".to_owned() } else { rows_to_text(&rows) };
    if why && !cells.is_empty() {
        out.push_str(&why::human(survey));
    }
    for item in survey.not_checked() {
        let _ = writeln!(out, "not checked: {}: {}", shown(&item.what), shown(&item.reason));
    }
    out
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

/// Where models run, by environment.
fn places(fleet: &Fleet) -> BTreeMap<&str, BTreeSet<PlaceIndex>> {
    let mut places: BTreeMap<&str, BTreeSet<PlaceIndex>> = BTreeMap::new();
    for release in &fleet.releases {
        places.entry(environment(fleet, release).unwrap_or(UNNAMED)).or_default().insert(release.place);
    }
    places
}

/// The name of each column, and below it cluster and namespace where it has one place.
fn heads(fleet: &Fleet, columns: &[&str], places: &BTreeMap<&str, BTreeSet<PlaceIndex>>) -> Vec<Vec<String>> {
    let only = |column: &&str| {
        let mut all = places.get(*column).into_iter().flatten();
        let first = all.next().and_then(|place| fleet.place(*place));
        first.filter(|_| all.next().is_none())
    };
    let below = |part: fn(&Place) -> Option<&str>| {
        let texts = columns.iter().map(|column| only(column).and_then(part).map(shown).unwrap_or_default());
        [String::new()].into_iter().chain(texts).collect::<Vec<_>>()
    };
    let names = ["model"].iter().chain(columns).map(|head| shown(head)).collect();
    let further = [below(cluster), below(|place| place.namespace.as_deref())];
    let said = further.into_iter().filter(|row| row.iter().any(|text| !text.is_empty()));
    [names].into_iter().chain(said).collect()
}

/// The cluster of a place, as Argo CD calls it: a name, or the host of its URL.
fn cluster(place: &Place) -> Option<&str> {
    let cluster = place.cluster.as_deref()?;
    let host = cluster.strip_prefix("https://").unwrap_or(cluster);
    Some(if cluster == OWN_CLUSTER { "in-cluster" } else { host })
}

/// The lines of one model: as many as its fullest cell has.
fn lines(model: &str, row: &BTreeMap<&str, Cell>, columns: &[&str]) -> Vec<Vec<String>> {
    let height = row.values().map(BTreeSet::len).max().unwrap_or(0);
    let text = |column: &&str, line: usize| match row.get(*column) {
        Some(cell) => cell.iter().nth(line).cloned().unwrap_or_default(),
        None if line == 0 => "-".to_owned(),
        None => String::new(),
    };
    let line = |line: usize| {
        let head = if line == 0 { shown(model) } else { String::new() };
        [head].into_iter().chain(columns.iter().map(|column| text(column, line))).collect()
    };
    (0..height).map(line).collect()
}

/// The version as it is written; `?` where the reference names none.
fn version(fleet: &Fleet, release: &Release) -> String {
    let parsed = fleet.uses.get(release.model_use).map(|used| &used.parsed);
    match parsed.map(|parsed| (&parsed.class, parsed.class_text())) {
        Some((Class::Pinned { .. }, version)) => version.to_owned(),
        // What a reference without one is given: the words are the repository, not a version.
        Some((Class::Mutable { kind: MutableKind::NoTag, .. }, _)) => "latest (moves)".to_owned(),
        Some((Class::Mutable { kind: MutableKind::DefaultBranch, .. }, _)) => {
            "default branch (moves)".to_owned()
        }
        Some((Class::Mutable { kind: MutableKind::Tag, .. }, tag)) => format!("{tag} (tag)"),
        Some((Class::Mutable { .. }, name)) => format!("{name} (moves)"),
        _ => "?".to_owned(),
    }
}

/// The version, the replicas, the share of
/// traffic a canary has, the GPUs of one pod, and where it runs if that has to be said here.
fn cell(fleet: &Fleet, release: &Release, with_place: bool) -> String {
    let mut text = shown(&version(fleet, release));
    let serving = serving(fleet, release);
    if let Some(replicas) = replicas(&serving) {
        let _ = write!(text, ", {replicas}");
    }
    if let Some(percent) = serving.canary_percent {
        let _ = write!(text, ", canary {percent} %");
    }
    if let Some(gpus) = serving.gpu.filter(|gpus| *gpus > 0) {
        let _ = write!(text, ", {gpus} GPU{}", if gpus == 1 { "" } else { "s" });
    }
    if let Some(place) = fleet.place(release.place).filter(|_| with_place) {
        let parts: Vec<String> =
            [cluster(place), place.namespace.as_deref()].into_iter().flatten().map(shown).collect();
        if !parts.is_empty() {
            let _ = write!(text, ", {}", parts.join("/"));
        }
    }
    text
}

/// `2-5 replicas`; one number where both are the same, or only the lower one is stated. What is not
/// stated is not said, but for the least number, which is 1 (kserve v0.20
/// `pkg/apis/serving/v1beta1/component.go`).
fn replicas(serving: &kserve::Serving) -> Option<String> {
    let (least, most) = match (serving.min_replicas, serving.max_replicas) {
        (None, None) => return None,
        (least, most) => (least.unwrap_or(1), most),
    };
    Some(match most {
        Some(most) if most > least => format!("{least}-{most} replicas"),
        _ if least == 1 => "1 replica".to_owned(),
        _ => format!("{least} replicas"),
    })
}

fn serving(fleet: &Fleet, release: &Release) -> kserve::Serving {
    fleet.objects.get(release.object).map(|object| kserve::serving(&object.manifest)).unwrap_or_default()
}

/// Columns as wide as their widest text.
fn rows_to_text(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|text| width(text)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let mut out = String::new();
    for row in rows {
        let padded: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(text, widest)| format!("{text}{}", " ".repeat(widest.saturating_sub(width(text)))))
            .collect();
        out.push_str(padded.join("   ").trim_end());
        out.push('\n');
    }
    out
}
