//! What the expression of an alert can never say, or says by accident (domain.md §6).

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Context, at_bytes, called, word};
use crate::config::DeploymentMode;
use crate::finding::Violation;
use crate::fleet::alerts::{Alert, Watch};
use crate::fleet::{Fleet, Object};
use crate::kinds::kserve;
use crate::kinds::prometheus::rules;
use crate::kinds::promql::{Query, Refused, Wrong, tokens};

pub(super) fn judge(alert: &Alert<'_>, recorded: &BTreeSet<&str>, context: &Context<'_>) -> Vec<Violation> {
    let query = match &*alert.query {
        Ok(query) => query,
        Err(Refused::Unknown) => return Vec::new(),
        Err(Refused::Syntax(wrong)) => return no_promql(alert, wrong).into_iter().collect(),
    };
    let found = [
        ratio(alert, query),
        quantile(alert, query),
        impossible_quantile(alert, query),
        without_knative(alert, query, context),
        unexported(alert, query, recorded, context.fleet),
        of_other_server(alert, query, recorded, context.fleet),
        baseline(alert, query),
    ];
    found.into_iter().flatten().collect()
}

fn no_promql(alert: &Alert<'_>, wrong: &Wrong) -> Option<Violation> {
    let object = alert.object;
    let message =
        format!("{}{{places}} is refused: its expression is no PromQL, {}", called(alert), wrong.reason);
    let found = at_bytes(alert, Some(wrong.bytes.clone()), "no-promql", "here", message)?;
    let others = rules(&object.manifest).len().saturating_sub(1);
    let with = match others {
        0 => String::new(),
        1 => ", with one rule more in it".to_owned(),
        _ => format!(", with {others} rules more in it"),
    };
    let note = format!(
        "the Prometheus operator takes a PrometheusRule whole or not at all: it leaves out {}{with}, and says so in \
         an event; where its admission webhook runs, the sync fails",
        object.manifest.id.name
    );
    Some(found.note(note).help("try it with `promtool check rules`"))
}

fn ratio(alert: &Alert<'_>, query: &Query) -> Option<Violation> {
    let metric = query.ratio_of_itself()?;
    // With `for` requests have to fail all that time.
    let when = match alert.rule.waits() {
        Some(seconds) if seconds > 0 => "once some requests fail all the time it waits",
        _ => "on the first failed request",
    };
    let message = format!("{}{{places}} fires {when}, whatever the rate", called(alert));
    let label = "divided by itself, series by series";
    let found = at_bytes(alert, word(alert, metric), "ratio", label, message)?;
    let note = "without `sum` only series with the same labels are divided by each other: those with 5xx by \
                themselves, which is 1";
    Some(found.note(note).help("write `sum(rate(…)) / sum(rate(…))`"))
}

fn quantile(alert: &Alert<'_>, query: &Query) -> Option<Violation> {
    if !query.quantile_of_nothing() {
        return None;
    }
    let message = format!("{}{{places}} never fires: its quantile is of nothing", called(alert));
    let found =
        at_bytes(alert, word(alert, "histogram_quantile"), "quantile", "needs the buckets by `le`", message)?;
    let note =
        "the sum drops `le`, the bound of each bucket: the result is empty, and an empty result never alerts";
    Some(found.note(note).help("add up `by (le)`"))
}

/// A quantile outside 0 and 1 (prometheus `bucketQuantile`).
fn impossible_quantile(alert: &Alert<'_>, query: &Query) -> Option<Violation> {
    let (quantile, bytes) = query.impossible_quantile(alert.rule.text()?)?;
    let message = format!("{}{{places}} asks for the quantile {quantile}, which is infinite", called(alert));
    let found = at_bytes(alert, Some(bytes), "impossible-quantile", "not between 0 and 1", message)?;
    let note = "Prometheus gives +Inf above 1 and -Inf below 0: what must be larger than a bound always or never is, \
                however long requests take";
    let help = match quantile {
        1.0..=100.0 => format!("write {}", quantile / 100.0),
        _ => "write a number between 0 and 1".to_owned(),
    };
    Some(found.note(note).help(help))
}

/// Metrics of Knative's proxy, asked about models that run without it.
fn without_knative(alert: &Alert<'_>, query: &Query, context: &Context<'_>) -> Option<Violation> {
    const KNATIVE: [&str; 4] =
        ["revision_request_", "revision_app_request_", "revision_queue_", "kn_serving_"];
    let series = query.series();
    let metrics = series.iter().filter_map(|one| one.metric());
    let metric = metrics.into_iter().find(|name| KNATIVE.iter().any(|start| name.starts_with(start)))?;
    let services: Vec<&Object> = asked(alert, context.fleet).collect();
    let is_standard = |object: &&Object| {
        let modes = context.facts.modes(&object.manifest);
        modes.len() == 1 && modes.contains(&DeploymentMode::Standard)
    };
    if services.is_empty() || !services.iter().all(is_standard) {
        return None;
    }
    let model = alert.asked.first()?;
    let message =
        format!("{}{{places}} never fires: {model} runs without Knative, which counts this", called(alert));
    let found = at_bytes(alert, word(alert, metric), "other-mode", "a metric of Knative's proxy", message)?;
    let note = "in the mode Standard no queue-proxy runs beside the model";
    Some(found.note(note).help(
        "ask for what the server counts, `request_predict_seconds_count` of KServe's own, or for Istio's \
         `istio_requests_total`",
    ))
}

/// A metric named after a model, whose server is one that counts nothing of that name.
fn unexported(
    alert: &Alert<'_>,
    query: &Query,
    recorded: &BTreeSet<&str>,
    fleet: &Fleet,
) -> Option<Violation> {
    let series = query.series();
    let metric = series.iter().filter_map(|one| one.metric()).find(|metric| {
        alert.asked.iter().any(|model| {
            let start = model.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
            metric.strip_prefix(&start).is_some_and(|rest| rest.starts_with('_'))
        })
    })?;
    let mut services = asked(alert, fleet).peekable();
    if services.peek().is_none() || !services.all(is_stock) || recorded.contains(metric) {
        return None;
    }
    let what = match alert.watches().first() {
        Some(Watch::Drift) => "predictions",
        _ => "requests",
    };
    let message = format!("{}{{places}} fires only where something else exports {metric}", called(alert));
    let found = at_bytes(alert, word(alert, metric), "unexported", "no server of KServe's has it", message)?;
    let note = "KServe's servers count how long a request takes, `request_predict_seconds`, by `model_name`; they \
                have no metric of a model's own name";
    Some(found.note(note).help(format!("see that what watches the {what} runs, and is scraped")))
}

/// What the servers of some formats have no metric of: those of the others (domain.md §6).
const OTHERS: [(&str, &str); 4] = [
    ("vllm:", "vLLM"),
    ("nv_inference_", "Triton"),
    ("ts_inference_", "TorchServe"),
    (":tensorflow:serving:", "TensorFlow Serving"),
];

/// Formats that KServe's own servers in Python, or MLServer, answer for (kserve v0.20
/// `config/runtimes`).
const OWN: [&str; 5] = ["sklearn", "xgboost", "lightgbm", "pmml", "paddle"];

/// A metric of a server that none of the models asked about has.
fn of_other_server(
    alert: &Alert<'_>,
    query: &Query,
    recorded: &BTreeSet<&str>,
    fleet: &Fleet,
) -> Option<Violation> {
    let series = query.series();
    let (metric, server) = series.iter().filter_map(|one| one.metric()).find_map(|metric| {
        let (_, server) = OTHERS.iter().find(|(start, _)| metric.starts_with(start))?;
        Some((metric, *server))
    })?;
    let model = alert.asked.first()?;
    let mut services = asked(alert, fleet).peekable();
    let is_own = |object: &Object| is_stock(object) && formats(object).iter().all(|one| OWN.contains(one));
    if services.peek().is_none() || !services.all(is_own) || recorded.contains(metric) {
        return None;
    }
    let message = format!("{}{{places}} never fires: {model} is not served by {server}", called(alert));
    let found =
        at_bytes(alert, word(alert, metric), "unexported", format!("a metric of {server}'s"), message)?;
    let note = "the server of its format counts other things: `request_predict_seconds`, or `model_infer_request_duration` \
                of MLServer";
    Some(found.note(note).help("ask for a metric of the server that runs"))
}

/// The formats of the models of a service.
fn formats(object: &Object) -> Vec<&str> {
    let workloads = kserve::workloads(&object.manifest);
    workloads.iter().filter_map(|one| one.serving.as_ref()?.format).collect()
}

/// The services that an expression asks about.
fn asked<'f>(alert: &Alert<'f>, fleet: &'f Fleet) -> impl Iterator<Item = &'f Object> {
    let releases = alert.asked.clone().into_iter().flat_map(move |model| fleet.releases_of(model));
    releases.filter_map(move |release| fleet.objects.get(release.object))
}

/// Whether only servers that KServe ships answer: a container of one's own may count anything.
fn is_stock(object: &Object) -> bool {
    let manifest = &object.manifest;
    let workloads = kserve::workloads(manifest);
    let has_runtime = |one: &kserve::Workload<'_>| {
        one.serving.as_ref().is_none_or(|serving| serving.format.is_none())
            || !one.pod.get("model").get("runtime").is_absent()
            || !one.pod.get("containers").items().is_empty()
    };
    let logs = |one: &kserve::Workload<'_>| !one.pod.get("logger").is_absent();
    manifest.id.kind == "InferenceService"
        && !workloads.is_empty()
        && !workloads.iter().any(|one| has_runtime(one) || logs(one))
}

/// The series that rules of the repository record.
pub(super) fn recorded(fleet: &Fleet) -> BTreeSet<&str> {
    let objects = fleet.of_kind("PrometheusRule");
    let rules = objects.flat_map(|object| rules(&object.manifest));
    rules.filter(|rule| !rule.alerts).map(|rule| rule.name).collect()
}

fn baseline(alert: &Alert<'_>, query: &Query) -> Option<Violation> {
    if !alert.rule.alerts {
        return None;
    }
    let metric = query.baseline()?;
    let message =
        format!("{}{{places}} compares the new version with the old one after a promotion", called(alert));
    let found = at_bytes(
        alert,
        offset_of(alert, metric),
        "baseline",
        format!("{metric} of before, of any version"),
        message,
    )?;
    let note = "until the offset has passed, what was before is another model: the alert says drift where there \
                was a promotion";
    Some(found.note(note).help("compare one version with itself, by a label that names it"))
}

/// The `offset` of a metric, and how long it is.
fn offset_of(alert: &Alert<'_>, metric: &str) -> Option<Range<usize>> {
    let tokens = tokens(alert.rule.text()?);
    let offsets = tokens.iter().enumerate().filter(|(_, token)| token.text.eq_ignore_ascii_case("offset"));
    let mut offsets = offsets.filter_map(|(at, token)| {
        let before = tokens.get(..at)?;
        // The last selector before it: what is in its braces and brackets belongs to it.
        let mut depth = 0_usize;
        let selected = before.iter().rev().find(|token| {
            match token.text {
                "}" | "]" => depth += 1,
                "{" | "[" => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })?;
        let long = tokens.get(at + 1)?;
        (selected.text == metric).then(|| token.start..long.bytes().end)
    });
    offsets.next().or_else(|| word(alert, "offset"))
}
