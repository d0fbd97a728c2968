//! For people.

use std::fmt::Write as _;

use super::{Context, summary};
use crate::Report;

/// The whole report as text.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let at = finding.primary.location.position();
        let _ = writeln!(out, "{}[{}]: {}", finding.severity, finding.rule, finding.message);
        let _ = writeln!(out, "  {}:{}:{}", finding.primary.location.path(), at.line, at.column);
    }
    let _ = context;
    let _ = writeln!(out, "{}", summary::line(&report.summary));
    out
}
