//! A source whose files have names: those that only their bytes tell are told when they are read.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use git2::{ObjectType, Oid};
use mlgitops_files::{Blob, ContentName, Entry, EntryKind, Files, ReadError, RepoPath};
use rapidhash::fast::RandomState;

/// A source, and the names of what was read in it.
pub struct Named {
    files: Arc<dyn Files>,
    names: RwLock<HashMap<RepoPath, ContentName, RandomState>>,
}

impl Named {
    /// A source of which nothing was read yet.
    #[must_use]
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files, names: RwLock::default() }
    }
}

impl Files for Named {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        let blob = self.files.read(path)?;
        if self.files.name(path).is_none()
            && let Ok(id) = Oid::hash_object(ObjectType::Blob, &blob.bytes)
        {
            let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
            names.insert(path.clone(), content_name(id));
        }
        Ok(blob)
    }
    fn name(&self, path: &RepoPath) -> Option<ContentName> {
        let known = || self.names.read().unwrap_or_else(PoisonError::into_inner).get(path).copied();
        self.files.name(path).or_else(known).or_else(|| {
            self.read(path).ok()?;
            known()
        })
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.files.list(folder)
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.files.kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        self.files.all()
    }
    fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        self.files.trail(path)
    }
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        self.files.unlisted()
    }
}

/// The name that a blob has.
pub(super) fn content_name(id: Oid) -> ContentName {
    let mut name = [0; 20];
    name.iter_mut().zip(id.as_bytes()).for_each(|(byte, from)| *byte = *from);
    ContentName(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn a_content_has_the_name_that_git_gives_it() {
        let path = |text: &str| RepoPath::parse(text).unwrap();
        let files = [("a/x", "hello\n"), ("a/y", "hello\n"), ("b", "other")];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).to_vec();
        let named = Named::new(Arc::new(Memory::with_links(files, vec![("l".to_owned(), "a".to_owned())])));
        // `git hash-object` of these bytes.
        let hello = Oid::from_str("ce013625030ba8dba906f756967f9e9ca394464a").unwrap();
        for at in ["a/x", "a/y", "l/x"] {
            assert_eq!(named.name(&path(at)), Some(content_name(hello)), "{at}");
        }
        assert_ne!(named.name(&path("b")), Some(content_name(hello)));
        assert_eq!((named.name(&path("a")), named.name(&path("c"))), (None, None));
    }
}
