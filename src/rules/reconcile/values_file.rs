//! `reconcile/values-file`: an Application that names a values file which is not there.

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::Refused;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    for one in &context.fleet.refused {
        out.push(violation(one));
    }
}

fn violation(one: &Refused) -> Option<Violation> {
    let name = &one.deployment.id.name;
    let words = &one.problem.message;
    let (case, message, note, help) = match one.problem.kind {
        "value-file" => (
            "missing",
            format!("{name}{{places}} deploys nothing: {words}"),
            "Helm refuses a values file it cannot open, and Argo CD reports a ComparisonError",
            "name a file relative to the chart, or from the top of the repository with a `/` before it",
        ),
        "defaults-only" => (
            "defaults-only",
            format!("{name}{{places}} runs with the chart's defaults: {words}"),
            "`ignoreMissingValueFiles` passes over each of them in silence",
            "name a file that exists, or delete the list",
        ),
        _ => return None,
    };
    let label = Label::new(one.problem.at.clone()?, "not in the repository");
    let mut violation = Violation::in_file(case, label, message).at_place(one.place).note(note).help(help);
    violation.object = Some(one.deployment.id.clone());
    Some(violation)
}
