//! The charts of a plan, each loaded once and shared by every job that renders it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mlgitops_files::{Files, RepoPath};
use mlgitops_helm::Chart;

/// Charts by their folder.
#[derive(Debug, Default)]
pub(super) struct Charts {
    loaded: Mutex<HashMap<RepoPath, Arc<OnceLock<Arc<Chart>>>>>,
}

impl Charts {
    /// The chart in a folder, loaded by whoever asks first.
    pub(super) fn load(&self, files: &Arc<dyn Files>, folder: &RepoPath) -> Arc<Chart> {
        let slot = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(loaded.entry(folder.clone()).or_default())
        };
        Arc::clone(slot.get_or_init(|| Chart::load(files, folder)))
    }
}
