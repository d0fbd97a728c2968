//! A sorted listing of a whole tree: what every source answers `list`, `kind` and `all` from.

use std::cmp::Ordering;

use crate::{Entry, EntryKind, ReadError, RepoPath, limits};

/// Every entry of a tree, sorted by path; folders are implied by what lies below them.
///
/// One sorted list answers everything: what lies below a folder is one range of it.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    entries: Vec<Entry>,
    /// Positions of the links and submodules, sorted segment by segment, so that the one a path
    /// runs into is found by one search.
    ends: Vec<usize>,
}

impl Listing {
    /// Builds a listing from entries in any order; folders are implied and need not be given.
    /// Of two entries at one path the first stands, and of an entry and what is given below it,
    /// the entry: no file system holds both.
    #[must_use]
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.retain(|entry| !entry.path.is_root() && entry.kind != EntryKind::Folder);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|later, first| later.path == first.path);
        drop_below_entries(&mut entries);
        let mut ends: Vec<(usize, &RepoPath)> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.kind != EntryKind::File)
            .map(|(at, entry)| (at, &entry.path))
            .collect();
        ends.sort_by(|a, b| by_segments(a.1, b.1));
        let ends = ends.into_iter().map(|(at, _)| at).collect();
        Self { entries, ends }
    }

    /// The entries of a folder, sorted; empty where no folder stands. A link to a folder is
    /// followed, and the entries bear the paths they really stand at.
    #[must_use]
    pub fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        let Ok(folder) = self.resolve(folder) else { return Vec::new() };
        let mut rest = self.below(&folder);
        let mut children = Vec::new();
        while let Some(entry) = rest.first() {
            let child = child_of(&folder, &entry.path);
            let passed = match &child {
                Some(child) => rest.partition_point(|entry| entry.path.is_within(child)),
                None => 1,
            };
            children.push(match child {
                Some(path) => Entry { path, kind: EntryKind::Folder },
                None => entry.clone(),
            });
            rest = rest.get(passed.max(1)..).unwrap_or_default();
        }
        // `a/x` sorts after `a.yaml`, the folder `a` before it.
        children.sort_by(|a, b| a.path.cmp(&b.path));
        children
    }

    /// What stands at a path. Linked folders above it are followed; a link at the path itself is
    /// named, not followed.
    #[must_use]
    pub fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.exact(path).or_else(|| {
            if self.ends.is_empty() {
                return None;
            }
            let parent = self.resolve(&path.parent()?).ok()?;
            self.exact(&parent.join(path.file_name()).ok()?)
        })
    }

    /// Every entry that is no folder, sorted.
    #[must_use]
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// The place of an entry in [`Listing::all`]; `None` for a folder and where nothing stands.
    #[must_use]
    pub fn position(&self, path: &RepoPath) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.path.cmp(path)).ok()
    }

    /// The file or folder that a path stands for once every link on the way is followed.
    ///
    /// # Errors
    /// [`ReadError`] where the way ends at nothing, outside the root, in a submodule, or nowhere.
    pub fn resolve(&self, path: &RepoPath) -> Result<RepoPath, ReadError> {
        self.follow(path, |_| {})
    }

    /// Every link passed on the way from `path`, and the path the way ends at last; empty where
    /// no link is passed.
    #[must_use]
    pub fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        let mut trail = Vec::new();
        // Where the way ends at nothing, what appears there would change the answer too.
        let _found = self.follow(path, |passed| trail.push(passed.clone()));
        trail
    }

    /// Follows links from `path`, naming each link and, after the last, where the way ends.
    fn follow(&self, path: &RepoPath, mut passed: impl FnMut(&RepoPath)) -> Result<RepoPath, ReadError> {
        let mut at = path.clone();
        for _ in 0..=limits::LINKS {
            let Some((end, rest)) = self.end_on_the_way(&at) else {
                if at != *path {
                    passed(&at);
                }
                return self.exact(&at).map(|_| at).ok_or(ReadError::Missing);
            };
            passed(&end.path);
            at = match &end.kind {
                EntryKind::Link(target) => {
                    target.join(rest).map_err(|error| ReadError::Failed(error.to_string()))?
                }
                EntryKind::Outside(target) => return Err(ReadError::Outside(target.clone())),
                _ => return Err(ReadError::Submodule),
            };
            if at.as_str().len() > limits::PATH_BYTES {
                return Err(ReadError::Circle);
            }
        }
        Err(ReadError::Circle)
    }

    /// The link or submodule at a path or above it, and the rest of the path below that.
    fn end_on_the_way<'a>(&self, path: &'a RepoPath) -> Option<(&Entry, &'a str)> {
        let end_at = |position: &usize| self.entries.get(*position);
        let after = self.ends.partition_point(|position| {
            end_at(position).is_some_and(|end| by_segments(&end.path, path) != Ordering::Greater)
        });
        // Nothing stands below an end, so none can sort between it and a path that runs into it.
        let end = end_at(self.ends.get(after.checked_sub(1)?)?)?;
        Some((end, path.below(&end.path)?))
    }

    /// What stands at exactly this path, no link followed.
    fn exact(&self, path: &RepoPath) -> Option<EntryKind> {
        match self.position(path).and_then(|at| self.entries.get(at)) {
            Some(entry) => Some(entry.kind.clone()),
            None => (path.is_root() || !self.below(path).is_empty()).then_some(EntryKind::Folder),
        }
    }

    /// Everything below a folder, at any depth.
    fn below(&self, folder: &RepoPath) -> &[Entry] {
        if folder.is_root() {
            return &self.entries;
        }
        let start = self.entries.partition_point(|entry| sorts_before_content(&entry.path, folder));
        let rest = self.entries.get(start..).unwrap_or_default();
        let len = rest.partition_point(|entry| entry.path.is_within(folder));
        rest.get(..len).unwrap_or_default()
    }
}

/// Whether a path sorts before `folder` followed by `/`.
fn sorts_before_content(path: &RepoPath, folder: &RepoPath) -> bool {
    let (path, folder) = (path.as_str().as_bytes(), folder.as_str().as_bytes());
    match path.split_at_checked(folder.len()) {
        Some((head, tail)) => head.cmp(folder).then(tail.first().cmp(&Some(&b'/'))) == Ordering::Less,
        None => path < folder,
    }
}

/// The folder right below `folder` that `path` lies in; `None` where it lies in `folder` itself.
fn child_of(folder: &RepoPath, path: &RepoPath) -> Option<RepoPath> {
    let rest = path.below(folder)?;
    let name = rest.find('/')?;
    path.ancestor(path.as_str().len() - rest.len() + name)
}

/// The order in which everything below a path follows it directly.
fn by_segments(a: &RepoPath, b: &RepoPath) -> Ordering {
    let slash_first = |byte: u8| if byte == b'/' { 0 } else { u16::from(byte) + 1 };
    a.as_str().bytes().map(slash_first).cmp(b.as_str().bytes().map(slash_first))
}

/// Drops what lies below an entry. The entries are sorted, so those whose bytes begin the current
/// path form a stack, never longer than the path.
fn drop_below_entries(entries: &mut Vec<Entry>) {
    let mut beginnings: Vec<RepoPath> = Vec::new();
    entries.retain(|entry| {
        while beginnings.last().is_some_and(|last| !entry.path.as_str().starts_with(last.as_str())) {
            beginnings.pop();
        }
        let below = beginnings.iter().any(|beginning| entry.path.is_within(beginning));
        if !below {
            beginnings.push(entry.path.clone());
        }
        !below
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    fn file(at: &str) -> Entry {
        Entry { path: path(at), kind: EntryKind::File }
    }

    fn link(from: &str, to: &str) -> Entry {
        Entry { path: path(from), kind: EntryKind::Link(path(to)) }
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn folders_are_implied_and_sorted() {
        let listing = Listing::new(vec![file("b/c/d.yaml"), file("b.yaml"), file("b/a.yaml"), file("b-x")]);
        assert_eq!(names(&listing.list(&RepoPath::root())), ["b", "b-x", "b.yaml"]);
        assert_eq!(names(&listing.list(&path("b"))), ["b/a.yaml", "b/c"]);
        assert_eq!(listing.kind(&path("b/c")), Some(EntryKind::Folder));
        assert_eq!(listing.kind(&path("b/x")), None);
        assert_eq!(listing.kind(&RepoPath::root()), Some(EntryKind::Folder));
    }

    #[test]
    fn links_are_followed_inside_and_cycles_end() {
        let outside = Entry { path: path("etc"), kind: EntryKind::Outside("/etc".into()) };
        let other = Entry { path: path("vendor"), kind: EntryKind::Submodule };
        let listing = Listing::new(vec![
            file("real/a.yaml"),
            link("alias", "real"),
            link("alias-of-alias", "alias"),
            link("x", "y"),
            link("y", "x"),
            link("deeper", "deeper/deeper"),
            link("void", "nothing"),
            outside,
            other,
        ]);
        let table = [
            ("alias/a.yaml", Ok("real/a.yaml")),
            ("alias-of-alias/a.yaml", Ok("real/a.yaml")),
            ("alias", Ok("real")),
            ("alias/b.yaml", Err(ReadError::Missing)),
            ("alias-of", Err(ReadError::Missing)),
            ("x", Err(ReadError::Circle)),
            ("deeper", Err(ReadError::Circle)),
            ("void", Err(ReadError::Missing)),
            ("nothing", Err(ReadError::Missing)),
            ("etc/passwd", Err(ReadError::Outside("/etc".into()))),
            ("vendor/chart/Chart.yaml", Err(ReadError::Submodule)),
        ];
        for (from, expected) in table {
            assert_eq!(listing.resolve(&path(from)), expected.map(path), "{from}");
        }
        assert_eq!(names(&listing.list(&path("alias-of-alias"))), ["real/a.yaml"]);
        assert_eq!(listing.kind(&path("alias/a.yaml")), Some(EntryKind::File));
        assert_eq!(listing.kind(&path("alias")), Some(EntryKind::Link(path("real"))));
        assert_eq!(listing.kind(&path("etc/passwd")), None);
        assert_eq!(
            listing.trail(&path("alias-of-alias/a.yaml")),
            [path("alias-of-alias"), path("alias"), path("real/a.yaml")]
        );
        assert_eq!(listing.trail(&path("real/a.yaml")), []);
        assert_eq!(listing.trail(&path("void")), [path("void"), path("nothing")]);
    }

    #[test]
    fn what_is_given_below_an_entry_or_twice_is_dropped() {
        let twice = Entry { path: path("a"), kind: EntryKind::Submodule };
        let listing = Listing::new(vec![link("a", "b"), twice, file("a/x"), file("a.x"), file("b/y")]);
        assert_eq!(names(listing.all()), ["a", "a.x", "b/y"]);
        assert_eq!(listing.kind(&path("a")), Some(EntryKind::Link(path("b"))));
        assert_eq!(listing.resolve(&path("a/y")), Ok(path("b/y")));
    }
}
