//! `mlgitops status`: which model runs where, in which version.

use clap::ValueEnum;

use super::{CliError, input, print};
use crate::report::status;
use crate::survey;

/// The arguments of `status`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    #[command(flatten)]
    input: input::Args,
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
    let opened = args.input.open()?;
    let repositories = args.input.repositories(&opened.root, None)?;
    let survey = survey(&opened.files, &opened.config, &repositories);
    print(&match args.format {
        Format::Human => status::human(&survey, args.why),
        Format::Json => status::json(&survey, args.why),
    })?;
    Ok(if survey.fleet.releases.is_empty() { 3 } else { 0 })
}
