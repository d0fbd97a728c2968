//! The same in Flux: what is deployed follows the reference of a GitRepository, or the range that a
//! chart's version is.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer, Value};

use super::super::super::flux::source_of;
use super::super::super::{Context, Violations};
use super::{NOTE, TRUNKS, is_range};
use crate::finding::Violation;
use crate::fleet::{Deployment, Object};
use crate::kinds::flux::is_helm_release;

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
pub(super) fn object(object: &Object, _context: &Context<'_>, out: &mut Violations) {
    let release = &object.manifest;
    if is_helm_release(&release.id) {
        out.push(of_chart(release));
    }
}

fn of_chart(release: &Manifest) -> Option<Violation> {
    let spec = release.root.get("spec");
    let chart = spec.get("chart").get("spec");
    let is_listed = chart.get("sourceRef").get("kind").text() == Some("HelmRepository");
    if !is_listed || !names_a_model(spec.get("values").present()?) {
        return None;
    }
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
    let message = format!("what serves the model of {}{{places}} is whatever {what} holds", release.id.name);
    let found = Violation::in_object("moves", release, path, node.origin, label, message)?;
    let note = "a new version of the chart is upgraded to at the next interval, with what it prints for these values";
    Some(found.note(note).help("name one version of the chart"))
}

/// Whether values hold where a model lies.
fn names_a_model(values: &Node) -> bool {
    let is_uri = |name: &str| matches!(name, "storageUri" | "storageURI" | "modelUri" | "modelURI");
    let mut open = vec![values];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Sequence(items) => open.extend(items),
            Value::Map(map) => {
                if map.iter().any(|(key, value)| is_uri(key.name()) && value.text().is_some()) {
                    return true;
                }
                open.extend(map.iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    false
}
