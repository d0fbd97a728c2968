//! The index: what the next commit would hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use mlgitops_files::ReadError;

use super::commit::Blobs;
use super::error::SourceError;
use super::root::Root;
use super::tree::{Found, Source, files_by_source};

/// What the index of a work tree holds below a root. Empty before anything is added.
pub struct Index {
    source: Source<Blobs>,
}

impl Index {
    /// Lists the index.
    ///
    /// # Errors
    /// [`SourceError`] where there is no Git, or the index cannot be read.
    pub fn open(root: &Root) -> Result<Self, SourceError> {
        let (repo, prefix) = root.repo("the index")?;
        if repo.work_dir().is_none() {
            return Err(root.bare());
        }
        let mut found = Vec::new();
        let mut unmerged = BTreeSet::new();
        for staged in repo.index()? {
            let Some(path) = prefix.strip(&staged.path) else { continue };
            if staged.is_unmerged() {
                unmerged.insert(path.to_vec());
            } else if !staged.is_intended() {
                found.push((path.to_vec(), repo.staged(&staged)));
            }
        }
        let conflict = || ReadError::Failed("it has a merge conflict in the index".to_owned());
        found.extend(unmerged.into_iter().map(|path| (path, Found::Refused(conflict()))));
        Ok(Self { source: Source::new(Blobs(Arc::clone(repo)), found, Vec::new()) })
    }
}

files_by_source!(Index);
