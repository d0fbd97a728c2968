//! What several rules ask of the whole fleet: gathered by the first that asks, for all of them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use mlgitops_files::RepoPath;

use super::Context;
use crate::fleet::alerts::{Alert, of_models};
use crate::fleet::backend::Backends;
use crate::fleet::reached::Reached;
use crate::fleet::serving_runtime::Runtimes;
use crate::fleet::size::Caches;
use crate::fleet::unset::Unset;

/// What was gathered so far. Nothing that gathers runs in parallel: a worker that waits here would
/// be given a rule that waits for the same.
#[derive(Debug, Default)]
pub struct Gathered<'c> {
    alerts: OnceLock<Vec<Alert<'c>>>,
    backends: OnceLock<Backends<'c>>,
    bound: OnceLock<BTreeSet<&'c RepoPath>>,
    caches: OnceLock<Caches<'c>>,
    reached: OnceLock<Option<Reached<'c>>>,
    runtimes: OnceLock<Runtimes<'c>>,
    unset: OnceLock<Unset<'c>>,
}

impl<'c> Context<'c> {
    /// The alerts on models.
    #[must_use]
    pub fn alerts(&self) -> &[Alert<'c>] {
        self.gathered.alerts.get_or_init(|| of_models(self.fleet))
    }

    /// The model services and the routes to them.
    #[must_use]
    pub fn backends(&self) -> &Backends<'c> {
        self.gathered.backends.get_or_init(|| Backends::of(self.fleet))
    }

    /// Whether a deployment deploys a folder that a file lies in, or one above it.
    #[must_use]
    pub fn is_bound(&self, file: &RepoPath) -> bool {
        let gather = || {
            let bound = self.fleet.deployables.iter().filter(|one| one.deployment.is_some());
            bound.map(|one| &one.job.path).collect()
        };
        let bound = self.gathered.bound.get_or_init(gather);
        std::iter::successors(file.parent(), RepoPath::parent).any(|folder| bound.contains(&folder))
    }

    /// The caches of models on nodes.
    #[must_use]
    pub fn caches(&self) -> &Caches<'c> {
        self.gathered.caches.get_or_init(|| Caches::of(self.fleet))
    }

    /// What is known of what is deployed; `None` where not all that deploys is in sight.
    #[must_use]
    pub fn reached(&self) -> Option<&Reached<'c>> {
        let gather = || Reached::of(self.fleet, self.discovery);
        self.gathered.reached.get_or_init(gather).as_ref()
    }

    /// The serving runtimes.
    #[must_use]
    pub fn runtimes(&self) -> &Runtimes<'c> {
        self.gathered.runtimes.get_or_init(|| Runtimes::of(self.fleet))
    }

    /// The variables without a value, and the model references they stand in.
    #[must_use]
    pub fn unset(&self) -> &Unset<'c> {
        self.gathered.unset.get_or_init(|| Unset::of(self.fleet))
    }
}
