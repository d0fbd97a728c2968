//! The alerts of a fleet that speak of its models: what they watch, and where they stand.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::mention::Names;
use super::{Fleet, Object};
use crate::kinds::prometheus::{Rule, rules};
use crate::kinds::promql::{Query, Refused, Series};

/// What an alert watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watch {
    /// How long answers take.
    Latency,
    /// How many requests fail.
    Errors,
    /// Whether features or predictions are what they were.
    Drift,
}

/// A rule of a PrometheusRule, read.
#[derive(Debug)]
pub struct Alert<'f> {
    /// The PrometheusRule.
    pub object: &'f Object,
    /// The rule.
    pub rule: Rule<'f>,
    /// Its expression; what cannot be read asks for nothing.
    pub query: Arc<Result<Query, Refused>>,
    /// The models that its labels name.
    pub labelled: BTreeSet<&'f str>,
    /// The models that its expression asks about.
    pub asked: BTreeSet<&'f str>,
}

/// Labels of alerts and series that tell models apart (domain.md §6; openvino model_server
/// `docs/metrics.md`; opendatahub odh-model-controller `runtime-metrics.go`; kube-state-metrics).
const MODEL_LABELS: &[&str] = &[
    "model",
    "model_name",
    "model_id",
    "target_model_name",
    "name",
    "app",
    "service",
    "service_name",
    "exported_service",
    "inferenceservice",
    "inferenceservice_name",
    "inference_service",
    "isvc",
    "isvc_name",
    "configuration_name",
    "revision_name",
    "kn_service_name",
    "kn_configuration_name",
    "kn_revision_name",
    "deployment",
    "pod",
    "destination_service",
    "destination_service_name",
    "destination_workload",
];

/// Metrics of what serves models, by their beginnings: KServe's own servers, Knative, Istio and the
/// servers of the runtimes that KServe, Open Data Hub and OpenShift AI ship (domain.md §6; vllm
/// `docs/usage/metrics.md`; openvino model_server `docs/metrics.md`; text-generation-inference
/// `reference/metrics`; mlserver `user-guide/metrics`; odh-model-controller `runtime-metrics.go`;
/// gateway-api-inference-extension `guides/metrics.md`).
const SERVING: &[&str] = &[
    "request_predict_seconds",
    "request_preprocess_seconds",
    "request_postprocess_seconds",
    "request_explain_seconds",
    "revision_request_",
    "revision_app_request_",
    "kn_queueproxy_",
    "kn_serving_",
    "istio_request",
    "vllm:",
    "sglang:",
    "tgi_request_",
    "predict_rpc_count",
    "predict_caikit_library_",
    "ovms_request",
    "ovms_inference_",
    "nv_inference_",
    ":tensorflow:serving:",
    "ts_inference_",
    "model_infer_",
    "rest_server_request",
    "e2e_request_latency_seconds",
    "inference_model_",
    "inference_objective_",
    "http_server_request_",
];

/// An expression, and the models that it asks about.
type Read<'f> = (Arc<Result<Query, Refused>>, BTreeSet<&'f str>);

/// Every rule of every PrometheusRule that speaks of models, in order. An expression that stands in
/// several places is read once.
#[must_use]
pub fn of_models(fleet: &Fleet) -> Vec<Alert<'_>> {
    let objects = fleet.of_kind("PrometheusRule");
    if fleet.of_kind("PrometheusRule").next().is_none() {
        return Vec::new();
    }
    let names = Names::of(fleet);
    let mut read: HashMap<&str, Read<'_>> = HashMap::new();
    let all = objects.flat_map(|object| rules(&object.manifest).into_iter().map(move |rule| (object, rule)));
    let alerts = all.filter_map(|(object, rule)| {
        let labels = rule.labels().filter(|(key, _)| is_model_label(key));
        let labels = labels.filter_map(|(_, node)| node.text());
        let labelled: BTreeSet<&str> = labels.flat_map(|text| names.in_text(text)).collect();
        let text = rule.text()?;
        let named = names.in_text(text);
        // Most rules of a platform are about something else, and are not read.
        if labelled.is_empty() && named.is_empty() && !SERVING.iter().any(|start| text.contains(start)) {
            return None;
        }
        let (query, asked) = read.entry(text).or_insert_with(|| {
            let query = Query::parse(text);
            let asked = query.as_ref().map_or(named, |query| asked(&query.series(), &names));
            (Arc::new(query), asked)
        });
        Some(Alert { query: Arc::clone(query), asked: asked.clone(), object, rule, labelled })
    });
    let is_of_models =
        |alert: &Alert<'_>| !alert.labelled.is_empty() || !alert.asked.is_empty() || alert.is_of_any_model();
    alerts.filter(is_of_models).collect()
}

/// The models that the metrics and labels of some series name.
pub(crate) fn asked<'f>(series: &[Series<'_>], names: &Names<'f>) -> BTreeSet<&'f str> {
    let texts = series.iter().flat_map(|one| {
        let labels = one.labels().filter(|(key, _)| is_model_label(key)).map(|(_, value)| value);
        one.metric().into_iter().chain(labels)
    });
    texts.flat_map(|text| names.in_text(text)).collect()
}

/// Whether a label tells models apart.
#[must_use]
pub fn is_model_label(key: &str) -> bool {
    MODEL_LABELS.contains(&key)
}

impl<'f> Alert<'f> {
    /// The models that it names.
    #[must_use]
    pub fn models(&self) -> BTreeSet<&'f str> {
        self.labelled.union(&self.asked).copied().collect()
    }

    /// Whether it asks for the metrics of serving, and for no model's alone.
    #[must_use]
    pub fn is_of_any_model(&self) -> bool {
        let Ok(query) = &*self.query else { return false };
        let series = query.series();
        let is_serving = |one: &Series<'_>| {
            one.metric().is_some_and(|metric| SERVING.iter().any(|start| metric.starts_with(start)))
        };
        // Every pod is every model.
        let is_any = |value: &str| matches!(value, ".*" | ".+" | "");
        let asks = |one: &Series<'_>| one.labels().any(|(key, value)| is_model_label(key) && !is_any(value));
        self.labelled.is_empty() && series.iter().any(is_serving) && !series.iter().any(asks)
    }

    /// What it watches; nothing where it records, or watches something else.
    #[must_use]
    pub fn watches(&self) -> BTreeSet<Watch> {
        let mut found = BTreeSet::new();
        let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        let mut words = vec![self.rule.name.to_ascii_lowercase()];
        if let Ok(query) = &*self.query {
            for series in query.series() {
                words.extend(series.metric().map(str::to_ascii_lowercase));
                let fails = |(key, value): (&str, &str)| {
                    has(key, &["code", "status"]) && has(value, &["5", "4", "err"]) || key == "error"
                };
                if series.labels().any(fails) {
                    found.insert(Watch::Errors);
                }
            }
        }
        for word in &words {
            if has(
                word,
                &["latenc", "duration", "_bucket", "slow", "_seconds_sum", "time_to_first", "p99", "p95"],
            ) {
                found.insert(Watch::Latency);
            }
            if has(word, &["error", "fail", "5xx", "exception", "success", "availab"]) {
                found.insert(Watch::Errors);
            }
            if has(
                word,
                &["drift", "psi", "diverg", "wasserstein", "distribution", "prediction_", "skew", "feature_"],
            ) {
                found.insert(Watch::Drift);
            }
        }
        found
    }
}
