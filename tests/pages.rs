//! Every rule's page is its test: the examples in it are small repositories that are linted.
//!
//! Adjacent fences form one repository; prose after a fence begins the next one. A line that ends
//! in `#~ <rule>` (or a fence with `line=N`) must be reported by that rule, and no other line may
//! be. A fence with `commit=N` belongs to the N-th commit, made `at=2026-11-18T09:00Z`; the last is
//! head, what the commits before it left is the base of the change, and they are its history. A
//! fence with `gone` takes its file away. "Use instead" is the repository of "Example" with the files it shows replaced, and silent;
//! so is every repository of "Accepted".
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops::history::Change;
use mlgitops::rules::{Rule, registry, vocabulary};
use mlgitops::source::{About, Chain, Memory, MemoryChain, MemoryCommit};
use mlgitops::{Options, config, lint};
use mlgitops_files::Files;

/// A small repository and the lines that must be reported, by file.
#[derive(Default, Clone)]
struct Repository {
    files: BTreeMap<String, String>,
    /// Symbolic links and their targets.
    links: BTreeMap<String, String>,
    /// The files as the commit before the last one left them.
    base: Option<BTreeMap<String, String>>,
    /// The commits before the last one, the oldest first: what each left, and when it was made.
    history: Vec<(BTreeMap<String, String>, i64)>,
    commit: u32,
    /// When the commit that is read was made, seconds since 1970.
    time: i64,
    expected: BTreeSet<(String, u32)>,
}

/// The repositories of one section of a page, in order.
fn repositories(section: &str, rule: &str) -> Vec<Repository> {
    let mut all: Vec<Repository> = Vec::new();
    let mut fresh = true;
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            fresh |= !line.trim().is_empty();
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut words = info.split_whitespace().skip(1).peekable();
        if words.peek().is_none() {
            continue;
        }
        if fresh {
            all.push(Repository::default());
            fresh = false;
        }
        add_fence(all.last_mut().unwrap(), words, &body, rule);
    }
    all
}

fn add_fence<'w>(
    repository: &mut Repository,
    words: impl Iterator<Item = &'w str>,
    body: &[&str],
    rule: &str,
) {
    let mut path = None;
    let mut gone = false;
    for word in words {
        match word.split_once('=') {
            Some(("file", name)) => path = Some(name.to_owned()),
            Some(("line", number)) => {
                let path: &Option<String> = &path;
                repository.expected.insert((path.clone().unwrap(), number.parse().unwrap()));
            }
            Some(("link", target)) => {
                let path: &Option<String> = &path;
                repository.links.insert(path.clone().unwrap(), target.to_owned());
            }
            Some(("commit", number)) => {
                let number: u32 = number.parse().unwrap();
                if number > repository.commit && repository.commit > 0 {
                    repository.base = Some(repository.files.clone());
                    repository.history.push((repository.files.clone(), repository.time));
                    repository.expected.clear();
                }
                repository.commit = number;
            }
            Some(("at", time)) => {
                let seconds = time.replace('Z', ":00Z").parse::<jiff::Timestamp>().unwrap();
                repository.time = seconds.as_second();
            }
            None if word == "gone" => gone = true,
            _ => panic!("{word} is no attribute of a fence"),
        }
    }
    let path = path.expect("a fence of an example names its file");
    let mut text = String::new();
    for (index, line) in body.iter().enumerate() {
        let (content, marks) = line.split_once("#~").unwrap_or((line, ""));
        if marks.split(',').any(|mark| mark.trim() == rule) {
            repository.expected.insert((path.clone(), index as u32 + 1));
        }
        text += if marks.is_empty() { line } else { content.trim_end() };
        text.push('\n');
    }
    if gone {
        repository.files.remove(&path);
    } else if !repository.links.contains_key(&path) {
        repository.files.insert(path, text);
    }
}

fn section<'p>(page: &'p str, name: &str) -> &'p str {
    let Some(at) = page.find(&format!("\n## {name}\n")) else { return "" };
    let body = &page[at + name.len() + 5..];
    body.find("\n## ").map_or(body, |end| &body[..end])
}

/// The lines a rule reports in a repository: the primary line of each of its findings.
fn reported(repository: &Repository, rule: &Rule) -> BTreeSet<(String, u32)> {
    let files =
        repository.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let links = repository.links.iter().map(|(path, target)| (path.clone(), target.clone())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::with_links(files, links));
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let config = config_of(&repository.files, rule);
    let base = repository.base.as_ref().map(|files| config_of(files, rule));
    let change = change_of(repository);
    let report = lint(&files, &config, &Options { now, base, change, ..Options::default() });
    let internal = report.not_checked.iter().find(|item| item.code == mlgitops::finding::Code::Internal);
    assert!(internal.is_none(), "{}: {internal:?}", rule.id);
    let own = report.findings.iter().filter(|finding| finding.rule == rule.id && !finding.is_waived());
    own.map(|finding| {
        let at = &finding.primary.location;
        (at.path().to_owned(), at.position().line)
    })
    .collect()
}

/// The last commit, judged by those before it.
fn change_of(repository: &Repository) -> Option<Change> {
    let memory = |files: &BTreeMap<String, String>| -> Arc<dyn Files> {
        let files = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
        Arc::new(Memory::new(files.collect()))
    };
    let base = memory(repository.base.as_ref()?);
    let commits = repository.history.iter().map(|(files, time)| MemoryCommit {
        files: memory(files),
        time: *time,
        about: About::default(),
    });
    let target: Arc<dyn Chain> = Arc::new(MemoryChain::new(commits.collect()));
    let (branches, overrides) = (BTreeMap::new(), Vec::new());
    Some(Change { base: Ok(base), target: Ok(target), branches, overrides })
}

fn config_of(files: &BTreeMap<String, String>, rule: &Rule) -> config::Config {
    match files.get(config::FILE_NAME) {
        Some(text) => {
            let file = Arc::new(mlgitops_yaml::SourceFile::of_text(config::FILE_NAME, text));
            config::read(&file, &vocabulary()).unwrap_or_else(|errors| panic!("{}: {errors:?}", rule.id))
        }
        None => config::Config::default(),
    }
}

#[test]
fn the_examples_of_every_page_hold() {
    let mut failures = String::new();
    for rule in registry::RULES {
        let examples = repositories(section(rule.page, "Example"), rule.id);
        assert!(!examples.is_empty(), "{}: the page has no example", rule.id);
        for (at, example) in examples.iter().enumerate() {
            assert!(!example.expected.is_empty(), "{}: example {} marks no line", rule.id, at + 1);
            check(&mut failures, rule, &format!("example {}", at + 1), example);
        }
        for (at, instead) in repositories(section(rule.page, "Use instead"), rule.id).into_iter().enumerate()
        {
            let mut clean = examples.get(at).cloned().unwrap_or_default();
            clean.links.retain(|path, _| !instead.files.contains_key(path));
            clean.files.extend(instead.files);
            if instead.base.is_some() {
                (clean.base, clean.history) = (instead.base, instead.history);
            }
            clean.expected = instead.expected;
            check(&mut failures, rule, &format!("use instead {}", at + 1), &clean);
        }
        for (at, accepted) in repositories(section(rule.page, "Accepted"), rule.id).iter().enumerate() {
            assert!(accepted.expected.is_empty(), "{}: an accepted form marks a line", rule.id);
            check(&mut failures, rule, &format!("accepted {}", at + 1), accepted);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn check(failures: &mut String, rule: &Rule, name: &str, repository: &Repository) {
    let got = reported(repository, rule);
    if got != repository.expected {
        *failures += &format!("{}, {name}: expected {:?}, reported {got:?}\n", rule.id, repository.expected);
    }
}

#[test]
fn every_case_is_shown_by_an_example() {
    for rule in registry::RULES {
        let does = section(rule.page, "What it does");
        for case in rule.cases {
            assert!(
                does.contains(&format!("`{}`", case.id)),
                "{}: the page does not explain `{}`",
                rule.id,
                case.id
            );
        }
        for name in ["What it does", "Why it matters", "Example", "Use instead", "Accepted", "Limits"] {
            assert!(!section(rule.page, name).trim().is_empty(), "{}: the page lacks `{name}`", rule.id);
        }
    }
}

#[test]
fn ids_are_unique_and_sorted() {
    let ids: Vec<&str> = registry::RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}
