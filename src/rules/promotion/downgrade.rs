//! `promotion/downgrade`: an older version that the environment never ran.

use std::time::Duration;

use super::super::{Check, Context, Violations};
use super::ran_in_staging::violation_of;
use crate::history::{Identity, Ran, Review};

pub(super) const CHECKS: &[Check] = &[Check::Review(check)];

fn check(review: &Review, context: &Context<'_>, out: &mut Violations) {
    // Where the base is missing, `ran-in-staging` says so.
    let Ok(all) = review.moved_anywhere(Identity::Token) else { return };
    for moved in all.iter().filter(|moved| Review::is_older(moved)) {
        let running = &moved.running;
        let (Some(environment), Some(before)) = (running.environment.clone(), moved.before.first()) else {
            continue;
        };
        let own = std::slice::from_ref(&environment);
        let never = match review.ran(running, own, Identity::Token, Duration::ZERO) {
            Ran::No { .. } | Ran::OtherArtifact(_) => true,
            Ran::Yes(_) | Ran::Unknown(_) => false,
        };
        if !never {
            continue;
        }
        let (model, old, new) = (&running.model, before.said(), running.said());
        let message = format!("{model} in {environment} goes from {old} down to {new}, which it never ran");
        let label = format!("older than {old}");
        let found = violation_of(context.fleet, moved.release, "older", message, &label);
        out.push(found.map(|found| {
            found
                .note("what ran here before is a way back, and passes; this is another, older artifact")
                .help(format!("name {old} or a later version, or one that {environment} ran before"))
        }));
    }
}
