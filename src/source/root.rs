//! The root under review: a folder, and where it stands in a Git repository.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mlgitops_files::RepoPath;

use super::error::{SourceError, shown, shown_text};
use super::repository::Repo;

/// The folder whose files are judged, and the repository it is a part of.
#[derive(Debug, Clone)]
pub struct Root {
    folder: PathBuf,
    git: Option<Git>,
}

/// Where a root stands in a Git repository.
#[derive(Debug, Clone)]
pub struct Git {
    /// The folder of the repository's data: `.git`, or of this work tree's, where it is a linked one.
    pub dir: PathBuf,
    /// The root's path in the repository; it applies at every commit.
    pub prefix: RepoPath,
    /// The remotes of the repository's own configuration, sorted by name.
    pub remotes: Vec<Remote>,
    repo: Arc<Repo>,
}

/// A remote repository by the name this clone gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remote {
    /// The name: `origin`.
    pub name: String,
    /// Its URL, without the user and password that CI systems write into it.
    pub url: String,
}

impl Remote {
    pub(super) fn new(name: &str, url: &str) -> Self {
        Self { name: name.to_owned(), url: without_password(url) }
    }
}

/// `https://token@host/x` without the token; other forms as they are.
fn without_password(url: &str) -> String {
    let Some((scheme @ ("http" | "https"), rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}{path}")
}

/// The root's path in its repository, as bytes that begin a path there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefix<'a>(&'a RepoPath);

impl<'a> Prefix<'a> {
    pub(super) fn as_str(self) -> &'a str {
        self.0.as_str()
    }

    /// The rest of a path of the repository below the root; `None` where it lies elsewhere.
    pub(super) fn strip(self, path: &[u8]) -> Option<&[u8]> {
        if self.0.is_root() {
            return Some(path);
        }
        path.strip_prefix(self.as_str().as_bytes())?.strip_prefix(b"/")
    }
}

impl Root {
    /// The root that a folder is, with the Git repository found upward from it.
    ///
    /// Only a `.git` makes a folder a repository, the nearest one upward on the same file system;
    /// a bare repository is taken where the folder itself is one and no `.git` stands above it. A
    /// change under review can add files that look like a bare repository, never a `.git`.
    ///
    /// # Errors
    /// [`SourceError`] where the path is no folder, or its repository cannot be opened.
    pub fn find(path: &Path) -> Result<Self, SourceError> {
        let folder = canonical(path)?;
        if !folder.is_dir() {
            return Err(SourceError::NotAFolder { path: shown(path) });
        }
        let git = find_git(&folder)?;
        Ok(Self { folder, git })
    }

    /// The root of an argument of the command line: a folder is the root itself; of a file it is
    /// the uppermost folder of its repository that holds `mlgitops.yaml`, for folders below may hold
    /// one of their own; else the repository's, else the folder the file lies in. The file's path
    /// below it comes back too.
    ///
    /// # Errors
    /// [`SourceError`] where nothing stands at the path, or its repository cannot be opened.
    pub fn of(path: &Path) -> Result<(Self, Option<RepoPath>), SourceError> {
        if path.is_dir() {
            return Ok((Self::find(path)?, None));
        }
        path.symlink_metadata().map_err(|error| unreadable(path, &error))?;
        // The file may be a link: it is the link that lies in the repository, not its target.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = canonical(parent.unwrap_or(Path::new(".")))?;
        let root = above(&folder);
        let below = folder.join(path.file_name().unwrap_or_default());
        let file = repo_path(below.strip_prefix(root).unwrap_or(&below), path)?;
        Ok((Self::find(root)?, Some(file)))
    }

    /// The root around a folder, and the folder's path in it: the uppermost folder of its repository
    /// that holds `mlgitops.yaml`, else the repository's, else the folder itself.
    ///
    /// # Errors
    /// [`SourceError`] where the path is no folder, or its repository cannot be opened.
    pub fn around(path: &Path) -> Result<(Self, RepoPath), SourceError> {
        let folder = canonical(path)?;
        if !folder.is_dir() {
            return Err(SourceError::NotAFolder { path: shown(path) });
        }
        let root = above(&folder);
        let below = folder.strip_prefix(root).unwrap_or(Path::new(""));
        let below = if below.as_os_str().is_empty() { RepoPath::root() } else { repo_path(below, path)? };
        Ok((Self::find(root)?, below))
    }

    /// The folder on disk, absolute and without links.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its place in a Git repository; `None` where there is none.
    #[must_use]
    pub fn git(&self) -> Option<&Git> {
        self.git.as_ref()
    }

    /// The repository and the root's path in it, for what needs Git.
    pub(super) fn repo(&self, wanted: &str) -> Result<(&Arc<Repo>, Prefix<'_>), SourceError> {
        match &self.git {
            Some(git) => Ok((&git.repo, Prefix(&git.prefix))),
            None => Err(SourceError::NoGit { path: shown(&self.folder), wanted: shown_text(wanted) }),
        }
    }

    pub(super) fn bare(&self) -> SourceError {
        SourceError::Bare { path: shown(&self.folder) }
    }
}

/// The uppermost folder of a repository that holds `mlgitops.yaml`, else the one that holds `.git`,
/// else the folder itself.
fn above(folder: &Path) -> &Path {
    let holds = |folder: &Path, name: &str| folder.join(name).symlink_metadata().is_ok();
    let mut found = None;
    for at in folder.ancestors() {
        let is_repository = holds(at, ".git");
        if holds(at, "mlgitops.yaml") || (is_repository && found.is_none()) {
            found = Some(at);
        }
        if is_repository {
            break;
        }
    }
    found.unwrap_or(folder)
}

fn find_git(root: &Path) -> Result<Option<Git>, SourceError> {
    for folder in root.ancestors().take_while(|folder| same_file_system(root, folder)) {
        let candidate = folder.join(".git");
        let Ok(metadata) = candidate.symlink_metadata() else { continue };
        match Repo::open(&candidate, root)? {
            Some(repo) => {
                let work_tree = repo.work_dir().unwrap_or(folder).to_owned();
                return in_repository(repo, &work_tree, root).map(Some);
            }
            // A folder of that name may be anything; a file of it is a work tree's tie.
            None if metadata.is_file() => {
                return Err(SourceError::Git {
                    path: shown(root),
                    reason: format!("`{}` names a repository that is not there", shown(&candidate)),
                });
            }
            None => {}
        }
    }
    match Repo::open(root, root)? {
        Some(repo) => in_repository(repo, root, root).map(Some),
        None => Ok(None),
    }
}

fn in_repository(repo: Arc<Repo>, top: &Path, root: &Path) -> Result<Git, SourceError> {
    let top = canonical(top)?;
    let below = root.strip_prefix(&top).map_err(|_| SourceError::Git {
        path: shown(root),
        reason: format!("its `core.worktree` is `{}`, which does not hold the root", shown(&top)),
    })?;
    let prefix = repo_path(below, root)?;
    Ok(Git { dir: repo.git_dir().to_owned(), prefix, remotes: repo.remotes(), repo })
}

/// A relative path of this machine as one of the repository.
fn repo_path(below: &Path, shown_as: &Path) -> Result<RepoPath, SourceError> {
    let not_utf8 = || SourceError::NotUtf8 { path: shown(shown_as) };
    let segments: Option<Vec<&str>> = below.iter().map(|segment| segment.to_str()).collect();
    RepoPath::parse(&segments.ok_or_else(not_utf8)?.join("/")).map_err(|_| not_utf8())
}

/// Git looks for a repository on one file system only, lest it wake an automounter.
#[cfg(unix)]
fn same_file_system(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (a.metadata(), b.metadata()) {
        (Ok(a), Ok(b)) => a.dev() == b.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file_system(_a: &Path, _b: &Path) -> bool {
    true
}

fn canonical(path: &Path) -> Result<PathBuf, SourceError> {
    path.canonicalize().map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    match error.kind() {
        ErrorKind::NotFound => SourceError::NoSuchPath { path: shown(path) },
        kind => SourceError::Unreadable { path: shown(path), reason: kind.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_kept_without_its_password() {
        let table = [
            ("https://gitlab-ci-token:s3cret@git.example.com/org/x.git", "https://git.example.com/org/x.git"),
            ("https://token@git.example.com", "https://git.example.com"),
            ("https://git.example.com/a@b", "https://git.example.com/a@b"),
            ("git@github.com:org/x.git", "git@github.com:org/x.git"),
            ("ssh://git@github.com/org/x.git", "ssh://git@github.com/org/x.git"),
        ];
        for (url, expected) in table {
            assert_eq!(Remote::new("origin", url).url, expected);
        }
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        let path = RepoPath::parse("deploy/prod").unwrap();
        let prefix = Prefix(&path);
        assert_eq!(prefix.strip(b"deploy/prod/a.yaml"), Some(b"a.yaml".as_slice()));
        assert_eq!(prefix.strip(b"deploy/prod-2/a.yaml"), None);
        assert_eq!(prefix.strip(b"deploy/prod"), None);
    }
}
