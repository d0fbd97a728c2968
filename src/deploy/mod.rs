//! What binds a deployable to a place: Argo CD Applications and ApplicationSets, Flux objects.

mod application;
mod application_env;
mod application_helm;
mod application_override;
mod application_path;
mod applicationset;
mod kustomize;

use std::collections::BTreeSet;
use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_manifest::{Manifest, Problem};

use crate::config::ClusterConfig;
use crate::discover::{Discovery, Trees};
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
    /// Deployments that Argo CD cannot read as they are meant, each with what is wrong.
    pub refused: Vec<Refused>,
    /// Folders that are deployed with values which are not known: they are not judged with others.
    pub named: BTreeSet<RepoPath>,
    /// What deploys from elsewhere.
    pub not_checked: Vec<NotChecked>,
}

/// A deployment and something in it that does not work.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The deployment, without jobs.
    pub deployment: Deployment,
    /// The path it deploys, as it is written.
    pub path: String,
    /// What is wrong, and where.
    pub problem: Problem,
}

/// What a deployment may know of the trees it deploys from.
pub struct Tree<'d> {
    /// What was found in the tree under review.
    pub discovery: &'d Discovery,
    /// That tree, and the others deployments may name.
    pub trees: &'d Trees<'d>,
    /// The clusters Argo CD knows, as far as the configuration states them.
    pub clusters: &'d [ClusterConfig],
}

/// Whether an object deploys others.
#[must_use]
pub fn is_deployment(manifest: &Manifest) -> bool {
    manifest.id.group() == "argoproj.io"
        && matches!(manifest.id.kind.as_str(), "Application" | "ApplicationSet")
}

/// Reads every deployment among the manifests of one job: the Applications, then the sets.
#[must_use]
pub fn deployments(manifests: &[Manifest], tree: &Tree<'_>) -> Deployments {
    let of_kind =
        |kind: &'static str| manifests.iter().filter(move |manifest| manifest.id.is("argoproj.io", kind));
    let mut all = Deployments::default();
    let applications: Vec<Manifest> = of_kind("Application").cloned().collect();
    read_applications(&applications, tree, &mut all);
    for set in of_kind("ApplicationSet") {
        let applications = applicationset::expand(set, tree, &mut all);
        read_applications(&applications, tree, &mut all);
    }
    all
}

/// Reads Applications of one job. What they give is added to one copy of the origins they share,
/// for a copy for each would cost the square of their number.
fn read_applications(applications: &[Manifest], tree: &Tree<'_>, all: &mut Deployments) {
    let Some(first) = applications.first() else { return };
    let mut origins = (*first.origins).clone();
    let (found, refused) = (all.found.len(), all.refused.len());
    for application in applications {
        application::read(application, tree, &mut origins, all);
    }
    let origins = Arc::new(origins);
    let refused = all.refused.iter_mut().skip(refused).map(|refused| &mut refused.deployment);
    for deployment in all.found.iter_mut().skip(found).chain(refused) {
        deployment.manifest.origins = Arc::clone(&origins);
    }
}
