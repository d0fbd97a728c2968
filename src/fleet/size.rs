//! How large a model is, and who says so (domain.md §2.5).

use std::collections::BTreeMap;

use mlgitops_manifest::quantity::Quantity;

use super::{Fleet, ModelUse};
use crate::config::Config;
use crate::finding::Location;
use crate::kinds::kserve::Form;

/// The size of a model's artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// In bytes.
    pub bytes: u64,
    /// Where it is stated.
    pub location: Option<Location>,
}

/// The size of the model a reference names: stated in the configuration, else by a cache of it.
#[must_use]
pub fn size_of(model_use: &ModelUse, config: &Config, caches: &Caches<'_>, fleet: &Fleet) -> Option<Size> {
    let stated = || {
        let paths = fleet.paths_of(model_use);
        config.model(&model_use.model, paths.iter().map(String::as_str))?.size.as_ref()
    };
    // To find the paths of a model takes longer than all that follows.
    if let Some(stated) = config.states_models().then(stated).flatten() {
        return Some(Size { bytes: stated.value, location: Some(stated.location.clone()) });
    }
    let cache = caches.of_model(model_use)?;
    let manifest = &fleet.object_of(cache)?.manifest;
    let node = manifest.root.find(&["spec", "modelSize"]).present()?;
    let bytes = Quantity::decode(node.text()?).ok()?.as_bytes();
    let location = manifest.place(node.origin).map(Location::from);
    (bytes > 0).then_some(Size { bytes, location })
}

/// The caches of the fleet, by the URI they hold, without its last slash.
#[derive(Debug)]
pub struct Caches<'f>(BTreeMap<&'f str, &'f ModelUse>);

impl<'f> Caches<'f> {
    /// Those of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let caches = fleet.uses.iter().filter(|one| one.reference.form == Form::CacheUri);
        let mut by_uri = BTreeMap::new();
        for cache in caches {
            let uri = cache.reference.text.trim_end_matches('/');
            if !uri.is_empty() {
                by_uri.entry(uri).or_insert(cache);
            }
        }
        Self(by_uri)
    }

    /// The cache that holds what a reference names: its URI, or the nearest folder above it
    /// (kserve v0.15; domain.md §1.6).
    #[must_use]
    pub fn of_model(&self, model_use: &ModelUse) -> Option<&'f ModelUse> {
        let uri = model_use.reference.text.trim_end_matches('/');
        let above = uri.rmatch_indices('/').filter_map(|(end, _)| uri.get(..end));
        std::iter::once(uri).chain(above).take(DEEPEST).find_map(|uri| self.0.get(uri)).copied()
    }
}

/// Folders above a model that are looked at: the text is hostile, and each look reads it anew.
const DEEPEST: usize = 64;
