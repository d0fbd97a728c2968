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
    } else if unused && !matches!(rule.value.as_str(), "hygiene" | "waiver" | "hygiene/waiver") {
        let message = format!("nothing needs the waiver of {of} any more");
        out.push(said("unused", &waiver.location, "waives no finding", message).word(of).help("take it out"));
    }
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
