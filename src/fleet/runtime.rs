//! Which ServingRuntime a service runs on: its pod fields are merged under the service's own
//! (kserve v0.15 `pkg/controller/v1beta1/inferenceservice/utils/utils.go`; domain.md §8).

use mlgitops_manifest::Manifest;

use super::{Fleet, Object};
use crate::kinds::kserve::{Container, GROUP};

/// The runtime of a container that serves a model.
#[derive(Debug, Clone, Copy)]
pub enum Runtime<'f> {
    /// It is none: the container is the service's own.
    Own,
    /// It is in this repository.
    Known(&'f Object),
    /// One of those that KServe is installed with: they limit no GPU and place nothing.
    Shipped,
    /// It is somewhere else.
    Elsewhere,
}

/// The runtime a service names for a container, or the one KServe would choose by the format.
#[must_use]
pub fn runtime_of<'f>(fleet: &'f Fleet, service: &Manifest, container: &Container<'_>) -> Runtime<'f> {
    let runtimes = || fleet.objects.iter().filter(|object| is_runtime_for(&object.manifest, service));
    if let Some(name) = container.node.get("runtime").text() {
        return match runtimes().find(|object| object.manifest.id.name == name) {
            Some(object) => Runtime::Known(object),
            None if name.starts_with("kserve-") => Runtime::Shipped,
            None => Runtime::Elsewhere,
        };
    }
    let Some(format) = container.format else { return Runtime::Own };
    let takes = |object: &&Object| {
        let formats = object.manifest.root.get("spec").get("supportedModelFormats").items();
        formats.iter().any(|one| one.get("name").text() == Some(format))
    };
    runtimes().find(takes).map_or(Runtime::Shipped, Runtime::Known)
}

fn is_runtime_for(manifest: &Manifest, service: &Manifest) -> bool {
    let id = &manifest.id;
    id.group() == GROUP
        && match id.kind.as_str() {
            "ClusterServingRuntime" => true,
            "ServingRuntime" => {
                id.namespace.is_none()
                    || service.id.namespace.is_none()
                    || id.namespace == service.id.namespace
            }
            _ => false,
        }
}
