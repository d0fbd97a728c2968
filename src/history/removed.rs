//! The releases of the base that are gone at head.

use mlgitops_manifest::ObjectId;

use super::kept::{Kept, fate};
use super::state::{Running, is_same_service};
use crate::config::Config;
use crate::finding::{Location, PlaceIndex};
use crate::fleet::{EnvironmentIndex, Fleet, Place};

/// A release of the base that is gone at head: deleted, or started anew under another name.
#[derive(Debug, Clone)]
pub struct Removed {
    /// What it was.
    pub running: Running,
    /// Its place, among those of the fleet at head.
    pub place: PlaceIndex,
    /// Where it stood in the base; the Flux object that deployed it, where that is gone too.
    pub at: Option<Location>,
    /// The Application or Flux object that deployed it, where that is gone too.
    pub deployment: Option<ObjectId>,
    /// The Flux object that deployed it, where that is still there.
    pub still: Option<ObjectId>,
    /// Why it runs on, if it does.
    pub kept: Option<Kept>,
    /// The object that serves the model there from now on, if one comes with this change.
    pub instead: Option<Running>,
}

/// The releases of the base that have no successor of the same name at head. Their places are added
/// to those of head.
pub(super) fn removals(
    before: &Fleet,
    after: &mut Fleet,
    head: &[(usize, Running)],
    config: &Config,
) -> Vec<Removed> {
    let mut removed: Vec<Removed> = Vec::new();
    let all = before.releases.iter();
    let base: Vec<Running> = all.filter_map(|release| Running::of(release, before, config)).collect();
    for release in &before.releases {
        let Some(running) = Running::of(release, before, config) else { continue };
        let of_model: Vec<&Running> =
            head.iter().map(|(_, one)| one).filter(|one| is_same_service(one, &running)).collect();
        if of_model.iter().any(|one| is_same_object(one, &running)) {
            continue;
        }
        let was_there = |one: &Running| base.iter().any(|old| is_same_object(old, one));
        let instead = of_model.iter().find(|one| !was_there(one)).map(|one| (**one).clone());
        // A canary that is over, beside the service that has its version now.
        if instead.is_none() && is_canary(&running) && !of_model.is_empty() {
            continue;
        }
        if removed.iter().any(|known| is_same_object(&known.running, &running)) {
            continue;
        }
        let Some(object) = before.objects.get(release.object) else { continue };
        let fate = fate(object, before, after);
        removed.push(Removed {
            kept: fate.kept,
            at: fate.at,
            deployment: fate.deployment,
            still: fate.still,
            place: place_of(before, release.place, after),
            running,
            instead,
        });
    }
    removed
}

/// Whether two releases are the same object of a cluster. A cluster that nothing names may be any.
fn is_same_object(one: &Running, other: &Running) -> bool {
    let same_cluster = one.cluster == other.cluster || one.cluster.is_none() || other.cluster.is_none();
    is_same_service(one, other) && one.object == other.object && same_cluster
}

fn is_canary(running: &Running) -> bool {
    running.object.ends_with("-canary")
}

/// A place of another fleet, among those of this one.
fn place_of(from: &Fleet, place: PlaceIndex, to: &mut Fleet) -> PlaceIndex {
    let environment = from.environment(place).map(|environment| {
        let known = to.environments.iter().position(|one| one.name == environment.name);
        known.unwrap_or_else(|| {
            to.environments.push(environment.clone());
            to.environments.len() - 1
        })
    });
    let environment = environment.and_then(|at| u32::try_from(at).ok()).map(EnvironmentIndex);
    let Some(place) = from.place(place) else { return PlaceIndex(u32::MAX) };
    let place = Place { environment, ..place.clone() };
    let known = to.places.iter().position(|one| *one == place);
    let at = known.unwrap_or_else(|| {
        to.places.push(place);
        to.places.len() - 1
    });
    PlaceIndex(u32::try_from(at).unwrap_or(u32::MAX))
}
