//! What kustomize tells objects apart by.

use std::fmt;

use mlgitops_yaml::Node;

/// Group, version and kind; empty parts of a selector select everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Gvk {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

impl Gvk {
    pub(crate) fn of(node: &Node) -> Self {
        let api_version = node.get("apiVersion").text().unwrap_or_default();
        let (group, version) = split_api_version(api_version);
        let kind = node.get("kind").text().unwrap_or_default().to_owned();
        Self { group: group.to_owned(), version: version.to_owned(), kind }
    }

    /// Whether a selector's parts that say something say the same (kyaml `resid/gvk.go`).
    pub(crate) fn is_selected_by(&self, selector: &Self) -> bool {
        let holds = |wanted: &str, have: &str| wanted.is_empty() || wanted == have;
        holds(&selector.group, &self.group)
            && holds(&selector.version, &self.version)
            && holds(&selector.kind, &self.kind)
    }

    /// Whether objects of the kind belong to no namespace, as far as kustomize knows: its built-in
    /// list (kyaml v0.21 `openapi/openapi.go`), which is that of Kubernetes 1.21. What it does not
    /// know, newer versions of these kinds among it, it takes for namespaced.
    pub(crate) fn is_cluster_scoped(&self) -> bool {
        const V1: &[&str] = &["v1"];
        const BETA: &[&str] = &["v1beta1"];
        const BOTH: &[&str] = &["v1", "v1beta1"];
        const KINDS: [(&str, &[&str], &[&str]); 12] = [
            ("", V1, &["ComponentStatus", "Namespace", "Node", "NodeProxyOptions", "PersistentVolume"]),
            (
                "admissionregistration.k8s.io",
                BOTH,
                &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
            ),
            ("apiextensions.k8s.io", BOTH, &["CustomResourceDefinition"]),
            ("apiregistration.k8s.io", BOTH, &["APIService"]),
            ("certificates.k8s.io", BOTH, &["CertificateSigningRequest"]),
            ("flowcontrol.apiserver.k8s.io", BETA, &["FlowSchema", "PriorityLevelConfiguration"]),
            ("networking.k8s.io", BOTH, &["IngressClass"]),
            ("node.k8s.io", BOTH, &["RuntimeClass"]),
            ("policy", BETA, &["PodSecurityPolicy"]),
            ("rbac.authorization.k8s.io", BOTH, &["ClusterRole", "ClusterRoleBinding"]),
            ("scheduling.k8s.io", BOTH, &["PriorityClass"]),
            ("storage.k8s.io", BOTH, &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
        ];
        let found = KINDS.iter().find(|(group, ..)| *group == self.group);
        found.is_some_and(|(_, versions, kinds)| {
            kinds.contains(&&*self.kind) && (self.version.is_empty() || versions.contains(&&*self.version))
        })
    }
}

/// Group and version of an `apiVersion`.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The identity of an object in a build; equal ids are refused. The namespace is the effective
/// one: `default` where none is named, and none at all for cluster-scoped kinds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub(crate) gvk: Gvk,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// The namespace of what belongs to none.
pub(crate) const NO_NAMESPACE: &str = "_non_namespaceable_";

/// The namespace that counts (kyaml `resid.EffectiveNamespace`).
pub(crate) fn effective_namespace(gvk: &Gvk, namespace: &str) -> String {
    match namespace {
        _ if gvk.is_cluster_scoped() => NO_NAMESPACE.to_owned(),
        "" => "default".to_owned(),
        named => named.to_owned(),
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace == NO_NAMESPACE || self.namespace == "default" {
            write!(f, "{}/{}", self.gvk.kind, self.name)
        } else {
            write!(f, "{}/{}/{}", self.gvk.kind, self.namespace, self.name)
        }
    }
}
