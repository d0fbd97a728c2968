//! Metrics that no server of KServe's exports, or one of another server than the model's (domain.md
//! §6).

use std::collections::BTreeSet;

use super::expression::is_empty;
use super::{Context, at_bytes, called, word};
use crate::finding::Violation;
use crate::fleet::alerts::{Alert, Watch};
use crate::fleet::{Fleet, Object};
use crate::kinds::kserve::{self, Workload};
use crate::kinds::prometheus::rules;
use crate::kinds::promql::Query;

/// The series that rules of the repository record.
pub(super) fn recorded(fleet: &Fleet) -> BTreeSet<&str> {
    let objects = fleet.of_kind("PrometheusRule");
    let rules = objects.flat_map(|object| rules(&object.manifest));
    rules.filter(|rule| !rule.alerts).map(|rule| rule.name).collect()
}

/// Whether an expression asks about services of one kind, and about no other.
pub(super) fn asks_only(alert: &Alert<'_>, fleet: &Fleet, is: impl Fn(&Object) -> bool) -> bool {
    let releases = alert.asked.iter().flat_map(|model| fleet.releases_of(model));
    let mut services = releases.filter_map(|release| fleet.objects.get(release.object)).peekable();
    services.peek().is_some() && services.all(is)
}

/// Beginnings of names that something else than a model gives its metrics: what serves models, what
/// stands before it, and what watches pods and nodes. A model may be called `vllm`, `model` or `node`.
/// (vllm `docs/usage/metrics.md`; openvino model_server `docs/metrics.md`; text-generation-inference
/// `reference/metrics`; tritonserver `docs/user_guide/metrics.md`; mlserver `user-guide/metrics`;
/// torchserve `docs/metrics.md`; opendatahub odh-model-controller `runtime-metrics.go`, for Caikit and
/// NVIDIA NIM; gateway-api-inference-extension `guides/metrics.md`; kube-state-metrics; cAdvisor.)
const EXPORTED: [&str; 42] = [
    "DCGM_",
    "activator_",
    "autoscaler_",
    "aws_",
    "batch_request_queue",
    "caikit_",
    "cluster_",
    "container_",
    "e2e_request_latency_",
    "envoy_",
    "feast_",
    "generation_tokens_",
    "go_",
    "gpu_",
    "grpc_",
    "haproxy_",
    "http_",
    "inference_model_",
    "inference_objective_",
    "inference_pool_",
    "istio_",
    "job_",
    "kn_",
    "kube_",
    "kserve_",
    "mlflow_",
    "model_infer_",
    "namespace_",
    "nginx_",
    "node_",
    "num_request",
    "nv_",
    "ovms_",
    "parallel_request_queue",
    "pod_",
    "predict_",
    "process_",
    "prometheus_",
    "python_",
    "request_",
    "rest_server_",
    "tgi_",
];

/// A metric named after a model, whose server is one that counts nothing of that name.
pub(super) fn unexported(
    alert: &Alert<'_>,
    query: &Query,
    recorded: &BTreeSet<&str>,
    context: &Context<'_>,
) -> Option<Violation> {
    let series = query.series();
    let metrics = series.iter().filter_map(|one| one.metric());
    let mut own = metrics.filter(|metric| !EXPORTED.iter().any(|start| metric.starts_with(start)));
    let metric = own.find(|metric| {
        alert.asked.iter().any(|model| {
            let start = model.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
            metric.strip_prefix(&start).is_some_and(|rest| rest.starts_with('_'))
        })
    })?;
    let is_stock = |object: &Object| servers(object, context).is_some();
    if !asks_only(alert, context.fleet, is_stock) || recorded.contains(metric) {
        return None;
    }
    let what = match alert.watches().first() {
        Some(Watch::Drift) => "predictions",
        _ => "requests",
    };
    let does = if alert.rule.alerts { "fires" } else { "records something" };
    let message = format!("{}{{places}} {does} only where something else exports {metric}", called(alert));
    let found = at_bytes(alert, word(alert, metric), "unexported", "no server of KServe's has it", message)?;
    let note = "KServe's servers count how long a request takes, `request_predict_seconds`, by `model_name`; they \
                have no metric of a model's own name";
    Some(found.note(note).help(format!("see that what watches the {what} runs, and is scraped")))
}

/// What the servers of some formats have no metric of: those of the others.
const OTHERS: [(&str, &str); 9] = [
    ("vllm:", "vLLM"),
    ("sglang:", "SGLang"),
    ("tgi_", "Text Generation Inference"),
    ("caikit_", "Caikit"),
    ("predict_caikit_library_", "Caikit"),
    ("ovms_", "OpenVINO Model Server"),
    ("nv_inference_", "Triton"),
    ("ts_inference_", "TorchServe"),
    (":tensorflow:serving:", "TensorFlow Serving"),
];

/// KServe's own servers in Python, which answer for some formats; MLServer does for version 2 of the
/// protocol (kserve v0.20 `config/runtimes`).
const OWN: [&str; 6] = [
    "kserve-sklearnserver",
    "kserve-xgbserver",
    "kserve-lgbserver",
    "kserve-pmmlserver",
    "kserve-paddleserver",
    "kserve-mlserver",
];

/// A metric of a server that none of the models asked about has.
pub(super) fn of_other_server(
    alert: &Alert<'_>,
    query: &Query,
    recorded: &BTreeSet<&str>,
    context: &Context<'_>,
) -> Option<Violation> {
    let series = query.series();
    let (metric, server) = series.iter().filter_map(|one| one.metric()).find_map(|metric| {
        let (_, server) = OTHERS.iter().find(|(start, _)| metric.starts_with(start))?;
        Some((metric, *server))
    })?;
    let model = alert.asked.first()?;
    let is_own = |object: &Object| {
        servers(object, context).is_some_and(|servers| servers.iter().all(|one| OWN.contains(&one.as_str())))
    };
    if !asks_only(alert, context.fleet, is_own) || recorded.contains(metric) {
        return None;
    }
    let never = is_empty(alert);
    let message = format!("{}{{places}} {never}: {model} is not served by {server}", called(alert));
    let label = format!("a metric of {server}'s");
    let found = at_bytes(alert, word(alert, metric), "unexported", label, message)?;
    let note = "the server of its format counts other things: `request_predict_seconds`, or `model_infer_request_duration` \
                of MLServer";
    Some(found.note(note).help("ask for a metric of the server that runs"))
}

/// The servers of KServe's that answer for a service, by the names of their runtimes; `None` where
/// another one does, or may: a container, a runtime or a logger of one's own counts anything.
fn servers(object: &Object, context: &Context<'_>) -> Option<Vec<String>> {
    let manifest = &object.manifest;
    let workloads = kserve::workloads(manifest);
    if manifest.id.kind != "InferenceService" || workloads.is_empty() {
        return None;
    }
    let is_plain = |one: &Workload<'_>| {
        one.pod.get("containers").items().is_empty() && one.pod.get("logger").is_absent()
    };
    let server = |one: &Workload<'_>| {
        let shipped = context.runtimes().shipped(object, one).map(str::to_owned);
        shipped.filter(|_| is_plain(one))
    };
    workloads.iter().map(server).collect()
}
