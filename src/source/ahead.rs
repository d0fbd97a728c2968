//! The differences of commits that are next: compared ahead of being asked for, in parallel, first
//! a few and then more and more.

use std::ops::ControlFlow;

use mlgitops_files::limits;
use rayon::prelude::*;

use super::chain::{Differs, Gap, ObjectName, Told};
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
    found: Vec<Result<Vec<Found>, Gap>>,
    /// One reader for each part of a stretch, with what it remembers of the stretch before.
    readers: Vec<Trees>,
}

/// A path that differs, and how.
type Found = (Box<[u8]>, Differs);

/// How many commits are compared at first, and at most at once.
const FEW: usize = 16;
const MANY: usize = 16_384;
/// How many commits a thread is worth.
const PART: usize = 64;
/// Most threads that read: each remembers trees of its own.
const THREADS: usize = 4;

impl Ahead {
    /// Whether a commit was compared.
    pub(super) fn holds(&self, at: usize) -> bool {
        at.checked_sub(self.from).is_some_and(|number| number < self.found.len())
    }

    /// How many commits are worth comparing from a position on.
    pub(super) fn count_from(&self, at: usize) -> usize {
        let goes_on = !self.found.is_empty() && at == self.from + self.found.len();
        if goes_on { (self.found.len() * 4).clamp(FEW, MANY) } else { FEW }
    }

    /// Compares commits from a position on.
    pub(super) fn read(&mut self, from: usize, pairs: &[Pair], folder: &str, reader: impl Fn() -> Trees) {
        let parts = pairs.len().div_ceil(PART).clamp(1, rayon::current_num_threads().clamp(1, THREADS));
        while self.readers.len() < parts {
            self.readers.push(reader());
        }
        let size = pairs.len().div_ceil(parts).max(1);
        let parts = self.readers.par_iter_mut().zip(pairs.par_chunks(size));
        let found: Vec<Vec<_>> = parts
            .map(|(trees, pairs)| pairs.iter().map(|pair| differing(trees, *pair, folder)).collect())
            .collect();
        self.from = from;
        self.found = found.into_iter().flatten().collect();
    }

    /// Tells what was found at a commit.
    pub(super) fn tell(&self, at: usize, tell: &mut Told<'_>) -> Result<(), Gap> {
        let found = at.checked_sub(self.from).and_then(|number| self.found.get(number));
        match found {
            Some(Ok(found)) => {
                for (path, how) in found {
                    if tell(path, *how).is_break() {
                        break;
                    }
                }
                Ok(())
            }
            Some(Err(gap)) => Err(gap.clone()),
            None => Ok(()),
        }
    }
}

/// The paths below a folder in which two commits differ.
fn differing(trees: &mut Trees, pair: Pair, folder: &str) -> Result<Vec<Found>, Gap> {
    let mut found: Vec<Found> = Vec::new();
    let (new, old) = (trees.below(pair.new, folder)?, trees.below(pair.old, folder)?);
    if new == old {
        return Ok(found);
    }
    let mut tell = |path: &[u8], new: Option<&Line<'_>>, old: Option<&Line<'_>>| {
        let how = Differs {
            is_special: [new, old].iter().flatten().any(|line| !line.is_file()),
            on_both: new.is_some() && old.is_some(),
        };
        found.push((path.into(), how));
        if found.len() > limits::TREE_ENTRIES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    trees.compare(new, old, &mut tell)?;
    if found.len() > limits::TREE_ENTRIES { Err(too_many(pair.new)) } else { Ok(found) }
}
