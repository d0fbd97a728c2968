//! What of an object becomes part of its pods: a change of it restarts them.

use std::collections::BTreeMap;

use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Pointer, Value};

use super::kserve::{self, GROUP, MODE_ANNOTATION};
use super::kserve_rewrites::{Kind, rewrites};
use crate::config::DeploymentMode;

/// Whether a change of a field of an object of this kind gives its pods another template, and so
/// replaces them.
///
/// KServe copies labels, annotations and everything below `predictor`, `transformer` and
/// `explainer` into the pods (kserve v0.15
/// `pkg/controller/v1beta1/inferenceservice/components/predictor.go`). What it writes anew by
/// itself when the object is stored is no change; the caller knows those.
#[must_use]
pub fn restarts(id: &ObjectId, path: &Pointer) -> bool {
    let steps: Vec<String> = path
        .0
        .iter()
        .map(|step| match step {
            mlgitops_yaml::Step::Key(key) => key.clone(),
            mlgitops_yaml::Step::Index(index) => index.to_string(),
        })
        .collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    if id.group() == GROUP {
        return of_kserve(&id.kind, &steps);
    }
    let is_workload = match id.group() {
        "apps" => matches!(id.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet"),
        "argoproj.io" => id.kind == "Rollout",
        "serving.knative.dev" => matches!(id.kind.as_str(), "Service" | "Configuration"),
        _ => false,
    };
    is_workload && matches!(steps.as_slice(), ["spec"] | ["spec", "template", ..])
}

/// Fields of a component that never reach a pod template. What scales it does in Knative mode, as
/// annotations of the revision.
const BESIDE_PODS: [&str; 2] = ["canaryTrafficPercent", "deploymentStrategy"];

fn of_kserve(kind: &str, steps: &[&str]) -> bool {
    match (kind, steps) {
        ("InferenceService", ["spec", "predictor" | "transformer" | "explainer", field, ..]) => {
            !BESIDE_PODS.contains(field)
        }
        // The mode decides what runs the pods, not what is in them, and it cannot be changed later.
        (_, ["metadata", "annotations", name, ..]) => *name != MODE_ANNOTATION,
        // Runtimes, caches and configurations are read when pods are made.
        (
            _,
            ["metadata", "labels", ..] | ["metadata" | "spec"] | ["metadata", "annotations"] | ["spec", ..],
        ) => true,
        _ => false,
    }
}

/// Fields of a component that scale it: annotations of the revision in Knative mode, and beside the
/// pod template in any other (kserve v0.15 `reconcilers/knative/ksvc_reconciler.go`, `reconcilers/hpa`).
const SCALING: [&str; 6] =
    ["minReplicas", "maxReplicas", "scaleTarget", "scaleMetric", "autoScaling", "containerConcurrency"];

/// The formats that KServe gives `protocolVersion: v2` where none is written (kserve v0.15
/// `inference_service_defaults.go`).
const SECOND_PROTOCOL: [&str; 3] = ["triton", "onnx", "huggingface"];

/// Everything of an object that reaches its pods, by path, as KServe stores it: two objects that
/// differ in it have different pods. A mode that is not known is taken for Standard, where scaling
/// replaces nothing.
#[must_use]
pub fn content(manifest: &Manifest, mode: Option<DeploymentMode>) -> BTreeMap<String, String> {
    let scaling_counts = mode == Some(DeploymentMode::Knative);
    let mut found = BTreeMap::new();
    let mut open = vec![(&*manifest.root, Pointer::default())];
    while let Some((node, at)) = open.pop() {
        let text = match &node.value {
            Value::Map(map) if !map.is_empty() => {
                open.extend(map.iter().map(|(key, value)| (value, at.key(key.name()))));
                continue;
            }
            Value::Sequence(items) if !items.is_empty() => {
                open.extend(items.iter().enumerate().map(|(index, item)| (item, at.index(index))));
                continue;
            }
            Value::Unknown(_) => continue,
            _ => node.text().unwrap_or_default(),
        };
        if restarts(&manifest.id, &at) && (scaling_counts || !scales(&at)) {
            found.insert(at.to_string(), text.to_owned());
        }
    }
    store(manifest, &mut found);
    found
}

/// Whether a field of a component only scales it.
fn scales(path: &Pointer) -> bool {
    let [mlgitops_yaml::Step::Key(spec), mlgitops_yaml::Step::Key(_), mlgitops_yaml::Step::Key(field), ..] =
        path.0.as_slice()
    else {
        return false;
    };
    spec == "spec" && SCALING.contains(&field.as_str())
}

/// Writes what an object says as KServe stores it, so that only what differs there differs here.
fn store(manifest: &Manifest, found: &mut BTreeMap<String, String>) {
    const MODEL: &str = "/spec/predictor/model";
    for rewrite in rewrites(manifest) {
        let path = rewrite.path.to_string();
        match rewrite.kind {
            Kind::Quantity(_, canonical) => {
                found.entry(path).and_modify(|text| *text = canonical);
            }
            Kind::Framework(name) => {
                let below = format!("{path}/");
                let moved: Vec<String> =
                    found.keys().filter(|path| path.starts_with(&below)).cloned().collect();
                for old in moved {
                    let text = found.remove(&old).unwrap_or_default();
                    found.insert(old.replacen(&path, MODEL, 1), text);
                }
                found.remove(&path);
                found.insert(format!("{MODEL}/modelFormat/name"), name.to_owned());
            }
            Kind::Mode(..) => {}
        }
    }
    let format = found.get(&format!("{MODEL}/modelFormat/name"));
    if format.is_some_and(|format| SECOND_PROTOCOL.contains(&format.as_str())) {
        found.entry(format!("{MODEL}/protocolVersion")).or_insert_with(|| "v2".to_owned());
    }
}

/// Whether a new pod is made before an old one goes: unless the strategy says otherwise
/// (Kubernetes' default `maxSurge` of 25 %, rounded up).
#[must_use]
pub fn surges(manifest: &Manifest) -> bool {
    let spec = manifest.root.get("spec");
    let of_service = spec.get("predictor").get("deploymentStrategy");
    let strategy = of_service.present().or(spec.get("strategy").present());
    let Some(strategy) = strategy else { return true };
    let is_none = |surge: &str| matches!(surge, "0" | "0%");
    strategy.get("type").text() != Some("Recreate")
        && !strategy.get("rollingUpdate").get("maxSurge").text().is_some_and(is_none)
}

/// The GPUs of one pod of the predictor: the resource, and how many of it.
#[must_use]
pub fn gpus(manifest: &Manifest) -> Option<(String, u64)> {
    let count = kserve::serving(manifest).gpu?;
    let workloads = kserve::workloads(manifest);
    let predictor = workloads.iter().find(|workload| workload.part == kserve::Part::Predictor)?;
    let resources = super::gpu::Resources::of(manifest);
    match super::gpu::limit(predictor.serving.as_ref()?, &resources) {
        super::gpu::Limit::Stated(amount) if count > 0 => Some((amount.name.to_owned(), count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_the_pods_restarts_them() {
        let id = |api_version: &str, kind: &str| ObjectId {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: "a".to_owned(),
        };
        let kserve = "serving.kserve.io/v1beta1";
        for (api_version, kind, path, expected) in [
            (kserve, "InferenceService", "/spec/predictor/model/storageUri", true),
            (kserve, "InferenceService", "/spec/predictor/deploymentStrategy", false),
            (kserve, "InferenceService", "/metadata/labels/version", true),
            (kserve, "InferenceService", "/metadata/annotations/serving.kserve.io~1deploymentMode", false),
            (kserve, "ClusterServingRuntime", "/spec/containers/0/image", true),
            ("apps/v1", "Deployment", "/spec/template/spec/containers/0/image", true),
            ("apps/v1", "Deployment", "/spec/replicas", false),
            ("argoproj.io/v1alpha1", "Application", "/spec/syncPolicy/automated/selfHeal", false),
        ] {
            let path = Pointer::parse(path).unwrap();
            assert_eq!(restarts(&id(api_version, kind), &path), expected, "{kind} {path}");
        }
    }
}
