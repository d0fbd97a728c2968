//! Paths inside a repository: relative to its root, `/` between segments, never outside it.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// A normalised path relative to the root under review.
///
/// Holds no `.`, no `..`, no empty segment and no leading `/`; the empty path is the root
/// itself. Ordered by bytes, which is the order of every listing and of every report.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

/// Why a text is no path inside the repository.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathError {
    /// It is absolute, and the root has no absolute paths. The author of the text erred.
    #[error("`{0}` is an absolute path")]
    Absolute(String),
    /// Its `..` climb above the root. The author of the text erred, or is hostile.
    #[error("`{0}` leaves the repository")]
    Outside(String),
    /// It holds a NUL byte, which no file system stores.
    #[error("the path holds a NUL byte")]
    Nul,
}

impl RepoPath {
    /// The root itself.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// Reads `text` relative to the root.
    ///
    /// # Errors
    /// [`PathError`] when it is absolute or climbs out of the root.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        Self::root().join(text)
    }

    /// Reads `text` relative to this folder; `.` and `..` are resolved by name alone.
    ///
    /// # Errors
    /// [`PathError`] when it is absolute or climbs out of the root.
    pub fn join(&self, text: &str) -> Result<Self, PathError> {
        if text.starts_with('/') {
            return Err(PathError::Absolute(text.to_owned()));
        }
        if text.contains('\0') {
            return Err(PathError::Nul);
        }
        if self.is_root() && is_normal(text) {
            return Ok(Self(Arc::from(text)));
        }
        let mut segments: Vec<&str> = self.segments().collect();
        for segment in text.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    if segments.pop().is_none() {
                        return Err(PathError::Outside(text.to_owned()));
                    }
                }
                name => segments.push(name),
            }
        }
        Ok(Self(segments.join("/").into()))
    }

    /// The path as text, empty for the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The segments from the root down.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// The folder it lies in; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.rfind('/').unwrap_or(0);
        Some(Self(Arc::from(&self.0[..end])))
    }

    /// The first `bytes` bytes of the path, where they end before a `/` or at its end.
    pub(crate) fn ancestor(&self, bytes: usize) -> Option<Self> {
        let whole = bytes == self.0.len() || self.0.as_bytes().get(bytes) == Some(&b'/');
        self.0.get(..bytes).filter(|_| whole).map(|text| Self(Arc::from(text)))
    }

    /// The last segment, empty for the root.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The file name without what follows its last dot.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.file_name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => &name[..dot],
            _ => name,
        }
    }

    /// What follows the last dot of the file name, empty if there is none.
    #[must_use]
    pub fn extension(&self) -> &str {
        let name = self.file_name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => &name[dot + 1..],
            _ => "",
        }
    }

    /// Whether it is `folder` or lies below it.
    #[must_use]
    pub fn is_within(&self, folder: &RepoPath) -> bool {
        folder.is_root()
            || self
                .0
                .strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The rest of the path below `folder`; `None` where it does not lie within it.
    #[must_use]
    pub fn below<'a>(&'a self, folder: &RepoPath) -> Option<&'a str> {
        if folder.is_root() {
            return Some(&self.0);
        }
        let rest = self.0.strip_prefix(folder.as_str())?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }
}

/// Whether no segment has to be resolved or dropped: most paths come from a listing and are.
fn is_normal(text: &str) -> bool {
    text.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_and_never_leave_the_root() {
        let table = [
            ("a/b", Ok("a/b")),
            ("./a//b/", Ok("a/b")),
            ("a/../b", Ok("b")),
            ("", Ok("")),
            (".", Ok("")),
            ("..", Err(PathError::Outside("..".into()))),
            ("a/../../b", Err(PathError::Outside("a/../../b".into()))),
            ("/etc/passwd", Err(PathError::Absolute("/etc/passwd".into()))),
            ("a\0b", Err(PathError::Nul)),
        ];
        for (text, expected) in table {
            let got = RepoPath::parse(text);
            assert_eq!(got.as_ref().map(RepoPath::as_str).map_err(Clone::clone), expected, "{text:?}");
        }
    }

    #[test]
    fn parts_of_a_path() {
        let path = RepoPath::parse("models/overlays/values-prod.yaml").unwrap();
        assert_eq!(path.stem(), "values-prod");
        assert_eq!(path.extension(), "yaml");
        assert_eq!(path.parent().unwrap().as_str(), "models/overlays");
        assert_eq!(path.below(&RepoPath::parse("models").unwrap()), Some("overlays/values-prod.yaml"));
        assert_eq!(path.below(&RepoPath::parse("mod").unwrap()), None);
        assert_eq!(RepoPath::parse(".helmignore").unwrap().extension(), "");
        assert!(RepoPath::root().parent().is_none());
    }
}
