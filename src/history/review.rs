//! The change under review: what it does to guarded releases, and the history it is judged by.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mlgitops_files::Files;

use super::ran::{Identity, Question, Ran};
use super::state::{Running, State, at_hand, ignored};
use super::timeline::{Era, Timeline};
use crate::config::Config;
use crate::discover::discover;
use crate::finding::{Location, PlaceIndex};
use crate::fleet::reference::compare_versions;
use crate::fleet::{self, Column, Environment, EnvironmentIndex, Fleet, Place, keeps};
use crate::render::plan::plan;
use crate::source::{Chain, Gap, Repositories};

/// The branches of environments, with their names, by the name of the environment.
pub type Branches = BTreeMap<String, OwnBranch>;

/// The name and the commits of a branch.
type OwnBranch = Result<(String, Arc<dyn Chain>), Gap>;

/// A change, as it is handed in.
#[derive(Clone)]
pub struct Change {
    /// The files before the change.
    pub base: Result<Arc<dyn Files>, Gap>,
    /// The branch it is to be merged into, or was: the commits that the change cannot have written.
    pub target: Result<Arc<dyn Chain>, Gap>,
    /// The branches of environments that have one of their own, with their names, by the
    /// environment's.
    pub branches: Branches,
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

/// A release of the base that is gone at head: deleted, or started anew under another name.
#[derive(Debug, Clone)]
pub struct Removed {
    /// What it was.
    pub running: Running,
    /// Its place, among those of the fleet at head.
    pub place: PlaceIndex,
    /// Where it stood in the base.
    pub at: Option<Location>,
    /// The Application or Flux object that deployed it, where that is gone too.
    pub deployment: Option<String>,
    /// What of its ApplicationSet lets it run on without it, if anything does.
    pub kept: Option<String>,
    /// The object that serves the model there from now on, if one comes with this change.
    pub instead: Option<Running>,
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
        let before = change.base.clone().map(|files| {
            let discovery = discover(&files, &ignored(of.config));
            let repositories = at_hand(of.repositories, of.config);
            let planned = plan(&files, &discovery, &repositories, of.config);
            let fleet = fleet::build(planned, of.config);
            (State::of(&fleet, &discovery, of.config), fleet)
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
            chain.map(|chain| Timeline::new(chain, config, of.repositories.clone()))
        };
        let of_branch = |own: &OwnBranch| {
            own.clone().map(|(branch, chain)| {
                let config = Config { branch: Some(branch), ..of.config.clone() };
                Timeline::new(chain, Arc::new(config), of.repositories.clone())
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
        let after = rungs.iter().find_map(|rung| rung.after.as_ref()).map(|after| after.value.as_str());
        // The order of the ladder is that of the target, where it states one.
        let below = match base.and_then(|base| stated_below(base, &environment.name)).or(after) {
            Some(after) => BTreeSet::from([after]),
            None => one_rung_below(all, environment),
        };
        let soak = rungs.iter().filter_map(|rung| rung.soak.as_ref()).map(|soak| soak.value).max();
        let below = below.into_iter().map(str::to_owned).collect();
        guards.insert(environment.name.clone(), Guard { below, soak: soak.unwrap_or_default() });
    }
    guards
}

/// The rung below an environment, as a configuration states it.
fn stated_below<'c>(config: &'c Config, environment: &str) -> Option<&'c str> {
    let at = config.environments.iter().position(|rung| rung.name.value == environment)?;
    let after = config.environments.get(at)?.after.as_ref();
    let before = at.checked_sub(1).and_then(|below| config.environments.get(below)).map(|rung| &rung.name);
    after.or(before).map(|name| name.value.as_str())
}

fn one_rung_below<'e>(all: &'e [Environment], of: &Environment) -> BTreeSet<&'e str> {
    let rank = all.iter().map(|other| other.rank).filter(|rank| *rank < of.rank).max();
    all.iter().filter(|other| Some(other.rank) == rank).map(|other| other.name.as_str()).collect()
}

/// The releases of the base that have no successor of the same name at head. Their places are added
/// to those of head.
fn removals(before: &Fleet, after: &mut Fleet, head: &[(usize, Running)], config: &Config) -> Vec<Removed> {
    let mut removed: Vec<Removed> = Vec::new();
    let all = before.releases.iter();
    let base: Vec<Running> = all.filter_map(|release| Running::of(release, before, config)).collect();
    for release in &before.releases {
        let Some(running) = Running::of(release, before, config) else { continue };
        let of_model: Vec<&Running> =
            head.iter().map(|(_, one)| one).filter(|one| is_same_service(one, &running)).collect();
        if of_model.iter().any(|one| is_same_object(one, &running)) {
            continue;
        }
        let was_there = |one: &Running| base.iter().any(|old| is_same_object(old, one));
        let instead = of_model.iter().find(|one| !was_there(one)).map(|one| (**one).clone());
        // A canary that is over, beside the service that has its version now.
        if instead.is_none() && is_canary(&running) && !of_model.is_empty() {
            continue;
        }
        if removed.iter().any(|known| is_same_object(&known.running, &running)) {
            continue;
        }
        let Some(object) = before.objects.get(release.object) else { continue };
        let deployment = before.deployables.get(object.deployable).and_then(|one| one.deployment.as_ref());
        let still = |name: &str| {
            let mut all = after.deployables.iter().filter_map(|one| one.deployment.as_ref());
            all.any(|one| one.id.name == name)
        };
        // The Application alone is gone: its folder may be there as it was.
        let kept = deployment.filter(|one| !still(&one.id.name)).and_then(|one| keeps(one, before));
        removed.push(Removed {
            kept,
            at: object.manifest.place(object.manifest.root.origin).map(Location::from),
            deployment: deployment.map(|one| one.id.name.clone()).filter(|name| !still(name)),
            place: place_of(before, release.place, after),
            running,
            instead,
        });
    }
    removed
}

/// Whether two releases are the same object of a cluster. A cluster that nothing names may be any.
fn is_same_object(one: &Running, other: &Running) -> bool {
    let same_cluster = one.cluster == other.cluster || one.cluster.is_none() || other.cluster.is_none();
    is_same_service(one, other) && one.object == other.object && same_cluster
}

fn is_canary(running: &Running) -> bool {
    running.object.ends_with("-canary")
}

/// A place of another fleet, among those of this one.
fn place_of(from: &Fleet, place: PlaceIndex, to: &mut Fleet) -> PlaceIndex {
    let environment = from.environment(place).map(|environment| {
        let known = to.environments.iter().position(|one| one.name == environment.name);
        known.unwrap_or_else(|| {
            to.environments.push(environment.clone());
            to.environments.len() - 1
        })
    });
    let environment = environment.and_then(|at| u32::try_from(at).ok()).map(EnvironmentIndex);
    let Some(place) = from.place(place) else { return PlaceIndex(u32::MAX) };
    let place = Place { environment, ..place.clone() };
    let known = to.places.iter().position(|one| *one == place);
    let at = known.unwrap_or_else(|| {
        to.places.push(place);
        to.places.len() - 1
    });
    PlaceIndex(u32::try_from(at).unwrap_or(u32::MAX))
}
