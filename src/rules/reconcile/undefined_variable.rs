//! `reconcile/undefined-variable`: a variable that Flux replaces by nothing, stops at, or leaves.

#[path = "undefined_variable/literal.rs"]
mod literal;

use mlgitops_manifest::fields::Availability;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check), Check::ModelReference(literal::check)];

/// The minor release of Flux 2 from which on a variable without a value is an error
/// (kustomize-controller v1.9 `internal/features/features.go`).
const STRICT_SINCE: u16 = 9;

fn check(context: &Context<'_>, out: &mut Violations) {
    let strict = context.facts.flux.since(STRICT_SINCE);
    for one in &context.fleet.undefined {
        let Some(at) = one.at.clone() else { continue };
        let (name, by) = (&one.name, &one.deployment.name);
        let model = context.unset().model(one);
        let (case, label, message, note) = match strict {
            Availability::Always => (
                "stops",
                "has no value",
                format!("{by} applies nothing more{{places}}: nothing gives `{name}` a value"),
                "from Flux 2.9 on a variable that nothing sets is an error, and the whole Kustomization stops at it",
            ),
            Availability::Never => (
                if model.is_some() { "model" } else { "empty" },
                "nothing is put here",
                becomes_empty(name, by, model),
                "before 2.9 Flux writes the empty text and says nothing, unless strictness is switched on",
            ),
            Availability::Partly { .. } => (
                if model.is_some() { "model" } else { "empty" },
                "nothing is put here",
                becomes_empty(name, by, model),
                "without strictness, the default before Flux 2.9, Flux writes the empty text and says nothing; \
                 with it, nothing of this Kustomization is applied any more",
            ),
        };
        let mut violation = Violation::in_file(case, Label::new(at, label), message)
            .note(note)
            .help(format!(
                "give it a value in `postBuild.substitute`, or a default: ${{{name}:=…}}; what is meant for a shell \
                 is written $${{…}}"
            ))
            .word(name)
            .at_place(one.place);
        violation.object = Some(one.deployment.clone());
        out.push(violation);
    }
}

fn becomes_empty(name: &str, by: &str, model: Option<&str>) -> String {
    match model {
        Some(model) => {
            format!("{model}{{places}} names its artifact without `{name}`: {by} gives that no value")
        }
        None => format!("`{name}`{{places}} becomes empty: {by} gives it no value"),
    }
}
