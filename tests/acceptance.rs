//! The three published layouts of `fixtures/layouts` (and the canary manifests beside them), as a
//! user lints them: each with its real defects, every one found at the line to edit and nothing
//! else said; and each as it was meant, where nothing at all is said.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "acceptance/flux.rs"]
mod flux;
#[path = "acceptance/seeds.rs"]
mod seeds;

use std::fs;
use std::path::Path;
use std::process::Command;

use git2::{IndexAddOption, Repository, Signature, Time};
use serde_json::Value;

/// The URL that the Applications of the layouts name.
const URL: &str = "https://git.example.com/risk/models";

/// A clone of a layout: one commit, which the tags name too.
fn clone(layout: &str, tags: &[&str]) -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts").join(layout);
    copy(&from, clone.path());
    commit(&clone, tags);
    clone
}

/// Makes a repository of a folder: one commit, which the tags name too.
fn commit(clone: &tempfile::TempDir, tags: &[&str]) {
    commit_as(clone, URL, tags);
}

fn commit_as(clone: &tempfile::TempDir, url: &str, tags: &[&str]) {
    let git = Repository::init(clone.path()).unwrap();
    git.set_head("refs/heads/main").unwrap();
    git.remote("origin", url).unwrap();
    let mut index = git.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
    index.write().unwrap();
    let who = Signature::new("a", "a@example.com", &Time::new(1_760_000_000, 0)).unwrap();
    let commit = git.commit(Some("HEAD"), &who, &who, "a state", &tree, &[]).unwrap();
    for tag in tags {
        git.reference(&format!("refs/tags/{tag}"), commit, true, "a tag").unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn mlgitops(args: &[&str], folder: &Path) -> (i32, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_mlgitops")).args(args).current_dir(folder).output().unwrap();
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    (ran.status.code().unwrap(), String::from_utf8(ran.stdout).unwrap())
}

/// `file:line severity rule/case` of every finding; `~` before one that follows from another.
fn findings(folder: &Path) -> Vec<String> {
    let (code, out) = mlgitops(&["lint", "--format", "json"], folder);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |finding: &Value| {
        let follows = if finding["causedBy"].is_null() { "" } else { "~" };
        let (at, word) = (&finding["location"], |key: &str| text(&finding[key]));
        let (file, line) = (text(&at["file"]), &at["line"]);
        format!("{follows}{file}:{line} {} {}/{}", word("severity"), word("rule"), word("case"))
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_folder_of_charts_for_each_environment() {
    let clone = clone("helm-environments/defects", &[]);
    let expected = [
        // HEAD, for production too.
        "applicationset.yaml:20 note floating-revision/moves",
        // The folders lack what Helm asks of a chart.
        "applicationset.yaml:21 error not-a-chart/refused",
        // `server` is given a cluster's name.
        "applicationset.yaml:25 error destination/name-as-server",
        // RespectIgnoreDifferences without ignoreDifferences.
        "applicationset.yaml:33 warning dead-sync-option/nothing-to-respect",
        // Alerts in a folder that nothing reaches: a rate divided by itself, the past of another version.
        "base/alerts.yaml:4 warning rule-not-selected/unreached",
        "base/alerts.yaml:12 note model-alerts/unexported",
        "base/alerts.yaml:12 note model-alerts/baseline",
        "base/alerts.yaml:15 warning model-alerts/ratio",
        "base/alerts.yaml:15 note model-alerts/unexported",
        // The old schema, which KServe writes anew.
        "environments/dev/templates/service.yaml:15 warning rewritten-field/predictor",
        // Services that KServe 0.11 and later do not make.
        "environments/dev/templates/split.yaml:13 warning route-target/canary-host",
        "environments/dev/templates/split.yaml:17 note route-target/default-host",
        "environments/dev/templates/split.yaml:19 warning route-target/canary-host",
        "environments/dev/values.yaml:2 note dead-value/unread",
        // A path without `/` at its end.
        "environments/dev/values.yaml:3 note s3-prefix/open",
        "environments/prod/templates/service.yaml:15 error rewritten-field/predictor",
        "environments/prod/templates/split.yaml:13 error route-target/canary-host",
        "environments/prod/templates/split.yaml:17 warning route-target/default-host",
        "environments/prod/templates/split.yaml:19 error route-target/canary-host",
        "environments/prod/values.yaml:2 note dead-value/unread",
        "environments/prod/values.yaml:3 warning s3-prefix/open",
        "environments/staging/templates/service.yaml:15 error rewritten-field/predictor",
        "environments/staging/templates/split.yaml:13 error route-target/canary-host",
        "environments/staging/templates/split.yaml:17 warning route-target/default-host",
        "environments/staging/templates/split.yaml:19 error route-target/canary-host",
        "environments/staging/values.yaml:2 note dead-value/unread",
        "environments/staging/values.yaml:3 note s3-prefix/open",
    ];
    assert_eq!(findings(clone.path()), expected);
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model            dev                 staging             prod
                     dev-cluster         staging-cluster     prod-cluster
                     risk-dev            risk-staging        risk-prod
    fraud-detector   v47, 1-3 replicas   v45, 2-5 replicas   v43, 5-20 replicas
    ");
}

#[test]
fn one_chart_with_one_values_file() {
    let clone = clone("helm-one-values/defects", &[]);
    let expected = [
        "applicationset.yaml:20 note floating-revision/moves",
        "applicationset.yaml:26 error destination/name-as-server",
        "applicationset.yaml:34 warning dead-sync-option/nothing-to-respect",
        // Alerts in a folder that nothing reaches: a rate divided by itself, the past of another version.
        "base/alerts.yaml:4 warning rule-not-selected/unreached",
        "base/alerts.yaml:12 note model-alerts/unexported",
        "base/alerts.yaml:12 note model-alerts/baseline",
        "base/alerts.yaml:15 warning model-alerts/ratio",
        "base/alerts.yaml:15 note model-alerts/unexported",
        // One line of a template, in three environments: one finding.
        "chart/templates/service.yaml:16 error rewritten-field/predictor",
        "chart/templates/split.yaml:14 error route-target/canary-host",
        "chart/templates/split.yaml:18 warning route-target/default-host",
        "chart/templates/split.yaml:20 error route-target/canary-host",
        "chart/values.yaml:6 note s3-prefix/open",
        "chart/values.yaml:14 note s3-prefix/open",
        "chart/values.yaml:22 warning s3-prefix/open",
    ];
    assert_eq!(findings(clone.path()), expected);
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model            dev                 staging             prod
                     dev-cluster         staging-cluster     prod-cluster
                     risk-dev            risk-staging        risk-prod
    fraud-detector   v47, 1-3 replicas   v45, 2-5 replicas   v43, 5-20 replicas
    ");
}

#[test]
fn overlays_over_a_base() {
    let clone = clone("kustomize-overlays/defects", &[]);
    let expected = [
        "argocd/models.yaml:11 note floating-revision/moves",
        // Nothing counts requests in the mode Standard.
        "models/fraud-detector/service.yaml:13 warning scale-metric/ignored",
        // Both overlays take the version from the base: nothing can run in staging first.
        "models/fraud-detector/service.yaml:18 error ran-in-staging/shared",
        "models/fraud-detector/service.yaml:18 warning s3-prefix/open",
        "models/image-classifier/service.yaml:14 error ran-in-staging/shared",
        "models/image-classifier/service.yaml:14 warning s3-prefix/open",
        // A tag of Triton's on the image of TorchServe.
        "models/image-classifier/service.yaml:15 error runtime-version/other-runtime",
        // The selector stands where the API server drops it; the service has none therefore.
        "~models/image-classifier/service.yaml:18 warning gpu-placement/mode",
        "models/image-classifier/service.yaml:19 error unknown-field/dropped",
        // No Application deploys staging.
        "models/overlays/staging/kustomization.yaml:1 note orphan/unreached",
        // The mesh is asked for a name that no Service has in the mode Standard.
        "routes/fraud-detector.yaml:5 warning route-target/unknown-host",
        // A version in a Service's name, and the port of the container.
        "routes/fraud-detector.yaml:8 warning route-target/no-model",
        "routes/fraud-detector.yaml:8 error route-target/port",
        "routes/fraud-detector.yaml:9 warning route-target/no-model",
        "routes/fraud-detector.yaml:9 error route-target/port",
    ];
    assert_eq!(findings(clone.path()), expected);
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model              staging                       production
                                                     in-cluster
                       risk-staging                  risk
    fraud-detector     v2.4.1, 1-8 replicas          v2.4.1, 2-8 replicas
    image-classifier   v1.3.0, 1-3 replicas, 1 GPU   v1.3.0, 1-3 replicas, 1 GPU
    ");
}

#[test]
fn a_canary_of_the_same_name() {
    let clone = clone("canary-manifests/defects", &[]);
    let expected = [
        "prod/fraud-detector-canary.yaml:4 error duplicate-object/model",
        // A canary of the last year.
        "prod/fraud-detector-canary.yaml:8 warning canary-forgotten/forgotten",
        "prod/fraud-detector-canary.yaml:12 warning s3-prefix/open",
        "prod/fraud-detector.yaml:11 warning s3-prefix/open",
    ];
    assert_eq!(findings(clone.path()), expected);
}

#[test]
fn as_they_were_meant_nothing_is_said() {
    for (layout, tags, summary) in [
        ("helm-environments", ["staging-45", "prod-43"], "4 releases of 1 model in 3 environments"),
        ("helm-one-values", ["staging-45", "prod-43"], "4 releases of 1 model in 3 environments"),
        ("kustomize-overlays", ["staging-9", "production-7"], "4 releases of 2 models in 2 environments"),
    ] {
        let clone = clone(&format!("{layout}/meant"), &tags);
        let (code, out) = mlgitops(&["lint"], clone.path());
        assert_eq!((code, out.lines().count()), (0, 1), "{layout}:\n{out}");
        assert!(out.starts_with(&format!("checked {summary} ")) && out.ends_with(": clean\n"), "{out}");
    }
}

#[test]
fn what_runs_where_is_what_the_tags_hold() {
    let clone = clone("helm-environments/meant", &["staging-45", "prod-43"]);
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model            dev                 staging             prod
                     dev-cluster         staging-cluster     prod-cluster
                     risk-dev            risk-staging        risk-prod
    fraud-detector   v47, 1-3 replicas   v45, 2-5 replicas   v43, 5-20 replicas
                                                             v45, 1-5 replicas
    ");
}
