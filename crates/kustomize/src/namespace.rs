//! `namespace`: every namespaced object, and what names a namespace elsewhere (kustomize v5.8
//! `api/filters/namespace`).

use mlgitops_yaml::{Key, Node, OriginId, Value};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Step};
use crate::resource::Resource;
use crate::spec::{Create, FieldSpec};
use crate::transform::any_kind;

/// Which subjects of bindings get the namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Those called `default`.
    #[default]
    Default,
    /// All service accounts.
    ServiceAccounts,
    /// None.
    None,
}

/// What a NamespaceTransformer may be told; the field of a kustomization has the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NamespaceOptions {
    /// Whether a namespace that is there stays.
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
    /// Where that is written.
    pub(crate) guard: OriginId,
}

impl Default for NamespaceOptions {
    fn default() -> Self {
        Self { unset_only: false, subjects: Subjects::Default, guard: OriginId::NONE }
    }
}

impl Builder<'_> {
    pub(crate) fn set_namespace(
        &mut self,
        namespace: &Node,
        specs: &[FieldSpec],
        options: NamespaceOptions,
        built: &mut Accumulated,
    ) -> Step<()> {
        // What Helm rendered got its namespace from Helm.
        for resource in built.resources.iter_mut().filter(|resource| !resource.is_from_helm) {
            resource.remember();
            self.set_namespace_of(resource, namespace, specs, options)?;
        }
        self.check_ids(built, namespace.origin, "namespace")
    }

    pub(crate) fn set_namespace_of(
        &mut self,
        resource: &mut Resource,
        namespace: &Node,
        specs: &[FieldSpec],
        options: NamespaceOptions,
    ) -> Step<()> {
        let mut set = |builder: &mut Self, node: &mut Node| {
            if !options.unset_only || node.text().is_none_or(str::is_empty) {
                builder.set_text(node, namespace);
            }
            node.origin = builder.origins.guard(node.origin, options.guard);
        };
        let gvk = resource.gvk();
        if !gvk.is_cluster_scoped() {
            let spec = any_kind("metadata/namespace");
            self.visit(&mut resource.node, &spec, Create::Scalar, namespace.origin, &mut set)?;
        }
        let is_binding = matches!(gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            self.set_subjects(&mut resource.node, namespace.origin, options.subjects, &mut set);
        }
        for spec in specs.iter().filter(|spec| spec.is_for(&gvk)) {
            let is_core = resource.node.get("apiVersion").text() == Some("v1");
            let skipped = spec.path == "metadata/namespace"
                || (spec.path == "metadata/name" && !is_core)
                || (is_binding && spec.path == "subjects/namespace");
            if !skipped {
                self.visit(&mut resource.node, spec, Create::Scalar, namespace.origin, &mut set)?;
            }
        }
        Ok(())
    }

    fn set_subjects(
        &mut self,
        node: &mut Node,
        by: OriginId,
        which: Subjects,
        set: &mut impl FnMut(&mut Self, &mut Node),
    ) {
        let subjects = node.as_map_mut().and_then(|map| map.get_mut("subjects"));
        let Some(Value::Sequence(subjects)) = subjects.map(|node| &mut node.value) else { return };
        for subject in subjects {
            let is_meant = match which {
                Subjects::Default => subject.get("name").text() == Some("default"),
                Subjects::ServiceAccounts => subject.get("kind").text() == Some("ServiceAccount"),
                Subjects::None => false,
            };
            let decider = if which == Subjects::Default { "name" } else { "kind" };
            let guard = subject.get(decider).present().map_or(OriginId::NONE, |node| node.origin);
            let Some(map) = subject.as_map_mut().filter(|_| is_meant) else { continue };
            if map.get("namespace").is_none() {
                map.set(Key::new("namespace", by), Node::new(Value::Null, OriginId::NONE));
            }
            if let Some(field) = map.get_mut("namespace") {
                set(self, field);
                field.origin = self.origins.guard(field.origin, guard);
            }
        }
    }
}
