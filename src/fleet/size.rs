//! How large a model is, and who says so (domain.md §2.5).

use mlgitops_manifest::quantity::Quantity;

use super::{Fleet, ModelUse};
use crate::config::Config;
use crate::finding::Location;
use crate::kinds::kserve::{self, Form};

/// The size of a model's artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// In bytes.
    pub bytes: u64,
    /// Where it is stated.
    pub location: Option<Location>,
}

/// The kinds that keep a model on the nodes (kserve v0.14 to v0.20; domain.md §1.6).
const CACHES: [&str; 3] = ["LocalModelCache", "LocalModelNamespaceCache", "ClusterLocalModel"];

/// The size of the model a reference names: stated in the configuration, else by a cache of it.
#[must_use]
pub fn size_of(model_use: &ModelUse, config: &Config, caches: &[&ModelUse], fleet: &Fleet) -> Option<Size> {
    let stated = config.models.get(&model_use.model).and_then(|model| model.size.as_ref());
    if let Some(stated) = stated {
        return Some(Size { bytes: stated.value, location: Some(stated.location.clone()) });
    }
    let cache = cache_of(model_use, caches)?;
    let manifest = &fleet.object_of(cache)?.manifest;
    let node = manifest.root.find(&["spec", "modelSize"]).present()?;
    let bytes = Quantity::decode(node.text()?).ok()?.as_bytes();
    let location = manifest.place(node.origin).map(Location::from);
    (bytes > 0).then_some(Size { bytes, location })
}

/// The caches of the fleet.
#[must_use]
pub fn caches(fleet: &Fleet) -> Vec<&ModelUse> {
    fleet.uses.iter().filter(|one| one.reference.form == Form::CacheUri && is_cache(one, fleet)).collect()
}

fn is_cache(model_use: &ModelUse, fleet: &Fleet) -> bool {
    let id = fleet.object_of(model_use).map(|object| &object.manifest.id);
    id.is_some_and(|id| id.group() == kserve::GROUP && CACHES.contains(&id.kind.as_str()))
}

/// The cache that holds what a reference names: its URI, or a folder above it (kserve v0.15
/// `pkg/utils`; slash-aware).
#[must_use]
pub fn cache_of<'f>(model_use: &ModelUse, caches: &[&'f ModelUse]) -> Option<&'f ModelUse> {
    let uri = model_use.reference.text.trim_end_matches('/');
    let holds = |cache: &&&ModelUse| {
        let source = cache.reference.text.trim_end_matches('/');
        !source.is_empty()
            && uri.strip_prefix(source).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    caches.iter().find(holds).copied()
}
