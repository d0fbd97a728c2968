//! What discovery read, for the renderers: no file is read twice.

use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Library, SourceFile, Tree};

use crate::discover::{Discovery, FileKind};

/// The files that discovery read and parsed.
pub(super) struct Discovered<'d>(pub(super) &'d Discovery);

impl Library for Discovered<'_> {
    fn text(&self, path: &RepoPath) -> Option<Arc<SourceFile>> {
        self.0.files.get(path).map(|found| Arc::clone(&found.file))
    }

    fn tree(&self, path: &RepoPath) -> Option<Arc<Tree>> {
        // A template was not parsed.
        let found = self.0.files.get(path).filter(|found| found.kind != FileKind::Template);
        found.map(|found| Arc::clone(&found.tree))
    }
}
