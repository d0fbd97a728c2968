//! `promotion/ran-in-staging`: a guarded environment only gets what already ran one rung below.

#[path = "ran_in_staging/parting.rs"]
mod parting;
#[path = "ran_in_staging/shared.rs"]
mod shared;

use std::time::Duration;

use super::super::{Check, Context, Violations};
use crate::finding::{Code, Label, NotChecked, Violation};
use crate::fleet::{Fleet, ModelUse, Object, Release};
use crate::history::{
    Guard, Identity, Moved, Ran, Review, Running, Stay, is_same_version,
    words::{day, duration, minute, short_duration},
};
use crate::source::Gap;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(shared::shared), Check::Review(check)];

const RULE: &str = "ran-in-staging";

fn check(review: &Review, context: &Context<'_>, out: &mut Violations) {
    let params = &context.params.ran_in_staging;
    let identity = Identity::parse(&params.identity).unwrap_or_default();
    let moved = match review.moved(identity) {
        Ok(moved) => moved,
        Err(gap) => {
            let required = review.guarded().next().is_some();
            let what = "which guarded releases this change touches";
            return out.not_checked(missing(what.to_owned(), gap).required(required));
        }
    };
    for (release, running) in taken_off(review) {
        let message = format!(
            "rollback: {} in {} takes all traffic off {}",
            running.model,
            running.environment.as_deref().unwrap_or_default(),
            running.said()
        );
        let found = violation_of(context.fleet, release, "rollback", message, "gets no traffic");
        out.push(
            found.map(|found| found.note("`canaryTrafficPercent: 0` sends all of it to the version before")),
        );
    }
    for moved in &moved {
        let Some(subject) = Subject::of(moved, review, identity, context) else { continue };
        subject.judge(out);
    }
}

/// The guarded releases that the change leaves without traffic.
fn taken_off(review: &Review) -> Vec<(usize, &Running)> {
    let Ok(base) = review.base() else { return Vec::new() };
    let had_some = |running: &Running| {
        base.iter().any(|old| {
            old.is_exposed()
                && (&old.model, &old.environment, &old.uri)
                    == (&running.model, &running.environment, &running.uri)
        })
    };
    let guarded = review.guarded().map(|(release, running, _)| (release, running));
    guarded.filter(|(_, running)| !running.is_exposed() && had_some(running)).collect()
}

fn missing(what: String, gap: &Gap) -> NotChecked {
    NotChecked::new(Code::History, what, gap.reason.clone()).help(gap.help.clone())
}

/// One guarded release that is new or has another version.
struct Subject<'s> {
    moved: &'s Moved,
    review: &'s Review,
    fleet: &'s Fleet,
    identity: Identity,
    environment: &'s str,
    guard: &'s Guard,
    /// The environments it must have run in.
    below: Vec<String>,
}

impl<'s> Subject<'s> {
    /// `None` where the configuration says that nothing stands below.
    fn of(
        moved: &'s Moved,
        review: &'s Review,
        identity: Identity,
        context: &'s Context<'_>,
    ) -> Option<Self> {
        let environment = moved.running.environment.as_deref()?;
        let guard = review.guard(environment)?;
        let below = match context.params.ran_in_staging.from.get(&moved.running.model) {
            Some(from) if from == "none" => return None,
            Some(from) => vec![from.clone()],
            None => guard.below.clone(),
        };
        Some(Self { moved, review, fleet: context.fleet, identity, environment, guard, below })
    }

    fn judge(&self, out: &mut Violations) {
        let running = &self.moved.running;
        if self.identity.of(running).is_none() {
            return out.not_checked(self.unfixed());
        }
        if Review::is_older(self.moved) && self.went_back(out) {
            return;
        }
        let ran = self.review.ran(running, &self.below, self.identity, self.guard.soak);
        match ran {
            Ran::Yes(stay) => out.proof(self.proof(&stay)),
            _ if !Review::is_older(self.moved) && self.went_back(out) => {}
            Ran::Unknown(gap) => out.not_checked(
                missing(
                    format!(
                        "whether {} {} ran in {} before {}",
                        running.model,
                        running.said(),
                        self.rung(),
                        self.environment
                    ),
                    &gap,
                )
                .required(true),
            ),
            Ran::OtherArtifact(stay) => out.not_checked(self.other_artifact(&stay)),
            Ran::No { longest: Some(stay), .. } => self.report(out, self.too_short(&stay)),
            Ran::No { instead, commits, .. } if !self.is_shared() => {
                self.report(out, self.never(&instead, commits));
            }
            Ran::No { .. } => {}
        }
    }

    /// The rung below, as the repository calls it.
    fn rung(&self) -> String {
        if self.below.is_empty() { "an environment below".to_owned() } else { self.below.join(" or ") }
    }

    fn unfixed(&self) -> NotChecked {
        let running = &self.moved.running;
        let what = format!("whether {} of {} ran in {} first", running.model, self.environment, self.rung());
        if Identity::Token.of(running).is_some() {
            let reason = format!("`{}` names no digest, and the configuration compares digests", running.uri);
            return NotChecked::new(Code::InCluster, what, reason)
                .help("name it by digest: `…@sha256:…`")
                .required(true);
        }
        let reason =
            format!("`{}` names no version that stays the same, so its past proves nothing", running.uri);
        NotChecked::new(Code::InCluster, what, reason).help("pin it: `mlgitops explain pinned-model-uri`")
    }

    fn other_artifact(&self, stay: &Stay) -> NotChecked {
        let running = &self.moved.running;
        NotChecked::new(
            Code::InCluster,
            format!("whether {} {} ran in {} first", running.model, running.said(), self.rung()),
            format!(
                "{} ran {} of `{}`, {} takes it from `{}`: the same number, perhaps not the same model",
                stay.running.environment.as_deref().unwrap_or_default(),
                stay.running.said(),
                stay.running.uri,
                self.environment,
                running.uri
            ),
        )
        .help("keep the path in front of the version the same in all environments")
        .required(true)
    }

    /// What the environment ran before; the newest, where there are several.
    fn before(&self) -> Option<&Running> {
        self.moved.before.first()
    }

    /// Says so where the environment itself ran the version before; whether it did.
    fn went_back(&self, out: &mut Violations) -> bool {
        let Some(before) = self.before() else { return false };
        let running = &self.moved.running;
        let own = [self.environment.to_owned()];
        let Ran::Yes(stay) = self.review.ran(running, &own, self.identity, Duration::ZERO) else {
            return false;
        };
        let when = match &stay.until {
            Some(until) => format!("until {} ({})", day(until.time), until.short()),
            None => format!("since {}", day(stay.from.time)),
        };
        let (model, environment) = (&running.model, self.environment);
        let message = format!(
            "rollback: {model} in {environment} goes from {} back to {}, {environment} ran it {when}",
            before.said(),
            running.said(),
        );
        out.proof(format!("{} {}: {} ran it before", running.model, running.said(), self.environment));
        let found = self.violation("rollback", message, "ran here before");
        out.push(found.map(|found| found.note("a version that ran here before passes at once")));
        true
    }

    fn proof(&self, stay: &Stay) -> String {
        let running = &self.moved.running;
        let environment = stay.running.environment.as_deref().unwrap_or_default();
        let lasted = short_duration(stay.lasted(self.review.now()));
        let since = if stay.is_open { "since before" } else { "since" };
        match &stay.until {
            None => format!(
                "{} {}: {environment} {since} {} ({}, {lasted})",
                running.model,
                running.said(),
                day(stay.from.time),
                stay.from.short()
            ),
            Some(until) => format!(
                "{} {}: {environment} from {} to {} ({}, {lasted})",
                running.model,
                running.said(),
                day(stay.from.time),
                day(until.time),
                stay.from.short()
            ),
        }
    }

    fn too_short(&self, stay: &Stay) -> Option<Violation> {
        let running = &self.moved.running;
        let lasted = stay.lasted(self.review.now());
        let below = stay.running.environment.as_deref().unwrap_or_default();
        let (model, said, asked) = (&running.model, running.said(), duration(self.guard.soak));
        let environment = self.environment;
        let Some(until) = &stay.until else {
            let passes_at = stay.from.time.checked_add(self.guard.soak).ok();
            let message = format!(
                "{model} {said} has run in {below} for {}, {environment} asks for {asked}",
                duration(lasted)
            );
            return self.violation("soak", message, "too early").map(|found| Violation {
                help: passes_at
                    .map(|at| format!("nothing to change; run this check again after {}", minute(at))),
                passes_at,
                ..found
            });
        };
        let message = format!(
            "{model} {said} ran in {below} for {} only, {environment} asks for {asked}",
            duration(lasted)
        );
        let note = format!(
            "from {} ({}) until {} ({})",
            day(stay.from.time),
            stay.from.short(),
            day(until.time),
            until.short()
        );
        let help = format!("merge {said} into {below} again, and wait {asked}");
        self.violation("soak", message, "too early").map(|found| found.note(note).help(help))
    }

    /// It never ran there: because it comes there with this very change, or not at all.
    fn never(&self, instead: &[Stay], commits: usize) -> Option<Violation> {
        let running = &self.moved.running;
        let (model, said, rung) = (&running.model, running.said(), self.rung());
        let environment = self.environment;
        if let Some(below) = self.at_head_below().find(|below| is_same_version(below, running, self.identity))
        {
            let below = below.environment.as_deref().unwrap_or_default();
            let message = format!("one merge takes {model} {said} to {below} and {environment} at once");
            let found = self.violation("same-change", message, &self.label())?;
            let found = self.also_below(found, instead);
            let wait = match self.guard.soak {
                Duration::ZERO => format!("a later change passes once {below} has it"),
                soak => format!("the same change passes {} after {below} has it", duration(soak)),
            };
            return Some(
                found
                    .note(ran_instead(&rung, instead, commits))
                    .help(format!("take this line out of the change; {wait}")),
            );
        }
        let message = format!("{model} {said} has never run in {rung}");
        let found = self.violation("never", message, &self.label())?;
        let found = self.also_below(found, instead);
        let now = instead.iter().find(|stay| stay.until.is_none() && self.is_long_enough(stay));
        let first = format!("merge {said} into {rung} first");
        let help = match now.filter(|now| !self.is_before(&now.running)) {
            Some(now) => format!("{first}, or promote {}, which may go now", now.running.said()),
            None => first,
        };
        let line = format!("in an emergency, add to the commit message: Mlgitops-Override: {RULE} -- REASON");
        let mut note = ran_instead(&rung, instead, commits);
        if let Some(lower) = self.lower(running) {
            note.push_str(&format!("; {lower}"));
        }
        Some(found.note(note).help_then(help, line))
    }

    fn is_long_enough(&self, stay: &Stay) -> bool {
        stay.lasted(self.review.now()) >= self.guard.soak
    }

    /// Whether the environment runs it already.
    fn is_before(&self, running: &Running) -> bool {
        self.moved.before.iter().any(|before| is_same_version(before, running, self.identity))
    }

    /// Where else it runs: `v47 runs in dev since 2026-11-19 (3fa90b1)`.
    fn lower(&self, running: &Running) -> Option<String> {
        let elsewhere = self.review.head().filter(|other| {
            other.model == running.model
                && other.environment.as_deref() != Some(self.environment)
                && is_same_version(other, running, self.identity)
        });
        let name = elsewhere.filter_map(|other| other.environment.clone()).next()?;
        match self.review.ran(running, std::slice::from_ref(&name), self.identity, Duration::ZERO) {
            Ran::Yes(stay) => Some(format!(
                "{} runs in {name} since {} ({})",
                running.said(),
                day(stay.from.time),
                stay.from.short()
            )),
            _ => None,
        }
    }

    /// What runs one rung below at head.
    fn at_head_below(&self) -> impl Iterator<Item = &Running> {
        self.review.head().filter(|other| {
            other.model == self.moved.running.model
                && other.environment.as_ref().is_some_and(|name| self.below.contains(name))
        })
    }

    fn label(&self) -> String {
        let running = &self.moved.running;
        match self.before() {
            Some(before) => {
                format!("{} goes from {} to {}", self.environment, before.said(), running.said())
            }
            None => format!("new in {}", self.environment),
        }
    }

    /// The finding with the place where the rung below names its version.
    fn also_below(&self, found: Violation, instead: &[Stay]) -> Violation {
        let below = |release: &&Release| {
            self.fleet.environment(release.place).is_some_and(|one| self.below.contains(&one.name))
        };
        let Some((used, object)) = self
            .fleet
            .releases_of(&self.moved.running.model)
            .find(below)
            .and_then(|release| parts(self.fleet, release))
        else {
            return found;
        };
        let now = instead.iter().find(|stay| stay.until.is_none());
        let text = match now {
            Some(stay) => {
                format!("{} since {} ({})", stay.running.said(), day(stay.from.time), stay.from.short())
            }
            None => format!("{} has it with this change", self.rung()),
        };
        match object.manifest.place(used.reference.origin) {
            Some(place) => found.also_at(Label::new(place, text)),
            None => found,
        }
    }

    fn violation(&self, case: &'static str, message: String, label: &str) -> Option<Violation> {
        violation_of(self.fleet, self.moved.release, case, message, label)
    }

    /// Reports it, or records that it was overridden.
    fn report(&self, out: &mut Violations, found: Option<Violation>) {
        let Some(found) = found else { return };
        let Some(stated) = self.review.override_of(RULE) else { return out.push(found) };
        let running = &self.moved.running;
        let message = format!(
            "override: {RULE}, {} {} in {}: \"{}\" ({})",
            running.model,
            running.said(),
            self.environment,
            stated.reason,
            stated.commit
        );
        let note = found.message.clone();
        out.push(Violation { case: "override", message, help: None, note: Some(note), ..found });
    }

    /// Whether `shared` says it already: the version stands where both read it.
    fn is_shared(&self) -> bool {
        shared::shared_with(self.fleet, self.moved.release, &self.below).is_some()
    }
}

/// `staging ran v41, v43 and v45 in the 214 commits of the branch`.
fn ran_instead(rung: &str, instead: &[Stay], commits: usize) -> String {
    let mut versions: Vec<&str> = instead.iter().rev().map(|stay| stay.running.said()).collect();
    versions.dedup();
    const MOST: usize = 5;
    let left_out = versions.len().saturating_sub(MOST);
    let shown = versions.split_off(left_out);
    let more = if left_out > 0 { format!("{left_out} others, ") } else { String::new() };
    let commits = if commits == 1 { "the one commit".to_owned() } else { format!("the {commits} commits") };
    match shown.as_slice() {
        [] => format!("{rung} never ran this model in {commits} of the branch"),
        [one] => format!("{rung} ran {more}{one} in {commits} of the branch"),
        [rest @ .., last] => {
            format!("{rung} ran {more}{} and {last} in {commits} of the branch", rest.join(", "))
        }
    }
}

fn parts<'f>(fleet: &'f Fleet, release: &Release) -> Option<(&'f ModelUse, &'f Object)> {
    Some((fleet.uses.get(release.model_use)?, fleet.objects.get(release.object)?))
}

/// The bytes of the version in the text of its node.
fn version_bytes(used: &ModelUse) -> std::ops::Range<usize> {
    let range = used.parsed.class.range();
    used.reference.offset + range.start..used.reference.offset + range.end
}

pub(super) fn violation_of(
    fleet: &Fleet,
    release: usize,
    case: &'static str,
    message: String,
    label: &str,
) -> Option<Violation> {
    let release = fleet.releases.get(release)?;
    let (used, object) = parts(fleet, release)?;
    let path = used.reference.path.clone();
    let found = Violation::in_piece(case, &object.manifest, path, version_bytes(used), label, message)?;
    Some(Violation { place: Some(release.place), model: Some(release.model.clone()), ..found })
}
