//! Files of a folder on disk, or of a table in the test, for the tests of this crate.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mlgitops_files::{Blob, Entry, EntryKind, Files, ReadError, RepoPath};

/// Files by path.
#[derive(Default)]
pub(crate) struct Table {
    files: BTreeMap<String, Arc<[u8]>>,
}

impl Table {
    /// A tree of these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Arc<dyn Files> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().into())).collect();
        Arc::new(Self { files })
    }

    /// A tree of a folder on disk.
    pub(crate) fn of_folder(folder: &Path) -> Arc<dyn Files> {
        let mut table = Self::default();
        table.add(folder, "");
        Arc::new(table)
    }

    fn add(&mut self, folder: &Path, prefix: &str) {
        let mut entries: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                self.add(&path, &format!("{name}/"));
            } else {
                self.files.insert(name, std::fs::read(&path).unwrap().into());
            }
        }
    }
}

impl Files for Table {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        let bytes = self.files.get(path.as_str()).cloned().ok_or(ReadError::Missing)?;
        Ok(Blob { bytes })
    }

    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        let prefix = if folder.is_root() { String::new() } else { format!("{folder}/") };
        let mut entries: Vec<Entry> = Vec::new();
        for name in self.files.keys().filter_map(|path| path.strip_prefix(&prefix)) {
            let (first, kind) = match name.split_once('/') {
                Some((first, _)) => (first, EntryKind::Folder),
                None => (name, EntryKind::File),
            };
            let path = RepoPath::parse(&format!("{prefix}{first}")).unwrap();
            if entries.last().is_none_or(|last| last.path != path) {
                entries.push(Entry { path, kind });
            }
        }
        entries
    }

    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        if self.files.contains_key(path.as_str()) {
            return Some(EntryKind::File);
        }
        let prefix = format!("{path}/");
        let below = self.files.keys().any(|name| path.is_root() || name.starts_with(&prefix));
        below.then_some(EntryKind::Folder)
    }

    fn all(&self) -> Vec<Entry> {
        let entry = |path: &String| Entry { path: RepoPath::parse(path).unwrap(), kind: EntryKind::File };
        self.files.keys().map(entry).collect()
    }
}
