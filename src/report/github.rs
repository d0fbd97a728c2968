//! Workflow commands: GitHub Actions turns each line into an annotation of the change.
//!
//! A step keeps only its first ten annotations of each severity (GitHub's "limits for annotations"),
//! so errors come first, and what a waiver covers or what follows from another finding is left out.

use std::fmt::Write as _;

use super::anchor::{self, Anchor};
use super::display::shown;
use super::{Context, summary};
use crate::Report;
use crate::finding::{Finding, NotChecked, ReadTree, Severity};

/// One command a line: findings, loudest first, then what was not checked.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let mut counted: Vec<&Finding> = report.findings.iter().filter(|finding| finding.counts()).collect();
    counted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut out = String::new();
    for finding in counted {
        command(&mut out, finding, &report.trees, context);
    }
    if let Some([reason, help]) = summary::nothing(report) {
        let _ = writeln!(out, "::error title=not checked::{}", data(&format!("{reason}\nhelp: {help}")));
    }
    for item in &report.not_checked {
        not_checked(&mut out, item, &report.trees, context);
    }
    if let Some(line) = summary::older(report.older.as_ref()) {
        let _ = writeln!(out, "::notice title=older findings::{}", data(&line));
    }
    out
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn command(out: &mut String, finding: &Finding, trees: &[ReadTree], context: &Context<'_>) {
    let Anchor { at, elsewhere } = anchor::of_finding(finding, trees);
    let title = format!("{}[{}]", finding.severity, finding.rule);
    let _ = write!(out, "::{} ", word(finding.severity));
    if let Some(at) = at {
        let (from, to) = (at.position(), at.end_position());
        let _ = write!(out, "file={}", property(&context.in_repository(at.path())));
        let _ = write!(out, ",line={},endLine={}", from.line, to.line);
        if from.line == to.line {
            let _ = write!(out, ",col={},endColumn={}", from.column, to.column);
        }
        out.push(',');
    }
    let _ = writeln!(out, "title={}::{}", property(&title), data(&text(finding, elsewhere.as_deref())));
}

/// What happens, why, and what to type: an annotation shows no frame.
fn text(finding: &Finding, elsewhere: Option<&str>) -> String {
    let mut text = lines(&finding.message);
    if let Some(place) = elsewhere {
        let _ = write!(text, "\n{place}: {}", lines(&finding.primary.text));
    }
    for label in &finding.related {
        let at = &label.location;
        let _ = write!(text, "\n{}:{}: {}", shown(at.path()), at.position().line, lines(&label.text));
    }
    for (word, remark) in [("note", &finding.note), ("help", &finding.help)] {
        if let Some(remark) = remark {
            let _ = write!(text, "\n{word}: {}", lines(remark));
        }
    }
    text
}

fn not_checked(out: &mut String, item: &NotChecked, trees: &[ReadTree], context: &Context<'_>) {
    let command = if item.required { "error" } else { "notice" };
    let _ = write!(out, "::{command} ");
    let place = item.location.as_ref().map(|at| anchor::of(at, trees));
    if let Some(at) = place.as_ref().and_then(|place| place.at) {
        let file = context.in_repository(at.path());
        let _ = write!(out, "file={},line={},", property(&file), at.position().line);
    }
    let mut text = format!("{}: {}", lines(&item.what), lines(&item.reason));
    if let Some(place) = place.and_then(|place| place.elsewhere) {
        let _ = write!(text, "\n{place}");
    }
    if let Some(help) = &item.help {
        let _ = write!(text, "\nhelp: {}", lines(help));
    }
    let _ = writeln!(out, "title=not checked::{}", data(&text));
}

/// A text whose lines stay lines and in which nothing is hidden.
fn lines(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// The message of a command (actions/toolkit, packages/core/src/command.ts, escapeData).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command (actions/toolkit, packages/core/src/command.ts, escapeProperty), in
/// which nothing is hidden.
fn property(text: &str) -> String {
    shown(&data(text).replace(':', "%3A").replace(',', "%2C"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_property_or_a_command_is_escaped() {
        assert_eq!(data("50 %: a, b\r\nc"), "50 %25: a, b%0D%0Ac");
        assert_eq!(property("a,line=1::error::x\n%"), "a%2Cline=1%3A%3Aerror%3A%3Ax%0A%25");
    }
}
