//! Files in memory.

use std::collections::BTreeMap;

use mlgitops_files::{Blob, Entry, EntryKind, Files, Listing, ReadError, RepoPath};

/// A tree in memory.
pub struct Memory {
    listing: Listing,
    files: BTreeMap<RepoPath, Vec<u8>>,
}

impl Memory {
    /// A tree of these files.
    #[must_use]
    pub fn new(files: Vec<(String, Vec<u8>)>) -> Self {
        let files: BTreeMap<RepoPath, Vec<u8>> = files
            .into_iter()
            .filter_map(|(path, bytes)| Some((RepoPath::parse(&path).ok()?, bytes)))
            .collect();
        let entries = files.keys().map(|path| Entry { path: path.clone(), kind: EntryKind::File });
        Self { listing: Listing::new(entries.collect()), files }
    }
}

impl Files for Memory {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        let bytes = self.files.get(path).ok_or(ReadError::Missing)?;
        Ok(Blob { bytes: bytes.as_slice().into() })
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.listing.list(folder)
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.listing.kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        self.listing.all().to_vec()
    }
}
