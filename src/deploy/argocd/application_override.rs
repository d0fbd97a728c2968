//! `.argocd-source.yaml` and `.argocd-source-<application>.yaml` beside what is deployed: they
//! change the source (argo-cd v3.5 `mergeSourceParameters` of `reposerver/repository`). Argo CD
//! Image Updater writes them.

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Map, Node, OriginId, Origins, Role, Value};

use super::Tree;

/// Fields that such a file cannot change.
const KEPT: [&str; 4] = ["chart", "path", "repoURL", "targetRevision"];

/// The source as the files in its folder change it; `None` where there is none.
pub(super) fn overridden(
    source: &Node,
    folder: &RepoPath,
    application: &str,
    tree: &Tree<'_>,
    origins: &mut Origins,
) -> Option<Node> {
    let names = [".argocd-source.yaml".to_owned(), format!(".argocd-source-{application}.yaml")];
    let known = tree.trees.known(folder);
    let mut merged: Option<Node> = None;
    for name in names {
        let found = folder.join(&name).ok().and_then(|path| known.files.get(&path));
        let Some(found) = found.filter(|found| found.path.parent().as_ref() == Some(folder)) else {
            continue;
        };
        let Some(root) = found.tree.documents().first().and_then(|document| document.root) else { continue };
        let file = origins.add_file(&found.file);
        let Ok(patch) = found.tree.node_of(root, file, Role::Deployment, origins) else { continue };
        let node = merged.get_or_insert_with(|| source.clone());
        merge(node, &patch);
    }
    let node = merged.as_mut()?.as_map_mut()?;
    for field in KEPT {
        match source.get(field).present() {
            Some(value) => {
                let key = source.as_map().and_then(|map| map.entry(field)).map(|(key, _)| key.clone());
                node.set(key?, value.clone());
            }
            None => drop(node.remove(field)),
        }
    }
    merged
}

/// A JSON merge patch (RFC 7386): maps are merged, null takes away, all else replaces. No deeper than a
/// document may be.
fn merge(node: &mut Node, patch: &Node) {
    let Some(changes) = patch.as_map() else {
        *node = patch.clone();
        return;
    };
    if node.as_map().is_none() {
        node.value = Value::Map(Map::default());
        node.origin = patch.origin;
    }
    let Some(map) = node.as_map_mut() else { return };
    for (key, change) in changes.iter() {
        if change.is_null() {
            map.remove(key.name());
            continue;
        }
        let mut value = map.get(key.name()).cloned().unwrap_or(Node::new(Value::Null, OriginId::NONE));
        merge(&mut value, change);
        map.set(key.clone(), value);
    }
}
