//! The examples of rule pages as small repositories.
//!
//! Adjacent fences form one repository; prose after a fence begins the next one. A line that ends
//! in `#~ <rule>` (or a fence with `line=N`) must be reported by that rule, and no other line may
//! be. A fence with `commit=N` belongs to the N-th commit, made `at=2026-11-18T09:00Z`; the last is
//! head, what the commits before it left is the base of the change, and they are its history. A
//! fence with `gone` takes its file away.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops::config;
use mlgitops::history::Change;
use mlgitops::rules::{Rule, vocabulary};
use mlgitops::source::{About, Chain, Memory, MemoryChain, MemoryCommit};
use mlgitops_files::Files;

/// A small repository and the lines that must be reported, by file.
#[derive(Default, Clone)]
pub(crate) struct Repository {
    pub(crate) files: BTreeMap<String, String>,
    /// Symbolic links and their targets.
    pub(crate) links: BTreeMap<String, String>,
    /// The files as the commit before the last one left them.
    pub(crate) base: Option<BTreeMap<String, String>>,
    /// The commits before the last one, the oldest first: what each left, and when it was made.
    pub(crate) history: Vec<(BTreeMap<String, String>, i64)>,
    pub(crate) commit: u32,
    /// When the commit that is read was made, seconds since 1970.
    pub(crate) time: i64,
    pub(crate) expected: BTreeSet<(String, u32)>,
}

/// The repositories of one section of a page, in order.
pub(crate) fn repositories(section: &str, rule: &str) -> Vec<Repository> {
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

pub(crate) fn section<'p>(page: &'p str, name: &str) -> &'p str {
    let Some(at) = page.find(&format!("\n## {name}\n")) else { return "" };
    let body = &page[at + name.len() + 5..];
    body.find("\n## ").map_or(body, |end| &body[..end])
}

/// The last commit, judged by those before it.
pub(crate) fn change_of(repository: &Repository) -> Option<Change> {
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

pub(crate) fn config_of(files: &BTreeMap<String, String>, rule: &Rule) -> config::Config {
    match files.get(config::FILE_NAME) {
        Some(text) => {
            let file = Arc::new(mlgitops_yaml::SourceFile::of_text(config::FILE_NAME, text));
            config::read(&file, &vocabulary()).unwrap_or_else(|errors| panic!("{}: {errors:?}", rule.id))
        }
        None => config::Config::default(),
    }
}
