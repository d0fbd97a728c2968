//! The order in which Helm prints objects (helm v3 pkg/releaseutil/kind_sorter.go,
//! manifest_sorter.go).

use mlgitops_yaml::{Node, OriginId, Value};

use crate::metadata::json_kind;
use crate::render::RenderedObject;

/// Kinds in the order they are installed; others follow by name.
const KINDS: [&str; 36] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// The events a hook may name (helm v3 pkg/release/hook.go).
const EVENTS: [&str; 10] = [
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
];

/// What `helm.sh/hook` makes of an object.
#[derive(Clone, Copy)]
pub(crate) enum Hook {
    /// It is none.
    No,
    /// It is one, by an annotation of this origin.
    Yes(OriginId),
    /// It names an event Helm does not know, and is dropped.
    Unknown,
}

/// What of an object Helm reads, and refuses in another shape (helm v3 pkg/releaseutil/manifest.go,
/// `SimpleHead`): what it says, and where.
pub(crate) fn head(object: &Node) -> Result<(), (String, OriginId)> {
    let wrong = |node: &Node, field: &str, wanted: &str| {
        let kind = json_kind(node);
        let message = format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go struct field {field} of type {wanted}"
        );
        Err((message, node.origin))
    };
    let is_collection = |node: &Node| matches!(node.value, Value::Map(_) | Value::Sequence(_));
    for name in ["apiVersion", "kind"] {
        if let Some(node) = object.get(name).present().filter(|node| is_collection(node)) {
            let field = if name == "kind" { "SimpleHead.kind" } else { "SimpleHead.apiVersion" };
            return wrong(node, field, "string");
        }
    }
    let is_other = |node: &&Node| !node.is_null() && !matches!(node.value, Value::Map(_) | Value::Unknown(_));
    let metadata = object.get("metadata");
    if let Some(node) = metadata.present().filter(is_other) {
        return wrong(
            node,
            "SimpleHead.metadata",
            "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }",
        );
    }
    if let Some(node) = metadata.get("name").present().filter(|node| is_collection(node)) {
        return wrong(node, ".metadata.name", "string");
    }
    let annotations = metadata.get("annotations");
    if let Some(node) = annotations.present().filter(is_other) {
        return wrong(node, ".metadata.annotations", "map[string]string");
    }
    let values = annotations.present().and_then(Node::as_map).into_iter().flat_map(|map| map.iter());
    match values.map(|(_, value)| value).find(|value| is_collection(value)) {
        Some(node) => wrong(node, ".metadata.annotations", "string"),
        None => Ok(()),
    }
}

pub(crate) fn hook(object: &Node) -> Hook {
    let Some(events) = object.find(&["metadata", "annotations", "helm.sh/hook"]).present() else {
        return Hook::No;
    };
    // Null is read as an empty text, which is no event.
    let origin = events.origin;
    let events = events.text().unwrap_or("");
    let known = events.split(',').all(|event| EVENTS.contains(&event.trim().to_lowercase().as_str()));
    if known { Hook::Yes(origin) } else { Hook::Unknown }
}

/// Sorts by kind, what has the same kind in the order it stands; hooks behind the rest.
pub(crate) fn sort(objects: &mut [RenderedObject]) {
    objects.sort_by_cached_key(|object| key(object.root.get("kind").text().unwrap_or(""), object.is_hook));
}

/// What objects are sorted by.
pub(crate) fn key(kind: &str, is_hook: bool) -> (bool, usize, String) {
    let at = KINDS.iter().position(|have| *have == kind).unwrap_or(KINDS.len());
    (is_hook, at, if at == KINDS.len() { kind.to_owned() } else { String::new() })
}
