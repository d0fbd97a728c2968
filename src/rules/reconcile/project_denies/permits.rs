//! What an AppProject permits, as Argo CD decides it (argo-cd v3.5
//! `pkg/apis/application/v1alpha1/app_project_types.go`).

use mlgitops_manifest::ObjectId;
use mlgitops_yaml::Node;

use crate::config::Config;

/// A cluster by what is known of it.
pub(super) struct Cluster {
    name: Option<String>,
    server: Option<String>,
}

/// The cluster Argo CD runs in.
const OWN: (&str, &str) = ("in-cluster", "https://kubernetes.default.svc");

impl Cluster {
    /// The cluster of a destination; the configuration may know its other name.
    pub(super) fn of(name: Option<&str>, server: Option<&str>, config: &Config) -> Self {
        let known = config
            .argocd
            .clusters
            .iter()
            .filter_map(|one| Some((&*one.name.value, &*one.server.as_ref()?.value)));
        let mut known = known.chain([OWN]);
        let pair = known.find(|(one, url)| {
            name == Some(one) || server.map(|server| server.trim_end_matches('/')) == Some(url)
        });
        Self {
            name: name.or(pair.map(|(name, _)| name)).map(str::to_owned),
            server: server.or(pair.map(|(_, server)| server)).map(str::to_owned),
        }
    }

    /// How a message calls it.
    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().or(self.server.as_deref()).unwrap_or("")
    }
}

/// Whether `sourceRepos` has the URL: any entry that fits, and none with `!` that does.
pub(super) fn permits_source(list: &Node, url: &str) -> bool {
    let url = normal(url);
    let mut permitted = false;
    for pattern in list.items().iter().filter_map(Node::text) {
        match pattern.strip_prefix('!') {
            Some(denied) if glob(&normal(denied), &url, Some('/')) => return false,
            // An entry that denies something else permits the rest (`globMatch` negates).
            Some(_) => permitted = true,
            None => permitted |= pattern == "*" || glob(&normal(pattern), &url, Some('/')),
        }
    }
    permitted
}

/// Lower case, without `.git`, SSH as a path (`git.NormalizeGitURL`).
fn normal(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let ssh = match url.split_once('@') {
        Some((_, rest)) if !url.contains("://") && rest.contains(':') => url.replacen(':', "/", 1),
        _ => url.strip_prefix("ssh://").unwrap_or(&url).to_owned(),
    };
    ssh.strip_suffix(".git").unwrap_or(&ssh).to_owned()
}

/// Whether `destinations` has the cluster and the namespace; `None` where that depends on the other
/// name of a cluster, which is not known.
pub(super) fn permits_destination(list: &Node, cluster: &Cluster, namespace: &str) -> Option<bool> {
    let mut permitted = false;
    let mut unknown = false;
    for entry in list.items() {
        let field = |name: &str| entry.get(name).text().unwrap_or("");
        let [name, server, place] = ["name", "server", "namespace"].map(field);
        let is_denied = [name, server, place].iter().any(|pattern| pattern.starts_with('!'));
        // Entries that deny are rare, and depend on their order: nothing is said beside one.
        if is_denied || entry.as_map().is_none() {
            return None;
        }
        if !glob(place, namespace, None) {
            continue;
        }
        let by_name = cluster.name.as_deref().map(|own| glob(name, own, None));
        let by_server = cluster
            .server
            .as_deref()
            .map(|own| glob(server, own.trim_end_matches('/'), None) || glob(server, own, None));
        permitted |= by_name == Some(true) || by_server == Some(true);
        unknown |= (by_name.is_none() && !name.is_empty()) || (by_server.is_none() && !server.is_empty());
    }
    match (permitted, unknown) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

/// The list that refuses a kind, and how; `None` where none does, or its scope is not known.
pub(super) fn permits_kind(project: &Node, id: &ObjectId) -> Option<(&'static str, &'static str)> {
    let is_cluster = is_cluster_scoped(id)?;
    let (white, black) = match is_cluster {
        true => ("clusterResourceWhitelist", "clusterResourceBlacklist"),
        false => ("namespaceResourceWhitelist", "namespaceResourceBlacklist"),
    };
    let spec = project.get("spec");
    let has = |list: &Node| {
        list.items().iter().any(|entry| {
            let field = |name: &str| entry.get(name).text().unwrap_or("");
            let is_name = field("name").is_empty() || glob(field("name"), &id.name, None);
            glob(field("kind"), &id.kind, None) && glob(field("group"), id.group(), None) && is_name
        })
    };
    if spec.get(black).present().is_some_and(has) {
        return Some((black, "forbids kind"));
    }
    match spec.get(white).present().filter(|list| !list.is_null()) {
        Some(list) if has(list) => None,
        Some(_) => Some((white, "does not permit kind")),
        // Without a list every namespaced kind is permitted, and no other one.
        None if is_cluster && spec.get(white).is_absent() => Some((white, "does not permit kind")),
        None => None,
    }
}

/// Whether a kind is of the cluster as a whole; `None` for kinds that are not known here.
fn is_cluster_scoped(id: &ObjectId) -> Option<bool> {
    const CLUSTER: [(&str, &str); 22] = [
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("networking.k8s.io", "IngressClass"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("apiregistration.k8s.io", "APIService"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("cert-manager.io", "ClusterIssuer"),
        ("external-secrets.io", "ClusterSecretStore"),
        ("kyverno.io", "ClusterPolicy"),
        ("serving.kserve.io", "ClusterServingRuntime"),
        ("serving.kserve.io", "ClusterStorageContainer"),
        ("serving.kserve.io", "LocalModelCache"),
        ("serving.kserve.io", "LocalModelNodeGroup"),
    ];
    const NAMESPACED: [(&str, &str); 27] = [
        ("", "ConfigMap"),
        ("", "Secret"),
        ("", "Service"),
        ("", "ServiceAccount"),
        ("", "PersistentVolumeClaim"),
        ("", "Pod"),
        ("", "ResourceQuota"),
        ("", "LimitRange"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("policy", "PodDisruptionBudget"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("serving.kserve.io", "InferenceService"),
        ("serving.kserve.io", "LLMInferenceService"),
        ("serving.kserve.io", "InferenceGraph"),
        ("serving.kserve.io", "ServingRuntime"),
        ("serving.kserve.io", "TrainedModel"),
        ("networking.istio.io", "VirtualService"),
        ("monitoring.coreos.com", "ServiceMonitor"),
        ("monitoring.coreos.com", "PrometheusRule"),
        ("keda.sh", "ScaledObject"),
    ];
    let own = (id.group(), id.kind.as_str());
    match (CLUSTER.contains(&own), NAMESPACED.contains(&own)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// A glob of Argo CD's: `*` and `?`, which stop at the separator; `**` does not. What has classes or
/// alternatives fits everything, so that nothing is said of it.
fn glob(pattern: &str, text: &str, separator: Option<char>) -> bool {
    if pattern.contains(['[', '{', '\\']) || (pattern == "*" && separator.is_none()) {
        return true;
    }
    if !pattern.contains(['*', '?']) {
        return pattern == text;
    }
    let mut regex = String::from("^");
    let one = separator.map_or_else(|| ".".to_owned(), |separator| format!("[^{separator}]"));
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '*' if rest.peek() == Some(&'*') => {
                rest.next();
                regex.push_str(".*");
            }
            '*' => {
                regex.push_str(&one);
                regex.push('*');
            }
            '?' => regex.push_str(&one),
            other => regex.push_str(&regex::escape(&other.to_string())),
        }
    }
    regex.push('$');
    regex::Regex::new(&regex).is_ok_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mlgitops_yaml::{Origins, Role, SourceFile, parse_file};

    use super::*;

    fn node(text: &str) -> Node {
        let file = Arc::new(SourceFile::of_text("project.yaml", text));
        let tree = parse_file(&file);
        let mut origins = Origins::default();
        let id = origins.add_file(&file);
        tree.node_of(tree.documents()[0].root.unwrap(), id, Role::Source, &mut origins).unwrap()
    }

    #[test]
    fn sources_as_argo_cd_matches_them() {
        for (list, url, expected) in [
            ("['*']", "https://git.example.com/org/models", true),
            ("[]", "https://git.example.com/org/models", false),
            ("['https://git.example.com/org/models']", "https://git.example.com/org/models.git", true),
            ("['https://git.example.com/org/*']", "https://git.example.com/org/models", true),
            ("['https://git.example.com/*']", "https://git.example.com/org/models", false),
            ("['https://git.example.com/**']", "https://git.example.com/org/models", true),
            ("['git@git.example.com:org/models']", "ssh://git@git.example.com/org/models.git", true),
            ("['*', '!https://git.example.com/org/*']", "https://git.example.com/org/models", false),
            ("['!https://git.example.com/other/*']", "https://git.example.com/org/models", true),
        ] {
            assert_eq!(permits_source(&node(list), url), expected, "{list} {url}");
        }
    }

    #[test]
    fn destinations_as_argo_cd_matches_them() {
        let own = |name, server| Cluster::of(name, server, &Config::default());
        for (list, cluster, namespace, expected) in [
            ("[{server: '*', namespace: '*'}]", own(None, Some("https://a")), "ml", Some(true)),
            ("[{server: 'https://a', namespace: ml-*}]", own(None, Some("https://a")), "ml-prod", Some(true)),
            ("[{server: 'https://a', namespace: ml-*}]", own(None, Some("https://a")), "web", Some(false)),
            ("[{server: 'https://a', namespace: ml}]", own(None, Some("https://b")), "ml", Some(false)),
            // Which URL the name stands for is registered outside Git.
            ("[{server: 'https://a', namespace: ml}]", own(Some("a"), None), "ml", None),
            (
                "[{name: in-cluster, namespace: ml}]",
                own(None, Some("https://kubernetes.default.svc")),
                "ml",
                Some(true),
            ),
            ("[{server: '*', namespace: '!kube-system'}]", own(None, Some("https://a")), "ml", None),
        ] {
            assert_eq!(permits_destination(&node(list), &cluster, namespace), expected, "{list} {namespace}");
        }
    }

    #[test]
    fn kinds_as_argo_cd_lists_them() {
        let id = |api_version: &str, kind: &str| ObjectId {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: "a".to_owned(),
        };
        let service = id("serving.kserve.io/v1beta1", "InferenceService");
        let namespace = id("v1", "Namespace");
        for (project, id, expected) in [
            ("spec: {}", &service, None),
            ("spec: {}", &namespace, Some("clusterResourceWhitelist")),
            ("spec: {clusterResourceWhitelist: [{group: '', kind: Namespace}]}", &namespace, None),
            ("spec: {clusterResourceWhitelist: [{group: '*', kind: '*'}]}", &namespace, None),
            ("spec: {namespaceResourceWhitelist: []}", &service, Some("namespaceResourceWhitelist")),
            (
                "spec: {namespaceResourceWhitelist: [{group: apps, kind: Deployment}]}",
                &service,
                Some("namespaceResourceWhitelist"),
            ),
            (
                "spec: {namespaceResourceBlacklist: [{group: '*', kind: InferenceService}]}",
                &service,
                Some("namespaceResourceBlacklist"),
            ),
            ("spec: {}", &id("example.com/v1", "Gizmo"), None),
        ] {
            assert_eq!(permits_kind(&node(project), id).map(|(field, _)| field), expected, "{project}");
        }
    }
}
