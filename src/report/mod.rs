//! Reports: one file a format. Each is a pure function of a report and prints what it is given,
//! in the order it is given; none decides what is a finding or how loud it is.

mod anchor;
mod block;
mod diagnostic;
pub mod diff;
mod display;
mod excerpt;
mod frame;
pub mod github;
pub mod gitlab;
pub mod history;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
mod markup;
pub mod origins;
pub mod page;
pub mod patch;
mod restarts;
pub mod sarif;
pub mod starter;
pub mod status;
mod summary;
pub mod trace;

pub use display::{harmless, shown, visible};

use crate::Report;
use crate::finding::Severity;
use crate::rules::{Rule, registry};

/// What a report is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people, at a terminal or in a log.
    Human,
    /// For machines; the shape is a promise (design.md, Machine-readable output).
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that GitHub turns into annotations of a pull request.
    Github,
    /// JUnit XML, for Jenkins and its kin.
    Junit,
    /// GitLab's code quality report.
    Gitlab,
    /// The comment of a pull request, and the summary of a run.
    Markdown,
}

impl Format {
    /// All formats, in the order people are told of them.
    pub const ALL: [Self; 7] =
        [Self::Human, Self::Json, Self::Sarif, Self::Github, Self::Junit, Self::Gitlab, Self::Markdown];

    /// Whether it shows the edits that end findings, or counts them: only then are they looked for.
    #[must_use]
    pub fn carries_fixes(self) -> bool {
        matches!(self, Self::Human | Self::Json | Self::Sarif | Self::Markdown)
    }

    /// The word of the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Junit => "junit",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }
}

/// How text for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether escape codes for colours are printed.
    pub color: bool,
    /// Columns of a line; a full-width character takes two.
    pub width: usize,
    /// Findings of one rule that are printed; the rest are counted.
    pub per_rule: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100, per_rule: 20 }
    }
}

/// What a reporter is told beside the report.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// What was checked, as the user called it: `.`, `deploy/`.
    pub root: &'c str,
    /// The path of the root inside its Git repository; empty where it is the same. GitHub places
    /// findings by the path inside the repository.
    pub prefix: &'c str,
    /// The rules that exist; SARIF carries their pages.
    pub rules: &'c [Rule],
    /// The version of the linter.
    pub version: &'c str,
    /// How long the run took, in milliseconds.
    pub elapsed_ms: u64,
    /// How text for people looks.
    pub style: Style,
    /// The severity from which findings fail the run; `None`: they never do.
    pub fail_on: Option<Severity>,
    /// The address that a path inside the Git repository is appended to for a link that stays:
    /// `https://github.com/org/repo/blob/4d2c9e7…`.
    pub blob: Option<&'c str>,
    /// What was compared with what: `4d2c9e7 against main at b91d04c`.
    pub compared: Option<&'c str>,
    /// What to type on a laptop for the same findings.
    pub at_home: Option<&'c str>,
}

impl<'c> Context<'c> {
    /// The context of a run over `root`, with every rule and no colour.
    #[must_use]
    pub fn new(root: &'c str) -> Self {
        Self {
            root,
            prefix: "",
            rules: registry::RULES,
            version: env!("CARGO_PKG_VERSION"),
            elapsed_ms: 0,
            style: Style::default(),
            fail_on: Some(Severity::Error),
            blob: None,
            compared: None,
            at_home: None,
        }
    }

    /// A path of the report as the Git repository calls it.
    fn in_repository(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }
}

/// The report in a format. It ends in a line break unless it is empty.
#[must_use]
pub fn render(format: Format, report: &Report, context: &Context<'_>) -> String {
    match format {
        Format::Human => human::print(report, context),
        Format::Json => json::print(report, context),
        Format::Sarif => sarif::print(report, context),
        Format::Github => github::print(report, context),
        Format::Junit => junit::print(report, context),
        Format::Gitlab => gitlab::print(report, context),
        Format::Markdown => markdown::print(report, context),
    }
}
