//! A change under review, as it is handed in: what was before it, the branch it is for, the overrides
//! that its commits state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use mlgitops_files::Files;

use crate::source::{Chain, Gap};

/// The branches of environments, with their names, by the name of the environment.
pub type Branches = BTreeMap<String, OwnBranch>;

/// The name and the commits of a branch.
pub(super) type OwnBranch = Result<(String, Arc<dyn Chain>), Gap>;

/// A change, as it is handed in.
#[derive(Clone)]
pub struct Change {
    /// The files before the change.
    pub base: Result<Arc<dyn Files>, Gap>,
    /// The branch it is to be merged into, or was: the commits that the change cannot have written.
    pub target: Result<Arc<dyn Chain>, Gap>,
    /// The branches of environments that have one of their own, with their names, by the
    /// environment's.
    pub branches: Branches,
    /// The overrides in the messages of its commits.
    pub overrides: Vec<Override>,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("overrides", &self.overrides).finish_non_exhaustive()
    }
}

/// A line `Mlgitops-Override: ran-in-staging -- reason` of a commit message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// The commit that says so, its first seven digits.
    pub commit: String,
}

impl Override {
    /// The overrides that whole lines of a commit message state, wherever they stand in it: a
    /// squashed message holds those of all its commits.
    #[must_use]
    pub fn all_in(message: &str, commit: &str) -> Vec<Self> {
        let lines = message.lines().filter_map(|line| line.trim_end().strip_prefix("Mlgitops-Override:"));
        lines
            .filter_map(|line| {
                let (rule, reason) = line.split_once(" -- ")?;
                let (rule, reason) = (rule.trim(), reason.trim());
                (!rule.is_empty() && !reason.is_empty()).then(|| Self {
                    rule: rule.rsplit('/').next().unwrap_or(rule).to_owned(),
                    reason: reason.to_owned(),
                    commit: commit.to_owned(),
                })
            })
            .collect()
    }
}
