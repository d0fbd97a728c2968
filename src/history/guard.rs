//! The guarded environments, and what each asks for: by head's configuration and by the target's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::config::Config;
use crate::fleet::Environment;

/// What a guarded environment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The environments one rung below; empty where none is known.
    pub below: Vec<String>,
    /// How long a version must have run there.
    pub soak: Duration,
}

/// The guarded environments of head and base together, each with what it asks for.
pub(super) fn guards(all: &[Environment], config: &Config, base: Option<&Config>) -> BTreeMap<String, Guard> {
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
