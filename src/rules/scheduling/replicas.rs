//! `scheduling/replicas`: a service has the replicas that its traffic and its nodes ask for.

use std::collections::BTreeMap;

use mlgitops_yaml::{Lookup, Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::{Column, Object, Release};
use crate::kinds::kserve;
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(reversed), Check::Fleet(of_models)];

/// The parts of a service that scale.
const PARTS: [&str; 3] = ["predictor", "transformer", "explainer"];

/// A service with this annotation runs no pods (kserve v0.15.2).
const STOPPED: &str = "serving.kserve.io/stop";

/// `minReplicas` above `maxReplicas`; a maximum of 0 is none (kserve v0.11 to v0.20
/// `pkg/apis/serving/v1beta1/component.go`, `validateReplicas`).
fn reversed(object: &Object, _: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    if !manifest.id.is(kserve::GROUP, "InferenceService") {
        return;
    }
    for part in PARTS {
        let at = |field: &'static str| manifest.root.find(&["spec", part, field]).present();
        let (Some(least), Some(most)) = (at("minReplicas"), at("maxReplicas")) else { continue };
        let (Some(least_of), Some(most_of)) = (least.as_int(), most.as_int()) else { continue };
        if most_of == 0 || least_of <= most_of {
            continue;
        }
        let name = &manifest.id.name;
        let message = format!("{name}{{places}} is refused: at least {least_of} replicas, at most {most_of}");
        let path = Pointer::of(&["spec", part, "maxReplicas"]);
        let label = "less than the least";
        let found = Violation::in_object("reversed", manifest, path, most.origin, label, message);
        let least = manifest.place(least.origin).map(Location::from);
        out.push(found.map(|found| {
            let found = found
                .note("KServe's webhook refuses it, and the sync fails")
                .help(format!("write `maxReplicas: {least_of}` or more, or take it out"));
            least.into_iter().fold(found, |found, at| found.also_at(Label::new(at, "the least")))
        }));
    }
}

/// What a service of a guarded environment has less of than it needs.
fn of_models(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    // The most replicas that a model has at least, one rung below.
    let mut below: BTreeMap<&str, (i64, &Object)> = BTreeMap::new();
    let least = |release: &Release| {
        let object = fleet.objects.get(release.object)?;
        Some((object, least(object)?))
    };
    for release in fleet.releases.iter().filter(|one| fleet.column(Some(one.place)) == Column::Staging) {
        let Some((object, count)) = least(release) else { continue };
        let known = below.entry(&release.model).or_insert((count, object));
        if count > known.0 {
            *known = (count, object);
        }
    }
    for release in fleet.releases.iter().filter(|one| fleet.column(Some(one.place)) == Column::Prod) {
        let Some((object, count)) = least(release) else { continue };
        let found = match below.get(release.model.as_str()) {
            Some((staging, other)) if count < *staging => fewer(object, count, *staging, other, context),
            _ if count == 1 => one(object),
            _ => None,
        };
        out.push(found.map(|found| found.at_place(object.place).of_model(&release.model)));
    }
}

/// How many replicas the predictor of a service has at least: one where nothing is said. `None` for
/// a canary, for a service that is stopped, and where it cannot be known.
fn least(object: &Object) -> Option<i64> {
    let manifest = &object.manifest;
    let stopped = metadata_value(&manifest.root, "annotations", STOPPED);
    let is_canary = manifest.id.name.ends_with("-canary");
    if !manifest.id.is(kserve::GROUP, "InferenceService") || stopped.is_some() || is_canary {
        return None;
    }
    match manifest.root.find(&LEAST) {
        Lookup::Present(node) => node.as_int(),
        Lookup::Absent(_) => Some(1),
        Lookup::Unknown(_) => None,
    }
}

const LEAST: [&str; 3] = ["spec", "predictor", "minReplicas"];

/// A violation of the number, or of the predictor that names none.
fn violation(case: &'static str, object: &Object, label: &str, message: String) -> Option<Violation> {
    let manifest = &object.manifest;
    let path = Pointer::of(&LEAST);
    match manifest.root.find(&LEAST).present() {
        Some(node) => Violation::in_object(case, manifest, path, node.origin, label, message),
        None => {
            // The key: its value is as long as the service.
            let spec = manifest.root.get("spec").present().and_then(Node::as_map)?;
            let (key, _) = spec.entry("predictor")?;
            let cause = manifest.place(key.origin)?;
            Violation::for_lack(case, manifest, path, cause, label, message)
        }
    }
}

fn one(object: &Object) -> Option<Violation> {
    let name = &object.manifest.id.name;
    let message = format!("{name}{{places}} has one replica: when its node is drained, nothing answers");
    let found = violation("one", object, "one at least", message)?;
    Some(
        found
            .note("a new pod downloads and loads the model first; until then there is none")
            .help("write `minReplicas: 2`"),
    )
}

fn fewer(
    object: &Object,
    count: i64,
    staging: i64,
    other: &Object,
    context: &Context<'_>,
) -> Option<Violation> {
    let name = &object.manifest.id.name;
    let below = context.fleet.environment(other.place).map_or("the rung below", |one| &one.name);
    let message = format!("{name}{{places}} has fewer replicas than in {below}: {count}, not {staging}");
    let found = violation("fewer", object, "at least", message)?;
    let theirs = other.manifest.root.find(&LEAST).present();
    let found = match theirs.and_then(|node| other.manifest.place(node.origin)) {
        Some(at) => found.also_at(Label::new(Location::from(at), format!("in {below}"))),
        None => found,
    };
    Some(found.help(format!("write `minReplicas: {staging}` or more, or fewer in {below}")))
}
