//! Which version of which model runs where, for machines: the shape that design.md promises
//! (Machine-readable output). Fields may be added; none is changed or removed.

use serde::Serialize;

use super::why::{Belief, beliefs};
use super::{environment, ladder, serving};
use crate::finding::{Location, NotChecked};
use crate::fleet::{Fleet, Release};
use crate::lint::Survey;
use crate::report::json::{LocationOut, NotCheckedOut, ObjectOut, line};

/// The whole status, in one line; with `why`, also the line that each environment, mode and version
/// is believed from.
#[must_use]
pub fn json(survey: &Survey, why: bool) -> String {
    let fleet = &survey.fleet;
    let environments =
        ladder(fleet).into_iter().map(|one| EnvironmentOut { name: &one.name, rank: one.rank }).collect();
    let not_checked: Vec<NotChecked> = survey.not_checked();
    let places: Vec<Option<Location>> = fleet.releases.iter().map(|one| location(fleet, one)).collect();
    let releases = fleet.releases.iter().zip(&places).map(|(one, at)| release(fleet, one, at.as_ref()));
    let beliefs = why.then(|| beliefs(survey));
    let mut document = Document {
        version: 1,
        environments,
        releases: releases.collect(),
        not_checked: not_checked.iter().map(NotCheckedOut::from).collect(),
        why: beliefs.as_ref().map(|beliefs| beliefs.iter().map(BeliefOut::from).collect()),
    };
    let releases = document.releases.iter_mut().filter_map(|one| one.location.as_mut());
    let items = document.not_checked.iter_mut().filter_map(|one| one.location.as_mut());
    let believed = document.why.iter_mut().flatten().filter_map(|one| one.location.as_mut());
    releases.chain(items).chain(believed).for_each(|at| at.attribute(&fleet.trees));
    line(&document)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'s> {
    version: u32,
    environments: Vec<EnvironmentOut<'s>>,
    releases: Vec<ReleaseOut<'s>>,
    not_checked: Vec<NotCheckedOut<'s>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Vec<BeliefOut<'s>>>,
}

#[derive(Serialize)]
struct BeliefOut<'s> {
    kind: &'s str,
    subject: &'s str,
    value: &'s str,
    because: &'s str,
    location: Option<LocationOut<'s>>,
}

impl<'s> From<&'s Belief> for BeliefOut<'s> {
    fn from(belief: &'s Belief) -> Self {
        Self {
            kind: belief.kind,
            subject: &belief.subject,
            value: &belief.value,
            because: &belief.because,
            location: belief.location.as_ref().map(LocationOut::from),
        }
    }
}

#[derive(Serialize)]
struct EnvironmentOut<'s> {
    name: &'s str,
    rank: usize,
}

/// One release. `replicas` is the least number of pods and `maxReplicas` the most, null where they
/// are not stated; `gpu` counts those of one pod.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReleaseOut<'s> {
    model: &'s str,
    environment: Option<&'s str>,
    cluster: Option<&'s str>,
    namespace: Option<&'s str>,
    version: Option<&'s str>,
    uri: Option<&'s str>,
    replicas: Option<i64>,
    max_replicas: Option<i64>,
    canary_percent: Option<i64>,
    gpu: Option<u64>,
    deployment: Option<&'s str>,
    object: Option<ObjectOut<'s>>,
    location: Option<LocationOut<'s>>,
}

fn release<'s>(fleet: &'s Fleet, release: &'s Release, at: Option<&'s Location>) -> ReleaseOut<'s> {
    let place = fleet.place(release.place);
    let object = fleet.objects.get(release.object);
    let serving = serving(fleet, release);
    let deployment = object
        .and_then(|object| fleet.deployables.get(object.deployable))
        .and_then(|deployable| deployable.deployment.as_ref());
    ReleaseOut {
        model: &release.model,
        environment: environment(fleet, release),
        cluster: place.and_then(|place| place.cluster.as_deref()),
        namespace: place.and_then(|place| place.namespace.as_deref()),
        version: release.version.as_deref(),
        uri: fleet.uses.get(release.model_use).map(|used| used.reference.text.as_str()),
        replicas: serving.min_replicas,
        max_replicas: serving.max_replicas,
        canary_percent: serving.canary_percent,
        gpu: serving.gpu,
        deployment: deployment.map(|manifest| manifest.id.name.as_str()),
        object: object.map(|object| ObjectOut::from(&object.manifest.id)),
        location: at.map(LocationOut::from),
    }
}

/// Where the model reference stands: the place to edit.
fn location(fleet: &Fleet, release: &Release) -> Option<Location> {
    let object = fleet.objects.get(release.object)?;
    let model_use = fleet.uses.get(release.model_use)?;
    object.manifest.place(model_use.reference.origin).map(Location::from)
}
