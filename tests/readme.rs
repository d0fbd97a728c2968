//! The README shows what the linter prints, and the commands that CI runs.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The blocks of a page in a language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let opener = format!("```{language}\n");
    page.split(&opener).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn it_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("README.md")).unwrap();
    let commands = blocks(&page, "sh");
    let arguments = commands[0].trim().strip_prefix("cargo run --quiet -- ").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mlgitops"))
        .args(arguments.split(' '))
        .current_dir(root)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), blocks(&page, "text")[0]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn ci_runs_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("README.md")).unwrap();
    let ci = fs::read_to_string(root.join(".ci/run")).unwrap();
    assert!(ci.lines().any(|line| line.starts_with(blocks(&page, "sh")[1].trim())));
}
