//! What a release holds: archives that the action finds, wheels that pip takes, and what is inside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::root;

fn run(folder: &Path, program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).envs(variables.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
    String::from_utf8(text).unwrap()
}

/// A copy of what the scripts of the release read.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("packaging")).unwrap();
    let files =
        ["Cargo.toml", "README.md", "pyproject.toml", "packaging/pack.sh", "packaging/tag-is-version.sh"];
    let beside = ["packaging/mlgitops_wheel.py", "packaging/sbom.py", "LICENSE", "NOTICE"];
    for file in files.iter().chain(&beside) {
        fs::copy(root().join(file), folder.path().join(file)).unwrap();
    }
    // The binary itself would take long to pack, and says no more than this.
    let binary = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_mlgitops"));
    for name in ["mlgitops", "mlgitops.exe"] {
        super::runner::executable(&folder.path().join(name), &binary);
    }
    folder
}

#[test]
fn a_tag_is_the_version_or_nothing_is_released() {
    let folder = copy();
    let check = |tag: &str| {
        run(folder.path(), "bash", &["packaging/tag-is-version.sh"], &[("TAG", tag)]).status.success()
    };
    assert!(check(concat!("v", env!("CARGO_PKG_VERSION"))));
    assert!(!check("v0.0.0") && !check(env!("CARGO_PKG_VERSION")));
}

#[test]
#[ignore = "needs python3 and pip"]
fn archives_and_wheels_hold_the_binary() {
    let folder = copy();
    let targets = [
        ("x86_64-unknown-linux-musl", "manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64"),
        ("aarch64-unknown-linux-musl", "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64"),
        ("x86_64-apple-darwin", "macosx_10_12_x86_64"),
        ("aarch64-apple-darwin", "macosx_11_0_arm64"),
        ("x86_64-pc-windows-msvc", "win_amd64"),
    ];
    let version = env!("CARGO_PKG_VERSION");
    let install = fs::read_to_string(root().join("action/install.sh")).unwrap();
    for (target, tag) in targets {
        assert!(install.contains(&format!("target={target} ;;")), "the action knows {target}");
        let built = folder.path().to_str().unwrap();
        said(&run(folder.path(), "bash", &["packaging/pack.sh"], &[("TARGET", target), ("BUILT", built)]));
        let dist = folder.path().join("dist");
        let archive = dist.join(format!("mlgitops-{version}-{target}.tar.gz"));
        let listed = said(&run(&dist, "tar", &["-tzf", archive.to_str().unwrap()], &[]));
        let binary = if target.contains("windows") { "mlgitops.exe" } else { "mlgitops" };
        assert_eq!(listed.lines().collect::<Vec<_>>(), ["LICENSE", "NOTICE", binary]);
        let wheel = dist.join(format!("mlgitops-{version}-py3-none-{tag}.whl"));
        let listed = said(&run(&dist, "python3", &["-m", "zipfile", "-l", wheel.to_str().unwrap()], &[]));
        for name in [&format!("data/scripts/{binary}"), "licenses/LICENSE", "licenses/NOTICE"] {
            assert!(listed.contains(name), "{tag} holds no {name}: {listed}");
        }
    }
}

#[test]
#[ignore = "needs python3 and pip"]
fn pip_installs_the_binary() {
    let folder = copy();
    let at = |path: &str| folder.path().join(path).to_str().unwrap().to_owned();
    said(&run(folder.path(), "python3", &["-m", "venv", "venv"], &[]));
    let pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation", "."];
    said(&run(folder.path(), &at("venv/bin/python"), &pip, &[("MLGITOPS_BINARY", &at("mlgitops"))]));
    let version = said(&run(folder.path(), &at("venv/bin/mlgitops"), &["--version"], &[]));
    assert_eq!(version, format!("mlgitops {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
#[ignore = "needs python3 and pip"]
fn a_download_is_what_the_release_states() {
    let folder = copy();
    let of = |sums: &str| {
        let script = format!(
            "import sys, io, tarfile, hashlib
sys.path.insert(0, 'packaging')
import mlgitops_wheel as wheel
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode='w:gz') as archive:
    archive.add('mlgitops')
digest = hashlib.sha256(packed.getvalue()).hexdigest()
sums = '{sums}'.replace('RIGHT', digest).encode()
wheel.fetch = lambda url: sums if url.endswith('SHA256SUMS') else packed.getvalue()
assert wheel.released('t') == open('mlgitops', 'rb').read()
"
        );
        run(folder.path(), "python3", &["-c", &script], &[])
    };
    let name = format!("mlgitops-{}-t.tar.gz", env!("CARGO_PKG_VERSION"));
    said(&of(&format!("RIGHT  {name}")));
    for wrong in [format!("00  {name}"), "RIGHT  other.tar.gz".to_owned(), String::new()] {
        let output = of(&wrong);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains("is not what it claims to be"), "{wrong}: {text}");
    }
}

#[test]
#[ignore = "needs python3 and pip"]
fn what_is_inside_is_listed() {
    let host = said(&run(root(), "rustc", &["-vV"], &[]));
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    let shell = format!(
        "cargo metadata --format-version 1 --locked --offline --filter-platform {host} | packaging/sbom.py"
    );
    let listed: serde_json::Value =
        serde_json::from_slice(&run(root(), "bash", &["-c", &shell], &[]).stdout).unwrap();
    let names: Vec<&str> =
        listed["components"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"git2") && names.contains(&"libgit2-sys"), "{names:?}");
    assert!(!names.contains(&"proptest") && !names.contains(&"insta"), "only what is compiled in");
    assert_eq!(listed["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
}
