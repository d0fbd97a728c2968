//! `mlgitops diff`: what a change does, one line a release.

use std::sync::Arc;

use clap::ValueEnum;
use mlgitops_files::Files;

use super::{CliError, base, given, input, print};
use crate::finding::{Code, NotChecked};
use crate::fleet::Surveyor;
use crate::history::{Review, Reviewed, told};
use crate::report::{diff, harmless, shown};
use crate::source::{self, Named, Repositories, Which};

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
    #[command(flatten)]
    folder: given::Folder,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    clock: given::Clock,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Markdown,
    Json,
}

/// Runs `diff`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let root = args.folder.find()?;
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
    let surveyor = Arc::new(Surveyor::default());
    let files: Arc<dyn Files> = Arc::new(Named::new(files));
    let mut after = surveyor.see(&files, &config, &repositories).fleet;
    let (changes, not_checked) = match &found.change.base {
        Err(gap) => {
            let what = "what this change does".to_owned();
            (
                Vec::new(),
                vec![NotChecked::new(Code::History, what, gap.reason.clone()).help(gap.help.clone())],
            )
        }
        Ok(_) => {
            let now = args.clock.now();
            let base_config = found.config.as_ref();
            let repositories = &repositories;
            let (fleet, config, surveyor) = (&mut after, &config, &surveyor);
            let reviewed = Reviewed { fleet, config, base_config, repositories, surveyor, now };
            let review = Review::new(&found.change, reviewed);
            let all = review.before().map(|before| told(before, &after, config, &review));
            (all.unwrap_or_default(), Vec::new())
        }
    };
    let mut text = match args.format {
        Format::Human => harmless(&diff::human(&changes)),
        Format::Markdown => diff::markdown(&changes),
        Format::Json => diff::json(&changes, &not_checked),
    };
    if !not_checked.is_empty() && !matches!(args.format, Format::Json) {
        text = not_checked
            .iter()
            .map(|item| {
                let help = item.help.as_deref().unwrap_or_default();
                let (what, reason, help) = (shown(&item.what), shown(&item.reason), shown(help));
                format!("not checked: {what}: {reason}\n       help: {help}\n")
            })
            .collect();
    }
    print(&text)?;
    Ok(if not_checked.is_empty() { 0 } else { 3 })
}
