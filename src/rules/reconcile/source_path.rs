//! `reconcile/source-path`: a deployment that names a path nobody can deploy.

use mlgitops_files::RepoPath;
use mlgitops_manifest::ObjectId;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::Refused;
use crate::fleet::reached::named_elsewhere;
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
        out.push(violation(one, context));
    }
}

fn violation(one: &Refused, context: &Context<'_>) -> Option<Violation> {
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
    let help = match owner(one, context).filter(|_| case == "not-recursed") {
        Some((owner, folder)) => {
            let what = if is_one_of_many { "this source" } else { "it" };
            format!(
                "take {what} out: {owner} deploys `{folder}`, and `recurse: true` would deploy that twice"
            )
        }
        None => help.to_owned(),
    };
    let mut violation = Violation::in_file(case, label, message).at_place(one.place).note(note).help(help);
    violation.object = Some(one.deployment.id.clone());
    Some(violation)
}

/// Another deployment that has a folder below the one that is named, and that folder.
fn owner<'c>(one: &Refused, context: &'c Context<'_>) -> Option<(&'c str, String)> {
    let whole = RepoPath::parse(&one.path).ok()?;
    let is_other = |id: &ObjectId| *id != one.deployment.id;
    let bound = context.fleet.deployables.iter().filter_map(|deployable| {
        let id = &deployable.deployment.as_ref()?.id;
        let folder = &deployable.job.path;
        (is_other(id) && folder.is_within(&whole) && *folder != whole)
            .then_some((&*id.name, folder.to_string()))
    });
    let elsewhere = named_elsewhere(context.fleet).into_iter();
    let elsewhere = elsewhere.filter(|named| is_other(named.by) && named.folder.is_within(&whole));
    bound.chain(elsewhere.map(|named| (&*named.by.name, named.folder.to_string()))).next()
}
