//! One line that many Applications or models are made of is one finding.

use mlgitops::source::Repositories;

use super::world::World;

const URL: &str = "https://git.example.com/org/models";

/// A chart with old words, deployed for every name by one set.
fn models(names: &[&str], template: &str) -> World {
    let elements: String = names.iter().map(|name| format!("{{name: {name}}}, ")).collect();
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: served}}
spec:
  generators: [{{list: {{elements: [{elements}]}}}}]
  template:
    metadata: {{name: '{{{{name}}}}'}}
    spec:
      destination: {{server: prod, namespace: ml-prod}}
      source: {{repoURL: {URL}, {template}}}
      syncPolicy: {{automated: {{}}, retry: {{limit: 0}}}}
"
    );
    let service = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: \"{{ .Release.Name }}\"}
spec:
  predictor:
    sklearn:
      storageUri: s3://models/{{ .Release.Name }}/v1/
      nodeSelector: {a: b}
";
    World::of(&[
        ("set.yaml", &set),
        ("chart/Chart.yaml", "apiVersion: v2\nname: model\nversion: 0.1.0\n"),
        ("chart/templates/service.yaml", service),
    ])
    .with(Repositories::default().called(URL))
}

#[test]
fn a_line_of_a_chart_is_one_finding_that_counts_its_models() {
    let rules = ["unknown-field", "rewritten-field"];
    for (names, all) in [
        (&["fraud"][..], "fraud"),
        (&["fraud", "churn"], "churn (and fraud)"),
        (&["fraud", "churn", "a", "rank"], "a (and 3 more)"),
    ] {
        assert_eq!(
            models(names, "path: chart").findings(&rules),
            [
                format!(
                    "chart/templates/service.yaml:6 rewritten-field/predictor {all} in prod is OutOfSync after \
                     every sync: KServe replaces `sklearn:`"
                ),
                format!(
                    "chart/templates/service.yaml:8 unknown-field/dropped {all} in prod loses its \
                     `nodeSelector`: `sklearn` has no such field"
                ),
            ],
            "{names:?}"
        );
    }
    let report = models(&["fraud", "churn"], "path: chart").lint();
    let dropped = report.findings.iter().find(|finding| finding.rule == "unknown-field").unwrap();
    assert!(dropped.help.as_deref().unwrap().ends_with("; churn (and fraud) restarts"), "{:?}", dropped.help);
    let of: Vec<_> = dropped.places.iter().filter_map(|place| place.object.as_ref()).collect();
    assert_eq!(of.len(), 2, "every model stays a place of its own, with a fingerprint and a waiver");
}

#[test]
fn a_line_of_a_set_is_one_finding() {
    let names = ["fraud", "churn", "rank"];
    assert_eq!(
        models(&names, "path: chart").findings(&["destination", "prune", "retry", "self-heal"]),
        [
            "set.yaml:9 destination/name-as-server Argo CD deploys nothing of the models of ApplicationSet \
             served in prod: `destination.server` holds a cluster's name, not its URL",
            "set.yaml:11 prune/off a model that is removed from Git goes on running in prod: nothing prunes the \
             models of ApplicationSet served",
            "set.yaml:11 self-heal/off a change by hand of the models of ApplicationSet served in prod stays: \
             `selfHeal` is not set, and false is its default",
            "set.yaml:11 retry/never a sync of the models of ApplicationSet served in prod that fails once is \
             not tried again",
        ]
    );
    assert_eq!(
        models(&names, "path: charts").findings(&["source-path"]),
        [
            "set.yaml:10 source-path/missing churn (and 2 more) in prod deploys nothing: there is no folder `charts`"
        ]
    );
    assert_eq!(
        models(&names, "path: chart, helm: {valueFiles: [x.yaml]}").findings(&["values-file"]),
        ["set.yaml:10 values-file/missing churn (and 2 more) in prod deploys nothing: its values file \
             `x.yaml` is not there"]
    );
}

#[test]
fn a_version_in_the_values_of_a_chart_is_one_finding() {
    let service = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: \"{{ .Release.Name }}\"}
spec:
  predictor:
    model:
      modelFormat: {name: triton}
      storageUri: s3://models/{{ .Release.Name }}/{{ .Values.version }}
      resources: {limits: {nvidia.com/gpu: 1}}
      livenessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 10}
";
    let world = models(&["fraud", "churn"], "path: chart")
        .and(&[("chart/values.yaml", "version: v1\n"), ("chart/templates/service.yaml", service)]);
    assert_eq!(
        world.findings(&["s3-prefix", "startup-budget"]),
        [
            "chart/templates/service.yaml:10 startup-budget/liveness churn (and fraud) in prod may die loading: \
             its livenessProbe gives 30 s, its size is unknown",
            "chart/values.yaml:1 s3-prefix/open churn (and fraud) in prod would also download `v10/…` or \
             `v1-rc1/…`: no `/` at the end",
        ]
    );
    let report = world.lint();
    let open = report.findings.iter().find(|finding| finding.rule == "s3-prefix").unwrap();
    // The line holds the version alone: the whole path is nothing to write there.
    assert_eq!(open.help.as_deref(), Some("end the path in `/`; its pods restart"));
}
