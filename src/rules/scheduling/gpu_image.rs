//! `scheduling/gpu-image`: on a GPU runs the image for GPUs.

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;
use crate::fleet::serving_runtime::{Below, Runtimes};
use crate::kinds::gpu::{self, Amount, Limit, Resources};
use crate::kinds::kserve::{self, Container, Part, Workload};

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

/// The formats whose runtime, as KServe ships it, has an image for CPUs and one for GPUs
/// (kserve v0.20 `UpdateImageTag`, `config/configmap`).
const TWO_IMAGES: [(&str, &str); 3] = [
    ("tensorflow", "kserve-tensorflow-serving"),
    ("pytorch", "kserve-torchserve"),
    ("huggingface", "kserve-huggingfaceserver"),
];

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    if !manifest.id.is(kserve::GROUP, "InferenceService") || gpu::is_given_by_kserve(manifest) {
        return;
    }
    let resources = Resources::of(manifest);
    for workload in kserve::workloads(manifest) {
        let serving = workload.serving.as_ref().filter(|_| workload.part == Part::Predictor);
        let Some(container) = serving.filter(|one| has_two_images(one)) else { continue };
        let Limit::Stated(amount) = gpu::limit(container, &resources) else { continue };
        if amount.count().is_some_and(|count| count > 0) && picks_by_limit(object, &workload, context) {
            out.push(judge(object, container, &amount));
        }
    }
}

/// Whether the runtime that serves has two images: that of the format, or one named.
fn has_two_images(container: &Container<'_>) -> bool {
    let named = container.node.get("runtime").text();
    TWO_IMAGES.iter().any(|(format, runtime)| match named {
        Some(named) => named == *runtime,
        None => container.format == Some(format),
    })
}

/// Whether KServe picks the image: a runtime it ships, without an image of the service's own.
fn picks_by_limit(object: &Object, workload: &Workload<'_>, context: &Context<'_>) -> bool {
    let own = workload.serving.as_ref().is_some_and(|one| !one.node.get("image").is_absent());
    !own && matches!(Runtimes::of(context.fleet).below(object, workload), Below::Nothing)
}

fn judge(object: &Object, container: &Container<'_>, amount: &Amount<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let name = &manifest.id.name;
    let limit = || manifest.place(amount.key).map(|at| Label::new(Location::from(at), "the GPU it gets"));
    if let Some(version) = container.node.get("runtimeVersion").present() {
        let tag = version.text().filter(|tag| !names_gpu(tag))?;
        let message = format!("{name}{{places}} computes on the CPU: `{tag}` is the image without GPU");
        let path = container.path.key("runtimeVersion");
        let found = Violation::in_object(
            "version",
            manifest,
            path,
            version.origin,
            "becomes the tag as it is",
            message,
        )?;
        let found = limit().into_iter().fold(found, Violation::also_at);
        let note = "without `runtimeVersion` KServe adds `-gpu` to the tag by itself; it is Ready, and 10 to 100 times slower";
        return Some(found.note(note).help(format!("write `{tag}-gpu`, or take `runtimeVersion` out")));
    }
    // KServe looks for NVIDIA's alone (kserve v0.20 `pkg/utils` `IsGPUEnabled`).
    if amount.name.starts_with("nvidia.com/") {
        return None;
    }
    let message =
        format!("{name}{{places}} computes on the CPU: KServe picks no GPU image for {}", amount.name);
    let (path, origin) = (amount.path.clone(), amount.key);
    let found = Violation::in_object("vendor", manifest, path, origin, "not one of NVIDIA's", message)?;
    let note = "KServe takes the GPU image where a limit begins with nvidia.com, and the CPU image otherwise";
    Some(found.note(note).help("name a runtime, or an `image`, that is made for this device"))
}

/// Whether a tag is one of an image for GPUs.
fn names_gpu(tag: &str) -> bool {
    let tag = tag.to_lowercase();
    // `23.08-py3` is of Triton, which has one image: `runtime-version` knows it.
    ["gpu", "cuda", "rocm", "cu1", "sha256", "-py3"].iter().any(|word| tag.contains(word))
}
