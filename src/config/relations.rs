//! What values of `mlgitops.yaml` mean to one another: names that must exist, or exist once, and
//! facts that contradict.

use std::collections::BTreeMap;

use super::check::{Checker, Value};
use super::nearest::nearest;
use super::rules::Names;
use super::scalar::{list, shown};
use super::{Config, Rates, Stated};
use crate::finding::Location;

/// The most environments a ladder has; every place is compared with each.
const MOST_ENVIRONMENTS: usize = 1_000;

/// Checks a configuration that was built from `root`.
pub(super) fn check(checker: &mut Checker<'_>, config: &Config, root: &Value, names: &Names<'_>) {
    if let Some(over) = config.environments.get(MOST_ENVIRONMENTS) {
        let message = format!("there are more than {MOST_ENVIRONMENTS} environments");
        let help = "regions and tenants of one rung are places of one environment: widen its `match`";
        checker.refuse(over.name.location.clone(), message, help.to_owned());
        return;
    }
    once(checker, "an environment", config.environments.iter().map(|one| &one.name));
    once(checker, "a cluster", config.argocd.clusters.iter().map(|one| &one.name));
    once(checker, "a repository", config.repositories.iter().map(|one| &one.url));
    ladder(checker, config);
    mode(checker, config, root);
    startup(checker, config, root);
    for waiver in &config.waivers {
        if checker.has_enough() {
            break;
        }
        if let Some(name) = waiver.environment.as_ref().filter(|name| !names.has_environment(&name.value)) {
            unknown_environment(checker, name, &names.ladder);
        }
    }
}

/// A name that stands twice.
fn once<'n>(checker: &mut Checker<'_>, noun: &str, names: impl Iterator<Item = &'n Stated<String>>) {
    let mut seen: BTreeMap<&str, &Location> = BTreeMap::new();
    for name in names {
        match seen.get(name.value.as_str()) {
            Some(first) => {
                let line = first.position().line;
                let message = format!("{noun} `{}` stands in line {line} already", shown(&name.value));
                let help = "give it another name, or put both into one".to_owned();
                checker.refuse(name.location.clone(), message, help);
            }
            None => {
                seen.insert(&name.value, &name.location);
            }
        }
    }
}

/// `after` names another environment, and following it ends.
fn ladder(checker: &mut Checker<'_>, config: &Config) {
    let names: Vec<String> = config.environments.iter().map(|one| one.name.value.clone()).collect();
    let position = |name: &str| names.iter().position(|known| known == name);
    let below: Vec<Option<usize>> = config
        .environments
        .iter()
        .enumerate()
        .map(|(index, one)| match &one.after {
            Some(after) => position(&after.value),
            None => index.checked_sub(1),
        })
        .collect();
    for (index, environment) in config.environments.iter().enumerate() {
        let Some(after) = &environment.after else { continue };
        if position(&after.value).is_none() {
            unknown_environment(checker, after, &names);
        } else if comes_back(index, &below) {
            let name = shown(&environment.name.value);
            let message = format!("`{name}` comes after `{}`, which comes after it", shown(&after.value));
            let help = "a ladder has a lowest rung: take one `after` away".to_owned();
            checker.refuse(after.location.clone(), message, help);
        }
    }
}

fn comes_back(start: usize, below: &[Option<usize>]) -> bool {
    let mut at = below.get(start).copied().flatten();
    for _ in below {
        match at {
            Some(index) if index == start => return true,
            Some(index) => at = below.get(index).copied().flatten(),
            None => return false,
        }
    }
    false
}

fn unknown_environment(checker: &mut Checker<'_>, name: &Stated<String>, ladder: &[String]) {
    let known: Vec<&str> = ladder.iter().map(String::as_str).collect();
    let help = match (nearest(&name.value, known.iter().copied()), known.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "name it under `environments`".to_owned(),
        (None, known) => format!("the environments are {}", list(known)),
    };
    let message = format!("there is no environment `{}`", shown(&name.value));
    checker.refuse(name.location.clone(), message, help);
}

/// Which words a release knows: `Standard` and `Knative` came with 0.16, which still takes the old
/// ones (kserve v0.16 `pkg/constants/constants.go`; kserve#4701).
fn mode(checker: &mut Checker<'_>, config: &Config, root: &Value) {
    let (Some(version), Some(mode)) = (&config.kserve.version, &config.kserve.mode) else { return };
    let word = mode.location.file.slice(mode.location.start..mode.location.end);
    let word = word.trim_matches(['"', '\'']);
    let old = match word {
        "Standard" => "RawDeployment",
        "Knative" => "Serverless",
        _ => return,
    };
    if release(&version.value) < (0, 16) && root.get("kserve").is_some() {
        let message = format!("KServe {} has no mode `{word}`", version.value);
        let help = format!("before 0.16 it is called `{old}`");
        checker.refuse(mode.location.clone(), message, help);
    }
}

/// Major and minor of a version that was checked.
fn release(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// The worst case is no better than the best one.
fn startup(checker: &mut Checker<'_>, config: &Config, root: &Value) {
    let Some(stated) = root.get("startup") else { return };
    let (best, worst) = (&config.startup.best, &config.startup.worst);
    let slower = |rates: fn(&Rates) -> u64| rates(worst) <= rates(best);
    let longer = |time: fn(&Rates) -> std::time::Duration| time(worst) >= time(best);
    let fine = [
        ("download", slower(|rates| rates.download)),
        ("load", slower(|rates| rates.load)),
        ("start", longer(|rates| rates.start)),
        ("schedule", longer(|rates| rates.schedule)),
        ("pull", longer(|rates| rates.pull)),
        ("factor", worst.factor >= best.factor),
    ];
    for (key, _) in fine.into_iter().filter(|(_, fine)| !fine) {
        let of = |case: &str| stated.get(case).and_then(|case| case.get(key));
        // One of the two is stated, for the defaults agree.
        let Some(value) = of("best").or(of("worst")) else { continue };
        let message = format!("`{key}` is better in the worst case than in the best");
        let help = format!("state `{key}` for both, or leave it to the defaults");
        checker.refuse(value.location.clone(), message, help);
    }
}
