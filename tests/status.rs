//! `mlgitops status` over the fixtures and over small repositories: what people and machines read.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use mlgitops::config::Config;
use mlgitops::report::status;
use mlgitops::source::Memory;
use mlgitops::{Survey, survey};
use mlgitops_files::Files;

/// What `mlgitops status` prints of a folder below `fixtures/`.
fn of_fixture(name: &str, args: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
    let output = command.arg("status").args(args).current_dir(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn surveyed(files: &[(&str, &str)]) -> Survey {
    let owned = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::new(owned));
    survey(&files, &Config::default())
}

fn service(name: &str, version: &str, more: &str) -> String {
    format!(
        "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {{name: {name}}}
spec:
  predictor:
{more}    model:
      modelFormat: {{name: sklearn}}
      storageUri: s3://models/{name}/{version}/
      resources: {{limits: {{nvidia.com/gpu: 2}}}}
"
    )
}

fn application(name: &str, path: &str, destination: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  project: default
  source: {{repoURL: 'https://git.example.com/org/models', targetRevision: HEAD, path: {path}}}
  destination: {destination}
"
    )
}

#[test]
fn an_application_set_gives_each_environment_its_version() {
    insta::assert_snapshot!(of_fixture("helm-one-values", &[]), @r"
    model   staging               prod
            staging.example.com   prod.example.com
            churn                 churn
    churn   v9, 1 replica         v8, 3 replicas
    ");
}

#[test]
fn plain_folders_and_overlays() {
    insta::assert_snapshot!(of_fixture("demo", &[]), @r"
    model              dev              staging          prod
                       ml-dev           ml-staging       ml-prod
    fraud-detector     v48, 1 replica   v47, 1 replica   Production (moves), 3 replicas
    image-classifier   -                -                v1.3.0, 2 replicas, 1 GPU
    ");
    insta::assert_snapshot!(of_fixture("kustomize-patch", &[]), @r"
    model   prod
            churn-prod
    churn   v9
    ");
}

#[test]
fn machines_read_what_design_promises() {
    let json: serde_json::Value =
        serde_json::from_str(&of_fixture("helm-one-values", &["--format", "json"])).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
    {
      "version": 1,
      "environments": [
        {
          "name": "staging",
          "rank": 1
        },
        {
          "name": "prod",
          "rank": 2
        }
      ],
      "releases": [
        {
          "model": "churn",
          "environment": "staging",
          "cluster": "https://staging.example.com",
          "namespace": "churn",
          "version": "9",
          "uri": "s3://models/churn/v9/",
          "replicas": 1,
          "maxReplicas": null,
          "canaryPercent": null,
          "gpu": null,
          "deployment": "churn-staging",
          "object": {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "namespace": null,
            "name": "churn"
          },
          "location": {
            "file": "chart/values.yaml",
            "line": 4,
            "column": 17,
            "endLine": 4,
            "endColumn": 38,
            "start": 62,
            "end": 83,
            "role": "values",
            "repository": null,
            "rev": null
          }
        },
        {
          "model": "churn",
          "environment": "prod",
          "cluster": "https://prod.example.com",
          "namespace": "churn",
          "version": "8",
          "uri": "s3://models/churn/v8",
          "replicas": 3,
          "maxReplicas": null,
          "canaryPercent": null,
          "gpu": null,
          "deployment": "churn-prod",
          "object": {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "namespace": null,
            "name": "churn"
          },
          "location": {
            "file": "chart/values.yaml",
            "line": 9,
            "column": 17,
            "endLine": 9,
            "endColumn": 37,
            "start": 177,
            "end": 197,
            "role": "values",
            "repository": null,
            "rev": null
          }
        }
      ],
      "notChecked": []
    }
    "#);
}

/// Two regions of one environment, a canary, GPUs, a model that moves and one without a version.
fn regions() -> Survey {
    let canary = "    minReplicas: 2\n    maxReplicas: 8\n    canaryTrafficPercent: 10\n";
    let cluster = |server: &str| format!("{{server: '{server}', namespace: ml}}");
    surveyed(&[
        ("apps/dev.yaml", &application("dev", "fraud/dev", &cluster("https://kubernetes.default.svc"))),
        ("apps/eu.yaml", &application("prod-eu", "fraud/prod-eu", &cluster("https://eu.example.com"))),
        ("apps/us.yaml", &application("prod-us", "fraud/prod-us", &cluster("https://us.example.com"))),
        ("fraud/dev/fraud.yaml", &service("fraud", "v48", "    minReplicas: 0\n")),
        ("fraud/prod-eu/fraud.yaml", &service("fraud", "v47", canary)),
        ("fraud/prod-us/fraud.yaml", &service("fraud", "v45", "    minReplicas: 1\n    maxReplicas: 1\n")),
        ("fraud/prod-us/churn.yaml", &service("churn", "latest", "    maxReplicas: 3\n")),
        ("lab/llm.yaml", &service("llm", "weights", "")),
    ])
}

#[test]
fn an_environment_of_many_places_names_them_in_its_cells() {
    insta::assert_snapshot!(status::human(&regions()), @r"
    model   dev                       prod                                                        (unnamed)
            in-cluster
            ml
    churn   -                         latest (moves), 1-3 replicas, 2 GPUs, us.example.com/ml     -
    fraud   v48, 0 replicas, 2 GPUs   v45, 1 replica, 2 GPUs, us.example.com/ml                   -
                                      v47, 2-8 replicas, canary 10 %, 2 GPUs, eu.example.com/ml
    llm     -                         -                                                           ?, 2 GPUs
    ");
}

#[test]
fn replicas_canary_and_gpus_are_numbers_for_machines() {
    let json: serde_json::Value = serde_json::from_str(&status::json(&regions())).unwrap();
    let of = |release: &serde_json::Value| {
        ["model", "cluster", "replicas", "maxReplicas", "canaryPercent", "gpu"]
            .map(|field| release[field].to_string())
            .join(" ")
    };
    let releases: Vec<String> = json["releases"].as_array().unwrap().iter().map(of).collect();
    insta::assert_snapshot!(releases.join("\n"), @r#"
    "fraud" "https://kubernetes.default.svc" 0 null null 2
    "fraud" "https://eu.example.com" 2 8 10 2
    "churn" "https://us.example.com" null 3 null 2
    "fraud" "https://us.example.com" 1 1 null 2
    "llm" null null null null 2
    "#);
}

#[test]
fn nothing_deployed_is_said() {
    insta::assert_snapshot!(status::human(&surveyed(&[("README.md", "words\n")])), @r"no model is deployed here");
}
