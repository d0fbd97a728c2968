//! Argo CD: Applications, and the sets that make them.

mod application;
mod application_env;
mod application_helm;
mod application_override;
mod application_path;
mod applicationset;
mod kustomize;

use mlgitops_manifest::Manifest;
use rayon::prelude::*;

use super::{Deployment, Deployments, Refused, TOGETHER, Tree, share};
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

/// Reads Applications of one job.
fn read_applications(applications: &[Manifest], tree: &Tree<'_>, all: &mut Deployments) {
    let parts: Vec<Deployments> =
        applications.par_chunks(TOGETHER).map(|part| read_part(part, tree)).collect();
    for part in parts {
        all.found.extend(part.found);
        all.problems.extend(part.problems);
        all.refused.extend(part.refused);
        all.named.extend(part.named);
        all.not_checked.extend(part.not_checked);
    }
}

/// Reads some Applications. What they give is added to one copy of the origins they share.
fn read_part(applications: &[Manifest], tree: &Tree<'_>) -> Deployments {
    let mut all = Deployments::default();
    let Some(first) = applications.first() else { return all };
    let mut origins = (*first.origins).clone();
    for application in applications {
        application::read(application, tree, &mut origins, &mut all);
    }
    share(origins, &mut all.found, &mut all.refused);
    all
}
