//! `mlgitops status` over the fixtures and over small repositories: what people and machines read.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use mlgitops::config::Config;
use mlgitops::report::status;
use mlgitops::source::{Memory, Repositories};
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
    survey(&files, &Config::default(), &Repositories::default())
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
    insta::assert_snapshot!(status::human(&regions(), false), @r"
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
fn a_reference_that_names_no_version_says_what_is_taken() {
    let of = |uri: &str| {
        let text = service("llm", "v1", "").replace("s3://models/llm/v1/", uri);
        let table = status::human(&surveyed(&[("prod/llm.yaml", &text)]), false);
        let cell = table.lines().find_map(|line| line.strip_prefix("llm")).unwrap().trim().to_owned();
        cell.split(", 2 GPUs").next().unwrap().to_owned()
    };
    for (uri, cell) in [
        ("oci://registry.example.com:5000/models/llm", "latest (moves)"),
        ("oci://registry.example.com:5000/models/llm:latest", "latest (moves)"),
        ("oci://registry.example.com:5000/models/llm:latest-gpu", "latest-gpu (moves)"),
        ("oci://registry.example.com:5000/models/llm:Release-A", "Release-A (tag)"),
        ("oci://registry.example.com:5000/models/llm:v1.2", "v1.2 (tag)"),
        ("hf://org/llm", "default branch (moves)"),
        ("hf://org/llm:main", "main (moves)"),
        ("s3://models/llm/v1/", "v1"),
    ] {
        assert_eq!(of(uri), cell, "{uri}");
    }
}

#[test]
fn replicas_canary_and_gpus_are_numbers_for_machines() {
    let json: serde_json::Value = serde_json::from_str(&status::json(&regions(), false)).unwrap();
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
    insta::assert_snapshot!(status::human(&surveyed(&[("README.md", "words\n")]), true), @r"no model is deployed here");
}

#[test]
fn why_names_the_line_of_each_environment_mode_and_version() {
    insta::assert_snapshot!(of_fixture("helm-one-values", &["--why"]), @r"
    model   staging               prod
            staging.example.com   prod.example.com
            churn                 churn
    churn   v9, 1 replica         v8, 3 replicas

    environment                      staging               applicationset.yaml:11   the name `churn-staging`
    environment                      prod                  applicationset.yaml:12   the name `churn-prod`
    mode          churn in staging   Standard or Knative   -                        nothing names one: kserve.mode in mlgitops.yaml
    mode          churn in prod      Standard or Knative   -                        nothing names one: kserve.mode in mlgitops.yaml
    kserve                           0.13 to 0.20          -                        nothing names one: kserve.version in mlgitops.yaml
    version       churn in staging   v9                    chart/values.yaml:4      `s3://models/churn/v9/`
    version       churn in prod      v8                    chart/values.yaml:9      `s3://models/churn/v8`
    ");
    insta::assert_snapshot!(of_fixture("kustomize-patch", &["--why"]), @r"
    model   prod
            churn-prod
    churn   v9

    environment                   prod                  overlays/prod/kustomization.yaml:1   the path `overlays/prod`
    mode          churn in prod   Standard or Knative   -                                    nothing names one: kserve.mode in mlgitops.yaml
    kserve                        0.13 to 0.20          -                                    nothing names one: kserve.version in mlgitops.yaml
    version       churn in prod   v9                    overlays/prod/version.yaml:8         `s3://models/churn/v9`
    ");
    insta::assert_snapshot!(of_fixture("demo", &["--why"]), @r"
    model              dev              staging          prod
                       ml-dev           ml-staging       ml-prod
    fraud-detector     v48, 1 replica   v47, 1 replica   Production (moves), 3 replicas
    image-classifier   -                -                v1.3.0, 2 replicas, 1 GPU

    environment                               dev                  environments/dev/fraud-detector.yaml:1        the path `environments/dev/fraud-detector.yaml`
    environment                               staging              environments/staging/fraud-detector.yaml:1    the path `environments/staging/fraud-detector.yaml`
    environment                               prod                 environments/prod/fraud-detector.yaml:1       the path `environments/prod/fraud-detector.yaml`
    mode          fraud-detector in dev       Standard             environments/dev/fraud-detector.yaml:9        its annotation
    mode          fraud-detector in prod      Standard             environments/prod/fraud-detector.yaml:9       its annotation
    mode          image-classifier in prod    Standard             environments/prod/image-classifier.yaml:9     its annotation
    mode          fraud-detector in staging   Standard             environments/staging/fraud-detector.yaml:9    its annotation
    kserve                                    0.13 to 0.20         -                                             nothing names one: kserve.version in mlgitops.yaml
    version       fraud-detector in dev       v48                  environments/dev/fraud-detector.yaml:16       `s3://models/fraud-detector/v48/`
    version       fraud-detector in prod      Production (moves)   environments/prod/fraud-detector.yaml:16      `models:/fraud-detector/Production`
    version       image-classifier in prod    v1.3.0               environments/prod/image-classifier.yaml:16    `s3://models/image-classifier/v1.3.0/`
    version       fraud-detector in staging   v47                  environments/staging/fraud-detector.yaml:16   `s3://models/fraud-detector/v47/`
    ");
}

#[test]
fn an_environment_is_believed_from_what_names_it() {
    let service = service("fraud", "v1", "");
    let mode = service
        .replace("{name: fraud}", "{name: fraud, annotations: {serving.kserve.io/deploymentMode: Standard}}");
    let of = |destination: &str| application("fraud", "apps/fraud", destination);
    let on_cluster = of("{name: prod-eu, namespace: ml}");
    let in_namespace = of("{server: 'https://kubernetes.default.svc', namespace: ml-staging}");
    let by_name = of("{server: 'https://kubernetes.default.svc', namespace: ml}")
        .replace("{name: fraud,", "{name: fraud-dev,");
    let kserve = application("kserve", "x", "{name: a}")
        .replace("path: x", "chart: kserve")
        .replace("HEAD", "v0.16.0");
    for (files, expected) in [
        (
            vec![("app.yaml", &on_cluster)],
            "prod app.yaml:7, Standard or Knative -, 0.13 to 0.20 -, v1 apps/fraud/fraud.yaml:8",
        ),
        (
            vec![("app.yaml", &in_namespace)],
            "staging app.yaml:7, Standard or Knative -, 0.13 to 0.20 -, v1 apps/fraud/fraud.yaml:8",
        ),
        (
            vec![("app.yaml", &by_name)],
            "dev app.yaml:3, Standard or Knative -, 0.13 to 0.20 -, v1 apps/fraud/fraud.yaml:8",
        ),
        (
            vec![("apps/fraud/fraud.yaml", &mode)],
            "(unnamed) -, Standard apps/fraud/fraud.yaml:3, 0.13 to 0.20 -, v1 apps/fraud/fraud.yaml:8",
        ),
        (
            vec![("kserve.yaml", &kserve)],
            "(unnamed) -, Standard or Knative -, 0.16.0 kserve.yaml:6, v1 apps/fraud/fraud.yaml:8",
        ),
    ] {
        let mut all: Vec<(&str, &str)> = vec![("apps/fraud/fraud.yaml", &service)];
        for (path, text) in files {
            all.retain(|(known, _)| *known != path);
            all.push((path, text));
        }
        let json: serde_json::Value = serde_json::from_str(&status::json(&surveyed(&all), true)).unwrap();
        let line = |one: &serde_json::Value| {
            let value = one["value"].as_str().unwrap();
            match one["location"]["file"].as_str() {
                Some(file) => format!("{value} {file}:{}", one["location"]["line"]),
                None => format!("{value} -"),
            }
        };
        let got: Vec<String> = json["why"].as_array().unwrap().iter().map(line).collect();
        assert_eq!(got.join(", "), expected);
    }
}

#[test]
fn the_configuration_is_believed_first() {
    let text = "environments:\n  - {name: prod, match: {namespace: ml}}\nkserve: {mode: Standard, version: '0.17'}\n";
    let file = Arc::new(mlgitops_yaml::SourceFile::of_text("mlgitops.yaml", text));
    let config = mlgitops::config::read(&file, &mlgitops::rules::vocabulary()).unwrap();
    let service = service("fraud", "v1", "").replace("{name: fraud}", "{name: fraud, namespace: ml}");
    let files = [("mlgitops.yaml".to_owned(), text.into()), ("fraud.yaml".to_owned(), service.into_bytes())];
    let files: Arc<dyn Files> = Arc::new(Memory::new(files.into_iter().collect()));
    insta::assert_snapshot!(status::human(&survey(&files, &config, &Repositories::default()), true), @r"
    model   prod
            ml
    fraud   v1, 2 GPUs

    environment                   prod       mlgitops.yaml:2   the configuration says so
    mode          fraud in prod   Standard   mlgitops.yaml:3   the default
    kserve                        0.17       mlgitops.yaml:3   installed or configured
    version       fraud in prod   v1         fraud.yaml:8      `s3://models/fraud/v1/`
    ");
}
