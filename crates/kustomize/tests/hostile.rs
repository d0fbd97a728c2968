//! Repositories written to make a build endless: each ends, and says why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod case;

use std::fmt::Write as _;

use case::{Case, Expected};
use mlgitops_files::RepoPath;
use mlgitops_kustomize::{Build, LeftOutKind, Overrides, Unparsed, build};
use mlgitops_yaml::Origins;

fn built(files: &[(&str, String)]) -> Build {
    let contents = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    let expected = Expected::Output(String::new());
    let case = Case { name: String::new(), folder: RepoPath::root(), contents, expected };
    build(&case.files(), &Unparsed, &case.folder, &Overrides::default(), &mut Origins::default())
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
