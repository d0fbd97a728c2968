//! What holds for every rule and every page of this repository.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlgitops::report::page;
use mlgitops::rules::registry::RULES;
use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The headings of a page, in order.
fn headings(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("## ")).collect()
}

#[test]
fn every_rule_has_a_page_with_examples_and_accepted_forms() {
    for rule in RULES {
        let wanted = ["What it does", "Why it matters", "Example", "Use instead", "Accepted", "Limits"];
        let found = headings(rule.page);
        let kept: Vec<&str> = found.iter().copied().filter(|heading| wanted.contains(heading)).collect();
        assert_eq!(kept, wanted, "{}", rule.id);
        let section = |name: &str| {
            let rest = rule.page.split(&format!("\n## {name}\n")).nth(1).unwrap();
            rest.split("\n## ").next().unwrap().to_owned()
        };
        assert!(section("Example").contains("#~ ") || section("Example").contains("line="), "{}", rule.id);
        for shown in ["Use instead", "Accepted"] {
            assert!(section(shown).contains("```"), "{} shows nothing under {shown}", rule.id);
        }
        assert!(rule.page.contains(&format!("\n# {}\n", rule.id)), "{}", rule.id);
        assert!(!rule.cases.is_empty() && !rule.checks.is_empty(), "{}", rule.id);
    }
}

#[test]
fn ids_are_unique_sorted_and_of_one_form() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let form = Regex::new("^[a-z][a-z0-9]*(-[a-z0-9]+)*$").unwrap();
    let categories: BTreeSet<&str> = RULES.iter().map(|rule| rule.category).collect();
    let known = [
        "promotion",
        "artifact",
        "reconcile",
        "scheduling",
        "startup",
        "traffic",
        "observability",
        "security",
        "schema",
        "hygiene",
    ];
    for rule in RULES {
        assert!(form.is_match(rule.id) && !categories.contains(rule.id), "{}", rule.id);
        assert!(known.contains(&rule.category), "{}", rule.category);
        let cases: BTreeSet<&str> = rule.cases.iter().map(|case| case.id).collect();
        assert_eq!(cases.len(), rule.cases.len(), "{}", rule.id);
        assert!(rule.cases.iter().all(|case| form.is_match(case.id)), "{}", rule.id);
    }
}

#[test]
fn two_files_are_a_rule_and_nothing_else_lies_there() {
    let files = |folder: &str, extension: &str| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for category in fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            if !category.is_dir() {
                continue;
            }
            let name = category.file_name().unwrap().to_str().unwrap().to_owned();
            for file in fs::read_dir(&category).unwrap().map(|entry| entry.unwrap().path()) {
                if file.extension().is_some_and(|found| found == extension) {
                    found.insert(format!("{name}/{}", file.file_stem().unwrap().to_str().unwrap()));
                }
            }
        }
        found
    };
    let (pages, code) = (files("rules", "md"), files("src/rules", "rs"));
    let of_registry: BTreeSet<String> =
        RULES.iter().map(|rule| format!("{}/{}", rule.category, rule.id)).collect();
    assert_eq!(pages, of_registry);
    for rule in &of_registry {
        assert!(code.contains(&rule.replace('-', "_")), "{rule} has no code");
    }
}

/// Lower case, no full stop at the end, nobody is begged or judged.
#[test]
fn summaries_keep_the_style_of_messages() {
    let word = Regex::new(r"(?i)\b(please|should|invalid)\b").unwrap();
    for rule in RULES {
        let text = rule.summary;
        let first = text.split(' ').next().unwrap();
        let is_lower =
            first.chars().next().unwrap().is_lowercase() || first.chars().skip(1).any(char::is_uppercase);
        let is_name = first.starts_with(|letter: char| letter.is_uppercase()) && !first.ends_with('s');
        assert!(is_lower || is_name, "{}: {text}", rule.id);
        assert!(!text.ends_with('.') && !text.contains('\n'), "{}: {text}", rule.id);
        assert!(!word.is_match(text), "{}: {text}", rule.id);
    }
}

/// The messages themselves, as the code writes them: every text that a rule hands to a violation.
#[test]
fn messages_keep_the_style() {
    let begged = Regex::new(r#""[^"]*\b(please|should|invalid)\b[^"]*""#).unwrap();
    let stopped = Regex::new(r#"(message|note|help) = (format!\()?"[^"]*[a-z]\.""#).unwrap();
    let mut seen = 0;
    for path in rust_files(&root().join("src/rules")) {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            seen += usize::from(line.contains("let message = "));
            assert!(!begged.is_match(line), "{}: {line}", path.display());
            assert!(!stopped.is_match(line), "{}: {line}", path.display());
        }
    }
    assert!(seen > 50, "{seen} messages were read");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => found.extend(rust_files(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
    found
}

#[test]
fn the_documentation_is_what_the_pages_say() {
    let index = read("docs/rules/README.md");
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    for rule in RULES {
        let path = format!("docs/rules/{}.md", rule.id);
        let text = read(&path);
        assert!(text.contains(&page::plain(rule.page)), "{path} is old: cargo xtask generate");
        for case in rule.cases {
            assert!(text.contains(&format!("\n| `{}` |", case.id)), "{path}: {}", case.id);
        }
        assert!(index.contains(&format!("[`{0}`]({0}.md)", rule.id)), "{}", rule.id);
        expected.insert(format!("{}.md", rule.id));
    }
    let found: BTreeSet<String> = fs::read_dir(root().join("docs/rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:]+)(#[^)]*)?\)").unwrap();
    let mut seen = 0;
    let pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md"];
    for page in pages.into_iter().chain(["docs/github.md", "docs/gitlab.md", "docs/adoption.md"]) {
        let folder = root().join(page).parent().unwrap().to_owned();
        for found in link.captures_iter(&read(page)) {
            seen += 1;
            assert!(folder.join(&found[1]).exists(), "{page}: {}", &found[1]);
        }
    }
    assert!(seen > 3, "{seen} links were read");
}

#[test]
fn the_inputs_of_the_action_are_documented() {
    let action = read("action.yml");
    let inputs = action.split("\ninputs:\n").nth(1).unwrap().split("\noutputs:\n").next().unwrap();
    let page = read("docs/github.md");
    let name = Regex::new(r"(?m)^  ([a-z-]+):$").unwrap();
    let mut count = 0;
    for found in name.captures_iter(inputs) {
        count += 1;
        assert!(page.contains(&format!("\n| `{}` |", &found[1])), "{}", &found[1]);
    }
    assert_eq!(page.matches("\n| `").count(), count, "what is documented exists");
}

/// A clean repository, away from the history of this one.
#[test]
fn the_demo_fleet_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("fixtures/fleet"), folder.path());
    let output = Command::new(env!("CARGO_BIN_EXE_mlgitops"))
        .arg("lint")
        .arg(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let clean = "checked 4 releases of 2 models in 3 environments (3 folders of plain files): clean\n";
    assert_eq!((output.status.code(), text.as_str()), (Some(0), clean));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What CONTRIBUTING tells people to type exists: `cargo xtask COMMAND`, test targets, files.
#[test]
fn contributing_names_what_exists() {
    let page = read("CONTRIBUTING.md");
    let ci = read(".ci/run");
    let main = read("xtask/src/main.rs");
    let command = Regex::new(r"cargo xtask ([a-z]+)").unwrap();
    let commands: BTreeSet<&str> =
        command.captures_iter(&page).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(commands.contains("generate"));
    for command in commands {
        assert!(main.contains(&format!("\"{command}\" =>")), "{command}");
    }
    let test = Regex::new(r"cargo test --test ([a-z_]+)").unwrap();
    for found in test.captures_iter(&page) {
        assert!(root().join(format!("tests/{}.rs", &found[1])).exists(), "{}", &found[1]);
    }
    assert!(ci.contains("cargo test --workspace") && ci.contains("cargo xtask generate"));
}

/// The fences of a page that show a file: its path and its text.
fn shown_files(page: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let ticks = line.chars().take_while(|letter| *letter == '`').count();
        let file = line.split_whitespace().find_map(|word| word.strip_prefix("file="));
        if let Some(file) = file.filter(|_| ticks >= 3) {
            let end = "`".repeat(ticks);
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            files.push((file.to_owned(), body.join("\n") + "\n"));
        }
    }
    files
}

/// Makes a folder hold these files and no other; what is there already keeps its time, so that it is
/// not compiled again.
fn hold(folder: &Path, files: &BTreeSet<String>) {
    for path in files {
        let (from, to) = (fs::read(root().join(path)).unwrap(), folder.join(path));
        if fs::read(&to).is_ok_and(|have| have == from) {
            continue;
        }
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, from).unwrap();
    }
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for path in fs::read_dir(inner).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if !files.contains(path.strip_prefix(folder).unwrap().to_str().unwrap()) {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

/// Does what CONTRIBUTING says in a copy of the project, with the very commands it shows. The copy
/// has one place, and takes the libraries that are compiled already.
#[test]
#[ignore = "compiles the project again"]
fn a_rule_is_two_files() {
    let page = read("CONTRIBUTING.md");
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = temporary.join("two-files");
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    hold(
        &folder,
        &listed.split('\0').filter(|path| root().join(path).is_file()).map(str::to_owned).collect(),
    );
    let files = shown_files(&page);
    assert_eq!(files.len(), 2);
    for (path, text) in files {
        let target = folder.join(path);
        assert!(!target.exists());
        fs::write(target, text).unwrap();
    }
    let shell = page.split("Then:\n\n```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let output = Command::new("bash")
        .args(["-euxo", "pipefail", "-c", shell])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", temporary.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let registry = fs::read_to_string(folder.join("src/rules/registry.rs")).unwrap();
    assert!(registry.contains("\"default-namespace\""));
    assert!(folder.join("docs/rules/default-namespace.md").exists());
}
