//! Files in memory: tests, the examples of rule pages, and what is made while running.

use std::sync::Arc;

use mlgitops_files::{Blob, ReadError, RepoPath, limits};

use super::tree::{Found, Source, Store, files_by_source};

/// A tree in memory.
pub struct Memory {
    source: Source<Bytes>,
}

struct Bytes;

impl Store for Bytes {
    type Handle = Arc<[u8]>;

    fn fetch(&self, _path: &RepoPath, bytes: &Arc<[u8]>) -> Result<Blob, ReadError> {
        match bytes.len() as u64 {
            size if size > limits::FILE_BYTES => Err(ReadError::TooLarge(size)),
            _ => Ok(Blob { bytes: Arc::clone(bytes) }),
        }
    }
}

impl Memory {
    /// A tree of these files. Of two at one path the first stands.
    #[must_use]
    pub fn new(files: Vec<(String, Vec<u8>)>) -> Self {
        Self::with_links(files, Vec::new())
    }

    /// A tree of these files and of symbolic links, each with its target as written.
    #[must_use]
    pub fn with_links(files: Vec<(String, Vec<u8>)>, links: Vec<(String, String)>) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path.into_bytes(), Found::File(bytes.into())));
        let links =
            links.into_iter().map(|(path, target)| (path.into_bytes(), Found::Link(target.into_bytes())));
        Self { source: Source::new(Bytes, files.chain(links).collect(), Vec::new()) }
    }
}

files_by_source!(Memory);
