//! `cargo xtask oracle kustomize`: what `kustomize build` says of every case of `crates/kustomize/tests/cases`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Failure, Program, Scratch, entries, write};
use crate::generate::root;

pub(super) const KUSTOMIZE: Program = Program {
    name: "kustomize",
    version: &["version"],
    wanted: "v5.8.1",
    install: "go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1",
};

/// Builds every case anew and writes what changed.
pub(super) fn run() -> Result<String, Failure> {
    KUSTOMIZE.check()?;
    let (mut cases, mut changed) = (0, 0);
    for path in entries(&root().join("crates/kustomize/tests/cases"))? {
        let text = fs::read_to_string(&path)?;
        let anew = case(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        changed += usize::from(write(&path, &anew)?);
        cases += 1;
    }
    Ok(format!("kustomize: {cases} cases, {changed} changed"))
}

/// A case with what the program says of it today.
fn case(text: &str) -> Result<String, Failure> {
    let (head, sections) = text.split_once('\n').ok_or("the file is empty")?;
    let folder = head.strip_prefix("build ").ok_or("the first line is no `build FOLDER`")?;
    let scratch = Scratch::new("kustomize")?;
    let mut anew = format!("{head}\n");
    for section in sections.split("=== ").skip(1) {
        let (title, body) = section.split_once('\n').unwrap_or((section.trim_end(), ""));
        if matches!(title, "output" | "refused") {
            continue;
        }
        let file = scratch.path().join(title);
        fs::create_dir_all(file.parent().unwrap_or(scratch.path()))?;
        fs::write(file, body)?;
        anew.push_str(&format!("=== {title}\n{body}"));
    }
    anew.push_str(&build(&scratch, folder)?);
    Ok(anew)
}

fn build(scratch: &Scratch, folder: &str) -> Result<String, Failure> {
    let output = Command::new("kustomize")
        .args(["build", "--enable-helm"])
        .arg(Path::new(scratch.path()).join(folder))
        .output()?;
    if output.status.success() {
        return Ok(format!("=== output\n{}", String::from_utf8(output.stdout)?));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let said: String = without_addresses(&scratch.without(&said.join(" "))).chars().take(300).collect();
    Ok(format!("=== refused\n{said}\n"))
}

/// A message without addresses in memory, which are others in every run.
fn without_addresses(message: &str) -> String {
    let mut pieces = message.split("0x");
    let mut same = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        same.push_str("0x");
        same.push_str(piece.trim_start_matches(|character: char| character.is_ascii_hexdigit()));
    }
    same
}
