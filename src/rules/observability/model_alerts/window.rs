//! Alerts that fire while a new pod still loads its model.

use super::{Context, called};
use crate::finding::Violation;
use crate::fleet::alerts::Alert;
use crate::fleet::size::size_of;
use crate::fleet::startup_time::{Download, Phases};

/// Metrics that say how many pods are there, and whether they are ready (kube-state-metrics).
const PODS: [&str; 7] = [
    "up",
    "kube_deployment_status_replicas_available",
    "kube_deployment_status_replicas_unavailable",
    "kube_deployment_status_replicas_ready",
    "kube_pod_status_ready",
    "kube_pod_container_status_ready",
    "kube_pod_status_phase",
];

pub(super) fn judge(alert: &Alert<'_>, context: &Context<'_>) -> Option<Violation> {
    let query = alert.query.as_ref().as_ref().ok().filter(|_| alert.rule.alerts)?;
    let series = query.series();
    if !series.iter().any(|one| one.metric().is_some_and(|metric| PODS.contains(&metric))) {
        return None;
    }
    let waits = alert.rule.waits()?;
    let (model, start) = slowest(alert, context)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of a start, rounded up"
    )]
    let start = start.ceil() as u64;
    if waits >= start {
        return None;
    }
    let message = format!(
        "{}{{places}} fires at every start of {model}: it waits {waits} s, a new pod needs {start} s at least",
        called(alert)
    );
    let manifest = &alert.object.manifest;
    let (path, node) = match alert.rule.node.get("for").present() {
        Some(node) => (alert.rule.path.key("for"), node),
        None => (alert.rule.expr_path(), alert.rule.expr),
    };
    let label = "less than a start takes";
    let found = Violation::in_object("too-soon", manifest, path, node.origin, label, message)?;
    let note = "a canary that loads is not one that fails; people learn to silence this alert";
    Some(found.note(note).help(format!("write `for: {}m`", start.div_ceil(60))))
}

/// The model that takes longest to start of those asked about, and its seconds.
fn slowest<'c>(alert: &Alert<'_>, context: &Context<'c>) -> Option<(&'c str, f64)> {
    let (fleet, caches) = (context.fleet, context.caches());
    let releases = alert.asked.iter().flat_map(|model| fleet.releases_of(model));
    let starts = releases.filter_map(|release| {
        let model_use = fleet.uses.get(release.model_use)?;
        let size = size_of(model_use, context.config, caches, fleet)?;
        let paths = fleet.paths_of(model_use);
        let rates = context.config.startup(paths.iter().map(String::as_str));
        let is_local = caches.of_model(model_use).is_some() || model_use.parsed.scheme.is_oci();
        let download = if is_local { Download::Never } else { Download::Before };
        Some((release.model.as_str(), Phases::of(size.bytes, download, &rates.best).whole()))
    });
    starts.max_by(|one, other| one.1.total_cmp(&other.1))
}
