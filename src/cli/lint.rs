//! `mlgitops lint`: checks a repository and prints what it finds.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use mlgitops_files::Files;

use super::{CliError, base, fix, given, input, links, print};
use crate::config::{Config, nearest};
use crate::finding::Severity;
use crate::report::{self, Format, Style};
use crate::rules::{self, Rule, registry};
use crate::source::{self, Commit, Root, SourceError};
use crate::timing::{Clock, Stage, Timings};
use crate::{NewSince, Options, lint};

/// The arguments of `lint`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    #[command(flatten)]
    input: input::Args,
    #[command(flatten)]
    fixing: fix::Args,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Write a further report to a file, such as sarif=out.sarif
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    output: Vec<Output>,
    /// Run only these rules or categories
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    select: Vec<String>,
    /// Leave out these rules or categories
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    ignore: Vec<String>,
    /// The severity from which findings fail the run
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// Accept that something which hides a model could not be checked
    #[arg(long)]
    allow_unchecked: bool,
    /// The branch or commit that the change under review is to be merged into [default: what CI says,
    /// else HEAD]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Report only what is new against a commit [default: in a pull request, the tip of its target]
    #[arg(long, value_name = "REV", conflicts_with = "all")]
    new_since: Option<String>,
    /// Report what is older too, where only what is new would be
    #[arg(long)]
    all: bool,
    /// Show why each release that changes in a guarded environment passes
    #[arg(long)]
    explain_passes: bool,
    /// Print to standard error how long each stage and each rule took
    #[arg(long)]
    timings: bool,
    #[command(flatten)]
    clock: given::Clock,
}

/// A further report.
#[derive(Debug, Clone)]
struct Output {
    format: Format,
    path: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Note,
    Warning,
    Error,
    Never,
}

impl FailOn {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
            Self::Never => None,
        }
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()))
    }
}

fn output(text: &str) -> Result<Output, String> {
    let form = || {
        let words = Format::ALL.map(Format::word).join(", ");
        format!("write FORMAT=FILE with a format of {words}")
    };
    let (format, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(form)?;
    Ok(Output { format: Format::parse(format).ok_or_else(form)?, path: path.into() })
}

impl Args {
    /// The formats that are printed or written.
    fn formats(&self) -> impl Iterator<Item = Format> {
        std::iter::once(self.format).chain(self.output.iter().map(|output| output.format))
    }

    /// Whether a format is to show fixes. Where some are made, people are told what is left anyway.
    fn wants_fixes(&self, format: Format) -> bool {
        format.carries_fixes() && !(format == Format::Human && self.fixing.any())
    }
}

/// Runs `lint`.
pub(super) fn run(args: &Args, color: bool) -> Result<u8, CliError> {
    let begun = Instant::now();
    let clock = args.timings.then(|| -> Clock { Arc::new(move || begun.elapsed()) });
    let timings = clock.map_or_else(Timings::default, Timings::by);
    let Asked { mut opened, options, compared, target } =
        timings.stage(Stage::Open, || ask(args, &timings))?;
    if args.fixing.any() {
        let fixed = args.fixing.make(&opened.files, &opened.config, &options);
        if args.fixing.shows() {
            return fixed.show();
        }
        fixed.write(opened.root.folder())?;
        opened.files = fixed.files;
    }
    let report = lint(&opened.files, &opened.config, &options);
    timings.stage(Stage::Report, || {
        let shown = args.input.shown();
        let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let prefix = opened.root.git().map_or("", |git| git.prefix.as_str());
        let (fail_on, blob, compared) = (options.fail_on, links::blob(), compared.as_deref());
        let (blob, at_home) = (blob.as_deref(), target.as_deref().and_then(|target| at_home(target, prefix)));
        let at_home = at_home.as_deref();
        let context = report::Context::new(&shown);
        tell(
            args,
            &report,
            &report::Context { prefix, elapsed_ms, fail_on, blob, compared, at_home, ..context },
            color,
        )
    })?;
    if let Some(spent) = timings.spent() {
        // A terminal that is gone is no reason to fail.
        let _ = std::io::stderr().write_all(spent.table().as_bytes());
    }
    Ok(report.summary.exit)
}

/// What is read, and what is asked of it.
struct Asked {
    opened: input::Opened,
    options: Options,
    /// What is compared with what, for people.
    compared: Option<String>,
    /// What a change is to go into.
    target: Option<String>,
}

fn ask(args: &Args, timings: &Timings) -> Result<Asked, CliError> {
    let select = selected(&args.select)?;
    let ignore = selected(&args.ignore)?;
    let mut opened = args.input.open()?;
    let head = args.input.rev.as_deref();
    let (stated, is_commit) = (args.base.as_deref(), head.is_some());
    let mut found = base::find(&opened.root, stated, head.unwrap_or("HEAD"), is_commit, &opened.config)?;
    opened.config.branch = found.as_ref().and_then(|found| found.branch.clone());
    if let Some(found) = found.as_mut() {
        let base = found.change.base.as_ref().ok();
        let config = base.map(|base| args.input.config_of(&opened.root, &**base, &opened.config));
        found.config = config.map(|config| Config { branch: found.branch.clone(), ..config });
    }
    let new_since = new_since(args, &opened, found.as_mut())?;
    let compared = compared(&opened.root, head, new_since.as_ref());
    let target = new_since.as_ref().map(|(since, _)| since.name.clone());
    let (base, change) = found.map_or((None, None), |found| (found.config, Some(found.change)));
    let repositories = args.input.repositories(&opened.root, args.base.as_deref())?;
    let options = Options {
        select,
        ignore,
        only: opened.only.clone(),
        now: args.clock.now(),
        fail_on: args.fail_on.severity(),
        base,
        change,
        allow_unchecked: args.allow_unchecked,
        repositories,
        new_since: new_since.map(|(since, _)| since),
        is_hook: args.input.is_staged(),
        with_changes: args.formats().any(|format| format == Format::Markdown),
        fixes: args.input.is_work_tree() && args.formats().any(|format| args.wants_fixes(format)),
        timings: timings.clone(),
    };
    Ok(Asked { opened, options, compared, target })
}

/// Writes and prints the report in every format that is asked for.
fn tell(
    args: &Args,
    report: &crate::Report,
    plain: &report::Context<'_>,
    color: bool,
) -> Result<(), CliError> {
    for output in &args.output {
        let text = report::render(output.format, report, plain);
        std::fs::write(&output.path, text).map_err(|error| CliError::Write {
            path: format!("`{}`", output.path.display()),
            reason: super::error::why(&error),
        })?;
    }
    let on_terminal = report::Context { style: Style { color, ..plain.style }, ..*plain };
    let mut text = report::render(args.format, report, &on_terminal);
    if args.explain_passes && args.format == Format::Human {
        text.extend(report.proofs.iter().map(|proof| format!("{proof}\n")));
    }
    print(&text)
}

/// What the findings of a run are new against, and the commit it is.
type Since = Option<(NewSince, String)>;

fn new_since(
    args: &Args,
    opened: &input::Opened,
    found: Option<&mut base::Found>,
) -> Result<Since, CliError> {
    let root = &opened.root;
    let (name, commit) = match &args.new_since {
        Some(rev) => match Commit::open(root, rev) {
            // Before the first commit everything is new.
            Err(SourceError::Unborn { .. }) => return Ok(None),
            opened => (rev.clone(), Arc::new(opened?)),
        },
        None if args.all => return Ok(None),
        None => match found.and_then(|found| found.tip.take()) {
            Some(tip) => (tip.name, tip.commit),
            None => return Ok(None),
        },
    };
    let id = commit.id();
    let files: Arc<dyn Files> = commit;
    let config = args.input.config_of(root, &*files, &opened.config);
    Ok(Some((NewSince { name, files, config }, id)))
}

/// `4d2c9e7 against main at b91d04c`.
fn compared(root: &Root, head: Option<&str>, since: Option<&(NewSince, String)>) -> Option<String> {
    let short = |id: &str| id.get(..7).unwrap_or(id).to_owned();
    let own = source::commit_id(root, head.unwrap_or("HEAD")).ok().map(|id| short(&id));
    let against = since.map(|(since, id)| format!("against {} at {}", since.name, short(id)));
    let parts: Vec<String> = own.into_iter().chain(against).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// What gives the same findings on a laptop; `None` where the target is no branch, or something in
/// it would be more than a word for a shell.
fn at_home(target: &str, prefix: &str) -> Option<String> {
    let is_word = |text: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
        text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(is_plain)
    };
    let is_commit = target.len() >= 40 && target.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_word(target) || is_commit || target == "HEAD" || !(prefix.is_empty() || is_word(prefix)) {
        return None;
    }
    let name = target.strip_prefix("origin/").unwrap_or(target);
    let folder = if prefix.is_empty() { String::new() } else { format!(" {prefix}") };
    Some(format!("git fetch origin {name} && mlgitops lint --base origin/{name}{folder}"))
}

/// The rules that words of the command line select.
fn selected(words: &[String]) -> Result<Vec<&'static Rule>, CliError> {
    let mut all = Vec::new();
    for word in words {
        let found = rules::select(word);
        if found.is_empty() {
            return Err(no_rule(word));
        }
        all.extend(found);
    }
    Ok(all)
}

/// What is said of a word that names no rule.
pub(super) fn no_rule(word: &str) -> CliError {
    let names = registry::RULES.iter().flat_map(|rule| [rule.id, rule.category]);
    CliError::NoRule { word: word.to_owned(), nearest: nearest(word, names).map(str::to_owned) }
}
