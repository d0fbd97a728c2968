//! HelmReleases: the chart, the values in their order, and what is changed in what it prints.

use super::releases;
use super::world::{World, bound, field, not_checked};

const URI: [&str; 4] = ["spec", "predictor", "model", "storageUri"];

/// A chart of a model, with lines below the `spec` of its release.
fn world(spec: &str) -> World {
    world_of("v2", spec)
}

fn world_of(version: &str, spec: &str) -> World {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    World::of(&[
        ("charts/model/Chart.yaml", "apiVersion: v2\nname: model\nversion: 0.1.0\n"),
        ("charts/model/values.yaml", "model: fraud\nversion: v0\nreplicas: 1\n"),
        (
            "charts/model/templates/isvc.yaml",
            "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  \
             name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  predictor:\n    \
             minReplicas: {{ .Values.replicas }}\n    model:\n      modelFormat: {name: onnx}\n      \
             storageUri: s3://models/{{ .Values.model }}/{{ .Values.version }}/\n",
        ),
        (
            "clusters/prod/fraud.yaml",
            &format!(
                "apiVersion: helm.toolkit.fluxcd.io/{version}\nkind: HelmRelease\nmetadata: {{name: fraud, namespace: ml}}\n\
                 spec:\n  interval: 10m\n  chart:\n    spec:\n      chart: ./charts/model\n      \
                 sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}\n{spec}"
            ),
        ),
    ])
}

fn map(name: &str, key: &str, value: &str) -> (String, String) {
    let value: String = value.lines().map(|line| format!("    {line}\n")).collect();
    (
        format!("clusters/prod/{name}.yaml"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: ml}}\ndata:\n  {key}: |\n{value}"
        ),
    )
}

#[test]
fn values_come_in_their_order() {
    let (path, text) = map("settings", "values.yaml", "version: v1\nreplicas: 2");
    let from = "valuesFrom: [{kind: ConfigMap, name: settings}]";
    let survey = world(from).and(&[(&path, &text)]).survey();
    assert_eq!(
        field(&survey, "InferenceService", &URI),
        ["s3://models/fraud/v1/ Values charts/model/values.yaml:1"]
    );
    assert_eq!(
        field(&survey, "InferenceService", &["spec", "predictor", "minReplicas"]),
        ["2 Values clusters/prod/settings.yaml:7"]
    );
    let inline = format!("{from}\nvalues: {{version: v2}}");
    let survey = world(&inline).and(&[(&path, &text)]).survey();
    assert_eq!(releases(&survey), ["fraud 2 prod prod/ml"]);
    // A value at a path counts over everything.
    let (single, version) = map("single", "version", "v3");
    let targeted = "valuesFrom:\n  - {kind: ConfigMap, name: settings}\n  - {kind: ConfigMap, name: single, \
                    valuesKey: version, targetPath: tag}\nvalues: {version: v2}";
    let survey = world(targeted).and(&[(&path, &text), (&single, &version)]).survey();
    assert_eq!(not_checked(&survey), Vec::<String>::new());
    assert_eq!(releases(&survey), ["fraud 2 prod prod/ml"]);
}

/// Helm's own parser and the controller's merge gave what is expected: a path is set at its turn, and
/// `values` lie over it again, unless they share the map it is set in.
#[test]
fn values_at_paths_are_set_at_their_turn() {
    const V48: (&str, &str) = ("m.v", "v48");
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str);
    let cases: [Case<'_>; 16] = [
        ("", &[V48, ("", "{m: {v: v99}}")], "v99"),
        ("{m: {v: v1}}", &[("", "{m: {v: v99}}"), V48], "v1"),
        ("{m: {v: v1}}", &[V48], "v48"),
        ("{m: {v: v1}}", &[V48, ("", "{m: {v: v99}}")], "v48"),
        ("{m: {v: v1}}", &[V48, ("m.w", "v49")], "v48"),
        ("{m: {v: v1}}", &[("m.w", "v47"), V48], "v1"),
        ("{m: {w: v1}}", &[("", "{m: {v: v99}}"), V48], "v48"),
        ("{v: v1}", &[("v", "v48")], "v1"),
        ("{m: {n: {v: v1}}}", &[("", "{m: {v: v99}}"), ("m.n.v", "v48")], "v48"),
        ("{l: [v1]}", &[("l[0]", "v48")], "v48"),
        ("{l: [{v: v1}]}", &[("l[0].v", "v48")], "v48"),
        // A comma begins another path, in quotes too.
        ("", &[("", "{m: {v: v99}}"), ("m.v", "v48,w=v9")], "v48"),
        ("", &[("", "{m: {v: v99}}"), ("w", "v9,m.v=v48")], "v48"),
        ("", &[("", "{m: {v: v99}}"), ("m.v", "'v48,w=v9'")], "v48"),
        ("{m: text}", &[("", "{m: {v: v99}}"), ("n.v", "v48")], "v48"),
        ("", &[("m.v", "''20240101\"'")], "20240101"),
    ];
    for (own, references, expected) in cases {
        let mut spec = "valuesFrom:\n".to_owned();
        let mut maps = String::new();
        for (index, (path, text)) in references.iter().enumerate() {
            let target = if path.is_empty() { String::new() } else { format!(", targetPath: \"{path}\"") };
            spec += &format!("  - {{kind: ConfigMap, name: from-{index}{target}}}\n");
            maps += &format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: from-{index}, namespace: ml}}\ndata:\n  \
                 values.yaml: |-\n    {text}\n"
            );
        }
        if !own.is_empty() {
            spec += &format!("values: {own}\n");
        }
        // Whatever the values are made of: the version is the one that is expected, wherever it stands.
        let version = "{{ with .Values.l }}{{ with index . 0 }}{{ if kindIs \"map\" . }}{{ .v }}{{ else }}{{ . }}\
                       {{ end }}{{ end }}{{ else }}{{ with .Values.n }}{{ .v }}{{ else }}{{ with .Values.m }}\
                       {{ with .n }}{{ .v }}{{ else }}{{ .v }}{{ end }}{{ else }}{{ .Values.v }}{{ end }}{{ end }}{{ end }}";
        let service = super::world::service("fraud", &format!("s3://models/fraud/{version}/"));
        let world = world(&spec)
            .and(&[("charts/model/templates/isvc.yaml", &service), ("clusters/prod/maps.yaml", &maps)]);
        let uris: Vec<String> = field(&world.survey(), "InferenceService", &URI);
        let start = format!("s3://models/fraud/{expected}/ ");
        assert!(uris.len() == 1 && uris[0].starts_with(&start), "{own} {references:?}: {uris:?}");
    }
}

/// A literal text is taken as it stands.
#[test]
fn literal_values() {
    let from = |more: &str| {
        let spec = format!("valuesFrom: [{{kind: ConfigMap, name: it, targetPath: version{more}}}]");
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it, namespace: ml}\n\
                    data: {values.yaml: 'v3,replicas=4'}\n";
        field(&world(&spec).and(&[("clusters/prod/it.yaml", text)]).survey(), "InferenceService", &URI)
    };
    assert_eq!(from(""), ["s3://models/fraud/v3/ Parameter clusters/prod/it.yaml:4"]);
    assert_eq!(
        from(", literal: true"),
        ["s3://models/fraud/v3,replicas=4/ Parameter clusters/prod/it.yaml:4"]
    );
}

/// The controller fails for want of a key, and says so; what may be missing may.
#[test]
fn a_key_that_a_map_does_not_have() {
    let (path, text) = map("settings", "values.yml", "version: v1");
    let with = |entry: &str| {
        world(&format!("valuesFrom: [{{kind: ConfigMap, name: settings{entry}}}]")).and(&[(&path, &text)])
    };
    let refused = |world: &World| -> Vec<String> {
        world.survey().fleet.refused.iter().map(|one| one.problem.message.clone()).collect()
    };
    let lacks = with("");
    assert_eq!(refused(&lacks), ["ConfigMap `settings` has no key `values.yaml`, only `values.yml`"]);
    let found = lacks.findings(&["source-path"]);
    assert_eq!(
        found,
        [
            "clusters/prod/fraud.yaml:10 source-path/missing fraud in prod deploys nothing: ConfigMap `settings` has \
          no key `values.yaml`, only `values.yml`"
        ]
    );
    assert_eq!(releases(&lacks.survey()), Vec::<String>::new());
    assert_eq!(not_checked(&lacks.survey()), Vec::<String>::new());
    for there in [", optional: true", ", valuesKey: values.yml"] {
        assert_eq!(refused(&with(there)), Vec::<String>::new(), "{there}");
        assert_eq!(releases(&with(there).survey()).len(), 1);
    }
    // Which of two is meant is not known: one of them has it.
    let other = text.replace(", namespace: ml", "").replace("values.yml", "values.yaml");
    let either = with("").and(&[("more/settings.yaml", &other)]);
    assert_eq!(refused(&either), Vec::<String>::new());
}

#[test]
fn every_version_of_the_api_is_read() {
    for version in ["v2beta1", "v2beta2", "v2"] {
        let survey = world_of(version, "values: {version: v2}").survey();
        assert_eq!(releases(&survey), ["fraud 2 prod prod/ml"], "{version}");
    }
}

#[test]
fn names_and_namespaces() {
    for (spec, expected) in [
        ("", "fraud 0 prod prod/ml"),
        ("releaseName: risk", "risk 0 prod prod/ml"),
        ("targetNamespace: serving", "serving-fraud 0 prod prod/serving"),
        ("targetNamespace: serving\nreleaseName: risk", "risk 0 prod prod/serving"),
        // 53 characters, and one more: `sha256sum` of the whole begins so.
        (
            "targetNamespace: team-payments-of-the-northern-region-production",
            "team-payments-of-the-northern-region-production-fraud 0 prod \
             prod/team-payments-of-the-northern-region-production",
        ),
        (
            "targetNamespace: team-payments-of-the-northern-region-productions",
            "team-payments-of-the-northern-region-pro-75ad2333181c 0 prod \
             prod/team-payments-of-the-northern-region-productions",
        ),
    ] {
        assert_eq!(releases(&world(spec).survey()), [expected], "{spec}");
    }
}

#[test]
fn what_is_changed_in_what_it_prints() {
    let spec = "postRenderers:\n  - kustomize:\n      patches:\n        - target: {kind: InferenceService}\n          \
                patch: |\n            - {op: replace, path: /spec/predictor/model/storageUri, value: s3://models/fraud/v9/}";
    let survey = world(spec).survey();
    assert_eq!(
        field(&survey, "InferenceService", &URI),
        ["s3://models/fraud/v9/ Deployment clusters/prod/fraud.yaml:15"]
    );
    assert_eq!(bound(&survey), ["fraud = chart charts/model"]);
}

#[test]
fn charts_of_elsewhere_are_said_with_their_version() {
    let elsewhere = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: fraud, namespace: ml}\n\
                     spec:\n  chart:\n    spec:\n      chart: model\n      version: \"1.x\"\n      sourceRef: {kind: HelmRepository, name: charts}\n";
    let by_reference = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: fraud, namespace: ml}\n\
                        spec:\n  chartRef: {kind: OCIRepository, name: model}\n";
    for (text, said) in [
        (elsewhere, "HelmRelease fraud: its chart `model` 1.x is in the HelmRepository `charts`"),
        (by_reference, "HelmRelease fraud: its chart, the OCIRepository `model`, is not in this repository"),
    ] {
        let survey = World::of(&[("clusters/prod/fraud.yaml", text)]).survey();
        assert_eq!(not_checked(&survey), [said]);
    }
}

#[test]
fn values_of_the_cluster_are_said() {
    let survey = world("valuesFrom: [{kind: Secret, name: keys}]").survey();
    assert_eq!(
        not_checked(&survey),
        [
            "what fraud in prod serves: the values of Secret `keys` are not read",
            "values of HelmRelease fraud: the values of Secret `keys` are not read",
        ]
    );
    // What makes it in the cluster holds nothing that can be read.
    let sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: keys, namespace: ml}\n\
                  spec: {encryptedData: {values.yaml: AgBy3i4OJSWK}}\n";
    let sealed =
        world("valuesFrom: [{kind: Secret, name: keys}]").and(&[("clusters/prod/keys.yaml", sealed)]);
    assert_eq!(not_checked(&sealed.survey()), not_checked(&survey));
}

/// A Secret may say anything that nothing later says again.
#[test]
fn what_a_secret_may_lie_over_is_not_known() {
    let (path, text) = map("settings", "values.yaml", "version: v1");
    let secret = "{kind: Secret, name: keys}";
    let settings = "{kind: ConfigMap, name: settings}";
    for (spec, expected) in [
        (format!("valuesFrom: [{secret}]"), vec![]),
        (format!("valuesFrom: [{settings}, {secret}]"), vec![]),
        (format!("valuesFrom: [{secret}]\nvalues: {{model: risk}}"), vec![]),
        (format!("valuesFrom: [{secret}, {settings}]"), vec!["fraud 1 prod prod/ml"]),
        (format!("valuesFrom: [{secret}]\nvalues: {{version: v2}}"), vec!["fraud 2 prod prod/ml"]),
        // At one path it says nothing of the others.
        (
            "valuesFrom: [{kind: Secret, name: keys, valuesKey: key, targetPath: token}]".to_owned(),
            vec!["fraud 0 prod prod/ml"],
        ),
        (
            "valuesFrom: [{kind: ConfigMap, name: settings, optional: true}]".to_owned(),
            vec!["fraud 1 prod prod/ml"],
        ),
    ] {
        let survey = world(&spec).and(&[(&path, &text)]).survey();
        assert_eq!(releases(&survey), expected, "{spec}");
    }
}

/// Kustomizations begin Flux's work, and what stands beside them is read all the same.
#[test]
fn a_release_beside_a_kustomization() {
    let beside = super::kustomization("more", "./more", "");
    let world = world("").and(&[
        ("clusters/prod/more.yaml", &beside),
        ("more/isvc.yaml", &super::world::service("churn", "s3://models/churn/v3/")),
    ]);
    assert_eq!(releases(&world.survey()), ["churn 3 prod prod/-", "fraud 0 prod prod/ml"]);
}
