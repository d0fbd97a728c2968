//! Builds a kustomization for a job, and says which files are parts of kustomizations.

use std::collections::BTreeSet;

use mlgitops_files::RepoPath;
use mlgitops_kustomize::{LeftOutKind, Overrides, build};
use mlgitops_yaml::{Map, Node, NodeIndex, OriginId, Origins, Reader, Role, Value};
use rayon::prelude::*;

use crate::discover::{Discovery, FileKind, Found};
use crate::finding::{Code, Location, NotChecked};
use crate::render::flux::Stopped;
use crate::render::run::{RenderProblem, Rendered, Undefined, manifests};
use crate::render::{GivenNode, Kustomize, flux};

/// The objects of a kustomization, with what a deployment sets.
pub(super) fn render(reader: Reader<'_>, given: &Kustomize, rendered: &mut Rendered) {
    let mut origins = Origins::default();
    let folder = rendered.job.path.clone();
    let mut overrides = overrides(given, &mut origins);
    let written = given.flux.as_ref().and_then(|flux| flux::written(reader, &folder, flux, &mut origins));
    if let Some(written) = written {
        rendered.not_checked.extend(written.too_long.iter().map(|file| {
            let reason = "it has more patterns than are read";
            NotChecked::new(Code::Limit, format!("a part of `{file}`"), reason)
        }));
        overrides.written = Some(written.node);
    }
    if overrides.written.as_ref().is_some_and(|written| written.get("resources").items().is_empty()) {
        // Flux builds an empty folder to nothing.
        return;
    }
    let built = build(reader, &folder, &overrides, &mut origins);
    rendered.reached.extend(built.reached);
    rendered.missing.extend(built.missing);
    let job = rendered.job.clone();
    rendered
        .problems
        .extend(built.problems.into_iter().map(|problem| RenderProblem { job: job.clone(), problem }));
    rendered.targets = built.targets;
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
    let mut objects = built.objects;
    if let Some(flux) = &given.flux {
        match flux::finish(objects, flux, &mut origins) {
            Ok(finished) => {
                let places = finished.undefined.iter();
                rendered.undefined = places
                    .map(|one| Undefined { name: one.name.clone(), at: origins.first(one.at) })
                    .collect();
                objects = finished.objects;
            }
            Err(Stopped::Refused(problem)) => {
                rendered.problems.push(RenderProblem { job: rendered.job.clone(), problem });
                return;
            }
            Err(Stopped::Limit(reason, at)) => {
                let item = NotChecked::new(Code::Limit, rendered.job.to_string(), reason);
                rendered.not_checked.push(item.at(at.map(Location::from)).required(true));
                return;
            }
        }
    }
    // Kustomize prints nothing without apiVersion and kind, so that every object is a manifest.
    rendered.manifests = manifests(objects, origins);
}

fn overrides(given: &Kustomize, origins: &mut Origins) -> Overrides {
    let fields = given.fields.iter();
    let fields = fields.map(|(name, value)| (name.clone(), value.to_node(Role::Deployment, origins)));
    Overrides {
        fields: fields.collect(),
        written: None,
        objects: Vec::new(),
        files_anywhere: given.files_anywhere,
        merges_images: given.flux.as_ref().is_some_and(|flux| flux.merges_images),
        kube_version: given.kube_version.clone(),
        api_versions: given.api_versions.clone(),
    }
}

/// Puts kustomizations around what a chart printed, one after the other; what they refuse leaves
/// nothing.
pub(super) fn around(
    reader: Reader<'_>,
    renderers: &[Vec<(String, GivenNode)>],
    mut objects: Vec<Node>,
    rendered: &mut Rendered,
    origins: &mut Origins,
) -> Vec<Node> {
    let empty = Node::new(Value::Map(Map::default()), OriginId::NONE);
    for fields in renderers {
        let given = Kustomize { fields: fields.clone(), files_anywhere: true, ..Kustomize::default() };
        let mut overrides = overrides(&given, origins);
        overrides.written = Some(empty.clone());
        overrides.objects = objects;
        let built = build(reader, &rendered.job.path.clone(), &overrides, origins);
        let job = rendered.job.clone();
        let problems = built.problems.into_iter();
        rendered.problems.extend(problems.map(|problem| RenderProblem { job: job.clone(), problem }));
        objects = built.objects;
    }
    objects
}

/// The files and folders that kustomizations name: resources, patches and the like. They are
/// judged through what builds them, never by themselves.
pub(super) fn named(discovery: &Discovery) -> BTreeSet<RepoPath> {
    let files = discovery.files.values();
    let kustomizations: Vec<&Found> = files.filter(|found| found.kind == FileKind::Kustomization).collect();
    kustomizations.into_par_iter().flat_map_iter(named_by).collect::<Vec<_>>().into_iter().collect()
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
