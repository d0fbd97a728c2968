//! Where Flux begins: the Kustomizations that no other one applies. What they apply further is read
//! as they render it, for parents patch their children.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_yaml::{NodeIndex, Tree};

use crate::discover::{Discovery, FileKind};
use crate::kinds::flux::KUSTOMIZE_GROUP;

/// A Kustomization as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Root {
    /// The file.
    pub(crate) file: RepoPath,
    /// The object's name.
    pub(crate) name: String,
}

/// The Kustomizations whose files lie in the folder of no other. Where each lies in one, those of
/// the shallowest folders.
pub(crate) fn roots(discovery: &Discovery) -> BTreeSet<Root> {
    let all = written(discovery);
    // Who applies a folder: the first, and whether there are others.
    let mut applied: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for (index, (_, folder)) in all.iter().enumerate() {
        applied.entry(folder.as_str()).and_modify(|(_, more)| *more = true).or_insert((index, false));
    }
    let is_nested = |(index, (root, _)): &(usize, &(Root, RepoPath))| {
        let mut at = root.file.parent();
        while let Some(folder) = at {
            // A Kustomization may apply its own file.
            if applied.get(folder.as_str()).is_some_and(|(first, more)| *more || first != index) {
                return true;
            }
            at = folder.parent();
        }
        false
    };
    let free = all.iter().enumerate().filter(|one| !is_nested(one));
    let free: BTreeSet<Root> = free.map(|(_, (root, _))| root.clone()).collect();
    if !free.is_empty() {
        return free;
    }
    let depth = |folder: &RepoPath| folder.segments().count();
    let least = all.iter().map(|(_, folder)| depth(folder)).min();
    let shallow = all.iter().filter(|(_, folder)| Some(depth(folder)) == least);
    shallow.map(|(root, _)| root.clone()).collect()
}

/// Every Kustomization of the tree with the folder it builds.
fn written(discovery: &Discovery) -> Vec<(Root, RepoPath)> {
    let mut all = Vec::new();
    for found in discovery.files.values().filter(|found| found.kind == FileKind::Manifests) {
        if !found.file.text().contains(KUSTOMIZE_GROUP) {
            continue;
        }
        for document in &found.objects {
            all.extend(
                one(&found.tree, document.root)
                    .map(|(name, path)| (Root { file: found.path.clone(), name }, path)),
            );
        }
    }
    all
}

fn one(tree: &Tree, root: NodeIndex) -> Option<(String, RepoPath)> {
    let text = |node: NodeIndex, key: &str| tree.get(node, key).and_then(|node| tree.scalar(node));
    let group = text(root, "apiVersion")?.split('/').next()?;
    if group != KUSTOMIZE_GROUP || text(root, "kind") != Some("Kustomization") {
        return None;
    }
    let name = text(tree.get(root, "metadata")?, "name")?;
    let path = tree.get(root, "spec").and_then(|spec| text(spec, "path")).unwrap_or("");
    let path = path.trim_start_matches('/');
    let folder = if path.is_empty() { RepoPath::root() } else { RepoPath::parse(path).ok()? };
    Some((name.to_owned(), folder))
}
