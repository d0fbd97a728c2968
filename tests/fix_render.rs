//! After every fix, the real tools render what the linter says they do: `tests/fixes/rendered` holds
//! what `helm template` and `kustomize build` make of each fixed fixture (`cargo xtask oracle fixes`).
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn copy(from: &Path, to: &Path) {
    for path in entries(from) {
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

fn mlgitops(args: &[&str], folder: &Path) -> (i32, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_mlgitops")).args(args).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

/// A copy of a fixture with every fix made in it, twice: the second time there is none.
fn fixed(fixture: &Path) -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    copy(fixture, clone.path());
    // An overlay reaches up to its base as far as the repository goes.
    git2::Repository::init(clone.path()).unwrap();
    let args = ["lint", "--fix", "--unsafe-fixes", "--now", "2026-11-21T12:00:00Z"];
    let (code, _, said) = mlgitops(&args, clone.path());
    assert!(matches!(code, 0 | 1 | 3), "{}: {said}", fixture.display());
    let (_, _, again) = mlgitops(&args, clone.path());
    assert_eq!(again, "", "{}: a second run fixes something", fixture.display());
    clone
}

/// The fixture a file of expected output is about, and the folder in it.
fn parsed(name: &str) -> (PathBuf, PathBuf) {
    let mut parts = name.split("--");
    let first = parts.next().unwrap();
    let mut fixture = root().join("fixtures").join(first);
    if first == "layouts" {
        fixture = fixture.join(parts.next().unwrap()).join(parts.next().unwrap());
    }
    (fixture, parts.collect())
}

#[test]
fn what_is_fixed_renders_as_the_real_tools_say() {
    let files = entries(&root().join("tests/fixes/rendered"));
    assert!(files.len() > 10, "only {} outputs to compare with", files.len());
    let mut at: Option<(PathBuf, tempfile::TempDir)> = None;
    let mut wrong = String::new();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let (fixture, folder) = parsed(name);
        if at.as_ref().is_none_or(|(have, _)| *have != fixture) {
            at = Some((fixture.clone(), fixed(&fixture)));
        }
        let clone = at.as_ref().unwrap().1.path();
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        let (code, out, said) = mlgitops(&["render", folder.to_str().unwrap()], clone);
        let expected = fs::read_to_string(&file).unwrap();
        let is = if code == 0 { out } else { format!("refused\n{said}") };
        if is != expected && !(expected == "refused\n" && code != 0) {
            wrong += &format!("{name}:\n{is}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
