//! `scheduling/gpu-image`: on a GPU runs the image for GPUs.

use mlgitops_yaml::edit::NewValue;

use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Label, Location, Violation};
use crate::fleet::Object;
use crate::kinds::gpu::{self, Amount, Limit, Resources};
use crate::kinds::kserve::{self, Container, Part};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// The runtimes, as KServe ships them, that have an image for CPUs and one for GPUs
/// (kserve v0.20 `UpdateImageTag`, `config/configmap`).
const TWO_IMAGES: [&str; 3] = ["kserve-tensorflow-serving", "kserve-torchserve", "kserve-huggingfaceserver"];

fn check(context: &Context<'_>, out: &mut Violations) {
    let runtimes = context.runtimes();
    for object in context.fleet.of_kind("InferenceService") {
        if gpu::is_given_by_kserve(&object.manifest) {
            continue;
        }
        let resources = Resources::of(&object.manifest);
        for workload in kserve::workloads(&object.manifest) {
            let serving = workload.serving.as_ref().filter(|_| workload.part == Part::Predictor);
            let Some(container) = serving.filter(|one| one.node.get("image").is_absent()) else { continue };
            let Limit::Stated(amount) = gpu::limit(container, &resources) else { continue };
            let has_two = || {
                let shipped = runtimes.shipped(object, &workload);
                shipped.is_some_and(|runtime| TWO_IMAGES.contains(&runtime))
            };
            if amount.count().is_some_and(|count| count > 0) && has_two() {
                out.push(judge(object, container, &amount).map(|found| found.at_place(object.place)));
            }
        }
    }
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
        let written = Intent::set(found.path.clone(), NewValue::text(format!("{tag}-gpu")));
        let found = found.note(note).help(format!("write `{tag}-gpu`, or take `runtimeVersion` out"));
        return Some(found.remedy("name the image for GPUs", [written]));
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
