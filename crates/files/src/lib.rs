//! Repository paths, the trait every source of files implements, read traces and limits.
//!
//! A source (work tree, commit, index, memory) implements [`Files`]; everything above reads
//! through it and cannot tell which one it is.

mod files;
pub mod limits;
mod listing;
mod path;
mod trace;

pub use files::{Blob, ContentName, Entry, EntryKind, Files, ReadError};
pub use listing::Listing;
pub use path::{PathError, RepoPath};
pub use trace::{Looked, Trace, Traced};
