//! GitLab's code quality report, which merge requests show beside the change
//! (docs.gitlab.com, "Code Quality", "Code Quality report format").
//!
//! GitLab has no place for what was not checked, so what fails the run is an item of its own.

use serde_json::{Value, json};

use super::anchor::{self, Anchor};
use super::display::shown;
use super::{Context, json};
use crate::Report;
use crate::config;
use crate::finding::{Finding, Fingerprint, Location, NotChecked, ReadTree, Severity};

/// A list of what counts: a waived finding degrades nothing.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let counted = report.findings.iter().filter(|finding| finding.counts());
    let required = report.not_checked.iter().filter(|item| item.required);
    let items: Vec<Value> = counted
        .map(|finding| of_finding(finding, &report.trees, context))
        .chain(required.map(|item| of_not_checked(item, &report.trees, context)))
        .collect();
    json::line(&items)
}

/// GitLab's words are `info`, `minor`, `major`, `critical` and `blocker`.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}

fn of_finding(finding: &Finding, trees: &[ReadTree], context: &Context<'_>) -> Value {
    let Anchor { at, elsewhere } = anchor::of_finding(finding, trees);
    let mut description = shown(&finding.message);
    if let Some(place) = elsewhere {
        description.push_str(&format!(" ({place})"));
    }
    if let Some(help) = &finding.help {
        description.push_str(&format!(" -- help: {}", shown(&help.replace('\n', "; "))));
    }
    let open = finding.places.iter().find(|place| place.waived.is_none());
    json!({
        "type": "issue",
        "check_name": finding.rule,
        "description": description,
        "categories": ["Bug Risk"],
        "severity": word(finding.severity),
        "fingerprint": open.map(|place| place.fingerprint.to_string()),
        "location": location(at, context),
    })
}

fn of_not_checked(item: &NotChecked, trees: &[ReadTree], context: &Context<'_>) -> Value {
    let at = item.location.as_ref().and_then(|at| anchor::of(at, trees).at);
    let help = item.help.as_deref().map(|help| format!(" -- help: {help}")).unwrap_or_default();
    let text = format!("not checked: {}: {}{help}", item.what, item.reason);
    json!({
        "type": "issue",
        "check_name": "not-checked",
        "description": shown(&text.replace('\n', "; ")),
        "categories": ["Bug Risk"],
        "severity": "blocker",
        "fingerprint": Fingerprint::of(&["not-checked", item.code.word(), &item.what]).to_string(),
        "location": location(at, context),
    })
}

/// An item without a place is refused: what stands nowhere in this tree is put to the configuration.
fn location(at: Option<&Location>, context: &Context<'_>) -> Value {
    let (path, begin, end) = match at {
        Some(at) => (at.path(), at.position().line, at.end_position().line),
        None => (config::FILE_NAME, 1, 1),
    };
    json!({"path": context.in_repository(path), "lines": {"begin": begin, "end": end}})
}
