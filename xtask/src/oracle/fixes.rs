//! `cargo xtask oracle fixes`: what `helm template` and `kustomize build` make of every fixture once
//! every fix is made in it, for `tests/fix_render.rs` to compare with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Failure, Scratch, entries, helm, kustomize, write};
use crate::generate::root;

/// Fixes a copy of every fixture, renders it with the real programs, and writes what changed.
pub(super) fn run() -> Result<String, Failure> {
    helm::HELM.check()?;
    kustomize::KUSTOMIZE.check()?;
    let to = root().join("tests/fixes/rendered");
    fs::create_dir_all(&to)?;
    let (mut outputs, mut changed) = (0, 0);
    for fixture in fixtures()? {
        let scratch = Scratch::new("fixes")?;
        copy(&fixture, scratch.path())?;
        fix(scratch.path())?;
        for folder in deployables(scratch.path())? {
            let name =
                fixture.strip_prefix(root().join("fixtures"))?.join(folder.strip_prefix(scratch.path())?);
            let file = to.join(format!("{}.yaml", name.to_string_lossy().replace('/', "--")));
            changed += usize::from(write(&file, &rendered(&folder)?)?);
            outputs += 1;
        }
    }
    Ok(format!("fixes: {outputs} outputs, {changed} changed"))
}

/// Every fixture: the folders of `fixtures`, and those of its layouts.
fn fixtures() -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for folder in entries(&root().join("fixtures"))? {
        match folder.ends_with("layouts") {
            true => {
                for layout in entries(&folder)? {
                    found.extend(entries(&layout)?);
                }
            }
            false => found.push(folder),
        }
    }
    Ok(found)
}

/// Makes every fix with the program of this repository.
fn fix(folder: &Path) -> Result<(), Failure> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .args([
            "--package",
            "mlgitops",
            "--",
            "lint",
            "--fix",
            "--unsafe-fixes",
            "--now",
            "2026-11-21T12:00:00Z",
        ])
        .arg(folder)
        .output()?;
    match output.status.code() {
        Some(0 | 1 | 3) => Ok(()),
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

/// The charts and kustomizations below a folder.
fn deployables(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            found.extend(deployables(&path)?);
        } else if path.ends_with("Chart.yaml") || path.ends_with("kustomization.yaml") {
            found.push(folder.to_owned());
        }
    }
    Ok(found)
}

fn rendered(folder: &Path) -> Result<String, Failure> {
    let mut command = match folder.join("Chart.yaml").exists() {
        true => Command::new("helm"),
        false => Command::new("kustomize"),
    };
    match folder.join("Chart.yaml").exists() {
        true => command.args(["template", "release-name"]).arg(folder),
        false => command.arg("build").arg(folder),
    };
    let output = command.output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Ok("refused\n".to_owned()),
    }
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
