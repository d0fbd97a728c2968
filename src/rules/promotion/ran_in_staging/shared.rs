//! The case `shared`: two environments take the version from the same bytes, so that nothing can
//! ever run in one of them first.

use super::super::super::{Context, Violations};
use super::parting::{own_list, parting};
use super::{parts, version_bytes, violation_of};
use crate::finding::Label;
use crate::fleet::{Fleet, Release};
use crate::history::Identity;

/// A release of one of some environments that takes its version from the same bytes.
pub(super) fn shared_with<'f>(fleet: &'f Fleet, release: usize, below: &[String]) -> Option<&'f Release> {
    let release = fleet.releases.get(release)?;
    let own = version_place(fleet, release)?;
    fleet.releases_of(&release.model).find(|other| {
        fleet.environment(other.place).is_some_and(|one| below.contains(&one.name))
            && version_place(fleet, other).as_ref() == Some(&own)
    })
}

/// The first bytes of the repository that say which version it is.
fn version_place(fleet: &Fleet, release: &Release) -> Option<(String, u32, u32)> {
    let (used, object) = parts(fleet, release)?;
    let node = object.manifest.at(&used.reference.path).present()?;
    let span = object.manifest.content_of_piece(node, version_bytes(used)).into_iter().next()?;
    Some((span.file.path().to_string(), span.start, span.end))
}

/// A layout in which nothing can ever run one rung below first.
pub(super) fn shared(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let moved = context.review.and_then(|review| review.moved(Identity::Token).ok()).unwrap_or_default();
    for (index, release) in fleet.releases.iter().enumerate() {
        let Some(environment) = fleet.environment(release.place).filter(|one| one.guarded) else { continue };
        let below = below(fleet, environment.rank);
        let Some(other) = shared_with(fleet, index, &below) else { continue };
        let Some((used, object)) = parts(fleet, release) else { continue };
        let Some(lower) = fleet.environment(other.place) else { continue };
        let moved = moved.iter().find(|moved| moved.release == index);
        // What nothing here deploys is an orphan, however it is laid out.
        if moved.is_none() && context.reached().is_some_and(|reached| !reached.holds(object)) {
            continue;
        }
        let what = if moved.is_some() { used.parsed.class_text() } else { "every version" };
        let message = match what {
            "every version" => format!("{what} of {} reaches", release.model),
            version => format!("one merge takes {} {version} to", release.model),
        };
        let message = format!("{message} {} and {} at once", lower.name, environment.name);
        let Some(found) = violation_of(fleet, index, "shared", message, "both take it from here") else {
            continue;
        };
        let found = match fleet
            .deployables
            .get(object.deployable)
            .and_then(|one| own_list(context, one, &["resources", "bases"]))
        {
            Some(at) => found.also_at(Label::new(at, "it has no version of its own")),
            None => found,
        };
        // A version that is taken there now is not what was wrong before it.
        let found = if moved.is_some() { found.word(used.parsed.class_text()) } else { found };
        let Some(line) = version_line(fleet, release) else { continue };
        let back = moved
            .and_then(|moved| moved.before.first())
            .map(|before| format!("put {line} back to {}, and ", before.said()));
        let parting = parting(context, fleet, other);
        let place = parting
            .as_ref()
            .map_or_else(|| format!("a patch or values of {}", lower.name), |parting| parting.place.clone());
        let help = format!(
            "{}give {} a version of its own in {place}; {} follows in a later change",
            back.unwrap_or_default(),
            lower.name,
            environment.name
        );
        let found = found.note("while both read these bytes, no version can ever run in one of them first");
        let help = [vec![help], parting.map(|parting| parting.lines).unwrap_or_default()].concat();
        out.push(found.help_lines(&help));
    }
}

/// `models/service.yaml:22`, the line that says which version it is.
fn version_line(fleet: &Fleet, release: &Release) -> Option<String> {
    let (used, object) = parts(fleet, release)?;
    let node = object.manifest.at(&used.reference.path).present()?;
    let span = object.manifest.content_of_piece(node, version_bytes(used)).into_iter().next()?;
    Some(format!("`{}:{}`", span.file.path(), span.file.position(span.start).line))
}

fn below(fleet: &Fleet, rank: usize) -> Vec<String> {
    let next = fleet.environments.iter().map(|one| one.rank).filter(|other| *other < rank).max();
    let names = fleet.environments.iter().filter(|one| Some(one.rank) == next);
    names.map(|one| one.name.clone()).collect()
}
