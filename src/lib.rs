//! `mlgitops`: what would go wrong after a merge in a Git repository that deploys models, said
//! before it, at the line that causes it.
//!
//! The flow is one way: a source of files, discovery, the plan that renders, the fleet, the
//! rules, the findings, a report. [`lint()`] is all of it, a pure function of its arguments.

pub mod cli;
pub mod config;
pub mod deploy;
pub mod discover;
pub mod finding;
pub mod fix;
pub mod fleet;
pub mod history;
pub mod kinds;
mod lint;
pub mod render;
pub mod report;
pub mod rules;
pub mod source;
pub mod timing;

pub use lint::{NewSince, Older, Options, Report, Summary, Survey, lint, survey};
