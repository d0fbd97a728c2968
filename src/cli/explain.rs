//! `mlgitops explain RULE`: the page of a rule.

use super::{CliError, lint, print};
use crate::report::page;
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
    let pages: Vec<String> = found.iter().map(|rule| page::plain(rule.page)).collect();
    print(&pages.join("\n"))?;
    Ok(0)
}
