//! `promotion/canary-first`: full traffic only after a canary stage of its own.

use std::time::Duration;

use super::super::{Check, Context, Violations};
use super::ran_in_staging::violation_of;
use crate::history::{Identity, Review, Running, Timeline, words::duration};

pub(super) const CHECKS: &[Check] = &[Check::Review(check)];

fn check(review: &Review, context: &Context<'_>, out: &mut Violations) {
    let params = &context.params.canary_first;
    // Where the base is missing, `ran-in-staging` says so.
    let Ok(base) = review.base() else { return };
    for (release, running, _) in review.guarded().filter(|(_, running, _)| is_full(running)) {
        let same = |old: &Running| is_same(old, running);
        let of_service = |old: &Running| {
            old.model == running.model && old.environment == running.environment && old.is_exposed()
        };
        // A model that is new has no traffic yet, and what has all of it keeps it.
        if !base.iter().any(|old| of_service(old)) || base.iter().any(|old| same(old) && is_full(old)) {
            continue;
        }
        let Some(timeline) = running.environment.as_ref().and_then(|name| review.timeline(name).ok()) else {
            continue;
        };
        let stage = Stage::of(running, timeline, review);
        let per_minute = context
            .config
            .model(&running.model, running.made_of.iter().map(String::as_str))
            .and_then(|model| model.requests_per_minute.as_ref().map(|stated| stated.value));
        let asked =
            Asked { soak: params.soak, samples: u64::try_from(params.samples).unwrap_or(0), per_minute };
        let (model, said) = (&running.model, running.said());
        let environment = running.environment.as_deref().unwrap_or_default();
        let Some(stage) = stage else {
            let message = format!("{model} {said} gets all traffic of {environment} without a canary stage");
            let found = violation_of(context.fleet, release, "no-canary", message, "all at once");
            out.push(found.map(|found| found.note(asked.said(None)).help(help(running))));
            continue;
        };
        if let Some(why) = asked.lacks(&stage) {
            let message = format!("the canary of {model} {said} in {environment} was too short: {why}");
            let found = violation_of(context.fleet, release, "too-short", message, "all traffic too early");
            let note = asked.said(stage.shares.last().map(|(share, _)| *share));
            out.push(
                found
                    .map(|found| found.note(note).help("keep the canary on, and run this check again later")),
            );
        }
    }
}

fn help(running: &Running) -> String {
    format!(
        "set `canaryTrafficPercent: 10` beside {} first, and take it out in a later change",
        running.said()
    )
}

/// What a canary stage was: the shares it had, each with how long.
struct Stage {
    shares: Vec<(u8, Duration)>,
}

impl Stage {
    /// The canary stage of a release in the last 1,000 commits of its branch.
    fn of(running: &Running, timeline: &Timeline, review: &Review) -> Option<Self> {
        let mut shares = Vec::new();
        for era in review.recent(timeline) {
            let canary = era.state.releases.iter().find(|old| is_same(old, running) && is_canary(old));
            let Some(canary) = canary else {
                // The newest stage is the one that counts.
                if shares.is_empty() { continue } else { break }
            };
            let end = era.until.map_or(review.now(), |until| timeline.time(until));
            let lasted = end.duration_since(timeline.time(era.from));
            shares.push((canary.exposure, Duration::try_from(lasted).unwrap_or_default()));
        }
        (!shares.is_empty()).then_some(Self { shares })
    }

    fn lasted(&self) -> Duration {
        self.shares.iter().map(|(_, lasted)| *lasted).sum()
    }

    /// How many requests it answered.
    fn samples(&self, per_minute: u64) -> u64 {
        let of_one = |(share, lasted): &(u8, Duration)| {
            // The twin of a service, whose share no route says.
            let share = if *share == 100 { 0 } else { u64::from(*share) };
            per_minute.saturating_mul(share).saturating_mul(lasted.as_secs()) / 6_000
        };
        self.shares.iter().map(of_one).sum()
    }

    fn has_known_share(&self) -> bool {
        self.shares.iter().all(|(share, _)| *share < 100)
    }
}

/// What the configuration asks of a canary stage.
struct Asked {
    soak: Duration,
    samples: u64,
    per_minute: Option<u64>,
}

impl Asked {
    /// Why a stage is not enough, with the arithmetic.
    fn lacks(&self, stage: &Stage) -> Option<String> {
        let lasted = stage.lasted();
        if lasted < self.soak {
            return Some(format!("{} of {}", duration(lasted), duration(self.soak)));
        }
        let per_minute = self.per_minute.filter(|_| stage.has_known_share())?;
        let samples = stage.samples(per_minute);
        let parts: Vec<String> = stage
            .shares
            .iter()
            .rev()
            .map(|(share, lasted)| format!("{per_minute} a minute × {share} % × {}", duration(*lasted)))
            .collect();
        (samples < self.samples)
            .then(|| format!("{} = {samples} requests, {} are asked", parts.join(" + "), self.samples))
    }

    /// What is asked, and how long it takes at a share.
    fn said(&self, share: Option<u8>) -> String {
        let base = format!("asked are {} as a canary", duration(self.soak));
        let (Some(per_minute), share) = (self.per_minute, u64::from(share.unwrap_or(10).min(99))) else {
            return format!("{base}; with `models.NAME.requests-per-minute`, {} requests too", self.samples);
        };
        let of_share = per_minute.saturating_mul(share);
        let seconds = self.samples.saturating_mul(6_000).checked_div(of_share).unwrap_or(0);
        format!(
            "{base} and {} requests: at {per_minute} a minute and {share} %, {}",
            self.samples,
            duration(Duration::from_secs(seconds))
        )
    }
}

fn is_same(one: &Running, other: &Running) -> bool {
    let key = Identity::Token.of(one);
    one.model == other.model
        && one.environment == other.environment
        && key.is_some()
        && key == Identity::Token.of(other)
        && one.artifact == other.artifact
}

/// Whether a release is a canary: it has a share, or is the twin of a service.
fn is_canary(running: &Running) -> bool {
    (1..100).contains(&running.exposure) || running.object.ends_with("-canary")
}

fn is_full(running: &Running) -> bool {
    running.exposure == 100 && !is_canary(running)
}
