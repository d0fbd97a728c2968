//! The trait every source of files implements.

use std::sync::Arc;

use thiserror::Error;

use crate::RepoPath;

/// The bytes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// The bytes as stored, undecoded.
    pub bytes: Arc<[u8]>,
}

/// The name of a content: equal contents have the same, and no others. It is the one Git gives to a
/// blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentName(pub [u8; 20]);

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link whose target lies inside the root, with that target.
    Link(RepoPath),
    /// A symbolic link that leaves the root, with the target as written.
    Outside(String),
    /// A submodule: another repository, whose content is not part of this one.
    Submodule,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The whole path from the root.
    pub path: RepoPath,
    /// What stands there.
    pub kind: EntryKind,
}

/// Why a file gave no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Nothing stands at the path.
    #[error("no such file")]
    Missing,
    /// A folder stands there.
    #[error("it is a folder")]
    IsFolder,
    /// It is larger than [`crate::limits::FILE_BYTES`]; holds the size in bytes.
    #[error("it has {0} bytes, more than the 16 MiB that are read")]
    TooLarge(u64),
    /// It is a link that leaves the root; holds the target as written.
    #[error("it is a link to `{0}`, outside the repository")]
    Outside(String),
    /// Its links lead back to themselves, or are more than [`crate::limits::LINKS`].
    #[error("its links lead in a circle, or are more than 40")]
    Circle,
    /// It is, or lies in, a submodule.
    #[error("a submodule, whose content is another repository's")]
    Submodule,
    /// Its name or the target of its link is no UTF-8, or no name a file can have; it is listed
    /// under an escaped name.
    #[error("{0}")]
    Name(&'static str),
    /// It is no regular file; holds what it is. It is never opened.
    #[error("it is {0}, not a file")]
    Irregular(&'static str),
    /// The machine refused (permissions, a broken object store); holds its words.
    #[error("{0}")]
    Failed(String),
}

/// A tree of files: the work tree, a commit, the index, or memory.
///
/// Implementations never follow a path out of the root and never read a file over the limit.
pub trait Files: Send + Sync {
    /// Reads a file, following links that stay inside the root.
    ///
    /// # Errors
    /// [`ReadError`], also for a file over [`crate::limits::FILE_BYTES`].
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError>;

    /// The name of what [`Files::read`] gives, where it is known without reading: two sources in which
    /// a path has the same name hold the same there.
    fn name(&self, _path: &RepoPath) -> Option<ContentName> {
        None
    }

    /// The entries of a folder, sorted by path; empty where no folder stands. A link to a folder
    /// inside the root is followed, and the entries bear the paths they really stand at.
    fn list(&self, folder: &RepoPath) -> Vec<Entry>;

    /// What stands at a path, or `None`. Linked folders above it are followed; a link at the
    /// path itself is named, not followed.
    fn kind(&self, path: &RepoPath) -> Option<EntryKind>;

    /// Every entry below the root that is no folder, sorted by path.
    fn all(&self) -> Vec<Entry>;

    /// The links passed on the way from `path` to what it stands for, and that end last; empty
    /// where no link is passed. A change at any of them changes what reading `path` gives.
    fn trail(&self, _path: &RepoPath) -> Vec<RepoPath> {
        Vec::new()
    }

    /// Folders whose names could not be listed, sorted, with the reason: what lies below them is
    /// not checked, and a report has to say so.
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        Vec::new()
    }
}

impl<F: Files + ?Sized> Files for Arc<F> {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        (**self).read(path)
    }
    fn name(&self, path: &RepoPath) -> Option<ContentName> {
        (**self).name(path)
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        (**self).list(folder)
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        (**self).kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        (**self).all()
    }
    fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        (**self).trail(path)
    }
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        (**self).unlisted()
    }
}
