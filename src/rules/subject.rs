//! How messages call what a deployment deploys: by its models, for people know no Application.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::Node;

use super::Context;
use crate::finding::{Label, Location};
use crate::fleet::Deployment;

/// `fraud-detector`, `fraud-detector and image-classifier`, `fraud-detector and 3 more models`.
/// Those of an ApplicationSet are called by its name, so that what its template says of all of them is
/// one finding.
pub(super) fn models(deployment: &Deployment, context: &Context<'_>) -> String {
    if context.facts.argocd.set_of(&deployment.manifest).is_some() {
        return context.facts.argocd.subject(deployment, context.fleet);
    }
    match context.fleet.models_of(deployment).as_slice() {
        [] => format!("what {} deploys", deployment.manifest.id.name),
        [one] => (*one).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, rest @ ..] => format!("{first} and {} more models", rest.len()),
    }
}

/// Labels for the pieces of a value that stand elsewhere than its first one: the element of a set
/// that filled in its template, the line of the template that takes an element.
pub(super) fn elsewhere(manifest: &Manifest, node: &Node, primary: &Location, text: &str) -> Vec<Label> {
    let content = manifest.origins.content(node.origin).into_iter().map(Location::from);
    let other = |at: &Location| at.path() != primary.path() || at.position().line != primary.position().line;
    content.filter(other).map(|at| Label::new(at, text)).collect()
}
