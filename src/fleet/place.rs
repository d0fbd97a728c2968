//! Environments and places: what runs where, and how loud a finding is there.

use crate::finding::Location;

/// An environment of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentIndex(pub(crate) u32);

/// The column of the severity table (voice.md) an environment stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Protected by promotion rules, or called production.
    Prod,
    /// The rung that feeds a guarded one.
    Staging,
    /// Any lower rung.
    Dev,
    /// Nobody stated a rung: it never guards and never vouches.
    Unnamed,
}

impl Column {
    /// All columns, in the order of the table.
    pub const ALL: [Self; 4] = [Self::Prod, Self::Staging, Self::Dev, Self::Unnamed];

    /// The word of the rule pages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Staging => "staging",
            Self::Dev => "dev",
            Self::Unnamed => "unnamed",
        }
    }
}

/// A named rung of the promotion ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name, as the repository calls it.
    pub name: String,
    /// Its rung, lowest 0; several environments may share one.
    pub rank: usize,
    /// Whether promotion rules protect it.
    pub guarded: bool,
    /// Its column of the severity table.
    pub column: Column,
}

/// Where something runs: cluster and namespace, in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The environment; `None` where no rung is stated.
    pub environment: Option<EnvironmentIndex>,
    /// The cluster, by name or URL, where a deployment names one.
    pub cluster: Option<String>,
    /// The namespace, of the object or of the deployment.
    pub namespace: Option<String>,
    /// Why this environment is believed: a path segment, a namespace, a line of the configuration.
    pub because: Because,
}

/// What an environment is believed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The configuration, at this place.
    Config(Location),
    /// A segment of the path of the deployable.
    Path(String),
    /// The name of the Application or Flux object.
    Deployment(String),
    /// The cluster.
    Cluster(String),
    /// The value of a variable that says so (Flux's cluster settings: `ENVIRONMENT`).
    Setting(String),
    /// The namespace.
    Namespace(String),
    /// Nothing names one.
    Nothing,
}
