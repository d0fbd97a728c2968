//! What a source gives to what it renders: values in their order, overrides, files.

use super::world::{World, application, bound, field, jobs, not_checked, service};

const URL: &str = "https://git.example.com/org/models";

/// A chart that prints what it is given.
fn chart() -> World {
    World::of(&[
        ("charts/a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n"),
        ("charts/a/values.yaml", "v: chart\nkept: yes\n"),
        ("charts/a/values-dev.yaml", "v: dev\n"),
        ("charts/a/values-prod.yaml", "v: prod\n"),
        ("charts/a/schema.json", "{a, b}"),
        ("values/10.yaml", "v: ten\n"),
        ("values/20.yaml", "v: twenty\n"),
        ("values/deep/30.yaml", "v: thirty\n"),
        ("charts/a/crds/x.yaml", "apiVersion: v1\nkind: Crd\nmetadata: {name: x}\n"),
        (
            "charts/a/templates/a.yaml",
            "apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data:
  v: {{ .Values.v | toJson }}
  kube: {{ .Capabilities.KubeVersion.Version | quote }}
  api: {{ .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1\" | quote }}
",
        ),
    ])
}

/// The Application stands in `app.yaml`; `helm:` is line 11 of it.
fn helm(lines: &str) -> World {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    let source = format!("repoURL: {URL}\npath: charts/a\nhelm:\n{lines}");
    chart().and(&[("app.yaml", &application("fraud", &source))])
}

fn value(world: &World) -> String {
    let survey = world.survey();
    assert_eq!(not_checked(&survey), Vec::<String>::new());
    field(&survey, "ConfigMap", &["data", "v"]).join(", ")
}

#[test]
fn values_are_laid_over_each_other_as_argo_cd_does() {
    let table = [
        ("{}", "chart Values charts/a/values.yaml:1"),
        ("valueFiles: [values-dev.yaml]", "dev Values charts/a/values-dev.yaml:1"),
        ("valueFiles: [values-dev.yaml, values-prod.yaml]", "prod Values charts/a/values-prod.yaml:1"),
        // What is named twice counts where it is named first.
        (
            "valueFiles: [values-dev.yaml, values-prod.yaml, values-dev.yaml]",
            "prod Values charts/a/values-prod.yaml:1",
        ),
        ("valueFiles: [/values/10.yaml]", "ten Values values/10.yaml:1"),
        ("valueFiles: [../../values/10.yaml]", "ten Values values/10.yaml:1"),
        ("valueFiles: [/values/*.yaml]", "twenty Values values/20.yaml:1"),
        ("valueFiles: [/values/**/*.yaml]", "thirty Values values/deep/30.yaml:1"),
        // A file that is named by itself stands where it is named, not where a glob has it.
        ("valueFiles: [/values/20.yaml, /values/*.yaml]", "ten Values values/10.yaml:1"),
        (
            "valueFiles: ['values-{dev,prod}?.yaml', values-dev.yaml]\nignoreMissingValueFiles: true",
            "dev Values charts/a/values-dev.yaml:1",
        ),
        (
            "valueFiles: [values-dev.yaml, none.yaml]\nignoreMissingValueFiles: true",
            "dev Values charts/a/values-dev.yaml:1",
        ),
        (
            "valueFiles: ['values-$ARGOCD_APP_NAME.yaml', values-dev.yaml]\nignoreMissingValueFiles: true",
            "dev Values charts/a/values-dev.yaml:1",
        ),
        ("valueFiles: [values-dev.yaml]\nvalues: |\n  v: text", "text Values app.yaml:13"),
        ("values: |\n  v: text\nvaluesObject: {v: object}", "object Values app.yaml:13"),
        ("values: |\n  v: text\nvaluesObject: {kept: no}", "chart Values charts/a/values.yaml:1"),
        ("valuesObject: {v: object}\nparameters: [{name: v, value: one}]", "one Parameter app.yaml:12"),
        // The order of the list does not count between the kinds.
        (
            "parameters: [{name: v, value: forced, forceString: true}, {name: v, value: typed}]",
            "forced Parameter app.yaml:11",
        ),
        ("parameters: [{name: v, value: one}, {name: v, value: two}]", "two Parameter app.yaml:11"),
        ("parameters: [{name: v, value: '$ARGOCD_APP_NAME/x'}]", "fraud/x Parameter app.yaml:11"),
        ("parameters: [{name: v, value: 'a,b'}]", "a,b Parameter app.yaml:11"),
        ("parameters: [{name: v, value: '{a,b,c}'}]", "3 items Parameter app.yaml:11"),
        (
            "fileParameters: [{name: v, path: schema.json}]\nparameters: [{name: v, value: x, forceString: true}]",
            "{a, b} Values charts/a/schema.json:1",
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(value(&helm(lines)), expected, "{lines}");
    }
}

#[test]
fn parameters_keep_their_type_or_lose_it() {
    for (lines, expected) in [
        ("parameters: [{name: v, value: '1'}]", "Int(1)"),
        ("parameters: [{name: v, value: 'true'}]", "Bool(true)"),
        ("parameters: [{name: v, value: '1', forceString: true}]", "Str"),
        ("parameters: [{name: v, value: 'true', forceString: true}]", "Str"),
        ("valuesObject: {v: 1}", "Int(1)"),
        ("valuesObject: {v: \"1\"}", "Str"),
        ("valuesObject: {v: null}", "Null"),
    ] {
        let survey = helm(lines).survey();
        let object = survey.fleet.objects.iter().find(|one| one.manifest.id.kind == "ConfigMap").unwrap();
        let node = object.manifest.root.get("data").get("v").present().unwrap();
        let is = match node.as_scalar() {
            Some(scalar) => format!("{:?}", scalar.resolve(mlgitops_yaml::Mode::Api)),
            None => "Null".to_owned(),
        };
        assert_eq!(is, expected, "{lines}");
    }
}

#[test]
fn name_namespace_versions_and_crds_are_the_sources_own() {
    let table = [
        ("{}", ["fraud", "ml", "v1.35.0", "false", "1"]),
        ("releaseName: other", ["other", "ml", "v1.35.0", "false", "1"]),
        ("namespace: there", ["fraud", "there", "v1.35.0", "false", "1"]),
        ("kubeVersion: v1.30.2", ["fraud", "ml", "v1.30.2", "false", "1"]),
        ("apiVersions: [monitoring.coreos.com/v1]", ["fraud", "ml", "v1.35.0", "true", "1"]),
        ("skipCrds: true", ["fraud", "ml", "v1.35.0", "false", "0"]),
    ];
    for (lines, expected) in table {
        let survey = helm(lines).survey();
        let text = |path: &[&str]| {
            field(&survey, "ConfigMap", path).join(",").split(' ').next().unwrap_or("").to_owned()
        };
        let got = [
            text(&["metadata", "name"]),
            text(&["metadata", "namespace"]),
            text(&["data", "kube"]),
            text(&["data", "api"]),
            field(&survey, "Crd", &["kind"]).len().to_string(),
        ];
        assert_eq!(got, expected, "{lines}");
    }
}

/// An Application may have values that the chart's schema forbids.
#[test]
fn a_schema_holds_unless_the_application_passes_it_over() {
    let schema = r#"{"properties": {"v": {"type": "integer"}}}"#;
    for (lines, expected) in [("{}", 1), ("skipSchemaValidation: true", 0)] {
        let world = helm(lines).and(&[("charts/a/values.schema.json", schema)]);
        assert_eq!(world.findings(&["template-error"]).len(), expected, "{lines}");
        assert_eq!(field(&world.survey(), "ConfigMap", &["data", "v"]).len(), 1 - expected, "{lines}");
    }
}

/// What a chart is told of its cluster: by the Application, whichever tool its option stands below
/// (argo-cd v3.5 `GetKubeVersionOrDefault`), else by the configuration, else by Helm.
#[test]
fn a_chart_is_told_the_version_and_the_apis_of_its_cluster() {
    let stated = "kubernetes: {version: '1.33', api-versions: [monitoring.coreos.com/v1]}\n";
    let overlay = "helmCharts:\n- {name: a, releaseName: a}\nhelmGlobals: {chartHome: ../charts}\n";
    let kustomize = |lines: &str| {
        let source = format!("repoURL: {URL}\npath: overlay\nkustomize: {lines}");
        let app = application("fraud", &source);
        chart().and(&[("overlay/kustomization.yaml", overlay), ("app.yaml", &app)])
    };
    let table = [
        (helm("{}"), "", "v1.35.0 false"),
        (helm("{}"), stated, "v1.33.0 true"),
        (helm("kubeVersion: v1.30.2"), stated, "v1.30.2 true"),
        (helm("apiVersions: [a/v1]"), stated, "v1.33.0 false"),
        (kustomize("{}"), "", "v1.35.0 false"),
        (kustomize("{}"), stated, "v1.33.0 true"),
        (kustomize("{kubeVersion: '1.31'}"), stated, "v1.31.0 true"),
        (kustomize("{apiVersions: [a/v1]}"), stated, "v1.33.0 false"),
        // A chart that nothing deploys runs on the same clusters.
        (chart(), stated, "v1.33.0 true"),
    ];
    for (world, config, expected) in table {
        let survey = world.and(&[("mlgitops.yaml", config)]).survey();
        let word = |path: &[&str]| field(&survey, "ConfigMap", path)[0].split(' ').next().unwrap().to_owned();
        assert_eq!(format!("{} {}", word(&["data", "kube"]), word(&["data", "api"])), expected);
    }
}

/// An Application of several sources.
fn several(sources: &str) -> String {
    let sources: String = sources.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: fraud\nspec:\n  destination: \
         {{name: prod, namespace: ml}}\n  source: {{repoURL: {URL}, path: unread}}\n  sources:\n{sources}"
    )
}

#[test]
fn a_source_reads_values_files_of_another() {
    let world = |sources: &str| chart().and(&[("app.yaml", &several(sources))]);
    let here = format!(
        "- repoURL: {URL}\n  path: charts/a\n  helm: {{valueFiles: [$values/values/10.yaml]}}\n- {{repoURL: \
         {URL}, ref: values}}\n"
    );
    assert_eq!(value(&world(&here)), "ten Values values/10.yaml:1");
    assert_eq!(bound(&world(&here).survey()), ["fraud = chart charts/a"]);
    // Files of another repository are not known, nor what is rendered with them: the defaults of the
    // chart are not judged in their stead.
    let there = here.replacen(&format!("{{repoURL: {URL}"), "{repoURL: 'https://git.example.com/org/x'", 1);
    let survey = world(&there).with(mlgitops::source::Repositories::default().called(URL)).survey();
    assert_eq!(bound(&survey), Vec::<String>::new());
    assert_eq!(field(&survey, "ConfigMap", &["kind"]), Vec::<String>::new());
    assert_eq!(
        not_checked(&survey),
        ["Application fraud: its source is another repository, `https://git.example.com/org/x`"]
    );
    // The same where nobody says which repository this is, and the file is not here.
    let unknown = there.replace("values/10.yaml", "values/40.yaml");
    assert_eq!(
        not_checked(&world(&unknown).survey()),
        [
            "Application fraud: its values file `values/40.yaml` is in `https://git.example.com/org/x`, and not here"
        ]
    );
    let no_such = here.replace("ref: values", "ref: other");
    assert_eq!(
        world(&no_such).findings(&["values-file"]),
        [
            "app.yaml:11 values-file/missing fraud in prod deploys nothing: `$values/values/10.yaml`: no source has \
          `ref: values`"
        ]
    );
    let secret = here.replace("$values/values/10.yaml", "'secrets+age://key?values.yaml'");
    assert_eq!(
        not_checked(&world(&secret).survey()),
        ["Application fraud: its values file is `secrets+age://key?values.yaml`"]
    );
}

#[test]
fn several_sources_are_one_deployment() {
    let sources = format!(
        "- {{repoURL: {URL}, path: charts/a, helm: {{releaseName: chart}}}}\n- {{repoURL: {URL}, path: overlays/prod, \
         kustomize: {{namePrefix: prod-}}}}\n- {{repoURL: {URL}, path: plain}}\n- {{repoURL: \
         'https://charts.example.com', chart: other, targetRevision: 1.0.0}}\n"
    );
    let world = chart().and(&[
        ("app.yaml", &several(&sources)),
        ("overlays/prod/kustomization.yaml", "resources: [a.yaml]\n"),
        ("overlays/prod/a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"),
        ("plain/b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n"),
    ]);
    let survey = world.survey();
    assert_eq!(
        bound(&survey),
        ["fraud = chart charts/a", "fraud = kustomization overlays/prod", "fraud = manifests plain"]
    );
    assert_eq!(field(&survey, "Secret", &["metadata", "name"]), ["prod-a Deployment app.yaml:10"]);
    assert_eq!(
        not_checked(&survey),
        ["Application fraud: its chart `other` is in `https://charts.example.com`"]
    );
}

#[test]
fn what_lies_in_the_folder_decides_what_renders_it() {
    let files = [
        ("chart/Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n"),
        ("both/Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n"),
        ("both/kustomization.yaml", "resources: [a.yaml]\n"),
        ("both/a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"),
        ("yml/kustomization.yml", "resources: [../both/a.yaml]\n"),
        ("capital/Kustomization", "resources: [../both/a.yaml]\n"),
        ("plain/a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"),
    ];
    let table = [
        ("chart", "", "chart chart"),
        ("both", "", "kustomization both"),
        ("both", "helm: {releaseName: a}", "chart both"),
        ("both", "directory: {recurse: true}", "manifests both"),
        ("both", "directory: {exclude: b.yaml}", "manifests both"),
        ("both", "directory: {jsonnet: {libs: [a]}}", "manifests both"),
        // Argo CD takes out what says nothing.
        ("both", "helm: {}", "kustomization both"),
        ("both", "helm: {valueFiles: [], skipCrds: false}", "kustomization both"),
        ("both", "directory: {recurse: false, jsonnet: {}}", "kustomization both"),
        ("chart", "directory: {jsonnet: {tlas: []}}\nkustomize: {}", "chart chart"),
        ("chart", "kustomize: {}\nhelm: {releaseName: a}", "chart chart"),
        ("yml", "", "kustomization yml"),
        ("capital", "", "kustomization capital"),
        ("plain", "", "manifests plain"),
        ("plain", "helm: {}", "manifests plain"),
        ("plain", "helm: {releaseName: a}", "chart plain"),
        ("plain/", "", "manifests plain"),
        ("./plain", "", "manifests plain"),
    ];
    for (path, block, expected) in table {
        let source = format!("repoURL: {URL}\npath: {path}\n{block}");
        let survey = World::of(&files).and(&[("app.yaml", &application("x", &source))]).survey();
        assert_eq!(bound(&survey), [format!("x = {expected}")], "{path} {block}");
    }
    let source = format!("repoURL: {URL}\npath: plain\nplugin: {{name: cdk}}");
    let survey = World::of(&files).and(&[("app.yaml", &application("x", &source))]).survey();
    assert_eq!(not_checked(&survey), ["Application x: a config management plugin renders it"]);
    // Beside a chart, a path is not read.
    let source = format!("repoURL: {URL}\npath: plain\nchart: served");
    let survey = World::of(&files).and(&[("app.yaml", &application("x", &source))]).survey();
    assert_eq!(bound(&survey), Vec::<String>::new());
    assert_eq!(not_checked(&survey), [format!("Application x: its chart `served` is in `{URL}`")]);
}

#[test]
fn a_directory_is_read_as_its_globs_say() {
    let object = |name: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n");
    let table = [
        ("{recurse: false}", vec!["a", "b"]),
        ("{recurse: true}", vec!["a", "b", "c", "d"]),
        ("{recurse: true, exclude: '*/c.yaml'}", vec!["a", "b", "d"]),
        ("{recurse: true, exclude: 'deep/*'}", vec!["a", "b"]),
        ("{recurse: true, include: '{a,d}.*'}", vec!["a"]),
        ("{recurse: true, include: '*{a,d}.*'}", vec!["a", "d"]),
        ("{recurse: true, include: '*.yaml', exclude: '{a,deep/d}*'}", vec!["c"]),
        ("{exclude: '[a-'}", vec!["a", "b"]),
        // Two stars are one: the `/` behind them stands in the path.
        ("{recurse: true, include: '**/*.yaml'}", vec!["c"]),
        ("{recurse: true, exclude: 'deep/**/c.yaml'}", vec!["a", "b", "c", "d"]),
        ("{recurse: true, exclude: 'deep/**.json'}", vec!["a", "b", "c"]),
    ];
    for (directory, expected) in table {
        let source = format!("repoURL: {URL}\npath: plain\ndirectory: {directory}");
        let survey = World::of(&[
            ("app.yaml", &application("x", &source)),
            ("plain/a.yaml", &object("a")),
            ("plain/b.yml", &object("b")),
            ("plain/deep/c.yaml", &object("c")),
            (
                "plain/deep/er/d.json",
                "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"d\"}}",
            ),
            ("plain/notes.tpl", &object("e")),
            ("plain/skipped.yaml", &format!("# +argocd:skip-file-rendering\n{}", object("f"))),
        ])
        .survey();
        let names: Vec<String> = survey
            .fleet
            .objects
            .iter()
            .filter(|object| survey.fleet.deployables[object.deployable].deployment.is_some())
            .map(|object| object.manifest.id.name.clone())
            .collect();
        assert_eq!(names, expected, "{directory}");
    }
    let source = format!("repoURL: {URL}\npath: plain");
    let survey = World::of(&[
        ("app.yaml", &application("x", &source)),
        ("plain/a.yaml", &object("a")),
        ("plain/b.jsonnet", "{}"),
    ])
    .survey();
    assert_eq!(not_checked(&survey), ["Application x: `plain/b.jsonnet` is jsonnet, which is not evaluated"]);
    assert_eq!(jobs(&survey)[0], "x = manifests plain");
}

/// A kustomization of one Deployment-like object.
fn kustomization(lines: &str) -> World {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    let source = format!("repoURL: {URL}\npath: overlay\nkustomize:\n{lines}");
    World::of(&[
        ("app.yaml", &application("fraud", &source)),
        ("overlay/kustomization.yaml", "resources: [a.yaml]\nimages: [{name: old, newTag: v1}]\n"),
        (
            "overlay/a.yaml",
            "apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 1
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers: [{name: main, image: 'old:v0'}]
",
        ),
        ("part/kustomization.yaml", "kind: Component\ncommonAnnotations: {part: yes-it-is}\n"),
    ])
}

#[test]
fn a_kustomization_is_built_with_what_the_application_sets() {
    let image: &[&str] = &["spec", "template", "spec", "containers"];
    let table: [(&str, &[&str], &str); 14] = [
        ("namePrefix: p-", &["metadata", "name"], "p-a Deployment app.yaml:11"),
        ("nameSuffix: -s", &["metadata", "name"], "a-s Deployment app.yaml:11"),
        ("namespace: there", &["metadata", "namespace"], "there Deployment app.yaml:11"),
        ("replicas: [{name: a, count: 3}]", &["spec", "replicas"], "3 Deployment app.yaml:11"),
        ("commonLabels: {team: ml}", &["metadata", "labels", "team"], "ml Deployment app.yaml:11"),
        (
            "commonLabels: {app: $ARGOCD_APP_NAME}",
            &["metadata", "labels", "app"],
            "fraud Deployment app.yaml:11",
        ),
        (
            "commonLabels: {team: ml}",
            &["spec", "selector", "matchLabels", "team"],
            "ml Deployment app.yaml:11",
        ),
        (
            "commonLabels: {team: ml}\nlabelWithoutSelector: true",
            &["spec", "selector", "matchLabels", "team"],
            "absent",
        ),
        ("commonAnnotations: {a: $x}", &["metadata", "annotations", "a"], "$x Deployment app.yaml:11"),
        (
            "commonAnnotations: {a: $ARGOCD_APP_NAME}\ncommonAnnotationsEnvsubst: true",
            &["metadata", "annotations", "a"],
            "fraud Deployment app.yaml:11",
        ),
        (
            "components: [../part]",
            &["metadata", "annotations", "part"],
            "yes-it-is Transformer part/kustomization.yaml:2",
        ),
        (
            "components: [../none, ../part]\nignoreMissingComponents: true",
            &["metadata", "annotations", "part"],
            "yes-it-is Transformer part/kustomization.yaml:2",
        ),
        (
            "patches:\n  - target: {kind: Deployment}\n    patch: |\n      - {op: replace, path: /spec/replicas, value: 7}",
            &["spec", "replicas"],
            "7 Deployment app.yaml:14",
        ),
        ("{}", &["metadata", "name"], "a Source overlay/a.yaml:3"),
    ];
    for (lines, path, expected) in table {
        assert_eq!(field(&kustomization(lines).survey(), "Deployment", path), [expected], "{lines}");
    }
    for (lines, expected) in [
        ("{}", "old:v1"),
        ("images: ['old:v2']", "old:v2"),
        ("images: ['old=reg.example.com/new:v3']", "reg.example.com/new:v3"),
        ("images: ['old:$ARGOCD_APP_NAME']", "old:fraud"),
    ] {
        let survey = kustomization(lines).survey();
        let object = survey.fleet.objects.iter().find(|one| one.manifest.id.kind == "Deployment").unwrap();
        let got = object.manifest.root.find(image).items()[0].get("image").text().unwrap();
        assert_eq!(got, expected, "{lines}");
    }
}

#[test]
fn files_beside_what_is_deployed_change_the_source() {
    let all = ("charts/a/.argocd-source.yaml", "helm: {valueFiles: [values-dev.yaml]}\nrepoURL: elsewhere\n");
    let own = ("charts/a/.argocd-source-fraud.yaml", "helm: {parameters: [{name: v, value: v48}]}\n");
    let other = ("charts/a/.argocd-source-other.yaml", "helm: {parameters: [{name: v, value: v1}]}\n");
    let world = helm("valueFiles: [values-prod.yaml]");
    assert_eq!(value(&world.clone().and(&[all])), "dev Values charts/a/values-dev.yaml:1");
    assert_eq!(value(&world.clone().and(&[own])), "v48 Deployment charts/a/.argocd-source-fraud.yaml:1");
    assert_eq!(value(&world.clone().and(&[all, own])), "v48 Deployment charts/a/.argocd-source-fraud.yaml:1");
    assert_eq!(value(&world.clone().and(&[other])), "prod Values charts/a/values-prod.yaml:1");
    let null = ("charts/a/.argocd-source.yaml", "helm: null\n");
    assert_eq!(value(&world.and(&[null])), "chart Values charts/a/values.yaml:1");
}

#[test]
fn an_image_updater_moves_a_kustomization() {
    let updated = ("overlay/.argocd-source-fraud.yaml", "kustomize: {images: ['old:v9']}\n");
    let survey = kustomization("images: ['old:v2']").and(&[updated]).survey();
    let object = survey.fleet.objects.iter().find(|one| one.manifest.id.kind == "Deployment").unwrap();
    let container = &object.manifest.root.find(&["spec", "template", "spec", "containers"]).items()[0];
    assert_eq!(container.get("image").text(), Some("old:v9"));
    let at = object.manifest.place(container.get("image").present().unwrap().origin).unwrap();
    assert_eq!(at.file.path().as_ref(), "overlay/.argocd-source-fraud.yaml");
}

#[test]
fn what_a_hydrator_renders_is_what_is_judged() {
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: fraud\nspec:\n  \
         destination: {{name: prod, namespace: ml}}\n  sourceHydrator:\n    drySource: {{repoURL: {URL}, path: models}}\n    \
         syncSource: {{targetBranch: env/prod, path: models}}\n"
    );
    let world = World::of(&[("app.yaml", &text), ("models/a.yaml", &service("a", "s3://models/a/v1/"))]);
    assert_eq!(jobs(&world.survey())[0], "fraud = manifests models");
}
