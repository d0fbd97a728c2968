//! A new user's first day, as a transcript: a repository made of the demo, `init`, the hook
//! installed, a commit that it refuses, a bad promotion committed, and its pull request.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::root;
use super::runner::{Event, Runner, executable};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What a command prints, as a terminal shows it, what differs from day to day taken out.
fn typed(folder: &Path, line: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
    let arguments = line.strip_prefix("mlgitops ").unwrap().split(' ');
    let output = command.args(arguments).current_dir(folder).env_clear().output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let end = output.status.code().unwrap();
    format!("$ {line}\n{}[exit code {end}]\n\n", still(&text))
}

fn still(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, instead) in [
        (r"\b[0-9a-f]{40}\b", "COMMIT"),
        (r"\b[0-9a-f]{7}\b", "COMMIT"),
        (r"\b\d+ ms\b", "0 ms"),
        (r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", "DAY"),
        (r"since \d+ ?[smhd]\w*( \d+ ?\w+)?", "since a moment"),
        (r"/tmp/[^ ]*/mlgitops", "FOLDER"),
    ] {
        text = regex::Regex::new(pattern).unwrap().replace_all(&text, instead).into_owned();
    }
    text
}

/// Lets Git run what the hook of this project runs, as `pre-commit install` does.
fn install_hook(runner: &Runner) {
    let hooks = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let entry = hooks.lines().find_map(|line| line.strip_prefix("  entry: mlgitops ")).unwrap();
    let script = format!("#!/bin/sh\nexec '{}' {entry}\n", env!("CARGO_BIN_EXE_mlgitops"));
    executable(&runner.folder().join(".git/hooks/pre-commit"), &script);
}

/// What `git commit` says of everything that was changed, the hook included.
fn committed(runner: &Runner, message: &str) -> String {
    runner.git(&["add", "--all"]);
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", message]);
    let output = command.current_dir(runner.folder()).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    format!("$ git commit -m {message:?}\n{}[exit code {}]\n\n", still(&text), output.status.code().unwrap())
}

#[test]
fn the_first_day() {
    let runner = Runner::new(Event::PullRequest);
    let folder = runner.folder();
    copy(&root().join("fixtures/fleet/environments"), &folder.join("environments"));
    let mut transcript = typed(folder, "mlgitops init");
    runner.commit("the fleet");
    install_hook(&runner);
    transcript += &typed(folder, "mlgitops lint");
    transcript += &typed(folder, "mlgitops status");
    runner.branch();
    let path = "environments/prod/fraud-detector.yaml";
    let text = fs::read_to_string(folder.join(path)).unwrap();
    runner.write(path, &text.replace("v43", "latest"));
    transcript += "# prod/fraud-detector.yaml names `latest` now\n";
    transcript += &committed(&runner, "the newest fraud-detector in production");
    runner.write(path, &text.replace("v43", "v48"));
    transcript += "# prod/fraud-detector.yaml names v48 now, which only dev runs\n";
    transcript += &committed(&runner, "fraud-detector v48 in production");
    transcript += &typed(folder, "mlgitops diff main");
    let run = runner.run(&[]);
    let _ = write!(transcript, "# the pull request\n{}[exit code {}]\n\n", still(&run.log), run.code);
    let _ = write!(transcript, "# its summary\n{}", still(&run.summary()));
    insta::assert_snapshot!(transcript);
    let sarif = fs::read_to_string(run.output("sarif-file")).unwrap();
    assert!(sarif.contains("\"ruleId\":\"ran-in-staging\""));
    assert_eq!((run.code, run.output("errors")), (1, "1"));
}
