//! `buildMetadata`: what kustomize writes into the objects about where they come from
//! (kustomize v5.8 `api/resource/origin.go`, `api/krusty/kustomizer.go`).

use std::sync::Arc;

use mlgitops_yaml::{Key, Map, Node, OriginId, Origins, Role, Value, to_yaml};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Step};
use crate::read::Kustomization;
use crate::resource::Resource;

/// The annotation with the place an object comes from.
const ORIGIN: &str = "config.kubernetes.io/origin";
/// The annotation with the transformers an object passed.
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
/// What `managedByLabel` sets, in the version whose outputs are the specification.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "kustomize-v5.8.1");

/// Where an object comes from, as YAML.
pub(crate) type Provenance = Arc<str>;

/// What the root kustomization asks for, each with the entry that does; nothing is kept track of
/// where it asks for nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metadata {
    is_tracked: bool,
    origins: Option<OriginId>,
    transformations: Option<OriginId>,
    managed_by: Option<OriginId>,
}

impl Metadata {
    pub(crate) fn of(kustomization: &Kustomization) -> Self {
        let entries = kustomization.list("buildMetadata");
        let asked = |wanted: &str| {
            entries.iter().find(|entry| entry.text() == Some(wanted)).map(|entry| entry.origin)
        };
        Self {
            is_tracked: !entries.is_empty(),
            origins: asked("originAnnotations"),
            transformations: asked("transformerAnnotations"),
            managed_by: asked("managedByLabel"),
        }
    }
}

impl Builder<'_> {
    /// The path of a file as it is reached from the root: the entries of all kustomizations joined.
    fn reached_path(&self, file: &str) -> String {
        let entries = self.trail.iter().map(String::as_str).chain([file]);
        let mut parts: Vec<&str> = Vec::new();
        for part in entries.flat_map(|entry| entry.split('/')) {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    /// Notes the file objects come from.
    pub(crate) fn note_file(&self, resources: &mut [Resource], entry: &str) {
        if self.metadata.is_tracked {
            let path: Provenance = format!("path: {}\n", scalar(&self.reached_path(entry))).into();
            resources.iter_mut().for_each(|resource| resource.provenance = Some(Arc::clone(&path)));
        }
    }

    /// What is configured by a field of a kustomization.
    pub(crate) fn built_in_provenance(
        &self,
        kustomization: &Kustomization,
        kind: &str,
    ) -> Option<Provenance> {
        self.metadata.is_tracked.then(|| {
            let path = self.reached_path(&kustomization.file_name);
            configured(&path, "builtin", kind, "", "")
        })
    }

    /// What is configured by an object of `generators` or `transformers`.
    pub(crate) fn plugin_provenance(&self, config: &Resource) -> Option<Provenance> {
        if !self.metadata.is_tracked {
            return None;
        }
        let path = config.provenance.as_deref()?.strip_prefix("path: ")?.trim_end();
        let text = |field: &str| config.node.get(field).text().unwrap_or_default();
        Some(configured(path, text("apiVersion"), text("kind"), config.name(), config.namespace()))
    }

    /// Notes that all objects passed a transformer; what has no origin yet was made by it.
    pub(crate) fn passed(&self, by: Option<&Provenance>, built: &mut Accumulated) {
        let Some(by) = by else { return };
        for resource in &mut built.resources {
            if resource.provenance.is_some() {
                resource.transformations.push(Arc::clone(by));
            } else {
                resource.provenance = Some(Arc::clone(by));
            }
        }
    }

    /// Takes the work of writing what was noted.
    pub(crate) fn spend_on_metadata(&mut self, built: &Accumulated) -> Step<()> {
        let written = |resource: &Resource| -> usize {
            resource.transformations.iter().map(|transformation| transformation.len()).sum()
        };
        let work = if self.metadata.transformations.is_some() {
            built.resources.iter().map(written).sum()
        } else {
            0
        };
        self.spend(work, OriginId::NONE)
    }

    /// Writes what the root kustomization asks for, and takes away what a file says of it.
    pub(crate) fn write_metadata(&mut self, resource: &mut Resource) {
        remove(&mut resource.node, ORIGIN);
        remove(&mut resource.node, TRANSFORMATIONS);
        let transformations: String =
            resource.transformations.iter().map(|transformation| item_of(transformation)).collect();
        let origin = resource.provenance.clone();
        let Metadata { origins, transformations: asked, managed_by, .. } = self.metadata;
        if let Some((origin, at)) = origin.zip(origins) {
            self.set_metadata(resource, "annotations", (ORIGIN, &origin), at);
        }
        if let Some(at) = asked.filter(|_| !transformations.is_empty()) {
            self.set_metadata(resource, "annotations", (TRANSFORMATIONS, &transformations), at);
        }
        if let Some(at) = managed_by {
            self.set_metadata(resource, "labels", MANAGED_BY, at);
            resource.follow_shared();
        }
    }

    fn set_metadata(&mut self, resource: &mut Resource, field: &str, entry: (&str, &str), at: OriginId) {
        let at = self.origins.with_role(at, Role::Transformer);
        let Some(root) = resource.node.as_map_mut() else { return };
        let Some(metadata) = root.get_mut("metadata").and_then(Node::as_map_mut) else { return };
        if metadata.get(field).is_none_or(|node| node.as_map().is_none()) {
            metadata.set(Key::new(field, at), Node::new(Value::Map(Map::default()), at));
        }
        if let Some(map) = metadata.get_mut(field).and_then(Node::as_map_mut) {
            let old = map.get(entry.0).map_or(OriginId::NONE, |node| node.origin);
            let origin = crate::origin::over(at, old, self.origins);
            map.set(Key::new(entry.0, at), Node::string(entry.1, origin));
        }
    }
}

fn configured(path: &str, api_version: &str, kind: &str, name: &str, namespace: &str) -> Provenance {
    let mut text = format!("configuredIn: {}\nconfiguredBy:\n", scalar(path));
    for (field, value) in
        [("apiVersion", api_version), ("kind", kind), ("name", name), ("namespace", namespace)]
    {
        if !value.is_empty() {
            text.push_str(&format!("  {field}: {}\n", scalar(value)));
        }
    }
    text.into()
}

/// A map as the item of a list.
fn item_of(map: &str) -> String {
    let lines = map.lines().enumerate();
    lines.map(|(at, line)| format!("{}{line}\n", if at == 0 { "- " } else { "  " })).collect()
}

/// A text as YAML prints it: quoted where it would read as something else.
fn scalar(text: &str) -> String {
    let printed = to_yaml(&Node::string(text, OriginId::NONE), &mut Origins::default());
    printed.as_str().trim_end().to_owned()
}

fn remove(node: &mut Node, annotation: &str) {
    let metadata = node.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut);
    if let Some(map) = metadata.and_then(|map| map.get_mut("annotations")).and_then(Node::as_map_mut) {
        map.remove(annotation);
    }
}
