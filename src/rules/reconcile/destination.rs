//! `reconcile/destination`: an Application that names a cluster in a way Argo CD refuses.

use mlgitops_yaml::{Key, Node, Pointer};

use super::super::subject::{elsewhere, models};
use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Label, Location, Violation};
use crate::fleet::Deployment;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check)];

const NOTE: &str =
    "the Application shows InvalidSpecError: what runs stays, and every later change waits behind it";

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let destination = deployment.manifest.root.find(&["spec", "destination"]).present();
    let Some(map) = destination.and_then(Node::as_map) else { return };
    let field = |name: &str| {
        let (key, node) = map.entry(name)?;
        Some((key, node, node.text().filter(|text| !text.is_empty())?))
    };
    let subject = format!("Argo CD deploys nothing of {}{{places}}", models(deployment, context));
    let (name, server) = (field("name"), field("server"));
    if let (Some((name, ..)), Some((server, ..))) = (name, server) {
        let message = format!("{subject}: `destination` has a `name` and a `server`");
        let server = deployment.manifest.place(server.origin);
        out.push(found(deployment, "both", ("name", name), "one of them is too many", message).map(
            |mut one| {
                one.related.extend(server.map(|at| Label::new(at, "the other one")));
                one.help("keep `name`, which says where it runs, or `server`, which holds its URL")
            },
        ));
        return;
    }
    let known = |server: &str| {
        let clusters = &context.config.argocd.clusters;
        clusters.iter().filter_map(|one| one.server.as_ref()).any(|stated| stated.value == server)
    };
    if let Some((key, node, text)) =
        server.filter(|(_, _, text)| !is_url(text) && !is_open(text) && !known(text))
    {
        let message = format!("{subject}: `destination.server` holds a cluster's name, not its URL");
        out.push(
            with_value(
                found(deployment, "name-as-server", ("server", key), "takes a URL", message),
                deployment,
                node,
                &format!("`{text}` is none"),
            )
            .map(|one| {
                one.help("write `name` for `server`")
                    .remedy("write `name` for `server`", [renamed("server", "name")])
            }),
        );
    }
    if let Some((key, node, text)) = name.filter(|(_, _, text)| is_url(text)) {
        let message = format!("{subject}: `destination.name` holds a cluster's URL, not its name");
        out.push(
            with_value(
                found(deployment, "url-as-name", ("name", key), "takes a name", message),
                deployment,
                node,
                &format!("`{text}` is none"),
            )
            .map(|one| {
                one.help("write `server` for `name`")
                    .remedy("write `server` for `name`", [renamed("name", "server")])
            }),
        );
    }
}

fn found(
    deployment: &Deployment,
    case: &'static str,
    (name, key): (&str, &Key),
    label: &str,
    message: String,
) -> Option<Violation> {
    let path = Pointer::of(&["spec", "destination", name]);
    let found = Violation::in_object(case, &deployment.manifest, path, key.origin, label, message)?;
    Some(found.note(NOTE))
}

/// The same with the element of a set that the value comes from.
fn with_value(
    found: Option<Violation>,
    deployment: &Deployment,
    node: &Node,
    label: &str,
) -> Option<Violation> {
    let mut found = found?;
    let primary: Location = found.primary.location.clone();
    found.related.extend(elsewhere(&deployment.manifest, node, &primary, label));
    Some(found)
}

fn renamed(from: &str, to: &str) -> Intent {
    Intent::rename(Pointer::of(&["spec", "destination", from]), to)
}

fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// A tag that nothing filled in: what will stand there is not known.
fn is_open(text: &str) -> bool {
    text.contains("{{") || text.contains("${")
}
