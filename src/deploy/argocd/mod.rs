//! Argo CD: Applications, and the sets that make them.

mod application;
mod application_env;
mod application_helm;
mod application_override;
mod application_path;
mod applicationset;
mod kustomize;

use std::sync::Arc;

use mlgitops_manifest::Manifest;

use super::{Deployment, Deployments, Refused, Tree};
use crate::kinds::argocd::GROUP;

/// Whether an object deploys others by Argo CD.
pub(super) fn is_deployment(manifest: &Manifest) -> bool {
    manifest.id.group() == GROUP && matches!(manifest.id.kind.as_str(), "Application" | "ApplicationSet")
}

/// Reads every deployment among the manifests of one job: the Applications, then the sets.
pub(super) fn deployments(manifests: &[Manifest], tree: &Tree<'_>) -> Deployments {
    let of_kind = |kind: &'static str| manifests.iter().filter(move |manifest| manifest.id.is(GROUP, kind));
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
