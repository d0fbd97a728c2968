//! What could not be read, rendered or decided: said, never passed over in silence.

use crate::finding::Location;

/// Why something was not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// It lies in another repository.
    Remote,
    /// A chart it depends on is not in the repository.
    Dependency,
    /// Only a plugin or a controller can make it.
    Plugin,
    /// It is encrypted.
    Encrypted,
    /// It is kept in the cluster, or its fact is stated nowhere.
    InCluster,
    /// It passed one of the limits.
    Limit,
    /// Its bytes are no text.
    Encoding,
    /// It does not render; the finding that says why stands beside it.
    RenderFailed,
    /// History that is needed is not in this clone.
    History,
    /// The linter itself failed: a bug.
    Internal,
}

impl Code {
    /// The word of the machine-readable reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Dependency => "dependency",
            Self::Plugin => "plugin",
            Self::Encrypted => "encrypted",
            Self::InCluster => "in-cluster",
            Self::Limit => "limit",
            Self::Encoding => "encoding",
            Self::RenderFailed => "render-failed",
            Self::History => "history",
            Self::Internal => "internal",
        }
    }
}

/// One thing that was not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotChecked {
    /// Why.
    pub code: Code,
    /// What: `start-up budget of 31 of 40 models`.
    pub what: String,
    /// The reason.
    pub reason: String,
    /// What to type so that it can be checked.
    pub help: Option<String>,
    /// Whether it hides a release, so that the run must not pass (exit 3).
    pub required: bool,
    /// Where it is stated, if anywhere.
    pub location: Option<Location>,
}

impl NotChecked {
    /// An item that does not fail the run.
    #[must_use]
    pub fn new(code: Code, what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code, what: what.into(), reason: reason.into(), help: None, required: false, location: None }
    }

    /// The same, with the place it is stated at.
    #[must_use]
    pub fn at(mut self, location: Option<Location>) -> Self {
        self.location = location;
        self
    }

    /// The same, with what to type.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, failing the run where `required`.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }
}
