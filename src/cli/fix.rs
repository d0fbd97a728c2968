//! `mlgitops lint --fix` and `--diff`: fixes are made in memory until there is none left, then
//! printed or written.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};
use mlgitops_yaml::SourceFile;

use super::{CliError, print};
use crate::config::Config;
use crate::finding::{Finding, Safety};
use crate::report::{patch, shown};
use crate::source::{Replacement, replace};
use crate::{Options, Report, fix, lint};

/// How often the result is linted again: a fix may make room for another.
const MOST_ROUNDS: usize = 8;

/// What `lint` may do with fixes.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Make the fixes that restart nothing, and report what remains
    #[arg(long, group = "fixing", conflicts_with_all = ["rev", "staged"], help_heading = "Fixes")]
    fix: bool,
    /// Print what `--fix` would change, as a patch, and write nothing
    #[arg(long, group = "fixing", conflicts_with_all = ["rev", "staged"], help_heading = "Fixes")]
    diff: bool,
    /// With `--fix` or `--diff`: also the fixes that restart pods or change several environments
    #[arg(long, requires = "fixing", help_heading = "Fixes")]
    unsafe_fixes: bool,
}

/// A tree with every fix made, and what is said of it.
pub(super) struct Fixed {
    /// The tree.
    pub(super) files: Arc<dyn Files>,
    /// The report of the tree as it was.
    before: Report,
    contents: BTreeMap<RepoPath, Arc<[u8]>>,
    /// The same files as they were read.
    read: BTreeMap<RepoPath, Arc<[u8]>>,
    done: Vec<(String, String)>,
    /// Fixes that were not asked for.
    left: usize,
}

impl Args {
    /// Whether fixes are asked for.
    pub(super) fn any(&self) -> bool {
        self.fix || self.diff
    }

    /// Whether they are only to be shown.
    pub(super) fn shows(&self) -> bool {
        self.diff
    }

    /// Makes every fix that is asked for, in memory.
    pub(super) fn make(&self, files: &Arc<dyn Files>, config: &Config, options: &Options) -> Fixed {
        let with_fixes = Options { fixes: true, ..options.clone() };
        let (mut contents, mut read) = (BTreeMap::new(), BTreeMap::new());
        let mut done = Vec::new();
        let mut tree = Arc::clone(files);
        let before = lint(&tree, config, &with_fixes);
        let mut left = self.not_asked_for(&before);
        let mut made = fix::make(&before.findings, self.unsafe_fixes);
        for _ in 1..MOST_ROUNDS {
            if made.files.is_empty() {
                break;
            }
            contents.extend(made.files);
            for (path, bytes) in made.read {
                // What a later round read was made by the one before it.
                read.entry(path).or_insert(bytes);
            }
            done.extend(made.done);
            tree = fix::over(files, &contents);
            let after = lint(&tree, config, &with_fixes);
            left = self.not_asked_for(&after);
            made = fix::make(&after.findings, self.unsafe_fixes);
        }
        Fixed { files: tree, before, contents, read, done, left }
    }

    /// How many fixes of a report are left to those who ask for them.
    fn not_asked_for(&self, report: &Report) -> usize {
        let is_unsafe = |finding: &&Finding| {
            finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Unsafe) && !self.unsafe_fixes
        };
        report.findings.iter().filter(is_unsafe).count()
    }
}

impl Fixed {
    /// The files that are other ones now: path, bytes as they were read, bytes to write.
    fn files(&self) -> impl Iterator<Item = (&RepoPath, &[u8], &[u8])> {
        self.contents.iter().filter_map(|(path, after)| Some((path, &**self.read.get(path)?, &**after)))
    }

    /// Prints the patch, and gives the exit code of the tree as it stands.
    pub(super) fn show(&self) -> Result<u8, CliError> {
        let for_people = std::io::stdout().is_terminal();
        let mut text = String::new();
        for (path, before, after) in self.files() {
            let (Some(before), Some(after)) = (text_of(path, before), text_of(path, after)) else { continue };
            text.push_str(&patch::print(path, &before, &after, for_people));
        }
        print(&text)?;
        let is_clean = text.is_empty() && self.left == 0;
        self.say(if is_clean { "note: nothing here can be fixed by itself\n" } else { "" }.to_owned());
        Ok(self.before.summary.exit)
    }

    /// Writes the files, and says what was done.
    pub(super) fn write(&self, folder: &Path) -> Result<(), CliError> {
        let replacement = |(path, before, after): (&RepoPath, &[u8], &[u8])| Replacement {
            path: path.clone(),
            before: before.to_vec(),
            after: after.to_vec(),
        };
        let all: Vec<Replacement> = self.files().map(replacement).collect();
        replace(folder, &all)?;
        let mut said = String::new();
        for (at, title) in &self.done {
            said.push_str(&format!("fixed: {}: {}\n", shown(at), shown(title)));
        }
        self.say(said);
        Ok(())
    }

    /// Says what was done, and what is not done unasked. What is on standard output may be for a
    /// machine.
    fn say(&self, mut said: String) {
        let fixes = match self.left {
            0 => None,
            1 => Some("1 more fix restarts pods or changes".to_owned()),
            count => Some(format!("{count} more fixes restart pods or change")),
        };
        if let Some(fixes) = fixes {
            said.push_str(&format!("note: {fixes} several environments: add --unsafe-fixes\n"));
        }
        // Nobody is left to tell if standard error is gone.
        let _ = std::io::stderr().lock().write_all(said.as_bytes());
    }
}

fn text_of(path: &RepoPath, bytes: &[u8]) -> Option<String> {
    SourceFile::new(path.as_str(), bytes).ok().map(|file| file.text().to_string())
}
