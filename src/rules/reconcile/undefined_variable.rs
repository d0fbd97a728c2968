//! `reconcile/undefined-variable`: a variable that Flux replaces by nothing.

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    for one in &context.fleet.undefined {
        let Some(at) = one.at.clone() else { continue };
        let message =
            format!("`{}`{{places}} becomes empty: {} gives it no value", one.name, one.deployment.name);
        let mut violation = Violation::in_file("empty", Label::new(at, "nothing is put here"), message)
            .note(
                "without strictness, the default before Flux 2.9, Flux writes the empty text and says nothing; \
                 with it, nothing of this Kustomization is applied any more",
            )
            .help(format!(
                "give it a value in `postBuild.substitute`, or a default: ${{{}:=…}}; what is meant for a shell \
                 is written $${{…}}",
                one.name
            ))
            .word(&one.name);
        violation.place = Some(one.place);
        violation.object = Some(one.deployment.clone());
        out.push(violation);
    }
}
