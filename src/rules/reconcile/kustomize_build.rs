//! `reconcile/kustomize-build`: what `kustomize build` refuses.

use std::collections::BTreeSet;

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::OriginSpan;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::kinds::flux::is_kustomization;
use crate::render::{RenderProblem, Tool, ToolKind};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let refused: Vec<&RenderProblem> =
        context.fleet.problems.iter().filter(|one| one.job.kind() == ToolKind::Kustomize).collect();
    for (index, one) in refused.iter().enumerate() {
        let Some(at) = one.problem.at.clone() else { continue };
        // A base that breaks is one cause, whatever the number of its overlays.
        // `schema/yaml-syntax` says it, at the same place.
        if !is_yaml(at.file.path(), context) {
            continue;
        }
        if refused.iter().take(index).any(|before| before.problem == one.problem) {
            continue;
        }
        let same = refused.iter().filter(|other| other.problem == one.problem);
        let folders: BTreeSet<&RepoPath> = same.map(|other| &other.job.path).collect();
        if one.problem.kind == "substitution" {
            out.push(not_replaced(at, &folders, &one.problem.message));
            continue;
        }
        let message = format!("{}: {}", subject(&folders), one.problem.message);
        let found = Violation::in_file("refused", Label::new(at, "refused here"), message);
        let found = found.word(one.problem.kind);
        if one.problem.kind == "variable-name" {
            out.push(found.note(NOT_REPLACED).help("give it another name, here and where it is used"));
            continue;
        }
        let (note, help) = match written_by_flux(one, context) {
            Some(help) => (WRITTEN, help),
            None => (
                "Argo CD and Flux run the same build: they deploy nothing more from this folder",
                format!("see it fail: kustomize build {}", one.job.path),
            ),
        };
        out.push(found.note(note).help(help));
    }
}

const NOT_REPLACED: &str =
    "Flux replaces variables after the build, and applies nothing of it where it cannot";

const WRITTEN: &str = "the folder has no kustomization.yaml: Flux takes every YAML file in it for a manifest, and \
                       applies nothing more of it";

/// How to see a build fail that Flux writes the kustomization of; `None` where the folder has its own
/// (flux2 `cmd/flux/build_kustomization.go`).
fn written_by_flux(one: &RenderProblem, context: &Context<'_>) -> Option<String> {
    let Tool::Kustomize(kustomize) = &one.job.tool else { return None };
    let path = &kustomize.flux.as_ref()?.path.as_ref()?.text;
    if context.discovery.kustomizations.contains(&one.job.path) {
        return None;
    }
    let names_it = |by: &&Manifest| by.root.get("spec").get("path").text() == Some(path);
    let all = context.fleet.objects.iter().map(|object| &object.manifest);
    let by = all.filter(|manifest| is_kustomization(&manifest.id)).find(names_it)?;
    let file = by.place(by.root.origin)?.file.path().to_string();
    Some(format!(
        "name the manifests in a kustomization.yaml; see it fail: flux build kustomization {} --path {path} \
         --kustomization-file {file} --dry-run",
        by.id.name
    ))
}

/// Flux replaces variables after the build.
fn not_replaced(at: OriginSpan, folders: &BTreeSet<&RepoPath>, message: &str) -> Violation {
    let message = format!("{}: {message}", subject(folders));
    Violation::in_file("refused", Label::new(at, "refused here"), message)
        .note(NOT_REPLACED)
        .help("write `$${` where the text is meant as it stands, else end each variable with `}`")
        .word("substitution")
}

/// Whether a file that was read parses; one that was not read may.
fn is_yaml(path: &str, context: &Context<'_>) -> bool {
    let found = RepoPath::parse(path).ok().and_then(|path| context.discovery.files.get(&path));
    found.is_none_or(|found| found.tree.errors().is_empty())
}

fn subject(folders: &BTreeSet<&RepoPath>) -> String {
    let mut names = folders.iter();
    match (names.next(), folders.len()) {
        (Some(first), 1) => format!("`{first}` does not build"),
        (Some(first), count) => format!("`{first}` and {} more do not build", count - 1),
        (None, _) => "it does not build".to_owned(),
    }
}
