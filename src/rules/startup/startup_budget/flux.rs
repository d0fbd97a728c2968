//! Flux waits for what it applies: a HelmRelease fails, and may go back to the old model, when a new
//! one takes longer than its timeout; a Kustomization that waits holds up what depends on it
//! (domain.md §2.2, B9 and B10; helm-controller v1.6 `api/v2`, kustomize-controller v1.9 `api/v1`).

use mlgitops_manifest::Manifest;
use mlgitops_manifest::duration::Duration;
use mlgitops_manifest::fields::Availability;
use mlgitops_yaml::{Lookup, Node, OriginId, Pointer};

use super::super::super::Context;
use super::super::super::start::{Covers, Start, enough, exceeds, shown};
use super::Service;
use crate::finding::Violation;
use crate::kinds::flux::{is_helm_release, is_kustomization};

/// The timeout of a HelmRelease that states none.
const RELEASE: u64 = 300;
/// A Kustomization without a timeout waits for its interval less this, and no less than this.
const MARGIN: u64 = 30;

/// The minor release of Flux 2 whose releases wait for objects that are not Kubernetes' own: Helm 3 knew
/// only those (helm-controller v1.5 `waitStrategy`).
const WAITS_SINCE: u16 = 8;

/// How long an object of Flux waits, and where it says so.
struct Wait {
    seconds: u64,
    path: Pointer,
    origin: OriginId,
    label: &'static str,
}

impl Service<'_> {
    /// The object of Flux that gives up before the model serves.
    pub(super) fn of_flux(&self, start: &Start, index: usize, context: &Context<'_>) -> Option<Violation> {
        let fleet = context.fleet;
        let after = fleet.deployments.partition_point(|one| one.objects.end <= index);
        let deployment = fleet.deployments.get(after).filter(|one| one.objects.contains(&index))?;
        let by = &deployment.manifest;
        let wait = match () {
            () if is_helm_release(&by.id) => of_release(by, context)?,
            () if is_kustomization(&by.id) => of_kustomization(by, &self.object.manifest)?,
            () => return None,
        };
        let best = start.best.whole();
        if !exceeds(best, wait.seconds) {
            return None;
        }
        let (model, size, takes) = (&self.model_use.model, start.bytes(), shown(best, wait.seconds));
        let (kind, name, budget) = (&by.id.kind, &by.id.name, wait.seconds);
        let message = format!(
            "{kind} {name} fails{{places}} before {model} serves: {size} take {takes} s at best, it waits {budget} s"
        );
        let mut found =
            Violation::in_object("flux-timeout", by, wait.path, wait.origin, wait.label, message)?;
        found.related.extend(start.size_label());
        let sum = match is_helm_release(&by.id) && !context.facts.flux.is_since(WAITS_SINCE) {
            true => format!("{}, from Flux 2.8 on", start.best_arithmetic(Covers::Whole)),
            false => start.best_arithmetic(Covers::Whole),
        };
        let then = match is_helm_release(&by.id) {
            true => after_failure(by),
            false => "what depends on it is not applied until it is ready".to_owned(),
        };
        let minutes = enough(start.worst.whole()).div_ceil(60);
        Some(found.note(format!("{sum}; {then}")).help(format!("timeout: {minutes}m")))
    }
}

fn seconds(node: &Node) -> Option<u64> {
    u64::try_from(Duration::parse_go(node.text()?).ok()?.as_secs()).ok()
}

fn is_true(field: Lookup<'_>) -> bool {
    field.present().and_then(Node::as_bool) == Some(true)
}

/// The key of `spec`, for what it lacks.
fn spec_key(manifest: &Manifest) -> Option<OriginId> {
    manifest.root.as_map()?.entry("spec").map(|(key, _)| key.origin)
}

/// `upgrade.timeout`, else `timeout`, else five minutes; none where upgrades wait for nothing, or not
/// for a service of KServe's.
fn of_release(release: &Manifest, context: &Context<'_>) -> Option<Wait> {
    let spec = release.root.get("spec");
    let is_legacy = spec.get("waitStrategy").get("name").text() == Some("legacy");
    let knows = context.facts.flux.since(WAITS_SINCE) != Availability::Never;
    if is_true(spec.get("upgrade").get("disableWait")) || is_legacy || !knows {
        return None;
    }
    let stated = [&["upgrade", "timeout"][..], &["timeout"]].into_iter().find_map(|path| {
        let node = path.iter().fold(spec, |at, key| at.get(key)).present()?;
        let path = path.iter().fold(Pointer::of(&["spec"]), |at, key| at.key(key));
        Some((node, path))
    });
    match stated {
        Some((node, path)) => {
            Some(Wait { seconds: seconds(node)?, path, origin: node.origin, label: "gives up then" })
        }
        None => Some(Wait {
            seconds: RELEASE,
            path: Pointer::of(&["spec", "timeout"]),
            origin: spec_key(release)?,
            label: "without `timeout` it waits 5 min",
        }),
    }
}

/// What becomes of an upgrade that failed (helm-controller v1.6 `api/v2/helmrelease_types.go`,
/// `internal/reconcile/atomic_release.go`): `upgrade.strategy` counts before `upgrade.remediation`,
/// which acts between attempts, and on the last one where that is said or there were retries.
fn after_failure(release: &Manifest) -> String {
    let upgrade = release.root.get("spec").get("upgrade");
    let strategy = upgrade.get("strategy");
    if strategy.get("name").text() == Some("RetryOnFailure") {
        let interval = strategy.get("retryInterval").text().unwrap_or("5m");
        return format!("it is tried again every {interval}, and nothing is rolled back");
    }
    let remediation = upgrade.get("remediation");
    let retries = remediation.get("retries").present().and_then(Node::as_int).unwrap_or(0);
    let last = remediation.get("remediateLastFailure").present().and_then(Node::as_bool);
    // Fewer than none is without end: no failure is the last.
    let of_last = retries < 0 || last.unwrap_or(retries > 0);
    let uninstalls = remediation.get("strategy").text() == Some("uninstall");
    let words = match (uninstalls, of_last) {
        (_, false) if retries == 0 => "the upgrade is a failed one, whatever becomes of the pods",
        (true, _) => "the failed upgrade is uninstalled, and the old model with it",
        (false, true) => "the failed upgrade is rolled back, and the old model keeps serving",
        (false, false) => "it is rolled back between its retries, and the last one stays as it failed",
    };
    words.to_owned()
}

/// `timeout`, else the interval less 30 s, where it waits for the service at all.
fn of_kustomization(kustomization: &Manifest, service: &Manifest) -> Option<Wait> {
    let spec = kustomization.root.get("spec");
    let names = |check: &Node| {
        check.get("kind").text() == Some(&service.id.kind)
            && check.get("name").text() == Some(&service.id.name)
    };
    if !is_true(spec.get("wait")) && !spec.get("healthChecks").items().iter().any(names) {
        return None;
    }
    if let Some(node) = spec.get("timeout").present() {
        let path = Pointer::of(&["spec", "timeout"]);
        return Some(Wait { seconds: seconds(node)?, path, origin: node.origin, label: "gives up then" });
    }
    let interval = spec.get("interval").present()?;
    Some(Wait {
        seconds: seconds(interval)?.saturating_sub(MARGIN).max(MARGIN),
        path: Pointer::of(&["spec", "interval"]),
        origin: interval.origin,
        label: "without `timeout` it waits 30 s less",
    })
}
