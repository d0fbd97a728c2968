//! Why no source could be opened: what is wrong where, and what to type instead.

use std::fmt::Write as _;
use std::path::Path;

use mlgitops_files::limits;
use thiserror::Error;

/// Why a root or one of its states could not be opened. Paths and names in it are fit for display.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The path on the command line does not exist.
    #[error("`{path}` does not exist")]
    NoSuchPath {
        /// The path as given.
        path: String,
    },
    /// A folder is needed and something else stands there.
    #[error("`{path}` is not a folder")]
    NotAFolder {
        /// The path as given.
        path: String,
    },
    /// The machine refuses the path.
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// The machine's words.
        reason: String,
    },
    /// A path that reports could not show.
    #[error("`{path}` is not UTF-8")]
    NotUtf8 {
        /// The path, what is not UTF-8 replaced.
        path: String,
    },
    /// A commit or the index is asked for where there is no Git repository.
    #[error("`{path}` is in no Git repository, so {wanted} cannot be read")]
    NoGit {
        /// The root.
        path: String,
        /// What was asked for: `revision HEAD`, `the index`.
        wanted: String,
    },
    /// The work tree or index of a bare repository is asked for.
    #[error("`{path}` is a bare repository: it has neither work tree nor index")]
    Bare {
        /// The root.
        path: String,
    },
    /// The repository belongs to another user, and Git does not trust it.
    #[error("the Git repository of `{path}` belongs to another user, and Git was not told to trust it")]
    NotOwned {
        /// The root.
        path: String,
        /// The folder that Git has to be told to trust.
        trust: String,
    },
    /// `HEAD` is asked for before the first commit.
    #[error("`{path}` has no commit yet")]
    Unborn {
        /// The root.
        path: String,
    },
    /// A revision that this clone does not hold.
    #[error("`{path}` has no revision `{rev}`{}", if *.shallow { "; it is a shallow clone" } else { "" })]
    UnknownRevision {
        /// The root.
        path: String,
        /// The revision as given.
        rev: String,
        /// Whether the clone lacks a part of history.
        shallow: bool,
        /// A revision of that name which a remote has.
        remote: Option<String>,
    },
    /// A revision that names several objects, a file or a folder.
    #[error("`{rev}` names no commit of `{path}`: {reason}")]
    NotACommit {
        /// The root.
        path: String,
        /// The revision as given.
        rev: String,
        /// What it names instead.
        reason: String,
    },
    /// More files than are read.
    #[error("`{path}` holds more than {} files and folders", limits::TREE_ENTRIES)]
    TooMany {
        /// The root.
        path: String,
    },
    /// The index is of a form that is not read, or broken.
    #[error("the Git index of `{path}` cannot be read: {reason}")]
    Index {
        /// The root.
        path: String,
        /// libgit2's words.
        reason: String,
    },
    /// A folder that this clone does not hold: it is partial, or broken.
    #[error("this clone is partial or broken: it lacks the tree {id} of `{path}`")]
    MissingTree {
        /// The root.
        path: String,
        /// The name of the tree, its first seven digits.
        id: String,
    },
    /// The repository is broken, or uses what libgit2 does not know.
    #[error("the Git repository of `{path}` cannot be read: {reason}")]
    Git {
        /// The root.
        path: String,
        /// libgit2's words.
        reason: String,
    },
}

impl SourceError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoSuchPath { .. } => "name a folder or a file that exists".to_owned(),
            Self::NotAFolder { .. } => "name a folder, or a file in one".to_owned(),
            Self::Unreadable { .. } => "give this user the right to read it".to_owned(),
            Self::NotUtf8 { .. } => "rename it".to_owned(),
            Self::NoGit { .. } => "leave out `--rev` and `--staged`, or run it in a clone".to_owned(),
            Self::Bare { .. } => "name a commit: `--rev HEAD`".to_owned(),
            Self::NotOwned { trust, .. } => format!("git config --global --add safe.directory '{trust}'"),
            Self::Unborn { .. } => "commit first, or leave out `--rev` to read the work tree".to_owned(),
            Self::UnknownRevision { remote: Some(remote), .. } => format!("`{remote}` exists"),
            Self::UnknownRevision { shallow: true, .. } => {
                "git fetch --unshallow; in actions/checkout, `fetch-depth: 0`".to_owned()
            }
            Self::UnknownRevision { .. } => "git fetch, or name one that `git log` shows".to_owned(),
            Self::NotACommit { .. } => "name a branch, a tag or the id of a commit".to_owned(),
            Self::TooMany { .. } => "name a folder below it".to_owned(),
            Self::Index { .. } => "git update-index --no-split-index; git sparse-checkout reapply \
                                   --no-sparse-index"
                .to_owned(),
            Self::MissingTree { .. } => NO_FILTER.to_owned(),
            Self::Git { .. } => "git fsck shows what is broken".to_owned(),
        }
    }
}

/// What to type where a clone lacks content of commits that it holds.
pub const NO_FILTER: &str = "git fetch --refetch --no-filter; in actions/checkout, leave out `filter`";

/// A path as it may be shown.
pub(super) fn shown(path: &Path) -> String {
    shown_text(&path.to_string_lossy())
}

/// A text from outside with every character escaped that could move or hide what stands around
/// it: controls, line and paragraph separators, bidirectional marks.
pub(super) fn shown_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        let hides = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(letter, '\u{2066}'..='\u{2069}')
            || letter.is_control();
        if hides {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_moves_the_cursor() {
        assert_eq!(shown_text("a\nb\u{202e}c\u{1b}[2Jé"), "a\\u{a}b\\u{202e}c\\u{1b}[2Jé");
    }
}
