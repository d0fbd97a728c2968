//! `mlgitops render` prints what the real tools print, byte for byte, and says why.
//!
//! The goldens in `tests/render/` were printed by helm v3.22 and kustomize v5.8.1:
//! `helm template chart`, `helm template risk chart` with the options of the test below, and
//! `kustomize build kustomization`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs `render` in the folder of the fixtures; code, standard output, standard error.
fn render(args: &[&str]) -> (i32, String, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/render");
    let output = Command::new(env!("CARGO_BIN_EXE_mlgitops"))
        .arg("render")
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const FULL: [&str; 15] = [
    "chart",
    "-f",
    "chart/values-prod.yaml",
    "--set",
    "replicas=3",
    "--set-string",
    "name=0123",
    "--name",
    "risk",
    "--namespace",
    "ml",
    "--kube-version",
    "1.30.2",
    "--api-versions=monitoring.coreos.com/v1",
    "--include-crds",
];

#[test]
fn a_chart_is_printed_as_helm_template_prints_it() {
    let (code, out, err) = render(&["chart"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, include_str!("render/chart.plain.expected"), ""));
    let (code, out, err) = render(&FULL);
    assert_eq!((code, out.as_str(), err.as_str()), (0, include_str!("render/chart.full.expected"), ""));
}

#[test]
fn a_kustomization_is_printed_as_kustomize_build_prints_it() {
    let (code, out, err) = render(&["kustomization"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, include_str!("render/kustomization.expected"), ""));
}

#[test]
fn what_the_tool_refuses_goes_to_standard_error() {
    let (code, out, err) = render(&["chart", "--set", "name.x=1", "-f", "missing.yaml"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    let (code, out, err) = render(&["chart", "--kube-version", "1.30.2", "--set", "replicas={1"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.starts_with("error: "), "{err}");
}

fn line_of(args: &[&str], path: &str) -> Value {
    let (code, out, err) = render(args);
    assert_eq!(code, 0, "{err}");
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut found: Vec<Value> = lines.filter(|line| line["path"] == path).collect();
    assert_eq!(found.len(), 1, "{path} stands once in:\n{out}");
    found.remove(0)
}

#[test]
fn every_value_that_printf_joins_has_its_part() {
    let line = line_of(&["chart", "--origins"], "/spec/predictor/model/storageUri");
    assert_eq!(line["value"], "s3://models/fraud/v47");
    let text = line["value"].as_str().unwrap();
    let parts: Vec<(&str, String)> = line["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| {
            let at = |name: &str| usize::try_from(part[name].as_u64().unwrap()).unwrap();
            let first = &part["origins"][0];
            let file = first["file"].as_str().unwrap().trim_start_matches("tests/render/");
            let place = format!("{} {file}:{}", first["role"].as_str().unwrap(), first["line"]);
            (&text[at("start")..at("end")], place)
        })
        .collect();
    let named = |piece: &str| parts.iter().find(|(text, _)| *text == piece).map(|(_, place)| place.as_str());
    assert_eq!(named("models"), Some("values chart/values.yaml:1"), "{parts:?}");
    assert_eq!(named("fraud"), Some("values chart/values.yaml:2"), "{parts:?}");
    assert_eq!(named("47"), Some("values chart/values.yaml:3"), "{parts:?}");
    assert_eq!(named("s3://"), Some("template chart/templates/model.yaml:12"), "{parts:?}");
    assert!(line["origins"].as_array().unwrap().iter().all(|origin| origin["via"] == "content"));
}

#[test]
fn guards_are_printed_where_they_are_asked_for() {
    let path = "/metadata/annotations/kube";
    let chart = ["chart", "--api-versions", "monitoring.coreos.com/v1"];
    let without = line_of(&[&chart[..], &["--origins"]].concat(), path);
    let with = line_of(&[&chart[..], &["--origins=all"]].concat(), path);
    let guards =
        |line: &Value| line["origins"].as_array().unwrap().iter().filter(|one| one["via"] == "guard").count();
    assert_eq!(guards(&without), 0);
    assert!(guards(&with) > 0, "{with}");
}

#[test]
fn what_a_transformer_sets_points_at_its_field() {
    let (code, out, err) = render(&["kustomization", "--origins"]);
    assert_eq!(code, 0, "{err}");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let service = lines.iter().filter(|line| line["object"]["kind"] == "InferenceService");
    let namespace = service.clone().find(|line| line["path"] == "/metadata/namespace").unwrap();
    let first = &namespace["origins"][0];
    assert_eq!((&first["role"], &first["line"]), (&Value::from("transformer"), &Value::from(1)));
    assert!(first["file"].as_str().unwrap().ends_with("kustomization/kustomization.yaml"), "{first}");
}
