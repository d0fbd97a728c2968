//! What the expression of an alert can never say, or says by accident (domain.md §6).

use std::collections::BTreeSet;
use std::ops::Range;

use super::exported::{asks_only, of_other_server, unexported};
use super::{Context, at_bytes, called, word};
use crate::config::DeploymentMode;
use crate::finding::Violation;
use crate::fleet::Object;
use crate::fleet::alerts::Alert;
use crate::kinds::prometheus::rules;
use crate::kinds::promql::{Query, Wrong, tokens};

pub(super) fn judge(
    alert: &Alert<'_>,
    query: &Query,
    recorded: &BTreeSet<&str>,
    context: &Context<'_>,
) -> Vec<Violation> {
    let found = [ratio(alert, query), impossible_quantile(alert, query), baseline(alert, query)];
    // Where a part that is empty leaves the word to another, the whole still gives something.
    let empty = (!query.has_alternatives()).then(|| {
        [
            quantile(alert, query),
            without_knative(alert, query, context),
            unexported(alert, query, recorded, context),
            of_other_server(alert, query, recorded, context),
        ]
    });
    found.into_iter().chain(empty.into_iter().flatten()).flatten().collect()
}

/// What an expression comes to whose series are none.
pub(super) fn is_empty(alert: &Alert<'_>) -> &'static str {
    if alert.rule.alerts { "never fires" } else { "records nothing" }
}

/// An expression that the parser refuses with an error. `looks` is how many tokens of such expressions
/// are still looked at one by one, which takes time by their square.
pub(super) fn no_promql(alert: &Alert<'_>, error: &str, looks: &mut usize) -> Option<Violation> {
    let object = alert.object;
    let text = alert.rule.text()?;
    let left = looks.checked_sub(tokens(text).len());
    let wrong = if left.is_some() { Wrong::of(text, error) } else { Wrong::whole(text, error) };
    *looks = left.unwrap_or(0);
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
    let message = format!("{}{{places}} {}: its quantile is of nothing", called(alert), is_empty(alert));
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
    const KNATIVE: [&str; 5] =
        ["revision_request_", "revision_app_request_", "revision_queue_", "kn_queueproxy_", "kn_serving_"];
    let series = query.series();
    let metrics = series.iter().filter_map(|one| one.metric());
    let metric = metrics.into_iter().find(|name| KNATIVE.iter().any(|start| name.starts_with(start)))?;
    let is_standard =
        |object: &Object| context.facts.only_mode(&object.manifest) == Some(DeploymentMode::Standard);
    if !asks_only(alert, context.fleet, is_standard) {
        return None;
    }
    let model = alert.asked.first()?;
    let never = is_empty(alert);
    let message =
        format!("{}{{places}} {never}: {model} runs without Knative, which counts this", called(alert));
    let found = at_bytes(alert, word(alert, metric), "other-mode", "a metric of Knative's proxy", message)?;
    let note = "in the mode Standard no queue-proxy runs beside the model";
    Some(found.note(note).help(
        "ask for what the server counts, `request_predict_seconds_count` of KServe's own, or for Istio's \
         `istio_requests_total`",
    ))
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
