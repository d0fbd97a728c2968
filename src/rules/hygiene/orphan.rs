//! `hygiene/orphan`: models of this repository that nothing here deploys.

use std::collections::BTreeMap;

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Pointer, Role};

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;
use crate::kinds::kserve;
use crate::render::ToolKind;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

const NOTE: &str =
    "it is judged as it would run by itself; a change here reaches no cluster through this repository";

fn check(context: &Context<'_>, out: &mut Violations) {
    let Some(reached) = context.reached() else { return };
    // One finding a folder that is rendered, one an object that stands as it is.
    let mut folders: BTreeMap<&RepoPath, Vec<&Object>> = BTreeMap::new();
    for object in context.fleet.objects.iter().filter(|object| kserve::is_model_kind(&object.manifest)) {
        let Some(deployable) = context.fleet.deployables.get(object.deployable) else { continue };
        let job = &deployable.job;
        if reached.holds(object) {
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

fn of_object(object: &Object, context: &Context<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let path = Pointer::of(&["metadata", "name"]);
    let node = manifest.at(&path).present()?;
    let message = format!("nothing in this repository deploys {}{{places}}", manifest.id.name);
    let (one, kind) = context.facts.flux.deployer();
    let label = format!("in no {kind}'s path");
    let found = Violation::in_object("unreached", manifest, path, node.origin, label, message)?;
    Some(found.at_place(object.place).note(NOTE).help(format!("add its folder to {one}, or remove it")))
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
    let (one, kind) = context.facts.flux.deployer();
    let label = format!("`{folder}` is no {kind}'s path");
    let of = |object: &&Object| {
        let mut found =
            Violation::in_file("unreached", Label::new(at.clone(), &label), &message).at_place(object.place);
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
