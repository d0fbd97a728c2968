//! What discovery read, for the renderers: no file is read twice.

use std::sync::Arc;

use mlgitops_files::{RepoPath, Traced};
use mlgitops_yaml::{Library, SourceFile, Tree};

use crate::discover::{Discovery, FileKind};

/// The files that discovery read and parsed.
pub(super) struct Discovered<'d> {
    discovery: &'d Discovery,
    /// Who notes that they are read.
    trace: Option<&'d Traced>,
}

impl<'d> Discovered<'d> {
    /// For jobs of which nobody asks what they look at.
    pub(super) fn new(discovery: &'d Discovery) -> Self {
        Self { discovery, trace: None }
    }

    /// For a job whose files are traced.
    pub(super) fn traced(discovery: &'d Discovery, trace: &'d Traced) -> Self {
        Self { discovery, trace: Some(trace) }
    }
}

impl Library for Discovered<'_> {
    fn text(&self, path: &RepoPath) -> Option<Arc<SourceFile>> {
        let found = self.discovery.files.get(path)?;
        if let Some(trace) = self.trace {
            trace.note_read(path);
        }
        Some(Arc::clone(&found.file))
    }

    fn tree(&self, path: &RepoPath) -> Option<Arc<Tree>> {
        // A template was not parsed.
        let found = self.discovery.files.get(path).filter(|found| found.kind != FileKind::Template);
        found.map(|found| Arc::clone(&found.tree))
    }
}
