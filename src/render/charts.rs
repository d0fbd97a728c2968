//! The charts of a plan, each loaded once for the jobs that follow each other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mlgitops_files::RepoPath;
use mlgitops_helm::Chart;
use mlgitops_yaml::Reader;

/// Charts that are kept: the jobs of one chart stand side by side, and all the charts of a large
/// repository would take the memory of their files once more.
const KEPT: usize = 32;

/// Charts by their folder, the newest last.
#[derive(Debug, Default)]
pub(super) struct Charts {
    loaded: Mutex<VecDeque<(RepoPath, Slot)>>,
}

type Slot = Arc<OnceLock<Arc<Chart>>>;

impl Charts {
    /// The chart in a folder, loaded by whoever asks first.
    pub(super) fn load(&self, reader: Reader<'_>, folder: &RepoPath) -> Arc<Chart> {
        Arc::clone(self.slot(folder).get_or_init(|| Chart::load(reader, folder)))
    }

    fn slot(&self, folder: &RepoPath) -> Slot {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = loaded.iter().find(|(known, _)| known == folder) {
            return Arc::clone(slot);
        }
        if loaded.len() >= KEPT {
            loaded.pop_front();
        }
        let slot = Slot::default();
        loaded.push_back((folder.clone(), Arc::clone(&slot)));
        slot
    }
}
