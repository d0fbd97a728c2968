//! `lint --fix`, `--diff` and `--unsafe-fixes` as a user meets them: what is written, what is
//! printed, and what happens where nothing can be written.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(mut command: Command, folder: &Path) -> Ran {
    let output = command.current_dir(folder).env_remove("NO_COLOR").output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn lint(args: &[&str], folder: &Path) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
    command.arg("lint").args(args);
    run(command, folder)
}

/// Two things to fix: a path that restarts a pod, and a drift that restarts nothing.
const SERVICE: &str = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud   # the wave
  namespace: ml
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      storageUri: s3://models/fraud/v47 # pinned
";

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: fraud-prod, namespace: argocd}
spec:
  project: ml
  source: {repoURL: https://git.example.com/org/models, path: prod, targetRevision: HEAD}
  destination: {name: prod-cluster, namespace: ml}
  syncPolicy:
    automated:
      prune: true
      # people change things at night
      selfHeal: false
    syncOptions: [RespectIgnoreDifferences=true]
  ignoreDifferences:
    - group: serving.kserve.io
      kind: InferenceService
      jsonPointers: [/metadata/annotations/serving.kserve.io~1deploymentMode]
";

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("prod/fraud.yaml", SERVICE), ("apps/fraud.yaml", APPLICATION)] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    // The Application names this repository.
    let git = |args: &[&str]| {
        let ran = Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
        assert!(ran.status.success(), "git {args:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["remote", "add", "origin", "https://git.example.com/org/models"]);
    folder
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

/// What is said where a fix that restarts pods is left.
const MORE: &str = "note: 1 more fix restarts pods or changes several environments: add --unsafe-fixes\n";

const SAFE: &str = "\
--- a/apps/fraud.yaml
+++ b/apps/fraud.yaml
@@ -9,7 +9,7 @@
     automated:
       prune: true
       # people change things at night
-      selfHeal: false
+      selfHeal: true
     syncOptions: [RespectIgnoreDifferences=true]
   ignoreDifferences:
     - group: serving.kserve.io
";

const UNSAFE: &str = "\
--- a/prod/fraud.yaml
+++ b/prod/fraud.yaml
@@ -7,4 +7,4 @@
   predictor:
     model:
       modelFormat: {name: sklearn}
-      storageUri: s3://models/fraud/v47 # pinned
+      storageUri: s3://models/fraud/v47/ # pinned
";

#[test]
fn diff_prints_a_patch_and_writes_nothing() {
    let folder = repository();
    let plain = lint(&[], folder.path());
    let safe = lint(&["--diff"], folder.path());
    assert_eq!((safe.out.as_str(), safe.err.as_str()), (SAFE, MORE));
    assert_eq!(safe.code, plain.code, "the exit code is that of the files as they are");
    let all = lint(&["--diff", "--unsafe-fixes"], folder.path());
    assert_eq!(all.out, format!("{SAFE}{UNSAFE}"));
    assert_eq!(read(folder.path(), "prod/fraud.yaml"), SERVICE);
    assert_eq!(read(folder.path(), "apps/fraud.yaml"), APPLICATION);
}

#[test]
fn the_patch_is_one_that_git_applies() {
    let folder = repository();
    let patch = lint(&["--diff", "--unsafe-fixes"], folder.path()).out;
    fs::write(folder.path().join("fix.patch"), patch).unwrap();
    let mut apply = Command::new("git");
    apply.args(["apply", "fix.patch"]);
    assert_eq!(run(apply, folder.path()).code, 0);
    assert_eq!(read(folder.path(), "prod/fraud.yaml"), SERVICE.replace("v47 #", "v47/ #"));
    assert_eq!(
        read(folder.path(), "apps/fraud.yaml"),
        APPLICATION.replace("selfHeal: false", "selfHeal: true")
    );
}

#[test]
fn fix_writes_what_is_safe_and_reports_what_remains() {
    let folder = repository();
    let before = lint(&[], folder.path());
    assert!(before.out.contains("error[self-heal]") && before.out.contains("[s3-prefix]"), "{}", before.out);
    assert_eq!(before.code, 1);
    let fixed = lint(&["--fix"], folder.path());
    assert_eq!(fixed.err, format!("fixed: apps/fraud.yaml:12: switch `selfHeal` on\n{MORE}"));
    assert!(!fixed.out.contains("self-heal]") && fixed.out.contains("[s3-prefix]"), "{}", fixed.out);
    assert_eq!(fixed.code, 0, "what remains is a warning");
    assert_eq!(read(folder.path(), "prod/fraud.yaml"), SERVICE);
    let all = lint(&["--fix", "--unsafe-fixes"], folder.path());
    assert_eq!(all.err, "fixed: prod/fraud.yaml:10: end the path in `/`; restarts fraud in prod\n");
    assert_eq!(read(folder.path(), "prod/fraud.yaml"), SERVICE.replace("v47 #", "v47/ #"));
    let again = lint(&["--fix", "--unsafe-fixes"], folder.path());
    assert_eq!((again.err.as_str(), again.code), ("", 0), "{}", again.out);
    assert!(!again.out.contains("[s3-prefix]"), "{}", again.out);
    let shown = lint(&["--diff"], folder.path());
    let nothing = "note: nothing here can be fixed by itself\n";
    assert_eq!((shown.out.as_str(), shown.err.as_str()), ("", nothing));
}

#[test]
fn a_format_for_machines_carries_the_fixes() {
    let folder = repository();
    let json: serde_json::Value =
        serde_json::from_str(&lint(&["--format", "json"], folder.path()).out).unwrap();
    let fix = |rule: &str| {
        let findings = json["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["rule"] == rule)
            .map(|finding| finding["fix"].clone())
            .next()
            .unwrap()
    };
    let at = APPLICATION.find("false").unwrap();
    assert_eq!(
        fix("self-heal"),
        serde_json::json!({"title": "switch `selfHeal` on", "safety": "safe", "edits": [
            {"file": "apps/fraud.yaml", "start": at, "end": at + 5, "text": "true"}
        ]})
    );
    assert_eq!(fix("s3-prefix")["safety"], "unsafe");
    let sarif: serde_json::Value =
        serde_json::from_str(&lint(&["--format", "sarif"], folder.path()).out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let healed = results.iter().find(|result| result["ruleId"] == "self-heal").unwrap();
    let replacement = &healed["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "true");
    assert_eq!(replacement["deletedRegion"]["startLine"], 12);
}

#[test]
fn fixes_are_made_in_the_work_tree_alone() {
    let folder = repository();
    for args in
        [&["--fix", "--staged"][..], &["--diff", "--rev", "HEAD"], &["--unsafe-fixes"], &["--fix", "--diff"]]
    {
        let ran = lint(args, folder.path());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_file_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository();
    let path = folder.path().join("apps/fraud.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let ran = lint(&["--fix", "--unsafe-fixes"], folder.path());
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.err,
        "error: `apps/fraud.yaml` is not changed: it is read-only\n  note: no file was changed\n  \
         help: chmod u+w, or make the change of `mlgitops lint --diff` by hand\n"
    );
    assert_eq!(read(folder.path(), "apps/fraud.yaml"), APPLICATION);
    assert_eq!(read(folder.path(), "prod/fraud.yaml"), SERVICE, "no other file is changed either");
}

/// A limit on the size of files stands for a disk that is full: writing fails half-way.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_every_file_whole() {
    let folder = repository();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" lint --fix --unsafe-fixes"]);
    command.arg(env!("CARGO_BIN_EXE_mlgitops"));
    let ran = run(command, folder.path());
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.starts_with("error: `apps/fraud.yaml` is not changed: "), "{}", ran.err);
    assert!(ran.err.contains("no file was changed"), "{}", ran.err);
    assert_eq!(read(folder.path(), "apps/fraud.yaml"), APPLICATION);
    let names: Vec<_> =
        fs::read_dir(folder.path().join("apps")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["fraud.yaml"], "nothing is left beside it");
}

#[test]
fn a_file_that_is_no_utf8_and_one_with_other_line_breaks_stay_what_they_are() {
    let folder = repository();
    let crlf = SERVICE.replace('\n', "\r\n");
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(APPLICATION.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    fs::write(folder.path().join("prod/fraud.yaml"), &crlf).unwrap();
    fs::write(folder.path().join("apps/fraud.yaml"), utf16).unwrap();
    let ran = lint(&["--fix", "--unsafe-fixes"], folder.path());
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    assert_eq!(read(folder.path(), "prod/fraud.yaml"), crlf.replace("v47 #", "v47/ #"));
    let fixed = APPLICATION.replace("selfHeal: false", "selfHeal: true");
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(fixed.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(fs::read(folder.path().join("apps/fraud.yaml")).unwrap(), utf16);
}
