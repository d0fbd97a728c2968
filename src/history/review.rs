//! The change under review: what it does to guarded releases, and the history it is judged by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mlgitops_files::Files;

use super::ran::{Identity, Question, Ran};
use super::state::{Running, State};
use super::timeline::{Timeline, render_with_environments};
use crate::config::Config;
use crate::fleet::{Environment, Fleet};
use crate::source::{Chain, Gap, Repositories};

/// A change, as it is handed in.
#[derive(Clone)]
pub struct Change {
    /// The files before the change.
    pub base: Result<Arc<dyn Files>, Gap>,
    /// The branch it is to be merged into, or was: the commits that the change cannot have written.
    pub target: Result<Arc<dyn Chain>, Gap>,
    /// The branches of environments that have one of their own, by the environment's name.
    pub branches: BTreeMap<String, Result<Arc<dyn Chain>, Gap>>,
    /// The overrides in the messages of its commits.
    pub overrides: Vec<Override>,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("overrides", &self.overrides).finish_non_exhaustive()
    }
}

/// A line `Mlgitops-Override: ran-in-staging -- reason` of a commit message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// The commit that says so, its first seven digits.
    pub commit: String,
}

impl Override {
    /// The overrides that whole lines of a commit message state, wherever they stand in it: a
    /// squashed message holds those of all its commits.
    #[must_use]
    pub fn all_in(message: &str, commit: &str) -> Vec<Self> {
        let lines = message.lines().filter_map(|line| line.trim_end().strip_prefix("Mlgitops-Override:"));
        lines
            .filter_map(|line| {
                let (rule, reason) = line.split_once(" -- ")?;
                let (rule, reason) = (rule.trim(), reason.trim());
                (!rule.is_empty() && !reason.is_empty()).then(|| Self {
                    rule: rule.rsplit('/').next().unwrap_or(rule).to_owned(),
                    reason: reason.to_owned(),
                    commit: commit.to_owned(),
                })
            })
            .collect()
    }
}

/// A guarded release that is new at head, or has another version.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Its index among the releases of the fleet.
    pub release: usize,
    /// What it is.
    pub running: Running,
    /// What the same environment ran of the same model before the change.
    pub before: Vec<Running>,
}

/// What a guarded environment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The environments one rung below; empty where none is known.
    pub below: Vec<String>,
    /// How long a version must have run there.
    pub soak: Duration,
}

/// A change with the history it is judged by.
pub struct Review {
    /// What runs at head, with the index of each release in the fleet.
    head: Vec<(usize, Running)>,
    base: Result<State, Gap>,
    target: Result<Timeline, Gap>,
    branches: BTreeMap<String, Result<Timeline, Gap>>,
    guards: BTreeMap<String, Guard>,
    overrides: Vec<Override>,
    now: jiff::Timestamp,
}

/// What is reviewed.
#[derive(Clone, Copy)]
pub struct Reviewed<'r> {
    /// What runs at head.
    pub fleet: &'r Fleet,
    /// The configuration at head, which holds at every commit.
    pub config: &'r Config,
    /// The configuration before the change: the stricter of both counts.
    pub base_config: Option<&'r Config>,
    /// The repositories that are at hand.
    pub repositories: &'r Repositories,
    /// The time it is.
    pub now: jiff::Timestamp,
}

impl Review {
    /// Reads what the base held; history is read when somebody asks.
    #[must_use]
    pub fn new(change: &Change, of: Reviewed<'_>) -> Self {
        let head = of.fleet.releases.iter().enumerate();
        let head: Vec<_> = head
            .filter_map(|(index, release)| Some((index, Running::of(release, of.fleet, of.config)?)))
            .collect();
        let base =
            change.base.clone().map(|files| render_with_environments(&files, of.config, of.repositories));
        let mut environments = of.fleet.environments.clone();
        if let Ok((_, more)) = &base {
            environments.extend(more.iter().cloned());
        }
        let config = Arc::new(of.config.clone());
        let timeline = |chain: &Result<Arc<dyn Chain>, Gap>| {
            chain.clone().map(|chain| Timeline::new(chain, Arc::clone(&config), of.repositories.clone()))
        };
        Self {
            head,
            base: base.map(|(state, _)| state),
            target: timeline(&change.target),
            branches: change.branches.iter().map(|(name, chain)| (name.clone(), timeline(chain))).collect(),
            guards: guards(&environments, of.config, of.base_config),
            overrides: change.overrides.clone(),
            now: of.now,
        }
    }

    /// What a guarded environment asks for; `None` where it is not guarded.
    #[must_use]
    pub fn guard(&self, environment: &str) -> Option<&Guard> {
        self.guards.get(environment)
    }

    /// What runs at head.
    pub fn head(&self) -> impl Iterator<Item = &Running> {
        self.head.iter().map(|(_, running)| running)
    }

    /// What ran before the change.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold the base.
    pub fn base(&self) -> Result<&[Arc<Running>], &Gap> {
        self.base.as_ref().map(|state| state.releases.as_slice())
    }

    /// The time it is.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.now
    }

    /// The override of a rule, if a commit of the change states one.
    #[must_use]
    pub fn override_of(&self, rule: &str) -> Option<&Override> {
        self.overrides.iter().find(|one| one.rule == rule)
    }

    /// The releases at head whose environment is guarded, with their indices in the fleet.
    pub fn guarded(&self) -> impl Iterator<Item = (usize, &Running, &Guard)> {
        self.head.iter().filter_map(|(index, running)| {
            Some((*index, running, self.guards.get(running.environment.as_deref()?)?))
        })
    }

    /// The guarded releases that are exposed at head, and were not before the change.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold the base.
    pub fn moved(&self, identity: Identity) -> Result<Vec<Moved>, &Gap> {
        let base = self.base()?;
        let moved = self.guarded().filter(|(_, running, _)| running.is_exposed()).filter_map(
            |(release, running, _)| {
                let before: Vec<Running> = base
                    .iter()
                    .filter(|old| is_same_service(old, running))
                    .map(|old| (**old).clone())
                    .collect();
                let stays =
                    before.iter().any(|old| old.is_exposed() && is_same_version(old, running, identity));
                (!stays).then(|| Moved { release, running: running.clone(), before })
            },
        );
        Ok(moved.collect())
    }

    /// The history of an environment: of its own branch, or of the target.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold the branch.
    pub fn timeline(&self, environment: &str) -> Result<&Timeline, &Gap> {
        self.branches.get(environment).unwrap_or(&self.target).as_ref()
    }

    /// Did a release run in one of some environments, for so long?
    #[must_use]
    pub fn ran(&self, running: &Running, environments: &[String], identity: Identity, soak: Duration) -> Ran {
        let Some(first) = environments.first() else {
            return Ran::No { longest: None, instead: Vec::new(), commits: 0 };
        };
        match self.timeline(first) {
            Ok(timeline) => timeline.ran(&Question { running, environments, identity, soak, now: self.now }),
            Err(gap) => Ran::Unknown(gap.clone()),
        }
    }
}

/// Whether two releases are of one model in one environment.
fn is_same_service(one: &Running, other: &Running) -> bool {
    one.model == other.model && one.environment == other.environment
}

/// Whether two releases of one service are the same version.
#[must_use]
pub fn is_same_version(one: &Running, other: &Running, identity: Identity) -> bool {
    let same_key = identity.of(one).is_some() && identity.of(one) == identity.of(other);
    (same_key && one.artifact == other.artifact) || one.uri == other.uri
}

/// The guarded environments of head and base together, each with what it asks for.
fn guards(all: &[Environment], config: &Config, base: Option<&Config>) -> BTreeMap<String, Guard> {
    let configs: Vec<&Config> = [Some(config), base].into_iter().flatten().collect();
    let stated = |name: &str| {
        let rungs = configs.iter().flat_map(|config| &config.environments);
        rungs.filter(|rung| rung.name.value == name).collect::<Vec<_>>()
    };
    let top = all.iter().map(|environment| environment.rank).max().unwrap_or(0);
    let lowest = all.iter().map(|environment| environment.rank).min().unwrap_or(0);
    let mut guards = BTreeMap::new();
    for environment in all {
        let rungs = stated(&environment.name);
        let is_top = rungs.is_empty() && environment.rank == top && lowest < top;
        let is_stated =
            rungs.iter().any(|rung| rung.guard.as_ref().map_or(rung.soak.is_some(), |guard| guard.value));
        if !(environment.guarded || is_top || is_stated) {
            continue;
        }
        let after = rungs.iter().find_map(|rung| rung.after.as_ref());
        let below: BTreeSet<&str> = match after {
            Some(after) => BTreeSet::from([after.value.as_str()]),
            None => one_rung_below(all, environment),
        };
        let soak = rungs.iter().filter_map(|rung| rung.soak.as_ref()).map(|soak| soak.value).max();
        let below = below.into_iter().map(str::to_owned).collect();
        guards.insert(environment.name.clone(), Guard { below, soak: soak.unwrap_or_default() });
    }
    guards
}

fn one_rung_below<'e>(all: &'e [Environment], of: &Environment) -> BTreeSet<&'e str> {
    let rank = all.iter().map(|other| other.rank).filter(|rank| *rank < of.rank).max();
    all.iter().filter(|other| Some(other.rank) == rank).map(|other| other.name.as_str()).collect()
}
