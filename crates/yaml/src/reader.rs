//! Files read as text and as trees: once, where somebody did so before.

use std::sync::Arc;

use mlgitops_files::{Files, ReadError, RepoPath};

use crate::{SourceFile, Tree, parse_file};

/// Files that were read before. A trace of the files knows nothing of what is answered from it.
pub trait Library: Sync {
    /// The text of a file.
    fn text(&self, path: &RepoPath) -> Option<Arc<SourceFile>>;

    /// The documents of a file, parsed from that text.
    fn tree(&self, path: &RepoPath) -> Option<Arc<Tree>>;
}

/// Nothing was read before.
impl Library for () {
    fn text(&self, _path: &RepoPath) -> Option<Arc<SourceFile>> {
        None
    }

    fn tree(&self, _path: &RepoPath) -> Option<Arc<Tree>> {
        None
    }
}

/// Reads files, and what was read before from a library.
#[derive(Clone, Copy)]
pub struct Reader<'r> {
    files: &'r Arc<dyn Files>,
    library: &'r dyn Library,
}

impl<'r> Reader<'r> {
    /// Reads everything itself.
    #[must_use]
    pub fn new(files: &'r Arc<dyn Files>) -> Self {
        Self { files, library: &() }
    }

    /// Reads what the library lacks.
    #[must_use]
    pub fn with_library(files: &'r Arc<dyn Files>, library: &'r dyn Library) -> Self {
        Self { files, library }
    }

    /// The files themselves.
    #[must_use]
    pub fn files(&self) -> &'r Arc<dyn Files> {
        self.files
    }

    /// A file as text.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Failed`] for one that is no text.
    pub fn text(&self, path: &RepoPath) -> Result<Arc<SourceFile>, ReadError> {
        if let Some(file) = self.library.text(path) {
            return Ok(file);
        }
        let blob = self.files.read(path)?;
        let file = SourceFile::new(path.as_str(), &blob.bytes);
        file.map(Arc::new).map_err(|error| ReadError::Failed(error.to_string()))
    }

    /// The documents of a file whose text [`Reader::text`] gave.
    #[must_use]
    pub fn tree(&self, path: &RepoPath, file: &SourceFile) -> Arc<Tree> {
        self.library.tree(path).unwrap_or_else(|| Arc::new(parse_file(file)))
    }
}
