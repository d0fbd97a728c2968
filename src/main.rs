//! Reads the command line, nothing else.

use std::process::ExitCode;

use clap::Parser as _;
use mlgitops::cli::Cli;

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    ExitCode::from(Cli::parse().run())
}
