//! The one question that rules ask of history: did this version of this model run there?

use std::sync::Arc;
use std::time::Duration;

use super::state::Running;
use super::timeline::{Commit, Timeline};
use crate::source::Gap;

/// What makes two versions the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Identity {
    /// The version token: `v47`, wherever it is kept.
    #[default]
    Token,
    /// The digest the reference names; one without a digest proves nothing.
    Digest,
    /// The whole reference.
    Uri,
}

impl Identity {
    /// The word of the configuration.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "token" => Some(Self::Token),
            "digest" => Some(Self::Digest),
            "uri" => Some(Self::Uri),
            _ => None,
        }
    }

    /// What a release is compared by; `None` where it cannot be: it moves, or names no version.
    #[must_use]
    pub fn of(self, running: &Running) -> Option<&str> {
        let fixed = running.version.as_deref().filter(|_| running.is_fixed)?;
        match self {
            Self::Token => Some(fixed),
            Self::Digest => Some(fixed).filter(|token| token.starts_with("sha256:")),
            Self::Uri => Some(running.uri.trim_end_matches('/')),
        }
    }
}

/// Did this version of this model run in one of these environments?
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The release that asks.
    pub running: &'q Running,
    /// Where it must have run: any of these.
    pub environments: &'q [String],
    /// What makes two versions the same.
    pub identity: Identity,
    /// For how long.
    pub soak: Duration,
    /// The time it is.
    pub now: jiff::Timestamp,
}

/// One stay of a version in an environment, without interruption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// What ran, as it was at the end of the stay.
    pub running: Running,
    /// The commit that brought it.
    pub from: Commit,
    /// The commit that replaced it; `None` while it runs.
    pub until: Option<Commit>,
    /// Whether it may have begun before, in commits this clone lacks.
    pub is_open: bool,
}

impl Stay {
    /// How long it lasted, or lasts.
    #[must_use]
    pub fn lasted(&self, now: jiff::Timestamp) -> Duration {
        let end = self.until.as_ref().map_or(now, |until| until.time);
        Duration::try_from(end.duration_since(self.from.time)).unwrap_or_default()
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It ran there long enough.
    Yes(Stay),
    /// It did not run there long enough.
    No {
        /// Its longest stay, if it ran at all.
        longest: Option<Stay>,
        /// What ran there instead, each version with its newest stay, newest first.
        instead: Vec<Stay>,
        /// How many commits were looked at.
        commits: usize,
    },
    /// It ran there under another artifact path: the same token, perhaps another model.
    OtherArtifact(Stay),
    /// History does not tell.
    Unknown(Gap),
}

impl Timeline {
    /// Did it run? Reads no further back than it takes to say yes.
    #[must_use]
    pub fn ran(&self, question: &Question<'_>) -> Ran {
        let key = question.identity.of(question.running);
        let mut seen = Seen::default();
        let mut number = 0;
        loop {
            let era = match self.era(number) {
                Ok(Some(era)) => era,
                Ok(None) => break,
                Err(gap) => {
                    return match seen.enough(self, question) {
                        Some(stay) => Ran::Yes(stay),
                        None => Ran::Unknown(gap),
                    };
                }
            };
            number += 1;
            let here = |running: &&Arc<Running>| {
                running.model == question.running.model
                    && running.is_exposed()
                    && running.environment.as_ref().is_some_and(|name| question.environments.contains(name))
            };
            let all: Vec<&Running> = era.state.releases.iter().filter(here).map(|one| &**one).collect();
            let same = |running: &&&Running| key.is_some() && question.identity.of(running) == key;
            let matching: Vec<&&Running> = all.iter().filter(same).collect();
            let one = matching.iter().find(|running| running.artifact == question.running.artifact);
            match one {
                Some(running) => seen.go_on(running, &era),
                None => {
                    if let Some(stay) = seen.enough(self, question) {
                        return Ran::Yes(stay);
                    }
                    seen.pause(self, question);
                }
            }
            if let Some(other) = matching.first().filter(|_| one.is_none()) {
                seen.other.get_or_insert_with(|| self.stay((**other).clone(), &era));
            }
            for running in &all {
                if one.is_none_or(|one| one.written != running.written) {
                    self.instead(&mut seen.instead, running, &era);
                }
            }
        }
        if let Some(stay) = seen.enough(self, question) {
            return Ran::Yes(stay);
        }
        seen.pause(self, question);
        match seen.other {
            Some(other) if seen.longest.is_none() => Ran::OtherArtifact(other),
            _ => Ran::No { longest: seen.longest, instead: seen.instead, commits: self.commits_read() },
        }
    }

    fn stay(&self, running: Running, era: &super::Era) -> Stay {
        Stay {
            running,
            from: self.commit(era.from),
            until: era.until.map(|until| self.commit(until)),
            is_open: era.is_open,
        }
    }

    /// Adds what ran in an era to the stays so far; the same version in the era before lengthens
    /// its stay.
    fn instead(&self, all: &mut Vec<Stay>, running: &Running, era: &super::Era) {
        let known = all.iter_mut().find(|stay| stay.running.written == running.written);
        match known {
            Some(stay) if Some(stay.from.at) == era.until => {
                stay.from = self.commit(era.from);
                stay.is_open = era.is_open;
            }
            Some(_) => {}
            None => all.push(self.stay(running.clone(), era)),
        }
    }
}

/// What was seen on the way back.
#[derive(Default)]
struct Seen {
    /// The stay that goes on: what ran, the eras it spans.
    current: Option<(Running, usize, Option<usize>, bool)>,
    longest: Option<Stay>,
    other: Option<Stay>,
    instead: Vec<Stay>,
}

impl Seen {
    /// Lengthens the stay, or begins one.
    fn go_on(&mut self, running: &Running, era: &super::Era) {
        match self.current.as_mut() {
            Some((_, from, _, is_open)) => {
                *from = era.from;
                *is_open = era.is_open;
            }
            None => self.current = Some((running.clone(), era.from, era.until, era.is_open)),
        }
    }

    fn stay(&self, timeline: &Timeline) -> Option<Stay> {
        let (running, from, until, is_open) = self.current.clone()?;
        let until = until.map(|until| timeline.commit(until));
        Some(Stay { running, from: timeline.commit(from), until, is_open })
    }

    /// The stay that goes on, if it was long enough.
    fn enough(&self, timeline: &Timeline, question: &Question<'_>) -> Option<Stay> {
        self.stay(timeline).filter(|stay| stay.lasted(question.now) >= question.soak)
    }

    /// Ends the stay, for it did not run before.
    fn pause(&mut self, timeline: &Timeline, question: &Question<'_>) {
        let stay = self.stay(timeline);
        self.current = None;
        let longer = |stay: &Stay, than: &Stay| stay.lasted(question.now) > than.lasted(question.now);
        if let Some(stay) = stay
            && self.longest.as_ref().is_none_or(|longest| longer(&stay, longest))
        {
            self.longest = Some(stay);
        }
    }
}
