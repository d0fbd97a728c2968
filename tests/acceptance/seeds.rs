//! What the guides behind the layouts get wrong besides (domain.md §12), as they would stand in a
//! repository; the layouts under the profile `strict`; and the layouts with every rule on.

use std::fs;
use std::path::Path;

use git2::{IndexAddOption, Repository, Signature, Time};

use super::{clone, commit, findings, mlgitops};

/// A clone of one commit with these files.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    write(&clone, files);
    commit(&clone, &[]);
    clone
}

fn write(clone: &tempfile::TempDir, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = clone.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A second commit on the first.
fn commit_again(clone: &tempfile::TempDir) {
    let git = Repository::open(clone.path()).unwrap();
    let mut index = git.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
    index.write().unwrap();
    let who = Signature::new("a", "a@example.com", &Time::new(1_760_100_000, 0)).unwrap();
    let before = git.head().unwrap().peel_to_commit().unwrap();
    git.commit(Some("HEAD"), &who, &who, "a change", &tree, &[&before]).unwrap();
}

/// `line severity rule/case` of the findings of some rules.
fn of_rules(folder: &Path, args: &[&str], rules: &[&str]) -> Vec<String> {
    let (_, out) = mlgitops(&[&["lint", "--format", "json"], args].concat(), folder);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|one| rules.contains(&one["rule"].as_str().unwrap()));
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let line = |one: &serde_json::Value| {
        let at = &one["location"]["line"];
        format!("{at} {} {}/{}", word(&one["severity"]), word(&one["rule"]), word(&one["case"]))
    };
    findings.map(line).collect()
}

/// The guide's stable service, and what comes after it in the file.
const STABLE: &str = "\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud-detector
  namespace: risk
  annotations: {serving.kserve.io/deploymentMode: MODE}
spec:
  predictor:
    serviceAccountName: models-reader
    minReplicas: 2
    maxReplicas: 8
    SHARE
    model:
      modelFormat: {name: sklearn}
      storageUri: s3://risk-models/fraud-detector/v2.4.1/
      resources: {requests: {cpu: \"1\"}, limits: {cpu: \"2\", memory: 4Gi}}
";

fn stable(mode: &str, share: &str) -> String {
    STABLE.replace("MODE", mode).replace("SHARE", share)
}

#[test]
fn a_canary_that_drops_what_the_stable_service_has() {
    let canary = "\
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud-detector-canary
  namespace: risk
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      storageUri: s3://risk-models/fraud-detector/v2.5.0/
";
    let all = stable("RawDeployment", "containerConcurrency: 0") + canary;
    let clone = repository(&[("prod/models.yaml", &all)]);
    let (_, out) = mlgitops(&["lint"], clone.path());
    assert_eq!(of_rules(clone.path(), &[], &["canary-differs"]), ["21 warning canary-differs/lacks"]);
    let lost =
        "it lacks\n        `serving.kserve.io/deploymentMode`, `serviceAccountName`, `maxReplicas`, `limits`";
    assert!(out.contains(lost), "{out}");
}

#[test]
fn a_share_and_a_route_over_one_model() {
    let route = "\
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: fraud-split, namespace: risk}
spec:
  hosts: [fraud.example.com]
  http:
    - route:
        - {weight: 90, destination: {host: fraud-detector-predictor}}
        - {weight: 10, destination: {host: fraud-detector-canary-predictor}}
";
    let all = stable("Serverless", "canaryTrafficPercent: 10") + route;
    let clone = repository(&[("prod/models.yaml", &all)]);
    assert_eq!(of_rules(clone.path(), &[], &["two-splits"]), ["12 error two-splits/two"]);
}

#[test]
fn a_share_of_nothing_and_a_share_without_the_mode() {
    let table = [
        ("Serverless", "canaryTrafficPercent: 0", "12 note canary-mode/rolls-back"),
        ("RawDeployment", "canaryTrafficPercent: 10", "12 error canary-mode/ignored"),
    ];
    for (mode, share, expected) in table {
        let clone = repository(&[("prod/models.yaml", &stable(mode, share))]);
        assert_eq!(of_rules(clone.path(), &[], &["canary-mode"]), [expected], "{mode}, {share}");
    }
}

#[test]
fn a_share_at_the_first_deploy() {
    // Production is guarded where something runs below it.
    let clone = repository(&[("staging/models.yaml", &stable("Serverless", "containerConcurrency: 0"))]);
    write(&clone, &[("prod/models.yaml", &stable("Serverless", "canaryTrafficPercent: 10"))]);
    commit_again(&clone);
    let found = of_rules(clone.path(), &["--base", "HEAD~1"], &["canary-mode"]);
    assert_eq!(found, ["12 warning canary-mode/first-deploy"]);
}

/// The findings of a layout with a configuration, as `findings` prints them.
fn configured(layout: &str, config: &str) -> Vec<String> {
    let layout = clone(layout, &[]);
    let folder = tempfile::tempdir().unwrap();
    super::copy(layout.path(), folder.path());
    fs::remove_dir_all(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("mlgitops.yaml"), config).unwrap();
    commit(&folder, &[]);
    findings(folder.path())
}

/// Under `strict` what is a warning in production is an error, and nothing else is another.
#[test]
fn the_profile_strict() {
    let table: [(&str, &[&str]); 4] = [
        (
            "helm-environments/defects",
            &[
                "applicationset.yaml:33 error dead-sync-option/nothing-to-respect",
                "base/alerts.yaml:4 error rule-not-selected/unreached",
                "base/alerts.yaml:15 error model-alerts/ratio",
                "environments/prod/templates/split.yaml:17 error route-target/default-host",
                "environments/prod/values.yaml:3 error s3-prefix/open",
            ],
        ),
        (
            "helm-one-values/defects",
            &[
                "applicationset.yaml:34 error dead-sync-option/nothing-to-respect",
                "base/alerts.yaml:4 error rule-not-selected/unreached",
                "base/alerts.yaml:15 error model-alerts/ratio",
                "chart/templates/split.yaml:18 error route-target/default-host",
                "chart/values.yaml:22 error s3-prefix/open",
            ],
        ),
        (
            "kustomize-overlays/defects",
            &[
                "models/fraud-detector/service.yaml:13 error scale-metric/ignored",
                "models/fraud-detector/service.yaml:18 error s3-prefix/open",
                "models/image-classifier/service.yaml:14 error s3-prefix/open",
                "~models/image-classifier/service.yaml:18 error gpu-placement/mode",
            ],
        ),
        (
            "canary-manifests/defects",
            &[
                "prod/fraud-detector-canary.yaml:8 error canary-forgotten/forgotten",
                "prod/fraud-detector-canary.yaml:12 error s3-prefix/open",
                "prod/fraud-detector.yaml:11 error s3-prefix/open",
            ],
        ),
    ];
    for (layout, expected) in table {
        let recommended = findings(clone(layout, &[]).path());
        let strict = configured(layout, "profile: strict\n");
        let quiet = |line: &String| line.replace(" warning ", " error ");
        assert_eq!(
            recommended.iter().map(quiet).collect::<Vec<_>>(),
            strict.iter().map(quiet).collect::<Vec<_>>(),
            "{layout}"
        );
        let louder: Vec<&String> = strict.iter().filter(|line| !recommended.contains(line)).collect();
        assert_eq!(louder, expected, "{layout}");
    }
}

/// Rules that are off unless somebody asks for them, asked for.
const EVERY_RULE: &str = "rules: {feature-contract: warning, replicas: warning, canary-first: warning}\n";

#[test]
fn with_every_rule_on() {
    let table: [(&str, &[&str]); 4] = [
        ("helm-environments/defects", &[]),
        ("helm-one-values/defects", &[]),
        ("kustomize-overlays/defects", &["models/image-classifier/service.yaml:9 warning replicas/one"]),
        ("canary-manifests/defects", &["prod/fraud-detector-canary.yaml:9 warning replicas/one"]),
    ];
    for (layout, expected) in table {
        let recommended = findings(clone(layout, &[]).path());
        let all = configured(layout, EVERY_RULE);
        assert!(recommended.iter().all(|line| all.contains(line)), "{layout}");
        let more: Vec<&String> = all.iter().filter(|line| !recommended.contains(line)).collect();
        assert_eq!(more, expected, "{layout}");
    }
}

/// As they were meant nothing is said, whatever the profile.
#[test]
fn the_clean_twins_under_strict() {
    for (layout, tags) in [
        ("helm-environments", ["staging-45", "prod-43"]),
        ("helm-one-values", ["staging-45", "prod-43"]),
        ("kustomize-overlays", ["staging-9", "production-7"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        super::copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts").join(layout).join("meant"),
            folder.path(),
        );
        let config = folder.path().join("mlgitops.yaml");
        let own = fs::read_to_string(&config).unwrap_or_default();
        fs::write(&config, format!("profile: strict\n{own}")).unwrap();
        commit(&folder, &tags);
        let (code, out) = mlgitops(&["lint"], folder.path());
        assert!(code == 0 && out.ends_with(": clean\n"), "{layout}:\n{out}");
    }
}
