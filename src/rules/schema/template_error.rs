//! `schema/template-error`: what `helm template` and the ApplicationSet controller refuse.

use std::collections::BTreeSet;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::render::{RenderProblem, Tool, ToolKind};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check), Check::Fleet(check_sets)];

/// What makes nothing is no error to Argo CD: `reconcile/appset-empty` reports it.
const EMPTY: [&str; 4] = ["appset-no-match", "appset-no-cluster", "appset-no-element", "appset-kept-out"];

fn check(context: &Context<'_>, out: &mut Violations) {
    let refused: Vec<&RenderProblem> =
        context.fleet.problems.iter().filter(|one| one.job.kind() == ToolKind::Helm).collect();
    let mut said = BTreeSet::new();
    for one in refused {
        let Some(at) = one.problem.at.clone() else { continue };
        // One cause, whatever the number of deployments it stops.
        if !said.insert((at.file.path().to_string(), at.start, one.problem.message.clone())) {
            continue;
        }
        let is_alone = is_alone(one, context);
        let (case, with) = if is_alone { ("alone", " with its own values alone") } else { ("refused", "") };
        let message = format!("chart `{}` does not render{with}: {}", one.job.path, one.problem.message);
        let mut found = Violation::in_file(case, Label::new(at, "refused here"), message);
        if let Some(also) = one.problem.also.clone() {
            found = found.also_at(Label::new(also, "by this action"));
        }
        let note = if is_alone {
            "nothing here deploys it; whoever does may give it what it asks for"
        } else {
            "Argo CD and Flux render with the same values: they deploy nothing more of it"
        };
        out.push(
            found
                .note(note)
                .help(format!("see it fail: helm template {}", one.job.path))
                .word(one.problem.kind),
        );
    }
}

/// Whether a chart lacks values that whoever deploys it may give: nothing here does, and no file of
/// an environment stands beside it.
fn is_alone(one: &RenderProblem, context: &Context<'_>) -> bool {
    let Tool::Helm(given) = &one.job.tool else { return false };
    let mut deployed = context.fleet.deployables.iter().filter(|deployable| deployable.job == one.job);
    // What does not parse is mended by no value.
    one.problem.kind != "template-parse"
        && given.value_files.is_empty()
        && deployed.all(|deployable| deployable.deployment.is_none())
}

/// Sets that do not expand. One that fails anywhere is not applied at all: the controller returns
/// before it writes (argo-cd v3.5 `applicationset/controllers/applicationset_controller.go`).
fn check_sets(context: &Context<'_>, out: &mut Violations) {
    let is_of_set = |kind: &str| kind.starts_with("appset-") && !EMPTY.contains(&kind);
    let mut said = BTreeSet::new();
    for problem in context.fleet.deployment_problems.iter().filter(|problem| is_of_set(problem.kind)) {
        let Some(at) = problem.at.clone() else { continue };
        if !said.insert((at.file.path().to_string(), at.start, problem.message.clone())) {
            continue;
        }
        out.push(
            Violation::in_file("applicationset", Label::new(at, "refused here"), problem.message.clone())
                .note(consequence(problem.kind))
                .word(problem.kind),
        );
    }
}

fn consequence(kind: &str) -> &'static str {
    match kind {
        "appset-duplicate" | "appset-name" => {
            "Argo CD makes none of these Applications, and deletes those that were"
        }
        "appset-unresolved" => "Argo CD takes it as it stands, and the Application it makes deploys nothing",
        "appset-strategy" => "Argo CD leaves all its Applications as they are",
        _ => "Argo CD makes and changes no Application of the set until it is mended",
    }
}
