//! Folders as Git stores them, and the paths in which two of them differ: equal folders are equal by
//! name and never read.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use git2::{ObjectType, Oid};
use mlgitops_files::limits;
use rapidhash::fast::RandomState;

use super::chain::{Gap, Judge, ObjectName};
use super::packs::{Kind, PackReader, Packs};
use super::repository::Repo;

/// The name of no tree: a folder that is not there.
pub(super) const NO_TREE: ObjectName = ObjectName([0; 20]);

/// One line of a tree.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    mode: &'t [u8],
    pub(super) name: &'t [u8],
    pub(super) id: ObjectName,
}

impl Line<'_> {
    pub(super) fn is_folder(&self) -> bool {
        matches!(self.mode, b"40000" | b"040000")
    }

    pub(super) fn is_file(&self) -> bool {
        self.mode.starts_with(b"100")
    }

    /// Git sorts a folder as if its name ended in a slash.
    fn order(&self, other: &Self) -> Ordering {
        let key = |line: &Self| line.name.iter().copied().chain(line.is_folder().then_some(b'/'));
        key(self).cmp(key(other))
    }
}

/// The lines of a tree as Git stores them: mode, name, 20 bytes of id.
#[derive(Clone)]
struct Lines<'t>(&'t [u8]);

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let space = self.0.iter().take(8).position(|byte| *byte == b' ')?;
        let (mode, rest) = self.0.split_at_checked(space)?;
        let rest = rest.get(1..)?;
        let (name, rest) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
        let id = ObjectName(rest.get(1..21)?.try_into().ok()?);
        self.0 = rest.get(21..)?;
        Some(Line { mode, name, id })
    }
}

impl Lines<'_> {
    /// Leaves out the lines with which both begin: trees that follow each other differ in few.
    fn skip_equal(one: &mut Self, other: &mut Lines<'_>) {
        let equal = equal_bytes(one.0, other.0);
        let all = one.0.len();
        if equal == all && equal == other.0.len() {
            (one.0, other.0) = (&[], &[]);
            return;
        }
        loop {
            let mut rest = one.clone();
            let is_line = rest.next().is_some();
            if !is_line || all - rest.0.len() > equal {
                break;
            }
            *one = rest;
        }
        other.0 = other.0.get(all - one.0.len()..).unwrap_or_default();
    }
}

/// With how many equal bytes both begin.
fn equal_bytes(one: &[u8], other: &[u8]) -> usize {
    let steps = one.as_chunks::<32>().0.iter().zip(other.as_chunks::<32>().0);
    let whole = 32 * steps.take_while(|(one, other)| one == other).count();
    let rest = one.iter().skip(whole).zip(other.iter().skip(whole));
    whole + rest.take_while(|(one, other)| one == other).count()
}

/// Reads trees; those read lately are not unpacked again.
pub(super) struct Trees {
    repo: Arc<Repo>,
    packs: PackReader,
    /// Buffers to use again.
    spare: Vec<Vec<u8>>,
    /// Each folder as it was in the older tree of the comparison before: a walk back finds it in the
    /// newer tree of the next.
    older: HashMap<Vec<u8>, (ObjectName, Vec<u8>), RandomState>,
    older_bytes: usize,
    /// The folder that was looked for last, and in which tree: the older of two is the newer of the
    /// next two.
    below: Option<(ObjectName, ObjectName)>,
    /// Files that were judged.
    judged: HashMap<ObjectName, bool, RandomState>,
}

/// How many judged files are remembered.
const JUDGED: usize = 1 << 14;

/// How many bytes of older folders are kept.
const OLDER: usize = 16 << 20;

impl Trees {
    pub(super) fn new(repo: Arc<Repo>, packs: Arc<Packs>) -> Self {
        Self {
            repo,
            packs: PackReader::new(packs),
            spare: Vec::new(),
            older: HashMap::default(),
            older_bytes: 0,
            below: None,
            judged: HashMap::default(),
        }
    }

    /// The bytes of a tree.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold it.
    fn read(&mut self, id: ObjectName) -> Result<Vec<u8>, Gap> {
        let mut tree = self.spare.pop().unwrap_or_default();
        tree.clear();
        if id != NO_TREE && self.packs.read(id, &mut tree) != Some(Kind::Tree) {
            self.read_loose(id, &mut tree)?;
        }
        Ok(tree)
    }

    /// The bytes of a folder of a newer tree.
    fn read_newer(&mut self, path: &[u8], id: ObjectName) -> Result<Vec<u8>, Gap> {
        match self.older.get_mut(path) {
            Some((known, tree)) if *known == id => {
                *known = NO_TREE;
                self.older_bytes = self.older_bytes.saturating_sub(tree.len());
                Ok(std::mem::take(tree))
            }
            _ => self.read(id),
        }
    }

    /// Keeps a folder of an older tree.
    fn keep_older(&mut self, path: &[u8], id: ObjectName, tree: Vec<u8>) {
        if self.older_bytes + tree.len() > OLDER {
            self.older.clear();
            self.older_bytes = 0;
        }
        self.older_bytes += tree.len();
        match self.older.get_mut(path) {
            Some(kept) => {
                let (_, before) = std::mem::replace(kept, (id, tree));
                self.older_bytes = self.older_bytes.saturating_sub(before.len());
                if before.capacity() > 0 {
                    self.spare.push(before);
                }
            }
            None => {
                self.older.insert(path.to_vec(), (id, tree));
            }
        }
    }

    /// Whether a file is quiet. One that cannot be read is not.
    pub(super) fn is_quiet(&mut self, id: ObjectName, judge: Judge) -> bool {
        if let Some(known) = self.judged.get(&id) {
            return *known;
        }
        let mut content = self.spare.pop().unwrap_or_default();
        let is_quiet = match self.packs.read(id, &mut content) {
            Some(Kind::Blob) => (judge.content)(&content),
            _ => self.repo.blob(oid(id)).is_ok_and(|blob| (judge.content)(&blob.bytes)),
        };
        self.spare.push(content);
        if self.judged.len() >= JUDGED {
            self.judged.clear();
        }
        self.judged.insert(id, is_quiet);
        is_quiet
    }

    /// What no pack holds.
    fn read_loose(&self, id: ObjectName, tree: &mut Vec<u8>) -> Result<(), Gap> {
        let missing = || Gap {
            missing: id.to_string(),
            reason: format!("this clone is partial: the tree {} is missing", id.short()),
            help: "git fetch --refetch".to_owned(),
        };
        let git = self.repo.git();
        let objects = git.odb().map_err(|_| missing())?;
        let object = objects.read(oid(id)).map_err(|_| missing())?;
        if object.kind() != ObjectType::Tree {
            return Err(missing());
        }
        tree.clear();
        tree.extend_from_slice(object.data());
        Ok(())
    }

    /// The tree of a folder below another; [`NO_TREE`] where there is none.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold a tree on the way.
    pub(super) fn below(&mut self, tree: ObjectName, folder: &str) -> Result<ObjectName, Gap> {
        if let Some((_, found)) = self.below.filter(|(of, _)| *of == tree) {
            return Ok(found);
        }
        let mut at = tree;
        for segment in folder.split('/').filter(|segment| !segment.is_empty()) {
            let bytes = self.read(at)?;
            let found = Lines(&bytes).find(|line| line.name == segment.as_bytes() && line.is_folder());
            at = found.map_or(NO_TREE, |line| line.id);
            self.spare.push(bytes);
        }
        self.below = Some((tree, at));
        Ok(at)
    }

    /// Tells every path in which two trees differ, until it is told enough.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold a tree, or more differs than is read.
    pub(super) fn compare(
        &mut self,
        new: ObjectName,
        old: ObjectName,
        tell: &mut ToldLines<'_>,
    ) -> Result<(), Gap> {
        let mut comparison = Comparison { trees: self, path: Vec::new(), read: 0, tell };
        comparison.folders(new, old).map(drop)
    }
}

/// Who is told of a path and its lines in the newer and in the older tree.
pub(super) type ToldLines<'t> =
    dyn FnMut(&[u8], Option<&Line<'_>>, Option<&Line<'_>>) -> ControlFlow<()> + 't;

/// A comparison on its way through two trees.
struct Comparison<'c, 't> {
    trees: &'c mut Trees,
    path: Vec<u8>,
    /// How many folders were read.
    read: usize,
    tell: &'c mut ToldLines<'t>,
}

impl Comparison<'_, '_> {
    /// Compares two folders. Deep trees end at the limit of paths.
    fn folders(&mut self, new: ObjectName, old: ObjectName) -> Result<ControlFlow<()>, Gap> {
        if self.path.len() > limits::PATH_BYTES {
            return Ok(ControlFlow::Continue(()));
        }
        self.read += 1;
        if self.read > limits::TREE_ENTRIES {
            return Err(too_many(new));
        }
        let (newer, older) = (self.trees.read_newer(&self.path, new)?, self.trees.read(old)?);
        let flow = self.lines(Lines(&newer), Lines(&older));
        self.trees.spare.push(newer);
        self.trees.keep_older(&self.path, old, older);
        flow
    }

    fn lines(&mut self, mut new: Lines<'_>, mut old: Lines<'_>) -> Result<ControlFlow<()>, Gap> {
        loop {
            Lines::skip_equal(&mut new, &mut old);
            let (rest, of_old) = (new.clone(), old.clone());
            let (left, right) = (new.next(), old.next());
            let order = match (&left, &right) {
                (Some(one), Some(other)) => one.order(other),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return Ok(ControlFlow::Continue(())),
            };
            // The line that comes first stands on one side only; the other waits.
            let (left, right) = match order {
                Ordering::Less => {
                    old = of_old;
                    (left, None)
                }
                Ordering::Greater => {
                    new = rest;
                    (None, right)
                }
                Ordering::Equal => (left, right),
            };
            let flow = self.line(left.as_ref(), right.as_ref())?;
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }

    /// Compares what one name stands for on both sides.
    fn line(&mut self, left: Option<&Line<'_>>, right: Option<&Line<'_>>) -> Result<ControlFlow<()>, Gap> {
        let Some(line) = left.or(right) else { return Ok(ControlFlow::Continue(())) };
        let length = self.path.len();
        if length > 0 {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(line.name);
        let flow = if line.is_folder() {
            let id = |side: Option<&Line<'_>>| side.map_or(NO_TREE, |line| line.id);
            self.folders(id(left), id(right))?
        } else {
            (self.tell)(&self.path, left, right)
        };
        self.path.truncate(length);
        Ok(flow)
    }
}

/// What is said where two trees differ in more than is read.
pub(super) fn too_many(id: ObjectName) -> Gap {
    Gap {
        missing: id.to_string(),
        reason: format!("a commit changes more than {} files", limits::TREE_ENTRIES),
        help: String::new(),
    }
}

/// The name as libgit2 takes it.
pub(super) fn oid(name: ObjectName) -> Oid {
    Oid::from_bytes(&name.0).unwrap_or(Oid::ZERO_SHA1)
}
