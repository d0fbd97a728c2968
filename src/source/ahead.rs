//! The differences of commits that are next: compared ahead of being asked for, in parallel, first
//! a few and then more and more.

use std::ops::{ControlFlow, Range};

use mlgitops_files::limits;
use rayon::prelude::*;

use super::chain::{Differs, Gap, Judge, ObjectName, Told};
use super::trees::{Line, Trees, too_many};

/// The trees of a commit and of its parent.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) new: ObjectName,
    pub(super) old: ObjectName,
}

/// What was compared ahead.
#[derive(Default)]
pub(super) struct Ahead {
    /// The position of the first commit that was.
    from: usize,
    /// How many were.
    count: usize,
    /// How many each part has, but the last.
    size: usize,
    parts: Vec<Part>,
}

/// The commits that one thread compares.
struct Part {
    /// What it remembers of the stretch before.
    trees: Trees,
    commits: Vec<Result<Range<usize>, Gap>>,
    /// The paths of all commits, one after the other: where each ends among the bytes, and how it
    /// differs.
    found: Vec<(usize, Differs)>,
    bytes: Vec<u8>,
}

/// How many commits are compared at first, and at most at once.
const FEW: usize = 16;
const MANY: usize = 16_384;
/// How many commits a thread is worth.
const WORTH: usize = 64;
/// Most threads that read: each remembers trees of its own.
const THREADS: usize = 4;

impl Ahead {
    /// Whether a commit was compared.
    pub(super) fn holds(&self, at: usize) -> bool {
        at.checked_sub(self.from).is_some_and(|number| number < self.count)
    }

    /// How many commits are worth comparing from a position on.
    pub(super) fn count_from(&self, at: usize) -> usize {
        let goes_on = self.count > 0 && at == self.from + self.count;
        if goes_on { (self.count * 4).clamp(FEW, MANY) } else { FEW }
    }

    /// Compares commits from a position on.
    pub(super) fn read(
        &mut self,
        from: usize,
        pairs: &[Pair],
        (folder, judge): (&str, Judge),
        reader: impl Fn() -> Trees,
    ) {
        let threads = rayon::current_num_threads().clamp(1, THREADS);
        let parts = pairs.len().div_ceil(WORTH).clamp(1, threads);
        while self.parts.len() < parts {
            self.parts.push(Part::of(reader()));
        }
        (self.from, self.count, self.size) = (from, pairs.len(), pairs.len().div_ceil(parts).max(1));
        let parts = self.parts.par_iter_mut().zip(pairs.par_chunks(self.size));
        parts.for_each(|(part, pairs)| part.read(pairs, folder, judge));
    }

    /// Tells what was found at a commit.
    pub(super) fn tell(&self, at: usize, tell: &mut Told<'_>) -> Result<(), Gap> {
        let Some(number) = at.checked_sub(self.from).filter(|_| self.size > 0) else { return Ok(()) };
        match self.parts.get(number / self.size) {
            Some(part) => part.tell(number % self.size, tell),
            None => Ok(()),
        }
    }
}

impl Part {
    fn of(trees: Trees) -> Self {
        Self { trees, commits: Vec::new(), found: Vec::new(), bytes: Vec::new() }
    }

    fn read(&mut self, pairs: &[Pair], folder: &str, judge: Judge) {
        self.commits.clear();
        self.found.clear();
        self.bytes.clear();
        for pair in pairs {
            let begin = self.found.len();
            let done = self.compare(*pair, folder, judge);
            self.commits.push(done.map(|()| begin..self.found.len()));
        }
    }

    fn tell(&self, number: usize, tell: &mut Told<'_>) -> Result<(), Gap> {
        let range = match self.commits.get(number) {
            Some(Ok(range)) => range.clone(),
            Some(Err(gap)) => return Err(gap.clone()),
            None => return Ok(()),
        };
        let before = range.start.checked_sub(1).and_then(|before| self.found.get(before));
        let mut start = before.map_or(0, |(end, _)| *end);
        for (end, how) in self.found.get(range).unwrap_or_default() {
            let path = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            if tell(path, *how).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Finds the paths below a folder in which two commits differ.
    fn compare(&mut self, pair: Pair, folder: &str, judge: Judge) -> Result<(), Gap> {
        let Self { trees, found, bytes, .. } = self;
        let (new, old) = (trees.below(pair.new, folder)?, trees.below(pair.old, folder)?);
        if new == old {
            return Ok(());
        }
        let most = found.len() + limits::TREE_ENTRIES;
        let mut to_judge = Vec::new();
        let mut tell = |path: &[u8], new: Option<&Line<'_>>, old: Option<&Line<'_>>| {
            let how = Differs {
                is_special: [new, old].iter().flatten().any(|line| !line.is_file()),
                on_both: new.is_some() && old.is_some(),
                is_quiet: false,
            };
            if let (Some(new), Some(old)) = (new, old)
                && !how.is_special
                && (judge.path)(path)
            {
                to_judge.push((found.len(), [new.id, old.id]));
            }
            bytes.extend_from_slice(path);
            found.push((bytes.len(), how));
            if found.len() > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        trees.compare(new, old, &mut tell)?;
        if found.len() > most {
            return Err(too_many(pair.new));
        }
        for (number, sides) in to_judge {
            let is_quiet = sides.into_iter().all(|id| trees.is_quiet(id, judge));
            if let Some((_, how)) = found.get_mut(number) {
                how.is_quiet = is_quiet;
            }
        }
        Ok(())
    }
}
