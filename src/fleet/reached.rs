//! Which objects of a repository something deploys, where all that deploys can be seen.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_manifest::ObjectId;

use super::{Fleet, Object};
use crate::discover::{Discovery, FileKind};
use crate::finding::Code;
use crate::kinds::flux::{is_helm_release, is_kustomization};

/// What is known of the deployments of a repository.
#[derive(Debug)]
pub struct Reached<'f> {
    fleet: &'f Fleet,
    /// The folders that CI workflows name: `kubectl apply -k models/overlays/prod`.
    by_workflows: BTreeSet<&'f RepoPath>,
    /// The folders that deployments of another repository name.
    named: Vec<Named<'f>>,
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
        let workflows = discovery.files.values().filter(|found| found.kind == FileKind::Workflow);
        let texts = workflows.map(|found| &**found.file.text());
        let folders = fleet.deployables.iter().map(|one| &one.job.path);
        let by_workflows = named_in(texts, folders.filter(|folder| !folder.is_root()));
        Some(Self { fleet, by_workflows, named: named_elsewhere(fleet) })
    }

    /// Whether something deploys an object, here or elsewhere, now or once its revision is named.
    #[must_use]
    pub fn holds(&self, object: &Object) -> bool {
        let Some(deployable) = self.fleet.deployables.get(object.deployable) else { return true };
        let folder = &deployable.job.path;
        deployable.deployment.is_some()
            || object.is_to_come
            || self.named.iter().any(|named| folder.is_within(&named.folder))
            || self.by_workflows.contains(folder)
    }
}

/// Segments of a path that are looked at.
const DEEP: usize = 32;

/// Which folders some texts name, as whole segments of a path: `models/fraud` stands in
/// `$ROOT/models/fraud/service.yaml` and not in `models/fraud-eu`.
fn named_in<'t, 'f>(
    texts: impl Iterator<Item = &'t str>,
    folders: impl Iterator<Item = &'f RepoPath>,
) -> BTreeSet<&'f RepoPath> {
    let by_text: BTreeMap<&str, &RepoPath> = folders.map(|folder| (folder.as_str(), folder)).collect();
    let is_of_path =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/' | '+' | '@' | '~');
    let mut named = BTreeSet::new();
    for path in
        texts.flat_map(|text| text.split(|letter| !is_of_path(letter))).filter(|path| !path.is_empty())
    {
        // A sentence may end behind it.
        let path = path.trim_end_matches('.');
        let cuts = || path.match_indices('/').map(|(at, _)| at);
        for start in std::iter::once(0).chain(cuts().map(|at| at + 1)).take(DEEP) {
            let ends = cuts().filter(|end| *end > start).chain([path.len()]).take(DEEP);
            let parts = ends.filter_map(|end| path.get(start..end));
            named.extend(parts.filter_map(|part| by_text.get(part).copied()));
        }
    }
    named
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

/// A folder that a deployment names.
#[derive(Debug)]
pub struct Named<'f> {
    /// The object that names it.
    pub by: &'f ObjectId,
    /// The folder; of a template, the one above its first tag.
    pub folder: RepoPath,
}

/// The folders that deployments of another repository name: a repository that was renamed, or is
/// a fork, is another one by its URL.
#[must_use]
pub fn named_elsewhere(fleet: &Fleet) -> Vec<Named<'_>> {
    let remote = fleet.not_checked.iter().filter(|item| item.code == Code::Remote);
    let files: BTreeSet<&str> = remote.filter_map(|item| Some(item.location.as_ref()?.path())).collect();
    let mut all = Vec::new();
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
        let fixed = paths.filter_map(|path| match path.find("{{") {
            Some(at) => path.get(..at)?.rsplit_once('/').map(|(folder, _)| folder),
            None => Some(path),
        });
        let folders = fixed.filter_map(|path| RepoPath::parse(path).ok());
        all.extend(folders.map(|folder| Named { by: &manifest.id, folder }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_names_a_folder_by_whole_segments_of_a_path() {
        let folders = ["app", "models/fraud", "models", "prod"].map(|path| RepoPath::parse(path).unwrap());
        for (text, expected) in [
            ("name: application of the app-of-apps", vec![]),
            ("run: kubectl apply -k app", vec!["app"]),
            ("run: kubectl apply -k ./app/", vec!["app"]),
            ("run: kubectl apply -f models/fraud/service.yaml", vec!["models", "models/fraud"]),
            ("run: kubectl apply -k \"$ROOT/models/fraud\".", vec!["models", "models/fraud"]),
            ("run: kubectl apply -k models/fraud-eu", vec!["models"]),
            ("run: kubectl apply -k overlays/production", vec![]),
            ("run: kubectl apply -k overlays/${{ matrix.one }}", vec![]),
        ] {
            let named: Vec<&str> =
                named_in([text].into_iter(), folders.iter()).into_iter().map(RepoPath::as_str).collect();
            assert_eq!(named, expected, "{text}");
        }
    }
}
