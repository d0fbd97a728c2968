//! How much more one plan may render: jobs that are cheap are many, and one may print as much as a
//! thousand.

use mlgitops_files::limits;
use mlgitops_yaml::{Node, Value};

use super::run::Rendered;

/// What is left of a plan's jobs and values.
#[derive(Debug)]
pub(super) struct Room {
    jobs: usize,
    values: usize,
    /// The values of the largest rendering so far; of none, nobody knows.
    largest: Option<usize>,
}

/// Most jobs that run before what they gave is counted.
const BATCH: usize = 1_024;

/// Fewest: a machine has as many threads.
const LEAST: usize = 8;

/// How many run first, while nobody knows how large a rendering is.
const FIRST: usize = 64;

impl Default for Room {
    fn default() -> Self {
        Self { jobs: limits::PLAN_JOBS, values: limits::PLAN_VALUES, largest: None }
    }
}

impl Room {
    /// How many jobs may run at once, so that few of them fill what is left; none where it is full.
    pub(super) fn batch(&self) -> usize {
        if self.values == 0 {
            return 0;
        }
        let batch = self.largest.map_or(FIRST, |largest| self.values / largest.max(1));
        batch.clamp(LEAST, BATCH).min(self.jobs)
    }

    /// Takes off what each job of a batch gave, as [`size`] counts it. In the order of the jobs, so
    /// that every run ends at the same one.
    pub(super) fn take(&mut self, batch: &[usize]) {
        self.jobs = self.jobs.saturating_sub(batch.len());
        self.values = self.values.saturating_sub(batch.iter().sum());
        let largest = batch.iter().copied().max();
        self.largest = self.largest.max(largest);
    }

    /// The limit that was passed, in words.
    pub(super) fn limit(&self) -> String {
        match self.jobs {
            0 => format!("a run renders at most {} jobs", limits::PLAN_JOBS),
            _ => format!("a run renders at most {} values", limits::PLAN_VALUES),
        }
    }
}

/// Bytes of a text that take the memory of a further value.
const LONG: usize = 512;

/// How many values a job gave.
pub(super) fn size(rendered: &Rendered) -> usize {
    rendered.manifests.iter().map(|manifest| values(&manifest.root)).sum()
}

/// How many values a node has; a long text counts as several. No deeper than a document may be.
fn values(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar(scalar) => scalar.text.len() / LONG,
        Value::Map(map) => map.iter().map(|(_, value)| values(value)).sum(),
        Value::Sequence(items) => items.iter().map(values).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many jobs run of those that give so many values each, and in how many batches.
    fn run(values: usize) -> (usize, usize) {
        let mut room = Room::default();
        let (mut jobs, mut batches) = (0, 0);
        while room.batch() > 0 {
            let batch = room.batch();
            room.take(&vec![values; batch]);
            (jobs, batches) = (jobs + batch, batches + 1);
        }
        (jobs, batches)
    }

    #[test]
    fn small_renderings_run_until_there_are_too_many_and_large_ones_until_they_are_too_large() {
        assert_eq!(run(1), (20_000, 21));
        assert_eq!(run(400).0, 20_000);
        // A thousand objects of sixteen values each.
        assert_eq!(run(16_000), (500, 2));
        // The first ones run before anybody knows how large they are.
        assert_eq!(run(1_000_000), (64, 1));
        let mut room = Room::default();
        room.take(&[10]);
        room.take(&[5_000_000]);
        assert_eq!(room.batch(), LEAST);
        assert_eq!(room.limit(), "a run renders at most 8000000 values");
    }
}
