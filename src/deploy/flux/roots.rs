//! Where Flux begins: the Kustomizations that no other one applies. What they apply further is read
//! as they render it, for parents patch their children.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_yaml::{NodeIndex, Tree};

use crate::discover::{Base, Discovery, FileKind, Trees};
use crate::kinds::flux::{KUSTOMIZE_GROUP, SOURCE_GROUP};

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
    let telling = files.filter(|found| {
        let text = found.file.text();
        text.contains(KUSTOMIZE_GROUP) || text.contains(SOURCE_GROUP)
    });
    let (mut kustomizations, mut named) = (Vec::new(), BTreeMap::<&str, Vec<Object<'_>>>::new());
    for found in telling {
        let cluster = super::cluster_of(&found.path);
        for document in &found.objects {
            let (file, tree, cluster) = (&found.path, &*found.tree, cluster.clone());
            let object = Object { file, tree, root: document.root, cluster };
            if object.is(KUSTOMIZE_GROUP, "Kustomization") {
                kustomizations.push(object);
            } else if object.is(SOURCE_GROUP, "GitRepository") {
                named.entry(object.text(&["metadata", "name"])).or_default().push(object);
            }
        }
    }
    let mut sources = Sources { named, trees, opened: BTreeMap::new() };
    let mut folder = |object: &Object<'_>| {
        let path = object.text(&["spec", "path"]).trim_start_matches('/');
        let base = sources.base(object)?;
        base.join(if path.is_empty() { "." } else { path }).ok().flatten()
    };
    let written = |object: &Object<'_>| {
        let root = Root { file: object.file.clone(), name: object.text(&["metadata", "name"]).to_owned() };
        (root, folder(object))
    };
    kustomizations.iter().map(written).collect()
}
