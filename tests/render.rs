//! `mlgitops render` prints what the real tools print, byte for byte, and says where each value
//! comes from. What they print is kept in `tests/render`, made by helm v3.22 (`helm template`) and
//! kustomize v5.8.1 (`kustomize build`).
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/render")
}

/// Exit code, standard output and standard error, of a run in a copy of the repository that holds
/// a root.
fn render(args: &[&str]) -> (i32, String, String) {
    let root = tempfile::tempdir().unwrap();
    copy(&folder().join("repo"), root.path());
    fs::write(root.path().join("mlgitops.yaml"), "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mlgitops"))
        .arg("render")
        .args(args)
        .current_dir(root.path())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn it_prints_what_the_real_tools_print() {
    let options = [
        "chart",
        "--name",
        "fraud",
        "--namespace",
        "ml",
        "--set",
        "replicas=3,version=48,name=risk",
        "--include-crds",
    ];
    let table: [(&[&str], &str); 3] =
        [(&["chart"], "helm.txt"), (&options, "helm-options.txt"), (&["prod"], "kustomize.txt")];
    for (args, expected) in table {
        let expected = fs::read_to_string(folder().join(expected)).unwrap();
        assert_eq!(render(args), (0, expected, String::new()), "{args:?}");
    }
}

#[test]
fn every_piece_of_a_joined_value_names_its_own_place() {
    let (code, out, _) = render(&["chart", "--origins"]);
    assert_eq!(code, 0);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let uri = lines.iter().find(|line| line["path"] == "/spec/predictor/model/storageUri").unwrap();
    assert_eq!(uri["value"], "s3://models/fraud/v47/");
    let parts: Vec<(String, String)> = uri["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| {
            let bytes = |name: &str| usize::try_from(part[name].as_u64().unwrap()).unwrap();
            let text = uri["value"].as_str().unwrap()[bytes("start")..bytes("end")].to_owned();
            let at = &part["origins"][0];
            let place = format!("{}:{}:{}", at["file"].as_str().unwrap(), at["line"], at["column"]);
            (text, format!("{} {place}", at["role"].as_str().unwrap()))
        })
        .collect();
    let expected = [
        ("s3://", "template chart/templates/service.yaml:12:29"),
        ("models", "values chart/values.yaml:1:9"),
        ("/", "template chart/templates/service.yaml:12:29"),
        ("fraud", "values chart/values.yaml:2:7"),
        ("/v", "template chart/templates/service.yaml:12:29"),
        ("47", "values chart/values.yaml:3:10"),
        ("/", "template chart/templates/service.yaml:12:29"),
    ];
    assert_eq!(parts, expected.map(|(text, place)| (text.to_owned(), place.to_owned())));
    assert!(!out.contains("\"guard\""), "guards are printed only where they are asked for");
    assert!(render(&["chart", "--origins=all"]).1.contains("\"via\":\"guard\""));
}

#[test]
fn a_patch_names_itself_and_the_value_before_it() {
    let (_, out, _) = render(&["prod", "--origins"]);
    let line = out.lines().find(|line| line.contains("\"/spec/predictor/model/storageUri\"")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let places: Vec<(&str, &str, u64)> = line["origins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| (at["role"].as_str().unwrap(), at["file"].as_str().unwrap(), at["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(places, [("patch", "prod/kustomization.yaml", 5), ("base", "base/fraud.yaml", 8)]);
}

/// What the real tool refuses is said with its place; nothing is printed.
#[test]
fn a_refusal_names_its_place() {
    let (code, out, err) = render(&["chart", "--set", "a[=x"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.starts_with("error: "), "{err}");
    for wrong in [
        &["nowhere"][..],
        &["chart", "--kube-version", "nonsense"],
        &["chart", "-f", "no.yaml"],
        &["chart", "--name", "Bad_Name"],
        &["chart/Chart.yaml"],
        &["prod", "--set", "a=b"],
    ] {
        let (code, out, err) = render(wrong);
        assert_eq!((code, out.as_str()), (2, ""), "{wrong:?}: {err}");
    }
}

/// What prints nothing, or what Helm would not have printed, is said.
#[test]
fn what_renders_nothing_and_what_is_no_chart_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("chart/templates")).unwrap();
    fs::write(folder.path().join("chart/values.yaml"), "name: a\n").unwrap();
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Values.name }}'}\n";
    fs::write(folder.path().join("chart/templates/a.yaml"), template).unwrap();
    let run = |path: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
        let output = command.arg("render").arg(folder.path().join(path)).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let refused = "note: chart `.`: it has no Chart.yaml, and `helm template` refuses it\n";
    assert_eq!(run("chart").1.lines().next(), Some(refused.trim_end()));
    let nothing = "note: it renders nothing: there is no object in it\n";
    assert_eq!(run("chart/templates"), (0, nothing.to_owned()));
}

/// Helm refuses a chart that lacks a dependency, switched on or off. One that is off changes nothing
/// here, but whoever compares must know.
#[test]
fn a_dependency_that_is_off_and_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "Chart.yaml",
        "apiVersion: v2\nname: a\nversion: 0.1.0\ndependencies:\n  - {name: cache, version: 1.0.0, repository: \
         'https://charts.example.com', condition: cache.enabled}\n",
    );
    write("values.yaml", "cache: {enabled: false}\n");
    write("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
        let output = command.arg("render").arg(folder.path()).args(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (code, out, err) = run(&[]);
    assert_eq!(code, 0);
    assert!(out.contains("kind: ConfigMap"), "{out}");
    assert_eq!(
        err,
        "note: Chart.yaml:5:5: dependency `cache` 1.0.0 of chart `.`: it is not below `charts/`: `helm template` refuses \
         the chart, though a condition switches it off\n"
    );
    write(
        "charts/kid/Chart.yaml",
        "apiVersion: v2\nname: kid\nversion: 0.1.0\ndependencies: [{name: lost, version: 1.x}]\n",
    );
    let (code, _, err) = run(&[]);
    assert_eq!(code, 0);
    assert!(err.contains("note: charts/kid/Chart.yaml:4:16: dependency `lost` 1.x"), "{err}");
    fs::remove_dir_all(folder.path().join("charts")).unwrap();
    let (code, _, err) = run(&["--set", "cache.enabled=true"]);
    assert_eq!(code, 3);
    assert!(err.starts_with("not rendered: "), "{err}");
}

/// A repository that was written for the test, and how `render` answers in it.
struct Repository(tempfile::TempDir);

impl Repository {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn render(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
        let output = command.arg("render").args(args).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

const CHART: (&str, &str) = ("chart/Chart.yaml", "apiVersion: v2\nname: fraud\nversion: 0.1.0\n");

#[test]
fn the_configuration_says_what_the_cluster_is() {
    let template = "kind: A\nversion: {{ .Capabilities.KubeVersion.Version }}\n\
                    rules: {{ .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1\" }}\n";
    let files = [
        ("mlgitops.yaml", "kubernetes: {version: \"1.31\", api-versions: [monitoring.coreos.com/v1]}\n"),
        CHART,
        ("chart/templates/a.yaml", template),
    ];
    let repository = Repository::of(&files);
    let printed = |args: &[&str]| repository.render(args).1;
    assert!(printed(&["chart"]).ends_with("version: v1.31.0\nrules: true\n"), "{}", printed(&["chart"]));
    let told = printed(&["chart", "--kube-version", "1.29.3"]);
    assert!(told.ends_with("version: v1.29.3\nrules: true\n"), "{told}");
    let without = Repository::of(&[("mlgitops.yaml", ""), CHART, files[2]]);
    assert!(without.render(&["chart"]).1.ends_with("rules: false\n"));
}

/// One position: that of the value to edit, else of the action; the action beside it on its own line.
#[test]
fn a_template_that_fails_says_where_once() {
    let table = [
        (
            "a: {{ .Values.model.uri.scheme }}\n",
            "error: chart/values.yaml:1:14: at <.Values.model.uri.scheme>: can't evaluate field scheme in type \
             string\n  note: chart/templates/a.yaml:1:7: it fails in this action\n",
        ),
        (
            "a: 1\nb: {{ include \"none\" . }}\n",
            "error: chart/templates/a.yaml:2:15: at <include \"none\" .>: error calling include: no template \
             \"none\" associated with template \"gotpl\"\n",
        ),
        ("a: {{ nosuch }}\n", "error: chart/templates/a.yaml:1:7: function \"nosuch\" not defined\n"),
        (
            "a: 1\nb: &lt;x&gt;\n",
            "error: chart/templates/a.yaml:2:4: YAML parse error on fraud/templates/a.yaml: did not find \
             expected alphabetic or numeric character\n",
        ),
        (
            "a:\n  {{- nindent 2 \"- b\\nc: d\" }}\n",
            "error: chart/templates/a.yaml:2:17: YAML parse error on fraud/templates/a.yaml: ",
        ),
    ];
    for (template, wanted) in table {
        let values = ("chart/values.yaml", "model: {uri: s3}\n");
        let files = [("mlgitops.yaml", ""), CHART, values, ("chart/templates/a.yaml", template)];
        let (code, out, err) = Repository::of(&files).render(&["chart"]);
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.starts_with(wanted), "{err}\n{wanted}");
    }
}
