//! Where fixes are made, by layout: `tests/fixes/origins.md` holds a small repository for each, and
//! what becomes of it. `MLGITOPS_UPDATE=1 cargo test --test fix_origins` writes it anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mlgitops::config::Config;
use mlgitops::finding::Safety;
use mlgitops::source::{Memory, Repositories};
use mlgitops::{Options, fix, lint};
use mlgitops_files::{Files, RepoPath};

/// The files of a section, and the rule it is about.
fn parsed(section: &str) -> (Vec<(String, Vec<u8>)>, &str) {
    let (_, body) = section.split_once("\nrule: ").unwrap();
    let (rule, body) = body.split_once('\n').unwrap();
    let body = body.split("\n=>").next().unwrap();
    let files = body.split("--- ").skip(1).map(|file| {
        let (path, text) = file.split_once('\n').unwrap();
        let text = if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
        (path.to_owned(), text.into_bytes())
    });
    (files.collect(), rule)
}

/// What is done about a rule: safe or not, the title, the lines that go and come.
fn fixed(files: Vec<(String, Vec<u8>)>, rule: &str) -> String {
    let files: Arc<dyn Files> = Arc::new(Memory::new(files));
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let root = RepoPath::root();
    let repositories = Repositories::default().with_folder("https://git.example.com/org/models", root);
    let options = Options { now, fixes: true, repositories, ..Options::default() };
    let report = lint(&files, &Config::default(), &options);
    let own: Vec<_> = report.findings.into_iter().filter(|finding| finding.rule == rule).collect();
    let mut text = String::new();
    if own.is_empty() {
        text += "nothing is reported\n";
    }
    for finding in &own {
        match &finding.fix {
            Some(fix) => {
                let safety = if fix.safety == Safety::Safe { "safe" } else { "unsafe" };
                text += &format!("{safety}: {}\n", fix.title);
            }
            None => text += "none\n",
        }
    }
    for (path, after) in fix::make(&own, true).files {
        text += &format!("{path}\n");
        let before = files.read(&path).unwrap().bytes;
        let (before, after) = (std::str::from_utf8(&before).unwrap(), std::str::from_utf8(&after).unwrap());
        let patch = mlgitops::report::patch::print(&path, before, after, false);
        for line in patch.lines().skip(2).filter(|line| line.starts_with(['+', '-'])) {
            text += &format!("  {line}\n");
        }
    }
    text
}

#[test]
fn fixes_are_made_where_the_value_comes_from() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixes/origins.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut sections = page.split("\n## ");
    let mut fresh = sections.next().unwrap().to_owned();
    for section in sections {
        let (files, rule) = parsed(section);
        let (input, _) = section.split_once("\n=>").unwrap();
        fresh += &format!("\n## {input}\n=>\n{}", fixed(files, rule));
    }
    if std::env::var_os("MLGITOPS_UPDATE").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert!(page == fresh || std::env::var_os("MLGITOPS_UPDATE").is_some(), "is:\n{fresh}");
}
