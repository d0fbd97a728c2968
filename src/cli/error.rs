//! Why a run could not begin or its report could not be written: exit code 2, one message with
//! what to do.

use std::fmt;

use crate::config::ConfigError;
use crate::report::shown;
use crate::source::{ReplaceError, SourceError, Why};

/// Why a run could not begin, or what it says could not be written.
#[derive(Debug)]
pub(super) enum CliError {
    /// The root or the state of it that is asked for cannot be opened.
    Source(SourceError),
    /// The configuration is wrong; every error of it.
    Config(Vec<ConfigError>),
    /// The configuration cannot be read at all.
    ConfigFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A values file that is named cannot be read.
    ValuesFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A word of the command line names no rule.
    NoRule {
        /// The word.
        word: String,
        /// A rule or category of nearly that name.
        nearest: Option<String>,
    },
    /// The arguments do not go together.
    Usage {
        /// What is wrong.
        message: String,
        /// What to type instead.
        help: String,
    },
    /// Fixes cannot be written.
    Fix(ReplaceError),
    /// A report cannot be written.
    Write {
        /// Where to.
        path: String,
        /// The machine's words.
        reason: String,
    },
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

/// Why the system refused, in words that need no manual.
pub(super) fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        kind => kind.to_string(),
    }
}

impl From<ReplaceError> for CliError {
    fn from(error: ReplaceError) -> Self {
        Self::Fix(error)
    }
}

/// Every path, word and message may be a stranger's: each is shown in one line.
impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => said(f, &error.to_string(), Some(&error.help())),
            Self::Config(errors) => errors.iter().try_for_each(|error| config_error(f, error)),
            Self::ConfigFile { path, reason } => {
                said(f, &format!("the configuration `{path}` cannot be read: {reason}"), None)
            }
            Self::ValuesFile { path, reason } => {
                said(f, &format!("the values file `{path}` cannot be read: {reason}"), None)
            }
            Self::NoRule { word, nearest } => {
                let meant = nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?"));
                let help = meant.as_deref().unwrap_or("`mlgitops rules` lists them");
                said(f, &format!("`{word}` is no rule and no category"), Some(help))
            }
            Self::Fix(error) => not_fixed(f, error),
            Self::Usage { message, help } => said(f, message, Some(help)),
            Self::Write { path, reason } => said(f, &format!("{path} cannot be written: {reason}"), None),
        }
    }
}

fn said(f: &mut fmt::Formatter<'_>, message: &str, help: Option<&str>) -> fmt::Result {
    writeln!(f, "error: {}", shown(message))?;
    match help {
        Some(help) => writeln!(f, "  help: {}", shown(help)),
        None => Ok(()),
    }
}

fn config_error(f: &mut fmt::Formatter<'_>, error: &ConfigError) -> fmt::Result {
    let at = error.location.position();
    let message = format!("{}:{}:{}: {}", error.location.path(), at.line, at.column, error.message);
    said(f, &message, error.help.as_deref())
}

/// A file that could not be replaced, and what is true of the others.
fn not_fixed(f: &mut fmt::Formatter<'_>, error: &ReplaceError) -> fmt::Result {
    writeln!(f, "error: {}", shown(&error.to_string()))?;
    match error.done.len() {
        0 => writeln!(f, "  note: no file was changed")?,
        count => writeln!(f, "  note: {count} of the files before it were changed, each as a whole")?,
    }
    match error.why {
        Why::Changed | Why::Link => writeln!(f, "  help: run it again"),
        Why::ReadOnly => {
            writeln!(f, "  help: chmod u+w, or make the change of `mlgitops lint --diff` by hand")
        }
        Why::Failed(_) => writeln!(f, "  help: `mlgitops lint --diff` prints the change and writes nothing"),
    }
}
