//! `reconcile/kustomize-build`: what `kustomize build` refuses.

use std::collections::BTreeSet;

use mlgitops_files::RepoPath;
use mlgitops_yaml::OriginSpan;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::render::{RenderProblem, ToolKind};

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
        out.push(
            Violation::in_file("refused", Label::new(at, "refused here"), message)
                .note("Argo CD and Flux run the same build: they deploy nothing more from this folder")
                .help(format!("see it fail: kustomize build {}", one.job.path))
                .word(one.problem.kind),
        );
    }
}

/// Flux replaces variables after the build.
fn not_replaced(at: OriginSpan, folders: &BTreeSet<&RepoPath>, message: &str) -> Violation {
    let message = format!("{}: {message}", subject(folders));
    Violation::in_file("refused", Label::new(at, "refused here"), message)
        .note("Flux replaces variables after the build, and applies nothing of it where it cannot")
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
