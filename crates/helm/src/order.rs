//! The order in which Helm prints objects (helm v3 pkg/releaseutil/kind_sorter.go,
//! manifest_sorter.go).

use mlgitops_yaml::Node;

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
    /// It is one.
    Yes,
    /// It names an event Helm does not know, and is dropped.
    Unknown,
}

pub(crate) fn hook(object: &Node) -> Hook {
    let Some(events) = object.find(&["metadata", "annotations", "helm.sh/hook"]).text() else {
        return Hook::No;
    };
    let known = events.split(',').all(|event| EVENTS.contains(&event.trim().to_lowercase().as_str()));
    if known { Hook::Yes } else { Hook::Unknown }
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
