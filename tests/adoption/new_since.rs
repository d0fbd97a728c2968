//! Only what is new, by the fingerprints of the state before; the rest is one counted line.

use std::fs;
use std::path::Path;
use std::process::Command;

use mlgitops::report::{self, Context, Format};
use mlgitops::{NewSince, Options, Report, lint};

use super::{Repository, config, files, options, said, service};

/// What `head` brings that `main` does not have.
fn brought(rules: &str, main: Repository<'_>, head: Repository<'_>) -> Report {
    let since = NewSince { name: "main".to_owned(), files: files(main), config: config(main).unwrap() };
    let options = Options { new_since: Some(since), ..options(rules) };
    lint(&files(head), &config(head).unwrap(), &options)
}

#[test]
fn what_was_there_before_is_counted_and_not_reported() {
    let (open, other) = (service("fraud", "v47"), service("churn", "v3"));
    let main = [("prod/fraud.yaml", &*open)];
    let head = [("prod/fraud.yaml", &*open), ("prod/churn.yaml", &*other)];
    let report = brought("s3-prefix", &main, &head);
    assert_eq!(said(&report), ["warning s3-prefix prod/churn.yaml"]);
    assert_eq!(report.older.as_ref().unwrap().count(), 1);
    assert_eq!((report.summary.warnings, report.summary.exit), (1, 0));
    let text = report::render(Format::Human, &report, &Context::new("."));
    assert!(text.contains("\n1 older finding on main is not counted here: mlgitops lint\n"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&report::render(Format::Json, &report, &Context::new("."))).unwrap();
    assert_eq!(json["older"], serde_json::json!({"on": "main", "findings": {"s3-prefix": 1}}));
}

#[test]
fn a_new_version_or_a_moved_file_brings_no_old_finding_back() {
    let main = service("fraud", "v47");
    for head in [service("fraud", "v48"), format!("# a comment\n\n{main}")] {
        let report = brought("s3-prefix", &[("prod/a.yaml", &main)], &[("prod/b.yaml", &head)]);
        assert_eq!(said(&report), [""; 0]);
    }
    let moves = service("fraud", "latest");
    let report = brought("pinned-model-uri", &[("prod/a.yaml", &main)], &[("prod/a.yaml", &moves)]);
    assert_eq!(said(&report), ["error pinned-model-uri prod/a.yaml"], "another fact is new");
}

#[test]
fn an_ended_waiver_is_red_on_main_and_not_in_another_ones_change() {
    let open = service("fraud", "v47");
    let ended = "rules: {s3-prefix: error}
waivers: [{rule: s3-prefix, reason: one folder, until: 2026-11-20}]\n";
    let main = [("mlgitops.yaml", ended), ("prod/fraud.yaml", &*open)];
    let on_main = super::linted("s3-prefix,waiver", &main);
    assert_eq!(on_main, ["error waiver mlgitops.yaml", "error s3-prefix prod/fraud.yaml"]);
    let other = service("churn", "v3/");
    let head = [main[0], main[1], ("prod/churn.yaml", &*other)];
    let report = brought("s3-prefix,waiver", &main, &head);
    assert_eq!((said(&report), report.summary.exit), (Vec::new(), 0));
    assert_eq!(report.older.unwrap().count(), 2);
}

#[test]
fn taking_a_waiver_out_brings_its_finding() {
    let open = service("fraud", "v47");
    let waiver = "waivers: [{rule: s3-prefix, reason: one folder}]\n";
    let main = [("mlgitops.yaml", waiver), ("prod/fraud.yaml", &*open)];
    let report = brought("s3-prefix", &main, &[("prod/fraud.yaml", &open)]);
    assert_eq!(said(&report), ["warning s3-prefix prod/fraud.yaml"]);
}

#[test]
fn what_follows_from_an_older_finding_stands_for_itself() {
    let level =
        service("fraud", "v1/").replace("    model:\n", "    model:\n      nodeSelector: {pool: gpu}\n");
    let gpu = format!("{level}      resources: {{limits: {{nvidia.com/gpu: 1}}}}\n");
    let all = super::linted("unknown-field,gpu-placement", &[("prod/fraud.yaml", &gpu)]);
    assert_eq!(all, ["error unknown-field prod/fraud.yaml"], "one follows from the other");
    let report =
        brought("unknown-field,gpu-placement", &[("prod/fraud.yaml", &level)], &[("prod/fraud.yaml", &gpu)]);
    assert_eq!(said(&report).len(), 1, "{:?}", said(&report));
    assert!(said(&report)[0].contains("gpu-placement"), "{:?}", said(&report));
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]);
    let output = git.args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Exit code and output of a run whose environment holds nothing but `variables`.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// A repository with one error on main, on a branch with nothing new in it.
fn with_a_branch() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(folder.path().join("prod")).unwrap();
        fs::write(folder.path().join("prod").join(name), text).unwrap();
    };
    git(folder.path(), &["init", "--quiet"]);
    write("fraud.yaml", &service("fraud", "latest"));
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "-m", "one"]);
    git(folder.path(), &["switch", "--quiet", "-c", "change"]);
    write("churn.yaml", &service("churn", "v3/"));
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "-m", "two"]);
    folder
}

/// The layout is wrong on main, too; that this version passes staging by is the change's own doing.
#[test]
fn a_version_that_goes_everywhere_at_once_is_new_where_the_layout_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let commit = |message: &str| {
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "--quiet", "-m", message]);
    };
    git(folder.path(), &["init", "--quiet"]);
    write("base/kustomization.yaml", "resources: [fraud.yaml]\n");
    write("staging/kustomization.yaml", "resources: [../base]\n");
    write("prod/kustomization.yaml", "resources: [../base]\n");
    write("base/fraud.yaml", &service("fraud", "v47/"));
    commit("one");
    write("README.md", "models\n");
    commit("two");
    let lint = ["lint", "--select", "ran-in-staging", "--base", "HEAD~1"];
    let (exit, text) = run(folder.path(), &lint, &[]);
    assert_eq!((exit, text.contains("1 older finding on ")), (0, true), "{text}");
    write("base/fraud.yaml", &service("fraud", "v48/"));
    commit("three");
    let (exit, text) = run(folder.path(), &lint, &[]);
    assert_eq!(
        (exit, text.contains("one merge takes fraud v48 to staging and prod at once")),
        (1, true),
        "{text}"
    );
}

#[test]
fn a_pull_request_is_asked_about_itself_and_a_push_about_everything() {
    let folder = with_a_branch();
    let select = ["lint", "--select", "pinned-model-uri"];
    let of_request = [("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main")];
    let of_merge = [("GITLAB_CI", "true"), ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")];
    let of_push = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")];
    let of_schedule = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "schedule")];
    type Variables<'v> = &'v [(&'v str, &'v str)];
    let table: [(&[&str], Variables<'_>, i32); 9] = [
        (&[], &of_request, 0),
        (&[], &of_merge, 0),
        (&[], &of_push, 1),
        (&[], &of_schedule, 1),
        (&[], &[], 1),
        (&["--base", "main"], &[], 0),
        (&["--new-since", "main"], &of_push, 0),
        (&["--new-since", "HEAD"], &[], 0),
        (&["--all"], &of_request, 1),
    ];
    for (arguments, variables, code) in table {
        let (exit, text) = run(folder.path(), &[&select, arguments].concat(), variables);
        assert_eq!(exit, code, "{arguments:?} {variables:?}: {text}");
        let is_counted = text.contains("1 older finding on ");
        assert_eq!(is_counted, code == 0, "{text}");
    }
    let (exit, text) = run(folder.path(), &["lint", "--new-since", "nowhere"], &[]);
    assert_eq!(exit, 2, "{text}");
}

#[test]
fn a_policy_from_elsewhere_is_no_part_of_the_change() {
    let folder = with_a_branch();
    let elsewhere = tempfile::tempdir().unwrap();
    let policy = elsewhere.path().join("policy.yaml");
    fs::write(&policy, "rules: {pinned-model-uri: off}\n").unwrap();
    let policy = policy.to_str().unwrap();
    fs::write(folder.path().join("prod/new.yaml"), service("new", "latest")).unwrap();
    let select = ["lint", "--select", "pinned-model-uri", "--base", "main"];
    let (exit, text) = run(folder.path(), &[&select[..], &["--config", policy]].concat(), &[]);
    assert_eq!(exit, 0, "{text}");
    fs::write(folder.path().join("policy.yaml"), "rules: {pinned-model-uri: off}\n").unwrap();
    let (exit, text) = run(folder.path(), &[&select[..], &["--config", "policy.yaml"]].concat(), &[]);
    assert_eq!(exit, 1, "a policy that the change brings is the change's own: {text}");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    fs::create_dir(folder.path().join("prod")).unwrap();
    fs::write(folder.path().join("prod/fraud.yaml"), service("fraud", "latest")).unwrap();
    git(folder.path(), &["add", "."]);
    let (exit, text) = run(folder.path(), &["lint", "--staged", "--new-since", "HEAD"], &[]);
    assert_eq!(exit, 1, "{text}");
}
