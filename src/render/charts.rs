//! The charts of a plan, each loaded once for the jobs that follow each other.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mlgitops_files::RepoPath;
use mlgitops_helm::{Chart, Shelf};
use mlgitops_yaml::Reader;

/// Charts that are kept: the jobs of one chart stand side by side, and all the charts of a large
/// repository would take the memory of their files once more.
const KEPT: usize = 32;

/// Charts by their folder.
#[derive(Debug, Default)]
pub(super) struct Charts {
    loaded: Mutex<Loaded>,
    shelf: Shelf,
}

#[derive(Debug, Default)]
struct Loaded {
    slots: HashMap<RepoPath, Slot>,
    /// Their folders, the newest last.
    order: VecDeque<RepoPath>,
}

type Slot = Arc<OnceLock<Arc<Chart>>>;

impl Charts {
    /// The chart in a folder, loaded by whoever asks first.
    pub(super) fn load(&self, reader: Reader<'_>, folder: &RepoPath) -> Arc<Chart> {
        Arc::clone(self.slot(folder).get_or_init(|| Chart::load_sharing(reader, &self.shelf, folder)))
    }

    fn slot(&self, folder: &RepoPath) -> Slot {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = loaded.slots.get(folder) {
            return Arc::clone(slot);
        }
        let oldest = if loaded.order.len() < KEPT { None } else { loaded.order.pop_front() };
        let forgotten = oldest.and_then(|oldest| loaded.slots.remove(&oldest));
        let slot = Slot::default();
        loaded.order.push_back(folder.clone());
        loaded.slots.insert(folder.clone(), Arc::clone(&slot));
        // Nobody waits while a chart is taken apart.
        drop(loaded);
        drop(forgotten);
        slot
    }
}
