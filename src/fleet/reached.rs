//! Which objects of a repository something deploys, where all that deploys can be seen.

use std::collections::BTreeSet;

use mlgitops_files::RepoPath;

use super::{Fleet, Object};
use crate::discover::{Discovery, FileKind, Found};
use crate::finding::Code;
use crate::kinds::flux::{is_helm_release, is_kustomization};

/// What is known of the deployments of a repository.
#[derive(Debug)]
pub struct Reached<'f> {
    fleet: &'f Fleet,
    workflows: Vec<&'f Found>,
    /// The folders that deployments of another repository name.
    named: Vec<RepoPath>,
}

impl<'f> Reached<'f> {
    /// What is known of a fleet's; `None` where no deployment of this repository resolves, or
    /// something may deploy what looks like an orphan: a set that is not expanded, an object of
    /// Flux that is not built.
    #[must_use]
    pub fn of(fleet: &'f Fleet, discovery: &'f Discovery) -> Option<Self> {
        let resolves = fleet.deployments.iter().any(|one| !one.objects.is_empty());
        let hides = |code| matches!(code, Code::Plugin | Code::Limit | Code::RenderFailed);
        if !resolves || fleet.not_checked.iter().any(|item| hides(item.code)) || !is_flux_built(fleet) {
            return None;
        }
        let workflows = discovery.files.values().filter(|found| found.kind == FileKind::Workflow).collect();
        Some(Self { fleet, workflows, named: named_elsewhere(fleet) })
    }

    /// Whether something deploys an object, here or elsewhere, now or once its revision is named.
    #[must_use]
    pub fn holds(&self, object: &Object) -> bool {
        let Some(deployable) = self.fleet.deployables.get(object.deployable) else { return true };
        let folder = &deployable.job.path;
        deployable.deployment.is_some()
            || object.is_to_come
            || self.named.iter().any(|named| folder.is_within(named))
            || self.is_applied_by_a_workflow(folder)
    }

    /// Whether a CI workflow names the folder: `kubectl apply -k models/overlays/prod`.
    fn is_applied_by_a_workflow(&self, folder: &RepoPath) -> bool {
        !folder.is_root() && self.workflows.iter().any(|found| found.file.text().contains(folder.as_str()))
    }
}

/// Whether every object of Flux that may take a folder from here is built. What an operator of Flux
/// syncs is not known.
fn is_flux_built(fleet: &Fleet) -> bool {
    let deployments = fleet.deployments.iter().map(|one| &one.manifest.id);
    let built: BTreeSet<_> = deployments.map(|id| (&id.kind, &id.namespace, &id.name)).collect();
    let refused = fleet.refused.iter().map(|one| &one.deployment.id);
    let refused: BTreeSet<_> = refused.map(|id| (&id.kind, &id.namespace, &id.name)).collect();
    fleet.objects.iter().all(|object| {
        let id = &object.manifest.id;
        let chart = object.manifest.root.get("spec").get("chart").get("spec").get("sourceRef");
        let takes_folders = is_kustomization(id)
            || (is_helm_release(id) && chart.get("kind").text() == Some("GitRepository"));
        let name = (&id.kind, &id.namespace, &id.name);
        !id.group().ends_with("fluxcd.controlplane.io")
            && (!takes_folders || built.contains(&name) || refused.contains(&name))
    })
}

/// The folders that deployments of another repository name: a repository that was renamed, or is
/// a fork, is another one by its URL.
fn named_elsewhere(fleet: &Fleet) -> Vec<RepoPath> {
    let remote = fleet.not_checked.iter().filter(|item| item.code == Code::Remote);
    let files: BTreeSet<&str> = remote.filter_map(|item| Some(item.location.as_ref()?.path())).collect();
    let mut folders = Vec::new();
    for object in &fleet.objects {
        let manifest = &object.manifest;
        let spec = match manifest.id.kind.as_str() {
            "Application" => manifest.root.get("spec"),
            "ApplicationSet" => manifest.root.find(&["spec", "template", "spec"]),
            _ => continue,
        };
        let stands_in_one =
            manifest.place(manifest.root.origin).is_some_and(|at| files.contains(&**at.file.path()));
        if manifest.id.group() != "argoproj.io" || !stands_in_one {
            continue;
        }
        let one = spec.get("source").present();
        let paths =
            spec.get("sources").items().iter().chain(one).filter_map(|source| source.get("path").text());
        // Of a template, the folder above its first tag.
        let fixed = paths.filter_map(|path| match path.find("{{") {
            Some(at) => path.get(..at)?.rsplit_once('/').map(|(folder, _)| folder),
            None => Some(path),
        });
        folders.extend(fixed.filter_map(|path| RepoPath::parse(path).ok()));
    }
    folders
}
