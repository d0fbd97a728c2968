//! What each format says, read back from its text.

use std::collections::BTreeSet;

use mlgitops::Report;
use mlgitops::finding::Severity;
use mlgitops::report::{self, Context, Format};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use regex::Regex;
use serde_json::Value;

/// A finding as every format names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) rule: String,
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) severity: Severity,
}

/// What machines read, and which of it people are shown as a finding of its own.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct All {
    pub(crate) counted: BTreeSet<Said>,
    pub(crate) waived: BTreeSet<Said>,
    /// By the fingerprint of what they follow from.
    pub(crate) following: BTreeSet<(String, Said)>,
}

pub(crate) fn text(format: Format, report: &Report) -> String {
    report::render(format, report, &Context::new("."))
}

pub(crate) fn json(report: &Report) -> Value {
    serde_json::from_str(&text(Format::Json, report)).unwrap()
}

fn severity(word: &str) -> Severity {
    let word = if word == "notice" { "note" } else { word };
    Severity::parse(word).unwrap_or_else(|| panic!("{word} is no severity"))
}

fn file(all: &mut All, said: Said, is_waived: bool, cause: &Value) {
    match (is_waived, cause.as_str()) {
        (true, _) => all.waived.insert(said),
        (false, Some(cause)) => all.following.insert((cause.to_owned(), said)),
        (false, None) => all.counted.insert(said),
    };
}

pub(crate) fn in_json(report: &Report) -> All {
    let mut all = All::default();
    for finding in json(report)["findings"].as_array().unwrap() {
        let places = finding["places"].as_array().unwrap();
        let is_waived = places.iter().all(|place| !place["waived"].is_null());
        let said = Said {
            rule: finding["rule"].as_str().unwrap().to_owned(),
            file: finding["location"]["file"].as_str().unwrap().to_owned(),
            line: finding["location"]["line"].as_u64().unwrap(),
            severity: severity(finding["severity"].as_str().unwrap()),
        };
        file(&mut all, said, is_waived, &finding["causedBy"]);
    }
    all
}

pub(crate) fn in_sarif(report: &Report) -> All {
    let mut all = All::default();
    let log: Value = serde_json::from_str(&text(Format::Sarif, report)).unwrap();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let at = &result["locations"][0]["physicalLocation"];
        let said = Said {
            rule: result["ruleId"].as_str().unwrap().to_owned(),
            file: decoded(at["artifactLocation"]["uri"].as_str().unwrap()),
            line: at["region"]["startLine"].as_u64().unwrap(),
            severity: severity(result["level"].as_str().unwrap()),
        };
        let is_waived = !result["suppressions"].as_array().unwrap().is_empty();
        file(&mut all, said, is_waived, &result["properties"]["causedBy"]);
    }
    all
}

/// A text with `%XX` for bytes, as URIs and workflow commands write them.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let byte = (*first == b'%').then(|| u8::from_str_radix(text_of(&after[..2]), 16).unwrap());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}

fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The findings, in the order of the commands.
pub(crate) fn in_github(report: &Report) -> Vec<Said> {
    let command =
        Regex::new(r"^::(error|warning|notice) file=([^,:]*),line=(\d+),[^:]*?title=(\w+)\[([^:,]*)\]::.")
            .unwrap();
    let mut all = Vec::new();
    for line in text(Format::Github, report).lines() {
        if line.contains("title=not checked::") {
            continue;
        }
        let found = command.captures(line).unwrap_or_else(|| panic!("{line:?} is no command"));
        assert_eq!(severity(&found[1]), severity(&found[4]));
        all.push(Said {
            rule: found[5].to_owned(),
            file: decoded(&found[2]),
            line: found[3].parse().unwrap(),
            severity: severity(&found[1]),
        });
    }
    all
}

/// A block of the report for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) rule: String,
    pub(crate) severity: Severity,
    /// File and line of each `^`.
    pub(crate) marks: BTreeSet<(String, u64)>,
    /// The rules that follow from it.
    pub(crate) also: Vec<String>,
    pub(crate) lines: usize,
}

pub(crate) fn in_human(report: &Report) -> Vec<Drawn> {
    let head = Regex::new(r"^(error|warning|note)\[([a-z0-9-]+)\]:( |\n)").unwrap();
    let all = text(Format::Human, report);
    let blocks = all.split("\n\n").filter_map(|block| {
        let found = head.captures(block)?;
        Some(drawn(found[2].to_owned(), severity(&found[1]), block))
    });
    blocks.collect()
}

fn drawn(rule: String, severity: Severity, block: &str) -> Drawn {
    let file = Regex::new(r"^ +[╭├]─\[(.*):\d+:\d+\]$").unwrap();
    let line = Regex::new(r"^ +(\d+) │").unwrap();
    let mark = Regex::new(r"^ +· +\^").unwrap();
    let also = Regex::new(r"^  also: ([a-z0-9, -]+) \(same cause\)").unwrap();
    let mut drawn =
        Drawn { rule, severity, marks: BTreeSet::new(), also: Vec::new(), lines: block.lines().count() };
    let mut at = (String::new(), 0);
    for text in block.lines() {
        if let Some(found) = file.captures(text) {
            at.0 = found[1].to_owned();
        } else if let Some(found) = line.captures(text) {
            at.1 = found[1].parse().unwrap();
        } else if mark.is_match(text) {
            drawn.marks.insert(at.clone());
        } else if let Some(found) = also.captures(text) {
            drawn.also = found[1].split(", ").map(str::to_owned).collect();
        }
    }
    drawn
}

/// What a case of JUnit says: the finding, and whether it is waived.
pub(crate) fn in_junit(report: &Report) -> All {
    let head = Regex::new(r"^(error|warning|note)\[([a-z0-9-]+)\] (.*):(\d+):\d+$").unwrap();
    let xml = text(Format::Junit, report);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let mut all = All::default();
    for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        let Some(outcome) = case.children().find(roxmltree::Node::is_element) else { continue };
        let first = outcome.text().unwrap().lines().next().unwrap();
        let Some(found) = head.captures(first) else { continue };
        let class = case.attribute("classname").unwrap();
        assert_eq!(class.rsplit_once('.').unwrap().1, &found[2]);
        let said = Said {
            rule: found[2].to_owned(),
            file: found[3].to_owned(),
            line: found[4].parse().unwrap(),
            severity: severity(&found[1]),
        };
        file(&mut all, said, outcome.has_tag_name("skipped"), &Value::Null);
    }
    all
}

/// The findings of GitLab's report, which holds only what counts.
pub(crate) fn in_gitlab(report: &Report) -> BTreeSet<Said> {
    let items: Value = serde_json::from_str(&text(Format::Gitlab, report)).unwrap();
    let items = items.as_array().unwrap().iter().filter(|item| item["check_name"] != "not-checked");
    items
        .map(|item| Said {
            rule: item["check_name"].as_str().unwrap().to_owned(),
            file: item["location"]["path"].as_str().unwrap().to_owned(),
            line: item["location"]["lines"]["begin"].as_u64().unwrap(),
            severity: match item["severity"].as_str().unwrap() {
                "critical" => Severity::Error,
                "major" => Severity::Warning,
                _ => Severity::Note,
            },
        })
        .collect()
}

/// Where the files of the comment can be looked at.
pub(crate) const BLOB: &str = "https://git.example.com/org/ml/blob/4d2c9e7";

pub(crate) fn markdown(report: &Report) -> String {
    report::render(Format::Markdown, report, &Context { blob: Some(BLOB), ..Context::new(".") })
}

/// The findings of a comment, as a reader of Markdown sees them: a paragraph that begins with a
/// severity in bold, and links to its places.
pub(crate) fn in_markdown(report: &Report) -> Vec<Drawn> {
    let body = markdown(report);
    let mut all: Vec<Drawn> = Vec::new();
    let (mut is_first, mut is_bold, mut is_head) = (false, false, false);
    for event in Parser::new(&body) {
        match event {
            Event::Start(Tag::Paragraph) => (is_first, is_head) = (true, false),
            Event::Start(Tag::Strong) if is_first => is_bold = true,
            Event::End(TagEnd::Strong) => is_bold = false,
            Event::Text(word) if is_bold => {
                is_bold = false;
                is_head = true;
                let severity = severity(&word);
                all.push(Drawn {
                    rule: String::new(),
                    severity,
                    marks: BTreeSet::new(),
                    also: Vec::new(),
                    lines: 0,
                });
            }
            Event::Code(rule) if is_head && all.last().unwrap().rule.is_empty() => {
                all.last_mut().unwrap().rule = rule.to_string();
            }
            Event::Start(Tag::Link { dest_url, .. }) if is_head => {
                let at = dest_url.strip_prefix(BLOB).unwrap().strip_prefix('/').unwrap();
                let (path, line) = at.rsplit_once("#L").unwrap();
                all.last_mut().unwrap().marks.insert((decoded(path), line.parse().unwrap()));
            }
            Event::HardBreak | Event::End(TagEnd::Paragraph) => is_head = false,
            Event::Text(_) | Event::Code(_) => is_first = false,
            _ => {}
        }
    }
    all
}
