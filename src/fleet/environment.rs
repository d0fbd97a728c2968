//! Which environment something belongs to, and the ladder of environments
//! (domain.md §11 I4: names match whole segments and whole tokens, everything else is unnamed).

use globset::{Glob, GlobMatcher};

use super::place::{Because, Column, Environment, EnvironmentIndex};
use crate::config::usual::{USUAL, rank_of};
use crate::config::{Config, EnvironmentConfig, Stated};

/// What is known of a deployable that may name its environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'e> {
    /// The path of the deployable, or of the file of a plain manifest.
    pub path: &'e str,
    /// The name of its Application or Flux object.
    pub deployment: Option<&'e str>,
    /// Its cluster.
    pub cluster: Option<&'e str>,
    /// Its namespace.
    pub namespace: Option<&'e str>,
    /// The folder of the cluster that applies it.
    pub folder: Option<&'e str>,
    /// What its settings call the environment (a variable such as `ENVIRONMENT`).
    pub setting: Option<&'e str>,
}

/// The environments of a run, found or configured.
#[derive(Debug, Default)]
pub struct Ladder {
    rungs: Vec<Rung>,
    /// Environments in order of first sight, and their rungs.
    environments: Vec<(String, usize)>,
}

#[derive(Debug)]
struct Rung {
    config: EnvironmentConfig,
    path: Vec<GlobMatcher>,
    namespace: Vec<GlobMatcher>,
    cluster: Vec<GlobMatcher>,
    /// Whether the tree's branch is one of the rung's; `None` where it names no branch.
    is_on_branch: Option<bool>,
}

impl Ladder {
    /// The ladder of a configuration; an empty one finds the usual names.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let on_branch = &config.branch;
        let rungs = config.environments.iter().map(|config| Rung {
            path: matchers(&config.path),
            namespace: matchers(&config.namespace),
            cluster: matchers(&config.cluster),
            is_on_branch: (!config.branch.is_empty()).then(|| {
                let branch = on_branch.as_deref().unwrap_or_default();
                matchers(&config.branch).iter().any(|glob| glob.is_match(branch))
            }),
            config: config.clone(),
        });
        let mut ladder = Self { rungs: rungs.collect(), environments: Vec::new() };
        let names: Vec<String> = config.environments.iter().map(|one| one.name.value.clone()).collect();
        for (rank, name) in names.into_iter().enumerate() {
            ladder.environments.push((name, rank));
        }
        ladder
    }

    /// The environment something belongs to, and why.
    pub fn assign(&mut self, evidence: &Evidence<'_>) -> (Option<EnvironmentIndex>, Because) {
        if self.rungs.is_empty() {
            return match usual(evidence) {
                Some((name, rank, because)) => (Some(self.index(name, rank)), because),
                None => (None, Because::Nothing),
            };
        }
        for (rank, rung) in self.rungs.iter().enumerate() {
            if rung.matches(evidence) {
                let index = EnvironmentIndex(u32::try_from(rank).unwrap_or(u32::MAX));
                return (Some(index), Because::Config(rung.config.name.location.clone()));
            }
        }
        // A rung without matchers is found by its own name, in the places usual names are.
        for (rank, rung) in self.rungs.iter().enumerate() {
            if rung.is_bare()
                && let Some(because) = named(evidence, &|token| same_rung(token, &rung.config.name.value))
            {
                return (Some(EnvironmentIndex(u32::try_from(rank).unwrap_or(u32::MAX))), because.1);
            }
        }
        (None, Because::Nothing)
    }

    fn index(&mut self, name: &str, rank: usize) -> EnvironmentIndex {
        let known = self.environments.iter().position(|(have, _)| have == name);
        let at = known.unwrap_or_else(|| {
            self.environments.push((name.to_owned(), rank));
            self.environments.len() - 1
        });
        EnvironmentIndex(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// The environments with their columns, once everything was assigned. Indices stay valid.
    #[must_use]
    pub fn environments(&self) -> Vec<Environment> {
        let top = self.environments.iter().map(|(_, rank)| *rank).max().unwrap_or(0);
        let lowest = self.environments.iter().map(|(_, rank)| *rank).min().unwrap_or(0);
        let stated = |name: &str| self.rungs.iter().find(|rung| rung.config.name.value == name);
        let any_stated =
            self.rungs.iter().any(|rung| rung.config.soak.is_some() || rung.config.guard.is_some());
        let guarded: Vec<bool> = self
            .environments
            .iter()
            .map(|(name, rank)| match stated(name) {
                Some(Rung { config, .. }) if any_stated => {
                    config.guard.as_ref().map_or(config.soak.is_some(), |guard| guard.value)
                }
                _ => *rank == top && lowest < top,
            })
            .collect();
        let feeds = |rank: usize| {
            let above = |(index, (_, other)): (usize, &(String, usize))| {
                guarded.get(index) == Some(&true) && *other > rank && !self.has_rank_between(rank, *other)
            };
            self.environments.iter().enumerate().any(above)
        };
        self.environments
            .iter()
            .enumerate()
            .map(|(index, (name, rank))| {
                let guarded = guarded.get(index) == Some(&true);
                let called_prod = USUAL[2].contains(&name.to_lowercase().as_str());
                let column = match () {
                    () if guarded || (called_prod && *rank == top) => Column::Prod,
                    () if feeds(*rank) => Column::Staging,
                    () => Column::Dev,
                };
                Environment { name: name.clone(), rank: *rank, guarded, column }
            })
            .collect()
    }

    fn has_rank_between(&self, low: usize, high: usize) -> bool {
        self.environments.iter().any(|(_, rank)| low < *rank && *rank < high)
    }
}

impl Rung {
    fn is_bare(&self) -> bool {
        self.path.is_empty()
            && self.namespace.is_empty()
            && self.cluster.is_empty()
            && self.is_on_branch.is_none()
    }

    /// Every kind of matcher that is given must match.
    fn matches(&self, evidence: &Evidence<'_>) -> bool {
        let holds = |matchers: &[GlobMatcher], value: Option<&str>| {
            matchers.is_empty()
                || value.is_some_and(|value| matchers.iter().any(|matcher| matcher.is_match(value)))
        };
        // A glob of a cluster's folder is meant for what the cluster applies.
        let of_folder = evidence.folder.map(|folder| format!("{folder}/."));
        let is_there = || self.path.iter().any(|glob| of_folder.as_ref().is_some_and(|at| glob.is_match(at)));
        !self.is_bare()
            && self.is_on_branch != Some(false)
            && (holds(&self.path, Some(evidence.path)) || is_there())
            && holds(&self.namespace, evidence.namespace)
            && holds(&self.cluster, evidence.cluster)
    }
}

/// Globs that cannot be read match nothing; the configuration reports them at their line.
fn matchers(globs: &[Stated<String>]) -> Vec<GlobMatcher> {
    globs.iter().filter_map(|glob| Glob::new(&glob.value).ok()).map(|glob| glob.compile_matcher()).collect()
}

/// Whether two names are the same rung: the same word, or aliases of one.
fn same_rung(token: &str, name: &str) -> bool {
    token.eq_ignore_ascii_case(name)
        || USUAL.iter().any(|rung| {
            let has = |word: &str| rung.iter().any(|alias| alias.eq_ignore_ascii_case(word));
            has(token) && has(name)
        })
}

fn usual<'e>(evidence: &Evidence<'e>) -> Option<(&'e str, usize, Because)> {
    let is_usual = |token: &str| rank_of(token).is_some();
    let (token, because) = named(evidence, &is_usual)?;
    Some((token, rank_of(token)?, because))
}

/// The first token that names an environment, most telling evidence first: the path, the
/// deployment, the cluster, the namespace.
fn named<'e>(evidence: &Evidence<'e>, is_name: &dyn Fn(&str) -> bool) -> Option<(&'e str, Because)> {
    if let Some(token) = in_path(evidence.path, is_name) {
        return Some((token, Because::Path(evidence.path.to_owned())));
    }
    let words = [
        (evidence.deployment, Because::Deployment as fn(String) -> Because),
        (evidence.cluster, Because::Cluster),
        (evidence.setting, Because::Setting),
        (evidence.namespace, Because::Namespace),
    ];
    words.into_iter().find_map(|(word, because)| {
        let word = word?;
        Some((outer_token(word, is_name)?, because(word.to_owned())))
    })
}

/// A whole segment, a folder that begins with the name and a region, or a file stem's suffix; the
/// innermost one counts.
fn in_path<'e>(path: &'e str, is_name: &dyn Fn(&str) -> bool) -> Option<&'e str> {
    let mut segments = path.rsplit('/');
    let file = segments.next().unwrap_or("");
    let stem =
        file.rsplit_once('.').filter(|(_, extension)| is_file_extension(extension)).map(|(stem, _)| stem);
    let last = match stem {
        Some(stem) => {
            let suffix = stem.rsplit(['-', '_', '.']).next().unwrap_or(stem);
            is_name(suffix).then_some(suffix)
        }
        None => folder_name(file, is_name),
    };
    last.or_else(|| segments.find_map(|segment| folder_name(segment, is_name)))
}

fn is_file_extension(extension: &str) -> bool {
    matches!(extension, "yaml" | "yml" | "json")
}

fn folder_name<'e>(segment: &'e str, is_name: &dyn Fn(&str) -> bool) -> Option<&'e str> {
    if is_name(segment) {
        return Some(segment);
    }
    let (first, rest) = segment.split_once('-')?;
    (is_name(first) && is_region(rest)).then_some(first)
}

/// `eu`, `us-east-1`, `europe-west4`, `ap-southeast-2`, `westeurope`: what follows an environment
/// in the name of a folder.
fn is_region(rest: &str) -> bool {
    const AREAS: [&str; 22] = [
        "eu",
        "us",
        "ap",
        "sa",
        "ca",
        "me",
        "af",
        "cn",
        "il",
        "mx",
        "europe",
        "asia",
        "australia",
        "northamerica",
        "southamerica",
        "africa",
        "east",
        "west",
        "north",
        "south",
        "central",
        "emea",
    ];
    let first = rest.split('-').next().unwrap_or(rest);
    let letters = first.trim_end_matches(|character: char| character.is_ascii_digit());
    AREAS.contains(&letters)
        || (letters.len() > 6 && AREAS.iter().any(|area| area.len() > 3 && letters.starts_with(area)))
}

/// One whole `-` token that is first or last: `ml-serving-prod`, `prod-eu`.
fn outer_token<'e>(word: &'e str, is_name: &dyn Fn(&str) -> bool) -> Option<&'e str> {
    let first = word.split('-').next().unwrap_or(word);
    let last = word.rsplit('-').next().unwrap_or(word);
    [last, first].into_iter().find(|token| is_name(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(evidence: &Evidence<'_>) -> Option<String> {
        usual(evidence).map(|(name, _, _)| name.to_owned())
    }

    #[test]
    fn names_match_whole_segments_and_outer_tokens() {
        let paths = [
            ("environments/prod", Some("prod")),
            ("models/overlays/production", Some("production")),
            ("manifests/staging/model-1/inference-service.yaml", Some("staging")),
            ("chart/values-prod.yaml", Some("prod")),
            ("clusters/prod-eu-west-1/models", Some("prod")),
            ("clusters/prod-tools/models", None),
            ("models/production-line/isvc.yaml", None),
            ("overlays/vllm", None),
            ("overlays/gpu", None),
            ("overlays/mock", None),
            ("product/isvc.yaml", None),
            ("prod/archive/dev/isvc.yaml", Some("dev")),
            ("test/isvc.yaml", None),
            ("stg/x/y", Some("stg")),
            ("values.live.yaml", Some("live")),
        ];
        for (path, expected) in paths {
            let evidence = Evidence { path, ..Evidence::default() };
            assert_eq!(of(&evidence).as_deref(), expected, "{path}");
        }
        let words = [
            ("ml-serving-prod", Some("prod")),
            ("prod-eu", Some("prod")),
            ("ml-prod-serving", None),
            ("production", Some("production")),
            ("reproduction", None),
            ("team-live", Some("live")),
            ("default", None),
        ];
        for (namespace, expected) in words {
            let evidence = Evidence { namespace: Some(namespace), ..Evidence::default() };
            assert_eq!(of(&evidence).as_deref(), expected, "{namespace}");
        }
    }

    #[test]
    fn columns_follow_the_ladder() {
        let column = |names: &[&str]| {
            let mut ladder = Ladder::default();
            for name in names {
                ladder.assign(&Evidence { namespace: Some(name), ..Evidence::default() });
            }
            ladder.environments().iter().map(|one| (one.column, one.guarded)).collect::<Vec<_>>()
        };
        assert_eq!(
            column(&["dev", "staging", "prod"]),
            [(Column::Dev, false), (Column::Staging, false), (Column::Prod, true)]
        );
        assert_eq!(column(&["prod", "dev"]), [(Column::Prod, true), (Column::Staging, false)]);
        assert_eq!(column(&["production"]), [(Column::Prod, false)]);
        assert_eq!(column(&["dev"]), [(Column::Dev, false)]);
        assert_eq!(
            column(&["uat", "qa", "prod"]),
            [(Column::Staging, false), (Column::Staging, false), (Column::Prod, true)]
        );
    }
}
