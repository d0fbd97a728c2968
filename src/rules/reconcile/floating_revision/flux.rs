//! The same in Flux: what is deployed follows the reference of a GitRepository, or the range that a
//! chart's version is.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::Pointer;

use super::super::super::flux::{cluster_of, has_chart_elsewhere, source_of};
use super::super::super::{Context, Violations};
use super::{NOTE, TRUNKS, is_range};
use crate::finding::Violation;
use crate::fleet::{Deployment, Object};
use crate::kinds::flux::{SourceRef, is_helm_release};

/// What a GitRepository follows that names nothing (source-controller `api/v1/gitrepository_types.go`).
const DEFAULT: &str = "master";

/// A deployment whose source follows a branch.
pub(super) fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let source = source_of(&deployment.manifest).filter(|source| source.kind == "GitRepository");
    let found = source.and_then(|source| context.facts.flux.source(&source, deployment, context.fleet));
    out.push(found.and_then(|repository| of_git(&repository.manifest)));
}

fn of_git(repository: &Manifest) -> Option<Violation> {
    let spec = repository.root.get("spec");
    let reference = spec.get("ref");
    let said = |field: &str| {
        let node = reference.get(field).present();
        node.filter(|node| node.text().is_none_or(|text| !text.is_empty()))
    };
    // The first of them that is there counts.
    let field = ["commit", "name", "semver", "tag", "branch"].into_iter().find(|field| said(field).is_some());
    let (path, node, branch, label) = match field.and_then(|field| Some((field, said(field)?))) {
        Some((field @ ("branch" | "name"), node)) => {
            let text = node.text()?;
            let branch = if field == "name" { text.strip_prefix("refs/heads/")? } else { text };
            let path = Pointer::of(&["spec", "ref"]).key(field);
            (path, node, branch, "moves without a change here")
        }
        Some(_) => return None,
        None => (Pointer::of(&["spec", "url"]), spec.get("url").present()?, DEFAULT, "no `ref` beside it"),
    };
    if !TRUNKS.contains(&branch) {
        return None;
    }
    let message = format!("every model this deploys{{places}} is whatever `{branch}` holds");
    let found = Violation::in_object("moves", repository, path, node.origin, label, message)?;
    let help = "follow a tag, and promote by changing it: `ref: {tag: …}`; or leave it, where folders are \
                promoted by pull request";
    Some(found.note(NOTE).help(help))
}

/// A HelmRelease of a chart that lies elsewhere, and gives it a model: only its own lines tell which
/// chart that is.
pub(super) fn object(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let release = &object.manifest;
    let flux = &context.facts.flux;
    if !is_helm_release(&release.id) || !has_chart_elsewhere(release) || !flux.gives_a_model(release) {
        return;
    }
    let reference = release.root.get("spec").get("chartRef").present().and_then(SourceRef::of);
    let Some(reference) = reference else { return out.push(of_chart(release)) };
    let cluster = cluster_of(object, context.fleet);
    let namespace = release.id.namespace.as_deref();
    let source = flux.source_near(&reference, namespace, cluster.as_deref(), context.fleet);
    out.push(source.and_then(|source| of_artifact(&source.manifest, release)));
}

/// The version of a chart in a HelmRepository.
fn of_chart(release: &Manifest) -> Option<Violation> {
    let chart = release.root.get("spec").get("chart").get("spec");
    let at = Pointer::of(&["spec", "chart", "spec"]);
    let version = chart.get("version").present().filter(|node| !node.is_null());
    let (path, node, what, label) = match version {
        Some(node) if is_range(node.text()?) => (
            at.key("version"),
            node,
            format!("`{}` of the chart", node.text()?),
            "moves without a change here",
        ),
        Some(_) => return None,
        None => (
            at.key("chart"),
            chart.get("chart").present()?,
            "the newest chart".to_owned(),
            "no `version` beside it",
        ),
    };
    let found = Violation::in_object("moves", release, path, node.origin, label, served(release, &what))?;
    Some(found.note(UPGRADED).help("name one version of the chart"))
}

const UPGRADED: &str =
    "a new version of the chart is upgraded to at the next interval, with what it prints for these values";

fn served(release: &Manifest, what: &str) -> String {
    format!("what serves the model of {}{{places}} is whatever {what} holds", release.id.name)
}

/// The reference of an OCIRepository that a HelmRelease takes its chart from: its digest, else its
/// range, else its tag, else `latest` (source-controller `api/v1/ocirepository_types.go`).
fn of_artifact(repository: &Manifest, release: &Manifest) -> Option<Violation> {
    let spec = repository.root.get("spec");
    let said = |field: &str| {
        let node = spec.get("ref").get(field).present();
        node.filter(|node| node.text().is_none_or(|text| !text.is_empty()))
    };
    let moves = "moves without a change here";
    let field = ["digest", "semver", "tag"].into_iter().find(|field| said(field).is_some());
    let (path, node, what, label) = match field.and_then(|field| Some((field, said(field)?))) {
        Some((field @ ("semver" | "tag"), node)) => {
            let text = node.text()?;
            if field == "semver" && !is_range(text) || field == "tag" && text != "latest" {
                return None;
            }
            (Pointer::of(&["spec", "ref"]).key(field), node, format!("`{text}` of the chart"), moves)
        }
        Some(_) => return None,
        None => {
            let node = spec.get("url").present()?;
            (Pointer::of(&["spec", "url"]), node, "`latest` of the chart".to_owned(), "no `ref` beside it")
        }
    };
    let found = Violation::in_object("moves", repository, path, node.origin, label, served(release, &what))?;
    Some(found.note(UPGRADED).help("name one version of the chart: `ref: {tag: …}`, or its digest"))
}
