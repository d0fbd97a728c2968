//! The bytes of files on disk, never more of one than the limit.

use std::fs::File;
#[cfg(unix)]
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::Oid;
use mlgitops_files::{Blob, ContentName, ReadError, RepoPath, limits};

use super::named::content_name;
use super::repository::Repo;
use super::tree::Store;

/// A work tree.
pub(super) struct Disk {
    pub(super) folder: PathBuf,
    pub(super) repo: Option<Arc<Repo>>,
}

/// Where the content of a file of the work tree is.
pub(super) enum Kept {
    /// On disk, at its path.
    OnDisk,
    /// In the index alone: a sparse checkout left the file out.
    InIndex(Oid),
}

impl Store for Disk {
    type Handle = Kept;

    /// The path is that of a regular file when the tree was listed, in folders that were no links.
    fn fetch(&self, path: &RepoPath, kept: &Kept) -> Result<Blob, ReadError> {
        match (kept, &self.repo) {
            (Kept::OnDisk, _) => read(&self.folder.join(path.as_str())),
            (Kept::InIndex(id), Some(repo)) => repo.blob(*id),
            (Kept::InIndex(_), None) => Err(ReadError::Missing),
        }
    }

    fn name(&self, kept: &Kept) -> Option<ContentName> {
        match kept {
            // Git may keep it in another form: other line ends, a pointer of LFS.
            Kept::OnDisk => None,
            Kept::InIndex(id) => Some(content_name(*id)),
        }
    }
}

const CHANGED: ReadError = ReadError::Irregular("something else than when it was listed");

fn read(path: &Path) -> Result<Blob, ReadError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => ReadError::Missing,
        kind => ReadError::Failed(kind.to_string()),
    };
    let file = open(path)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(CHANGED);
    }
    if metadata.len() > limits::FILE_BYTES {
        return Err(ReadError::TooLarge(metadata.len()));
    }
    // What it grows by while it is read belongs to another state of it, and to ask for the end of
    // each file is one call in five. Where a size is not told, one byte over the limit is enough.
    let asked = if metadata.len() == 0 { limits::FILE_BYTES + 1 } else { metadata.len() };
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(asked).read_to_end(&mut bytes).map_err(failed)?;
    match bytes.len() as u64 {
        size if size > limits::FILE_BYTES => Err(ReadError::TooLarge(size)),
        _ => Ok(Blob { bytes: bytes.into() }),
    }
}

/// Opens what stands at a path. Since it was listed it may have become a link, which is not
/// followed, or a pipe, which is not waited for.
#[cfg(unix)]
fn open(path: &Path) -> Result<File, ReadError> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    file.map_err(|error| match (error.kind(), error.raw_os_error()) {
        (ErrorKind::NotFound, _) => ReadError::Missing,
        (_, Some(libc::ELOOP | libc::ENXIO)) => CHANGED,
        (kind, _) => ReadError::Failed(kind.to_string()),
    })
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, ReadError> {
    File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => ReadError::Missing,
        kind => ReadError::Failed(kind.to_string()),
    })
}
