//! `schema/template-error`: what `helm template` and the ApplicationSet controller refuse.

use std::collections::BTreeSet;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::render::{RenderProblem, ToolKind};

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
        let message = format!("chart `{}` does not render: {}", one.job.path, one.problem.message);
        let mut found = Violation::in_file("refused", Label::new(at, "refused here"), message);
        if let Some(also) = one.problem.also.clone() {
            found = found.also_at(Label::new(also, "by this action"));
        }
        out.push(
            found
                .note("Argo CD and Flux render with the same values: they deploy nothing more of it")
                .help(format!("see it fail: helm template {}", one.job.path))
                .word(one.problem.kind),
        );
    }
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
