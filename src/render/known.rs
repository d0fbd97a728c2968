//! The jobs of a plan, each once. A job is as long as everything that a deployment gives it, so all
//! of a round are hashed at once, by all processors, and no second time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::Arc;

use rayon::prelude::*;

use crate::render::Job;

/// Every job that was asked for, in the order in which they first were.
#[derive(Debug, Default)]
pub(super) struct KnownJobs {
    hashes: RandomState,
    numbers: HashMap<Hashed, usize>,
    jobs: Vec<(Arc<Job>, Option<usize>)>,
}

/// A job with its hash.
#[derive(Debug, PartialEq, Eq)]
struct Hashed {
    hash: u64,
    job: Arc<Job>,
}

impl Hash for Hashed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl KnownJobs {
    /// The number of each of some jobs.
    pub(super) fn numbers(&mut self, jobs: Vec<Arc<Job>>) -> Vec<usize> {
        let hashes = &self.hashes;
        let hashed = |job| Hashed { hash: hashes.hash_one(&job), job };
        #[allow(clippy::mutable_key_type, reason = "what a job is hashed by never changes")]
        let hashed: Vec<Hashed> = jobs.into_par_iter().map(hashed).collect();
        self.numbers.reserve(hashed.len());
        let number = |hashed: Hashed| match self.numbers.entry(hashed) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let number = self.jobs.len();
                self.jobs.push((Arc::clone(&free.key().job), None));
                *free.insert(number)
            }
        };
        hashed.into_iter().map(number).collect()
    }

    /// The job of a number.
    pub(super) fn job(&self, number: usize) -> Option<&Arc<Job>> {
        self.jobs.get(number).map(|(job, _)| job)
    }

    /// The index of what a job rendered; `None` before it ran.
    pub(super) fn rendering(&self, number: usize) -> Option<usize> {
        self.jobs.get(number).and_then(|(_, rendering)| *rendering)
    }

    /// Notes the index of what a job rendered.
    pub(super) fn ran(&mut self, number: usize, rendering: usize) {
        if let Some((_, ran)) = self.jobs.get_mut(number) {
            *ran = Some(rendering);
        }
    }
}

#[cfg(test)]
mod tests {
    use mlgitops_files::RepoPath;

    use super::*;
    use crate::render::{Plain, Tool};

    fn job(path: &str) -> Arc<Job> {
        Arc::new(Job { path: RepoPath::parse(path).unwrap(), tool: Tool::Plain(Plain::default()) })
    }

    #[test]
    fn a_job_has_one_number_whenever_it_is_asked_for() {
        let mut known = KnownJobs::default();
        assert_eq!(known.numbers(vec![job("b"), job("a"), job("b")]), [0, 1, 0]);
        known.ran(1, 7);
        assert_eq!(known.numbers(vec![job("c"), job("a")]), [2, 1]);
        let ran: Vec<_> = (0..4).map(|number| known.rendering(number)).collect();
        assert_eq!(ran, [None, Some(7), None, None]);
        assert_eq!(known.job(2), Some(&job("c")));
    }
}
