//! Builds a kustomization for a job, and says which files are parts of kustomizations.

use std::collections::BTreeSet;

use mlgitops_files::RepoPath;
use mlgitops_kustomize::{LeftOutKind, Overrides, build};
use mlgitops_yaml::{NodeIndex, Origins, Reader, Role};

use crate::discover::{Discovery, FileKind, Found};
use crate::finding::{Code, Location, NotChecked};
use crate::render::Kustomize;
use crate::render::run::{RenderProblem, Rendered, manifests};

/// The objects of a kustomization, with what a deployment sets.
pub(super) fn render(reader: Reader<'_>, given: &Kustomize, rendered: &mut Rendered) {
    let mut origins = Origins::default();
    let overrides = overrides(given, &mut origins);
    let folder = rendered.job.path.clone();
    let built = build(reader, &folder, &overrides, &mut origins);
    rendered.reached.extend(built.reached);
    let job = rendered.job.clone();
    rendered
        .problems
        .extend(built.problems.into_iter().map(|problem| RenderProblem { job: job.clone(), problem }));
    rendered.not_checked.extend(built.remote.into_iter().map(|remote| {
        let reason = format!("`{}` is on another server", remote.url);
        NotChecked::new(Code::Remote, format!("a part of `{folder}`"), reason)
            .at(remote.at.map(Location::from))
    }));
    rendered.not_checked.extend(built.left_out.into_iter().map(|left| {
        let code = match left.kind {
            LeftOutKind::Plugin => Code::Plugin,
            LeftOutKind::Missing => Code::Remote,
            LeftOutKind::Limit => Code::Limit,
        };
        NotChecked::new(code, format!("a part of `{folder}`"), left.reason).at(left.at.map(Location::from))
    }));
    for (index, effect) in built.effects {
        rendered.effects.entry(index).or_default().push(effect);
    }
    // Kustomize prints nothing without apiVersion and kind, so that every object is a manifest.
    rendered.manifests = manifests(built.objects, origins);
}

fn overrides(given: &Kustomize, origins: &mut Origins) -> Overrides {
    let fields = given.fields.iter();
    let fields = fields.map(|(name, value)| (name.clone(), value.to_node(Role::Deployment, origins)));
    Overrides {
        fields: fields.collect(),
        files_anywhere: given.files_anywhere,
        kube_version: given.kube_version.clone(),
        api_versions: given.api_versions.clone(),
    }
}

/// The files and folders that kustomizations name: resources, patches and the like. They are
/// judged through what builds them, never by themselves.
pub(super) fn named(discovery: &Discovery) -> BTreeSet<RepoPath> {
    let kustomizations = discovery.files.values().filter(|found| found.kind == FileKind::Kustomization);
    kustomizations.flat_map(named_by).collect()
}

fn named_by(found: &Found) -> Vec<RepoPath> {
    let mut paths = Vec::new();
    let (Some(folder), Some(root)) = (found.path.parent(), root(found)) else { return paths };
    let tree = &found.tree;
    let mut add = |node: Option<NodeIndex>| {
        let path = node.and_then(|node| tree.scalar(node)).and_then(|text| folder.join(text).ok());
        paths.extend(path.filter(|path| *path != folder));
    };
    const LISTS: [&str; 9] = [
        "resources",
        "bases",
        "components",
        "patchesStrategicMerge",
        "configurations",
        "generators",
        "transformers",
        "validators",
        "crds",
    ];
    for list in LISTS.iter().filter_map(|list| tree.get(root, list)) {
        tree.children(list).iter().for_each(|&entry| add(Some(tree.follow(entry))));
    }
    for list in ["patches", "patchesJson6902", "replacements"].iter().filter_map(|list| tree.get(root, list))
    {
        tree.children(list).iter().for_each(|&entry| add(tree.get(entry, "path")));
    }
    paths
}

/// The first document of a kustomization.
pub(super) fn root(found: &Found) -> Option<NodeIndex> {
    found.tree.documents().first().and_then(|document| document.root)
}
