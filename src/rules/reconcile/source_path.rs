//! `reconcile/source-path`: a deployment that names a path nobody can deploy.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_manifest::ObjectId;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::reached::named_elsewhere;
use crate::fleet::{Fleet, Refused};
use crate::kinds::argocd;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// How the message of a HelmRelease begins that names a values file nobody has.
const NO_VALUES: &str = "there is no values file";

/// What to do about it (helm-controller v1.6 `api/v2/helmrelease_types.go`,
/// `HelmChartTemplateSpec`).
const IS_FROM_TOP: &str = "name a file of the repository, from its top; or let those that are not there be passed \
                           over: `ignoreMissingValuesFiles: true`";

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
        "flux-values" => (
            "missing",
            "the helm-controller fails with `key not found` and upgrades nothing; what runs stays as it was",
            "name a key that the ConfigMap has, or add it there; `optional: true` where it may be missing",
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
    if context.fleet.refused.is_empty() {
        return;
    }
    let owners = Owners::of(context.fleet);
    for one in &context.fleet.refused {
        out.push(violation(one, &owners, context));
    }
}

fn violation(one: &Refused, owners: &Owners<'_>, context: &Context<'_>) -> Option<Violation> {
    let (case, note, mut help) = case(one.problem.kind)?;
    if one.problem.message.starts_with(NO_VALUES) {
        help = IS_FROM_TOP;
    }
    let here = match one.problem.kind {
        "helm-version" | "flux-values" => "asked for here",
        "no-source" => "without a source",
        _ => "deployed from here",
    };
    let label = Label::new(one.problem.at.clone()?, here);
    let name = &one.deployment.id.name;
    // Argo CD renders all sources or none; one that gives nothing leaves the others as they are.
    let is_one_of_many = argocd::sources(&one.deployment.root).len() > 1;
    let part = if is_one_of_many && matches!(case, "empty" | "not-recursed") { "a source of " } else { "" };
    let message = format!("{part}{name}{{places}} deploys nothing: {}", one.problem.message);
    let help = match case {
        "not-recursed" => {
            instead_of_recursing(one, is_one_of_many, owners, context).unwrap_or_else(|| help.to_owned())
        }
        _ => help.to_owned(),
    };
    let mut violation = Violation::in_file(case, label, message).at_place(one.place).note(note).help(help);
    violation.object = Some(one.deployment.id.clone());
    Some(violation)
}

/// What to do about a folder of folders where reading all of them would be wrong.
fn instead_of_recursing(
    one: &Refused,
    is_one_of_many: bool,
    owners: &Owners<'_>,
    context: &Context<'_>,
) -> Option<String> {
    let whole = RepoPath::parse(&one.path).ok()?;
    if let Some((owner, folder)) = owners.below(&whole, &one.deployment.id) {
        let cure = if is_one_of_many { "take this source out" } else { "delete it" };
        return Some(format!(
            "{cure}: {owner} deploys `{folder}`, and `recurse: true` would deploy that twice"
        ));
    }
    let discovery = context.discovery;
    let built = |all: &'_ BTreeSet<RepoPath>| {
        let below: Vec<&RepoPath> = all.iter().filter(|folder| folder.is_within(&whole)).collect();
        let overlay = below.iter().find(|folder| folder.segments().any(|segment| segment == "overlays"));
        overlay.or(below.first()).map(ToString::to_string)
    };
    if let Some(folder) = built(&discovery.kustomizations) {
        return Some(format!(
            "name the folder that is to be built, such as `{folder}`: `recurse: true` builds none"
        ));
    }
    let chart = built(&discovery.charts)?;
    Some(format!("name the chart that is to be rendered, such as `{chart}`: `recurse: true` renders none"))
}

/// Which deployments deploy which folders.
struct Owners<'f> {
    /// The folders that are rendered here.
    bound: BTreeMap<&'f RepoPath, Vec<&'f ObjectId>>,
    /// Those that deployments of another repository name, themselves or by a template.
    elsewhere: BTreeMap<RepoPath, Vec<&'f ObjectId>>,
}

impl<'f> Owners<'f> {
    fn of(fleet: &'f Fleet) -> Self {
        let mut owners = Self { bound: BTreeMap::new(), elsewhere: BTreeMap::new() };
        for one in &fleet.deployables {
            if let Some(deployment) = &one.deployment {
                owners.bound.entry(&one.job.path).or_default().push(&deployment.id);
            }
        }
        for named in named_elsewhere(fleet) {
            owners.elsewhere.entry(named.folder).or_default().push(named.by);
        }
        owners
    }

    /// Another deployment that has a folder below one, and that folder.
    fn below(&self, whole: &RepoPath, own: &ObjectId) -> Option<(&'f str, String)> {
        let first = whole.join("\u{1}").ok()?;
        let other = |ids: &[&'f ObjectId]| ids.iter().find(|id| **id != own).map(|id| &*id.name);
        let found = |folder: &RepoPath, ids: &[&'f ObjectId]| Some((other(ids)?, folder.to_string()));
        let bound = self
            .bound
            .range::<RepoPath, _>(first.clone()..)
            .take_while(|(folder, _)| folder.is_within(whole));
        let below = self.elsewhere.range(first.clone()..).take_while(|(folder, _)| folder.is_within(whole));
        let mut elsewhere = self.elsewhere.get_key_value(whole).into_iter().chain(below);
        let mut bound = bound.filter_map(|(folder, ids)| found(folder, ids));
        bound.next().or_else(|| elsewhere.find_map(|(folder, ids)| found(folder, ids)))
    }
}
