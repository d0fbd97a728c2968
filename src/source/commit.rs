//! The files of one commit.

use std::sync::Arc;

use git2::Oid;
use mlgitops_files::{Blob, ContentName, ReadError, RepoPath};

use super::error::SourceError;
use super::named::content_name;
use super::repository::Repo;
use super::root::Root;
use super::tree::{Source, Store, files_by_source};
use super::trees::Trees;

/// What a commit holds below a root. Empty where the commit has no such folder.
pub struct Commit {
    source: Source<Blobs>,
    id: Oid,
    repo: Arc<Repo>,
}

/// The object store of a repository.
pub(super) struct Blobs(pub(super) Arc<Repo>);

impl Store for Blobs {
    type Handle = Oid;

    fn fetch(&self, _path: &RepoPath, id: &Oid) -> Result<Blob, ReadError> {
        self.0.blob(*id)
    }

    fn name(&self, id: &Oid) -> Option<ContentName> {
        Some(content_name(*id))
    }
}

impl Commit {
    /// Lists the commit that `rev` names: a branch, a tag, an id, `HEAD~2`.
    ///
    /// # Errors
    /// [`SourceError`] where there is no Git, no such revision, or more than is read.
    pub fn open(root: &Root, rev: &str) -> Result<Self, SourceError> {
        let (repo, _) = root.repo(&format!("revision {rev}"))?;
        Self::at(root, repo.commit(rev)?)
    }

    /// A commit whose tree differs from this one's in the content of some files only; `None` where
    /// more than that differs.
    pub(super) fn with(&self, id: Oid, content: Vec<(Vec<u8>, Oid)>) -> Option<Self> {
        let store = Blobs(Arc::clone(&self.repo));
        Some(Self { source: self.source.with(store, content)?, id, repo: Arc::clone(&self.repo) })
    }

    fn at(root: &Root, id: Oid) -> Result<Self, SourceError> {
        let (repo, prefix) = root.repo(&format!("commit {id}"))?;
        let found = Trees::new(Arc::clone(repo)).everything(id, prefix.as_str())?;
        let source = Source::new(Blobs(Arc::clone(repo)), found, Vec::new());
        Ok(Self { source, id, repo: Arc::clone(repo) })
    }

    /// The id, as libgit2 takes it.
    pub(super) fn oid(&self) -> Oid {
        self.id
    }

    /// The full id of the commit, in lower-case hexadecimal.
    #[must_use]
    pub fn id(&self) -> String {
        self.id.to_string()
    }
}

files_by_source!(Commit);
