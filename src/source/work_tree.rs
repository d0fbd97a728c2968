//! The work tree: tracked files and untracked ones that are not ignored, as they lie on disk.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::Oid;
use mlgitops_files::{ReadError, limits};

use super::disk::{Disk, Kept};
use super::error::{SourceError, shown};
use super::ignored::Ignored;
use super::repository::{Repo, Staged};
use super::root::{Prefix, Root};
use super::tree::{Finds, Found, Source, files_by_source};
use super::walk::{Start, found_at, walk};

/// What lies on disk below a root, as `git ls-files --cached --others --exclude-standard` lists
/// it, except that a file deleted on disk is gone, one that a sparse checkout left out is read
/// from the index, and the user's own excludes are not applied. Without Git, everything; ignored
/// files too, for nothing says which of them belong to the repository.
///
/// A root that is itself ignored is listed all the same: it was asked for by name.
pub struct WorkTree {
    source: Source<Disk>,
}

impl WorkTree {
    /// Lists a folder on disk.
    ///
    /// # Errors
    /// [`SourceError`] where it is no folder, cannot be read, or its Git index cannot be read.
    pub fn open(folder: &Path) -> Result<Self, SourceError> {
        Self::of(&Root::find(folder)?)
    }

    /// Lists the folder of a root that was found.
    ///
    /// # Errors
    /// [`SourceError`] where it cannot be read, or its Git index cannot be read.
    pub fn of(root: &Root) -> Result<Self, SourceError> {
        let git = root.repo("the work tree").ok();
        let top = match git {
            Some((repo, _)) => Some(repo.work_dir().ok_or_else(|| root.bare())?),
            None => None,
        };
        let (tracked, walked) = rayon::join(
            || git.map(|(repo, prefix)| tracked(repo, prefix)).transpose(),
            || walk(start(root, top)),
        );
        let walked = walked.map_err(|error| SourceError::Unreadable {
            path: shown(root.folder()),
            reason: error.kind().to_string(),
        })?;
        let walked = walked.ok_or_else(|| SourceError::TooMany { path: shown(root.folder()) })?;
        let mut found = walked.found.into_iter().map(|(path, found)| (path, keep(found))).collect();
        if let (Some(tracked), Some((repo, _))) = (tracked?, git) {
            add_tracked(&mut found, tracked, OnDisk { root: root.folder(), repo, last: None });
        }
        let disk = Disk { folder: root.folder().to_owned(), repo: git.map(|(repo, _)| Arc::clone(repo)) };
        Ok(Self { source: Source::new(disk, found, walked.unlisted) })
    }
}

files_by_source!(WorkTree);

/// The walk's start, with the patterns of every folder from the top of the repository down to
/// the root.
fn start(root: &Root, top: Option<&Path>) -> Start {
    let folder = root.folder().to_owned();
    let (Some(top), Some(git)) = (top, root.git()) else {
        return Start { folder, prefix: String::new(), ignored: None };
    };
    let exclude = root.repo("").map(|(repo, _)| repo.common_dir().join("info/exclude"));
    let mut ignored = exclude.map_or_else(|_| Ignored::default(), |file| Ignored::default().and(&file, ""));
    let mut at = top.to_owned();
    let mut path = String::new();
    for segment in git.prefix.segments() {
        ignored = ignored.and(&at.join(".gitignore"), &path);
        at.push(segment);
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(segment);
    }
    Start { folder, prefix: path, ignored: Some(ignored) }
}

/// The lines of the index below the root, with paths from there, sorted by path.
fn tracked(repo: &Repo, prefix: Prefix<'_>) -> Result<Vec<Staged>, SourceError> {
    let mut tracked = repo.index()?;
    tracked.retain_mut(|staged| match prefix.strip(&staged.path) {
        Some(path) if path.len() == staged.path.len() => true,
        Some(path) => {
            staged.path = path.to_vec();
            true
        }
        None => false,
    });
    tracked.sort_by(|a, b| a.path.cmp(&b.path));
    tracked.dedup_by(|later, first| later.path == first.path);
    Ok(tracked)
}

fn keep(found: Found<()>) -> Found<Kept> {
    match found {
        Found::File(()) => Found::File(Kept::OnDisk),
        Found::Link(target) => Found::Link(target),
        Found::Submodule => Found::Submodule,
        Found::Refused(error) => Found::Refused(error),
    }
}

fn in_index(found: Found<Oid>) -> Found<Kept> {
    match found {
        Found::File(id) => Found::File(Kept::InIndex(id)),
        Found::Link(target) => Found::Link(target),
        Found::Submodule => Found::Submodule,
        Found::Refused(error) => Found::Refused(error),
    }
}

/// Adds what is tracked and was not met by the walk: ignored files, submodules, files in a
/// folder that has become a repository of its own, and what a sparse checkout left out.
fn add_tracked(found: &mut Finds<Kept>, tracked: Vec<Staged>, mut disk: OnDisk<'_>) {
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut missing = Vec::new();
    let mut met = found.iter().peekable();
    for staged in tracked {
        while met.next_if(|(path, _)| *path < staged.path).is_some() {}
        match met.peek().map(|(path, _)| path.cmp(&staged.path)) {
            Some(Ordering::Equal) => {}
            _ => missing.push(staged),
        }
    }
    let mut added = Vec::new();
    for staged in missing {
        added.extend(disk.find(&staged).map(|found| (staged.path, found)));
    }
    // Git tracks files below it, so it is a folder to Git, whatever else it holds.
    let tracked_below = |folder: &[u8]| {
        let next = added.partition_point(|(path, _)| path.as_slice() < [folder, b"/"].concat().as_slice());
        added
            .get(next)
            .is_some_and(|(path, _)| path.strip_prefix(folder).is_some_and(|r| r.starts_with(b"/")))
    };
    found.retain(|(path, found)| !matches!(found, Found::Submodule) || !tracked_below(path));
    found.append(&mut added);
}

/// Looks up single paths on disk without following a link on the way.
struct OnDisk<'r> {
    root: &'r Path,
    repo: &'r Repo,
    /// The folder last looked at, and whether it is one down from the root without a link.
    last: Option<(PathBuf, bool)>,
}

impl OnDisk<'_> {
    fn find(&mut self, staged: &Staged) -> Option<Found<Kept>> {
        let Ok(path) = std::str::from_utf8(&staged.path) else {
            return Some(Found::Refused(ReadError::Name("its path is not UTF-8")));
        };
        if path.len() > limits::PATH_BYTES {
            return Some(Found::Refused(ReadError::Name("its path has more than 4,096 bytes")));
        }
        let path = Path::new(path);
        let on_disk = self.root.join(path);
        let metadata = if self.is_folder(path.parent()?) { on_disk.symlink_metadata().ok() } else { None };
        match metadata {
            Some(metadata) if metadata.is_dir() => staged.is_submodule().then_some(Found::Submodule),
            Some(metadata) => Some(keep(found_at(&on_disk, &metadata))),
            None => staged.is_sparse().then(|| in_index(self.repo.staged(staged))),
        }
    }

    fn is_folder(&mut self, folder: &Path) -> bool {
        if let Some((last, is_folder)) = &self.last
            && last == folder
        {
            return *is_folder;
        }
        let mut at = self.root.to_owned();
        let is_folder = folder.iter().all(|segment| {
            at.push(segment);
            at.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
        });
        self.last = Some((folder.to_owned(), is_folder));
        is_folder
    }
}
