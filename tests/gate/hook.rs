//! The hook, run by the real `pre-commit` on real commits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::action::service;
use super::root;

struct Clone {
    folder: tempfile::TempDir,
}

impl Clone {
    /// A repository whose hook is the one of this project, installed by `pre-commit install`.
    fn with_hook(id: &str) -> Self {
        let clone = Self { folder: tempfile::tempdir().unwrap() };
        clone.git(&["init", "--quiet"]);
        clone.git(&["config", "user.name", "a"]);
        clone.git(&["config", "user.email", "a@example.com"]);
        let config = format!(
            "repos:\n  - repo: {}\n    rev: HEAD\n    hooks:\n      - id: {id}\n",
            hooks(&clone.path().join("hooks")).display()
        );
        clone.write(".pre-commit-config.yaml", &config);
        clone.write(".gitignore", "/hooks\n/cache\n");
        clone.write("prod/fraud.yaml", &service("s3://models/fraud/v45/"));
        clone.git(&["add", "."]);
        clone.git(&["commit", "--quiet", "-m", "one"]);
        let installed = clone.command("pre-commit", &["install"]);
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        clone
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_mlgitops"));
        let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).env("PATH", path);
        command.env("PRE_COMMIT_HOME", self.path().join("cache")).env("MLGITOPS_BINARY", binary);
        command.output().unwrap()
    }

    fn git(&self, arguments: &[&str]) {
        let output = self.command("git", arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Whether a commit of what is staged is made, and what was said.
    fn commit(&self) -> (bool, String) {
        let output = self.command("git", &["commit", "-m", "next"]);
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }
}

/// A Git repository with what `pre-commit` needs of this one.
fn hooks(folder: &Path) -> PathBuf {
    let files = [
        ".pre-commit-hooks.yaml",
        "pyproject.toml",
        "packaging/mlgitops_wheel.py",
        "Cargo.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
    ];
    for file in files {
        let target = folder.join(file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(root().join(file), target).unwrap();
    }
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "hooks"],
    ] {
        assert!(Command::new("git").args(arguments).current_dir(folder).status().unwrap().success());
    }
    folder.to_owned()
}

fn judges_what_is_staged(id: &str) {
    let clone = Clone::with_hook(id);
    let (good, bad) = (service("s3://models/fraud/v46/"), service("s3://models/fraud/latest/"));
    // What is staged is bad, the work tree is good.
    clone.write("prod/fraud.yaml", &bad);
    clone.git(&["add", "."]);
    clone.write("prod/fraud.yaml", &good);
    let (made, said) = clone.commit();
    assert!(!made && said.contains("error[pinned-model-uri]"), "{said}");
    // What is staged is good, the work tree is bad.
    clone.git(&["add", "."]);
    clone.write("prod/fraud.yaml", &bad);
    let (made, said) = clone.commit();
    assert!(made, "{said}");
}

#[test]
#[ignore = "needs pre-commit: pip install pre-commit"]
fn the_binary_of_the_machine_judges_what_is_staged() {
    judges_what_is_staged("mlgitops-system");
}

#[test]
#[ignore = "needs pre-commit: pip install pre-commit"]
fn the_wheel_judges_what_is_staged() {
    judges_what_is_staged("mlgitops");
}

#[test]
#[ignore = "needs pre-commit: pip install pre-commit"]
fn what_was_there_before_stops_no_commit() {
    let clone = Clone::with_hook("mlgitops-system");
    clone.write("prod/fraud.yaml", &service("s3://models/fraud/latest/"));
    clone.git(&["add", "."]);
    clone.git(&["commit", "--quiet", "--no-verify", "-m", "in a hurry"]);
    clone.write("prod/churn.yaml", &service("s3://models/churn/v3/").replace("name: fraud", "name: churn"));
    clone.git(&["add", "."]);
    let (made, said) = clone.commit();
    assert!(made, "{said}");
}

/// A laptop's main is as old as its last fetch.
#[test]
fn promotion_is_at_most_a_warning_before_a_commit() {
    let clone = Clone { folder: tempfile::tempdir().unwrap() };
    clone.git(&["init", "--quiet"]);
    clone.write("mlgitops.yaml", "environments: [{name: staging}, {name: prod, guard: true}]\n");
    for environment in ["staging", "prod"] {
        clone.write(&format!("{environment}/fraud.yaml"), &service("s3://models/fraud/v45/"));
    }
    clone.git(&["add", "."]);
    clone.git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "one"]);
    clone.write("prod/fraud.yaml", &service("s3://models/fraud/v47/"));
    clone.git(&["add", "."]);
    let said = |arguments: &[&str]| {
        let output = clone.command(env!("CARGO_BIN_EXE_mlgitops"), arguments);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = said(&["lint", "--staged", "--new-since", "HEAD"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("warning[ran-in-staging]: fraud v47 has never run in staging"), "{text}");
    let (code, text) = said(&["lint"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("error[ran-in-staging]"), "{text}");
}
