//! What several rules ask of the whole fleet: gathered by the first that asks, for all of them.

use std::sync::OnceLock;

use super::Context;
use crate::fleet::alerts::{Alert, of_models};
use crate::fleet::backend::Backends;
use crate::fleet::reached::Reached;
use crate::fleet::serving_runtime::Runtimes;
use crate::fleet::size::Caches;

/// What was gathered so far. Nothing that gathers runs in parallel: a worker that waits here would
/// be given a rule that waits for the same.
#[derive(Debug, Default)]
pub struct Gathered<'c> {
    alerts: OnceLock<Vec<Alert<'c>>>,
    backends: OnceLock<Backends<'c>>,
    caches: OnceLock<Caches<'c>>,
    reached: OnceLock<Option<Reached<'c>>>,
    runtimes: OnceLock<Runtimes<'c>>,
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
}
