//! Where files are read from: the work tree, a commit, the index, or memory.
//!
//! Every source answers from the same kind of tree (`tree`), so what a name, a link or a file
//! over a limit means is decided once and no rule can tell which source it reads. This folder is
//! the only one that knows Git.

mod ahead;
mod blame;
mod chain;
mod commit;
mod commit_graph;
mod delta;
mod disk;
mod error;
mod first_parent;
mod ignored;
mod index;
mod lfs;
mod memory;
mod memory_chain;
mod mounted;
mod named;
mod overlay;
mod packs;
mod recent;
mod relation;
mod replace;
mod repositories;
mod repository;
mod root;
mod tree;
mod trees;
mod url;
mod walk;
mod work_tree;

use std::sync::Arc;

use mlgitops_files::Files;

pub use blame::{Blamed, blame};
pub use chain::{About, Chain, Differs, Gap, Judge, Link, ObjectName, Told};
pub use commit::Commit;
pub use error::{NO_FILTER, SourceError};
pub use first_parent::FirstParents;
pub(crate) use ignored::IgnoreFiles;
pub use index::Index;
pub use lfs::is_lfs_pointer;
pub use memory::Memory;
pub use memory_chain::{MemoryChain, MemoryCommit};
pub use mounted::{Below, Joined};
pub use named::Named;
pub use overlay::Overlay;
pub use relation::{
    Branch, branches, commit_id, current_branch, is_ancestor, is_shallow, merge_base, messages_between,
};
pub use replace::{ReplaceError, Replacement, Why, replace};
pub use repositories::{Content, Repositories, Revisions};
pub use root::{Git, Remote, Root};
pub use work_tree::WorkTree;

/// Which state of a repository is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// What lies on disk: tracked files and untracked ones that are not ignored.
    WorkTree,
    /// A commit, named as Git names it: a branch, a tag, an id, `HEAD~2`.
    Rev(String),
    /// What the next commit would hold.
    Staged,
}

/// Opens one state of what lies below a root.
///
/// # Errors
/// [`SourceError`] where the state does not exist or cannot be listed.
pub fn open(root: &Root, which: &Which) -> Result<Arc<dyn Files>, SourceError> {
    Ok(match which {
        Which::WorkTree => Arc::new(WorkTree::of(root)?),
        Which::Rev(rev) => Arc::new(Commit::open(root, rev)?),
        Which::Staged => Arc::new(Index::open(root)?),
    })
}
