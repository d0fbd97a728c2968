//! What becomes of a HelmRelease whose upgrade fails, for its model takes longer than it waits
//! (helm-controller v1.6 `api/v2/helmrelease_types.go`, `internal/reconcile/atomic_release.go`).

use super::world::{World, service};

const NOTHING: &str = "the upgrade is a failed one, whatever becomes of the pods";
const ROLLED_BACK: &str = "the failed upgrade is rolled back, and the old model keeps serving";
const BETWEEN: &str = "it is rolled back between its retries, and the last one stays as it failed";
const GONE: &str = "the failed upgrade is uninstalled, and the old model with it";
const AGAIN: &str = "it is tried again every 5m, and nothing is rolled back";

/// A release of a model that no wait of minutes is enough for, with lines below its `spec`.
fn world(spec: &str) -> World {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    World::of(&[
        ("mlgitops.yaml", "models: {llm: {size: 400GiB}}\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: llm\nversion: 0.1.0\n"),
        ("chart/templates/llm.yaml", &service("llm", "s3://models/llm/v1/")),
        (
            "clusters/production/llm.yaml",
            &format!(
                "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: llm, namespace: ml}}\nspec:\n  \
                 interval: 10m\n  \
                 chart: {{spec: {{chart: ./chart, sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}}}}}\n{spec}"
            ),
        ),
    ])
}

/// The note of what a release that gives up too early is told; `None` where it is not.
fn note(spec: &str) -> Option<String> {
    let report = world(spec).lint();
    let mut found = report.findings.into_iter().filter(|finding| finding.case == "flux-timeout");
    let note = found.next().map(|finding| finding.note.unwrap_or_default());
    assert!(found.next().is_none(), "{spec}: twice");
    note
}

#[test]
fn what_becomes_of_an_upgrade_that_fails() {
    let cases = [
        ("", NOTHING),
        ("upgrade: {}", NOTHING),
        ("upgrade: {remediation: {}}", NOTHING),
        ("upgrade: {remediation: {retries: 0}}", NOTHING),
        ("upgrade: {remediation: {retries: 3}}", ROLLED_BACK),
        ("upgrade: {remediation: {retries: -1}}", ROLLED_BACK),
        ("upgrade: {remediation: {remediateLastFailure: true}}", ROLLED_BACK),
        ("upgrade: {remediation: {retries: 0, remediateLastFailure: true}}", ROLLED_BACK),
        ("upgrade: {remediation: {retries: 3, remediateLastFailure: true}}", ROLLED_BACK),
        // Without end there is no last one.
        ("upgrade: {remediation: {retries: -1, remediateLastFailure: false}}", ROLLED_BACK),
        ("upgrade: {remediation: {retries: 3, remediateLastFailure: false}}", BETWEEN),
        ("upgrade: {remediation: {retries: 0, remediateLastFailure: false}}", NOTHING),
        ("upgrade: {remediation: {retries: 3, strategy: rollback}}", ROLLED_BACK),
        ("upgrade: {remediation: {retries: 3, strategy: uninstall}}", GONE),
        ("upgrade: {remediation: {retries: 3, remediateLastFailure: false, strategy: uninstall}}", GONE),
        ("upgrade: {remediation: {remediateLastFailure: true, strategy: uninstall}}", GONE),
        ("upgrade: {remediation: {strategy: uninstall}}", NOTHING),
        // The strategy counts before the remediation.
        ("upgrade: {strategy: {name: RetryOnFailure}}", AGAIN),
        ("upgrade: {strategy: {name: RetryOnFailure}, remediation: {retries: 3}}", AGAIN),
        (
            "upgrade: {strategy: {name: RetryOnFailure, retryInterval: 90s}}",
            "it is tried again every 90s, and nothing is rolled back",
        ),
        ("upgrade: {strategy: {name: RemediateOnFailure}, remediation: {retries: 1}}", ROLLED_BACK),
        // What an installation does says nothing of an upgrade.
        ("install: {remediation: {retries: 3, remediateLastFailure: true}}", NOTHING),
        ("install: {strategy: {name: RetryOnFailure}}", NOTHING),
    ];
    for (spec, expected) in cases {
        let said = note(spec).unwrap_or_default();
        assert!(said.ends_with(&format!("; {expected}")), "{spec}: {said}");
    }
}

#[test]
fn which_wait_counts() {
    for (spec, is_said) in [
        ("timeout: 2h", false),
        ("timeout: 5m", true),
        ("timeout: 5m\nupgrade: {timeout: 2h}", false),
        ("timeout: 2h\nupgrade: {timeout: 1m}", true),
        ("install: {timeout: 2h}", true),
        ("install: {disableWait: true}", true),
        ("upgrade: {disableWait: true}", false),
        ("upgrade: {disableWait: true, remediation: {retries: 3}}", false),
        ("waitStrategy: {name: legacy}", false),
        ("waitStrategy: {name: poller}", true),
    ] {
        assert_eq!(note(spec).is_some(), is_said, "{spec}");
    }
}
