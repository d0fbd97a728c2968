//! Two policies: what a change says of environments, and what its target said before it. The author
//! of a change must not take a release out of what is guarded, or count something as staging, in the
//! change that is judged by it.

use crate::config::{Config, EnvironmentConfig, Stated};
use crate::fleet::{Environment, EnvironmentIndex, Fleet, PlaceIndex, Release};

/// The configuration with the environments as the target has them; `None` where the change says the
/// same of them.
pub(super) fn before(config: &Config, base: Option<&Config>) -> Option<Config> {
    let base = base?;
    let same = config.environments.len() == base.environments.len()
        && config.environments.iter().zip(&base.environments).all(|(one, other)| match_alike(one, other));
    (!same).then(|| Config { environments: base.environments.clone(), ..config.clone() })
}

/// Whether two rungs are the same one, of the same places.
fn match_alike(one: &EnvironmentConfig, other: &EnvironmentConfig) -> bool {
    let globs = |of: &EnvironmentConfig| {
        let values = |globs: &[Stated<String>]| globs.iter().map(|glob| glob.value.clone()).collect();
        [&of.path, &of.namespace, &of.cluster, &of.branch].map(|globs| -> Vec<String> { values(globs) })
    };
    one.name.value == other.name.value && globs(one) == globs(other)
}

/// Puts every release that the target's policy guards, and the change's does not, where the target's
/// puts it. `target` is the same tree, read by the target's policy.
pub(super) fn put_back(fleet: &mut Fleet, target: &Fleet) {
    for index in 0..fleet.releases.len() {
        let Some(release) = fleet.releases.get(index).cloned() else { continue };
        if fleet.environment(release.place).is_some_and(|own| own.guarded) {
            continue;
        }
        let guarded = place_in(target, fleet, &release).filter(|environment| environment.guarded);
        let Some(place) = guarded.and_then(|environment| place_with(fleet, release.place, environment))
        else {
            continue;
        };
        if let Some(release) = fleet.releases.get_mut(index) {
            release.place = place;
        }
        if let Some(object) = fleet.objects.get_mut(release.object) {
            object.place = place;
        }
    }
}

/// The environment that a release has by another policy.
fn place_in<'t>(target: &'t Fleet, fleet: &Fleet, release: &Release) -> Option<&'t Environment> {
    let key = |fleet: &Fleet, release: &Release| {
        let object = fleet.objects.get(release.object)?;
        let job = fleet.deployables.get(object.deployable)?.job.clone();
        let used = fleet.uses.get(release.model_use)?;
        Some((object.manifest.id.clone(), job, used.reference.path.clone()))
    };
    let wanted = key(fleet, release)?;
    let same = target.releases_of(&release.model).find(|other| key(target, other).as_ref() == Some(&wanted));
    target.environment(same?.place)
}

/// A place like another one, in an environment of another fleet.
fn place_with(fleet: &mut Fleet, like: PlaceIndex, environment: &Environment) -> Option<PlaceIndex> {
    let known = fleet.environments.iter().position(|one| one.name == environment.name);
    let at = known.unwrap_or_else(|| {
        fleet.environments.push(environment.clone());
        fleet.environments.len() - 1
    });
    let mut place = fleet.place(like)?.clone();
    place.environment = Some(EnvironmentIndex(u32::try_from(at).ok()?));
    fleet.places.push(place);
    Some(PlaceIndex(u32::try_from(fleet.places.len() - 1).ok()?))
}
