//! What of an object becomes part of its pods: a change of it restarts them.

use mlgitops_manifest::ObjectId;
use mlgitops_yaml::Pointer;

use super::kserve::{GROUP, MODE_ANNOTATION};

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
