//! `observability/analysis-gate`: what decides about a canary can say no, ends, and looks at the
//! canary.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::alerts::asked;
use crate::fleet::mention::Names;
use crate::fleet::{EnvironmentIndex, Fleet, Object};
use crate::kinds::analysis::{Metric, awaited_templates, is_analysis, is_canary, metrics};
use crate::kinds::promql::Query;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let kinds = ["AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun", "Canary"];
    let gates = kinds.iter().flat_map(|kind| fleet.of_kind(kind));
    let mut gates = gates.filter(|one| is_analysis(&one.manifest) || is_canary(&one.manifest)).peekable();
    if gates.peek().is_none() {
        return;
    }
    let (names, beside, awaited) = (Names::of(fleet), Beside::of(fleet), Awaited::of(fleet));
    for object in gates {
        let measured = metrics(&object.manifest);
        let asked: BTreeSet<&str> = measured.iter().flat_map(|one| asks(one, &names)).collect();
        let judged = subject(object, &names);
        // What decides about something else than models is not judged.
        if judged.is_empty() && asked.is_empty() && !beside.holds(object) {
            continue;
        }
        let found = [
            without_condition(object, &measured),
            endless(object, &measured, &awaited),
            skipped(object),
            of_another(object, &measured, &judged, &names),
        ];
        for violation in found.into_iter().flatten() {
            out.push(violation.at_place(object.place));
        }
    }
}

/// The models that a gate is for: by its name, and what it targets.
fn subject<'f>(object: &Object, names: &Names<'f>) -> BTreeSet<&'f str> {
    let target = object.manifest.root.find(&["spec", "targetRef", "name"]).text();
    let texts = [Some(object.manifest.id.name.as_str()), target].into_iter().flatten();
    texts.flat_map(|text| names.in_text(text)).collect()
}

/// The models that a metric asks about.
fn asks<'f>(metric: &Metric<'_>, names: &Names<'f>) -> BTreeSet<&'f str> {
    let text = metric.query.as_ref().and_then(|(node, _)| node.text());
    let query = text.and_then(|text| Query::parse(text).ok());
    query.map(|query| asked(&query.series(), names)).unwrap_or_default()
}

fn without_condition(object: &Object, measured: &[Metric<'_>]) -> Option<Violation> {
    // Metrics that only tell stand beside one that decides.
    let mut all = measured.iter().map(Metric::decides);
    let is_dry = !object.manifest.root.get("spec").get("dryRun").items().is_empty();
    if !is_analysis(&object.manifest) || is_dry || !all.all(|decides| decides == Some(false)) {
        return None;
    }
    let metric = measured.first()?;
    let message =
        format!("gate {}{{places}} lets every canary pass: no metric has a condition", name(object));
    let node = metric.node.get("name").present()?;
    let path = metric.path.key("name");
    let found = violation(object, "no-condition", path, node, "whatever it measures is a success", message)?;
    let note = "Argo Rollouts counts a measurement as successful where neither `successCondition` nor \
                `failureCondition` is set";
    Some(found.note(note).help("add a `successCondition`, such as `result[0] < 0.01`"))
}

fn endless(object: &Object, measured: &[Metric<'_>], awaited: &Awaited<'_>) -> Option<Violation> {
    let is_awaited = object.manifest.id.is("argoproj.io", "AnalysisRun") || awaited.holds(object);
    let metric = measured.iter().find(|metric| metric.is_endless()).filter(|_| is_awaited)?;
    if !is_analysis(&object.manifest) {
        return None;
    }
    let message =
        format!("gate {}{{places}} never ends: {} is measured without a count", name(object), metric.name);
    let node = metric.node.get("interval").present()?;
    let path = metric.path.key("interval");
    let found = violation(object, "endless", path, node, "again and again", message)?;
    let note = "without `count` a metric is measured until it fails; that is for an analysis in the background, and \
                nothing can wait for it";
    Some(found.note(note).help("add a `count`"))
}

fn skipped(object: &Object) -> Option<Violation> {
    let path = Pointer::of(&["spec", "skipAnalysis"]);
    let node = object.manifest.at(&path).present()?;
    if !is_canary(&object.manifest) || node.as_bool() != Some(true) {
        return None;
    }
    let message = format!("canary {}{{places}} is promoted at once, whatever it answers", name(object));
    let found = violation(object, "skipped", path, node, "no analysis", message)?;
    let note = "Flagger replaces the primary as soon as the canary's pods are ready, without traffic and without metrics";
    Some(found.note(note).help("remove the line once the emergency is over"))
}

fn of_another(
    object: &Object,
    measured: &[Metric<'_>],
    judged: &BTreeSet<&str>,
    names: &Names<'_>,
) -> Option<Violation> {
    let own = judged.first()?;
    measured.iter().find_map(|metric| {
        let asked = asks(metric, names);
        let other = asked.first().filter(|_| asked.is_disjoint(judged))?;
        let (node, path) = metric.query.clone()?;
        let message = format!("gate {}{{places}} decides about {own} by what {other} answers", name(object));
        let found = violation(object, "other-service", path, node, format!("asks about {other}"), message)?;
        let note = format!("{own} is promoted as long as {other} is well");
        Some(found.note(note).help(format!("ask for the series of {own}")))
    })
}

fn name(object: &Object) -> &str {
    &object.manifest.id.name
}

fn violation(
    object: &Object,
    case: &'static str,
    path: Pointer,
    node: &Node,
    label: impl Into<String>,
    message: String,
) -> Option<Violation> {
    Violation::in_object(case, &object.manifest, path, node.origin, label, message)
}

/// An environment and a namespace in it.
type Where<'f> = (Option<EnvironmentIndex>, Option<&'f str>);

fn place_of<'f>(fleet: &'f Fleet, object: &'f Object) -> Where<'f> {
    let place = fleet.place(object.place);
    let own = object.manifest.id.namespace.as_deref();
    let namespace = own.or_else(|| place.and_then(|place| place.namespace.as_deref()));
    (place.and_then(|place| place.environment), namespace)
}

/// The namespaces in which models run.
struct Beside<'f> {
    fleet: &'f Fleet,
    places: BTreeSet<Where<'f>>,
}

impl<'f> Beside<'f> {
    fn of(fleet: &'f Fleet) -> Self {
        let services = fleet.releases.iter().filter_map(|release| fleet.objects.get(release.object));
        Self { fleet, places: services.map(|object| place_of(fleet, object)).collect() }
    }

    fn holds(&self, object: &'f Object) -> bool {
        let place = place_of(self.fleet, object);
        place.1.is_some() && self.places.contains(&place)
    }
}

/// The templates that Rollouts wait for.
struct Awaited<'f> {
    fleet: &'f Fleet,
    templates: BTreeMap<(&'f str, bool), BTreeSet<Where<'f>>>,
}

impl<'f> Awaited<'f> {
    fn of(fleet: &'f Fleet) -> Self {
        let mut templates: BTreeMap<(&str, bool), BTreeSet<Where<'_>>> = BTreeMap::new();
        for rollout in fleet.of_kind("Rollout").filter(|one| one.manifest.id.group() == "argoproj.io") {
            for (name, is_wide) in awaited_templates(&rollout.manifest) {
                templates.entry((name, is_wide)).or_default().insert(place_of(fleet, rollout));
            }
        }
        Self { fleet, templates }
    }

    fn holds(&self, template: &'f Object) -> bool {
        let is_wide = template.manifest.id.kind == "ClusterAnalysisTemplate";
        let Some(places) = self.templates.get(&(name(template), is_wide)) else { return false };
        is_wide || places.contains(&place_of(self.fleet, template))
    }
}
