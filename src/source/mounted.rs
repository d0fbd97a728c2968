//! Several trees as one: another revision, or another repository, below a folder of its own.

use std::sync::{Arc, PoisonError, RwLock};

use mlgitops_files::{Blob, ContentName, Entry, EntryKind, Files, ReadError, RepoPath};

/// A tree whose paths all lie below a folder.
#[derive(Clone)]
pub struct Below {
    folder: RepoPath,
    files: Arc<dyn Files>,
}

impl Below {
    /// The files, moved below a folder.
    #[must_use]
    pub fn new(folder: RepoPath, files: Arc<dyn Files>) -> Self {
        Self { folder, files }
    }

    /// The path in the tree itself.
    fn inner(&self, path: &RepoPath) -> Option<RepoPath> {
        RepoPath::parse(path.below(&self.folder)?).ok()
    }

    fn outer(&self, path: &RepoPath) -> RepoPath {
        // A path of the tree is normal, and so joins below any folder.
        self.folder.join(path.as_str()).unwrap_or_else(|_| self.folder.clone())
    }

    fn moved(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let moved = |entry: Entry| Entry { path: self.outer(&entry.path), kind: self.kind_of(entry.kind) };
        entries.into_iter().map(moved).collect()
    }

    fn kind_of(&self, kind: EntryKind) -> EntryKind {
        match kind {
            EntryKind::Link(target) => EntryKind::Link(self.outer(&target)),
            other => other,
        }
    }
}

impl Files for Below {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        self.inner(path).map_or(Err(ReadError::Missing), |path| self.files.read(&path))
    }
    fn name(&self, path: &RepoPath) -> Option<ContentName> {
        self.files.name(&self.inner(path)?)
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.inner(folder).map(|folder| self.moved(self.files.list(&folder))).unwrap_or_default()
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.files.kind(&self.inner(path)?).map(|kind| self.kind_of(kind))
    }
    fn all(&self) -> Vec<Entry> {
        self.moved(self.files.all())
    }
    fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        let trail = self.inner(path).map(|path| self.files.trail(&path)).unwrap_or_default();
        trail.iter().map(|path| self.outer(path)).collect()
    }
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        let unlisted = self.files.unlisted().into_iter();
        unlisted.map(|(path, error)| (self.outer(&path), error)).collect()
    }
}

/// A tree, and others that are added below folders of their own while it is read.
pub struct Joined {
    main: Arc<dyn Files>,
    others: RwLock<Vec<Below>>,
}

impl Joined {
    /// A tree alone.
    #[must_use]
    pub fn new(main: Arc<dyn Files>) -> Self {
        Self { main, others: RwLock::default() }
    }

    /// Adds a tree. What the main tree holds below that folder is no longer seen.
    pub fn add(&self, other: Below) {
        self.others.write().unwrap_or_else(PoisonError::into_inner).push(other);
    }

    /// Everything in the tree that a folder lies in.
    #[must_use]
    pub fn all_beside(&self, folder: &RepoPath) -> Vec<Entry> {
        self.tree(folder, |tree| tree.all())
    }

    /// The tree a path lies in.
    fn tree<T>(&self, path: &RepoPath, ask: impl FnOnce(&dyn Files) -> T) -> T {
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        match others.iter().find(|other| path.is_within(&other.folder)) {
            Some(other) => ask(other),
            None => ask(&*self.main),
        }
    }
}

impl Files for Joined {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        self.tree(path, |tree| tree.read(path))
    }
    fn name(&self, path: &RepoPath) -> Option<ContentName> {
        self.tree(path, |tree| tree.name(path))
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.tree(folder, |tree| tree.list(folder))
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.tree(path, |tree| tree.kind(path))
    }
    /// The main tree alone: the others are looked at when something names them.
    fn all(&self) -> Vec<Entry> {
        self.main.all()
    }
    fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        self.tree(path, |tree| tree.trail(path))
    }
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        self.main.unlisted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    fn tree(files: &[(&str, &str)], links: &[(&str, &str)]) -> Arc<dyn Files> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let links = links.iter().map(|(path, to)| ((*path).to_owned(), (*to).to_owned())).collect();
        Arc::new(Memory::with_links(files, links))
    }

    fn read(files: &dyn Files, at: &str) -> Option<String> {
        files.read(&path(at)).ok().map(|blob| String::from_utf8(blob.bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_tree_is_read_below_its_folder_and_nowhere_else() {
        let joined = Joined::new(tree(&[("a/x", "main"), ("v1:/a/x", "shadowed")], &[]));
        assert_eq!(read(&joined, "v1:/a/x").as_deref(), Some("shadowed"));
        let other = tree(&[("a/x", "other"), ("b/y", "y")], &[("link", "a")]);
        joined.add(Below::new(path("v1:"), other));
        for (at, expected) in [
            ("a/x", Some("main")),
            ("v1:/a/x", Some("other")),
            ("v1:/b/y", Some("y")),
            ("v1:/link/x", Some("other")),
            ("b/y", None),
            ("v1:/v1:/a/x", None),
        ] {
            assert_eq!(read(&joined, at).as_deref(), expected, "{at}");
        }
        let names: Vec<_> =
            joined.list(&path("v1:")).into_iter().map(|entry| entry.path.to_string()).collect();
        assert_eq!(names, ["v1:/a", "v1:/b", "v1:/link"]);
        assert_eq!(joined.kind(&path("v1:/link")), Some(EntryKind::Link(path("v1:/a"))));
        assert_eq!(joined.trail(&path("v1:/link/x")), [path("v1:/link"), path("v1:/a/x")]);
        assert_eq!(joined.all().len(), 2);
        assert_eq!(joined.all_beside(&path("v1:")).len(), 3);
        assert_eq!(joined.all_beside(&path("a")).len(), 2);
    }
}
