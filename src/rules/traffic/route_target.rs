//! `traffic/route-target`: a route leads to a Service that KServe makes.

#[path = "route_target/own.rs"]
mod own;

use std::ops::Range;

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::{DeploymentMode, nearest};
use crate::finding::{Intent, Violation};
use crate::fleet::backend::{Backend, Backends, Part, Routes};
use crate::fleet::serving_runtime::Below;
use crate::kinds::istio::Destination;
use crate::kinds::kserve::{self, Part as Component};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// The release from which a service's parts have no revisions by name (kserve v0.11).
const WITHOUT_DEFAULT: u16 = 11;

/// The port KServe's containers listen on, which is no port of their Services.
const CONTAINER_PORT: i64 = 8080;

/// The port of their Services (kserve v0.20 `constants.CommonDefaultHttpPort`).
const SERVICE_PORT: i64 = 80;

fn check(context: &Context<'_>, out: &mut Violations) {
    let backends = context.backends();
    let old = context.facts.kserve_minors().iter().any(|minor| *minor < WITHOUT_DEFAULT);
    for routes in backends.all_routes() {
        for found in own::judge(routes, backends, context) {
            out.push(found.at_place(routes.object.place));
        }
        for destination in routes.destinations() {
            let Some(backend) = backends.backend(routes.object, destination.host) else { continue };
            if backends.is_written(routes.object, destination.host) {
                continue;
            }
            let found = match (backend.part, backend.service) {
                (Part::Default | Part::Canary, _) if !old => of_old(routes, destination, &backend),
                (Part::Whole, Some(_)) => of_whole(routes, destination, &backend, context),
                (Part::Component, None) => missing(routes, destination, &backend, backends),
                _ => None,
            };
            let port = port(routes, destination, &backend, context);
            for found in found.into_iter().chain(port) {
                out.push(found.at_place(routes.object.place));
            }
        }
    }
}

/// `-predictor-default` and `-predictor-canary`.
fn of_old(
    routes: &Routes<'_>,
    destination: &Destination<'_>,
    backend: &Backend<'_, '_>,
) -> Option<Violation> {
    backend.service?;
    let host = destination.host.service;
    let (case, last) = match backend.part {
        Part::Canary => ("canary-host", "-canary"),
        _ => ("default-host", "-default"),
    };
    let message =
        format!("a route of {}{{places}} leads nowhere: there is no Service `{host}`", name(routes));
    let suffix = backend.name.len()..host.len();
    let found = violation(routes, destination, case, suffix, "not since KServe 0.11", message)?;
    let note = "KServe 0.11 and later make one Service for each part of a model, and none for a revision";
    let found = found.note(note);
    if backend.part == Part::Canary {
        return Some(
            found.help("run the canary as a service of its own, and name its `NAME-predictor` here"),
        );
    }
    let meant = host.strip_suffix(last)?;
    let whole = destination.host.node.text()?.replacen(host, meant, 1);
    let named = Intent::set(found.path.clone(), NewValue::text(whole));
    Some(found.help(format!("name `{meant}`")).remedy(format!("name `{meant}`"), [named]))
}

/// The bare name of a service that runs without Knative.
fn of_whole(
    routes: &Routes<'_>,
    destination: &Destination<'_>,
    backend: &Backend<'_, '_>,
    context: &Context<'_>,
) -> Option<Violation> {
    if context.facts.only_mode(&backend.service?.manifest) != Some(DeploymentMode::Standard) {
        return None;
    }
    let host = destination.host.service;
    let message =
        format!("a route of {}{{places}} leads nowhere: there is no Service `{host}`", name(routes));
    let label = "not in the mode Standard";
    let found = violation(routes, destination, "bare-name", 0..host.len(), label, message)?;
    let note = "in the mode Standard the Services of a model are those of its parts";
    Some(found.note(note).help(format!("name `{host}-predictor`")))
}

/// A part of a service that nobody deploys there.
fn missing(
    routes: &Routes<'_>,
    destination: &Destination<'_>,
    backend: &Backend<'_, '_>,
    backends: &Backends<'_>,
) -> Option<Violation> {
    // Where no model runs beside the route, models are deployed from elsewhere.
    let there = backends.beside(routes.object, destination.host);
    if there.is_empty() {
        return None;
    }
    let (host, model) = (destination.host.service, backend.name);
    let message =
        format!("a route of {}{{places}} leads nowhere: there is no Service `{host}`", name(routes));
    let label = format!("no InferenceService `{model}` here");
    let found = violation(routes, destination, "no-model", 0..model.len(), label, message)?;
    Some(match nearest(backend.name, there) {
        Some(name) => found.help(format!("did you mean `{name}-predictor`?")),
        None => found.help(format!("deploy `{model}` with it, or name the Service of a model that is")),
    })
}

/// The port of the container where that of the Service belongs.
fn port(
    routes: &Routes<'_>,
    destination: &Destination<'_>,
    backend: &Backend<'_, '_>,
    context: &Context<'_>,
) -> Option<Violation> {
    if backend.part == Part::Whole {
        return None;
    }
    let keys = ["destination", "port", "number"];
    let node = destination.node.find(&keys).present()?;
    if node.as_int() != Some(CONTAINER_PORT) || may_name_ports(destination, backend, context) {
        return None;
    }
    let message = format!(
        "a route of {}{{places}} answers 503: a model's Services have port 80, not 8080",
        name(routes)
    );
    let path = keys.iter().fold(destination.path.clone(), |path: Pointer, key| path.key(key));
    let manifest = &routes.object.manifest;
    let found =
        Violation::in_object("port", manifest, path, node.origin, "the port of the container", message)?;
    let written = Intent::set(found.path.clone(), NewValue::plain(SERVICE_PORT));
    let note = "KServe's Services lead from port 80 to the container's";
    Some(found.note(note).help("write 80").remedy("write the port of the Service", [written]))
}

/// Whether the container may name several ports: KServe gives each behind the first its own number
/// (kserve v0.20 `reconcilers/service`, `createDefaultSvc`). Those of the service stand before those
/// of its runtime, whose fields are not all known where it is not in the repository.
fn may_name_ports(destination: &Destination<'_>, backend: &Backend<'_, '_>, context: &Context<'_>) -> bool {
    let Some(service) = backend.service else { return false };
    let rest = destination.host.service.get(backend.name.len()..).unwrap_or_default();
    let part = match rest {
        _ if rest.starts_with("-transformer") => Component::Transformer,
        _ if rest.starts_with("-explainer") => Component::Explainer,
        _ => Component::Predictor,
    };
    let workloads = kserve::workloads(&service.manifest);
    let Some(workload) = workloads.iter().find(|one| one.part == part) else { return false };
    // A transformer may stand among them, whose ports come first.
    let listed = workload.pod.get("containers").items();
    let is_several = |container: &Node| container.get("ports").items().len() > 1;
    listed.iter().any(is_several)
        || workload.serving.as_ref().is_some_and(|serving| is_several(serving.node))
        || match context.runtimes().below(service, workload) {
            Below::Nothing => false,
            Below::Runtime(_, container) => is_several(container.node),
            Below::Defaults | Below::Unknown => true,
        }
}

fn name<'r>(routes: &'r Routes<'_>) -> &'r str {
    &routes.object.manifest.id.name
}

/// A violation of some bytes of a host: what a template adds to a name stands elsewhere than the name.
fn violation(
    routes: &Routes<'_>,
    destination: &Destination<'_>,
    case: &'static str,
    bytes: Range<usize>,
    label: impl Into<String>,
    message: String,
) -> Option<Violation> {
    let path = destination.path.key("destination").key("host");
    Violation::in_piece(case, &routes.object.manifest, path, bytes, label, message)
}
