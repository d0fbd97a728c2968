//! `inferenceservice-config`: what KServe's controller is told, in an object or in a patch of one that
//! another repository holds (kserve v0.20 `pkg/apis/serving/v1beta1/configmap.go`).

use std::sync::Arc;

use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Node, Origins, Role, Tree, parse};

use super::{Finder, of_text, root};
use crate::config::Stated;
use crate::discover::{FileKind, Found, is_documentation};

/// The ConfigMap's name.
pub(super) const NAME: &str = "inferenceservice-config";

/// The entries of it that hold what [`super::OPTIONS`] become, and the key in the JSON of each.
const ENTRIES: [(&str, &str); 2] =
    [("deploy", "defaultDeploymentMode"), ("ingress", "disableIstioVirtualHost")];

/// The lists of a kustomization that hold patches.
const LISTS: [&str; 3] = ["patches", "patchesStrategicMerge", "patchesJson6902"];

type Told = [Option<Stated<String>>; 2];

impl Finder<'_> {
    /// `data.deploy` and `data.ingress` are JSON: `{"defaultDeploymentMode": "Knative"}`.
    pub(super) fn config_map(&mut self, manifest: &Manifest) {
        self.told(of_entries(manifest, |entry| manifest.root.find(&["data", entry]).present()));
    }

    /// The patches of the ConfigMap in kustomizations that take in KServe's release files from
    /// elsewhere. Where the object itself is at hand, they are in it.
    pub(super) fn patches_of_config(&mut self) {
        if self.fleet.of_kind("ConfigMap").any(|object| object.manifest.id.name == NAME) {
            return;
        }
        let files = self.discovery.files.values().filter(|file| file.kind == FileKind::Kustomization);
        for file in files.filter(|file| !is_documentation(&file.path)) {
            for told in self.of_patches(file).unwrap_or_default() {
                self.told(told);
            }
        }
    }

    fn of_patches(&self, file: &Found) -> Option<Vec<Told>> {
        let kustomization = root(&file.tree)?;
        LISTS.iter().find(|list| file.tree.get(kustomization, list).is_some())?;
        let mut origins = Origins::default();
        let id = origins.add_file(&file.file);
        let kustomization = file.tree.node_of(kustomization, id, Role::Patch, &mut origins).ok()?;
        let mut all = Vec::new();
        for entry in LISTS.iter().flat_map(|list| kustomization.get(list).items()) {
            let is_named = entry.find(&["target", "name"]).text() == Some(NAME);
            // An entry of `patchesStrategicMerge` is the path or the patch itself.
            let path = entry.get("path").present().unwrap_or(entry);
            if let Some(found) = path.text().and_then(|path| self.beside(file, path)) {
                let mut origins = Origins::default();
                let id = origins.add_file(&found.file);
                let is_its = is_named || found.file.text().contains(NAME);
                let documents = found.tree.documents().iter().filter(|_| is_its);
                for root in documents.filter_map(|document| document.root) {
                    let node = found.tree.node_of(root, id, Role::Patch, &mut origins).ok();
                    all.extend(node.and_then(|node| of_patch(node, &origins, is_named)));
                }
                continue;
            }
            let inline = entry.get("patch").present().unwrap_or(entry);
            let Some(scalar) = inline.as_scalar().filter(|text| is_named || text.text.contains(NAME)) else {
                continue;
            };
            let tree: Tree = parse(scalar.to_text(inline.origin, &mut origins));
            for root in tree.documents().iter().filter_map(|document| document.root) {
                let node = tree.node(root, &mut origins).ok();
                all.extend(node.and_then(|node| of_patch(node, &origins, is_named)));
            }
        }
        Some(all)
    }

    /// A file named from a kustomization.
    fn beside(&self, file: &Found, path: &str) -> Option<&Found> {
        self.discovery.files.get(&file.path.parent()?.join(path).ok()?)
    }
}

/// What a patch says: a part of the ConfigMap, or operations on it.
fn of_patch(node: Node, origins: &Origins, is_named: bool) -> Option<Told> {
    let id = ObjectId::of(&node);
    let is_part = id.as_ref().is_some_and(|id| id.is("", "ConfigMap") && (is_named || id.name == NAME));
    let id = id.unwrap_or_else(|| ObjectId {
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        namespace: None,
        name: NAME.to_owned(),
    });
    let patch = Manifest { id, root: Arc::new(node), origins: Arc::new(origins.clone()) };
    if is_part {
        return Some(of_entries(&patch, |entry| patch.root.find(&["data", entry]).present()));
    }
    let operations = patch.root.items();
    let of_operation = |entry: &str| {
        let path = format!("/data/{entry}");
        let mut sets = operations.iter().filter(|one| one.get("path").text() == Some(path.as_str()));
        sets.next_back()?.get("value").present()
    };
    (is_named && !operations.is_empty()).then(|| of_entries(&patch, of_operation))
}

fn of_entries<'n>(manifest: &Manifest, entry: impl Fn(&str) -> Option<&'n Node>) -> Told {
    ENTRIES.map(|(name, key)| of_text(manifest, entry(name)?, &[key]))
}
