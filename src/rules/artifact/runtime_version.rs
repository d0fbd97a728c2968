//! `artifact/runtime-version`: the version of a runtime is one of the runtime that serves.

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;
use crate::fleet::serving_runtime::Runtimes;
use crate::kinds::kserve::{self, Part, Workload};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let runtimes = context.runtimes();
    for object in context.fleet.of_kind("InferenceService") {
        for workload in kserve::workloads(&object.manifest) {
            if workload.part == Part::Predictor {
                out.push(judge(object, &workload, runtimes));
            }
        }
    }
}

fn judge(object: &Object, workload: &Workload<'_>, runtimes: &Runtimes<'_>) -> Option<Violation> {
    let container = workload.serving.as_ref()?;
    let version = container.node.get("runtimeVersion").present()?;
    let tag = version.text().filter(|tag| is_of_triton(tag))?;
    let runtime = runtimes.shipped(object, workload).filter(|runtime| *runtime != "kserve-tritonserver")?;
    let manifest = &object.manifest;
    let name = &manifest.id.name;
    let message = format!("{name}{{places}} never starts: {runtime} has no version `{tag}`");
    let path = container.path.key("runtimeVersion");
    let found = Violation::in_object(
        "other-runtime",
        manifest,
        path,
        version.origin,
        "a version of Triton",
        message,
    )?
    .at_place(object.place);
    let note = match container.format.filter(|_| container.node.get("runtime").is_absent()) {
        None => format!("`runtimeVersion` becomes the tag of {runtime}'s image"),
        Some(format) => {
            format!("the format `{format}` selects {runtime}, and `runtimeVersion` becomes its image's tag")
        }
    };
    Some(found.note(note).help("name `runtime: kserve-tritonserver` beside it, or take the version out"))
}

/// The tags of NVIDIA's images: year, month, and the language: `23.08-py3`.
fn is_of_triton(tag: &str) -> bool {
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    tag.split_once("-py3")
        .and_then(|(release, _)| release.split_once('.'))
        .is_some_and(|(year, month)| digits(year) && digits(month))
}
