//! The core kinds, as far as rules read them field by field.

use mlgitops_yaml::{Node, Pointer};

/// The value of an annotation or label of an object's metadata, with its pointer.
#[must_use]
pub fn metadata_value<'n>(root: &'n Node, map: &str, name: &str) -> Option<(&'n Node, Pointer)> {
    let node = root.get("metadata").get(map).get(name).present()?;
    Some((node, Pointer::of(&["metadata", map, name])))
}
