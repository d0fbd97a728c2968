//! A Flux Kustomization: the folder it builds, what it changes in the build, and where to.

use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::Release;
use mlgitops_yaml::{Node, Origins};

use super::source::{self, NoFolder};
use super::variables::{self, Found};
use super::{CLUSTER, ENVIRONMENT, Reading, World, pairs, setting};
use crate::deploy::Deployment;
use crate::kinds::flux::SourceRef;
use crate::render::{Flux, Given, GivenNode, Job, Kustomize, Tool};

/// Fields that are set in the kustomization, by their names here and there.
const FIELDS: [(&str, &str); 6] = [
    ("targetNamespace", "namespace"),
    ("namePrefix", "namePrefix"),
    ("nameSuffix", "nameSuffix"),
    ("patches", "patches"),
    ("patchesJson6902", "patchesJson6902"),
    ("images", "images"),
];

/// Reads a Kustomization.
pub(super) fn read(manifest: &Manifest, world: &World<'_>, origins: &mut Origins, reading: &mut Reading) {
    let spec = manifest.root.get("spec");
    let mut deployment = world.deployment(manifest, origins);
    let namespace = spec.get("targetNamespace").present().filter(|node| is_said(node));
    deployment.namespace = namespace.and_then(|node| Given::of(node, origins));
    let found = folder_of(manifest, world);
    let Some(folder) = reading.at_hand(found, &deployment, world, origins) else { return };
    let variables = match variables::read(manifest, world, origins) {
        None => None,
        Some(Found::Waiting) => return reading.waiting.push(manifest.clone()),
        Some(Found::Read(post_build, missing)) => {
            for (words, at) in missing {
                reading.in_cluster("variables", manifest, words, origins.first(at));
            }
            Some(post_build)
        }
    };
    if let Some(post_build) = &variables {
        deployment.cluster = deployment.cluster.or_else(|| setting(&post_build.values, &CLUSTER).cloned());
        let setting = setting(&post_build.values, &ENVIRONMENT).map(|given| Arc::clone(&given.text));
        deployment.setting = setting.or(deployment.setting);
    }
    let metadata = spec.get("commonMetadata");
    let labels = pairs(metadata.get("labels").present(), origins);
    let annotations = pairs(metadata.get("annotations").present(), origins);
    let flux = Flux {
        cluster: world.cluster.cloned(),
        ignore: source::ignored(manifest, world),
        path: spec.get("path").present().and_then(|node| Given::of(node, origins)),
        labels,
        annotations,
        variables,
        merges_images: merges_images(world.release),
    };
    let kustomize = Kustomize {
        fields: fields(&manifest.root, &folder, world, origins),
        files_anywhere: true,
        flux: Some(Box::new(flux)),
        ..Kustomize::default()
    };
    let job = Job { path: folder, tool: Tool::Kustomize(kustomize) };
    reading.found.push(Deployment { jobs: vec![Arc::new(job)], ..deployment });
}

/// Whether the fields of an entry of `images` are laid over those of the folder's own: from
/// kustomize-controller 1.9.4 on, which Flux 2.9.3 holds; before, it took the entry's place.
fn merges_images(release: Option<&str>) -> bool {
    let Some((text, release)) = release.and_then(|text| Some((text, text.parse::<Release>().ok()?))) else {
        return true;
    };
    // Who names a minor release alone runs the last of its patch releases.
    let patch = if text.matches('.').count() > 1 { 3 } else { 0 };
    release >= Release::new(2, 9, patch)
}

fn is_said(node: &Node) -> bool {
    node.text().is_some_and(|text| !text.is_empty())
}

fn folder_of<'n>(manifest: &'n Manifest, world: &World<'_>) -> Result<RepoPath, NoFolder<'n>> {
    let root = &*manifest.root;
    let spec = root.get("spec");
    let reference = spec.get("sourceRef").present();
    let Some(source) = reference.and_then(SourceRef::of) else {
        let words = "it names no source".to_owned();
        return Err(NoFolder::Refused(words, reference.or(spec.present()).unwrap_or(root)));
    };
    let path = spec.get("path").present();
    let text = path.and_then(Node::text).unwrap_or("");
    let (base, below) = source::open(source, manifest.id.namespace.as_deref(), text, world)
        .map_err(|why| NoFolder::NotHere(why, source.node))?;
    source::folder(&base, path.unwrap_or(source.node), &below, world)
}

/// What the object sets in the kustomization of its folder
/// (fluxcd/pkg v1.9 `kustomize/kustomize_generator.go`).
fn fields(
    root: &Node,
    folder: &RepoPath,
    world: &World<'_>,
    origins: &mut Origins,
) -> Vec<(String, GivenNode)> {
    let spec = root.get("spec");
    let mut fields = Vec::new();
    for (own, name) in FIELDS {
        let value = spec.get(own).present().and_then(|node| GivenNode::of(node, origins));
        fields.extend(value.filter(|value| !is_empty(value)).map(|value| (name.to_owned(), value)));
    }
    let ignores = spec.get("ignoreMissingComponents").present().and_then(Node::as_bool) == Some(true);
    let is_there = |node: &&Node| {
        let path = node.text().and_then(|text| folder.join(text).ok());
        path.is_some_and(|path| world.tree.trees.files().kind(&path).is_some())
    };
    let components = spec.get("components").items().iter().filter(|node| !ignores || is_there(node));
    let components: Vec<GivenNode> = components.filter_map(|node| GivenNode::of(node, origins)).collect();
    if !components.is_empty() {
        fields.push(("components".to_owned(), GivenNode::List(components)));
    }
    fields
}

fn is_empty(value: &GivenNode) -> bool {
    match value {
        GivenNode::Null | GivenNode::Unknown(_) => true,
        GivenNode::Scalar(given, _) => given.text.is_empty(),
        GivenNode::List(items) => items.is_empty(),
        GivenNode::Map(entries) => entries.is_empty(),
    }
}
