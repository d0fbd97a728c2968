//! Cases: small repositories with what kustomize made of them.

#![allow(dead_code, reason = "each test uses its part of this")]

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::{Blob, Entry, EntryKind, Files, Listing, ReadError, RepoPath};

/// What kustomize said.
#[derive(Debug)]
pub(crate) enum Expected {
    /// It printed these objects.
    Output(String),
    /// It ended with this error.
    Refused(String),
}

/// One repository, and the folder to build.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its file's stem.
    pub(crate) name: String,
    /// The folder to build.
    pub(crate) folder: RepoPath,
    /// Its files.
    pub(crate) contents: BTreeMap<String, String>,
    /// What kustomize said.
    pub(crate) expected: Expected,
}

impl Case {
    /// Every case, by name.
    pub(crate) fn all() -> Vec<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: &std::path::PathBuf| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            Self::parse(name, &std::fs::read_to_string(path).unwrap())
        };
        paths.iter().map(read).collect()
    }

    /// A repository of these files; its root is built.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let contents = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let expected = Expected::Output(String::new());
        Self { name: String::new(), folder: RepoPath::root(), contents, expected }
    }

    fn parse(name: String, text: &str) -> Self {
        let (head, rest) = text.split_once('\n').unwrap();
        let folder = RepoPath::parse(head.strip_prefix("build ").unwrap()).unwrap();
        let mut contents = BTreeMap::new();
        let mut expected = None;
        for section in rest.split("=== ").skip(1) {
            let (title, body) = section.split_once('\n').unwrap_or((section.trim_end(), ""));
            match title {
                "output" => expected = Some(Expected::Output(body.to_owned())),
                "refused" => expected = Some(Expected::Refused(body.to_owned())),
                path => drop(contents.insert(path.to_owned(), body.to_owned())),
            }
        }
        let expected = expected.unwrap_or_else(|| panic!("{name}: run the oracle"));
        Self { name, folder, contents, expected }
    }

    /// The repository.
    pub(crate) fn files(&self) -> Arc<dyn Files> {
        Arc::new(Memory::of(&self.contents))
    }
}

struct Memory {
    blobs: BTreeMap<RepoPath, Blob>,
    listing: Listing,
}

impl Memory {
    fn of(contents: &BTreeMap<String, String>) -> Self {
        let blobs: BTreeMap<RepoPath, Blob> = contents
            .iter()
            .map(|(path, text)| (RepoPath::parse(path).unwrap(), Blob { bytes: text.as_bytes().into() }))
            .collect();
        let entries = blobs.keys().map(|path| Entry { path: path.clone(), kind: EntryKind::File });
        let listing = Listing::new(entries.collect());
        Self { blobs, listing }
    }
}

impl Files for Memory {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        self.blobs.get(path).cloned().ok_or(ReadError::Missing)
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
