//! Text that strangers wrote neither moves the cursor nor gives orders to who reads the report.

use std::sync::Arc;

use mlgitops::Report;
use mlgitops::finding::{Code, Finding, Label, Location, NotChecked, Severity};
use mlgitops::report::{self, Context, Format, Style};
use mlgitops_yaml::{Role, SourceFile};
use proptest::collection::vec;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use crate::read::{in_human, json, text};
use crate::same::agree;
use crate::sample::{finding, linted, report, service};

/// What is feared in the text of a stranger.
const FEARED: [&str; 30] = [
    "\u{1b}[2J\u{1b}[31m",
    "\u{9b}31m",
    "\u{7}",
    "\u{8}",
    "\r",
    "\n",
    "\t",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{e0041}",
    "e\u{301}\u{301}\u{301}\u{301}",
    "日本語",
    "::error file=x::y",
    "##[error]z",
    "##vso[task.setvariable variable=a]b",
    "%0A::warning::q",
    "[link](https://evil.example)",
    "</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- mlgitops:summary -->",
    "]]><failure message=\"forged\"/>",
    "@org/team",
    "#12",
    "| a | b |",
    "`code`",
    "![x](//evil.example/x.png)",
    "\n\nerror[s3-prefix]: forged\n  help: run this",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(FEARED.to_vec()).prop_map(str::to_owned),
        3 => "[a-z ]{1,12}",
        1 => "[a-z]{90,130}",
        1 => any::<String>(),
    ];
    vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Findings whose every word is a stranger's, over a file of theirs.
pub(crate) fn hostile_report() -> impl Strategy<Value = Report> {
    let severity = prop::sample::select(vec![Severity::Note, Severity::Warning, Severity::Error]);
    let one = (severity, vec(hostile(), 4), (any::<u32>(), 0u32..60), any::<u32>());
    (vec(one, 1..6), hostile(), hostile(), hostile()).prop_map(|(all, path, content, reason)| {
        let file = Arc::new(SourceFile::of_text(&path, &content));
        let size = u32::try_from(content.len()).unwrap();
        let at = |start: u32, length: u32| {
            let start = start % (size + 1);
            Location::new(&file, start..(start + length).min(size), Role::Source)
        };
        let findings = all.into_iter().map(|(severity, words, (start, length), other)| Finding {
            related: vec![Label::new(at(other, 5), words[1].clone())],
            note: Some(words[2].clone()),
            help: Some(words[3].clone()),
            ..finding("s3-prefix", severity, &words[0], Label::new(at(start, length), words[1].clone()), None)
        });
        let item =
            NotChecked::new(Code::Remote, path.clone(), reason).help(content.clone()).at(Some(at(0, 1)));
        report(findings.collect(), vec![item])
    })
}

/// Nothing in a text does anything but be seen.
fn assert_harmless(text: &str) {
    for line in text.split('\n') {
        for character in line.chars() {
            let hidden = character.is_control()
                || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                    | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
            assert!(!hidden, "{character:?} is printed raw in {line:?}");
        }
        let order = line.find("##").is_some_and(|at| {
            let word = line[at..].trim_start_matches('#');
            word.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()).starts_with('[')
        });
        assert!(!order, "{line:?} gives an order to a log");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn people_see_what_is_there(report in hostile_report(), width in 60usize..120) {
        let style = Style { width, ..Style::default() };
        let text = report::render(Format::Human, &report, &Context { style, ..Context::new(".") });
        assert_harmless(&text);
        for line in text.lines() {
            prop_assert!(!line.trim_start().starts_with("::"), "{:?} is a workflow command", line);
        }
        let blocks: Vec<&str> = text.split("\n\n").collect();
        let (last, drawn) = blocks.split_last().unwrap();
        prop_assert!(last.starts_with("checked 1 release of 1 model"), "{}", last);
        prop_assert_eq!(drawn.len(), report.findings.len() + 1, "{}", text);
        for block in drawn {
            let lines: Vec<&str> = block.lines().collect();
            prop_assert!(lines.len() <= 14 || block.starts_with("not checked"), "{}", block);
            for line in lines {
                prop_assert!(line.width() <= width, "{} columns: {}", line.width(), line);
            }
        }
        prop_assert_eq!(in_human(&report).len(), report.findings.len());
    }

    #[test]
    fn machines_read_what_was_written(report in hostile_report()) {
        for format in [Format::Json, Format::Sarif, Format::Github, Format::Junit, Format::Gitlab] {
            assert_harmless(&text(format, &report));
        }
        let read = json(&report);
        for (read, finding) in read["findings"].as_array().unwrap().iter().zip(&report.findings) {
            prop_assert_eq!(read["message"].as_str(), Some(finding.message.as_str()));
            prop_assert_eq!(read["help"].as_str(), finding.help.as_deref());
            prop_assert_eq!(read["location"]["file"].as_str(), Some(finding.primary.location.path()));
        }
    }

    #[test]
    fn commands_are_only_ours(report in hostile_report()) {
        let commands = text(Format::Github, &report);
        prop_assert_eq!(commands.lines().count(), report.findings.len() + 1);
        for line in commands.lines() {
            let (head, _) = line[2..].split_once("::").unwrap();
            let (_, properties) = head.split_once(' ').unwrap();
            for property in properties.split(',') {
                let (name, value) = property.split_once('=').unwrap();
                let known = ["file", "line", "endLine", "col", "endColumn", "title"];
                prop_assert!(known.contains(&name), "{} in {}", name, line);
                prop_assert!(!value.contains(':'), "{} in {}", value, line);
            }
        }
    }
}

#[test]
fn formats_agree_on_a_file_with_a_name_of_fear() {
    let open = service("fraud", "v47");
    for path in ["a:b,c=d%0A.yaml", "a b#?[x].yaml", "::error::.yaml", "modèle/日本.yaml"] {
        let report = linted(&[(path, &open)]);
        assert_eq!(report.findings.len(), 1, "{path}");
        agree(&report);
    }
}
