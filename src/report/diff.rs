//! What a change does to what runs: one line a release, for people, for a comment, for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::display::shown;
use super::markup::{cell, code, words};
use crate::finding::NotChecked;
use crate::history::{Commit, Difference, Side, Told};

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
        let (model, environment) = (cell(&code(&model)), words(&environment));
        let _ = writeln!(out, "| {model} | {environment} | {} | {} |", words(&change), words(&more));
    }
    out
}

/// A release that differs, as the parts of a row.
pub(super) struct Cells {
    pub(super) model: String,
    pub(super) environment: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) proof: Option<String>,
    pub(super) proven_by: Option<Commit>,
    pub(super) more: Vec<String>,
}

/// `None` where neither side holds anything.
pub(super) fn cells(told: &Told) -> Option<Cells> {
    let Difference { before, after } = &told.difference;
    let running = told.difference.running()?;
    let said = |side: &Option<Side>| side.as_ref().map(|side| shown(side.running.said()));
    Some(Cells {
        model: shown(&running.model),
        environment: shown(running.environment.as_deref().unwrap_or("(unnamed)")),
        before: said(before),
        after: said(after),
        proof: told.proof.clone(),
        proven_by: told.proven_by.clone(),
        more: told.difference.details().iter().map(|detail| shown(detail)).collect(),
    })
}

fn row(told: &Told) -> Option<[String; 4]> {
    let cells = cells(told)?;
    let change = match (cells.before, cells.after) {
        (Some(old), Some(new)) if old == new => new,
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (None, Some(new)) => format!("new: {new}"),
        (Some(old), None) => format!("{old} → gone"),
        (None, None) => return None,
    };
    let mut more: Vec<String> = cells.proof.iter().map(|proof| format!("({proof})")).collect();
    more.extend(cells.more);
    Some([cells.model, cells.environment, change, more.join("; ")])
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
                "provenBy": told.proven_by.as_ref().map(|commit| &commit.id),
                "restarts": told.difference.restarts(),
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
