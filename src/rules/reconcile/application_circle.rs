//! `reconcile/application-circle`: an Application, or a Kustomization of Flux, that leads back to itself.

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::Refused;
use crate::kinds::flux::is_kustomization;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    for one in &context.fleet.refused {
        out.push(violation(one));
    }
}

fn violation(one: &Refused) -> Option<Violation> {
    let name = &one.deployment.id.name;
    let path = &one.problem.message;
    let (case, message, note, help) = match one.problem.kind {
        "itself" => (
            "itself",
            format!("{name} is among what it deploys itself, from `{path}`"),
            "taking its file out of the folder deletes the Application, with a finalizer all it deploys",
            "nothing to change where it is meant to manage itself; else move it out of the folder",
        ),
        "circle" if is_kustomization(&one.deployment.id) => (
            "circle",
            format!("{name} applies `{path}`, which leads back to {name}"),
            "each of the Kustomizations is pruned when the other no longer applies it, and with it all it applied",
            "let one Kustomization outside the circle apply the others",
        ),
        "circle" => (
            "circle",
            format!("{name} deploys `{path}`, which leads back to {name}"),
            "each of the Applications belongs to another: deleting one deletes them all, one by one",
            "let one Application outside the circle deploy the others",
        ),
        _ => return None,
    };
    let label = Label::new(one.problem.at.clone()?, "leads back here");
    let mut violation = Violation::in_file(case, label, message).note(note).help(help);
    violation.object = Some(one.deployment.id.clone());
    Some(violation)
}
