//! SARIF 2.1.0, for code scanning.
//!
//! Every result has a line (GitHub refuses one without), and none carries a snippet: GitHub reads
//! the file itself, and a secret beside a finding stays where it is. Every rule is listed with its
//! whole page, whether it found something or not.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::anchor::{self, Anchor};
use super::display::shown;
use super::markup::address;
use super::{Context, json, page};
use crate::Report;
use crate::config;
use crate::finding::{Finding, Fix, Location, NotChecked, ReadTree, Severity, Waived};
use crate::rules::Rule;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// One log with one run.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let trees = &report.trees;
    let results: Vec<Value> = report.findings.iter().map(|finding| result(finding, trees, context)).collect();
    let notifications: Vec<Value> =
        report.not_checked.iter().map(|item| notification(item, trees, context)).collect();
    json::line(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "mlgitops",
                "version": context.version,
                "semanticVersion": context.version,
                "informationUri": HOME,
                "rules": context.rules.iter().map(|rule| descriptor(rule, context)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": report.summary.exit < 2,
                "exitCode": report.summary.exit,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn descriptor(rule: &Rule, context: &Context<'_>) -> Value {
    let loudest = rule.cases.iter().flat_map(|case| case.levels).flatten().max();
    let page = page::plain(rule.page);
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": page, "markdown": page},
        "helpUri": format!("{HOME}/blob/v{}/rules/{}/{}.md", context.version, rule.category, rule.id),
        "defaultConfiguration": {"level": level(loudest.unwrap_or(Severity::Note))},
        "properties": {
            "tags": [rule.category],
            "precision": "high",
            "problem.severity": problem(loudest.unwrap_or(Severity::Note)),
        },
    })
}

fn level(severity: Severity) -> &'static str {
    severity.word()
}

/// GitHub's word (docs.github.com, "SARIF support for code scanning", reportingDescriptor).
fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    }
}

fn result(finding: &Finding, trees: &[ReadTree], context: &Context<'_>) -> Value {
    let Anchor { at, elsewhere } = anchor::of_finding(finding, trees);
    let text = match &elsewhere {
        Some(place) => format!("{place}: {}", finding.primary.text),
        None => finding.primary.text.clone(),
    };
    let mut at = location(at, &text, context);
    let objects = objects(finding);
    if let (Some(at), false) = (at.as_object_mut(), objects.is_empty()) {
        at.insert("logicalLocations".to_owned(), objects.into());
    }
    let here = finding.related.iter().filter(|label| anchor::is_here(&label.location, trees));
    let related = here.zip(1u32..).map(|(label, id)| {
        let mut at = location(Some(&label.location), &label.text, context);
        at["id"] = id.into();
        at
    });
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": message(finding, elsewhere.as_deref(), trees)},
        "locations": [at],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": fingerprints(finding),
        "suppressions": suppressions(finding, trees, context),
        "properties": {
            "case": finding.case,
            "environments": environments(finding),
            "causedBy": finding.caused_by.map(|cause| cause.to_string()),
            "passesAt": finding.passes_at.map(|time| time.to_string()),
        },
    });
    if let Some(index) = context.rules.iter().position(|rule| rule.id == finding.rule) {
        result["ruleIndex"] = index.into();
    }
    let is_here = |fix: &&Fix| fix.edits.iter().all(|edit| anchor::is_here(&edit.location, trees));
    if let Some(fix) = finding.fix.as_ref().filter(is_here) {
        result["fixes"] = json!([fixed(fix, context)]);
    }
    result
}

/// What happens, why, and what to type; and the places of other trees, which no viewer can open.
fn message(finding: &Finding, elsewhere: Option<&str>, trees: &[ReadTree]) -> String {
    let mut text = inert(&finding.message);
    let own = elsewhere.map(|place| (place.to_owned(), &finding.primary.text));
    let others = finding.related.iter().filter(|label| !anchor::is_here(&label.location, trees));
    let others = others.map(|label| (anchor::written(&label.location), &label.text));
    for (place, label) in own.into_iter().chain(others) {
        text.push_str(&format!("\n{}: {}", inert(&place), inert(label)));
    }
    for (word, remark) in [("note", &finding.note), ("help", &finding.help)] {
        if let Some(remark) = remark {
            text.push_str(&format!("\n{word}: {}", inert(remark)));
        }
    }
    text
}

/// A text in which nothing is hidden, and nothing is a link (SARIF 2.1.0 §3.11.6).
fn inert(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(shown).collect();
    let text = lines.join("\n");
    if text.contains("](") { text.replace('[', "\\[") } else { text }
}

fn location(at: Option<&Location>, text: &str, context: &Context<'_>) -> Value {
    let mut location = match at {
        Some(at) => json!({"physicalLocation": {
            "artifactLocation": {"uri": address(&context.in_repository(at.path()))},
            "region": region(at),
        }}),
        None => json!({}),
    };
    if !text.is_empty() {
        location["message"] = json!({"text": inert(text)});
    }
    location
}

fn region(at: &Location) -> Value {
    let (from, to) = (at.position(), at.end_position());
    json!({
        "startLine": from.line, "startColumn": from.column,
        "endLine": to.line, "endColumn": to.column,
    })
}

/// The objects it concerns, each once.
fn objects(finding: &Finding) -> Vec<Value> {
    let objects: BTreeMap<String, &str> = finding
        .places
        .iter()
        .filter_map(|place| place.object.as_ref())
        .map(|object| (object.to_string(), object.name.as_str()))
        .collect();
    let objects = objects.into_iter();
    objects.map(|(full, name)| json!({"name": name, "fullyQualifiedName": full, "kind": "object"})).collect()
}

/// Two names for one thing: ours, and the one by which GitHub knows an alert again.
fn fingerprints(finding: &Finding) -> Value {
    let open = finding.places.iter().find(|place| place.waived.is_none());
    let Some(place) = open.or(finding.places.first()) else { return json!({}) };
    let name = place.fingerprint.to_string();
    json!({"mlgitops/v1": name, "primaryLocationLineHash": name})
}

fn environments(finding: &Finding) -> Vec<&str> {
    let mut names: Vec<&str> =
        finding.places.iter().filter_map(|place| place.environment.as_deref()).collect();
    names.dedup();
    names
}

/// The waivers of a finding that is waived at every place; empty says that none holds.
fn suppressions(finding: &Finding, trees: &[ReadTree], context: &Context<'_>) -> Vec<Value> {
    if !finding.is_waived() {
        return Vec::new();
    }
    let mut waivers: Vec<&Waived> = finding.places.iter().filter_map(|place| place.waived.as_ref()).collect();
    waivers.dedup();
    let suppression = |waived: &&Waived| {
        let is_config = waived.location.path() == config::FILE_NAME;
        json!({
            "kind": if is_config { "external" } else { "inSource" },
            "status": "accepted",
            "justification": inert(&waived.reason),
            "location": location(anchor::of(&waived.location, trees).at, "", context),
        })
    };
    waivers.iter().map(suppression).collect()
}

fn fixed(fix: &Fix, context: &Context<'_>) -> Value {
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let replacement = json!({
            "deletedRegion": region(&edit.location),
            "insertedContent": {"text": edit.text},
        });
        files.entry(edit.location.path()).or_default().push(replacement);
    }
    let changes = files.into_iter().map(|(path, replacements)| {
        json!({
            "artifactLocation": {"uri": address(&context.in_repository(path))},
            "replacements": replacements,
        })
    });
    json!({"description": {"text": inert(&fix.title)}, "artifactChanges": changes.collect::<Vec<_>>()})
}

fn notification(item: &NotChecked, trees: &[ReadTree], context: &Context<'_>) -> Value {
    let mut text = format!("not checked: {}: {}", inert(&item.what), inert(&item.reason));
    if let Some(help) = &item.help {
        text.push_str(&format!("\nhelp: {}", inert(help)));
    }
    let place = item.location.as_ref().map(|at| anchor::of(at, trees));
    if let Some(place) = place.as_ref().and_then(|place| place.elsewhere.as_deref()) {
        text.push_str(&format!("\n{}", inert(place)));
    }
    let at = place.and_then(|place| place.at).map(|at| location(Some(at), "", context));
    json!({
        "descriptor": {"id": format!("not-checked/{}", item.code.word())},
        "level": if item.required { "error" } else { "note" },
        "message": {"text": text},
        "locations": at.into_iter().collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_relative_uri() {
        for (path, encoded) in [
            ("a/b-1_2.yaml", "a/b-1_2.yaml"),
            ("c:/x y?z#.yaml", "c%3A/x%20y%3Fz%23.yaml"),
            ("50%\n.yaml", "50%25%0A.yaml"),
            ("modèle.yaml", "mod%C3%A8le.yaml"),
        ] {
            assert_eq!(address(path), encoded);
        }
    }

    #[test]
    fn a_message_holds_no_link() {
        assert_eq!(inert("see [here](https://evil.example)"), "see \\[here](https://evil.example)");
        assert_eq!(inert("list [a, b]"), "list [a, b]");
    }
}
