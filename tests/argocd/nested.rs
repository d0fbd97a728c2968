//! Applications that deploy Applications: by folders, charts and kustomizations, once each, and
//! never without end.

use mlgitops::source::Repositories;

use super::world::{World, application, bound, field, not_checked, service};

const URL: &str = "https://git.example.com/org/models";

fn source(path: &str, rest: &str) -> String {
    format!("repoURL: {URL}\npath: {path}\n{rest}")
}

fn models() -> World {
    World::of(&[
        ("models/a/a.yaml", &service("a", "s3://models/a/v1/")),
        ("models/b/b.yaml", &service("b", "s3://models/b/v1/")),
    ])
}

#[test]
fn a_folder_of_applications_is_deployed_once() {
    let apps = models().and(&[
        ("apps/a.yaml", &application("a", &source("models/a", ""))),
        ("apps/deep/b.yaml", &application("b", &source("models/b", ""))),
    ]);
    let expected = ["a = manifests models/a", "b = manifests models/b", "root = manifests apps"];
    // The root finds the files again that were read without it.
    for (directory, place) in
        [("directory: {recurse: true}", "root.yaml"), ("directory: {recurse: true}", "apps/root.yaml")]
    {
        let world = apps.clone().and(&[(place, &application("root", &source("apps", directory)))]);
        let survey = world.survey();
        let mut all = bound(&survey);
        all.sort();
        assert_eq!(all, expected, "{place}");
        assert_eq!(survey.fleet.releases.len(), 2, "{place}");
    }
}

#[test]
fn a_chart_deploys_applications_with_its_values() {
    let template = format!(
        "{{{{- range .Values.models }}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {{{{ .name }}}}}}
spec:
  destination: {{name: {{{{ $.Values.cluster }}}}, namespace: {{{{ .namespace }}}}}}
  source: {{repoURL: {URL}, path: models/{{{{ .name }}}}}}
{{{{- end }}}}
"
    );
    let world = models().and(&[
        ("root.yaml", &application("root", &source("apps", "helm: {valueFiles: [prod.yaml]}"))),
        ("apps/Chart.yaml", "apiVersion: v2\nname: apps\nversion: 0.1.0\n"),
        ("apps/values.yaml", "cluster: dev\nmodels: []\n"),
        (
            "apps/prod.yaml",
            "cluster: prod\nmodels:\n- {name: a, namespace: ml-a}\n- {name: b, namespace: ml-b}\n",
        ),
        ("apps/templates/apps.yaml", &template),
    ]);
    let survey = world.survey();
    assert_eq!(bound(&survey), ["root = chart apps", "a = manifests models/a", "b = manifests models/b"]);
    let places: Vec<_> = survey
        .fleet
        .releases
        .iter()
        .map(|release| {
            let place = survey.fleet.place(release.place).unwrap();
            format!("{} {:?} {:?}", release.model, place.cluster, place.namespace)
        })
        .collect();
    assert_eq!(places, ["a Some(\"prod\") Some(\"ml-a\")", "b Some(\"prod\") Some(\"ml-b\")"]);
    // The line that names the folder is the value's.
    let wrong = world.and(&[("apps/prod.yaml", "cluster: prod\nmodels:\n- {name: c, namespace: ml-c}\n")]);
    let known = mlgitops::source::Repositories::default().called(URL);
    assert_eq!(
        wrong.with(known).findings(&["source-path"]),
        ["apps/prod.yaml:3 source-path/missing c in prod deploys nothing: there is no folder `models/c`"]
    );
}

#[test]
fn an_overlay_patches_the_applications_it_deploys() {
    let world = models().and(&[
        ("root.yaml", &application("root", &source("overlay", ""))),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", &application("a", &source("models/a", ""))),
        (
            "overlay/kustomization.yaml",
            "resources: [../base]\npatches:\n- target: {kind: Application}\n  patch: |\n    - {op: replace, path: /spec/source/path, value: models/b}\n",
        ),
    ]);
    let survey = world.survey();
    assert_eq!(bound(&survey), ["root = kustomization overlay", "a = manifests models/b"]);
    let names = field(&survey, "InferenceService", &["metadata", "name"]);
    assert_eq!(names[0], "b Source models/b/b.yaml:4");
}

#[test]
fn an_overlay_patches_an_application_set_before_it_is_expanded() {
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all}}\nspec:\n  generators:\n  - list: \
         {{elements: [{{name: a}}]}}\n  template:\n    metadata: {{name: '{{{{name}}}}'}}\n    spec: {{source: {{repoURL: {URL}, path: \
         'models/{{{{name}}}}'}}}}\n"
    );
    let world = models().and(&[
        ("root.yaml", &application("root", &source("overlay", ""))),
        (
            "overlay/kustomization.yaml",
            "resources: [set.yaml]\npatches:\n- path: patch.yaml\n  target: {kind: ApplicationSet}\n",
        ),
        ("overlay/patch.yaml", "- {op: replace, path: /spec/generators/0/list/elements/0/name, value: b}\n"),
        ("overlay/set.yaml", &set),
    ]);
    assert_eq!(bound(&world.survey()), ["root = kustomization overlay", "b = manifests models/b"]);
}

#[test]
fn an_application_that_deploys_itself_ends() {
    for directory in ["", "directory: {recurse: true}"] {
        let world = models().and(&[
            ("apps/root.yaml", &application("root", &source("apps", directory))),
            ("apps/a.yaml", &application("a", &source("models/a", ""))),
        ]);
        let survey = world.survey();
        let mut all = bound(&survey);
        all.sort();
        assert_eq!(all, ["a = manifests models/a", "root = manifests apps"], "{directory}");
        assert_eq!(not_checked(&survey), Vec::<String>::new());
        assert_eq!(
            world.findings(&["application-circle"]),
            ["apps/root.yaml:9 application-circle/itself root is among what it deploys itself, from `apps`"],
            "{directory}"
        );
    }
}

#[test]
fn applications_in_a_circle_end() {
    let world = World::of(&[
        ("a/b.yaml", &application("to-b", &source("b", ""))),
        ("b/c.yaml", &application("to-c", &source("c", ""))),
        ("c/a.yaml", &application("to-a", &source("a", ""))),
    ]);
    let mut all = bound(&world.survey());
    all.sort();
    assert_eq!(all, ["to-a = manifests a", "to-b = manifests b", "to-c = manifests c"]);
    assert_eq!(
        world.findings(&["application-circle"]),
        ["c/a.yaml:9 application-circle/circle to-a deploys `a`, which leads back to to-a"]
    );
}

/// A chart of an Application that gives it a number more.
fn chain() -> World {
    let template = format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: a-{{{{ .Values.depth }}}}}}
spec:
  source:
    repoURL: {URL}
    path: chain
    helm: {{parameters: [{{name: depth, value: '{{{{ add1 .Values.depth }}}}'}}]}}
"
    );
    World::of(&[
        ("root.yaml", &application("root", &source("chain", "helm: {}"))),
        ("chain/Chart.yaml", "apiVersion: v2\nname: chain\nversion: 0.1.0\n"),
        ("chain/values.yaml", "depth: 0\n"),
        ("chain/templates/a.yaml", &template),
    ])
}

#[test]
fn a_chain_that_is_never_the_same_twice_is_cut_and_listed() {
    let survey = chain().survey();
    assert_eq!(bound(&survey).len(), 8);
    assert_eq!(
        not_checked(&survey),
        ["Application a-7: it is rendered by Applications in Applications, more than 8 deep"]
    );
    assert!(survey.not_checked().iter().all(|item| item.required), "what it deploys is hidden");
}

#[test]
fn more_deployments_than_are_read_are_listed() {
    let apps: String = (0..20_001)
        .map(|number| format!("{}---\n", application(&format!("a{number}"), &source("models/a", ""))))
        .collect();
    let survey = models().and(&[("apps.yaml", &apps)]).survey();
    assert_eq!(bound(&survey).len(), 20_000);
    assert_eq!(
        not_checked(&survey),
        ["what is deployed after the first 20000 deployments: a run reads at most 20000 deployments"]
    );
}

/// A chart of ApplicationSets whose lists its installer fills: what it makes of nothing is not what
/// runs. A path that it names itself is its own.
#[test]
fn an_empty_list_of_a_chart_that_nobody_here_installs_is_left_open() {
    let set = |directories: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all}}\nspec:\n  generators:\n  - git:\n      \
             repoURL: {URL}\n      revision: HEAD\n      directories: {directories}\n  template: {{metadata: {{name: a}}, \
             spec: {{project: default}}}}\n"
        )
    };
    let chart = |template: &str| {
        World::of(&[
            ("sets/Chart.yaml", "apiVersion: v2\nname: sets\nversion: 0.1.0\n"),
            ("sets/values.yaml", "directories: []\n"),
            ("sets/templates/set.yaml", template),
        ])
        .with(Repositories::default().called(URL))
    };
    let rules = ["template-error", "appset-empty"];
    let open = chart(&set("{{ toJson .Values.directories }}"));
    assert_eq!(open.findings(&rules), Vec::<String>::new());
    assert_eq!(
        not_checked(&open.survey()),
        [
            "ApplicationSet `all`: its git generator has neither directories nor files: its chart is rendered with its own \
             values alone; nothing here says which it is given"
        ]
    );
    let wrong = chart(&set("[{path: nowhere/*}]"));
    assert_eq!(wrong.findings(&rules).len(), 1);
    // With an Application, its values are those that run.
    let app = application("sets", &format!("repoURL: {URL}\npath: sets"));
    assert_eq!(open.and(&[("app.yaml", &app)]).findings(&rules).len(), 1);
}
