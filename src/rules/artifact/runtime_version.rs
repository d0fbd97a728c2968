//! `artifact/runtime-version`: the version of a runtime is one of the runtime that serves.

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;
use crate::fleet::serving_runtime::{Below, Runtimes};
use crate::kinds::kserve::{self, Container, Part, Workload};

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

/// The runtime KServe ships for a format, where no other competes (kserve v0.20 `config/runtimes`).
const SHIPPED: [(&str, &str); 8] = [
    ("sklearn", "kserve-sklearnserver"),
    ("xgboost", "kserve-xgbserver"),
    ("lightgbm", "kserve-lgbserver"),
    ("pmml", "kserve-pmmlserver"),
    ("paddle", "kserve-paddleserver"),
    ("huggingface", "kserve-huggingfaceserver"),
    ("tensorflow", "kserve-tensorflow-serving"),
    ("pytorch", "kserve-torchserve"),
];

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    if !object.manifest.id.is(kserve::GROUP, "InferenceService") {
        return;
    }
    for workload in kserve::workloads(&object.manifest) {
        if let Some(container) = workload.serving.as_ref().filter(|_| workload.part == Part::Predictor) {
            out.push(judge(object, &workload, container, context));
        }
    }
}

fn judge(
    object: &Object,
    workload: &Workload<'_>,
    container: &Container<'_>,
    context: &Context<'_>,
) -> Option<Violation> {
    let version = container.node.get("runtimeVersion").present()?;
    let tag = version.text().filter(|tag| is_of_triton(tag))?;
    let format = container.format?;
    let named = container.node.get("runtime").text();
    if !matches!(Runtimes::of(context.fleet).below(object, workload), Below::Nothing) {
        return None;
    }
    let shipped = || SHIPPED.iter().find(|(known, _)| *known == format).map(|(_, runtime)| *runtime);
    let runtime = named.or_else(shipped).filter(|runtime| *runtime != "kserve-tritonserver")?;
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
    )?;
    let note = match named {
        Some(_) => format!("`runtimeVersion` becomes the tag of {runtime}'s image"),
        None => {
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
