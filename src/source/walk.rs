//! What lies on disk below a root: names and kinds, nothing opened but folders and `.gitignore`.
//!
//! Folders are read level by level, those of one level in parallel and their answers kept in
//! order, so neither depth nor the number of threads changes anything but the time it takes.

use std::fs::{FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use mlgitops_files::{ReadError, limits};
use rayon::prelude::*;

use super::ignored::Ignored;
use super::tree::{Finds, Found};

/// What a walk found, by paths below the root.
#[derive(Default)]
pub(super) struct Walked {
    /// Everything but folders.
    pub(super) found: Finds<()>,
    /// Folders that could not be read.
    pub(super) unlisted: Vec<(Vec<u8>, ReadError)>,
}

/// Where a walk begins and what it leaves out.
pub(super) struct Start {
    /// The root on disk.
    pub(super) folder: PathBuf,
    /// The root's path in the repository, empty where it is the whole of it.
    pub(super) prefix: String,
    /// The patterns from above the root; `None` where there is no Git, and nothing is ignored.
    pub(super) ignored: Option<Ignored>,
}

/// A folder still to be read.
struct Folder {
    on_disk: PathBuf,
    /// The path in the repository.
    path: Vec<u8>,
    ignored: Option<Ignored>,
}

/// What one folder holds.
#[derive(Default)]
struct Content {
    walked: Walked,
    folders: Vec<Folder>,
}

/// Lists what is neither ignored nor part of another repository; `None` where there is more than
/// [`limits::TREE_ENTRIES`].
pub(super) fn walk(start: Start) -> io::Result<Option<Walked>> {
    // The root has to be a folder that can be read; any other may fail alone.
    start.folder.read_dir()?;
    let root = if start.prefix.is_empty() { 0 } else { start.prefix.len() + 1 };
    let mut walked = Walked::default();
    let mut level =
        vec![Folder { on_disk: start.folder, path: start.prefix.into_bytes(), ignored: start.ignored }];
    let mut seen = 0;
    while !level.is_empty() {
        let contents: Vec<Content> = level.par_iter().map(|folder| read(folder, root)).collect();
        level = Vec::new();
        for content in contents {
            walked.found.extend(content.walked.found);
            walked.unlisted.extend(content.walked.unlisted);
            level.extend(content.folders);
        }
        seen += level.len();
        if seen + walked.found.len() > limits::TREE_ENTRIES {
            return Ok(None);
        }
    }
    Ok(Some(walked))
}

/// Reads one folder; `root` is how many bytes of a path in the repository lie above the root.
fn read(folder: &Folder, root: usize) -> Content {
    let mut content = Content::default();
    let names = match names(&folder.on_disk) {
        Ok(names) => names,
        Err(error) => {
            let path = folder.path.get(root..).unwrap_or_default().to_vec();
            content.walked.unlisted.push((path, ReadError::Failed(error.kind().to_string())));
            return content;
        }
    };
    let is_root = folder.path.len() < root.max(1);
    if !is_root && names.iter().any(|(name, _)| name == ".git") {
        // Another repository: a submodule, or a clone that Git would not add either.
        let path = folder.path.get(root..).unwrap_or_default().to_vec();
        content.walked.found.push((path, Found::Submodule));
        return content;
    }
    let ignored = folder.ignored.clone().map(|ignored| {
        let has_own = names.iter().any(|(name, kind)| name == ".gitignore" && kind.is_file());
        if !has_own {
            return ignored;
        }
        ignored.and(&folder.on_disk.join(".gitignore"), &String::from_utf8_lossy(&folder.path))
    });
    for (name, kind) in names {
        if name == ".git" {
            continue;
        }
        let path = join(&folder.path, name.as_encoded_bytes());
        let is_ignored = ignored
            .as_ref()
            .is_some_and(|ignored| ignored.matches(&String::from_utf8_lossy(&path), kind.is_dir()));
        if is_ignored {
            continue;
        }
        let on_disk = || folder.on_disk.join(&name);
        if !kind.is_dir() {
            let below = path.get(root..).unwrap_or_default().to_vec();
            content.walked.found.push((below, found(kind, on_disk)));
        } else if path.len() > limits::PATH_BYTES + root {
            let below = path.get(root..).unwrap_or_default().to_vec();
            content.walked.unlisted.push((below, ReadError::Name("its path has more than 4,096 bytes")));
        } else {
            content.folders.push(Folder { on_disk: on_disk(), path, ignored: ignored.clone() });
        }
    }
    content
}

fn names(folder: &Path) -> io::Result<Vec<(std::ffi::OsString, FileType)>> {
    folder
        .read_dir()?
        .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
        .collect()
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

/// What stands at a path on disk, if it is no folder.
pub(super) fn found_at(path: &Path, metadata: &Metadata) -> Found<()> {
    found(metadata.file_type(), || path.to_owned())
}

fn found(kind: FileType, on_disk: impl Fn() -> PathBuf) -> Found<()> {
    if kind.is_file() {
        Found::File(())
    } else if kind.is_symlink() {
        match on_disk().read_link() {
            Ok(target) => Found::Link(target.as_os_str().as_encoded_bytes().to_vec()),
            Err(error) => Found::Refused(ReadError::Failed(error.kind().to_string())),
        }
    } else {
        Found::Refused(ReadError::Irregular(irregular(kind)))
    }
}

#[cfg(unix)]
fn irregular(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn irregular(_kind: FileType) -> &'static str {
    "a device"
}
