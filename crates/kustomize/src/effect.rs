//! What a build did that its author may not have meant.

use mlgitops_yaml::{Node, OriginId, Pointer, Value};

/// Something kustomize does, or does not do, in silence.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A strategic merge patch replaced a list of a custom resource, whose items have names, and
    /// some of the object's own are lost.
    ListReplaced {
        /// The list.
        path: Pointer,
        /// The list in the patch.
        patch: OriginId,
        /// The names of the lost items, each with its place.
        lost: Vec<(String, OriginId)>,
    },
    /// An entry of `images` names an image that stands where the transformer does not reach.
    ImageNotRewritten {
        /// The field that holds the image.
        path: Pointer,
        /// The name in the entry.
        entry: OriginId,
        /// What the entry would make of it.
        wanted: String,
    },
}

impl Effect {
    /// Whether it still holds for the object as it is printed: a later patch may bring lost items
    /// back, or change the image.
    pub(crate) fn holds(&mut self, object: &Node) -> bool {
        match self {
            Self::ListReplaced { path, lost, .. } => {
                let Some(Value::Sequence(items)) = object.at(path).present().map(|node| &node.value) else {
                    return false;
                };
                lost.retain(|(name, _)| !items.iter().any(|item| name_of(item) == Some(name)));
                !lost.is_empty()
            }
            Self::ImageNotRewritten { path, wanted, .. } => {
                object.at(path).text().is_some_and(|image| image.trim_start_matches("oci://") != wanted)
            }
        }
    }
}

/// The name of a list item, by the keys under which Kubernetes' own lists are merged.
pub(crate) fn name_of(item: &Node) -> Option<&str> {
    ["name", "mountPath", "containerPort"].iter().find_map(|key| item.get(key).text())
}
