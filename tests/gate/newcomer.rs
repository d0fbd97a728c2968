//! A new user's first day, as a transcript: a repository made of the demo, `init`, a bad promotion
//! before the commit and in the pull request.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::root;
use super::runner::{Event, Runner};

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

#[test]
fn the_first_day() {
    let runner = Runner::new(Event::PullRequest);
    let folder = runner.folder();
    copy(&root().join("fixtures/fleet/environments"), &folder.join("environments"));
    let mut transcript = typed(folder, "mlgitops init");
    runner.commit("the fleet");
    transcript += &typed(folder, "mlgitops lint");
    transcript += &typed(folder, "mlgitops status");
    runner.branch();
    let path = "environments/prod/fraud-detector.yaml";
    let text = fs::read_to_string(folder.join(path)).unwrap();
    runner.write(path, &text.replace("v43", "v48"));
    runner.git(&["add", "."]);
    transcript += "# prod/fraud-detector.yaml names v48 now, which only dev runs\n";
    transcript += &typed(folder, "mlgitops lint --staged --new-since HEAD");
    runner.commit("fraud-detector v48 in production");
    transcript += &typed(folder, "mlgitops diff main");
    let run = runner.run(&[]);
    let _ = write!(transcript, "# the pull request\n{}[exit code {}]\n\n", still(&run.log), run.code);
    let _ = write!(transcript, "# its summary\n{}", still(&run.summary()));
    insta::assert_snapshot!(transcript);
    let sarif = fs::read_to_string(run.output("sarif-file")).unwrap();
    assert!(sarif.contains("\"ruleId\":\"ran-in-staging\""));
    assert_eq!((run.code, run.output("errors")), (1, "1"));
}
