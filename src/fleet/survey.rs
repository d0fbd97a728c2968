//! What runs at several states of one repository: what they share is read and rendered once.

use std::sync::{Arc, Mutex, PoisonError};

use globset::{Glob, GlobSet, GlobSetBuilder};
use mlgitops_files::{Files, RepoPath};

use super::{Fleet, build};
use crate::config::Config;
use crate::discover::{Discovery, discover_sharing};
use crate::render::memory::{Memory, Recorder};
use crate::render::plan::plan_by;
use crate::source::Repositories;
use crate::timing::{Stage, Timings};

/// Surveys states of one repository, and remembers what they hold.
#[derive(Default)]
pub struct Surveyor {
    jobs: Memory,
    states: Mutex<Vec<State>>,
}

/// A state that was looked at.
#[derive(Clone)]
struct State {
    files: Arc<dyn Files>,
    /// What was passed over, as globs.
    ignore: Vec<String>,
    discovery: Arc<Discovery>,
}

/// What a state holds, and what runs there.
#[derive(Debug)]
pub struct Seen {
    /// What was found in it.
    pub discovery: Arc<Discovery>,
    /// What will be deployed, and where.
    pub fleet: Fleet,
}

impl Surveyor {
    /// What a state holds, and what runs there. `repositories` are those at hand beside the ones the
    /// configuration names.
    #[must_use]
    pub fn see(&self, files: &Arc<dyn Files>, config: &Config, repositories: &Repositories) -> Seen {
        self.see_timed(files, config, repositories, &Timings::default())
    }

    /// The same, measured.
    #[must_use]
    pub fn see_timed(
        &self,
        files: &Arc<dyn Files>,
        config: &Config,
        repositories: &Repositories,
        timings: &Timings,
    ) -> Seen {
        let discovery = timings.stage(Stage::Discover, || self.discover(files, config));
        let repositories = at_hand(repositories, config);
        let planned = timings
            .stage(Stage::Render, || plan_by(&self.recorder(), files, &discovery, &repositories, config));
        Seen { fleet: timings.stage(Stage::Fleet, || build(planned, config)), discovery }
    }

    /// What a state holds.
    #[must_use]
    pub fn discover(&self, files: &Arc<dyn Files>, config: &Config) -> Arc<Discovery> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ignore: Vec<String> = config.ignore.iter().map(|glob| glob.value.clone()).collect();
        let is_it = |state: &&State| Arc::ptr_eq(&state.files, files) && state.ignore == ignore;
        if let Some(known) = states.iter().find(is_it) {
            return Arc::clone(&known.discovery);
        }
        let known: Vec<_> = states.iter().map(|state| (&*state.files, &*state.discovery)).collect();
        let discovery = Arc::new(discover_sharing(files, &ignored(config), &known));
        let state = State { files: Arc::clone(files), ignore, discovery: Arc::clone(&discovery) };
        self.states.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        discovery
    }

    /// Who runs the jobs of one more state.
    #[must_use]
    pub fn recorder(&self) -> Recorder<'_> {
        self.jobs.recorder()
    }
}

/// The repositories at hand: those a run was told of, and those the configuration names.
#[must_use]
pub fn at_hand(told: &Repositories, config: &Config) -> Repositories {
    let stated = config.repositories.iter();
    let stated = stated.filter_map(|one| Some((&one.url.value, RepoPath::parse(&one.path.value).ok()?)));
    stated.fold(told.clone(), |all, (url, folder)| all.with_folder(url, folder))
}

/// The globs of the configuration's `ignore`.
#[must_use]
pub fn ignored(config: &Config) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in config.ignore.iter().filter_map(|glob| Glob::new(&glob.value).ok()) {
        set.add(glob);
    }
    set.build().unwrap_or_default()
}
