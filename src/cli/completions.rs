//! `mlgitops completions SHELL`: completion of commands and options.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CliError, print};

/// The arguments of `completions`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs `completions`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mlgitops", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
