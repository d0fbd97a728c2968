//! The commits of a branch, newest first, along first parents: what the branch itself held, one
//! state after the other.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use mlgitops_files::Files;

/// The name Git gives to an object: 20 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(pub [u8; 20]);

impl ObjectName {
    /// The first seven digits, as people write it.
    #[must_use]
    pub fn short(self) -> String {
        self.to_string().chars().take(7).collect()
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One commit of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The commit.
    pub id: ObjectName,
    /// The committer date, seconds since 1970.
    pub time: i64,
}

/// Who made a commit, and what they said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The author's name.
    pub author: String,
    /// The first line of the message.
    pub subject: String,
    /// The whole message.
    pub message: String,
}

/// Why a chain cannot be followed further: what this clone lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The commit, tree or reference that is missing.
    pub missing: String,
    /// Why: `this clone holds 1 commit, and its parent 8c1f2e0 is missing`.
    pub reason: String,
    /// What to type.
    pub help: String,
}

/// The commits of a branch along first parents, counted from its tip, 0.
pub trait Chain: Send + Sync {
    /// A commit; `None` behind the first one ever.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold it.
    fn link(&self, at: usize) -> Result<Option<Link>, Gap>;

    /// Who made it.
    fn about(&self, at: usize) -> About;

    /// What it holds below the root.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold its trees.
    fn files(&self, at: usize) -> Result<Arc<dyn Files>, Gap>;

    /// Tells the paths below the root in which a commit differs from the one before it, until it
    /// is told enough. Of files with both sides a judge says whether they are quiet.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold a tree.
    fn changed(&self, at: usize, judge: Judge, tell: &mut Told<'_>) -> Result<(), Gap>;
}

/// Says of files whether they are quiet: whether a look at their bytes is enough to know that they
/// say nothing.
#[derive(Clone, Copy)]
pub struct Judge {
    /// Whether the content of a path is worth a look.
    pub path: fn(&[u8]) -> bool,
    /// Whether a content is quiet.
    pub content: fn(&[u8]) -> bool,
}

/// How a path differs between two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differs {
    /// It is a link, a submodule or the like on one of the two sides.
    pub is_special: bool,
    /// It stands on both sides: no folder's list of names changes.
    pub on_both: bool,
    /// It is a file on both sides, and quiet on both.
    pub is_quiet: bool,
}

/// Who is told of a changed path, as bytes.
pub type Told<'t> = dyn FnMut(&[u8], Differs) -> ControlFlow<()> + 't;
