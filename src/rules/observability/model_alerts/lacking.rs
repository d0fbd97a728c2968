//! Models in production on which nothing alerts, where the repository alerts on most.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_yaml::Pointer;

use super::{Context, Violations};
use crate::finding::{Code, Violation};
use crate::fleet::alerts::{Alert, Watch};
use crate::fleet::{Column, EnvironmentIndex, Object, PlaceIndex};

pub(super) fn judge(alerts: &[Alert<'_>], context: &Context<'_>, out: &mut Violations) {
    let (fleet, reached) = (context.fleet, context.reached());
    // Alerts may stand in what could not be rendered, or comes from elsewhere.
    let hides = |code| matches!(code, Code::Plugin | Code::Limit | Code::RenderFailed | Code::Remote);
    if fleet.not_checked.iter().any(|item| hides(item.code)) {
        return;
    }
    let watched = Watched::of(alerts, context);
    let services = services(context);
    let served: BTreeSet<&str> = services.iter().map(|(model, _)| *model).collect();
    let with_some = served.iter().filter(|model| watched.by_model.contains_key(*model)).count();
    if with_some * 2 < served.len() || with_some == 0 {
        return;
    }
    // Of a repository whose alerts nothing deploys, `rule-not-selected` speaks.
    let is_lost = |alert: &Alert<'_>| reached.is_some_and(|reached| !reached.holds(alert.object));
    let lost: BTreeSet<&str> = alerts.iter().filter(|alert| is_lost(alert)).flat_map(Alert::models).collect();
    for (model, object) in services {
        if lost.contains(model) {
            continue;
        }
        let kinds = watched.by(model, object.place, context);
        let lacking: Vec<Watch> = [Watch::Latency, Watch::Errors, Watch::Drift]
            .into_iter()
            .filter(|kind| !kinds.contains(kind))
            .collect();
        let (drift, others): (Vec<Watch>, Vec<Watch>) =
            lacking.into_iter().partition(|kind| *kind == Watch::Drift);
        out.push(violation(model, object, "no-alert", &others));
        out.push(violation(model, object, "no-drift-alert", &drift));
    }
}

/// The services of production, each once, with their models.
fn services<'f>(context: &Context<'f>) -> Vec<(&'f str, &'f Object)> {
    let fleet = context.fleet;
    let mut seen = BTreeSet::new();
    let releases = fleet.releases.iter().filter(|one| fleet.column(Some(one.place)) == Column::Prod);
    let services = releases.filter(|one| seen.insert(one.object));
    let services = services.filter_map(|one| Some((one.model.as_str(), fleet.objects.get(one.object)?)));
    services.filter(|(_, object)| object.manifest.id.kind != "LocalModelCache").collect()
}

/// What is watched of which model, and where the alert stands; of all models under no name.
struct Watched<'a> {
    by_model: BTreeMap<&'a str, Near>,
    of_all: Near,
}

/// What is watched, by the environment that the alert stands in.
type Near = BTreeMap<Option<EnvironmentIndex>, BTreeSet<Watch>>;

impl<'a> Watched<'a> {
    fn of(alerts: &[Alert<'a>], context: &Context<'_>) -> Self {
        let mut watched = Self { by_model: BTreeMap::new(), of_all: BTreeMap::new() };
        for alert in alerts.iter().filter(|alert| may_be_of_prod(alert, context)) {
            let (at, kinds) = (environment(alert.object.place, context), alert.watches());
            if alert.is_of_any_model() {
                watched.of_all.entry(at).or_default().extend(&kinds);
            }
            for model in alert.models() {
                watched.by_model.entry(model).or_default().entry(at).or_default().extend(&kinds);
            }
        }
        watched
    }

    /// What is watched of a model at a place.
    fn by(&self, model: &str, place: PlaceIndex, context: &Context<'_>) -> BTreeSet<Watch> {
        let own = environment(place, context);
        let alerts = self.by_model.get(model).into_iter().chain([&self.of_all]).flatten();
        let near = alerts.filter(|(at, _)| at.is_none() || **at == own);
        near.flat_map(|(_, kinds)| kinds.iter().copied()).collect()
    }
}

fn environment(place: PlaceIndex, context: &Context<'_>) -> Option<EnvironmentIndex> {
    context.fleet.place(place).and_then(|place| place.environment)
}

fn may_be_of_prod(alert: &Alert<'_>, context: &Context<'_>) -> bool {
    matches!(context.fleet.column(Some(alert.object.place)), Column::Prod | Column::Unnamed)
}

fn violation(model: &str, object: &Object, case: &'static str, lacking: &[Watch]) -> Option<Violation> {
    let what = match lacking {
        [Watch::Latency] => "how long it takes",
        [Watch::Errors] => "its errors",
        [Watch::Drift] => "its drift",
        [] => return None,
        _ => "how long it takes, or its errors",
    };
    let manifest = &object.manifest;
    let path = Pointer::of(&["metadata", "name"]);
    let node = manifest.at(&path).present()?;
    let message = format!("nothing alerts on {model}{{places}} by {what}");
    let label = "named in no such alert";
    let found = Violation::in_object(case, manifest, path, node.origin, label, message)?;
    let found = found.at_place(object.place).of_model(model);
    let (note, help) = match case {
        "no-drift-alert" => (
            "a model whose features have changed answers as fast as ever, and without an error",
            "watch its features or predictions, and alert on what you see; KServe's servers export neither",
        ),
        _ => (
            "most models of this repository have one: a promotion of this one that goes wrong is seen by its users",
            "add it to the PrometheusRule that watches the others",
        ),
    };
    Some(found.note(note).help(help))
}
