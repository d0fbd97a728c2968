//! The core kinds, as far as rules read them field by field.

use mlgitops_yaml::{Node, Pointer};

/// The value of an annotation or label of an object's metadata, with its pointer.
#[must_use]
pub fn metadata_value<'n>(root: &'n Node, map: &str, name: &str) -> Option<(&'n Node, Pointer)> {
    let node = root.get("metadata").get(map).get(name).present()?;
    Some((node, Pointer::of(&["metadata", map, name])))
}

/// Whether a field of a pod asks for something: the empty maps and lists that templates print ask for
/// nothing.
#[must_use]
pub fn asks_for_something(node: &Node) -> bool {
    match node.as_map() {
        Some(map) => !map.is_empty(),
        None => !node.is_null() && (node.as_scalar().is_some() || !node.items().is_empty()),
    }
}

/// Whether objects of a kind lie in no namespace: those of Kubernetes v1.33 (`kubectl api-resources
/// --namespaced=false`), of KServe v0.20 (`config/crd`) and Knative.
#[must_use]
pub fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Namespace" | "Node" | "PersistentVolume" | "ComponentStatus"),
        "serving.kserve.io" => matches!(
            kind,
            "ClusterServingRuntime"
                | "ClusterStorageContainer"
                | "LocalModelCache"
                | "LocalModelNodeGroup"
                | "LocalModelNode"
        ),
        "rbac.authorization.k8s.io" => matches!(kind, "ClusterRole" | "ClusterRoleBinding"),
        "storage.k8s.io" => kind != "CSIStorageCapacity",
        "apiextensions.k8s.io" | "admissionregistration.k8s.io" | "apiregistration.k8s.io" => true,
        "scheduling.k8s.io" | "node.k8s.io" | "flowcontrol.apiserver.k8s.io" => true,
        "networking.k8s.io" => matches!(kind, "IngressClass" | "IPAddress" | "ServiceCIDR"),
        _ => false,
    }
}
