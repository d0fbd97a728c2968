//! The part of a configuration that says what is asked for, and what holds where several parts say
//! something.

use super::{Config, Level, Levels, ModelConfig, PathRules, Profile, RuleConfig, StartupConfig, Stated};
use crate::finding::Severity;

impl Config {
    /// The same facts under the policy of another configuration: its environments, rules, severities
    /// of paths, profile and what it ignores. `None` where the two were read from the same text.
    ///
    /// Waivers stay: a new one counts at once, and one taken out is gone.
    #[must_use]
    pub fn with_policy_of(&self, other: &Self) -> Option<Self> {
        let texts = |config: &Self| -> Vec<(String, String)> {
            let files = config.file.iter().chain(&config.parts);
            files.map(|file| (file.path().to_string(), file.text().to_string())).collect()
        };
        (texts(self) != texts(other)).then(|| Self {
            environments: other.environments.clone(),
            rules: other.rules.clone(),
            paths: other.paths.clone(),
            profile: other.profile.clone(),
            ignore: other.ignore.clone(),
            ..self.clone()
        })
    }

    /// This configuration over one that it extends: what it states counts, lists of exceptions and
    /// of further facts add up.
    #[must_use]
    pub(super) fn over(mut self, base: Self) -> Self {
        fn or<T>(own: Vec<T>, base: Vec<T>) -> Vec<T> {
            if own.is_empty() { base } else { own }
        }
        self.environments = or(self.environments, base.environments);
        let (own, of) = (&mut self.kserve, base.kserve);
        own.version = own.version.take().or(of.version);
        own.mode = own.mode.take().or(of.mode);
        own.virtual_services = own.virtual_services.take().or(of.virtual_services);
        own.progress_deadline = own.progress_deadline.take().or(of.progress_deadline);
        own.knative_features.extend(of.knative_features);
        self.argocd.version = self.argocd.version.take().or(base.argocd.version);
        self.argocd.clusters = or(self.argocd.clusters, base.argocd.clusters);
        self.flux.version = self.flux.version.take().or(base.flux.version);
        self.kubernetes.version = self.kubernetes.version.take().or(base.kubernetes.version);
        self.kubernetes.api_versions.extend(base.kubernetes.api_versions);
        self.storage.schemes.extend(base.storage.schemes);
        self.storage.immutable_buckets.extend(base.storage.immutable_buckets);
        for (name, model) in base.models {
            self.models.entry(name).or_insert(model);
        }
        for (name, rule) in base.rules {
            let own = self.rules.remove(&name);
            self.rules.insert(name, own.map_or(rule.clone(), |own| own.over(rule)));
        }
        self.paths.splice(0..0, base.paths);
        self.profile = self.profile.take().or(base.profile);
        self.waivers.extend(base.waivers);
        let is_known = |url: &str| self.repositories.iter().any(|own| own.url.value == url);
        let further: Vec<_> = base.repositories.into_iter().filter(|one| !is_known(&one.url.value)).collect();
        self.repositories.extend(further);
        self.ignore.extend(base.ignore);
        self.parts.extend(base.file);
        self.parts.extend(base.parts);
        self
    }

    /// What is set for a case of a rule at a path, [`Config::level`] otherwise: the last entry of
    /// `paths` that names the rule counts.
    #[must_use]
    pub fn level_at(
        &self,
        rule: (&str, &str, &str),
        environment: &[&str],
        path: &str,
    ) -> Option<&Stated<Level>> {
        let (id, category, case) = rule;
        let named = self.paths.iter().rev().filter(|entry| entry.holds(path));
        let set = named.map(|entry| &entry.rules).chain([&self.rules]);
        set.into_iter().find_map(|rules| {
            [id, category].into_iter().filter_map(|name| rules.get(name)).find_map(|set| {
                let of_case = set.cases.get(case).and_then(|levels| levels.of(environment));
                of_case.or_else(|| set.levels.of(environment))
            })
        })
    }

    /// Whether a severity is set anywhere for a rule or its category.
    #[must_use]
    pub fn names_rule(&self, id: &str, category: &str) -> bool {
        let of_paths = self.paths.iter().map(|entry| &entry.rules);
        of_paths.chain([&self.rules]).any(|rules| rules.contains_key(id) || rules.contains_key(category))
    }

    /// A default severity under the profile.
    #[must_use]
    pub fn default_level(&self, level: Level, is_prod: bool) -> Level {
        let is_strict = self.profile.as_ref().is_some_and(|profile| profile.value == Profile::Strict);
        match level {
            Some(Severity::Warning) if is_strict && is_prod => Some(Severity::Error),
            level => level,
        }
    }

    /// The facts of a model that any of some paths belongs to: of the innermost folder that states
    /// them, else of the root.
    #[must_use]
    pub fn model<'p>(
        &self,
        name: &str,
        paths: impl IntoIterator<Item = &'p str> + Clone,
    ) -> Option<&ModelConfig> {
        let stated = self.folders.iter().filter(|folder| folder.models.contains_key(name));
        let own =
            stated.filter(|folder| paths.clone().into_iter().any(|path| is_below(path, &folder.folder)));
        let innermost = own.max_by_key(|folder| folder.folder.len());
        innermost.and_then(|folder| folder.models.get(name)).or_else(|| self.models.get(name))
    }

    /// Whether anything is stated of any model.
    #[must_use]
    pub fn states_models(&self) -> bool {
        !self.models.is_empty() || self.folders.iter().any(|folder| !folder.models.is_empty())
    }

    /// The rates of the start-up budget where any of some paths is: of the innermost folder that
    /// states them, else of the root.
    #[must_use]
    pub fn startup<'p>(&self, paths: impl IntoIterator<Item = &'p str> + Clone) -> &StartupConfig {
        let stated = self.folders.iter().filter(|folder| folder.startup.is_some());
        let own =
            stated.filter(|folder| paths.clone().into_iter().any(|path| is_below(path, &folder.folder)));
        let innermost = own.max_by_key(|folder| folder.folder.len());
        innermost.and_then(|folder| folder.startup.as_ref()).unwrap_or(&self.startup)
    }
}

/// Whether a path is a folder or lies in it.
#[must_use]
pub fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl PathRules {
    /// Whether it speaks of a path.
    fn holds(&self, path: &str) -> bool {
        self.matchers.iter().any(|glob| glob.is_match(path))
    }
}

impl RuleConfig {
    /// These settings over others: a severity for the whole rule takes the place of all of theirs.
    fn over(mut self, base: Self) -> Self {
        if self.levels.everywhere.is_none() {
            self.levels = self.levels.over(base.levels);
            for (case, levels) in base.cases {
                let own = self.cases.remove(&case).unwrap_or_default();
                self.cases.insert(case, own.over(levels));
            }
        }
        for (name, value) in base.params {
            self.params.entry(name).or_insert(value);
        }
        self
    }
}

impl Levels {
    fn over(mut self, base: Self) -> Self {
        if self.everywhere.is_none() {
            self.everywhere = base.everywhere;
            for (name, level) in base.environments {
                self.environments.entry(name).or_insert(level);
            }
        }
        self
    }
}
