//! What an object is in the cluster it runs in: two manifests of one identity are one thing there.

use super::{Fleet, Object};
use crate::kinds::kubernetes::is_cluster_scoped;

/// Group, kind, namespace and name, as Argo CD tells objects apart (argo-cd v3.5 gitops-engine
/// `pkg/utils/kube ResourceKey`), in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity<'f> {
    /// The cluster, as the deployment names it.
    pub cluster: Option<&'f str>,
    /// The API group.
    pub group: &'f str,
    /// The kind.
    pub kind: &'f str,
    /// The namespace; `None` for what lies in none, or where nothing names one.
    pub namespace: Option<&'f str>,
    /// The name.
    pub name: &'f str,
}

impl Fleet {
    /// What an object is in its cluster. `None` where that is not known: the server makes up its
    /// name, a tag of a template is left in it, or it is a hook, which is made anew each time.
    #[must_use]
    pub fn identity<'f>(&'f self, object: &'f Object) -> Option<Identity<'f>> {
        let place = self.place(object.place)?;
        let id = &object.manifest.id;
        let own = if is_cluster_scoped(id.group(), &id.kind) { None } else { place.namespace.as_deref() };
        let identity = Identity {
            cluster: place.cluster.as_deref(),
            group: id.group(),
            kind: &id.kind,
            namespace: own,
            name: &id.name,
        };
        let words = [identity.cluster, identity.namespace, Some(identity.name)];
        let is_open = words.into_iter().flatten().any(|word| word.contains("{{"));
        let annotations = object.manifest.root.get("metadata").get("annotations");
        let is_hook = ["argocd.argoproj.io/hook", "helm.sh/hook"]
            .iter()
            .any(|name| annotations.get(name).present().is_some());
        (!identity.name.is_empty() && !is_open && !is_hook).then_some(identity)
    }
}
