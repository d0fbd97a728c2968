//! What a VirtualService itself is called, and whom it speaks for.

use mlgitops_yaml::Pointer;

use super::{Backends, Context, Routes, name};
use crate::config::DeploymentMode;
use crate::finding::Violation;
use crate::fleet::Object;
use crate::fleet::backend::Part;
use crate::kinds::istio::Host;

pub(super) fn judge(routes: &Routes<'_>, backends: &Backends<'_>, context: &Context<'_>) -> Vec<Violation> {
    [same_name(routes, backends, context), unknown_host(routes, backends, context)]
        .into_iter()
        .flatten()
        .collect()
}

/// In the mode Knative KServe makes a VirtualService of the model's name, unless it is told not to
/// (kserve v0.20 `reconcilers/ingress`; domain.md §5).
fn same_name(routes: &Routes<'_>, backends: &Backends<'_>, context: &Context<'_>) -> Option<Violation> {
    if !context.facts.makes_virtual_services() {
        return None;
    }
    let manifest = &routes.object.manifest;
    let path = Pointer::of(&["metadata", "name"]);
    let node = manifest.at(&path).present()?;
    let host = Host { node, service: name(routes), namespace: None };
    let service = whole(routes.object, host, backends)?;
    if context.facts.only_mode(&service.manifest) != Some(DeploymentMode::Knative) {
        return None;
    }
    let message =
        format!("KServe overwrites the routes of {}{{places}}: it has one of this name itself", name(routes));
    let label = "the name of the model";
    let found = Violation::in_object("same-name", manifest, path, node.origin, label, message)?;
    let note = "in the mode Knative KServe makes a VirtualService for each model, under its name; it and whoever \
                applies this file write by turns";
    Some(found.note(note).help(format!("call it `{}-routes`", name(routes))))
}

/// A host in the mesh that no Service has: nobody can look it up.
fn unknown_host(routes: &Routes<'_>, backends: &Backends<'_>, context: &Context<'_>) -> Option<Violation> {
    let manifest = &routes.object.manifest;
    let spec = manifest.root.get("spec");
    let mut gateways = spec.get("gateways").items().iter();
    let is_of_mesh = spec.get("gateways").is_absent() || gateways.any(|one| one.text() == Some("mesh"));
    let hosts = spec.get("hosts").items().iter().enumerate();
    let (index, host) = hosts.filter(|_| is_of_mesh).find_map(|(index, node)| {
        let host = Host::of(node)?;
        let service = whole(routes.object, host, backends)?;
        let is_standard = context.facts.only_mode(&service.manifest) == Some(DeploymentMode::Standard);
        (is_standard && !backends.is_written(routes.object, host)).then_some((index, host))
    })?;
    let path = Pointer::of(&["spec", "hosts"]).index(index);
    let service = host.service;
    let message = format!("nobody reaches {}{{places}}: there is no Service `{service}`", name(routes));
    let label = "not in the mode Standard";
    let found = Violation::in_object("unknown-host", manifest, path, host.node.origin, label, message)?;
    let note = "without `gateways` the routes are those of callers in the mesh, who look the host up first: in the mode \
                Standard KServe makes Services for the parts of a model alone";
    Some(found.note(note).help(format!(
        "add a Service or a ServiceEntry `{service}`, or write the routes for `{service}-predictor`"
    )))
}

/// The model service of a host that names it as a whole.
fn whole<'f>(route: &Object, host: Host<'_>, backends: &Backends<'f>) -> Option<&'f Object> {
    let backend = backends.backend(route, host)?;
    backend.service.filter(|_| backend.part == Part::Whole)
}
