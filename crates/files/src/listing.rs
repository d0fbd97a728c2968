//! A sorted listing of a whole tree: what every source answers `list`, `kind` and `all` from.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Entry, EntryKind, RepoPath};

/// Every entry of a tree by path, and the folders they imply.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    entries: Vec<Entry>,
    folders: BTreeMap<RepoPath, Vec<Entry>>,
}

impl Listing {
    /// Builds a listing from entries in any order; folders are implied and need not be given.
    /// Of two entries at one path the first stands.
    #[must_use]
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.retain(|entry| !entry.path.is_root() && entry.kind != EntryKind::Folder);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|a, b| a.path == b.path);
        let mut folders: BTreeMap<RepoPath, Vec<Entry>> = BTreeMap::new();
        let mut known: BTreeSet<RepoPath> = BTreeSet::new();
        for entry in &entries {
            add_to_parent(&mut folders, &mut known, entry.clone());
        }
        for children in folders.values_mut() {
            children.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Self { entries, folders }
    }

    /// The entries of a folder, sorted.
    #[must_use]
    pub fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.folders.get(folder).cloned().unwrap_or_default()
    }

    /// What stands at a path.
    #[must_use]
    pub fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        match self.entries.binary_search_by(|entry| entry.path.cmp(path)) {
            Ok(found) => self.entries.get(found).map(|entry| entry.kind.clone()),
            Err(_) => (path.is_root() || self.folders.contains_key(path)).then_some(EntryKind::Folder),
        }
    }

    /// Every entry that is no folder, sorted.
    #[must_use]
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// The path a link chain inside the tree ends at, itself where it is no link; `None` for a
    /// cycle, a chain over 40 links, or a link to nothing.
    #[must_use]
    pub fn resolve(&self, path: &RepoPath) -> Option<RepoPath> {
        let mut at = path.clone();
        for _ in 0..40 {
            match self.kind(&at) {
                Some(EntryKind::Link(target)) => at = target,
                Some(_) => return Some(at),
                None => at = self.through_linked_folder(&at)?,
            }
        }
        None
    }

    /// Replaces the nearest ancestor that is a link by its target.
    fn through_linked_folder(&self, path: &RepoPath) -> Option<RepoPath> {
        let mut ancestor = path.parent()?;
        loop {
            if let Some(EntryKind::Link(target)) = self.kind(&ancestor) {
                return target.join(path.below(&ancestor)?).ok();
            }
            ancestor = ancestor.parent()?;
        }
    }
}

fn add_to_parent(folders: &mut BTreeMap<RepoPath, Vec<Entry>>, known: &mut BTreeSet<RepoPath>, entry: Entry) {
    let Some(parent) = entry.path.parent() else { return };
    let is_new = !folders.contains_key(&parent);
    folders.entry(parent.clone()).or_default().push(entry);
    if is_new && known.insert(parent.clone()) && !parent.is_root() {
        add_to_parent(folders, known, Entry { path: parent, kind: EntryKind::Folder });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Entry {
        Entry { path: RepoPath::parse(path).unwrap(), kind: EntryKind::File }
    }

    #[test]
    fn folders_are_implied_and_sorted() {
        let listing = Listing::new(vec![file("b/c/d.yaml"), file("a.yaml"), file("b/a.yaml")]);
        let names: Vec<String> = listing.list(&RepoPath::root()).iter().map(|e| e.path.to_string()).collect();
        assert_eq!(names, ["a.yaml", "b"]);
        let names: Vec<String> =
            listing.list(&RepoPath::parse("b").unwrap()).iter().map(|e| e.path.to_string()).collect();
        assert_eq!(names, ["b/a.yaml", "b/c"]);
        assert_eq!(listing.kind(&RepoPath::parse("b/c").unwrap()), Some(EntryKind::Folder));
        assert_eq!(listing.kind(&RepoPath::parse("b/x").unwrap()), None);
    }

    #[test]
    fn links_are_followed_inside_and_cycles_end() {
        let link = |from: &str, to: &str| Entry {
            path: RepoPath::parse(from).unwrap(),
            kind: EntryKind::Link(RepoPath::parse(to).unwrap()),
        };
        let listing =
            Listing::new(vec![file("real/a.yaml"), link("alias", "real"), link("x", "y"), link("y", "x")]);
        let resolve = |path: &str| listing.resolve(&RepoPath::parse(path).unwrap());
        assert_eq!(resolve("alias/a.yaml"), RepoPath::parse("real/a.yaml").ok());
        assert_eq!(resolve("x"), None);
        assert_eq!(resolve("nothing"), None);
    }
}
