//! `hygiene/waiver`: a waiver that has ended, says no reason, or is for nothing.

use super::super::waivers::WaiverSubject;
use super::super::{Check, Context, Violations, select};
use crate::config::{Waiver, nearest};
use crate::finding::{Label, Location, Violation};
use crate::rules::registry::RULES;

pub(super) const CHECKS: &[Check] = &[Check::Waiver(check)];

fn check(subject: WaiverSubject<'_>, context: &Context<'_>, out: &mut Violations) {
    match subject {
        WaiverSubject::Stated { waiver, unused } => stated(waiver, unused, context, out),
        WaiverSubject::Malformed(error) => {
            let violation = said("malformed", &error.location, "cannot be read", error.message.clone());
            out.push(violation.help(error.help.as_deref().unwrap_or("take it out")));
        }
    }
}

/// The first of its faults: the others mean nothing while it stands.
fn stated(waiver: &Waiver, unused: bool, context: &Context<'_>, out: &mut Violations) {
    let rule = &waiver.rule;
    if select(&rule.value).is_empty() {
        let names = RULES.iter().flat_map(|rule| [rule.id, rule.category]);
        let help = match nearest(&rule.value, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`mlgitops rules` lists them".to_owned(),
        };
        let message = format!("this waiver waives nothing: there is no rule `{}`", rule.value);
        let violation = said("unknown", &rule.location, "no such rule", message);
        out.push(violation.word(&rule.value).help(help));
        return;
    }
    let of = named(waiver);
    if waiver.reason.is_empty() {
        let message = format!("the waiver of {of} does not hold: it gives no reason");
        let help = match waiver.lines {
            Some(_) => "write the reason behind `--`, at the end of the comment",
            None => "add `reason`",
        };
        out.push(said("no-reason", &waiver.location, "why?", message).word(of).help(help));
    } else if let Some(until) = waiver.until.as_ref().filter(|until| until.value < context.today) {
        let owner = waiver.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        let message = format!("the waiver of {of} ended on {}{owner}", until.value);
        let violation = said("expired", &until.location, "its last day", message);
        out.push(violation.word(of).help("take it out, or give it a later day and say why"));
    } else if let Some(violation) = against_terms(waiver, &of, context) {
        out.push(violation);
    } else if unused && !matches!(rule.value.as_str(), "hygiene" | "waiver" | "hygiene/waiver") {
        let message = format!("nothing needs the waiver of {of} any more");
        out.push(said("unused", &waiver.location, "waives no finding", message).word(of).help("take it out"));
    }
}

/// What this house asks of every waiver. A comment has no room for an owner or a ticket: it is asked
/// for its end alone.
fn against_terms(waiver: &Waiver, of: &str, context: &Context<'_>) -> Option<Violation> {
    let terms = &context.params.waiver;
    let has = |word: &str| match word {
        "owner" => waiver.owner.is_some() || waiver.lines.is_some(),
        "ticket" => waiver.ticket.is_some() || waiver.lines.is_some(),
        "until" => waiver.until.is_some(),
        _ => true,
    };
    let missing: Vec<&str> = terms.require.iter().map(String::as_str).filter(|word| !has(word)).collect();
    if !missing.is_empty() {
        let message = format!("the waiver of {of} does not state its {}", missing.join(", "));
        let help =
            format!("add {}", missing.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "));
        return Some(said("incomplete", &waiver.location, "asked for here", message).word(of).help(help));
    }
    let days = i64::try_from(terms.max_age.as_secs() / 86_400).ok().filter(|days| *days > 0)?;
    let last = context.today.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let (at, message) = match &waiver.until {
        Some(until) if until.value > last => (
            &until.location,
            format!("the waiver of {of} lasts until {}, {days} days is the most", until.value),
        ),
        Some(_) => return None,
        None => (&waiver.location, format!("the waiver of {of} has no end, {days} days is the most")),
    };
    let help = format!("let it end on {last} or before");
    Some(said("too-long", at, "too far ahead", message).word(of).help(help))
}

/// `s3-prefix for InferenceService/ml/llm in prod`.
fn named(waiver: &Waiver) -> String {
    let mut text = waiver.rule.value.clone();
    if let Some(object) = &waiver.object {
        text = format!("{text} for {}", object.value);
    }
    if let Some(environment) = &waiver.environment {
        text = format!("{text} in {}", environment.value);
    }
    text
}

fn said(case: &'static str, at: &Location, label: &str, message: String) -> Violation {
    Violation::in_file(case, Label::new(at.clone(), label), message)
}
