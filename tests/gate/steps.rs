//! What `action.yml` and the workflows may not hold.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::root;
use super::runner::steps;

/// Every file that GitHub runs, or that the documentation tells people to let it run.
fn workflows() -> Vec<PathBuf> {
    let mut files = vec![root().join("action.yml")];
    for (folder, extension) in [(".github/workflows", "yml"), ("docs", "md")] {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|found| found == extension)));
    }
    files.push(root().join("README.md"));
    files
}

#[test]
fn no_expression_is_pasted_into_a_shell() {
    for step in steps() {
        assert!(!step.run.contains("${{"), "{}", step.name);
    }
    for path in workflows() {
        let mut in_run = None;
        for line in fs::read_to_string(&path).unwrap().lines() {
            let indent = line.len() - line.trim_start().len();
            let body = line.trim_start().trim_start_matches("- ");
            if in_run.is_some_and(|run| indent <= run && !line.trim().is_empty()) {
                in_run = None;
            }
            if body.starts_with("run:") {
                in_run = Some(indent);
            }
            assert!(in_run.is_none() || !line.contains("${{"), "{}: {line}", path.display());
        }
    }
}

#[test]
fn nothing_runs_with_the_rights_of_the_target() {
    for path in workflows() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("pull_request_target"), "{}", path.display());
    }
}

#[test]
fn every_script_of_the_folder_is_a_step() {
    let mut scripts: Vec<String> = fs::read_dir(root().join("action"))
        .unwrap()
        .map(|entry| {
            format!("\"$GITHUB_ACTION_PATH/action/{}\"", entry.unwrap().file_name().to_str().unwrap())
        })
        .collect();
    let mut used: Vec<String> = steps().into_iter().map(|step| step.run).collect();
    scripts.sort();
    used.sort();
    assert_eq!(scripts, used);
}

/// Needs `actionlint`; CI has it.
#[test]
#[ignore = "needs actionlint"]
fn actionlint_passes() {
    let output = Command::new("actionlint").current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
