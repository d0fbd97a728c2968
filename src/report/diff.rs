//! What a change does to what runs: one line a release, for people, for a comment, for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::display::shown;
use crate::finding::NotChecked;
use crate::history::{Difference, Side};

/// A difference, with what history says of its version.
pub struct Told {
    /// What differs.
    pub difference: Difference,
    /// `staging since 3d 4h`, where the environment is guarded.
    pub proof: Option<String>,
}

/// One line a release.
#[must_use]
pub fn human(told: &[Told]) -> String {
    let rows: Vec<[String; 4]> = told.iter().filter_map(row).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (model, environment, change) = (width(0), width(1), width(2));
    let mut out = String::new();
    for [a, b, c, d] in &rows {
        let line = format!("{a:<model$}  {b:<environment$}  {c:<change$}  {d}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if out.is_empty() { "nothing that runs is changed\n".to_owned() } else { out }
}

/// The same as a table of Markdown.
#[must_use]
pub fn markdown(told: &[Told]) -> String {
    let rows: Vec<[String; 4]> = told.iter().filter_map(row).collect();
    if rows.is_empty() {
        return "Nothing that runs is changed.\n".to_owned();
    }
    let mut out = String::from("| model | environment | change | |\n|---|---|---|---|\n");
    for [model, environment, change, more] in rows {
        let cell = |text: String| text.replace('\\', "\\\\").replace('|', "\\|").replace('`', "'");
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            cell(model),
            cell(environment),
            cell(change),
            cell(more)
        );
    }
    out
}

fn row(told: &Told) -> Option<[String; 4]> {
    let Difference { before, after } = &told.difference;
    let running = told.difference.running()?;
    let said = |side: &Option<Side>| side.as_ref().map(|side| shown(side.running.said()));
    let change = match (said(before), said(after)) {
        (Some(old), Some(new)) if old == new => new,
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (None, Some(new)) => format!("new: {new}"),
        (Some(old), None) => format!("{old} → gone"),
        (None, None) => return None,
    };
    let mut more: Vec<String> = told.proof.iter().map(|proof| format!("({proof})")).collect();
    more.extend(told.difference.details().iter().map(|detail| shown(detail)));
    let environment = running.environment.as_deref().unwrap_or("(unnamed)");
    Some([shown(&running.model), shown(environment), change, more.join("; ")])
}

/// For machines: both sides of every release that differs.
#[must_use]
pub fn json(told: &[Told], not_checked: &[NotChecked]) -> String {
    let changes: Vec<Value> = told
        .iter()
        .filter_map(|told| {
            let running = told.difference.running()?;
            Some(json!({
                "model": running.model,
                "environment": running.environment,
                "cluster": running.cluster,
                "namespace": running.namespace,
                "before": told.difference.before.as_ref().map(side),
                "after": told.difference.after.as_ref().map(side),
                "proof": told.proof,
            }))
        })
        .collect();
    let not_checked: Vec<Value> = not_checked
        .iter()
        .map(|item| {
            json!({"code": item.code.word(), "what": item.what, "reason": item.reason,
                   "required": item.required, "location": null})
        })
        .collect();
    format!("{}\n", json!({"version": 1, "changes": changes, "notChecked": not_checked}))
}

fn side(side: &Side) -> Value {
    json!({
        "version": side.running.version,
        "uri": side.running.uri,
        "object": side.running.object,
        "replicas": side.replicas,
        "canaryPercent": side.canary,
        "resources": side.resources,
        "routes": side.routes,
    })
}
