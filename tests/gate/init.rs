//! `mlgitops init`: what it writes for the repository it finds, and that it writes over nothing.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use mlgitops::config::{self, Config};
use mlgitops::rules::vocabulary;
use mlgitops_yaml::SourceFile;

use super::action::service;

fn init(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
    command.arg("init").args(arguments).current_dir(folder).env_clear();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

fn configuration(folder: &Path) -> Config {
    let file = SourceFile::of_text(config::FILE_NAME, &read(folder, config::FILE_NAME));
    config::read(&Arc::new(file), &vocabulary()).unwrap()
}

#[test]
fn it_writes_what_it_found() {
    let open = service("s3://models/fraud/v47");
    let folder = repository(&[("prod/fraud.yaml", &open), ("staging/fraud.yaml", &open)]);
    let said = init(folder.path(), &[]);
    insta::assert_snapshot!(said, @"
    written  mlgitops.yaml: what this repository says about itself, everything in it optional
    written  .github/workflows/mlgitops.yml: checks every pull request
    written  .pre-commit-config.yaml: checks what is staged before every commit, on laptops with the hook:
             pip install pre-commit && pre-commit install

    this is what it reports today:

    warning[s3-prefix]: fraud in prod would also download `v470/…` or `v47-rc1/…`: no `/` at the end
       ╭─[prod/fraud.yaml:8:19]
     8 │       storageUri: s3://models/fraud/v47
       ·                   ^^^^^^^^^^^^^^^^^^^^^ prod
       ├─[staging/fraud.yaml:8:19]
     8 │       storageUri: s3://models/fraud/v47
       ·                   ^^^^^^^^^^^^^^^^^^^^^ staging
       ╰─
      note: KServe takes every key with this beginning; none is named here: no harm yet
      help: end it in `/`: s3://models/fraud/v47/; its pods restart

    not checked: start-up budget of fraud: size unknown
           help: models.fraud.size in mlgitops.yaml, or a LocalModelCache with modelSize

    checked 2 releases of 1 model in 2 environments (2 folders of plain files): 1 warning, 1 note; not checked: 1

    none of this is in anybody's way: a pull request is asked only about what it brings itself
    ");
    insta::assert_snapshot!(read(folder.path(), "mlgitops.yaml"), @r#"
    # What this repository says about itself where Git alone does not. Everything is optional:
    # `mlgitops rules` lists what is checked, `mlgitops explain RULE` says why, and `mlgitops schema`
    # is the schema of this file for editors.

    # The promotion ladder, lowest rung first: a version comes to a rung when it ran one rung below.
    # These were found by their names.
    environments:
      - name: staging
      - name: prod
        # How long a version must have run one rung below.
        # soak: 24h

    # How large the artifacts are says whether probes let a pod load in time.
    # models:
    #   fraud: {size: 2GiB}

    # How loud a rule is: off, note, warning or error; for all, or by environment, or by path.
    # rules:
    #   gpu-placement: {prod: warning}
    # paths:
    #   - {path: "sandbox/**", rules: {artifact: note}}

    # Exceptions, each with its reason. An ended one turns red on the default branch.
    # waivers:
    #   - rule: s3-prefix
    #     object: InferenceService/NAMESPACE/NAME
    #     reason: one folder in this bucket
    #     owner: "@ml-platform"
    #     until: 2027-01-31
    "#);
    let names: Vec<String> =
        configuration(folder.path()).environments.into_iter().map(|one| one.name.value).collect();
    assert_eq!(names, ["staging", "prod"]);
}

#[test]
fn what_it_writes_changes_no_finding() {
    let open = service("s3://models/fraud/v47");
    let folder = repository(&[("prod/fraud.yaml", &open), ("staging/fraud.yaml", &open)]);
    let lint = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
        let output =
            command.args(["lint", "--format", "github"]).current_dir(folder.path()).env_clear().output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let before = lint();
    init(folder.path(), &[]);
    assert_eq!(lint(), before);
}

#[test]
fn it_writes_over_nothing() {
    let mine = [
        ("mlgitops.yaml", "profile: strict\n"),
        (".pre-commit-config.yaml", "repos: []\n"),
        (".github/workflows/mlgitops.yml", "name: mine\n"),
    ];
    let folder = repository(&mine);
    let said = init(folder.path(), &[]);
    for (path, text) in mine {
        assert_eq!(read(folder.path(), path), text);
        assert!(said.contains(&format!("kept     {path}: it is there already")), "{said}");
    }
    assert!(said.contains("      - id: mlgitops"), "the entry to add is shown: {said}");
}

#[test]
fn what_it_wrote_before_is_not_told_again() {
    let folder = repository(&[("prod/fraud.yaml", &service("s3://models/fraud/v47"))]);
    init(folder.path(), &[]);
    let said = init(folder.path(), &[]);
    assert!(said.contains("kept     .pre-commit-config.yaml: it is there already\n\nthis is what"), "{said}");
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = repository(&[("prod/fraud.yaml", &service("s3://models/fraud/v47"))]);
    let said = init(folder.path(), &["--dry-run"]);
    assert!(said.contains("would write mlgitops.yaml"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_repository_of_gitlab_gets_a_job() {
    let open = service("s3://models/fraud/v47");
    let folder = repository(&[("prod/fraud.yaml", &open), (".gitlab-ci.yml", "build: {script: [x]}\n")]);
    let said = init(folder.path(), &[]);
    assert!(said.contains("--output gitlab=gl-code-quality-report.json"), "{said}");
    assert!(!folder.path().join(".github").exists());
    assert_eq!(read(folder.path(), ".gitlab-ci.yml"), "build: {script: [x]}\n");
}

#[test]
fn names_of_strangers_stay_names() {
    let open =
        service("s3://models/fraud/v47").replace("name: fraud", "name: \"a\\nrules: {artifact: off}\"");
    let folder = repository(&[("prod/fraud.yaml", &open)]);
    init(folder.path(), &[]);
    let config = configuration(folder.path());
    assert!(config.rules.is_empty());
}
