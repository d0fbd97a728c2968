//! `mlgitops history`: which version ran where, from when to when, and who brought it.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::ValueEnum;

use super::{CliError, base, date, given, input, print};
use crate::history::{Span, Timeline};
use crate::report::harmless;
use crate::report::history::{self, Told};
use crate::source::{FirstParents, Repositories};

/// The arguments of `history`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Show this model only
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    /// Show this environment only
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Show what ran at a time: 2026-11-18 (its end, UTC) or 2026-11-18T09:00Z
    #[arg(long, value_name = "DATE", value_parser = date::parse)]
    at: Option<jiff::Timestamp>,
    #[command(flatten)]
    folder: given::Folder,
    /// The branch or commit whose history is read
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    rev: String,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    clock: given::Clock,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Most names that are told where the one that was asked for is none.
const MOST_NAMES: usize = 8;

/// What is said where no span is left of what is asked for.
fn nothing(args: &Args, spans: &[Span]) -> Option<String> {
    let models: BTreeSet<&str> = spans.iter().map(|span| span.running.model.as_str()).collect();
    let environments: BTreeSet<&str> =
        spans.iter().filter_map(|span| span.running.environment.as_deref()).collect();
    let asked = [("model", &args.model, models), ("environment", &args.env, environments)];
    let stranger = asked.into_iter().find_map(|(what, name, known)| {
        let name = name.as_deref().filter(|name| !known.contains(name) && !known.is_empty())?;
        let more = known.len().saturating_sub(MOST_NAMES);
        let mut names = known.into_iter().take(MOST_NAMES).collect::<Vec<_>>().join(", ");
        if more > 0 {
            names += &format!(" and {more} more");
        }
        Some(format!("no {what} `{name}` is in this history; there are: {names}"))
    });
    stranger.or_else(|| match (&args.model, &args.env, &args.at) {
        _ if spans.is_empty() => None,
        (_, _, Some(_)) => Some("nothing of that ran at that time".to_owned()),
        (Some(model), Some(env), None) => Some(format!("{model} was never deployed to {env}")),
        _ => None,
    })
}

/// Runs `history`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let root = args.folder.find()?;
    let chain = Arc::new(FirstParents::of(&root, &args.rev)?);
    let mut config = input::config_in(&crate::source::Commit::open(&root, &args.rev)?)?;
    config.branch = base::branch_of(&root, Some(&args.rev));
    let timeline = Timeline::new(chain, Arc::new(config), Repositories::of(&root, None));
    let (mut spans, gap) = timeline.spans();
    let words = nothing(args, &spans);
    spans.retain(|span| {
        args.model.as_ref().is_none_or(|model| span.running.model == *model)
            && args.env.as_ref().is_none_or(|env| span.running.environment.as_ref() == Some(env))
    });
    if let Some(time) = args.at {
        // Where the clone does not go so far back, the gap says so.
        let at = timeline.at(time).ok().flatten();
        spans.retain(|span| at.is_some_and(|at| span.holds(at)));
    }
    let now = args.clock.now();
    let nothing = spans.is_empty();
    let told = Told { timeline: &timeline, spans, gap, now, nothing: words };
    print(&match args.format {
        Format::Human => harmless(&history::human(&told)),
        Format::Json => history::json(&told),
    })?;
    Ok(if nothing { 3 } else { 0 })
}
