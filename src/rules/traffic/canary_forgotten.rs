//! `traffic/canary-forgotten`: a canary is promoted or taken back, and not left as it is.

use std::time::Duration;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;
use crate::history::{Commit, Review, Running, words::duration};
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Review(check)];

fn check(review: &Review, context: &Context<'_>, out: &mut Violations) {
    let after = context.params.canary_forgotten.after;
    for (index, running) in review.releases() {
        let release = context.fleet.releases.get(index);
        let object = release.and_then(|release| context.fleet.objects.get(release.object));
        let percent = |object: &Object| kserve::serving(&object.manifest).canary_percent;
        let Some((object, percent)) = object.and_then(|object| Some((object, percent(object)?))) else {
            continue;
        };
        // Where the mode ignores it, `canary-mode` says so.
        if !(1..100).contains(&running.exposure) || !(1..100).contains(&percent) {
            continue;
        }
        let Some(since) = since(review, running) else { continue };
        let lasted = Duration::try_from(review.now().duration_since(since.time)).unwrap_or_default();
        if lasted >= after {
            let found = judge(object, running, percent, &since, lasted);
            out.push(found.map(|found| found.at_place(object.place).of_model(&running.model)));
        }
    }
}

/// The commit that gave a release the version and the share it has; `None` where the change under
/// review does, or history does not tell.
fn since(review: &Review, running: &Running) -> Option<Commit> {
    let timeline = review.timeline(running.environment.as_deref().unwrap_or_default()).ok()?;
    let is_same = |old: &Running| {
        old.object == running.object
            && old.environment == running.environment
            && old.uri == running.uri
            && old.exposure == running.exposure
    };
    let eras = review.recent(timeline).take_while(|era| era.state.releases.iter().any(|old| is_same(old)));
    Some(timeline.commit(eras.last()?.from))
}

fn judge(
    object: &Object,
    running: &Running,
    percent: i64,
    since: &Commit,
    lasted: Duration,
) -> Option<Violation> {
    let manifest = &object.manifest;
    let (node, path) = kserve::canary_percent(manifest)?;
    let (model, said, lasted) = (&running.model, running.said(), duration(lasted));
    let message =
        format!("{model} {said}{{places}} has {percent} % of the traffic, and has had it for {lasted}");
    let label = format!("unchanged since {}", since.short());
    let found = Violation::in_object("forgotten", manifest, path, node.origin, label, message)?;
    let uri = running_uri(object, running);
    let found = uri.into_iter().fold(found, |found, at| found.also_at(Label::new(at, "the newest version")));
    Some(
        found
            .note(format!(
                "the other {} % are answered by the revision of before, which stands nowhere in Git",
                100 - percent
            ))
            .help(format!(
                "to promote {said}, take the field out; to go back, name the version of before in `storageUri` \
                 and take it out, too"
            )),
    )
}

/// Where the version stands that the canary tries.
fn running_uri(object: &Object, running: &Running) -> Option<Location> {
    let references = kserve::model_references(&object.manifest);
    let reference = references.into_iter().find(|one| one.text == running.uri)?;
    object.manifest.place(reference.origin).map(Location::from)
}
