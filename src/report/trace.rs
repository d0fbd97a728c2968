//! Why a field has its value: the chain of its origins, each with the commit that last changed it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::display::shown;
use crate::finding::Location;
use crate::source::Blamed;

/// One field of one object, and where its value comes from.
pub struct Traced {
    /// The object: `InferenceService/ml/fraud-detector`.
    pub object: String,
    /// The field, as a JSON pointer.
    pub path: String,
    /// Its value.
    pub value: String,
    /// Its origins, from the base to what decides; then what decided about it.
    pub steps: Vec<Step>,
}

/// One origin.
pub struct Step {
    /// Where.
    pub location: Location,
    /// Whether it decided about the value, and is no part of it.
    pub is_guard: bool,
    /// Who last changed it; `None` where it is not committed.
    pub blamed: Option<Blamed>,
}

/// For people: the value, and a line for each origin.
#[must_use]
pub fn human(all: &[Traced]) -> String {
    let mut out = String::new();
    for traced in all {
        let _ = writeln!(out, "{} {}", shown(&traced.object), shown(&traced.path));
        let _ = writeln!(out, "  = {}", shown(&traced.value));
        let place = |step: &Step| {
            let at = step.location.position();
            format!("{}:{}:{}", shown(step.location.path()), at.line, at.column)
        };
        let word = |step: &Step| match step.is_guard {
            true => format!("decided by {}", step.location.role.word()),
            false => step.location.role.word().to_owned(),
        };
        let width = |text: &dyn Fn(&Step) -> String| {
            traced.steps.iter().map(|step| text(step).chars().count()).max().unwrap_or(0)
        };
        let (first, second) = (width(&word), width(&place));
        for step in &traced.steps {
            let who = match &step.blamed {
                Some(blamed) => format!(
                    "{}  {}  {}  {}",
                    blamed.id.get(..7).unwrap_or(&blamed.id),
                    day(blamed.time),
                    shown(&blamed.about.author),
                    shown(&blamed.about.subject)
                ),
                None => "not committed".to_owned(),
            };
            let _ = writeln!(out, "  {:<first$}  {:<second$}  {who}", word(step), place(step));
            let _ = writeln!(out, "  {:<first$}  {}", "", shown(&text_of(&step.location)));
        }
    }
    out
}

/// For machines: one object a field.
#[must_use]
pub fn json(all: &[Traced]) -> String {
    let fields: Vec<Value> = all
        .iter()
        .map(|traced| {
            let steps: Vec<Value> = traced.steps.iter().map(step).collect();
            json!({"object": traced.object, "path": traced.path, "value": traced.value, "origins": steps})
        })
        .collect();
    format!("{}\n", json!({"version": 1, "fields": fields}))
}

fn step(step: &Step) -> Value {
    let at = step.location.position();
    let time = step.blamed.as_ref().and_then(|blamed| jiff::Timestamp::from_second(blamed.time).ok());
    json!({
        "role": step.location.role.word(),
        "via": if step.is_guard { "guard" } else { "content" },
        "file": step.location.path(),
        "line": at.line,
        "column": at.column,
        "start": step.location.start,
        "end": step.location.end,
        "text": text_of(&step.location),
        "commit": step.blamed.as_ref().map(|blamed| &blamed.id),
        "time": time.map(|time| time.to_string()),
        "author": step.blamed.as_ref().map(|blamed| &blamed.about.author),
        "subject": step.blamed.as_ref().map(|blamed| &blamed.about.subject),
    })
}

/// The first line of the bytes.
fn text_of(at: &Location) -> String {
    let text = at.file.text().get(at.start as usize..at.end as usize).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(crate::history::words::day).unwrap_or_default()
}
