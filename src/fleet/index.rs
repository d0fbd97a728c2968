//! Finds objects by kind and releases by model without asking all of them.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Fleet, Object, Release};

/// Made when it is asked for first: a fleet is whole by then.
#[derive(Debug, Default)]
pub(super) struct Index {
    kinds: OnceLock<HashMap<String, Vec<usize>>>,
    models: OnceLock<HashMap<String, Vec<usize>>>,
}

impl Fleet {
    /// The objects of a kind, of whatever group, in their order.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Object> {
        let kinds = self.index.kinds.get_or_init(|| {
            let mut kinds: HashMap<String, Vec<usize>> = HashMap::new();
            for (index, object) in self.objects.iter().enumerate() {
                match kinds.get_mut(&object.manifest.id.kind) {
                    Some(indices) => indices.push(index),
                    None => drop(kinds.insert(object.manifest.id.kind.clone(), vec![index])),
                }
            }
            kinds
        });
        let indices = kinds.get(kind).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(|&index| self.objects.get(index))
    }

    /// The releases of a model, in their order.
    pub fn releases_of(&self, model: &str) -> impl Iterator<Item = &Release> {
        let models = self.index.models.get_or_init(|| {
            let mut models: HashMap<String, Vec<usize>> = HashMap::new();
            for (index, release) in self.releases.iter().enumerate() {
                models.entry(release.model.clone()).or_default().push(index);
            }
            models
        });
        let indices = models.get(model).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(|&index| self.releases.get(index))
    }
}
