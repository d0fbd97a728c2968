//! `cargo xtask oracle helm`: what `helm template` says of every chart in `crates/helm/tests/charts`.
//!
//! A folder there is a small repository with a file `cases`, a case a line: `NAME: ARGUMENTS`, or
//! `NAME at FILE:LINE: ARGUMENTS`, of which only the test reads the place. What Helm prints becomes
//! `NAME.expected.yaml`, what it refuses `NAME.refused`. Dependencies that stand
//! in the repository (`file://`) are taken first, as Argo CD has them taken.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::{Failure, Program, Scratch, entries, write};
use crate::generate::root;

pub(super) const HELM: Program = Program {
    name: "helm",
    version: &["version", "--template", "{{.Version}}"],
    wanted: "v3.22",
    install: "go install helm.sh/helm/v3/cmd/helm@v3.22.0",
};

/// Renders every case anew and writes what changed.
pub(super) fn run() -> Result<String, Failure> {
    HELM.check()?;
    let (mut cases, mut changed) = (0, 0);
    for folder in entries(&root().join("crates/helm/tests/charts"))? {
        let (all, new) = charts(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        cases += all;
        changed += new;
    }
    Ok(format!("helm: {cases} cases, {changed} changed"))
}

/// The number of cases of a folder, and how many said something new.
fn charts(folder: &Path) -> Result<(usize, usize), Failure> {
    let scratch = Scratch::new("helm")?;
    copy(folder, scratch.path())?;
    take_dependencies(scratch.path())?;
    let (mut cases, mut changed) = (0, 0);
    for line in fs::read_to_string(folder.join("cases"))?.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (head, arguments) = line.split_once(": ").ok_or("a line of `cases` is no `NAME: ARGUMENTS`")?;
        let name = head.split(' ').next().unwrap_or(head);
        let output = helm(scratch.path(), &[&["template"], &words(arguments)[..]].concat())?;
        let printed = folder.join(format!("{name}.expected.yaml"));
        let refused = folder.join(format!("{name}.refused"));
        let (now, text, before) = if output.status.success() {
            (printed, String::from_utf8(output.stdout)?, refused)
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            (refused, scratch.without(&said), printed)
        };
        changed += usize::from(write(&now, &text)?);
        if before.exists() {
            fs::remove_file(before)?;
        }
        cases += 1;
    }
    Ok((cases, changed))
}

fn helm(folder: &Path, arguments: &[&str]) -> Result<Output, Failure> {
    Ok(Command::new("helm").args(arguments).current_dir(folder).output()?)
}

/// `helm dependency update` where a chart names charts of the same repository, innermost first.
fn take_dependencies(root: &Path) -> Result<(), Failure> {
    let mut charts = Vec::new();
    find_charts(root, &mut charts)?;
    charts.sort_by_key(|chart| std::cmp::Reverse(chart.components().count()));
    for chart in charts {
        let output = helm(&chart, &["dependency", "update", "--skip-refresh"])?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
    }
    Ok(())
}

/// The charts whose dependencies stand beside them.
fn find_charts(folder: &Path, found: &mut Vec<std::path::PathBuf>) -> Result<(), Failure> {
    for path in entries(folder)? {
        if path.is_dir() {
            find_charts(&path, found)?;
        }
        let names = ["Chart.yaml", "requirements.yaml"];
        let is_named = names.iter().any(|name| path.ends_with(name));
        if is_named && fs::read_to_string(&path)?.contains("file://") {
            found.push(folder.to_path_buf());
        }
    }
    Ok(())
}

/// The words of a line; `'` holds a word with spaces together.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (at, piece) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(piece);
        } else {
            words.extend(piece.split_whitespace());
        }
    }
    words
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    for path in entries(from)? {
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            fs::create_dir_all(&to)?;
            copy(&path, &to)?;
        } else {
            fs::copy(&path, &to)?;
        }
    }
    Ok(())
}
