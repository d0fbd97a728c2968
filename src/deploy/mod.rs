//! What binds a deployable to a place: Argo CD Applications and ApplicationSets, Flux objects.

mod argocd;
pub(crate) mod flux;

use std::collections::BTreeSet;
use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_manifest::{Manifest, Problem};
use mlgitops_yaml::Origins;

use crate::config::ClusterConfig;
use crate::discover::{Discovery, Trees};
use crate::finding::NotChecked;
use crate::render::{Given, Job};

/// So many objects of one rendering are read by one thread: a copy of the origins they share is made
/// for them together, for one for each would cost the square of their number.
const TOGETHER: usize = 256;

/// Gives the deployments that were read together the origins that all of them added to.
fn share(origins: Origins, found: &mut [Deployment], refused: &mut [Refused]) {
    let origins = Arc::new(origins);
    let refused = refused.iter_mut().map(|refused| &mut refused.deployment);
    for deployment in found.iter_mut().chain(refused) {
        deployment.manifest.origins = Arc::clone(&origins);
    }
}

/// A deployable bound to a place.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The Application or Flux object, as it is in the cluster, with its origins.
    pub manifest: Manifest,
    /// What it renders, in order.
    pub jobs: Vec<Arc<Job>>,
    /// The cluster it names: a name or a URL.
    pub cluster: Option<Given>,
    /// The namespace of objects that name none.
    pub namespace: Option<Given>,
    /// The folder of the cluster that applies it: `clusters/production`. Flux alone has one.
    pub folder: Option<RepoPath>,
    /// What its variables call the environment. Flux alone has any.
    pub setting: Option<Arc<str>>,
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
    argocd::is_deployment(manifest) || flux::is_deployment(manifest)
}

/// Reads every deployment of Argo CD among the manifests of one job: the Applications, then the
/// sets.
#[must_use]
pub fn deployments(manifests: &[Manifest], tree: &Tree<'_>) -> Deployments {
    argocd::deployments(manifests, tree)
}
