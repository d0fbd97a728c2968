//! One cause, one finding; and help that does not deploy anything twice.

use mlgitops::finding::Finding;

use crate::world::{World, application, service};

const HERE: &str = "https://git.example.com/org/fleet";

/// The findings of some rules, causes first.
fn found(world: &World, rules: &[&str]) -> Vec<Finding> {
    let findings = world.lint().findings.into_iter();
    let mut wanted: Vec<Finding> = findings.filter(|one| rules.contains(&one.rule)).collect();
    wanted.sort_by_key(|one| one.caused_by.is_some());
    wanted
}

/// A Kustomization of Flux that has one variable, and a model below it.
fn flux(uri: &str) -> World {
    let source = "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, ref: {branch: main}, url: https://git.example.com/org/fleet}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: models, namespace: flux-system}
spec:
  interval: 10m
  path: ./models
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substitute: {OTHER: x}}
";
    let model = service("churn", uri);
    World::of(&[("clusters/production/models.yaml", source), ("models/churn.yaml", &model)])
}

#[test]
fn a_version_that_a_variable_leaves_empty_is_one_finding() {
    let rules = ["undefined-variable", "empty-version"];
    for (uri, is_one) in [
        ("s3://models/churn/${VERSION}/", true),
        ("s3://models/churn/v${VERSION}", true),
        ("s3://models/churn//", false),
    ] {
        let found = found(&flux(uri), &rules);
        let shown: Vec<&str> =
            found.iter().filter(|one| one.caused_by.is_none()).map(|one| one.rule).collect();
        assert_eq!(shown, [rules[usize::from(!is_one)]], "{uri}");
        let cause = found[0].places[0].fingerprint;
        let follows: Vec<_> = found[1..].iter().map(|one| (one.rule, one.caused_by)).collect();
        let expected = if is_one { vec![("empty-version", Some(cause))] } else { Vec::new() };
        assert_eq!(follows, expected, "{uri}");
        assert_eq!(found[0].severity, mlgitops::finding::Severity::Error, "{uri}");
    }
    // What is set apart from a model is no model's.
    let elsewhere = flux("s3://models/churn/v1/").and(&[(
        "models/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ml}\ndata: {region: '${REGION}'}\n",
    )]);
    assert_eq!(
        elsewhere.findings(&rules),
        [
            "models/map.yaml:4 undefined-variable/empty `REGION` in production becomes empty: models gives it no value"
        ]
    );
}

#[test]
fn an_empty_version_says_what_is_downloaded() {
    for (uri, note) in [
        ("s3://models/churn/v", "a prefix of every version"),
        ("s3://models/churn//", "no key of the bucket begins so"),
        ("s3://models/churn//model/", "no key of the bucket begins so"),
        ("s3://models/churn/v/", "no key of the bucket begins so"),
        ("s3://models//churn/v1/", "drops slashes in front of a key"),
        ("gs://models/churn/v", "no key of the bucket begins so"),
        ("https://acme.blob.core.windows.net/models/churn//", "every version below the folder"),
        ("https://acme.blob.core.windows.net/models/churn/v", "a prefix of every version"),
        ("hf://acme/churn:", "the newest commit of the default branch"),
        ("oci://registry.example.com/churn:", "the kubelet refuses"),
        ("pvc://claim/churn//", "a doubled slash counts as one"),
    ] {
        let world = World::of(&[("prod/churn.yaml", &service("churn", &format!("'{uri}'")))]);
        let notes: Vec<String> =
            found(&world, &["empty-version"]).into_iter().filter_map(|one| one.note).collect();
        assert!(notes.len() == 1 && notes[0].contains(note), "{uri}: {notes:?}");
    }
}

#[test]
fn a_folder_of_folders_that_others_deploy_is_not_deployed_twice() {
    let source = |path: &str| format!("repoURL: {HERE}\npath: {path}\n");
    let here = format!("repositories: [{{url: '{HERE}', path: .}}]\n");
    let world = |more: &[(&str, &str)]| {
        let all = application("all", &source("models"));
        let model = service("fraud", "s3://models/fraud/v1/");
        World::of(&[("mlgitops.yaml", &here), ("apps/all.yaml", &all), ("models/fraud/fraud.yaml", &model)])
            .and(more)
    };
    let help = |world: &World| found(world, &["source-path"])[0].help.clone().unwrap();
    assert_eq!(help(&world(&[])), "directory: {recurse: true}");
    let twice = "delete it: fraud deploys `models/fraud`, and `recurse: true` would deploy that twice";
    let own = application("fraud", &source("models/fraud"));
    assert_eq!(help(&world(&[("apps/fraud.yaml", &own)])), twice);
    // A repository that was renamed is another one by its URL, and still the one that deploys.
    let misspelt = own.replace("org/fleet", "org/feet");
    assert_eq!(help(&world(&[("apps/fraud.yaml", &misspelt)])), twice);
    // What has to be built is nothing for a folder of plain files.
    let overlay = ("models/fraud/overlays/eu/kustomization.yaml", "resources: [../../base]\n");
    assert_eq!(
        help(&world(&[("models/fraud/base/kustomization.yaml", "resources: []\n"), overlay])),
        "name the folder that is to be built, such as `models/fraud/overlays/eu`: `recurse: true` builds none"
    );
    assert_eq!(
        help(&world(&[("models/fraud/Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n")])),
        "name the chart that is to be rendered, such as `models/fraud`: `recurse: true` renders none"
    );
}

#[test]
fn what_others_read_is_an_object_only_where_something_deploys_it_as_it_stands() {
    let model = service("fraud", "s3://models/fraud/v1/");
    let here = format!("repositories: [{{url: '{HERE}', path: .}}]\n");
    let chart = World::of(&[
        ("mlgitops.yaml", &here),
        ("chart/Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n"),
        ("chart/templates/all.yaml", "{{ .Files.Get \"files/fraud.yaml\" | replace \"v1\" \"v2\" }}\n"),
        ("chart/files/fraud.yaml", &model),
    ]);
    let kustomization = World::of(&[
        ("mlgitops.yaml", &here),
        ("chart/kustomization.yaml", "resources: [files/fraud.yaml]\nnamePrefix: eu-\n"),
        ("chart/files/fraud.yaml", &model),
    ]);
    let models = |world: &World| {
        let survey = world.survey();
        let mut all: Vec<String> =
            survey.fleet.releases.iter().map(|release| release.model.clone()).collect();
        all.sort();
        all
    };
    assert_eq!(models(&chart), ["fraud"]);
    assert_eq!(models(&kustomization), ["eu-fraud"]);
    let app = application("files", &format!("repoURL: {HERE}\npath: chart/files\n"));
    let app = [("apps/files.yaml", &*app)];
    assert_eq!(models(&chart.and(&app)), ["fraud", "fraud"]);
    assert_eq!(models(&kustomization.and(&app)), ["eu-fraud", "fraud"]);
}

#[test]
fn the_help_for_a_patch_names_what_differs_or_what_can_be_the_cause() {
    let patch = |target: &str, more: &str| {
        format!(
            "resources: [fraud.yaml, risk.yaml]\n{more}patches:\n  - target: {target}\n    patch: |-\n      - {{op: add, path: \
             /spec/predictor/minReplicas, value: 2}}\n"
        )
    };
    let model = service("fraud", "s3://models/fraud/v1/");
    let (risk, churn) =
        (service("risk.eu", "s3://models/risk/v1/"), service("churn", "s3://models/churn/v1/"));
    for (target, more, message, help) in [
        (
            "{kind: InferenceService, name: fraud, version: v1alpha1}",
            "",
            "InferenceService fraud is of the version `v1beta1`",
            "write `version: v1beta1`",
        ),
        (
            "{group: serving.knative.dev, version: v1, kind: InferenceService, name: fraud}",
            "",
            "InferenceService fraud is of the group `serving.kserve.io`",
            "write `group: serving.kserve.io`, write `version: v1beta1`",
        ),
        (
            "{group: serving.kserve.io, version: v1, kind: InferenceService, name: risk.eu}",
            "",
            "InferenceService risk.eu is of the version `v1beta1`",
            "write `version: v1beta1`",
        ),
        (
            "{kind: Deployment, name: fraud}",
            "",
            "fraud is of the kind `InferenceService`",
            "write `kind: InferenceService`",
        ),
        (
            "{kind: InferenceService, name: fraud, namespace: ml}",
            "namespace: ml\n",
            "InferenceService fraud has no namespace of its own",
            "take `namespace` out (that of the kustomization is set after its patches)",
        ),
        (
            "{kind: InferenceService, name: fraud, labelSelector: tier=gold}",
            "",
            "InferenceService fraud lacks the labels that are asked for",
            "take `labelSelector` out",
        ),
        (
            "{kind: InferenceService, name: eu-fraud}",
            "namePrefix: eu-\n",
            "there is no InferenceService eu-fraud",
            "name what it is called before `namePrefix`, which comes after the patches",
        ),
        (
            "{kind: InferenceService, name: churn}",
            "",
            "there is no InferenceService churn",
            "`churn` is no part of this build: add its file to `resources`, or take the patch out",
        ),
    ] {
        let world = World::of(&[
            ("prod/kustomization.yaml", &patch(target, more)),
            ("prod/fraud.yaml", &model),
            ("prod/risk.yaml", &risk),
            ("churn/churn.yaml", &churn),
        ]);
        let found = found(&world, &["patch-matches-nothing"]);
        let said: Vec<(&str, Option<&str>)> =
            found.iter().map(|one| (&*one.message, one.help.as_deref())).collect();
        assert_eq!(said, [(&*format!("a patch changes nothing: {message}"), Some(help))], "{target}");
    }
}

#[test]
fn an_alert_that_nothing_here_deploys_names_the_gate_that_asks_for_it() {
    let alerts = "apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: fraud, namespace: ml}
spec:
  groups:
    - name: fraud
      rules:
        - {alert: FraudSlow, expr: 'rate(request_predict_seconds_sum{model_name=\"fraud\"}[5m]) > 1', for: 15m}
";
    let gate = |alert: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: quiet, namespace: ml}}
spec:
  metrics:
    - name: alerts
      successCondition: len(result) == 0
      provider: {{prometheus: {{query: 'ALERTS{{alertname=\"{alert}\", alertstate=\"firing\"}}'}}}}
"
        )
    };
    let world = |alert: &str| {
        let app = application("fraud", &format!("repoURL: {HERE}\npath: models\n"));
        let model = service("fraud", "s3://models/fraud/v1/");
        let (gate, here) = (gate(alert), format!("repositories: [{{url: '{HERE}', path: .}}]\n"));
        World::of(&[
            ("mlgitops.yaml", &here),
            ("apps/fraud.yaml", &app),
            ("models/fraud.yaml", &model),
            ("models/gate.yaml", &gate),
            ("base/alerts.yaml", alerts),
        ])
    };
    let note = |alert: &str| found(&world(alert), &["rule-not-selected"])[0].note.clone().unwrap();
    let plain = "unless something else applies them, no Prometheus evaluates a file in Git";
    assert_eq!(note("NodeDown"), plain);
    assert_eq!(
        note("FraudSlow"),
        format!("{plain}; AnalysisTemplate quiet asks for them and never sees one")
    );
}

#[test]
fn the_patch_that_parts_a_version_names_what_it_is_called_before_the_prefix() {
    let overlay =
        |name: &str, patches: &str| format!("resources: [../../base]\nnamePrefix: {name}-\n{patches}");
    let world = |patches: &str| {
        World::of(&[
            ("base/kustomization.yaml", "resources: [fraud.yaml]\n"),
            ("base/fraud.yaml", &service("fraud", "s3://models/fraud/v1/")),
            ("overlays/staging/kustomization.yaml", &overlay("staging", patches)),
            ("overlays/production/kustomization.yaml", &overlay("prod", "")),
        ])
    };
    let help = |world: &World| {
        let found = found(world, &["ran-in-staging"]);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].help.clone().unwrap().lines().nth(1).unwrap().to_owned()
    };
    let operation = "{op: replace, path: /spec/predictor/model/storageUri, value: \"s3://models/fraud/v1/\"}";
    assert_eq!(
        help(&world("")),
        format!("patches: [{{target: {{kind: InferenceService, name: fraud}}, patch: '[{operation}]'}}]")
    );
    let patches = "patches:
  - target: {kind: InferenceService, name: fraud}
    patch: |-
      - {op: add, path: /spec/predictor/minReplicas, value: 2}
";
    assert_eq!(help(&world(patches)), format!("- {operation}"));
}
