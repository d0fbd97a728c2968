//! `hygiene/orphan`: models of this repository that nothing here deploys.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Pointer, Role};

use super::super::{Check, Context, Violations};
use crate::discover::FileKind;
use crate::finding::{Code, Label, Location, Violation};
use crate::fleet::Object;
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
            out.push(of_object(object));
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
/// that is not expanded, or an object of Flux, may deploy what looks like an orphan.
fn knows_its_deployments(context: &Context<'_>) -> bool {
    let fleet = context.fleet;
    let resolves = fleet.deployments.iter().any(|one| !one.objects.is_empty());
    let hides = |code| matches!(code, Code::Plugin | Code::Limit | Code::RenderFailed);
    let is_flux = |object: &Object| object.manifest.id.group().ends_with("fluxcd.io");
    resolves && !fleet.not_checked.iter().any(|item| hides(item.code)) && !fleet.objects.iter().any(is_flux)
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

fn of_object(object: &Object) -> Option<Violation> {
    let manifest = &object.manifest;
    let path = Pointer::of(&["metadata", "name"]);
    let node = manifest.at(&path).present()?;
    let message = format!("nothing in this repository deploys {}{{places}}", manifest.id.name);
    let label = "in no Application's path";
    let mut found = Violation::in_object("unreached", manifest, path, node.origin, label, message)?;
    found.place = Some(object.place);
    Some(found.note(NOTE).help("add its folder to an Application, or remove it"))
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
    let label = format!("`{folder}` is no Application's path");
    let of = |object: &&Object| {
        let mut found = Violation::in_file("unreached", Label::new(at.clone(), &label), &message);
        found.place = Some(object.place);
        found.object = Some(object.manifest.id.clone());
        found.note(NOTE).help("add an Application for it, or remove it")
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
