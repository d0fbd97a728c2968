//! `promotion/version-reused`: one version token for two artifacts.

use super::super::{Check, Context, Violations};
use super::ran_in_staging::violation_of;
use crate::history::{Identity, Moved, Review, Running, words::day};

pub(super) const CHECKS: &[Check] = &[Check::Review(check)];

fn check(review: &Review, context: &Context<'_>, out: &mut Violations) {
    // Where the base is missing, `ran-in-staging` says so.
    let Ok(all) = review.moved_anywhere(Identity::Uri) else { return };
    for moved in &all {
        let Some((before, when)) = used_before(review, moved) else { continue };
        let running = &moved.running;
        let environment = running.environment.as_deref().unwrap_or_default();
        let (model, said) = (&running.model, running.said());
        let message = format!("{model} in {environment} takes {said} from another place than before");
        let label = format!("until now {said} was `{before}`");
        let found = violation_of(context.fleet, moved.release, "reused", message, &label);
        out.push(found.map(|found| {
            found
                .note(format!("{when}; one name for two artifacts makes every record of {said} doubtful"))
                .help("give the new artifact a version of its own")
        }));
    }
}

/// The other reference that the same token stood for in the same environment, and when.
fn used_before(review: &Review, moved: &Moved) -> Option<(String, String)> {
    let running = &moved.running;
    let key = Identity::Token.of(running)?;
    let is_other = |old: &Running| {
        old.model == running.model
            && old.environment == running.environment
            && Identity::Token.of(old) == Some(key)
            && old.uri.trim_end_matches('/') != running.uri.trim_end_matches('/')
    };
    if let Some(old) = moved.before.iter().find(|old| is_other(old)) {
        return Some((old.uri.clone(), "it runs there now".to_owned()));
    }
    let timeline = review.timeline(running.environment.as_deref()?).ok()?;
    review.recent(timeline).find_map(|era| {
        let old = era.state.releases.iter().find(|old| is_other(old))?;
        let commit = timeline.commit(era.from);
        Some((old.uri.clone(), format!("it ran there from {} ({})", day(commit.time), commit.short())))
    })
}
