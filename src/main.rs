//! Reads the command line, nothing else.

use std::process::ExitCode;

use clap::Parser as _;
use mlgitops::cli::Cli;

fn main() -> ExitCode {
    ExitCode::from(Cli::parse().run())
}
