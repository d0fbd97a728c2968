//! JUnit XML, as Jenkins and most other systems read it (jenkinsci/xunit-plugin,
//! `types/model/xsd/junit-10.xsd`).
//!
//! A finding that fails the run is a failure; one that does not passes and is told on its output.
//! What had to be checked and was not is an error, what is waived or could not be checked is
//! skipped, and one case stands for the run: no file is empty, and none is green where the run is
//! not.

use std::fmt::Write as _;

use super::anchor;
use super::display::{harmless, shown};
use super::{Context, summary};
use crate::Report;
use crate::finding::{Finding, Location, NotChecked, ReadTree};

/// One suite with a case for each finding.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let cases: Vec<Case> = cases(report, context);
    let count = |how: How| cases.iter().filter(|case| case.how == how).count();
    let (tests, failures, errors) = (cases.len(), count(How::Failure), count(How::Error));
    let time = format!("{}.{:03}", context.elapsed_ms / 1_000, context.elapsed_ms % 1_000);
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time}\"");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"mlgitops\" {counts}>");
    let _ = writeln!(out, "<testsuite name=\"mlgitops\" {counts} skipped=\"{}\">", count(How::Skipped));
    for case in &cases {
        case.write(&mut out);
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

/// How a case ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Failure,
    Error,
    Skipped,
    Passed,
}

struct Case {
    class: String,
    name: String,
    how: How,
    kind: &'static str,
    message: String,
    text: String,
}

impl Case {
    fn write(&self, out: &mut String) {
        let (class, name, message) =
            (attribute(&self.class), attribute(&self.name), attribute(&self.message));
        let _ = writeln!(out, "<testcase classname=\"{class}\" name=\"{name}\">");
        let element = match self.how {
            How::Failure => "failure",
            How::Error => "error",
            How::Skipped => "skipped",
            How::Passed => "system-out",
        };
        let kind = match self.how {
            How::Passed => String::new(),
            _ => format!(" type=\"{}\" message=\"{message}\"", self.kind),
        };
        if !self.text.is_empty() {
            let _ = writeln!(out, "<{element}{kind}>{}</{element}>", content(&harmless(&self.text)));
        }
        out.push_str("</testcase>\n");
    }
}

fn cases(report: &Report, context: &Context<'_>) -> Vec<Case> {
    let findings = report.findings.iter().filter(|finding| finding.caused_by.is_none());
    let items = report.not_checked.iter().map(|item| not_checked(item, report, context));
    let findings = findings.map(|finding| case(finding, report, context));
    std::iter::once(run(report)).chain(findings).chain(items).collect()
}

/// The run itself: green only where its exit code is not 3.
fn run(report: &Report) -> Case {
    let line = summary::line(&report.summary);
    let how = if report.summary.exit == 3 { How::Error } else { How::Passed };
    let (class, name) = ("mlgitops".to_owned(), "enough was checked".to_owned());
    let why = summary::nothing(report).map(|[reason, help]| format!("\n{reason}\nhelp: {help}"));
    let text = format!("{line}{}", why.unwrap_or_default());
    Case { class, name, how, kind: "not-enough-checked", message: line, text }
}

fn case(finding: &Finding, report: &Report, context: &Context<'_>) -> Case {
    let at = &finding.primary.location;
    let from = at.position();
    let path = named(at, &report.trees, context);
    let mut text = format!("{}[{}] {path}:{}:{}", finding.severity, finding.rule, from.line, from.column);
    let _ = write!(text, "\n{}", finding.message);
    for label in &finding.related {
        let at = &label.location;
        let path = named(at, &report.trees, context);
        let _ = write!(text, "\n{path}:{}: {}", at.position().line, label.text);
    }
    for (word, remark) in [("note", &finding.note), ("help", &finding.help)] {
        if let Some(remark) = remark {
            let _ = write!(text, "\n{word}: {remark}");
        }
    }
    let waived = finding.places.iter().find_map(|place| place.waived.as_ref());
    let (how, kind, message) = match waived.filter(|_| finding.is_waived()) {
        Some(waived) => (How::Skipped, "waived", format!("waived: {}", waived.reason)),
        None if context.fail_on.is_some_and(|least| finding.severity >= least) => {
            (How::Failure, finding.severity.word(), finding.message.clone())
        }
        None => (How::Passed, finding.severity.word(), finding.message.clone()),
    };
    let class = format!("{}.{}", finding.category, finding.rule);
    Case { class, name: finding.message.clone(), how, kind, message, text }
}

fn not_checked(item: &NotChecked, report: &Report, context: &Context<'_>) -> Case {
    let mut text = format!("{}: {}", item.what, item.reason);
    if let Some(at) = &item.location {
        let _ = write!(text, "\n{}:{}", named(at, &report.trees, context), at.position().line);
    }
    if let Some(help) = &item.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    let how = if item.required { How::Error } else { How::Skipped };
    let class = "not-checked".to_owned();
    Case { class, name: item.what.clone(), how, kind: item.code.word(), message: item.reason.clone(), text }
}

/// A path as the repository calls it; one of another tree begins with the name of that.
fn named(at: &Location, trees: &[ReadTree], context: &Context<'_>) -> String {
    if anchor::is_here(at, trees) { context.in_repository(at.path()) } else { at.path().to_owned() }
}

/// Text between tags, its lines kept.
fn content(text: &str) -> String {
    text.split('\n').map(attribute).collect::<Vec<_>>().join("\n")
}

/// A value in quotes, in one line. What XML 1.0 cannot hold at all is shown as an escape.
fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in shown(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "{}", character.escape_unicode());
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_quotes_or_its_element() {
        assert_eq!(attribute("a\"><b>&\u{1b}\u{ffff}"), "a&quot;&gt;&lt;b&gt;&amp;\\u{1b}\\u{ffff}");
        assert_eq!(content("a]]>\nb\r"), "a]]&gt;\nb\\u{d}");
    }
}
