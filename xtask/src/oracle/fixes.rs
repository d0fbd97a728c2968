//! `cargo xtask oracle fixes`: what `helm template` and `kustomize build` make of every fixture once
//! every fix is made in it. `tests/fix_render.rs` makes the fixes; told to, it asks the real programs
//! and writes what they say, instead of comparing with it.

use std::process::Command;

use super::{Failure, helm, kustomize};
use crate::generate::root;

/// Lets the test write what it compares with.
pub(super) fn run() -> Result<String, Failure> {
    helm::HELM.check()?;
    kustomize::KUSTOMIZE.check()?;
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--package", "mlgitops", "--test", "fix_render"])
        .current_dir(root())
        .env("MLGITOPS_UPDATE", "1")
        .output()?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        return Err(String::from_utf8_lossy(&said).into_owned().into());
    }
    let folder = root().join("tests/fixes/rendered");
    Ok(format!("fixes: {} outputs, git says which changed", super::entries(&folder)?.len()))
}
