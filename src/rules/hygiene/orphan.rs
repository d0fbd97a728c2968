//! `hygiene/orphan`: models of this repository that nothing here deploys.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Pointer, Role};

use super::super::{Check, Context, Violations};
use crate::discover::FileKind;
use crate::finding::{Code, Label, Location, Violation};
use crate::fleet::Object;
use crate::kinds::flux::{is_helm_release, is_kustomization};
use crate::kinds::kserve;
use crate::render::ToolKind;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

const NOTE: &str =
    "it is judged as it would run by itself; a change here reaches no cluster through this repository";

fn check(context: &Context<'_>, out: &mut Violations) {
    if !knows_its_deployments(context) {
        return;
    }
    let named = named_elsewhere(context);
    // One finding a folder that is rendered, one an object that stands as it is.
    let mut folders: BTreeMap<&RepoPath, Vec<&Object>> = BTreeMap::new();
    for object in context.fleet.objects.iter().filter(|object| kserve::is_model_kind(&object.manifest)) {
        let Some(deployable) = context.fleet.deployables.get(object.deployable) else { continue };
        let job = &deployable.job;
        let is_named = named.iter().any(|folder| job.path.is_within(folder));
        let is_bound = deployable.deployment.is_some() || object.is_to_come;
        if is_bound || is_named || is_applied_by_a_workflow(&job.path, context) {
            continue;
        }
        if job.kind() == ToolKind::Plain {
            out.push(of_object(object, context));
        } else {
            folders.entry(&job.path).or_default().push(object);
        }
    }
    for (folder, objects) in folders {
        for violation in of_folder(folder, &objects, context) {
            out.push(violation);
        }
    }
}

/// Whether a deployment of this repository resolves, and all that could reach a model do: a set
/// that is not expanded, or an object of Flux that is not built, may deploy what looks like an orphan.
fn knows_its_deployments(context: &Context<'_>) -> bool {
    let fleet = context.fleet;
    let resolves = fleet.deployments.iter().any(|one| !one.objects.is_empty());
    let hides = |code| matches!(code, Code::Plugin | Code::Limit | Code::RenderFailed);
    resolves && !fleet.not_checked.iter().any(|item| hides(item.code)) && is_flux_built(context)
}

/// Whether every object of Flux that may take a folder from here is built. What an operator of Flux
/// syncs is not known.
fn is_flux_built(context: &Context<'_>) -> bool {
    let fleet = context.fleet;
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

/// What deploys in this repository, as people call it.
fn deployer(context: &Context<'_>) -> (&'static str, &'static str) {
    if context.facts.flux.is_alone {
        ("a Kustomization", "Kustomization")
    } else {
        ("an Application", "Application")
    }
}

/// Whether a CI workflow names the folder: `kubectl apply -k models/overlays/prod`.
fn is_applied_by_a_workflow(folder: &RepoPath, context: &Context<'_>) -> bool {
    let mut workflows = context.discovery.files.values().filter(|found| found.kind == FileKind::Workflow);
    !folder.is_root() && workflows.any(|found| found.file.text().contains(folder.as_str()))
}

/// The folders that deployments of another repository name: a repository that was renamed, or is
/// a fork, is another one by its URL.
fn named_elsewhere(context: &Context<'_>) -> Vec<RepoPath> {
    let fleet = context.fleet;
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

fn of_object(object: &Object, context: &Context<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let path = Pointer::of(&["metadata", "name"]);
    let node = manifest.at(&path).present()?;
    let message = format!("nothing in this repository deploys {}{{places}}", manifest.id.name);
    let (one, kind) = deployer(context);
    let label = format!("in no {kind}'s path");
    let mut found = Violation::in_object("unreached", manifest, path, node.origin, label, message)?;
    found.place = Some(object.place);
    Some(found.note(NOTE).help(format!("add its folder to {one}, or remove it")))
}

fn of_folder(folder: &RepoPath, objects: &[&Object], context: &Context<'_>) -> Vec<Violation> {
    let Some(at) = top_of(folder, context) else { return Vec::new() };
    let mut names: Vec<&str> = objects.iter().map(|object| object.manifest.id.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let models = match names.as_slice() {
        [] => return Vec::new(),
        [one] => (*one).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, rest @ ..] => format!("{first} and {} more models", rest.len()),
    };
    let message = format!("nothing in this repository deploys {models}{{places}}");
    let (one, kind) = deployer(context);
    let label = format!("`{folder}` is no {kind}'s path");
    let of = |object: &&Object| {
        let mut found = Violation::in_file("unreached", Label::new(at.clone(), &label), &message);
        found.place = Some(object.place);
        found.object = Some(object.manifest.id.clone());
        found.note(NOTE).help(format!("add {one} for it, or remove it"))
    };
    objects.iter().map(of).collect()
}

/// The first line of what makes a folder a deployable.
fn top_of(folder: &RepoPath, context: &Context<'_>) -> Option<Location> {
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml", "values.yaml"];
    let files = names.into_iter().filter_map(|name| folder.join(name).ok());
    let found = files.into_iter().find_map(|path| context.discovery.files.get(&path))?;
    Some(Location::top_of(&found.file, Role::Source))
}
