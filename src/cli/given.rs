//! Arguments that several subcommands take: the folder and the time.

use std::path::PathBuf;

use super::CliError;
use crate::source::Root;

/// The folder, of subcommands whose words stand for something else.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Folder {
    /// The folder to read
    #[arg(long = "root", value_name = "PATH", default_value = ".")]
    root: PathBuf,
}

impl Folder {
    /// Finds it, and its repository.
    pub(super) fn find(&self) -> Result<Root, CliError> {
        Ok(Root::find(&self.root)?)
    }
}

/// The time that everything is judged at.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Clock {
    /// The time it is [default: the clock]
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<jiff::Timestamp>,
}

impl Clock {
    /// The time it is.
    pub(super) fn now(&self) -> jiff::Timestamp {
        self.now.unwrap_or_else(jiff::Timestamp::now)
    }
}
