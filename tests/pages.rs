//! Every rule's page is its test: the examples in it are small repositories that are linted.
//!
//! How they are written: `tests/examples`. "Use instead" is the repository of "Example" with the files it shows replaced, and silent;
//! so is every repository of "Accepted".
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod examples;

use std::collections::BTreeSet;
use std::sync::Arc;

use examples::{Repository, change_of, config_of, repositories, section};
use mlgitops::rules::{Rule, registry};
use mlgitops::source::Memory;
use mlgitops::{Options, lint};
use mlgitops_files::Files;

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
