//! `schema/template-error`: what `helm template` refuses.

use std::collections::BTreeSet;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::render::{RenderProblem, ToolKind};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

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
        out.push(
            Violation::in_file("refused", Label::new(at, "refused here"), message)
                .note("Argo CD and Flux render with the same values: they deploy nothing more of it")
                .help(format!("see it fail: helm template {}", one.job.path))
                .word(one.problem.kind),
        );
    }
}
