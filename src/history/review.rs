//! The change under review: what it does to guarded releases, and the history it is judged by.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::change::{Change, Override, OwnBranch};
use super::guard::{Guard, guards};
use super::ran::{Identity, Question, Ran};
use super::removed::{Removed, removals};
use super::state::{Running, State, hidden, is_same_service};
use super::timeline::{Era, Timeline};
use crate::config::Config;
use crate::fleet::reference::compare_versions;
use crate::fleet::{Column, Fleet, Seen, Surveyor};
use crate::source::{Gap, Repositories};

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

/// A change with the history it is judged by.
pub struct Review {
    /// What runs at head, with the index of each release in the fleet.
    head: Vec<(usize, Running)>,
    base: Result<State, Gap>,
    /// What ran before the change, with its manifests.
    before: Result<Fleet, Gap>,
    removed: Vec<Removed>,
    target: Result<Timeline, Gap>,
    branches: BTreeMap<String, Result<Timeline, Gap>>,
    guards: BTreeMap<String, Guard>,
    overrides: Vec<Override>,
    now: jiff::Timestamp,
}

/// What is reviewed.
pub struct Reviewed<'r> {
    /// What runs at head. The places of what is gone are added to it, for findings to hold at.
    pub fleet: &'r mut Fleet,
    /// The configuration at head, which holds at every commit.
    pub config: &'r Config,
    /// The configuration before the change: the stricter of both counts.
    pub base_config: Option<&'r Config>,
    /// The repositories that are at hand.
    pub repositories: &'r Repositories,
    /// Who saw what runs at head.
    pub surveyor: &'r Arc<Surveyor>,
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
        let before = change.base.clone().and_then(|files| {
            let Seen { discovery, fleet } = of.surveyor.see(&files, of.config, of.repositories);
            let state = State::of(&fleet, &discovery, of.config);
            hidden(&discovery).map_or(Ok((state, fleet)), Err)
        });
        let mut environments = of.fleet.environments.clone();
        let mut removed = Vec::new();
        if let Ok((_, before)) = &before {
            environments.extend(before.environments.iter().cloned());
            removed = removals(before, of.fleet, &head, of.config);
        }
        let (base, before) = match before {
            Ok((state, fleet)) => (Ok(state), Ok(fleet)),
            Err(gap) => (Err(gap.clone()), Err(gap)),
        };
        let guards = guards(&environments, of.config, of.base_config);
        // What the target's policy guards is judged as guarded, whatever the change says.
        for environment in of.fleet.environments.iter_mut().filter(|one| guards.contains_key(&one.name)) {
            environment.guarded = true;
            environment.column = Column::Prod;
        }
        let timeline = |config: &Config| {
            let config = Arc::new(config.clone());
            let chain = change.target.clone();
            chain.map(|chain| Timeline::new(chain, config, of.repositories.clone()).sharing(of.surveyor))
        };
        let of_branch = |own: &OwnBranch| {
            own.clone().map(|(branch, chain)| {
                let config = Config { branch: Some(branch), ..of.config.clone() };
                Timeline::new(chain, Arc::new(config), of.repositories.clone()).sharing(of.surveyor)
            })
        };
        Self {
            head,
            base,
            before,
            removed,
            target: timeline(of.config),
            branches: change.branches.iter().map(|(name, own)| (name.clone(), of_branch(own))).collect(),
            guards,
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

    /// The same, each with its index among the releases of the fleet.
    pub fn releases(&self) -> impl Iterator<Item = (usize, &Running)> {
        self.head.iter().map(|(index, running)| (*index, running))
    }

    /// What ran before the change.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold the base.
    pub fn base(&self) -> Result<&[Arc<Running>], &Gap> {
        self.base.as_ref().map(|state| state.releases.as_slice())
    }

    /// The fleet before the change.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold the base.
    pub fn before(&self) -> Result<&Fleet, &Gap> {
        self.before.as_ref()
    }

    /// The releases of the base that are gone at head.
    #[must_use]
    pub fn removed(&self) -> &[Removed] {
        &self.removed
    }

    /// The guarded objects that this change takes back to what they were before, where it does
    /// nothing else to guarded releases: every one of them is an object that already ran there, or
    /// takes the traffic off a version. `None` where the change is no rollback.
    #[must_use]
    pub fn rolled_back(&self) -> Option<BTreeSet<usize>> {
        let base = self.base().ok()?;
        let touched: Vec<_> = self
            .guarded()
            .filter(|(_, running, _)| {
                !base.iter().any(|old| is_same_service(old, running) && old.content == running.content)
            })
            .collect();
        let is_guarded = |gone: &Removed| {
            gone.running.environment.as_ref().is_some_and(|name| self.guards.contains_key(name))
        };
        let is_newer = |running: &Running| {
            base.iter()
                .any(|old| is_same_service(old, running) && order(running, old) == Some(Ordering::Greater))
        };
        let moves_on = touched.iter().any(|(_, running, _)| running.is_exposed() && is_newer(running));
        if touched.is_empty() || moves_on || self.removed.iter().any(is_guarded) {
            return None;
        }
        let goes_back = |running: &Running| {
            let takes_traffic_off = !running.is_exposed()
                && base.iter().any(|old| is_same_service(old, running) && old.uri == running.uri);
            takes_traffic_off || self.held(running)
        };
        touched
            .iter()
            .all(|(_, running, _)| goes_back(running))
            .then(|| touched.iter().map(|(release, _, _)| *release).collect())
    }

    /// Whether the environment of a release ran the very same object before.
    fn held(&self, running: &Running) -> bool {
        let Some(timeline) = running.environment.as_ref().and_then(|name| self.timeline(name).ok()) else {
            return false;
        };
        self.recent(timeline).any(|era| {
            let mut all = era.state.releases.iter();
            all.any(|old| is_same_service(old, running) && old.content == running.content)
        })
    }

    /// The eras of the last 1,000 commits: questions that most changes answer with no look no
    /// further back.
    pub fn recent<'t>(&self, timeline: &'t Timeline) -> impl Iterator<Item = Era> + use<'t> {
        const COMMITS: usize = 1_000;
        let mut begin = 0;
        (0..).map_while(move |number| {
            let era = if begin < COMMITS { timeline.era(number).ok().flatten()? } else { return None };
            begin = era.from + 1;
            Some(era)
        })
    }

    /// Whether a release names an older version than the one before it.
    #[must_use]
    pub fn is_older(moved: &Moved) -> bool {
        moved.before.iter().any(|before| order(&moved.running, before) == Some(Ordering::Less))
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
        let guarded = self.guarded().map(|(release, running, _)| (release, running));
        self.moved_among(guarded, identity)
    }

    /// The same of every release in an environment that has a name.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold the base.
    pub fn moved_anywhere(&self, identity: Identity) -> Result<Vec<Moved>, &Gap> {
        let named = self.head.iter().filter(|(_, running)| running.environment.is_some());
        self.moved_among(named.map(|(release, running)| (*release, running)), identity)
    }

    fn moved_among<'r>(
        &self,
        releases: impl Iterator<Item = (usize, &'r Running)>,
        identity: Identity,
    ) -> Result<Vec<Moved>, &Gap> {
        let base = self.base()?;
        let moved = releases.filter(|(_, running)| running.is_exposed()).filter_map(|(release, running)| {
            let before: Vec<Running> =
                base.iter().filter(|old| is_same_service(old, running)).map(|old| (**old).clone()).collect();
            let stays = before.iter().any(|old| old.is_exposed() && is_same_version(old, running, identity));
            (!stays).then(|| Moved { release, running: running.clone(), before })
        });
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

/// Which of two releases names the newer version, where both say so themselves.
fn order(one: &Running, other: &Running) -> Option<Ordering> {
    compare_versions(one.version.as_deref()?, other.version.as_deref()?)
}

/// Whether two releases of one service are the same version.
#[must_use]
pub fn is_same_version(one: &Running, other: &Running, identity: Identity) -> bool {
    let same_key = identity.of(one).is_some() && identity.of(one) == identity.of(other);
    (same_key && one.artifact == other.artifact) || one.uri == other.uri
}
