//! What a job looked at: the paths it read, listed or found missing.
//!
//! Between two commits only jobs whose trace holds a changed path have to run again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Blob, ContentName, Entry, EntryKind, Files, ReadError, RepoPath};

/// One look at a source of files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Looked {
    /// The content of a file was read.
    Read(RepoPath),
    /// The names in a folder were read.
    Listed(RepoPath),
    /// A path was asked for; something or nothing stood there.
    Asked(RepoPath),
    /// The whole tree was listed.
    All,
}

/// Every look of one job, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace(pub BTreeSet<Looked>);

/// A source that records what is asked of it.
pub struct Traced {
    files: Arc<dyn Files>,
    seen: Mutex<BTreeSet<Looked>>,
}

impl Traced {
    /// Wraps a source with an empty trace.
    #[must_use]
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files, seen: Mutex::new(BTreeSet::new()) }
    }

    /// Ends the recording.
    #[must_use]
    pub fn into_trace(self) -> Trace {
        Trace(self.seen.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes looks that somebody else had taken before.
    pub fn note_all(&self, looked: &BTreeSet<Looked>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(looked.iter().cloned());
    }

    /// Notes that a file was read which somebody else had read before.
    pub fn note_read(&self, path: &RepoPath) {
        self.note(path, Looked::Read);
    }

    /// Notes a look at a path, and the same look at every link passed on the way: replacing a
    /// link changes what was seen without a change at the path that was asked for.
    fn note(&self, path: &RepoPath, looked: fn(RepoPath) -> Looked) {
        let trail = self.files.trail(path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(looked(path.clone()));
        seen.extend(trail.into_iter().map(looked));
    }
}

impl Files for Traced {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        self.note(path, Looked::Read);
        self.files.read(path)
    }
    fn name(&self, path: &RepoPath) -> Option<ContentName> {
        self.note(path, Looked::Read);
        self.files.name(path)
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.note(folder, Looked::Listed);
        self.files.list(folder)
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.note(path, Looked::Asked);
        self.files.kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(Looked::All);
        self.files.all()
    }
    fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        self.files.trail(path)
    }
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        self.files.unlisted()
    }
}
