//! Files as a build reads them: parsed once where the caller already did.

use std::sync::Arc;

use mlgitops_files::{Files, ReadError, RepoPath};
use mlgitops_yaml::{SourceFile, Tree, parse_file};

/// Trees that were parsed before. What it does not have is read and parsed.
pub trait Parsed: Sync {
    /// The text and the tree of a file.
    fn parsed(&self, path: &RepoPath) -> Option<(Arc<SourceFile>, Arc<Tree>)>;
}

/// No tree was parsed before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unparsed;

impl Parsed for Unparsed {
    fn parsed(&self, _path: &RepoPath) -> Option<(Arc<SourceFile>, Arc<Tree>)> {
        None
    }
}

/// Reads a file as text with its tree.
pub(crate) fn read(
    files: &Arc<dyn Files>,
    parsed: &dyn Parsed,
    path: &RepoPath,
) -> Result<(Arc<SourceFile>, Arc<Tree>), ReadError> {
    if let Some(known) = parsed.parsed(path) {
        return Ok(known);
    }
    let file = text(files, path)?;
    let tree = parse_file(&file);
    Ok((file, Arc::new(tree)))
}

/// Reads a file as text.
pub(crate) fn text(files: &Arc<dyn Files>, path: &RepoPath) -> Result<Arc<SourceFile>, ReadError> {
    let blob = files.read(path)?;
    let file =
        SourceFile::new(path.as_str(), &blob.bytes).map_err(|error| ReadError::Failed(error.to_string()))?;
    Ok(Arc::new(file))
}

/// Whether an entry names something on another server: a file by URL or a Git repository
/// (kustomize `api/internal/git/repospec.go`).
pub(crate) fn is_remote(entry: &str) -> bool {
    let lower = entry.to_ascii_lowercase();
    let lower = lower.strip_prefix("git::").unwrap_or(&lower);
    let starts = ["http://", "https://", "ssh://", "file://", "github.com/", "github.com:"];
    starts.iter().any(|start| lower.starts_with(start)) || has_user(lower)
}

/// `git@host:path`, and any other user.
fn has_user(entry: &str) -> bool {
    let Some((user, rest)) = entry.split_once('@') else { return false };
    user.starts_with(|first: char| first.is_ascii_alphabetic())
        && user.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
        && rest.contains([':', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_another_server() {
        let remote = [
            "https://example.com/a.yaml",
            "HTTP://example.com/a.yaml",
            "github.com/org/repo//base?ref=v1",
            "git::https://example.com/org/repo",
            "git@example.com:org/repo",
            "ssh://git@example.com/org/repo",
        ];
        for entry in remote {
            assert!(is_remote(entry), "{entry}");
        }
        for entry in ["../base", "a.yaml", "github.com", "./github.com/x", "a@b", "x/y@z/a"] {
            assert!(!is_remote(entry), "{entry}");
        }
    }
}
