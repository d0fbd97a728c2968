//! `mlgitops rules`: every rule with its cases and how loud they are.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::json;

use super::{CliError, print};
use crate::finding::Severity;
use crate::fleet::Column;
use crate::rules::{Rule, registry};

/// The arguments of `rules`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs `rules`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let mut rules: Vec<&Rule> = registry::RULES.iter().collect();
    rules.sort_by_key(|rule| (rule.category, rule.id));
    print(&match args.format {
        Format::Human => human(&rules),
        Format::Json => json(&rules),
    })?;
    Ok(0)
}

fn human(rules: &[&Rule]) -> String {
    let mut out = String::new();
    for rule in rules {
        let _ = writeln!(out, "{}/{}: {}", rule.category, rule.id, rule.summary);
        for case in rule.cases {
            let levels = Column::ALL.map(|column| format!("{} {}", column.word(), word(case.level(column))));
            let _ = writeln!(out, "  {:<16} {}", case.id, levels.join(", "));
        }
    }
    out
}

fn json(rules: &[&Rule]) -> String {
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| {
            let cases: serde_json::Map<_, _> = rule
                .cases
                .iter()
                .map(|case| {
                    let levels: serde_json::Map<_, _> = Column::ALL
                        .into_iter()
                        .map(|column| (column.word().to_owned(), json!(word(case.level(column)))))
                        .collect();
                    (case.id.to_owned(), levels.into())
                })
                .collect();
            json!({
                "id": rule.id, "category": rule.category, "summary": rule.summary,
                "since": rule.since, "cases": cases,
            })
        })
        .collect();
    format!("{:#}\n", json!({"version": 1, "rules": rules}))
}

fn word(level: Option<Severity>) -> &'static str {
    level.map_or("off", Severity::word)
}
