//! What discovery read, for the renderers: no file is read twice.

use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};
use mlgitops_yaml::{Library, SourceFile, Tree};

use crate::discover::{Discovery, FileKind, Found};

/// The files that discovery read and parsed.
pub(super) struct Discovered<'d> {
    discovery: &'d Discovery,
    files: &'d Arc<dyn Files>,
}

impl<'d> Discovered<'d> {
    pub(super) fn new(files: &'d Arc<dyn Files>, discovery: &'d Discovery) -> Self {
        Self { discovery, files }
    }

    fn find(&self, path: &RepoPath) -> Option<&Found> {
        let found = self.discovery.files.get(path)?;
        // It stands for a look at the file, which a trace has to hold.
        let _ = self.files.kind(path);
        Some(found)
    }
}

impl Library for Discovered<'_> {
    fn text(&self, path: &RepoPath) -> Option<Arc<SourceFile>> {
        self.find(path).map(|found| Arc::clone(&found.file))
    }

    fn tree(&self, path: &RepoPath) -> Option<Arc<Tree>> {
        // A template was not parsed.
        let found = self.find(path).filter(|found| found.kind != FileKind::Template);
        found.map(|found| Arc::clone(&found.tree))
    }
}
