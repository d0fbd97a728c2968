//! The command line as a user meets it: arguments, exit codes, where things are printed.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use mlgitops::rules::registry;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn mlgitops(args: &[&str], folder: &Path) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_mlgitops"))
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A service whose path is open at its end: one finding, a note where no environment is named.
const OPEN: &str = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: fraud, namespace: ml}
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      storageUri: s3://models/fraud/v47
";

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn timings_stand_beside_the_report() {
    let folder = repository(&[("fraud.yaml", OPEN)]);
    let plain = mlgitops(&["lint"], folder.path());
    let timed = mlgitops(&["lint", "--timings"], folder.path());
    assert_eq!((timed.code, &timed.out), (plain.code, &plain.out));
    assert_eq!(plain.err, "");
    let words: Vec<&str> = timed.err.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let stages = ["stages", "open", "discover", "render", "fleet", "rules", "findings", "fixes", "report"];
    assert_eq!(words.get(..9), Some(&stages[..]), "{}", timed.err);
    assert_eq!(words.get(9), Some(&"rules,"), "{}", timed.err);
}

#[test]
fn the_exit_code_says_what_happened() {
    let note = [("fraud.yaml", OPEN)];
    let error = [("mlgitops.yaml", "rules: {s3-prefix: error}\n"), ("fraud.yaml", OPEN)];
    let broken = [("mlgitops.yaml", "rule: {}\n"), ("fraud.yaml", OPEN)];
    let nothing = [("README.md", "nothing here\n")];
    let clean = OPEN.replace("v47", "v47/");
    let clean = [("fraud.yaml", clean.as_str())];
    type Files<'f> = &'f [(&'f str, &'f str)];
    let table: &[(Files<'_>, &[&str], i32)] = &[
        (&clean, &[], 0),
        (&note, &[], 0),
        (&note, &["--fail-on", "note"], 1),
        (&error, &[], 1),
        (&error, &["--fail-on", "never"], 0),
        (&error, &["--ignore", "s3-prefix"], 0),
        (&error, &["--select", "schema"], 0),
        (&error, &["--select", "artifact"], 1),
        (&error, &["--select", "artifact/s3-prefix,schema"], 1),
        (&error, &["--select", "s3-prefixes"], 2),
        (&error, &["--format", "pdf"], 2),
        (&error, &["--rev", "HEAD"], 2),
        (&error, &["--output", "sarif"], 2),
        (&error, &["--config", "no-such-file.yaml"], 2),
        (&broken, &[], 2),
        (&nothing, &[], 3),
    ];
    for (files, args, code) in table {
        let folder = repository(files);
        let ran = mlgitops(&[&["lint"], *args].concat(), folder.path());
        assert_eq!(ran.code, *code, "{args:?}\n{}{}", ran.out, ran.err);
        // What could not begin is told on standard error, everything else on standard output.
        assert_eq!(ran.err.is_empty(), *code != 2, "{args:?}: {}", ran.err);
        assert_eq!(ran.out.is_empty(), *code == 2, "{args:?}: {}", ran.out);
    }
}

#[test]
fn a_mistake_of_the_configuration_is_named_at_its_line() {
    let folder = repository(&[("mlgitops.yaml", "ignore: []\nrulez: {}\n")]);
    let ran = mlgitops(&["lint"], folder.path());
    assert_eq!(
        ran.err,
        "error: mlgitops.yaml:2:1: `rulez` is no key of `mlgitops.yaml`\n  help: did you mean `rules`?\n"
    );
}

#[test]
fn a_word_that_is_no_rule_is_answered_with_one() {
    let folder = repository(&[]);
    for command in [&["explain", "s3-prefx"][..], &["lint", "--select", "s3-prefx"]] {
        let ran = mlgitops(command, folder.path());
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("did you mean `s3-prefix`?"), "{}", ran.err);
    }
}

#[test]
fn every_rule_is_listed_and_explained() {
    let folder = repository(&[]);
    let listed = mlgitops(&["rules"], folder.path()).out;
    let json: serde_json::Value =
        serde_json::from_str(&mlgitops(&["rules", "--format", "json"], folder.path()).out).unwrap();
    assert_eq!(json["rules"].as_array().unwrap().len(), registry::RULES.len());
    for rule in registry::RULES {
        assert!(
            listed.contains(&format!("{}/{}: {}\n", rule.category, rule.id, rule.summary)),
            "{}",
            rule.id
        );
        let page = mlgitops(&["explain", rule.id], folder.path());
        assert_eq!(page.code, 0);
        assert!(page.out.starts_with(&format!("# {}\n", rule.id)), "{}", page.out);
    }
}

#[test]
fn a_file_is_judged_in_its_repository_and_others_are_not_reported() {
    let folder = repository(&[
        ("mlgitops.yaml", "rules: {s3-prefix: error}\n"),
        ("a/fraud.yaml", OPEN),
        ("b/churn.yaml", &OPEN.replace("fraud", "churn")),
    ]);
    let ran = mlgitops(&["lint", "--format", "json", "a/fraud.yaml"], folder.path());
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let files: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["location"]["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["a/fraud.yaml"]);
    let both = mlgitops(&["lint", "--format", "json", "a/fraud.yaml", "b/churn.yaml"], folder.path());
    let json: serde_json::Value = serde_json::from_str(&both.out).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn several_reports_are_written_at_once() {
    let folder = repository(&[("fraud.yaml", OPEN)]);
    let ran = mlgitops(
        &["lint", "--output", "sarif=out.sarif", "--output", "json=out.json", "--format", "github"],
        folder.path(),
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(folder.path().join(name)).unwrap()).unwrap()
    };
    assert_eq!(read("out.sarif")["version"], "2.1.0");
    assert_eq!(read("out.json")["version"], 1);
    assert!(ran.out.starts_with("::notice "), "{}", ran.out);
}

#[test]
fn the_schema_is_json_and_every_shell_is_completed() {
    let folder = repository(&[]);
    let schema: serde_json::Value = serde_json::from_str(&mlgitops(&["schema"], folder.path()).out).unwrap();
    assert!(schema["properties"]["environments"].is_object());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = mlgitops(&["completions", shell], folder.path());
        assert!(script.out.contains("explain"), "{shell}");
    }
}

#[test]
fn status_shows_models_by_environment() {
    let at = |version: &str| OPEN.replace("v47", version);
    let (dev, staging, prod) = (at("v48/"), at("v47/"), at("v45/"));
    let churn = OPEN.replace("fraud", "churn");
    let folder = repository(&[
        ("environments/dev/fraud.yaml", &dev),
        ("environments/staging/fraud.yaml", &staging),
        ("environments/prod/fraud.yaml", &prod),
        ("environments/prod/churn.yaml", &churn),
    ]);
    let ran = mlgitops(&["status"], folder.path());
    assert_eq!(
        ran.out,
        "model   dev   staging   prod\n\
         \x20       ml    ml        ml\n\
         churn   -     -         v47\n\
         fraud   v48   v47       v45\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(&mlgitops(&["status", "--format", "json"], folder.path()).out).unwrap();
    let names: Vec<&str> = json["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|environment| environment["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["dev", "staging", "prod"]);
    assert_eq!(json["releases"].as_array().unwrap().len(), 4);
    assert_eq!(mlgitops(&["status"], repository(&[]).path()).code, 3);
}
