//! A Secret that is meant to be filled in by hand, and that Argo CD empties again.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer};

use super::super::super::Context;
use crate::finding::{Label, Violation};
use crate::fleet::Object;

/// The violation of a Secret whose values are placeholders, where what deploys it heals itself.
pub(super) fn judge(object: &Object, empty: &[(Pointer, &Node)], context: &Context<'_>) -> Option<Violation> {
    let (path, node) = empty.first()?;
    let manifest = &object.manifest;
    let deployable = context.fleet.deployables.get(object.deployable)?;
    let application = deployable.deployment.as_ref()?;
    let automated = application.root.find(&["spec", "syncPolicy", "automated"]);
    let heals = automated.get("selfHeal").present().filter(|heals| heals.as_bool() == Some(true))?;
    let is_off = automated.get("enabled").present().and_then(Node::as_bool) == Some(false);
    if is_off || is_ignored(application, manifest) || is_filled_in(manifest, context) {
        return None;
    }
    let name = &manifest.id.name;
    let key = path.0.last().map(ToString::to_string).unwrap_or_default();
    let message =
        format!("Argo CD empties `{key}` of Secret {name}{{places}} again whenever somebody fills it in");
    let label = "what stands here wins";
    let mut found = Violation::in_object("overwrites", manifest, path.clone(), node.origin, label, message)?;
    let related = application.place(heals.origin);
    found.related.extend(related.map(|at| Label::new(at, "puts it back")));
    Some(
        found
            .note("the model loses its credentials with the next sync, and its new pods fail in the download")
            .help(
                "take the Secret out of Git, or ignore `/data` of it and set RespectIgnoreDifferences=true",
            ),
    )
}

/// Whether differences of a Secret's data are ignored.
fn is_ignored(application: &Manifest, secret: &Manifest) -> bool {
    let entries = application.root.find(&["spec", "ignoreDifferences"]).items();
    entries.iter().any(|entry| {
        let field = |name: &str| entry.get(name).text().unwrap_or("");
        let is_kind = matches!(field("kind"), "Secret" | "*");
        let is_name = field("name").is_empty() || field("name") == secret.id.name;
        is_kind
            && is_name
            && (entry.get("jsonPointers").present().is_some()
                || entry.get("jqPathExpressions").present().is_some())
    })
}

/// Whether an operator writes the Secret: External Secrets merges into one that is there.
fn is_filled_in(secret: &Manifest, context: &Context<'_>) -> bool {
    context.fleet.of_kind("ExternalSecret").map(|object| &object.manifest).any(|other| {
        let target = other.root.find(&["spec", "target", "name"]).text().unwrap_or(&other.id.name);
        other.id.is("external-secrets.io", "ExternalSecret") && target == secret.id.name
    })
}
