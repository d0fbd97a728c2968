//! After every fix, the real tools render what the linter says they do: `tests/fixes/rendered` holds
//! what `helm template` and `kustomize build` make of each fixed fixture, of each layout in
//! `tests/fixes/origins.md`, and of the charts and kustomizations in the examples of rules that fix
//! something. `cargo xtask oracle fixes` writes it anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod examples;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use examples::{repositories, section};
use mlgitops::rules::{FixKind, registry};

/// What a chart with one values file for all environments is told.
const ENVIRONMENTS: [&str; 3] = ["env=dev", "env=staging", "env=prod"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// A repository before its fixes: its name, its files.
struct Case {
    name: String,
    files: Vec<(String, Vec<u8>)>,
}

fn read_all(root: &Path, folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for path in entries(folder) {
        if path.is_dir() {
            read_all(root, &path, into);
        } else {
            into.push((
                path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            ));
        }
    }
}

/// Every fixture, every layout, every example with something to render and to fix.
fn cases() -> Vec<Case> {
    let fixtures = root().join("fixtures");
    let below = |folder: &Path| entries(folder).into_iter().filter(|path| path.is_dir());
    let plain = below(&fixtures).filter(|folder| !folder.ends_with("layouts"));
    let layouts = below(&fixtures.join("layouts")).flat_map(|layout| below(&layout).collect::<Vec<_>>());
    let mut cases: Vec<Case> = plain
        .chain(layouts)
        .map(|folder| {
            let mut files = Vec::new();
            read_all(&folder, &folder, &mut files);
            let name = folder.strip_prefix(&fixtures).unwrap().to_str().unwrap();
            Case { name: name.replace('/', "--"), files }
        })
        .collect();
    let page = fs::read_to_string(root().join("tests/fixes/origins.md")).unwrap();
    for part in page.split("\n## ").skip(1) {
        let (title, rest) = part.split_once('\n').unwrap();
        let body = rest.split("\n=>").next().unwrap();
        let file = |file: &str| {
            let (path, text) = file.split_once('\n').unwrap();
            (path.to_owned(), format!("{}\n", text.trim_end_matches('\n')).into_bytes())
        };
        let name = format!("origins--{}", title.replace([' ', ','], "-"));
        cases.push(Case { name, files: body.split("--- ").skip(1).map(file).collect() });
    }
    for rule in registry::RULES.iter().filter(|rule| rule.fix != FixKind::None) {
        for (at, example) in repositories(section(rule.page, "Example"), rule.id).into_iter().enumerate() {
            let files = example.files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
            cases.push(Case { name: format!("{}--{}", rule.id, at + 1), files });
        }
    }
    cases
}

fn run(program: &str, args: &[&str], folder: &Path) -> (i32, String, String) {
    let ran = Command::new(program).args(args).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

fn mlgitops(args: &[&str], folder: &Path) -> (i32, String, String) {
    run(env!("CARGO_BIN_EXE_mlgitops"), args, folder)
}

/// A repository with every fix made in it: no fixable finding is left, a second run changes nothing.
fn fixed(case: &Case) -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    for (path, bytes) in &case.files {
        let path = clone.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    // An overlay reaches up to its base as far as the repository goes.
    git2::Repository::init(clone.path()).unwrap();
    let args = ["lint", "--fix", "--unsafe-fixes", "--now", "2026-11-21T12:00:00Z"];
    let (code, _, said) = mlgitops(&args, clone.path());
    assert!(matches!(code, 0 | 1 | 3), "{}: {said}", case.name);
    let (_, out, again) = mlgitops(&args, clone.path());
    assert_eq!(again, "", "{}: a second run fixes something", case.name);
    assert!(!out.contains("fixable"), "{}: something fixable is left:\n{out}", case.name);
    clone
}

/// The charts and kustomizations below a folder. A folder of templates and values becomes a chart
/// here: no tool renders it before it is one.
fn deployables(folder: &Path, into: &mut Vec<PathBuf>) {
    let has = |name: &str| folder.join(name).exists();
    if has("templates") && has("values.yaml") && !has("Chart.yaml") {
        fs::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: chart\nversion: 1.0.0\n").unwrap();
    }
    if has("Chart.yaml") || has("kustomization.yaml") {
        into.push(folder.to_owned());
    }
    for path in entries(folder).into_iter().filter(|path| path.is_dir() && !path.ends_with(".git")) {
        deployables(&path, into);
    }
}

/// Every rendering of a fixed repository: its name, the folder in it, what a chart is told.
fn renderings(case: &Case, clone: &Path) -> Vec<(String, PathBuf, Option<&'static str>)> {
    let mut folders = Vec::new();
    deployables(clone, &mut folders);
    let mut all = Vec::new();
    for folder in folders {
        let inner = folder.strip_prefix(clone).unwrap().to_str().unwrap().replace('/', "--");
        let name = if inner.is_empty() { case.name.clone() } else { format!("{}--{inner}", case.name) };
        let values = fs::read_to_string(folder.join("values.yaml")).unwrap_or_default();
        if values.lines().any(|line| line.starts_with("env: ")) {
            all.extend(ENVIRONMENTS.map(|told| (format!("{name}--{told}"), folder.clone(), Some(told))));
        } else {
            all.push((name, folder, None));
        }
    }
    all
}

/// What this program renders, or that it refuses to.
fn ours(folder: &Path, told: Option<&str>) -> String {
    let args = ["render", "."].into_iter().chain(told.into_iter().flat_map(|told| ["--set", told]));
    match mlgitops(&args.collect::<Vec<_>>(), folder) {
        (0, out, _) => out,
        _ => "refused\n".to_owned(),
    }
}

/// The same of the real program.
fn theirs(folder: &Path, told: Option<&str>) -> String {
    let told = told.into_iter().flat_map(|told| ["--set", told]);
    let ran = match folder.join("Chart.yaml").exists() {
        true => {
            let args = ["template", "release-name", "."].into_iter().chain(told);
            run("helm", &args.collect::<Vec<_>>(), folder)
        }
        false => run("kustomize", &["build", "."], folder),
    };
    match ran {
        (0, out, _) => out,
        _ => "refused\n".to_owned(),
    }
}

#[test]
fn what_is_fixed_renders_as_the_real_tools_say() {
    let rendered = root().join("tests/fixes/rendered");
    let is_update = std::env::var_os("MLGITOPS_UPDATE").is_some();
    let (mut wrong, mut names) = (String::new(), BTreeSet::new());
    for case in cases() {
        let clone = fixed(&case);
        for (name, folder, told) in renderings(&case, clone.path()) {
            let file = rendered.join(format!("{name}.yaml"));
            if is_update {
                fs::write(&file, theirs(&folder, told)).unwrap();
            }
            let expected = fs::read_to_string(&file).unwrap_or_else(|error| format!("{error}\n"));
            let is = ours(&folder, told);
            if is != expected {
                wrong += &format!("{name}:\n{is}instead of\n{expected}\n");
            }
            names.insert(file);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for file in entries(&rendered).into_iter().filter(|file| !names.contains(file)) {
        assert!(is_update, "{} is of no rendering", file.display());
        fs::remove_file(file).unwrap();
    }
    assert!(names.len() > 40, "only {} renderings are compared", names.len());
}
