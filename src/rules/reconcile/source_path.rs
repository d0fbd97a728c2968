//! `reconcile/source-path`: a deployment that names a path nobody can deploy.

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::Refused;
use crate::kinds::argocd;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// What is said of a kind of problem: the case, what Argo CD does, and what to write.
fn case(kind: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match kind {
        "missing" => (
            "missing",
            "Argo CD reports a ComparisonError; what runs stays as it was",
            "name a folder of the repository, from its top; or delete the Application",
        ),
        "flux-path" => (
            "missing",
            "Flux reports that it fails and applies nothing more; what runs stays as it was",
            "name a folder of the repository, from its top; or delete the object",
        ),
        "no-source" => (
            "missing",
            "Argo CD reports an InvalidSpecError and deploys nothing",
            "give it a `source` with `repoURL` and `path`; or delete the Application",
        ),
        "not-recursed" => (
            "not-recursed",
            "Argo CD reads the files of the folder itself alone: there is none",
            "directory: {recurse: true}",
        ),
        "empty" => (
            "empty",
            "Argo CD finds nothing to deploy, and does not sync an Application that became empty",
            "name the folder that holds the manifests; or delete the Application",
        ),
        "several-tools" => (
            "several-tools",
            "Argo CD reports a ComparisonError; what runs stays as it was",
            "keep one of the blocks",
        ),
        "helm-version" => (
            "helm-version",
            "Argo CD reports a ComparisonError; what runs stays as it was",
            "take `version` out: Argo CD has one Helm",
        ),
        _ => return None,
    })
}

fn check(context: &Context<'_>, out: &mut Violations) {
    for one in &context.fleet.refused {
        out.push(violation(one));
    }
}

fn violation(one: &Refused) -> Option<Violation> {
    let (case, note, help) = case(one.problem.kind)?;
    let here = match one.problem.kind {
        "helm-version" => "asked for here",
        "no-source" => "without a source",
        _ => "deployed from here",
    };
    let label = Label::new(one.problem.at.clone()?, here);
    let name = &one.deployment.id.name;
    // Argo CD renders all sources or none; one that gives nothing leaves the others as they are.
    let is_one_of_many = argocd::sources(&one.deployment.root).len() > 1;
    let part = if is_one_of_many && matches!(case, "empty" | "not-recursed") { "a source of " } else { "" };
    let message = format!("{part}{name}{{places}} deploys nothing: {}", one.problem.message);
    let mut violation = Violation::in_file(case, label, message).at_place(one.place).note(note).help(help);
    violation.object = Some(one.deployment.id.clone());
    Some(violation)
}
