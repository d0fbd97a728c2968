//! What Flux leaves out of a repository, what it finds in objects that others apply, and what is
//! encrypted.

use super::world::{World, bound, field, not_checked, service};
use super::{kustomization, releases};

const URI: [&str; 4] = ["spec", "predictor", "model", "storageUri"];

fn repository(more: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: fleet, namespace: flux-system}}\n\
         spec:\n  interval: 1m\n  url: https://git.example.com/org/fleet\n{more}"
    )
}

/// The names of the models that are applied, sorted.
fn applied(world: &World) -> Vec<String> {
    let survey = world.survey();
    let mut of_flux = releases(&survey);
    of_flux.retain(|release| release.contains("prod/"));
    of_flux.iter().filter_map(|release| Some(release.split_once(' ')?.0.to_owned())).collect()
}

#[test]
fn what_the_source_leaves_out() {
    let world = World::of(&[
        ("mlgitops.yaml", "repositories: [{url: \"https://git.example.com/org/fleet\", path: .}]\n"),
        ("models/a.yaml", &service("a", "s3://models/a/v1/")),
        ("models/tests/b.yaml", &service("b", "s3://models/b/v1/")),
        ("models/tests/keep/c.yaml", &service("c", "s3://models/c/v1/")),
        ("models/d-draft.yaml", &service("d", "s3://models/d/v1/")),
        ("models/.github/e.yaml", &service("e", "s3://models/e/v1/")),
        (
            "clusters/prod/models.yaml",
            &kustomization("models", "./models", "").replace("name: flux-system}", "name: fleet}"),
        ),
    ]);
    let with = |own: &str, root: &str, inner: &str| {
        let mut world = world.clone().and(&[("clusters/prod/fleet.yaml", &repository(own))]);
        for (path, text) in [(".sourceignore", root), ("models/tests/.sourceignore", inner)] {
            if !text.is_empty() {
                world = world.and(&[(path, text)]);
            }
        }
        applied(&world)
    };
    assert_eq!(with("", "", ""), ["a", "b", "c", "d"]);
    assert_eq!(with("", "*-draft.yaml\n# a comment\n/models/tests/\n", ""), ["a"]);
    assert_eq!(with("", "", "*\n!keep/**\n"), ["a", "c", "d"]);
    assert_eq!(with("  ignore: |\n    /models/tests\n", "", "!*"), ["a", "d"]);
    assert_eq!(with("  ignore: |\n    !.github/\n", "", ""), ["a", "b", "c", "d", "e"]);
}

/// A path begins at the top of its source, and climbs no higher.
#[test]
fn paths_that_climb() {
    for (path, is_built) in [
        ("../models", true),
        ("/models", true),
        ("./x/../../models/", true),
        ("clusters/../models", true),
        ("../x/models", false),
    ] {
        let world = World::of(&[
            ("mlgitops.yaml", "repositories: [{url: \"https://git.example.com/org/fleet\", path: .}]\n"),
            ("models/a.yaml", &service("a", "s3://models/a/v1/")),
            ("clusters/prod/flux-system/gotk-sync.yaml", &super::sync("prod")),
            ("clusters/prod/models.yaml", &kustomization("models", path, "")),
        ]);
        let refused: Vec<String> =
            world.survey().fleet.refused.iter().map(|one| one.problem.message.clone()).collect();
        match is_built {
            true => assert_eq!((applied(&world), refused), (vec!["a".to_owned()], vec![]), "{path}"),
            false => assert_eq!(refused, ["there is no folder `../x/models`"]),
        }
    }
}

#[test]
fn a_source_that_another_kustomization_applies() {
    let source =
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [fleet.yaml]\n";
    let world = World::of(&[
        ("mlgitops.yaml", "repositories: [{url: \"https://git.example.com/org/fleet\", path: .}]\n"),
        ("models/a.yaml", &service("a", "s3://models/a/v1/")),
        (
            "clusters/prod/models.yaml",
            &kustomization("models", "./models", "").replace("name: flux-system}", "name: fleet}"),
        ),
        ("clusters/prod/sources.yaml", &kustomization("sources", "./sources", "")),
        ("sources/kustomization.yaml", source),
        ("sources/fleet.yaml", &repository("")),
    ]);
    assert_eq!(applied(&world), ["a"]);
    assert_eq!(not_checked(&world.survey()), Vec::<String>::new());
}

/// What SOPS encrypted is known to the cluster alone: it is neither judged nor taken for missing.
#[test]
fn what_is_encrypted() {
    let sops = "sops:\n  age: [{recipient: age1example}]\n  mac: ENC[AES256_GCM,data:bWFj,type:str]\n";
    let settings = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: flux-system}}\ndata:\n  \
         VERSION: ENC[AES256_GCM,data:djQ3,type:str]\n{sops}"
    );
    let encrypted = service("churn", "ENC[AES256_GCM,data:czM=,type:str]") + sops;
    let world = World::of(&[
        ("models/fraud.yaml", &service("fraud", "s3://models/fraud/${VERSION}/")),
        ("models/churn.yaml", &encrypted),
        (
            "clusters/prod/models.yaml",
            &kustomization(
                "models",
                "./models",
                "postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}",
            ),
        ),
        ("clusters/prod/settings.yaml", &settings),
    ]);
    let survey = world.survey();
    assert_eq!(releases(&survey), Vec::<String>::new());
    assert!(survey.fleet.undefined.is_empty());
    let listed = not_checked(&survey);
    let said = "variables of Kustomization models: `VERSION` of ConfigMap `settings` is not known";
    assert!(listed.iter().any(|item| item == said), "{listed:?}");
    let report = world.lint();
    let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule).collect();
    assert!(!rules.contains(&"unknown-field") && !rules.contains(&"plaintext-secret"), "{rules:?}");
}

/// A chart of a model whose own values say `v0`, and a release of it.
fn chart(spec: &str) -> World {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    World::of(&[
        ("charts/model/Chart.yaml", "apiVersion: v2\nname: model\nversion: 0.1.0\n"),
        ("charts/model/values.yaml", "version: v0\nbucket: models\n"),
        ("charts/model/values-prod.yaml", "version: v5\nbucket: risk\n"),
        (
            "charts/model/templates/isvc.yaml",
            &service("fraud", "s3://{{ .Values.bucket }}/fraud/{{ .Values.version }}/"),
        ),
        (
            "clusters/prod/fraud.yaml",
            &format!(
                "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: fraud, namespace: ml}}\n\
                 spec:\n  interval: 10m\n{spec}"
            ),
        ),
    ])
}

const OF_REPOSITORY: &str = "sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}";

#[test]
fn values_files_stand_in_for_the_values_of_a_chart() {
    let with =
        |files: &str| chart(&format!("chart: {{spec: {{chart: charts/model, {OF_REPOSITORY}, {files}}}}}"));
    let uri = |files: &str| field(&with(files).survey(), "InferenceService", &URI);
    assert_eq!(uri(""), ["s3://models/fraud/v0/ Values charts/model/values.yaml:2"]);
    let listed = "valuesFiles: [charts/model/values-prod.yaml]";
    assert_eq!(uri(listed), ["s3://risk/fraud/v5/ Values charts/model/values-prod.yaml:2"]);
    let both = "valuesFiles: [charts/model/values-prod.yaml, ./charts/model/values.yaml]";
    assert_eq!(uri(both), ["s3://models/fraud/v0/ Values charts/model/values.yaml:2"]);
    let single = "valuesFile: charts/model/values.yaml, valuesFiles: [charts/model/values-prod.yaml]";
    assert_eq!(uri(single), ["s3://risk/fraud/v5/ Values charts/model/values-prod.yaml:2"]);
    let missing = "valuesFiles: [charts/model/values-prod.yaml, charts/model/gone.yaml]";
    let survey = with(missing).survey();
    let refused: Vec<&str> = survey.fleet.refused.iter().map(|one| one.problem.message.as_str()).collect();
    assert_eq!(refused, ["there is no values file `charts/model/gone.yaml`"]);
    let ignored = format!("{missing}, ignoreMissingValuesFiles: true");
    assert_eq!(uri(&ignored), ["s3://risk/fraud/v5/ Values charts/model/values-prod.yaml:2"]);
}

#[test]
fn charts_by_reference() {
    let helm_chart = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {name: model, namespace: flux-system}\n\
         spec:\n  interval: 5m\n  chart: ./charts/model\n  sourceRef: {kind: GitRepository, name: flux-system}\n  \
         valuesFiles: [charts/model/values-prod.yaml]\n";
    let by = |kind: &str| format!("chartRef: {{kind: {kind}, name: model, namespace: flux-system}}");
    let world = chart(&by("HelmChart")).and(&[("clusters/prod/chart.yaml", helm_chart)]);
    assert_eq!(bound(&world.survey()), ["fraud = chart charts/model"]);
    assert_eq!(releases(&world.survey()), ["fraud 5 prod prod/ml"]);
    let oci = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: model, namespace: flux-system}\n\
               spec: {interval: 5m, url: \"oci://registry.example.com/charts/model\", ref: {semver: 1.x}}\n";
    let world = chart(&by("OCIRepository")).and(&[("clusters/prod/chart.yaml", oci)]);
    assert_eq!(
        not_checked(&world.survey()),
        [
            "HelmRelease fraud: its chart is `oci://registry.example.com/charts/model` 1.x, the OCIRepository `model`"
        ]
    );
    assert_eq!(
        not_checked(&chart(&by("OCIRepository")).survey()),
        ["HelmRelease fraud: its chart, the OCIRepository `model`, is not in this repository"]
    );
}

/// A value that a Secret gives is not the chart's own.
#[test]
fn values_that_are_not_known_hide_those_of_the_chart() {
    let release = format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: fraud, namespace: ml}}\nspec:\n  \
         chart: {{spec: {{chart: charts/model, {OF_REPOSITORY}}}}}\n  values: {{version: \"${{VERSION}}\"}}\n"
    );
    let secret = "postBuild: {substituteFrom: [{kind: Secret, name: settings}]}";
    let world = chart("suspend: true").and(&[
        ("clusters/prod/fraud.yaml", &kustomization("apps", "./apps", secret)),
        ("apps/fraud.yaml", &release),
    ]);
    assert_eq!(releases(&world.survey()), Vec::<String>::new());
}

/// Helm lays `values` over a value at a path, where that is no deeper than they are.
#[test]
fn a_value_at_a_path_and_the_same_in_the_release() {
    let map = |name: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: ml}}\ndata: {{it: {value}}}\n"
        )
    };
    let spec = |values: &str| {
        format!(
            "chart: {{spec: {{chart: charts/model, {OF_REPOSITORY}}}}}\nvaluesFrom:\n  \
             - {{kind: ConfigMap, name: single, valuesKey: it, targetPath: version}}\n{values}"
        )
    };
    let with = |values: &str| {
        releases(&chart(&spec(values)).and(&[("clusters/prod/map.yaml", &map("single", "v3"))]).survey())
    };
    assert_eq!(with(""), ["fraud 3 prod prod/ml"]);
    assert_eq!(with("values: {bucket: other}"), ["fraud 3 prod prod/ml"]);
    assert_eq!(with("values: {version: v4}"), ["fraud 4 prod prod/ml"]);
}
