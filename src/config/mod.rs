//! `mlgitops.yaml`: what the repository says about itself. Everything in it is optional.
//!
//! Read by crates/yaml, so that every value has its place and an error points at it.

mod build;
mod check;
mod comments;
mod keys;
mod layers;
mod nearest;
mod policy;
mod read;
mod relations;
mod rules;
mod scalar;
mod schema;
pub(crate) mod usual;
mod vocabulary;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mlgitops_yaml::SourceFile;

use crate::finding::{Location, Severity};

pub use comments::{CommentWaivers, comment_waivers};
pub use layers::{add_folders, load};
pub use nearest::nearest;
pub use policy::is_below;
pub use read::read;
pub use schema::schema;
pub use usual::is_usual_environment;
pub use vocabulary::{ParamWords, RuleWords, Vocabulary};

/// The name of the file at the root.
pub const FILE_NAME: &str = "mlgitops.yaml";

/// A value and the place it is stated at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub location: Location,
}

/// The whole configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file it was read from, if there is one.
    pub file: Option<Arc<SourceFile>>,
    /// The further files it was made of: those it extends, and those of folders.
    pub parts: Vec<Arc<SourceFile>>,
    /// How loud rules are where nothing else says it.
    pub profile: Option<Stated<Profile>>,
    /// The promotion ladder, lowest rung first; empty: found where names are usual.
    pub environments: Vec<EnvironmentConfig>,
    /// Facts of the KServe installation.
    pub kserve: KserveConfig,
    /// Facts of the Argo CD installation.
    pub argocd: ArgocdConfig,
    /// Facts of the Flux installation.
    pub flux: FluxConfig,
    /// Facts of the clusters.
    pub kubernetes: KubernetesConfig,
    /// Facts of the object stores.
    pub storage: StorageConfig,
    /// Facts of the models, by name.
    pub models: BTreeMap<String, ModelConfig>,
    /// The rates of the start-up budget.
    pub startup: StartupConfig,
    /// Severities and parameters of rules, by id, and of categories, by name.
    pub rules: BTreeMap<String, RuleConfig>,
    /// Severities of what stands at some paths; the last one that speaks of a rule counts.
    pub paths: Vec<PathRules>,
    /// What the files of folders state, sorted by folder.
    pub folders: Vec<FolderConfig>,
    /// Recorded exceptions.
    pub waivers: Vec<Waiver>,
    /// Other repositories and where their content lies.
    pub repositories: Vec<RepositoryConfig>,
    /// Paths that are not looked at, as globs.
    pub ignore: Vec<Stated<String>>,
    /// The branch that the tree is deployed from, where it is known. No file states it: who opens a
    /// tree says it, for ladders with a branch for each environment.
    pub branch: Option<String>,
}

impl Config {
    /// What is set for a case of a rule; `environment` holds the names the environment goes by, its
    /// own first. `None`: the table of defaults decides.
    ///
    /// The most particular setting counts: the case in the environment, the case, the rule in the
    /// environment, the rule, then the same of its category.
    #[must_use]
    pub fn level(
        &self,
        rule: &str,
        category: &str,
        case: &str,
        environment: &[&str],
    ) -> Option<&Stated<Level>> {
        self.level_at((rule, category, case), environment, "")
    }
}

/// How loud rules are where nothing else says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As the pages of the rules say.
    Recommended,
    /// Every warning of a guarded environment is an error.
    Strict,
}

/// Severities of what stands at some paths.
#[derive(Debug, Clone)]
pub struct PathRules {
    /// The paths, as globs.
    pub globs: Vec<Stated<String>>,
    /// The same, to match with.
    pub matchers: Vec<globset::GlobMatcher>,
    /// The severities, by the id of a rule or the name of a category; without parameters.
    pub rules: BTreeMap<String, RuleConfig>,
}

/// What the `mlgitops.yaml` of a folder states of what lies in it.
#[derive(Debug, Clone, Default)]
pub struct FolderConfig {
    /// The folder, relative to the root.
    pub folder: String,
    /// Facts of the models, by name.
    pub models: BTreeMap<String, ModelConfig>,
    /// The rates of the start-up budget.
    pub startup: Option<StartupConfig>,
}

/// One rung of the promotion ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentConfig {
    /// Its name, as the repository calls it.
    pub name: Stated<String>,
    /// The environment below it, if it is not the one before it in the list.
    pub after: Option<Stated<String>>,
    /// Globs over the path of the deployable.
    pub path: Vec<Stated<String>>,
    /// Namespaces, as globs.
    pub namespace: Vec<Stated<String>>,
    /// Clusters, by name or URL, as globs.
    pub cluster: Vec<Stated<String>>,
    /// Branches, as globs.
    pub branch: Vec<Stated<String>>,
    /// How long a version must have run one rung below.
    pub soak: Option<Stated<Duration>>,
    /// Whether promotion rules protect it.
    pub guard: Option<Stated<bool>>,
}

/// How KServe runs a predictor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeploymentMode {
    /// A Deployment: `Standard`, before 0.16 `RawDeployment`.
    Standard,
    /// A Knative Service: `Knative`, before 0.16 `Serverless`.
    Knative,
    /// ModelMesh.
    ModelMesh,
}

/// The words of deployment modes, of every release (kserve v0.16 `pkg/constants/constants.go`).
pub(crate) const MODE_WORDS: [&str; 5] = ["Standard", "Knative", "ModelMesh", "RawDeployment", "Serverless"];

impl DeploymentMode {
    /// The mode a word of any release names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "Standard" | "RawDeployment" => Some(Self::Standard),
            "Knative" | "Serverless" => Some(Self::Knative),
            "ModelMesh" => Some(Self::ModelMesh),
            _ => None,
        }
    }
}

/// Facts of the KServe installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KserveConfig {
    /// Its version, `0.17` or `0.17.1`.
    pub version: Option<Stated<String>>,
    /// The mode of services that name none.
    pub mode: Option<Stated<DeploymentMode>>,
    /// Whether it makes a VirtualService for each service in the mode Knative.
    pub virtual_services: Option<Stated<bool>>,
    /// Knative's progress deadline, cluster-wide.
    pub progress_deadline: Option<Stated<Duration>>,
    /// Knative feature flags that are on (`kubernetes.podspec-nodeselector` …).
    pub knative_features: Vec<Stated<String>>,
}

/// Facts of the Argo CD installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArgocdConfig {
    /// Its version, `3.0`.
    pub version: Option<Stated<String>>,
    /// Its clusters.
    pub clusters: Vec<ClusterConfig>,
}

/// Facts of the Flux installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FluxConfig {
    /// Its version, `2.7`, as `flux version` says it.
    pub version: Option<Stated<String>>,
}

/// One cluster that Argo CD knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterConfig {
    /// Its name.
    pub name: Stated<String>,
    /// Its API server's URL.
    pub server: Option<Stated<String>>,
    /// Its labels.
    pub labels: BTreeMap<String, Stated<String>>,
    /// Its annotations.
    pub annotations: BTreeMap<String, Stated<String>>,
    /// The GPU types its nodes have, by the value of their label; one type makes placement idle.
    pub gpus: Vec<Stated<String>>,
}

/// Facts of the clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KubernetesConfig {
    /// Their version, `1.33`.
    pub version: Option<Stated<String>>,
    /// API versions beyond the built-in ones.
    pub api_versions: Vec<Stated<String>>,
}

/// Facts of the object stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageConfig {
    /// Further URI schemes, `ntnx://`.
    pub schemes: Vec<Stated<String>>,
    /// Buckets in which nothing can be overwritten.
    pub immutable_buckets: Vec<Stated<String>>,
}

/// Facts of one model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelConfig {
    /// Where its name stands.
    pub location: Option<Location>,
    /// Size of its artifact, in bytes.
    pub size: Option<Stated<u64>>,
    /// Traffic, requests a minute.
    pub requests_per_minute: Option<Stated<u64>>,
    /// InferenceService names that are this model, beside its own.
    pub services: Vec<Stated<String>>,
}

/// The rates of the start-up budget; bytes a second and seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Download, bytes a second.
    pub download: u64,
    /// From disk into memory, bytes a second.
    pub load: u64,
    /// Start of the process.
    pub start: Duration,
    /// Finding or making a node.
    pub schedule: Duration,
    /// Pulling the runtime's image.
    pub pull: Duration,
    /// What the sum is multiplied with.
    pub factor: f64,
}

/// Best and worst case of the start-up budget (domain.md §2.4), and up to which size a model is
/// brought into its pods in which way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartupConfig {
    /// The largest model that every new pod may download for itself, in bytes.
    pub download_up_to: u64,
    /// The largest model that a cache or a shared volume is asked for, in bytes; a larger one is
    /// asked to come as an image.
    pub cache_up_to: u64,
    /// Under this, a link that kills is certain to.
    pub best: Rates,
    /// Under this, a link that kills is likely to.
    pub worst: Rates,
}

impl Default for StartupConfig {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            download_up_to: 5 << 30,
            cache_up_to: 20 << 30,
            best: Rates {
                download: 400 * MIB,
                load: 500 * MIB,
                start: Duration::from_secs(10),
                schedule: Duration::ZERO,
                pull: Duration::ZERO,
                factor: 1.0,
            },
            worst: Rates {
                download: 50 * MIB,
                load: 100 * MIB,
                start: Duration::from_secs(30),
                schedule: Duration::from_secs(180),
                pull: Duration::from_secs(60),
                factor: 1.5,
            },
        }
    }
}

/// What a rule, a case, a category or a selector is set to: a severity, or off.
pub type Level = Option<Severity>;

/// A severity for all environments, and others for some of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels {
    /// Where no environment is named.
    pub everywhere: Option<Stated<Level>>,
    /// By the name of an environment, or by the word of its column in the table of severities.
    pub environments: BTreeMap<String, Stated<Level>>,
}

impl Levels {
    /// What is set for the first of some names of an environment that is named, else everywhere.
    #[must_use]
    pub fn of(&self, names: &[&str]) -> Option<&Stated<Level>> {
        let named = names.iter().find_map(|name| self.environments.get(*name));
        named.or(self.everywhere.as_ref())
    }
}

/// Severities and parameters of one rule (or of a category, by its name).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleConfig {
    /// Where its name stands.
    pub location: Option<Location>,
    /// Severities of every case.
    pub levels: Levels,
    /// Severities of single cases; they count before those of the rule.
    pub cases: BTreeMap<String, Levels>,
    /// Parameters, of the types its page declares; the generated `params` types read them.
    pub params: BTreeMap<String, Stated<ParamValue>>,
}

/// The value of a rule's parameter, checked against the type its page declares.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamValue {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Float(f64),
    /// A duration.
    Duration(Duration),
    /// A size, in bytes.
    Size(u64),
    /// Text.
    String(String),
    /// A list of texts.
    List(Vec<String>),
    /// Texts by name.
    Map(BTreeMap<String, String>),
}

/// A recorded exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule, or a category.
    pub rule: Stated<String>,
    /// Which object: `Kind/name` or `Kind/namespace/name`; `None`: a comment at a line.
    pub object: Option<Stated<String>>,
    /// The environment it holds in; `None`: all.
    pub environment: Option<Stated<String>>,
    /// Why. Required; empty where it was left out, which is a finding.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where it is followed up.
    pub ticket: Option<Stated<String>>,
    /// The folder whose file states it, which it holds in; `None`: everywhere.
    pub folder: Option<String>,
    /// The last valid day, UTC.
    pub until: Option<Stated<jiff::civil::Date>>,
    /// Where it is written.
    pub location: Location,
    /// For a comment: the lines of the file it holds on, its own and the next that holds content.
    pub lines: Option<std::ops::RangeInclusive<u32>>,
}

/// Another repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryConfig {
    /// Its URL, as deployments name it.
    pub url: Stated<String>,
    /// Where its content lies, inside the root.
    pub path: Stated<String>,
}

/// An error of the configuration, or of a waiver in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Where.
    pub location: Location,
}
