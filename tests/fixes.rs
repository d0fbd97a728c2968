//! One harness for every fix of every rule: made alone, it ends its finding and brings none; made
//! together, they leave nothing to fix, and a second run changes nothing. What is edited is YAML
//! still, and renders.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod examples;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use examples::{Repository, config_of, repositories, section};
use mlgitops::config::Config;
use mlgitops::finding::{Finding, Safety};
use mlgitops::rules::{FixKind, Rule, registry};
use mlgitops::source::{Memory, Repositories};
use mlgitops::{Options, Report, fix, lint};
use mlgitops_files::{Files, RepoPath};

/// What a fix uncovers: findings that were held back while the first one stood.
const UNCOVERED: [(&str, &str); 3] = [
    // An endless sync is said once, with its cure; that nothing is ignored comes after it.
    ("rewritten-field", "ignore-differences"),
    // The link that gives up first is said; a longer one may still be too short.
    ("startup-budget", "startup-budget"),
    // A selector that counts at last asks for the GPU it names.
    ("unknown-field", "gpu-limit"),
];

/// What is promised to be fixable, by rule and by how the title of the fix begins.
const PROMISED: [(&str, &str); 12] = [
    ("s3-prefix", "end the path in `/`"),
    ("self-heal", "switch `selfHeal` on"),
    ("ignore-differences", "ignore what KServe rewrites"),
    ("unknown-field", "move `"),
    ("unknown-field", "write `"),
    ("coerced-value", "put `"),
    ("rewritten-field", "write `model:` for `"),
    ("rewritten-field", "write `Knative`"),
    ("startup-budget", "wait "),
    ("startup-budget", "let it load for "),
    ("destination", "write `name` for `server`"),
    ("ignore-never-matches", "write "),
];

/// What a repository that is fixed showed.
#[derive(Default)]
struct Seen {
    /// Titles of fixes by rule, and whether each was safe.
    fixes: BTreeMap<&'static str, Vec<(bool, String)>>,
    failures: String,
}

struct Fixture<'f> {
    name: String,
    repositories: Repositories,
    config: &'f mlgitops::config::Config,
    files: Arc<dyn Files>,
}

impl Fixture<'_> {
    fn lint(&self, files: &Arc<dyn Files>) -> Report {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let repositories = self.repositories.clone();
        lint(files, self.config, &Options { now, fixes: true, repositories, ..Options::default() })
    }

    fn check(&self, seen: &mut Seen) {
        let before = self.lint(&self.files);
        for finding in &before.findings {
            let Some(fix) = &finding.fix else { continue };
            let made = fix::make(std::slice::from_ref(finding), true);
            let after = self.lint(&fix::over(&self.files, &made.files));
            seen.alone(&self.name, finding, &before, &after);
            seen.fixes.entry(finding.rule).or_default().push((fix.safety == Safety::Safe, fix.title.clone()));
        }
        let mut contents = BTreeMap::new();
        let mut tree = Arc::clone(&self.files);
        for round in 0.. {
            let report = self.lint(&tree);
            let made = fix::make(&report.findings, true);
            if made.files.is_empty() {
                let left = report.findings.iter().filter(|finding| finding.fix.is_some());
                let left: Vec<_> = left.map(|finding| finding.rule).collect();
                if !left.is_empty() {
                    seen.fail(&self.name, &format!("left: {left:?}"));
                }
                break;
            }
            if round == 6 {
                seen.fail(&self.name, "the fixes come to no end");
                break;
            }
            contents.extend(made.files);
            tree = fix::over(&self.files, &contents);
        }
    }
}

impl Seen {
    fn fail(&mut self, name: &str, what: &str) {
        self.failures += &format!("{name}: {what}\n");
    }

    /// One fix alone: its finding is gone, and nothing is there that was not.
    fn alone(&mut self, name: &str, finding: &Finding, before: &Report, after: &Report) {
        let name = format!("{name}, {}", finding.rule);
        let fingerprints =
            |finding: &Finding| -> Vec<_> { finding.places.iter().map(|place| place.fingerprint).collect() };
        let own = fingerprints(finding);
        let (had, has) = (counted(before), counted(after));
        // Of two findings of one name the second has the name of the first when that is gone.
        let ended = had.iter().any(|(kind, count)| {
            kind[0] == finding.rule && kind[1] == finding.case && has.get(kind).copied().unwrap_or(0) < *count
        });
        let named =
            after.findings.iter().any(|other| fingerprints(other).iter().any(|print| own.contains(print)));
        if named && !ended {
            self.fail(&name, "the finding is still there");
        }
        // A field that is renamed takes its other findings along: they are counted, not named.
        for (kind, count) in has {
            let had = had.get(&kind).copied().unwrap_or(0);
            let is_uncovered =
                UNCOVERED.iter().any(|(rule, brought)| finding.rule == *rule && kind[0] == *brought);
            if count > had && !is_uncovered {
                self.fail(&name, &format!("brings {kind:?}"));
            }
        }
        if after.not_checked.len() > before.not_checked.len() {
            self.fail(&name, "something is not checked any more");
        }
    }
}

/// How many places each case of each rule holds at, by environment and object.
fn counted(report: &Report) -> BTreeMap<[String; 4], usize> {
    let mut counts = BTreeMap::new();
    for finding in &report.findings {
        for place in &finding.places {
            let object = place.object.as_ref().map(ToString::to_string).unwrap_or_default();
            let environment = place.environment.clone().unwrap_or_default();
            *counts
                .entry([finding.rule.to_owned(), finding.case.to_owned(), environment, object])
                .or_default() += 1;
        }
    }
    counts
}

fn of_example(rule: &Rule, name: String, repository: &Repository, seen: &mut Seen) {
    let files = repository.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let links = repository.links.iter().map(|(path, target)| (path.clone(), target.clone())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::with_links(files.collect(), links));
    let repositories = Repositories::default();
    Fixture { name, repositories, config: &config_of(&repository.files, rule), files }.check(seen);
}

#[test]
fn every_fix_of_every_example_holds() {
    let mut seen = Seen::default();
    for rule in registry::RULES {
        for (at, example) in repositories(section(rule.page, "Example"), rule.id).iter().enumerate() {
            of_example(rule, format!("{} example {}", rule.id, at + 1), example, &mut seen);
        }
    }
    for rule in registry::RULES {
        let fixes = seen.fixes.get(rule.id).map_or(&[][..], Vec::as_slice);
        let safe = fixes.iter().any(|(safe, _)| *safe);
        // A page promises the best its rule can do, and its examples show it.
        let kind = match fixes {
            [] => FixKind::None,
            _ if safe => FixKind::Safe,
            _ => FixKind::Unsafe,
        };
        if kind != rule.fix {
            seen.failures += &format!(
                "{}: the page says fix: {:?}, its examples show {kind:?}: {fixes:?}\n",
                rule.id, rule.fix
            );
        }
    }
    for (rule, title) in PROMISED {
        let titles = seen.fixes.get(rule).map_or(&[][..], Vec::as_slice);
        if !titles.iter().any(|(_, shown)| shown.starts_with(title)) {
            seen.failures += &format!("{rule}: no example shows `{title}…`: {titles:?}\n");
        }
    }
    assert!(seen.failures.is_empty(), "{}", seen.failures);
}

/// Every file below a folder, by its path from there.
fn read_all(root: &Path, folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_all(root, &path, into);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            into.push((name, fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn every_fix_of_every_fixture_holds() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut seen = Seen::default();
    let below = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let plain = below(&fixtures).into_iter().filter(|folder| !folder.ends_with("layouts"));
    let layouts = below(&fixtures.join("layouts")).into_iter().flat_map(|layout| below(&layout));
    for folder in plain.chain(layouts) {
        let mut files = Vec::new();
        read_all(&folder, &folder, &mut files);
        let text =
            |(path, bytes): &(String, Vec<u8>)| (path.clone(), String::from_utf8_lossy(bytes).into_owned());
        let config = config_of(&files.iter().map(text).collect(), &registry::RULES[0]);
        let name = folder.strip_prefix(&fixtures).unwrap().to_str().unwrap().to_owned();
        // The layouts' Applications name this repository.
        let url = "https://git.example.com/risk/models";
        let repositories = match name.starts_with("layouts") {
            true => Repositories::default().with_folder(url, RepoPath::root()),
            false => Repositories::default(),
        };
        let files = Arc::new(Memory::new(files));
        Fixture { name, repositories, config: &config, files }.check(&mut seen);
    }
    assert!(seen.failures.is_empty(), "{}", seen.failures);
    assert!(!seen.fixes.is_empty(), "no fixture has anything to fix");
}

/// Whoever writes a fix compares the file with what was read when it was judged, and not with what
/// lies there by then; each as it is stored.
#[test]
fn a_fix_knows_what_it_was_made_of() {
    let service = "apiVersion: serving.kserve.io/v1beta1\r
kind: InferenceService\r
metadata: {name: frau\u{301}d, namespace: ml}\r
spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: s3://models/fraud/v47}}}\r
";
    let marked = [&[0xEF, 0xBB, 0xBF], service.as_bytes()].concat();
    let units = service.encode_utf16().flat_map(u16::to_le_bytes);
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(units).collect();
    for bytes in [service.as_bytes().to_vec(), marked, utf16] {
        let path = RepoPath::parse("prod/fraud.yaml").unwrap();
        let files: Arc<dyn Files> = Arc::new(Memory::new(vec![(path.to_string(), bytes.clone())]));
        let options = Options { fixes: true, ..Options::default() };
        let made = fix::make(&lint(&files, &Config::default(), &options).findings, true);
        assert_eq!(made.read.keys().collect::<Vec<_>>(), [&path]);
        assert_eq!(&*made.read[&path], &*bytes, "as it is stored");
        assert_ne!(made.files[&path], made.read[&path]);
    }
}
