//! `mlgitops diff`: what a change does, one line a release.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{CliError, base, input, print};
use crate::finding::{Code, NotChecked};
use crate::history::{Review, Reviewed, told};
use crate::report::diff;
use crate::source::{self, Repositories, Root, Which};
use crate::survey;

/// The arguments of `diff`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The branch or commit to compare with, at the point where the change left it [default: what CI
    /// says, else HEAD]
    #[arg(value_name = "BASE")]
    base: Option<String>,
    /// The commit to compare [default: the work tree]
    #[arg(value_name = "HEAD")]
    head: Option<String>,
    /// The folder to read
    #[arg(long = "root", value_name = "PATH", default_value = ".")]
    root: PathBuf,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
    /// The time it is [default: the clock]
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<jiff::Timestamp>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Markdown,
    Json,
}

/// Runs `diff`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let root = Root::find(&args.root)?;
    let which = args.head.clone().map_or(Which::WorkTree, Which::Rev);
    let files = source::open(&root, &which)?;
    let mut config = input::config_in(&*files)?;
    let head = args.head.as_deref();
    let found = base::find(&root, args.base.as_deref(), head.unwrap_or("HEAD"), head.is_some(), &config)?;
    let Some(found) = found else {
        return Err(CliError::Usage {
            message: "there is nothing to compare with: no Git repository, or no commit".to_owned(),
            help: "run it in a clone, or name a revision: mlgitops diff main".to_owned(),
        });
    };
    config.branch.clone_from(&found.branch);
    let repositories = Repositories::of(&root, args.base.as_deref());
    let mut after = survey(&files, &config, &repositories).fleet;
    let (changes, not_checked) = match &found.change.base {
        Err(gap) => {
            let what = "what this change does".to_owned();
            (
                Vec::new(),
                vec![NotChecked::new(Code::History, what, gap.reason.clone()).help(gap.help.clone())],
            )
        }
        Ok(_) => {
            let now = args.now.unwrap_or_else(jiff::Timestamp::now);
            let base_config = found.config.as_ref();
            let repositories = &repositories;
            let reviewed = Reviewed { fleet: &mut after, config: &config, base_config, repositories, now };
            let review = Review::new(&found.change, reviewed);
            let all = review.before().map(|before| told(before, &after, &config, &review));
            (all.unwrap_or_default(), Vec::new())
        }
    };
    let mut text = match args.format {
        Format::Human => diff::human(&changes),
        Format::Markdown => diff::markdown(&changes),
        Format::Json => diff::json(&changes, &not_checked),
    };
    if !not_checked.is_empty() && !matches!(args.format, Format::Json) {
        text = not_checked
            .iter()
            .map(|item| {
                let help = item.help.as_deref().unwrap_or_default();
                format!("not checked: {}: {}\n       help: {help}\n", item.what, item.reason)
            })
            .collect();
    }
    print(&text)?;
    Ok(if not_checked.is_empty() { 0 } else { 3 })
}
