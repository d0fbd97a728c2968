//! `reconcile/not-a-chart`: a folder built like a chart that lacks its Chart.yaml.

use std::collections::BTreeMap;

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Role};

use super::super::{Check, Context, Violations};
use crate::discover::Discovery;
use crate::finding::{Label, Location, PlaceIndex, Violation};
use crate::fleet::Deployable;
use crate::kinds::argocd::{Source, SourceType};
use crate::kinds::flux::is_helm_release;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// What renders such a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// Argo CD, without a word of Helm.
    ArgoCd,
    /// Argo CD, with Helm options.
    Helm,
    /// A HelmRelease.
    Flux,
}

/// One deployment of such a folder.
struct Bound<'d> {
    folder: &'d RepoPath,
    deployment: &'d Manifest,
    by: By,
    /// The path as its author wrote it.
    line: Location,
    place: Option<PlaceIndex>,
}

fn check(context: &Context<'_>, out: &mut Violations) {
    let folders = &context.discovery.nameless_charts;
    if folders.is_empty() {
        return;
    }
    // One line of an ApplicationSet names the folders of every environment: one finding.
    let mut by_line: BTreeMap<_, Vec<Bound<'_>>> = BTreeMap::new();
    let mut unbound: Vec<&RepoPath> = folders.iter().collect();
    for (index, deployable) in context.fleet.deployables.iter().enumerate() {
        let Some(bound) = bound(index, deployable, context) else { continue };
        unbound.retain(|folder| *folder != bound.folder);
        let (file, start, _) = bound.line.key();
        by_line.entry((file.to_owned(), start, bound.by)).or_default().push(bound);
    }
    for ((_, _, by), deployments) in by_line {
        report(by, &deployments, out);
    }
    for folder in unbound {
        out.push(unreached(folder, context.discovery));
    }
}

fn bound<'d>(index: usize, deployable: &'d Deployable, context: &'d Context<'_>) -> Option<Bound<'d>> {
    let folder = context.discovery.nameless_charts.get(&deployable.job.path)?;
    let deployment = deployable.deployment.as_ref()?;
    let spec = deployment.root.get("spec");
    let object = context.fleet.objects.iter().find(|object| object.deployable == index);
    let place = object.map(|object| object.place);
    if is_helm_release(&deployment.id) {
        let chart = spec.get("chart").get("spec").get("chart").present()?;
        let line = deployment.origins.content(chart.origin).into_iter().next().map(Location::from)?;
        return Some(Bound { folder, deployment, by: By::Flux, line, place });
    }
    let one = spec.get("source").present();
    let names_it = |source: &&Node| {
        let path = source.get("path").text().and_then(|path| RepoPath::parse(path).ok());
        path.as_ref() == Some(folder)
    };
    let source = spec.get("sources").items().iter().chain(one).find(names_it)?;
    let line = line_of(deployment, source)?;
    let is_helm = Source { node: source }.explicit_types().contains(&SourceType::Helm);
    Some(Bound { folder, deployment, by: if is_helm { By::Helm } else { By::ArgoCd }, line, place })
}

/// For a set, the `path` of its template and not its elements.
fn line_of(deployment: &Manifest, source: &Node) -> Option<Location> {
    let path = source.get("path").present()?;
    let content = deployment.origins.content(path.origin);
    let written = content.iter().position(|span| span.role == Role::Deployment).unwrap_or(0);
    content.into_iter().nth(written).map(Location::from)
}

fn report(by: By, deployments: &[Bound<'_>], out: &mut Violations) {
    let mut folders: Vec<&RepoPath> = deployments.iter().map(|one| one.folder).collect();
    folders.sort();
    folders.dedup();
    let (lack, them) = (lack(&folders), them(&folders));
    let (case, message, note) = match by {
        By::Helm => (
            "refused",
            format!("{lack}: Argo CD cannot render {them}{{places}}"),
            "`helm template` ends with `Chart.yaml file is missing`; nothing is deployed",
        ),
        By::Flux => (
            "refused",
            format!("{lack}: Flux cannot render {them}{{places}}"),
            "source-controller makes no chart of it, and the release stays as it was",
        ),
        By::ArgoCd => (
            "ignored",
            format!("{lack}: Argo CD deploys no template of {them}{{places}}"),
            "without a Chart.yaml the folder is one of plain manifests to Argo CD",
        ),
    };
    for one in deployments {
        let mut violation = Violation::in_file(case, Label::new(one.line.clone(), names(&folders)), &message)
            .note(note)
            .help(help(&folders))
            .at_place(one.place);
        violation.object = Some(one.deployment.id.clone());
        out.push(violation);
    }
}

fn unreached(folder: &RepoPath, discovery: &Discovery) -> Option<Violation> {
    let message = format!("{}: Helm cannot render it", lack(&[folder]));
    let label = Label::new(values_of(folder, discovery)?, "the values of a chart");
    let violation = Violation::in_file("unbound", label, message);
    Some(violation.note("`helm template` ends with `Chart.yaml file is missing`").help(help(&[folder])))
}

fn lack(folders: &[&RepoPath]) -> String {
    match folders {
        [one] => format!("`{one}` is built like a chart and has no Chart.yaml"),
        [first, rest @ ..] => {
            format!("`{first}` and {} more folders are built like charts and have no Chart.yaml", rest.len())
        }
        [] => String::new(),
    }
}

fn them(folders: &[&RepoPath]) -> &'static str {
    if folders.len() > 1 { "them" } else { "it" }
}

/// The folders a line deploys from, as many as a label holds.
fn names(folders: &[&RepoPath]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = folders.iter().take(SHOWN).map(|folder| format!("`{folder}`")).collect();
    let more = folders.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("deploys {}{rest}", shown.join(", "))
}

fn help(folders: &[&RepoPath]) -> String {
    let file = folders.first().map_or_else(String::new, |folder| format!("{folder}/Chart.yaml"));
    let name = folders.first().map_or("", |folder| folder.file_name());
    let each = if folders.len() > 1 { ", and the others alike" } else { "" };
    format!("add {file} with `apiVersion: v2`, `name: {name}`, `version: 0.1.0`{each}")
}

fn values_of(folder: &RepoPath, discovery: &Discovery) -> Option<Location> {
    let found = discovery.files.get(&folder.join("values.yaml").ok()?)?;
    let root = found.tree.documents().first()?.root?;
    let key = found.tree.children(root).first().copied().unwrap_or(root);
    Some(Location::new(&found.file, found.tree.range(key), Role::Values))
}
