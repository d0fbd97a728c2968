//! Repositories written to make a build endless: each ends, and says why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod case;

use std::fmt::Write as _;

use case::{Case, Expected};
use mlgitops_files::RepoPath;
use mlgitops_kustomize::{Build, LeftOutKind, Overrides, build};
use mlgitops_yaml::{Origins, Reader};

fn built(files: &[(&str, String)]) -> Build {
    let contents = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    let expected = Expected::Output(String::new());
    let case = Case { name: String::new(), folder: RepoPath::root(), contents, expected };
    build(Reader::new(&case.files()), &case.folder, &Overrides::default(), &mut Origins::default())
}

fn is_given_up(build: &Build) -> bool {
    build.objects.is_empty() && build.left_out.iter().any(|left| left.kind == LeftOutKind::Limit)
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: aaaaaaaa, y: b}\n";

/// A kustomization of one file and more fields.
fn of_a(fields: &str) -> Build {
    let kustomization = format!("resources: [a.yaml]\n{fields}");
    built(&[("kustomization.yaml", kustomization), ("a.yaml", CONFIG_MAP.to_owned())])
}

#[test]
fn replacements_that_feed_each_other() {
    let double = "- source: {kind: ConfigMap, fieldPath: data.x}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.x], options: {delimiter: '-', index: 99}}]\n";
    assert!(is_given_up(&of_a(&format!("replacements:\n{}", double.repeat(60)))));
    let nest = "- source: {kind: ConfigMap, fieldPath: data}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.z], options: {create: true}}]\n";
    assert!(is_given_up(&of_a(&format!("replacements:\n{}", nest.repeat(400)))));
}

#[test]
fn copies_of_copies() {
    let copy = r#"{"op": "copy", "from": "/data", "path": "/data/z"}"#;
    let patch = vec![copy; 400].join(", ");
    let fields = format!("patches:\n- target: {{kind: ConfigMap}}\n  patch: '[{patch}]'\n");
    assert!(is_given_up(&of_a(&fields)));
    let grow = r#"{"op": "copy", "from": "/data/l", "path": "/data/l/-"}"#;
    let patch = vec![grow; 400].join(", ");
    let start = r#"{"op": "add", "path": "/data/l", "value": ["a", "b"]}"#;
    let fields = format!("patches:\n- target: {{kind: ConfigMap}}\n  patch: '[{start}, {patch}]'\n");
    assert!(is_given_up(&of_a(&fields)));
}

#[test]
fn variables_that_explode() {
    let fields = "vars:\n- {name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}, fieldref: {fieldPath: data.x}}\n";
    let large = CONFIG_MAP.replace("aaaaaaaa", &"a".repeat(100_000));
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, args: ['{}']}}]}}\n",
        "$(V)".repeat(10_000)
    );
    let build = built(&[
        ("kustomization.yaml", format!("resources: [a.yaml, p.yaml]\n{fields}")),
        ("a.yaml", large),
        ("p.yaml", pod),
    ]);
    assert!(is_given_up(&build));
}

#[test]
fn a_pattern_that_explodes() {
    let build = of_a("patches:\n- target: {name: '((a{1000}){1000}){1000}'}\n  patch: '[]'\n");
    assert_eq!(build.problems.len(), 1);
    assert_eq!(build.problems[0].kind, "selector");
}

#[test]
fn overlays_that_lead_on_without_end() {
    let mut files: Vec<(String, String)> =
        vec![("kustomization.yaml".into(), "resources: [l0/a, l0/b]\n".into())];
    // Each of two leads to both of the next level: 2^30 ways, and no object at the end.
    for level in 0..30 {
        let next = level + 1;
        for side in ["a", "b"] {
            let text = if level < 29 {
                format!("resources: [../../l{next}/a, ../../l{next}/b]\n")
            } else {
                "commonLabels: {a: b}\n".to_owned()
            };
            files.push((format!("l{level}/{side}/kustomization.yaml"), text));
        }
    }
    let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    assert!(is_given_up(&built(&files)));
}

#[test]
fn ten_thousand_resources() {
    let mut resources = String::from("namespace: prod\nnamePrefix: p-\nresources:\n");
    let mut files = Vec::new();
    for number in 0..10_000 {
        // Writing to a String cannot fail.
        let _ = writeln!(resources, "- r{number}.yaml");
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: r{number}}}\n");
        files.push((format!("r{number}.yaml"), text));
    }
    let mut all: Vec<(&str, String)> =
        files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    all.push(("kustomization.yaml", resources));
    assert_eq!(built(&all).objects.len(), 10_000);
}

#[test]
fn aliases_that_explode() {
    let mut text = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [x, x]\n");
    for level in 1..40 {
        let below = level - 1;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "a{level}: &a{level} [*a{below}, *a{below}]");
    }
    let build = built(&[("kustomization.yaml", "resources: [a.yaml]\n".to_owned()), ("a.yaml", text)]);
    assert!(is_given_up(&build));
}

/// The one problem of a build: its kind, and the text it is at.
fn problem(files: &[(&str, String)]) -> (&'static str, String) {
    let build = built(files);
    assert!(build.objects.is_empty());
    assert_eq!(build.problems.len(), 1, "{:?}", build.problems);
    let problem = build.problems.into_iter().next().unwrap();
    let at = problem.at.unwrap();
    let written = at.file.text()[at.start as usize..at.end as usize].to_owned();
    (problem.kind, format!("{}: {written}", at.file.path()))
}

#[test]
fn overlays_in_a_circle() {
    let kustomization = |resources: &str| format!("resources: [{resources}]\n");
    let of = |resources: &str| ("kustomization.yaml", kustomization(resources));
    assert_eq!(problem(&[of(".")]), ("cycle", "kustomization.yaml: .".to_owned()));
    let three = [
        of("a"),
        ("a/kustomization.yaml", kustomization("../b")),
        ("b/kustomization.yaml", kustomization("../a")),
    ];
    assert_eq!(problem(&three), ("cycle", "b/kustomization.yaml: ../a".to_owned()));
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [../c]\n";
    let components = [
        ("kustomization.yaml", "components: [c]\n".to_owned()),
        ("c/kustomization.yaml", component.to_owned()),
    ];
    assert_eq!(problem(&components), ("cycle", "c/kustomization.yaml: ../c".to_owned()));
    let above = [of("a"), ("a/kustomization.yaml", kustomization("..")), ("a/x.yaml", CONFIG_MAP.to_owned())];
    assert_eq!(problem(&above), ("cycle", "a/kustomization.yaml: ..".to_owned()));
}

#[test]
fn files_outside() {
    let secret = || ("secret.yaml", CONFIG_MAP.to_owned());
    let overlay = |fields: &str| {
        vec![("kustomization.yaml", "resources: [o]\n".to_owned()), secret()]
            .into_iter()
            .chain([("o/kustomization.yaml", fields.to_owned()), ("o/a.yaml", CONFIG_MAP.to_owned())])
            .collect::<Vec<_>>()
    };
    for (fields, blamed) in [
        ("resources: [../secret.yaml]", "../secret.yaml"),
        ("resources: [../../../../etc/passwd]", "../../../../etc/passwd"),
        ("resources: [/etc/passwd]", "/etc/passwd"),
        ("resources: [a.yaml]\npatches: [{path: ../secret.yaml}]", "../secret.yaml"),
        ("resources: [a.yaml]\npatchesStrategicMerge: [../secret.yaml]", "../secret.yaml"),
        ("configMapGenerator: [{name: c, files: [../secret.yaml]}]", "../secret.yaml"),
        ("configMapGenerator: [{name: c, files: [k=/proc/self/environ]}]", "k=/proc/self/environ"),
        ("configMapGenerator: [{name: c, envs: [../secret.yaml]}]", "../secret.yaml"),
        ("resources: [a.yaml]\nreplacements: [{path: ../secret.yaml}]", "../secret.yaml"),
        ("resources: [a.yaml]\nconfigurations: [../secret.yaml]", "../secret.yaml"),
        ("resources: [a.yaml]\ncrds: [../secret.yaml]", "../secret.yaml"),
        ("resources: [a.yaml]\nopenapi: {path: ../secret.yaml}", "../secret.yaml"),
        ("resources: [a.yaml]\ntransformers: [../secret.yaml]", "../secret.yaml"),
        ("resources: [a.yaml]\nvalidators: [../../../etc/passwd]", "../../../etc/passwd"),
        ("components: [../../../etc]", "../../../etc"),
    ] {
        let (kind, at) = problem(&overlay(fields));
        assert!(matches!(kind, "outside" | "missing-file"), "{fields}: {kind}");
        assert_eq!(at, format!("o/kustomization.yaml: {blamed}"), "{fields}");
    }
}

#[test]
fn a_pattern_that_backtracks_elsewhere() {
    let name = "a".repeat(60);
    let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    let fields = "resources: [a.yaml]\npatches:\n- target: {name: '(a+)+b|(a|aa)+c|(.*)*d'}\n  patch: '[]'\n";
    let build = built(&[("kustomization.yaml", fields.to_owned()), ("a.yaml", object)]);
    assert_eq!(build.objects.len(), 1);
}

#[test]
fn schemas_that_refer_to_themselves() {
    let schema = r##"{"definitions": {
        "loop": {"$ref": "#/definitions/loop"},
        "a": {"properties": {"data": {"$ref": "#/definitions/loop"}},
              "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "ConfigMap"}]}}}"##;
    let fields = "resources: [a.yaml]\nopenapi: {path: s.json}\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    data: {z: z}\n";
    let files = [
        ("kustomization.yaml", fields.to_owned()),
        ("a.yaml", CONFIG_MAP.to_owned()),
        ("s.json", schema.to_owned()),
    ];
    assert_eq!(built(&files).objects.len(), 1);
    // Each of two properties leads to both of the next type: 2^40 ways.
    let mut types = String::new();
    for level in 0..40 {
        let next = level + 1;
        let reference = format!("{{\"$ref\": \"t{next}\"}}");
        // Writing to a String cannot fail.
        let _ = writeln!(
            types,
            "t{level}: {{Schema: {{properties: {{kind: {{}}, apiVersion: {{}}, metadata: {{}}, a: {reference}, b: {reference}}}}}}}"
        );
    }
    let files = [
        ("kustomization.yaml", "resources: [a.yaml]\ncrds: [t.yaml]\n".to_owned()),
        ("a.yaml", CONFIG_MAP.to_owned()),
        ("t.yaml", types),
    ];
    assert!(is_given_up(&built(&files)));
}

/// Objects, a patch and a replacement for each, and a name that each refers to.
fn busy(count: usize) -> Vec<(String, String)> {
    let (mut objects, mut patches) = (String::new(), String::new());
    let mut fields = String::from(
        "namespace: prod\nnamePrefix: p-\ncommonLabels: {team: ml}\nresources: [o.yaml]\npatchesStrategicMerge: [p.yaml]\n",
    );
    let (mut json, mut replacements) = (String::from("patches:\n"), String::from("replacements:\n"));
    for at in 0..count {
        // Writing to a String cannot fail.
        let _ = writeln!(
            objects,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{a: b}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: w{at}}}\nspec: {{containers: [{{name: m, image: x, envFrom: [{{configMapRef: {{name: c{at}}}}}]}}]}}"
        );
        let _ = writeln!(
            patches,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{n: '{at}'}}"
        );
        let _ = writeln!(
            json,
            "- target: {{kind: Pod, name: w{at}}}\n  patch: '[{{\"op\": \"add\", \"path\": \"/spec/hostname\", \"value\": \"h\"}}]'"
        );
        let _ = writeln!(
            replacements,
            "- source: {{kind: ConfigMap, name: c{at}, fieldPath: data.n}}\n  targets: [{{select: {{kind: Pod, name: w{at}}}, fieldPaths: [spec.subdomain], options: {{create: true}}}}]"
        );
    }
    fields += &json;
    fields += &replacements;
    vec![
        ("kustomization.yaml".to_owned(), fields),
        ("o.yaml".to_owned(), objects),
        ("p.yaml".to_owned(), patches),
    ]
}

/// Twice the objects take the work of twice: a build that looks at every object for every patch
/// would be given up long before this many.
#[test]
fn as_many_patches_and_replacements_as_objects() {
    let files = busy(5_000);
    let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let build = built(&files);
    assert!(
        build.left_out.is_empty() && build.problems.is_empty(),
        "{:?} {:?}",
        build.left_out,
        build.problems
    );
    assert_eq!(build.objects.len(), 10_000);
    let last = build.objects.iter().find(|node| node.find(&["metadata", "name"]).text() == Some("p-w4999"));
    let last = last.unwrap();
    assert_eq!(last.find(&["spec", "subdomain"]).text(), Some("4999"));
    assert_eq!(last.find(&["spec", "hostname"]).text(), Some("h"));
}

#[test]
fn images_without_end() {
    let mut fields = String::from("resources: [a.yaml]\nimages:\n");
    for at in 0..20_000 {
        // Writing to a String cannot fail.
        let _ = writeln!(fields, "- {{name: i{at}, newTag: '1'}}");
    }
    let object = |at: usize| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{at}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
        )
    };
    let objects: String = (0..1_000).map(object).collect();
    let build = built(&[("kustomization.yaml", fields), ("a.yaml", objects)]);
    assert!(is_given_up(&build));
}
