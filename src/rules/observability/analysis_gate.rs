//! `observability/analysis-gate`: what decides about a canary can say no, ends, and looks at the
//! canary.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::alerts::asked;
use crate::fleet::mention::Names;
use crate::fleet::{EnvironmentIndex, Fleet, Object};
use crate::kinds::analysis::{Metric, awaited_templates, is_analysis, is_canary, metrics, nested_templates};
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
    if !is_analysis(&object.manifest) {
        return None;
    }
    let args = object.manifest.root.find(&["spec", "args"]).items();
    let metric = measured.iter().find(|metric| metric.is_endless(args))?;
    let (node, path) = metric.repeats()?;
    if object.manifest.id.is("argoproj.io", "AnalysisRun") {
        return endless_run(object, metric, node, path);
    }
    let waits = awaited.by(object)?;
    let rollout = &waits.rollout.manifest;
    let message = format!(
        "Argo Rollouts refuses {}{{places}}: it waits for {}, which never ends",
        rollout.id.name,
        name(object)
    );
    let label = match node.text() {
        Some(count) if !metric.node.get("count").is_absent() => {
            format!("{} is measured {count} times: without end", metric.name)
        }
        _ => format!("{} is measured again and again, without a `count`", metric.name),
    };
    let mut found = violation(object, "endless", path, node, label, message)?;
    if let Some(at) = rollout.place(waits.node.origin) {
        found = found.also_at(Label::new(Location::from(at), format!("{} waits here", rollout.id.name)));
    }
    let note = "the Rollout is InvalidSpec until then: no pod of a new version starts, and the old one stays; \
                `consecutiveSuccessLimit` is no end to Argo Rollouts, and neither is a count that the Rollout passes";
    Some(found.note(note).help(
        "write a `count` into the metric; one without belongs into `canary.analysis`, which runs in the background",
    ))
}

/// A run of its own, for which nothing but the health of its Application waits.
fn endless_run(object: &Object, metric: &Metric<'_>, node: &Node, path: Pointer) -> Option<Violation> {
    if metric.ends_by_success() {
        return None;
    }
    let message =
        format!("gate {}{{places}} never ends: {} is measured without a count", name(object), metric.name);
    let found = violation(object, "endless-run", path, node, "again and again", message)?;
    let note =
        "without `count` a metric is measured until it fails, and its Application is Progressing until then";
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

/// A Rollout that waits for a template, and where it says so.
#[derive(Clone, Copy)]
struct Waits<'f> {
    rollout: &'f Object,
    node: &'f Node,
}

/// How a template is called: its name, and whether it lies in no namespace.
type Called<'f> = (&'f str, bool);

/// The templates that others take in, by where these stand.
type Nested<'f> = BTreeMap<Called<'f>, BTreeMap<Where<'f>, BTreeSet<Called<'f>>>>;

/// The templates that Rollouts wait for: the first Rollout of each place.
struct Awaited<'f> {
    fleet: &'f Fleet,
    templates: BTreeMap<Called<'f>, BTreeMap<Where<'f>, Waits<'f>>>,
}

impl<'f> Awaited<'f> {
    fn of(fleet: &'f Fleet) -> Self {
        let mut awaited = Self { fleet, templates: BTreeMap::new() };
        let nested = Self::nested(fleet);
        for rollout in fleet.of_kind("Rollout").filter(|one| one.manifest.id.group() == "argoproj.io") {
            let place = place_of(fleet, rollout);
            for one in awaited_templates(&rollout.manifest) {
                let waits = Waits { rollout, node: one.node };
                awaited.add((one.name, one.is_wide), place, waits, &nested);
            }
        }
        awaited
    }

    fn nested(fleet: &'f Fleet) -> Nested<'f> {
        let mut nested = Nested::new();
        for kind in ["AnalysisTemplate", "ClusterAnalysisTemplate"] {
            for template in fleet.of_kind(kind).filter(|one| is_analysis(&one.manifest)) {
                let inner = nested_templates(&template.manifest);
                let inner = inner.into_iter().map(|one| (one.name, one.is_wide));
                let outer = nested.entry((name(template), kind == "ClusterAnalysisTemplate")).or_default();
                outer.entry(place_of(fleet, template)).or_default().extend(inner);
            }
        }
        nested
    }

    fn add(&mut self, template: Called<'f>, place: Where<'f>, waits: Waits<'f>, nested: &Nested<'f>) {
        let mut left = vec![template];
        let mut seen = BTreeSet::new();
        while let Some(template) = left.pop() {
            if !seen.insert(template) {
                continue;
            }
            self.templates.entry(template).or_default().entry(place).or_insert(waits);
            let inner = nested.get(&template).into_iter().flatten();
            left.extend(inner.filter(|(at, _)| template.1 || **at == place).flat_map(|(_, inner)| inner));
        }
    }

    /// The Rollout that waits for a template.
    fn by(&self, template: &'f Object) -> Option<Waits<'f>> {
        let is_wide = template.manifest.id.kind == "ClusterAnalysisTemplate";
        let places = self.templates.get(&(name(template), is_wide))?;
        let own = places.get(&place_of(self.fleet, template));
        own.or_else(|| places.values().next().filter(|_| is_wide)).copied()
    }
}
