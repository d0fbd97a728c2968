//! `observability/model-alerts`: each model in production has alerts on latency, errors and drift,
//! and they fire when they are meant to.

#[path = "model_alerts/exported.rs"]
mod exported;
#[path = "model_alerts/expression.rs"]
mod expression;
#[path = "model_alerts/labels.rs"]
mod labels;
#[path = "model_alerts/lacking.rs"]
mod lacking;
#[path = "model_alerts/window.rs"]
mod window;

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::{Check, Context, Violations};
use crate::finding::{Code, Location, NotChecked, Violation};
use crate::fleet::alerts::Alert;
use crate::kinds::promql::{Refused, Token, tokens};
use labels::Labels;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// How many tokens of expressions that are no PromQL are looked at for the ones to blame.
const LOOKS: usize = 20_000;

fn check(context: &Context<'_>, out: &mut Violations) {
    let (fleet, alerts) = (context.fleet, context.alerts());
    // A repository without alerts has them elsewhere.
    if alerts.is_empty() {
        return;
    }
    let (recorded, labels) = (exported::recorded(fleet), Labels::of(fleet));
    let mut looks = LOOKS;
    for alert in alerts {
        let of_expression = match &*alert.query {
            Ok(query) => expression::judge(alert, query, &recorded, context),
            Err(Refused::Syntax(error)) => {
                expression::no_promql(alert, error, &mut looks).into_iter().collect()
            }
            Err(Refused::Unknown(_)) => Vec::new(),
        };
        let found = of_expression.into_iter().chain(labels.judge(alert)).chain(window::judge(alert, context));
        for found in found {
            out.push(found.at_place(alert.object.place));
        }
    }
    lacking::judge(alerts, context, out);
    unread(alerts).into_iter().for_each(|item| out.not_checked(item));
}

/// The expressions that nothing is known of: one item for each reason, at the first of them.
fn unread(alerts: &[Alert<'_>]) -> Vec<NotChecked> {
    let mut reasons: BTreeMap<&str, Vec<&Alert<'_>>> = BTreeMap::new();
    for alert in alerts {
        if let Err(Refused::Unknown(reason)) = &*alert.query {
            reasons.entry(reason).or_default().push(alert);
        }
    }
    let item = |(reason, alerts): (&str, Vec<&Alert<'_>>)| {
        let first = alerts.first()?;
        let what = match alerts.len() {
            1 => format!("the expression of {}", called(first)),
            number => format!("{number} expressions, the first of {}", called(first)),
        };
        let at = first.object.manifest.place(first.rule.expr.origin).map(Location::from);
        Some(NotChecked::new(Code::InCluster, what, format!("it is {reason}")).at(at))
    };
    reasons.into_iter().filter_map(item).collect()
}

/// How messages call an alert.
fn called(alert: &Alert<'_>) -> String {
    let what = if alert.rule.alerts { "alert" } else { "recording rule" };
    format!("{what} {}", alert.rule.name)
}

/// A violation of some bytes of an expression; of the whole where they are not known.
fn at_bytes(
    alert: &Alert<'_>,
    bytes: Option<Range<usize>>,
    case: &'static str,
    label: impl Into<String>,
    message: String,
) -> Option<Violation> {
    let (manifest, path) = (&alert.object.manifest, alert.rule.expr_path());
    match bytes {
        Some(bytes) => Violation::in_bytes(case, manifest, path, bytes, label, message),
        None => Violation::in_object(case, manifest, path, alert.rule.expr.origin, label, message),
    }
}

/// Where a word of an expression stands first: a metric, or a function.
fn word(alert: &Alert<'_>, word: &str) -> Option<Range<usize>> {
    let tokens = tokens(alert.rule.text()?);
    let is_it = |token: &&Token<'_>| match token.is_quoted() {
        // `{__name__="x"}`
        true => token.text.trim_matches(['"', '\'', '`']) == word,
        false => token.text == word,
    };
    tokens.iter().find(is_it).map(Token::bytes)
}
