//! What binds a deployable to a place: Argo CD Applications and ApplicationSets, Flux objects.

mod application;
mod applicationset;
mod kustomize;

use mlgitops_files::RepoPath;
use mlgitops_manifest::{Manifest, Problem};

use crate::discover::Discovery;
use crate::finding::NotChecked;
use crate::render::{Given, Job};

/// A deployable bound to a place.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The Application or Flux object, as it is in the cluster, with its origins.
    pub manifest: Manifest,
    /// What it renders, in order.
    pub jobs: Vec<Job>,
    /// The cluster it names: a name or a URL.
    pub cluster: Option<Given>,
    /// The namespace of objects that name none.
    pub namespace: Option<Given>,
}

/// What reading the deployments of some manifests gave.
#[derive(Debug, Default)]
pub struct Deployments {
    /// The deployments, in the order of the manifests.
    pub found: Vec<Deployment>,
    /// What would be refused.
    pub problems: Vec<Problem>,
    /// What deploys from elsewhere.
    pub not_checked: Vec<NotChecked>,
}

/// What a deployment may know of the tree it deploys from.
pub struct Tree<'d> {
    /// What was found in it.
    pub discovery: &'d Discovery,
}

impl Tree<'_> {
    /// Whether a folder holds anything at all.
    #[must_use]
    pub fn has_folder(&self, folder: &RepoPath) -> bool {
        let first = self.discovery.files.range(folder.clone()..).next();
        folder.is_root() || first.is_some_and(|(path, _)| path.is_within(folder))
    }
}

/// Reads every deployment among some manifests.
#[must_use]
pub fn deployments(manifests: &[Manifest], tree: &Tree<'_>) -> Deployments {
    let mut all = Deployments::default();
    for manifest in manifests {
        match (manifest.id.group(), manifest.id.kind.as_str()) {
            ("argoproj.io", "Application") => application::read(manifest, tree, &mut all),
            ("argoproj.io", "ApplicationSet") => {
                for application in applicationset::expand(manifest, &mut all) {
                    application::read(&application, tree, &mut all);
                }
            }
            _ => {}
        }
    }
    all
}
