//! The timeline of releases: which version ran where, from when to when, and who brought it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::display::shown;
use crate::history::words::{day, duration};
use crate::history::{Commit, Span, Timeline};
use crate::source::Gap;

/// The spans that are shown, and what is missing behind them.
pub struct Told<'t> {
    /// Where the commits are.
    pub timeline: &'t Timeline,
    /// The spans, oldest first.
    pub spans: Vec<Span>,
    /// What could not be read.
    pub gap: Option<Gap>,
    /// The time it is.
    pub now: jiff::Timestamp,
    /// What is said where no span is shown, if not that there is none at all.
    pub nothing: Option<String>,
}

/// The timeline for people: by model and environment, newest first.
#[must_use]
pub fn human(told: &Told<'_>) -> String {
    let mut by: BTreeMap<&str, BTreeMap<&str, Vec<&Span>>> = BTreeMap::new();
    for span in told.spans.iter().rev() {
        let environment = span.running.environment.as_deref().unwrap_or("(unnamed)");
        by.entry(&span.running.model).or_default().entry(environment).or_default().push(span);
    }
    let mut out = String::new();
    for (model, environments) in &by {
        let _ = writeln!(out, "{}", shown(model));
        for (environment, spans) in environments {
            let _ = writeln!(out, "  {}", shown(environment));
            let rows: Vec<[String; 4]> = spans.iter().map(|span| row(told, span)).collect();
            let width = |column: usize| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            };
            let (first, second, third) = (width(0), width(1), width(2));
            for [version, time, lasted, who] in &rows {
                let line = format!("    {version:<first$}  {time:<second$}  {lasted:<third$}  {who}");
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
    }
    if by.is_empty() {
        let nothing = told.nothing.as_deref().unwrap_or("no model was ever deployed here");
        let _ = writeln!(out, "{}", shown(nothing));
    }
    if let Some(gap) = &told.gap {
        let _ = writeln!(out, "not checked: what was before: {}", shown(&gap.reason));
        let _ = writeln!(out, "       help: {}", shown(&gap.help));
    }
    out
}

fn row(told: &Told<'_>, span: &Span) -> [String; 4] {
    let from = told.timeline.commit(span.from);
    let until = span.until.map(|until| told.timeline.time(until));
    let lasted = until.unwrap_or(told.now).duration_since(from.time);
    let lasted = duration(std::time::Duration::try_from(lasted).unwrap_or_default());
    let since = if span.is_open { "at least " } else { "" };
    let end = until.map_or("now".to_owned(), day);
    let place = match (&span.running.cluster, &span.running.namespace) {
        (Some(cluster), Some(namespace)) => format!("{cluster}/{namespace}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    let share = match span.running.exposure {
        100 => String::new(),
        percent => format!(" ({percent} %)"),
    };
    let who = [from.short().to_owned(), shown(&from.author), shown(&from.subject), shown(&place)];
    [
        format!("{}{share}", shown(span.running.said())),
        format!("{} to {end}", day(from.time)),
        format!("{since}{lasted}"),
        who.join("  "),
    ]
}

/// The promise of design.md (Machine-readable output).
#[must_use]
pub fn json(told: &Told<'_>) -> String {
    let releases: Vec<Value> = told
        .spans
        .iter()
        .map(|span| {
            let running = &span.running;
            json!({
                "model": running.model,
                "environment": running.environment,
                "cluster": running.cluster,
                "namespace": running.namespace,
                "version": running.version,
                "uri": running.uri,
                "canaryPercent": (running.exposure < 100).then_some(running.exposure),
                "from": commit(told.timeline, span.from),
                "fromIsOldest": span.is_open,
                "until": span.until.map(|until| commit(told.timeline, until)),
            })
        })
        .collect();
    let missing = told.gap.iter().map(|gap| {
        json!({"code": "history", "what": "what was before", "reason": gap.reason, "required": false, "location": null})
    });
    let not_checked: Vec<Value> = missing.collect();
    format!("{}\n", json!({"version": 1, "releases": releases, "notChecked": not_checked}))
}

fn commit(timeline: &Timeline, at: usize) -> Value {
    let Commit { id, time, author, subject, pull_request, .. } = timeline.commit(at);
    json!({
        "commit": id, "time": time.to_string(), "author": author, "subject": subject,
        "pullRequest": pull_request,
    })
}
