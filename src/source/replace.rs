//! Files of the work tree get another content: whole or not at all, and only if they are still what
//! was read.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use mlgitops_files::RepoPath;
use thiserror::Error;

/// One file, what it was when it was read, and what it is to be.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The file.
    pub path: RepoPath,
    /// Its bytes when it was read.
    pub before: Vec<u8>,
    /// Its bytes from now on.
    pub after: Vec<u8>,
}

/// Why files were not replaced.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{path}` is not changed: {why}")]
pub struct ReplaceError {
    /// The file.
    pub path: RepoPath,
    /// Why.
    pub why: Why,
    /// The files that had been replaced before it.
    pub done: Vec<RepoPath>,
}

/// Why a file is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Why {
    /// Its bytes are not those that were read.
    #[error("it changed while it was checked")]
    Changed,
    /// It, or a folder above it, is a link now, or it is no file.
    #[error("it is no plain file")]
    Link,
    /// It is marked as read-only.
    #[error("it is read-only")]
    ReadOnly,
    /// The machine refused; its words.
    #[error("{0}")]
    Failed(String),
}

/// Replaces the content of files below a folder. The new content of all of them lies on the disk
/// before the first is replaced, and each is replaced by one rename: none is ever half-written.
///
/// # Errors
/// [`ReplaceError`] for the first file that cannot be; where its `done` is empty, no file changed.
pub fn replace(folder: &Path, all: &[Replacement]) -> Result<(), ReplaceError> {
    let refused = |one: &Replacement, why, done: &[Prepared<'_>]| ReplaceError {
        path: one.path.clone(),
        why,
        done: done.iter().map(|prepared| prepared.replacement.path.clone()).collect(),
    };
    let mut prepared: Vec<Prepared<'_>> = Vec::new();
    for one in all {
        prepared.push(Prepared::new(folder, one).map_err(|why| refused(one, why, &[]))?);
    }
    for at in 0..prepared.len() {
        let (done, rest) = prepared.split_at_mut(at);
        let Some(next) = rest.first_mut() else { break };
        next.commit().map_err(|why| refused(next.replacement, why, done))?;
    }
    Ok(())
}

/// A file whose new content lies beside it. What is not committed is taken away again.
struct Prepared<'r> {
    replacement: &'r Replacement,
    folder: PathBuf,
    target: PathBuf,
    beside: Option<PathBuf>,
}

impl<'r> Prepared<'r> {
    fn new(folder: &Path, replacement: &'r Replacement) -> Result<Self, Why> {
        let target = folder.join(replacement.path.as_str());
        is_unchanged(folder, replacement)?;
        let metadata = target.metadata().map_err(failed)?;
        if metadata.permissions().readonly() {
            return Err(Why::ReadOnly);
        }
        let mut prepared = Self { replacement, folder: folder.to_owned(), target, beside: None };
        let (mut file, path) = beside(&prepared.target)?;
        prepared.beside = Some(path.clone());
        file.write_all(&replacement.after).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::set_permissions(&path, metadata.permissions()).map_err(failed)?;
        Ok(prepared)
    }

    fn commit(&mut self) -> Result<(), Why> {
        is_unchanged(&self.folder, self.replacement)?;
        if let Some(beside) = &self.beside {
            fs::rename(beside, &self.target).map_err(failed)?;
        }
        self.beside = None;
        Ok(())
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // Nobody is left to tell; the file bears our name.
            let _ = fs::remove_file(beside);
        }
    }
}

/// A new file in the folder of another one, which no other run writes to.
fn beside(target: &Path) -> Result<(File, PathBuf), Why> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    for attempt in 0..100 {
        let path = target.with_file_name(format!(".{name}.{}-{attempt}.mlgitops", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(Why::Failed("no name is free for the new content".to_owned()))
}

/// Whether a file is still the plain one that was read, in folders that are no links.
fn is_unchanged(folder: &Path, replacement: &Replacement) -> Result<(), Why> {
    let mut at = folder.to_owned();
    for segment in Path::new(replacement.path.as_str()) {
        at.push(segment);
        if at.symlink_metadata().map_err(failed)?.is_symlink() {
            return Err(Why::Link);
        }
    }
    if !at.symlink_metadata().map_err(failed)?.is_file() {
        return Err(Why::Link);
    }
    if fs::read(&at).map_err(failed)? == replacement.before { Ok(()) } else { Err(Why::Changed) }
}

fn failed(error: std::io::Error) -> Why {
    Why::Failed(error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, before: &str, after: &str) -> Replacement {
        Replacement { path: RepoPath::parse(path).unwrap(), before: before.into(), after: after.into() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn all_files_are_replaced_and_nothing_is_left_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/x"), "old").unwrap();
        fs::write(folder.path().join("z"), "old").unwrap();
        replace(folder.path(), &[one("a/x", "old", "new"), one("z", "old", "newer")]).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("a/x")).unwrap(), "new");
        assert_eq!(fs::read_to_string(folder.path().join("z")).unwrap(), "newer");
        assert_eq!(names(folder.path()), ["a", "z"]);
        assert_eq!(names(&folder.path().join("a")), ["x"]);
    }

    #[test]
    fn one_file_that_changed_keeps_all_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "old").unwrap();
        fs::write(folder.path().join("y"), "other").unwrap();
        let error = replace(folder.path(), &[one("x", "old", "new"), one("y", "old", "new")]).unwrap_err();
        assert_eq!((error.path.as_str(), &error.why, error.done.len()), ("y", &Why::Changed, 0));
        assert_eq!(fs::read_to_string(folder.path().join("x")).unwrap(), "old");
        assert_eq!(names(folder.path()), ["x", "y"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_a_read_only_file_are_left_alone() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "old").unwrap();
        symlink("x", folder.path().join("l")).unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        fs::write(folder.path().join("real/y"), "old").unwrap();
        symlink("real", folder.path().join("d")).unwrap();
        for path in ["l", "d/y"] {
            let error = replace(folder.path(), &[one(path, "old", "new")]).unwrap_err();
            assert_eq!(error.why, Why::Link, "{path}");
        }
        fs::set_permissions(folder.path().join("x"), fs::Permissions::from_mode(0o444)).unwrap();
        let error = replace(folder.path(), &[one("x", "old", "new")]).unwrap_err();
        assert_eq!(error.why, Why::ReadOnly);
        assert_eq!(names(folder.path()), ["d", "l", "real", "x"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_of_a_file_stays() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        replace(folder.path(), &[one("x", "old", "new")]).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o750);
    }
}
