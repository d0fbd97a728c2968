//! `mlgitops status`: which model runs where, in which version.

use clap::ValueEnum;

use std::sync::Arc;

use mlgitops_files::Files;

use super::{CliError, base, date, input, print};
use crate::config::Config;
use crate::history::Timeline;
use crate::report::{harmless, status};
use crate::source::{Chain, FirstParents, Repositories, Root};
use crate::survey;

/// The arguments of `status`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    #[command(flatten)]
    input: input::Args,
    /// Show what ran at a time: 2026-11-18 (its end, UTC) or 2026-11-18T09:00Z
    #[arg(long, value_name = "DATE", value_parser = date::parse)]
    at: Option<jiff::Timestamp>,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also print the line that each environment, mode and version is believed from
    #[arg(long)]
    why: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs `status`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let mut opened = args.input.open()?;
    opened.config.branch = base::branch_of(&opened.root, args.input.rev.as_deref());
    let files = match args.at {
        Some(time) => files_at(&opened.root, args.input.rev.as_deref().unwrap_or("HEAD"), time)?,
        None => opened.files,
    };
    let repositories = args.input.repositories(&opened.root, None)?;
    let survey = survey(&files, &opened.config, &repositories);
    print(&match args.format {
        Format::Human => harmless(&status::human(&survey, args.why)),
        Format::Json => status::json(&survey, args.why),
    })?;
    Ok(if survey.fleet.releases.is_empty() { 3 } else { 0 })
}

/// What the branch held at a time.
fn files_at(root: &Root, rev: &str, time: jiff::Timestamp) -> Result<Arc<dyn Files>, CliError> {
    let chain: Arc<dyn Chain> = Arc::new(FirstParents::of(root, rev)?);
    let nothing = (Arc::new(Config::default()), Repositories::default());
    let timeline = Timeline::new(Arc::clone(&chain), nothing.0, nothing.1);
    let refused = |message: String, help: String| CliError::Usage { message, help };
    let at = timeline.at(time).map_err(|gap| refused(gap.reason, gap.help))?;
    let at = at.ok_or_else(|| {
        let help = "name a later date; `mlgitops history` shows where it begins".to_owned();
        refused(format!("the branch had no commit at {time}"), help)
    })?;
    chain.files(at).map_err(|gap| refused(gap.reason, gap.help))
}
