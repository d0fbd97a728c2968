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

/// Needs `actionlint`; CI has it. `action.yml` is read as the action that `ci.yml` uses.
#[test]
#[ignore = "needs actionlint"]
fn actionlint_passes() {
    let output = Command::new("actionlint").current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The workflows of GitHub that a page shows, what it leaves out put around them.
fn shown_workflows(page: &str) -> Vec<String> {
    let fences = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let of_github = fences.filter(|fence| fence.contains("runs-on:") || fence.contains("uses:"));
    let whole = |fence: &str| match fence {
        step if step.starts_with("    ") => {
            format!("on: pull_request\njobs:\n  mlgitops:\n    runs-on: ubuntu-latest\n{step}")
        }
        jobs if !jobs.contains("\non:") => format!("on: pull_request\n{jobs}"),
        all => all.to_owned(),
    };
    of_github.map(whole).collect()
}

/// What people are told to copy, and what `mlgitops init` writes for them.
#[test]
#[ignore = "needs actionlint"]
fn actionlint_passes_what_people_copy() {
    let mut shown: Vec<(PathBuf, String)> = Vec::new();
    for path in workflows().into_iter().filter(|path| path.extension().is_some_and(|found| found == "md")) {
        let page = fs::read_to_string(&path).unwrap();
        shown.extend(shown_workflows(&page).into_iter().map(|text| (path.clone(), text)));
    }
    let folder = tempfile::tempdir().unwrap();
    let init = Command::new(env!("CARGO_BIN_EXE_mlgitops")).arg("init").arg(folder.path()).output().unwrap();
    assert!(init.status.success());
    let written = folder.path().join(".github/workflows/mlgitops.yml");
    shown.push((written.clone(), fs::read_to_string(written).unwrap()));
    assert_eq!(shown.len(), 5, "three on the page of GitHub, one in the README, one from init");
    for (path, text) in shown {
        let file = folder.path().join("shown.yml");
        fs::write(&file, &text).unwrap();
        let output = Command::new("actionlint").arg(&file).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}: {said}\n{text}", path.display());
    }
}
