//! What a change does to each release, with what history says of its version.

use std::time::Duration;

use super::difference::{Difference, differences};
use super::ran::{Identity, Ran};
use super::review::Review;
use super::timeline::Commit;
use super::words::short_duration;
use crate::config::Config;
use crate::fleet::Fleet;

/// A difference, with what history says of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What differs.
    pub difference: Difference,
    /// `staging since 3d 4h`, where the environment is guarded.
    pub proof: Option<String>,
    /// The commit that brought it there.
    pub proven_by: Option<Commit>,
}

/// Every release that a change adds, changes or takes away, in the order of models and
/// environments.
#[must_use]
pub fn told(before: &Fleet, after: &Fleet, config: &Config, review: &Review) -> Vec<Told> {
    let all = differences(before, after, config).into_iter();
    let told = |difference| {
        let (proof, proven_by) = proof(&difference, review).unzip();
        Told { difference, proof, proven_by: proven_by.flatten() }
    };
    all.map(told).collect()
}

/// What history says of a version that comes to a guarded environment.
fn proof(difference: &Difference, review: &Review) -> Option<(String, Option<Commit>)> {
    let after = &difference.after.as_ref()?.running;
    let is_new = difference.before.as_ref().is_none_or(|before| before.running.uri != after.uri);
    let guard = review.guard(after.environment.as_deref()?).filter(|_| is_new)?;
    let below = guard.below.join(" or ");
    if Identity::Token.of(after).is_none() {
        return Some(("names no version that stays the same".to_owned(), None));
    }
    Some(match review.ran(after, &guard.below, Identity::Token, Duration::ZERO) {
        Ran::Yes(stay) => {
            let environment = stay.running.environment.clone().unwrap_or_default();
            let lasted = short_duration(stay.lasted(review.now()));
            let said = match stay.until {
                None => format!("{environment} since {lasted}"),
                Some(_) => format!("{environment} for {lasted}, no longer"),
            };
            (said, Some(stay.from))
        }
        Ran::No { .. } => (format!("never in {below}"), None),
        Ran::OtherArtifact(_) => (format!("{below} ran another artifact of that version"), None),
        Ran::Unknown(gap) => (format!("not checked: {}", gap.reason), None),
    })
}
