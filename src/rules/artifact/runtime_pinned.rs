//! `artifact/runtime-pinned`: the images that serve a model are of one version.

use std::ops::Range;

use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;
use crate::fleet::reference::is_moving_tag;
use crate::fleet::serving_runtime::formats_of_shipped;
use crate::kinds::kserve::{self, Part, Workload};

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

fn check(object: &Object, _: &Context<'_>, out: &mut Violations) {
    let kind = object.manifest.id.kind.as_str();
    if !matches!(kind, "InferenceService" | "ServingRuntime" | "ClusterServingRuntime") {
        return;
    }
    for workload in kserve::workloads(&object.manifest) {
        let baked = kserve::baked(&workload);
        for (index, container) in workload.pod.get("containers").items().iter().enumerate() {
            let path = workload.path.key("containers").index(index);
            let is_baked = baked.is_some_and(|serving| serving.path == path);
            out.push(of_image(object, &workload, (container, path.key("image")), is_baked));
        }
        if let Some(serving) = workload.serving.as_ref().filter(|serving| serving.format.is_some()) {
            out.push(of_image(object, &workload, (serving.node, serving.path.key("image")), false));
            out.push(of_runtime_version(object, serving.node, serving.path.key("runtimeVersion")));
        }
    }
}

fn of_image(
    object: &Object,
    workload: &Workload<'_>,
    (container, path): (&Node, Pointer),
    is_baked: bool,
) -> Option<Violation> {
    let image = container.get("image").text().filter(|image| !is_of_a_release(object, image))?;
    let moving = Moving::of(image)?;
    let name = &object.manifest.id.name;
    let what = match workload.part {
        Part::Transformer => "its transformer",
        Part::Explainer => "its explainer",
        _ => "what serves it",
    };
    let said = &moving.said;
    let (case, message) = if is_baked {
        ("baked", format!("{name}{{places}} serves whatever model is in {said}"))
    } else if object.manifest.id.kind != "InferenceService" {
        ("image", format!("{name}{{places}} serves models with {said}"))
    } else {
        ("image", format!("{name}{{places}} takes {said} for {what}"))
    };
    let bytes = moving.range;
    let label = "pushed again at any time, without a commit";
    let found = Violation::in_piece(case, &object.manifest, path, bytes, label, message)?;
    Some(if is_baked {
        found
            .note(
                "the model is in the image, so the tag is its version: what a new pod serves, no commit says",
            )
            .help("name the version of the model as the tag, or the image's digest")
    } else {
        found
            .note("a pod that starts later runs another server than its twin, on the same model")
            .help("name a version as the tag, or the image's digest")
    })
}

/// Whether an image is that of a runtime as KServe ships it (kserve v0.13 to v0.20 `config/runtimes`):
/// what installs KServe says of which release.
fn is_of_a_release(object: &Object, image: &str) -> bool {
    let id = &object.manifest.id;
    let name = id.name.strip_suffix("-multinode").unwrap_or(&id.name);
    let repository = image.rsplit_once('/').map_or("", |(repository, _)| repository);
    id.kind == "ClusterServingRuntime"
        && formats_of_shipped(name).is_some()
        && repository.rsplit('/').next() == Some("kserve")
}

/// `runtimeVersion` becomes the tag of the runtime's image (kserve v0.20
/// `pkg/controller/v1beta1/inferenceservice/utils/utils.go`, `UpdateImageTag`).
fn of_runtime_version(object: &Object, container: &Node, path: Pointer) -> Option<Violation> {
    let node = container.get("runtimeVersion").present()?;
    let tag = node.text().filter(|tag| is_moving_tag(tag))?;
    let manifest = &object.manifest;
    let message = format!("{}{{places}} takes the tag `{tag}` of its runtime", manifest.id.name);
    let label = "pushed again at any time, without a commit";
    let found = Violation::in_object("image", manifest, path, node.origin, label, message)?;
    Some(
        found
            .note("`runtimeVersion` becomes the tag of the runtime's image")
            .help("name a version, or take it out: the runtime has one"),
    )
}

/// What of an image moves.
struct Moving {
    /// How people say it: `the image tag `latest``.
    said: String,
    /// The bytes that say so: the tag, or the whole image where it has none.
    range: Range<usize>,
}

impl Moving {
    fn of(image: &str) -> Option<Self> {
        // A placeholder becomes something else before it is pulled.
        if image.is_empty() || image.contains(['@', '$', '{', '<', ' ']) {
            return None;
        }
        let name = image.rfind('/').map_or(0, |slash| slash + 1);
        let Some(colon) = image.get(name..)?.find(':').map(|colon| name + colon) else {
            let said = "the image tag `latest`, for it names none".to_owned();
            return Some(Self { said, range: 0..image.len() });
        };
        let tag = image.get(colon + 1..)?;
        is_moving_tag(tag)
            .then(|| Self { said: format!("the image tag `{tag}`"), range: colon + 1..image.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_moves_without_a_tag_or_with_one_that_does() {
        for (image, piece) in [
            ("registry.example.com:5000/fraud", Some("registry.example.com:5000/fraud")),
            ("fraud:latest", Some("latest")),
            ("registry.example.com:5000/fraud:main", Some("main")),
            ("tensorflow/serving:latest-gpu", Some("latest-gpu")),
            ("fraud:v3", None),
            ("fraud:latest@sha256:0123", None),
            ("fraud:main-3f2a1b9", None),
            ("$(IMAGE)", None),
            ("", None),
        ] {
            let found = Moving::of(image).map(|moving| image[moving.range].to_owned());
            assert_eq!(found.as_deref(), piece, "{image}");
        }
    }
}
