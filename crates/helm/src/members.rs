//! The files of a chart: names relative to it, and how to read them.

use std::sync::Arc;

use mlgitops_files::{EntryKind, Files, ReadError, RepoPath, limits};
use mlgitops_yaml::{Reader, SourceFile, Tree, parse_file};

/// One file of a chart.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Its path in the chart, with `/`.
    pub(crate) name: String,
    /// How to read it.
    pub(crate) place: Place,
}

/// Where the bytes of a member are.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// In the repository.
    File(RepoPath),
    /// In an archive, unpacked: the path reports name, and the bytes.
    Unpacked(Arc<str>, Arc<[u8]>),
}

impl Member {
    /// Its path as reports name it.
    pub(crate) fn path(&self) -> &str {
        match &self.place {
            Place::File(path) => path.as_str(),
            Place::Unpacked(path, _) => path,
        }
    }

    /// Its bytes.
    pub(crate) fn bytes(&self, files: &dyn Files) -> Result<Arc<[u8]>, ReadError> {
        match &self.place {
            Place::File(path) => files.read(path).map(|blob| blob.bytes),
            Place::Unpacked(_, bytes) => Ok(Arc::clone(bytes)),
        }
    }

    /// Its text.
    pub(crate) fn text(&self, reader: Reader<'_>) -> Result<Arc<SourceFile>, String> {
        match &self.place {
            Place::File(path) => reader.text(path).map_err(|error| error.to_string()),
            Place::Unpacked(path, bytes) => {
                SourceFile::new(path, bytes).map(Arc::new).map_err(|error| error.to_string())
            }
        }
    }

    /// The documents of its text.
    pub(crate) fn tree(&self, reader: Reader<'_>, file: &SourceFile) -> Arc<Tree> {
        match &self.place {
            Place::File(path) => reader.tree(path, file),
            Place::Unpacked(..) => Arc::new(parse_file(file)),
        }
    }
}

/// Every file below a folder, sorted by name; links are followed as Helm follows them. The second
/// value says that there were more than [`limits::ARCHIVE_MEMBERS`].
pub(crate) fn below(files: &dyn Files, folder: &RepoPath) -> (Vec<Member>, bool) {
    let mut found = Vec::new();
    let mut folders = vec![(folder.clone(), String::new(), 0_usize)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        for entry in files.list(&folder) {
            if found.len() + folders.len() > limits::ARCHIVE_MEMBERS {
                return (found, true);
            }
            let name = format!("{prefix}{}", entry.path.file_name());
            let kind = match entry.kind {
                EntryKind::Link(target) => files.kind(&target),
                other => Some(other),
            };
            match kind {
                Some(EntryKind::File | EntryKind::Link(_)) => {
                    found.push(Member { name, place: Place::File(entry.path) });
                }
                Some(EntryKind::Folder) if depth < limits::KUSTOMIZE_DEPTH => {
                    folders.push((entry.path, format!("{name}/"), depth + 1));
                }
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    (found, false)
}
