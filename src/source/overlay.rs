//! A tree with other content in some of its files: what a fix would leave behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::{Blob, Entry, EntryKind, Files, ReadError, RepoPath};

/// A tree, and files of it that are read as something else. No file is added.
pub struct Overlay {
    below: Arc<dyn Files>,
    files: BTreeMap<RepoPath, Arc<[u8]>>,
}

impl Overlay {
    /// The tree with this content in these of its files.
    #[must_use]
    pub fn new(below: Arc<dyn Files>, files: BTreeMap<RepoPath, Arc<[u8]>>) -> Self {
        Self { below, files }
    }
}

impl Files for Overlay {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        let trail = self.below.trail(path);
        match self.files.get(trail.last().unwrap_or(path)) {
            Some(bytes) => Ok(Blob { bytes: Arc::clone(bytes) }),
            None => self.below.read(path),
        }
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.below.list(folder)
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.below.kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        self.below.all()
    }
    fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        self.below.trail(path)
    }
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        self.below.unlisted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn other_content_is_read_by_every_name() {
        let path = |text: &str| RepoPath::parse(text).unwrap();
        let files = vec![("a/x".to_owned(), b"old".to_vec()), ("a/y".to_owned(), b"y".to_vec())];
        let below = Arc::new(Memory::with_links(files, vec![("l".to_owned(), "a".to_owned())]));
        let overlay = Overlay::new(below, BTreeMap::from([(path("a/x"), Arc::from(&b"new"[..]))]));
        for (at, expected) in [("a/x", "new"), ("l/x", "new"), ("a/y", "y")] {
            assert_eq!(&*overlay.read(&path(at)).unwrap().bytes, expected.as_bytes(), "{at}");
        }
        assert_eq!(overlay.all().len(), 3);
    }
}
