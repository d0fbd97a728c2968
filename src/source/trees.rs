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
use super::error::{NO_FILTER, SourceError};
use super::packs::{Kind, PackReader};
use super::repository::Repo;
use super::tree::Finds;

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

    /// The mode, as a number.
    fn mode(&self) -> u32 {
        self.mode.iter().fold(0, |mode, digit| mode << 3 | u32::from(digit & 7))
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
    /// `begins` says where lines of the first begin, counted from its end, if it says anything.
    fn skip_equal(one: &mut Self, other: &mut Lines<'_>, begins: &[usize]) {
        let equal = equal_bytes(one.0, other.0);
        let all = one.0.len();
        if equal == all && equal == other.0.len() {
            (one.0, other.0) = (&[], &[]);
            return;
        }
        let within = begins.partition_point(|&left| left >= all - equal);
        if let Some(&left) = within.checked_sub(1).and_then(|at| begins.get(at)) {
            one.0 = one.0.get(all.saturating_sub(left)..).unwrap_or_default();
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

    /// Where its lines begin: how many bytes are left there, and 0 behind the last.
    fn begins(mut self) -> Vec<usize> {
        let mut begins = Vec::new();
        loop {
            begins.push(self.0.len());
            if self.next().is_none() {
                return begins;
            }
        }
    }
}

/// With how many equal bytes both begin.
fn equal_bytes(one: &[u8], other: &[u8]) -> usize {
    let is_same = |one: &[u8; 64], other: &[u8; 64]| {
        let (one, other) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
        let differ = |one: &[u8; 8], other: &[u8; 8]| u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other);
        one.iter().zip(other).fold(0, |all, (one, other)| all | differ(one, other)) == 0
    };
    let steps = one.as_chunks().0.iter().zip(other.as_chunks().0);
    let whole = 64 * steps.take_while(|(one, other)| is_same(one, other)).count();
    let (one, other) = (one.get(whole..).unwrap_or_default(), other.get(whole..).unwrap_or_default());
    // Where eight bytes differ, the first that does is the lowest of their number.
    let words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let differ = |(one, other): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
    let mut equal = 0;
    for bits in words.map(differ) {
        if bits != 0 {
            return whole + equal + bits.trailing_zeros() as usize / 8;
        }
        equal += 8;
    }
    let rest = one.iter().skip(equal).zip(other.iter().skip(equal));
    whole + equal + rest.take_while(|(one, other)| one == other).count()
}

/// A tree as it was read.
#[derive(Default)]
struct Folder {
    bytes: Vec<u8>,
    /// Where its lines begin, in a large one, once somebody asked.
    begins: Vec<usize>,
}

/// From how many bytes on it is worth knowing where the lines of a folder begin.
const LARGE: usize = 256;

/// Reads trees; those read lately are not unpacked again.
pub(super) struct Trees {
    repo: Arc<Repo>,
    packs: PackReader,
    /// Buffers to use again.
    spare: Vec<Vec<u8>>,
    /// The folders of older trees of the comparisons before: a walk back finds them in the newer tree of
    /// the next.
    older: HashMap<ObjectName, Folder, RandomState>,
    older_bytes: usize,
    /// The folder that was looked for last, and in which tree: the older of two is the newer of the
    /// next two.
    below: Option<(ObjectName, ObjectName)>,
    /// Files that were judged.
    judged: HashMap<ObjectName, bool, RandomState>,
}

/// How many bytes a reader keeps of what it unpacked, twice: the bases of deltas lie some hundred
/// commits away at most, for Git looks among the next of one name only.
const KEPT: usize = 2 << 20;

/// How many buffers wait to be used again.
const SPARE: usize = 16;

/// How many judged files are remembered.
const JUDGED: usize = 1 << 14;

/// How many bytes of older folders are kept.
const OLDER: usize = 4 << 20;

impl Trees {
    pub(super) fn new(repo: Arc<Repo>) -> Self {
        Self {
            packs: PackReader::new(Arc::clone(repo.packs()), KEPT),
            repo,
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

    /// Takes a buffer back; a few are enough for the folders on one way down.
    fn recycle(&mut self, buffer: Vec<u8>) {
        if self.spare.len() < SPARE {
            self.spare.push(buffer);
        }
    }

    /// The bytes of a folder of a newer tree.
    fn read_newer(&mut self, id: ObjectName) -> Result<Folder, Gap> {
        let mut folder = match self.older.remove(&id) {
            Some(folder) => {
                self.older_bytes = self.older_bytes.saturating_sub(folder.bytes.len());
                folder
            }
            None => Folder { bytes: self.read(id)?, begins: Vec::new() },
        };
        if folder.begins.is_empty() && folder.bytes.len() > LARGE {
            folder.begins = Lines(&folder.bytes).begins();
        }
        Ok(folder)
    }

    /// Keeps a folder of an older tree.
    fn keep_older(&mut self, id: ObjectName, mut folder: Folder) {
        // A buffer is as large as the largest folder it held.
        if folder.bytes.capacity() > 2 * folder.bytes.len() {
            let kept = folder.bytes.as_slice().to_vec();
            self.recycle(std::mem::replace(&mut folder.bytes, kept));
        }
        if self.older_bytes + folder.bytes.len() > OLDER {
            self.older.clear();
            self.older_bytes = 0;
        }
        self.older_bytes += folder.bytes.len();
        if let Some(same) = self.older.insert(id, folder) {
            self.older_bytes = self.older_bytes.saturating_sub(same.bytes.len());
            self.recycle(same.bytes);
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
        self.recycle(content);
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
            help: NO_FILTER.to_owned(),
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
            self.recycle(bytes);
        }
        self.below = Some((tree, at));
        Ok(at)
    }

    /// Everything a commit holds below a folder, by paths below that folder; nothing where it has no
    /// such folder.
    ///
    /// # Errors
    /// [`SourceError`] where this clone does not hold a tree, or the commit more than is read.
    pub(super) fn everything(&mut self, commit: Oid, folder: &str) -> Result<Finds<Oid>, SourceError> {
        let repo = Arc::clone(&self.repo);
        let lacks = |gap: Gap| repo.lacks_tree(&gap.missing);
        let top = self.below(name(repo.tree_of(commit)?), folder).map_err(lacks)?;
        let mut found = Vec::new();
        let mut folders = vec![(Vec::new(), top)];
        let mut seen = 0usize;
        while let Some((folder, id)) = folders.pop() {
            let tree = self.read(id).map_err(lacks)?;
            let mut lines = Lines(&tree);
            for line in lines.by_ref() {
                seen += 1;
                let path = if folder.is_empty() {
                    line.name.to_vec()
                } else {
                    [&folder, &b"/"[..], line.name].concat()
                };
                if line.is_folder() && path.len() <= limits::PATH_BYTES {
                    folders.push((path, line.id));
                } else {
                    found.push((path, repo.find(line.mode(), oid(line.id))));
                }
            }
            if !lines.0.is_empty() {
                return Err(repo.lacks_tree(&id.to_string()));
            }
            if seen > limits::TREE_ENTRIES {
                return Err(repo.too_many());
            }
            self.recycle(tree);
        }
        Ok(found)
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
        let (newer, older) = (self.trees.read_newer(new)?, self.trees.read(old)?);
        let mut same_begins = newer.bytes.len() == older.len();
        let flow = self.lines(Lines(&newer.bytes), Lines(&older), &newer.begins, &mut same_begins);
        let begins = if same_begins && flow.is_ok() { newer.begins } else { Vec::new() };
        self.trees.recycle(newer.bytes);
        self.trees.keep_older(old, Folder { bytes: older, begins });
        flow
    }

    /// Compares what is left of two folders, until it is told enough; takes note where lines of the
    /// two begin at different bytes.
    fn lines(
        &mut self,
        mut new: Lines<'_>,
        mut old: Lines<'_>,
        begins: &[usize],
        same_begins: &mut bool,
    ) -> Result<ControlFlow<()>, Gap> {
        loop {
            Lines::skip_equal(&mut new, &mut old, begins);
            let (rest, of_old) = (new.clone(), old.clone());
            let (left, right) = (new.next(), old.next());
            let order = match (&left, &right) {
                (Some(one), Some(other)) => one.order(other),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return Ok(ControlFlow::Continue(())),
            };
            *same_begins &= order == Ordering::Equal && new.0.len() == old.0.len();
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
                *same_begins = false;
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

/// The name that libgit2 gives.
pub(super) fn name(id: Oid) -> ObjectName {
    let mut bytes = [0; 20];
    bytes.iter_mut().zip(id.as_bytes()).for_each(|(byte, from)| *byte = *from);
    ObjectName(bytes)
}

/// The name as libgit2 takes it.
pub(super) fn oid(name: ObjectName) -> Oid {
    Oid::from_bytes(&name.0).unwrap_or(Oid::ZERO_SHA1)
}

#[cfg(test)]
mod tests {
    use super::equal_bytes;

    #[test]
    fn bytes_are_equal_up_to_the_first_that_differs() {
        let one: Vec<u8> = (0..=255).cycle().take(300).collect();
        for length in [0, 1, 7, 8, 9, 63, 64, 65, 71, 72, 73, 128, 200, 300] {
            let whole = &one[..length];
            assert_eq!(equal_bytes(whole, &one), length);
            for at in 0..length {
                let mut other = whole.to_vec();
                other[at] ^= 0x80;
                assert_eq!(equal_bytes(whole, &other), at, "{length}");
            }
        }
    }
}
