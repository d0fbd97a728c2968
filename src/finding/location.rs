//! Where a finding holds: bytes of one file, and a place of the fleet.

use std::sync::Arc;

use mlgitops_yaml::{OriginSpan, Position, Role, SourceFile};

/// A place of the fleet, by its number: cluster and namespace, in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceIndex(pub(crate) u32);

/// Bytes of one file and what they are.
#[derive(Debug, Clone)]
pub struct Location {
    /// The file.
    pub file: Arc<SourceFile>,
    /// First byte, in the decoded text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What the bytes are.
    pub role: Role,
}

impl Location {
    /// Some bytes of a file.
    #[must_use]
    pub fn new(file: &Arc<SourceFile>, range: std::ops::Range<u32>, role: Role) -> Self {
        Self { file: Arc::clone(file), start: range.start, end: range.end, role }
    }

    /// The first line of a file, where nothing more exact is to blame.
    #[must_use]
    pub fn top_of(file: &Arc<SourceFile>, role: Role) -> Self {
        Self::new(file, file.line_range(1), role)
    }

    /// The path of the file, relative to the root.
    #[must_use]
    pub fn path(&self) -> &str {
        self.file.path()
    }

    /// Line and column of the first byte.
    #[must_use]
    pub fn position(&self) -> Position {
        self.file.position(self.start)
    }

    /// Line and column behind the last byte.
    #[must_use]
    pub fn end_position(&self) -> Position {
        self.file.position(self.end)
    }

    /// The total order of reports: file, start, end.
    #[must_use]
    pub fn key(&self) -> (&str, u32, u32) {
        (self.file.path(), self.start, self.end)
    }
}

/// A tree beside the one under review: the paths of its files begin with its name and `:/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherTree {
    /// Another revision of the same repository: `v1.2`, its files below `v1.2:/`.
    Revision(String),
    /// Another repository, by host and path: its files below `host/path.git:/`.
    Repository(String),
}

impl OtherTree {
    /// The rest of a path that lies in it.
    #[must_use]
    pub fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self {
            Self::Revision(name) => path.strip_prefix(name.as_str())?.strip_prefix(":/"),
            Self::Repository(name) => path.strip_prefix(name.as_str())?.strip_prefix(".git:/"),
        }
    }
}

/// A tree that was read beside the one under review, and what names it there.
#[derive(Debug, Clone)]
pub struct ReadTree {
    /// The tree.
    pub tree: OtherTree,
    /// The field of a deployment that names it: its revision, or its repository.
    pub named_at: Option<Location>,
}

impl ReadTree {
    /// The tree that a path lies in, and the rest of the path; `None` for the one under review.
    #[must_use]
    pub fn of<'t, 'p>(trees: &'t [Self], path: &'p str) -> Option<(&'t Self, &'p str)> {
        trees.iter().find_map(|one| Some((one, one.tree.below(path)?)))
    }
}

impl From<OriginSpan> for Location {
    fn from(span: OriginSpan) -> Self {
        Self { file: span.file, start: span.start, end: span.end, role: span.role }
    }
}

impl PartialEq for Location {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Location {}
