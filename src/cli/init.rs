//! `mlgitops init`: writes what a repository needs to be checked at every change, and shows what
//! would be reported.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{CliError, given, input, print};
use crate::report::{self, Style, starter};
use crate::source::{self, Repositories, Root, Which};
use crate::{Options, lint, survey};

/// The arguments of `init`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The repository
    #[arg(value_name = "PATH", default_value = ".")]
    root: PathBuf,
    /// Only say what would be written
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    clock: given::Clock,
}

/// Runs `init`.
pub(super) fn run(args: &Args, color: bool) -> Result<u8, CliError> {
    let root = Root::find(&args.root)?;
    let files = source::open(&root, &Which::WorkTree)?;
    let config = input::config_in(&*files)?;
    let repositories = Repositories::of(&root, None);
    let survey = survey(&files, &config, &repositories);
    let branch = source::current_branch(&root);
    let found = starter::Found {
        fleet: &survey.fleet,
        branch: branch.as_deref().unwrap_or("main"),
        is_gitlab: is_gitlab(&root),
    };
    let mut text = String::new();
    for file in starter::files(&found) {
        let path = root.folder().join(file.path);
        let said = match (args.dry_run, path.symlink_metadata().is_ok()) {
            (_, true) => {
                let instead = if mentions_us(&path) { "" } else { &file.instead };
                format!("kept     {}: it is there already{instead}\n", file.path)
            }
            (true, false) => format!("would write {}: {}\n", file.path, file.meaning),
            (false, false) => {
                write(&path, &file.text, file.path)?;
                format!("written  {}: {}\n", file.path, file.meaning)
            }
        };
        text.push_str(&said);
    }
    text.push_str("\nthis is what it reports today:\n\n");
    let now = args.clock.now();
    let options = Options { now, repositories, ..Options::default() };
    let report = lint(&files, &config, &options);
    let style = Style { color, per_rule: 3, ..Style::default() };
    text.push_str(&report::human::print(&report, &report::Context { style, ..report::Context::new(".") }));
    text.push_str(
        "\nnone of this is in anybody's way: a pull request is asked only about what it brings itself\n",
    );
    print(&text)?;
    Ok(0)
}

/// Writes a file that is not there yet; one that appears meanwhile is never written over.
fn write(path: &Path, text: &str, shown: &str) -> Result<(), CliError> {
    let refused = |error: std::io::Error| CliError::Write {
        path: format!("`{shown}`"),
        reason: super::error::why(&error),
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(refused)?;
    }
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        opened => opened.map_err(refused)?,
    };
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a file is worse than none.
        let _ = std::fs::remove_file(path);
        refused(error)
    })
}

/// Whether a file that is there runs this program already.
fn mentions_us(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.contains("mlgitops"))
}

/// Whether the repository lives on GitLab, by what its own clone says.
fn is_gitlab(root: &Root) -> bool {
    let folder = root.folder();
    let has = |name: &str| folder.join(name).exists();
    let remotes = root.git().map_or(&[][..], |git| git.remotes.as_slice());
    let is_remote = remotes.iter().any(|remote| remote.url.contains("gitlab"));
    (has(".gitlab-ci.yml") || is_remote) && !has(".github")
}
