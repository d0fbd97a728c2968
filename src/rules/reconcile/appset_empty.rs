//! `reconcile/appset-empty`: an ApplicationSet, or a generator of one, that makes nothing.

use std::collections::BTreeSet;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// What is said of a kind of problem: the case, and what to write.
fn case(kind: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match kind {
        "appset-no-match" => {
            ("no-match", "matches nothing", "name what is there, from the top of the repository")
        }
        "appset-no-cluster" => (
            "no-cluster",
            "matches nothing",
            "argocd.clusters in mlgitops.yaml: state the labels of each cluster",
        ),
        "appset-kept-out" => (
            "kept-out",
            "every one of them is excluded again",
            "take out the `exclude` of what is to run, or delete the set if nothing is",
        ),
        "appset-no-element" => {
            ("no-element", "gives no element", "give it an element, or delete the set if nothing is to run")
        }
        _ => return None,
    })
}

fn check(context: &Context<'_>, out: &mut Violations) {
    let mut said = BTreeSet::new();
    for problem in &context.fleet.deployment_problems {
        let Some((case, label, help)) = case(problem.kind) else { continue };
        let Some(at) = problem.at.clone() else { continue };
        // A set may be met in several renderings of its file.
        if !said.insert((at.file.path().to_string(), at.start, problem.message.clone())) {
            continue;
        }
        out.push(
            Violation::in_file(case, Label::new(at, label), problem.message.clone())
                .note("Argo CD deletes the Applications it made before, and what they deployed with them, unless applicationsSync forbids it")
                .help(help),
        );
    }
}
