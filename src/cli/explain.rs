//! `mlgitops explain RULE`: the page of a rule.

use super::{CliError, lint, print};
use crate::rules;

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The rule, such as pinned-model-uri
    rule: String,
}

/// Runs `explain`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let found = rules::select(&args.rule);
    if found.is_empty() {
        return Err(lint::no_rule(&args.rule));
    }
    let pages: Vec<&str> = found.iter().map(|rule| body(rule.page)).collect();
    print(&pages.join("\n"))?;
    Ok(0)
}

/// The page without the settings at its head, which `mlgitops rules` shows, and without the marks
/// that make its examples tests.
fn body(page: &'static str) -> &'static str {
    page.strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(page, |(_, body)| body.trim_start())
}
