//! The command line: one file a subcommand. What a subcommand prints is made by the library; what
//! is here reads arguments, the clock and the terminal, which nothing else may.

mod base;
mod completions;
mod date;
mod diff;
mod error;
mod explain;
mod fix;
mod given;
mod history;
mod init;
mod input;
mod links;
mod lint;
mod render;
mod rules;
mod schema;
mod status;
mod trace;

use std::io::{ErrorKind, Write};

use clap::{Parser, Subcommand, ValueEnum};

use error::CliError;

/// Wrong usage or configuration, or the machine refuses.
const EXIT_USAGE: u8 = 2;

/// Linter and CI gate for Git repositories that deploy machine-learning models.
#[derive(Debug, Parser)]
#[command(name = "mlgitops", version, max_term_width = 100, subcommand_required = true)]
#[command(after_help = "Exit codes: 0 clean, 1 findings, 2 wrong usage or configuration, 3 nothing or not \
                        enough was checked.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Colour what people read; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, global = true)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check what a repository deploys
    Lint(lint::Args),
    /// Write what a repository needs to be checked at every change, and show what is reported
    Init(init::Args),
    /// Show which model runs where, in which version
    Status(status::Args),
    /// Show what a chart or a kustomization renders to, and where each value comes from
    Render(render::Args),
    /// Show which version ran where, from when to when, and who brought it
    History(history::Args),
    /// Show what a change does, one line a release
    Diff(diff::Args),
    /// Show why a field has its value: where it comes from, and who last changed that
    Trace(trace::Args),
    /// List the rules, their cases and their severities
    Rules(rules::Args),
    /// Show the page of a rule: what it finds, why, and how to write it instead
    Explain(explain::Args),
    /// Print the JSON schema of `mlgitops.yaml`, for editors
    Schema,
    /// Print a script that completes commands and options in a shell
    Completions(completions::Args),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether standard output gets colours.
    fn on_stdout(self) -> bool {
        match self {
            Self::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

impl Cli {
    /// Runs the subcommand and gives the exit code: 0 clean, 1 findings, 2 wrong usage or
    /// configuration, 3 nothing or not enough was checked.
    #[must_use]
    pub fn run(self) -> u8 {
        let color = self.color.on_stdout();
        let result = match self.command {
            Command::Lint(args) => lint::run(&args, color),
            Command::Init(args) => init::run(&args, color),
            Command::Status(args) => status::run(&args),
            Command::Render(args) => render::run(&args),
            Command::History(args) => history::run(&args),
            Command::Diff(args) => diff::run(&args),
            Command::Trace(args) => trace::run(&args),
            Command::Rules(args) => rules::run(&args),
            Command::Explain(args) => explain::run(&args),
            Command::Schema => schema::run(),
            Command::Completions(args) => completions::run(&args),
        };
        result.unwrap_or_else(|error| {
            // Nobody is left to tell if standard error is gone too.
            let _ = write!(std::io::stderr().lock(), "{error}");
            EXIT_USAGE
        })
    }
}

/// Prints to standard output; a reader that went away (`| head`) is no error.
fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Write { path: "standard output".to_owned(), reason: error.kind().to_string() })
        }
        _ => Ok(()),
    }
}
