//! Where Flux begins: the Kustomizations that no other one applies. What they apply further is read
//! as they render it, for parents patch their children.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{NodeIndex, Tree};
use rayon::prelude::*;

use super::source::from_top;
use crate::discover::{Base, Discovery, FileKind, Found, KUSTOMIZATIONS, Trees};
use crate::kinds::flux::{KUSTOMIZE_GROUP, SOURCE_GROUP, is_helm_release, is_kustomization};

/// A Kustomization as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Root {
    /// The file.
    pub(crate) file: RepoPath,
    /// The object's name.
    pub(crate) name: String,
}

/// A Kustomization, and the folder of the tree under review that it builds, if it is one of that.
type Written = (Root, Option<RepoPath>);

/// The Kustomizations whose files lie in the folder of no other. Where each lies in one, those of
/// the shallowest folders.
pub(crate) fn roots(discovery: &Discovery, trees: &Trees<'_>) -> BTreeSet<Root> {
    let all = written(discovery, trees);
    // Who applies a folder: the first, and whether there are others.
    let mut applied: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for (index, (_, folder)) in all.iter().enumerate() {
        if let Some(folder) = folder {
            applied.entry(folder.as_str()).and_modify(|(_, more)| *more = true).or_insert((index, false));
        }
    }
    let is_nested = |(index, (root, _)): &(usize, &Written)| {
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
    let least = all.iter().filter_map(|(_, folder)| folder.as_ref().map(depth)).min();
    let shallow = all.iter().filter(|(_, folder)| folder.as_ref().map(depth) == least);
    shallow.map(|(root, _)| root.clone()).collect()
}

/// What is written of one object that matters here.
struct Object<'t> {
    file: &'t RepoPath,
    tree: &'t Tree,
    root: NodeIndex,
    /// The folder of the cluster it is written for.
    cluster: Option<RepoPath>,
}

impl<'t> Object<'t> {
    fn text(&self, path: &[&str]) -> &'t str {
        let node = path.iter().try_fold(self.root, |node, key| self.tree.get(node, key));
        node.and_then(|node| self.tree.scalar(node)).unwrap_or("")
    }

    fn is(&self, group: &str, kind: &str) -> bool {
        self.text(&["apiVersion"]).split('/').next() == Some(group) && self.text(&["kind"]) == kind
    }

    /// Whether it says what to build at all.
    fn has_source(&self) -> bool {
        ["kind", "name"].iter().all(|field| !self.text(&["spec", "sourceRef", field]).is_empty())
    }
}

/// Whether an object is a piece to be laid over another, and none to apply: it lacks what every
/// object of its kind must say, and stands beside a kustomization that does not name it.
pub(crate) fn is_piece(manifest: &Manifest, discovery: &Discovery) -> bool {
    let spec = manifest.root.get("spec");
    let lacks = match is_helm_release(&manifest.id) {
        true => spec.get("chart").is_absent() && spec.get("chartRef").is_absent(),
        false => is_kustomization(&manifest.id) && spec.get("sourceRef").is_absent(),
    };
    let file = || RepoPath::parse(manifest.place(manifest.root.origin)?.file.path()).ok();
    lacks && file().is_some_and(|file| is_unnamed(&file, discovery))
}

/// Whether the kustomization beside a file does not name it among its resources.
fn is_unnamed(file: &RepoPath, discovery: &Discovery) -> bool {
    let Some(folder) = file.parent() else { return false };
    let beside = KUSTOMIZATIONS.iter().filter_map(|name| folder.join(name).ok());
    let mut beside = beside.filter_map(|path| discovery.files.get(&path));
    beside.next().is_some_and(|found| !names_resource(&found.tree, &folder, file))
}

/// Whether a kustomization names a file among its resources.
fn names_resource(tree: &Tree, folder: &RepoPath, file: &RepoPath) -> bool {
    let list = tree.documents().first().and_then(|document| tree.get(document.root?, "resources"));
    let entries =
        list.into_iter().flat_map(|list| tree.children(list)).filter_map(|entry| tree.scalar(*entry));
    entries.filter_map(|entry| folder.join(entry).ok()).any(|path| path == *file)
}

/// The GitRepositories of the tree, by name, and which of their states are the tree itself.
struct Sources<'s> {
    named: BTreeMap<&'s str, Vec<Object<'s>>>,
    trees: &'s Trees<'s>,
    opened: BTreeMap<(&'s str, &'s str), Option<Base>>,
}

impl<'s> Sources<'s> {
    /// Where the source of a Kustomization lies; `None` where that is not this tree.
    fn base(&mut self, kustomization: &Object<'_>) -> Option<Base> {
        let reference = |field: &str| kustomization.text(&["spec", "sourceRef", field]);
        let Some(all) = self.named.get(reference("name")) else {
            // What it names may be applied from elsewhere.
            return Some(Base::guessed());
        };
        let cluster = &kustomization.cluster;
        let nearness = |one: &&Object<'_>| (one.file == kustomization.file, one.cluster == *cluster);
        let best = all.iter().map(|one| nearness(&one)).max();
        let nearest = all.iter().filter(|one| Some(nearness(one)) == best);
        let states: Vec<(&str, &str)> = nearest.map(|one| (one.text(&["spec", "url"]), state(one))).collect();
        states.into_iter().find_map(|state| self.open(state))
    }

    fn open(&mut self, (url, revision): (&'s str, &'s str)) -> Option<Base> {
        let trees = self.trees;
        let opened = self.opened.entry((url, revision));
        let base = opened.or_insert_with(|| {
            let base = trees.open(url, revision).ok()?;
            base.folder().is_root().then_some(base)
        });
        base.clone()
    }
}

/// The revision a GitRepository is read at; a range of tags is never the tree under review.
fn state<'t>(repository: &Object<'t>) -> &'t str {
    let field = |name: &str| repository.text(&["spec", "ref", name]);
    let named = ["commit", "name", "semver", "tag", "branch"].map(field);
    named.into_iter().find(|text| !text.is_empty()).unwrap_or("")
}

/// Every Kustomization of the tree with the folder it builds.
fn written(discovery: &Discovery, trees: &Trees<'_>) -> Vec<Written> {
    let files = discovery.files.values().filter(|found| found.kind == FileKind::Manifests);
    let is_telling = |found: &&Found| {
        let text = found.file.text();
        text.contains(KUSTOMIZE_GROUP) || text.contains(SOURCE_GROUP)
    };
    let telling: Vec<&Found> = files.collect::<Vec<_>>().into_par_iter().filter(is_telling).collect();
    let (mut kustomizations, mut named) = (Vec::new(), BTreeMap::<&str, Vec<Object<'_>>>::new());
    for found in telling {
        let cluster = super::cluster_of(&found.path);
        for document in &found.objects {
            let (file, tree, cluster) = (&found.path, &*found.tree, cluster.clone());
            let object = Object { file, tree, root: document.root, cluster };
            if object.is(KUSTOMIZE_GROUP, "Kustomization") {
                if object.has_source() || !is_unnamed(object.file, discovery) {
                    kustomizations.push(object);
                }
            } else if object.is(SOURCE_GROUP, "GitRepository") {
                named.entry(object.text(&["metadata", "name"])).or_default().push(object);
            }
        }
    }
    let mut sources = Sources { named, trees, opened: BTreeMap::new() };
    let mut folder = |object: &Object<'_>| {
        // What is laid over others, wherever it lies, builds nothing.
        if !object.has_source() {
            return None;
        }
        let base = sources.base(object)?;
        base.join(&from_top(object.text(&["spec", "path"]))).ok().flatten()
    };
    let written = |object: &Object<'_>| {
        let root = Root { file: object.file.clone(), name: object.text(&["metadata", "name"]).to_owned() };
        (root, folder(object))
    };
    kustomizations.iter().map(written).collect()
}
