//! What a merge restarts: the line of the pull request's comment that says whose pods are replaced.

use super::repository::{NOW, Story};

/// A service of its own file: what stands below `metadata` and `predictor`, a blank for each line.
fn service(name: &str, metadata: &str, predictor: &str) -> String {
    let below = |lines: &str, indent: usize| {
        let lines = lines.split(';').filter(|line| !line.is_empty());
        lines.map(|line| format!("{}{line}\\n", "_".repeat(indent)).replace(' ', "_")).collect::<String>()
    };
    format!(
        "apiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\nmetadata:\\n__name:_{name}\\n__namespace:_ml\\n{}\
         spec:\\n__predictor:\\n{}",
        below(metadata, 2),
        below(predictor, 4)
    )
}

/// The line about restarts that the comment holds when `before` becomes `after` in an environment.
fn said(before: &[(&str, &str)], after: &[(&str, &str)]) -> Option<String> {
    let files = |all: &[(&str, &str)]| {
        all.iter().map(|(path, text)| format!("{path}:={text}")).collect::<Vec<_>>().join(" ")
    };
    let story = Story::of(&format!("11-12T09:00 {}\nedit {}", files(before), files(after)));
    let said = story.run(&["lint", "--format", "markdown", "--base", "HEAD", "--now", NOW]);
    assert!(said.out.starts_with("<!-- mlgitops:summary -->"), "{}{}", said.out, said.err);
    said.out.lines().find(|line| line.starts_with("Merging restarts")).map(str::to_owned)
}

const MODEL: &str = "model:;  modelFormat: {name: sklearn};  storageUri: s3://m/fraud/v1/";
const GPU: &str = "minReplicas: 1;model:;  modelFormat: {name: triton};  storageUri: s3://m/fraud/v1/;  resources: {limits: {nvidia.com/gpu: 1}}";

#[test]
fn what_replaces_pods_is_said_and_nothing_else() {
    let change = |before: (&str, &str), after: (&str, &str)| {
        let path = "prod/fraud.yaml";
        let (old, new) = (service("fraud", before.0, before.1), service("fraud", after.0, after.1));
        said(&[(path, &old)], &[(path, &new)])
    };
    let restarts = Some("Merging restarts `fraud` in prod.");
    for (what, before, after, expected) in [
        ("a version", ("", MODEL), ("", &*MODEL.replace("v1", "v2")), restarts),
        ("a label, which KServe copies to the pods", ("", MODEL), ("labels: {team: a}", MODEL), restarts),
        ("an annotation", ("", MODEL), ("annotations: {team: a}", MODEL), restarts),
        ("a probe", ("", MODEL), ("", &*format!("{MODEL};  startupProbe: {{periodSeconds: 5}}")), restarts),
        ("a node selector", ("", MODEL), ("", &*format!("{MODEL};nodeSelector: {{gpu: a100}}")), restarts),
        ("the share of a canary", ("", MODEL), ("", &*format!("{MODEL};canaryTrafficPercent: 10")), None),
        (
            "the strategy",
            ("", MODEL),
            ("", &*format!("{MODEL};deploymentStrategy: {{type: Recreate}}")),
            None,
        ),
        ("the form KServe stores", ("", "sklearn:;  storageUri: s3://m/fraud/v1/"), ("", MODEL), None),
        (
            "a quantity KServe writes so itself",
            ("", &*format!("{MODEL};  resources: {{limits: {{cpu: 1000m}}}}")),
            ("", &*format!("{MODEL};  resources: {{limits: {{cpu: 1}}}}")),
            None,
        ),
        (
            "another quantity",
            ("", MODEL),
            ("", &*format!("{MODEL};  resources: {{limits: {{cpu: 2}}}}")),
            restarts,
        ),
        ("quotes", ("", MODEL), ("", &*MODEL.replace("s3://m/fraud/v1/", "\"s3://m/fraud/v1/\"")), None),
    ] {
        assert_eq!(change(before, after).as_deref(), expected, "{what}");
    }
    for (mode, expected) in [("Standard", None), ("Knative", restarts)] {
        let mode = format!("annotations: {{serving.kserve.io/deploymentMode: {mode}}}");
        let more = format!("{MODEL};minReplicas: 3");
        assert_eq!(change((&mode, MODEL), (&mode, &more)).as_deref(), expected, "replicas: {mode}");
    }
}

#[test]
fn one_replica_with_a_gpu_asks_for_a_second() {
    let path = "prod/fraud.yaml";
    let roll = |predictor: &str| {
        let (old, new) =
            (service("fraud", "", predictor), service("fraud", "", &predictor.replace("v1", "v2")));
        said(&[(path, &old)], &[(path, &new)]).unwrap()
    };
    let restarts = "Merging restarts `fraud` in prod.";
    for (predictor, more) in [
        (GPU.to_owned(), " `fraud` has one replica: while it rolls it needs a second free `nvidia.com/gpu`."),
        (
            GPU.replace("gpu: 1", "gpu: 4").replace("minReplicas: 1;", ""),
            " `fraud` has one replica: while it rolls it needs 4 more free `nvidia.com/gpu`.",
        ),
        (GPU.replace("minReplicas: 1", "minReplicas: 2"), ""),
        (GPU.replace("minReplicas: 1", "minReplicas: 0"), ""),
        (format!("{GPU};deploymentStrategy: {{type: Recreate}}"), ""),
        (format!("{GPU};deploymentStrategy: {{rollingUpdate: {{maxSurge: 0}}}}"), ""),
    ] {
        assert_eq!(roll(&predictor), format!("{restarts}{more}"), "{predictor}");
    }
}

#[test]
fn models_stand_by_environment() {
    let [fraud, churn] = ["fraud", "churn"].map(|name| service(name, "", MODEL));
    let next = |text: &str| text.replace("v1", "v2");
    let before = [("prod/fraud.yaml", &*fraud), ("prod/churn.yaml", &churn), ("staging/fraud.yaml", &fraud)];
    let after = before.map(|(path, text)| (path, next(text)));
    let after: Vec<(&str, &str)> = after.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(
        said(&before, &after).as_deref(),
        Some("Merging restarts `churn` and `fraud` in prod and `fraud` in staging.")
    );
    let is_new = said(&[("prod/fraud.yaml", &fraud)], &[("prod/churn.yaml", &churn)]);
    assert_eq!(is_new, None, "what is new restarts nothing");
}

/// A runtime of this repository is part of the pods of whoever names it.
#[test]
fn a_runtime_restarts_those_that_name_it() {
    let runtime = |image: &str| {
        format!(
            "apiVersion:_serving.kserve.io/v1alpha1\\nkind:_ServingRuntime\\nmetadata:_{{name:_ours,_namespace:_ml}}\\n\
             spec:\\n__supportedModelFormats:_[{{name:_sklearn}}]\\n__containers:_[{{name:_kserve-container,_image:_{image}}}]\\n"
        )
    };
    let (old, new) = (runtime("a:1"), runtime("a:2"));
    let named = MODEL.replace("sklearn}", "sklearn};  runtime: ours");
    let told = |metadata: &str| {
        let service = service("fraud", metadata, &named);
        said(&[("prod/runtime.yaml", &old), ("prod/fraud.yaml", &service)], &[("prod/runtime.yaml", &new)])
    };
    assert_eq!(told("").as_deref(), Some("Merging restarts `fraud` in prod."));
    assert_eq!(told("annotations: {serving.kserve.io/disable-auto-update: \"true\"}"), None);
}

/// The same in `mlgitops diff`: a row for what only restarts.
#[test]
fn a_label_is_a_row_of_its_own() {
    let (old, new) = (service("fraud", "", MODEL), service("fraud", "labels: {team: a}", MODEL));
    let story = Story::of(&format!("11-12T09:00 prod/fraud.yaml:={old}\nedit prod/fraud.yaml:={new}"));
    assert_eq!(story.run(&["diff", "--now", NOW]).out, "fraud  prod  v1  restarts\n");
    let report: serde_json::Value =
        serde_json::from_str(&story.run(&["diff", "--format", "json", "--now", NOW]).out).unwrap();
    assert_eq!(report["changes"][0]["restarts"], true);
}
