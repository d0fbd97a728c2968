//! The charts of a plan, each loaded once for the jobs that follow each other.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mlgitops_files::RepoPath;
use mlgitops_helm::Shelf;

/// Charts that are kept: the jobs of one chart stand side by side, and all the charts of a large
/// repository would take the memory of their files once more.
const KEPT: usize = 32;

/// Charts by their folder, as their jobs take them.
#[derive(Debug)]
pub(super) struct Charts<C> {
    loaded: Mutex<Loaded<C>>,
    shelf: Arc<Shelf>,
}

#[derive(Debug)]
struct Loaded<C> {
    slots: HashMap<RepoPath, Slot<C>>,
    /// Their folders, the newest last.
    order: VecDeque<RepoPath>,
}

type Slot<C> = Arc<OnceLock<C>>;

impl<C: Clone> Charts<C> {
    /// None yet; their templates are shared with all that have the shelf.
    pub(super) fn new(shelf: &Arc<Shelf>) -> Self {
        let loaded = Mutex::new(Loaded { slots: HashMap::new(), order: VecDeque::new() });
        Self { loaded, shelf: Arc::clone(shelf) }
    }

    /// The chart in a folder, loaded by whoever asks first.
    pub(super) fn get(&self, folder: &RepoPath, load: impl FnOnce(&Shelf) -> C) -> C {
        self.slot(folder).get_or_init(|| load(&self.shelf)).clone()
    }

    fn slot(&self, folder: &RepoPath) -> Slot<C> {
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
