//! A chain of commits in memory: the examples of rule pages, and tests.

use std::ops::ControlFlow;
use std::sync::Arc;

use mlgitops_files::{Blob, EntryKind, Files};

use super::chain::{About, Chain, Differs, Gap, Judge, Link, ObjectName, Told};

/// Commits in memory.
pub struct MemoryChain {
    commits: Vec<MemoryCommit>,
}

/// One of them.
pub struct MemoryCommit {
    /// What it holds.
    pub files: Arc<dyn Files>,
    /// The committer date, seconds since 1970.
    pub time: i64,
    /// Who made it.
    pub about: About,
}

impl MemoryChain {
    /// A chain of some commits, the oldest first. Their names count them: `1111111` …
    #[must_use]
    pub fn new(mut oldest_first: Vec<MemoryCommit>) -> Self {
        oldest_first.reverse();
        Self { commits: oldest_first }
    }

    fn number(&self, at: usize) -> u8 {
        u8::try_from(self.commits.len() - at.min(self.commits.len())).unwrap_or(u8::MAX)
    }
}

impl Chain for MemoryChain {
    fn link(&self, at: usize) -> Result<Option<Link>, Gap> {
        let number = self.number(at);
        let name = ObjectName([number << 4 | (number & 0xf); 20]);
        Ok(self.commits.get(at).map(|commit| Link { id: name, time: commit.time }))
    }

    fn about(&self, at: usize) -> About {
        self.commits.get(at).map(|commit| commit.about.clone()).unwrap_or_default()
    }

    fn files(&self, at: usize) -> Result<Arc<dyn Files>, Gap> {
        let missing = || Gap { missing: at.to_string(), reason: String::new(), help: String::new() };
        self.commits.get(at).map(|commit| Arc::clone(&commit.files)).ok_or_else(missing)
    }

    fn changed(&self, at: usize, judge: Judge, tell: &mut Told<'_>) -> Result<(), Gap> {
        let (Some(new), Some(old)) = (self.commits.get(at), self.commits.get(at + 1)) else { return Ok(()) };
        let mut paths: Vec<_> = new.files.all();
        paths.extend(old.files.all());
        for entry in paths {
            let kinds = [new.files.kind(&entry.path), old.files.kind(&entry.path)];
            let contents = [&new.files, &old.files].map(|files| files.read(&entry.path).ok());
            let is_same = kinds[0] == kinds[1] && contents[0] == contents[1];
            let is_special = kinds.iter().flatten().any(|kind| *kind != EntryKind::File);
            let quiet = |blob: &Option<Blob>| blob.as_ref().is_some_and(|blob| (judge.content)(&blob.bytes));
            let is_quiet =
                !is_special && (judge.path)(entry.path.as_str().as_bytes()) && contents.iter().all(quiet);
            let how = Differs { is_special, on_both: kinds.iter().all(Option::is_some), is_quiet };
            if !is_same && tell(entry.path.as_str().as_bytes(), how) == ControlFlow::Break(()) {
                return Ok(());
            }
        }
        Ok(())
    }
}
