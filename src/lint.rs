//! The whole flow, from files to a report.

mod older;
mod policy;

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};

use crate::config::Config;
use crate::discover::{self, Discovery, discover};
use crate::finding::{Code, Finding, NotChecked, ReadTree, Severity};
use crate::fix;
use crate::fleet::{self, Fleet};
use crate::history::{Change, Review, Reviewed, Told, at_hand, ignored, told};
use crate::render::ToolKind;
use crate::render::plan::plan;
use crate::rules::sink::{self, Settings, sink};
use crate::rules::{self, Context, Facts, Rule, Waivers, params};
use crate::source::Repositories;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rules to run; empty: all.
    pub select: Vec<&'static Rule>,
    /// The rules to leave out.
    pub ignore: Vec<&'static Rule>,
    /// Findings outside these files are not reported; empty: all are.
    pub only: Vec<RepoPath>,
    /// The time it is: ends waivers, measures how long something ran.
    pub now: jiff::Timestamp,
    /// The severity from which a run fails; `None`: findings never fail it.
    pub fail_on: Option<Severity>,
    /// The configuration before the change under review; `None` where there is no change.
    pub base: Option<Config>,
    /// The change under review; `None` where nothing is changed or no history is at hand.
    pub change: Option<Change>,
    /// Whether a required item that was not checked is accepted.
    pub allow_unchecked: bool,
    /// The repositories whose content is at hand, by URL.
    pub repositories: Repositories,
    /// The state whose findings are older, and not counted; `None`: everything is reported.
    pub new_since: Option<NewSince>,
    /// Whether a commit is about to be made: promotion is at most a warning, and history that is
    /// missing stops nobody.
    pub is_hook: bool,
    /// Whether the report tells what the change does to what runs.
    pub with_changes: bool,
    /// Whether findings get the edits that end them: each is tried on a copy in memory.
    pub fixes: bool,
}

/// A state of the repository, whose findings are nobody's news.
#[derive(Clone)]
pub struct NewSince {
    /// What people call it: `main`.
    pub name: String,
    /// Its files.
    pub files: Arc<dyn Files>,
    /// Its configuration, for the waivers that held there.
    pub config: Config,
}

impl std::fmt::Debug for NewSince {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSince").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            select: Vec::new(),
            ignore: Vec::new(),
            only: Vec::new(),
            now: jiff::Timestamp::UNIX_EPOCH,
            fail_on: Some(Severity::Error),
            base: None,
            change: None,
            allow_unchecked: false,
            repositories: Repositories::default(),
            new_since: None,
            is_hook: false,
            with_changes: false,
            fixes: false,
        }
    }
}

impl Options {
    /// Whether only a part of what could be said is asked for.
    fn is_filtered(&self) -> bool {
        !(self.select.is_empty() && self.ignore.is_empty() && self.only.is_empty())
    }
}

/// What a run says.
#[derive(Debug, Default)]
pub struct Report {
    /// The counts.
    pub summary: Summary,
    /// The findings, in the total order.
    pub findings: Vec<Finding>,
    /// What was not checked.
    pub not_checked: Vec<NotChecked>,
    /// The trees that were read beside the one under review.
    pub trees: Vec<ReadTree>,
    /// What passed by a proof, and the proof.
    pub proofs: Vec<String>,
    /// What the change does to each release; `None` where that was not asked, or cannot be told.
    pub changes: Option<Vec<Told>>,
    /// What is not counted because it was there before; `None` where everything is reported.
    pub older: Option<Older>,
}

/// Findings that a change did not cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Older {
    /// Where they were before: `main`.
    pub on: String,
    /// How many there are, by rule.
    pub findings: BTreeMap<&'static str, usize>,
}

impl Older {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.findings.values().sum()
    }
}

/// The counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Models at places.
    pub releases: usize,
    /// Different models.
    pub models: usize,
    /// Environments something runs in; the unnamed one counts.
    pub environments: usize,
    /// Charts rendered.
    pub helm: usize,
    /// Kustomizations built.
    pub kustomize: usize,
    /// Folders of plain manifests.
    pub plain: usize,
    /// Findings that count, by severity.
    pub errors: usize,
    /// Findings that count, by severity.
    pub warnings: usize,
    /// Findings that count, by severity.
    pub notes: usize,
    /// Places that a waiver covers.
    pub waived: usize,
    /// Items that were not checked.
    pub not_checked: usize,
    /// The exit code: 0 clean, 1 findings, 3 nothing or not enough was checked.
    pub exit: u8,
}

/// What a source holds and what runs where: the flow before the rules.
#[derive(Debug)]
pub struct Survey {
    /// What was found in the source.
    pub discovery: Discovery,
    /// What will be deployed, and where.
    pub fleet: Fleet,
    /// What is known of the installation.
    pub facts: Facts,
}

/// Runs the flow up to the fleet. `repositories` are those at hand beside the ones the
/// configuration names.
#[must_use]
pub fn survey(files: &Arc<dyn Files>, config: &Config, repositories: &Repositories) -> Survey {
    let discovery = discover(files, &ignored(config));
    let repositories = at_hand(repositories, config);
    let planned = plan(files, &discovery, &repositories, config);
    let fleet = fleet::build(planned, config);
    let facts = Facts::new(config, &discovery, &fleet);
    Survey { discovery, fleet, facts }
}

impl Survey {
    /// What could not be read or rendered, in one order, without repetition.
    #[must_use]
    pub fn not_checked(&self) -> Vec<NotChecked> {
        not_checked(&self.discovery, &self.fleet, Vec::new())
    }
}

/// Runs the whole flow over a source. A change is judged by its own policy and by the one it starts
/// from: what either finds is found.
#[must_use]
pub fn lint(files: &Arc<dyn Files>, config: &Config, options: &Options) -> Report {
    let before = options.base.as_ref().and_then(|base| config.with_policy_of(base));
    let known = LazyCell::new(|| {
        let since = options.new_since.as_ref();
        since.map(|since| older::known(since, config, before.as_ref(), options)).unwrap_or_default()
    });
    let was_there = |fingerprint| known.contains(&fingerprint);
    let older = options.new_since.as_ref().map(|_| &was_there as &sink::WasThere<'_>);
    let mut judged = judge(files, config, options, older);
    if let Some(before) = &before {
        policy::unite(&mut judged, judge(files, before, options, older));
    }
    let Judged { mut fleet, findings, not_checked, had_subject, rolled_back, .. } = judged;
    let mut summary = summarize(&fleet, &findings, &not_checked, had_subject, options);
    if rolled_back {
        // Two in the morning: nothing stands in the way of what ran before.
        summary.exit = 0;
    }
    let older = options.new_since.as_ref().map(|since| older::counted(&since.name, &judged.older));
    let (changes, proofs) = (judged.changes, judged.proofs);
    let trees = std::mem::take(&mut fleet.trees);
    leave(fleet);
    Report { summary, findings, not_checked, trees, proofs, changes, older }
}

/// What one policy says of a source.
struct Judged {
    fleet: Fleet,
    findings: Vec<Finding>,
    older: Vec<Finding>,
    not_checked: Vec<NotChecked>,
    had_subject: bool,
    rolled_back: bool,
    proofs: Vec<String>,
    changes: Option<Vec<Told>>,
}

/// To take millions of nodes apart is a tenth of a run, and nobody waits for it.
fn leave(big: impl Send + 'static) {
    rayon::spawn(move || drop(big));
}

fn judge(
    files: &Arc<dyn Files>,
    config: &Config,
    options: &Options,
    older: Option<&sink::WasThere<'_>>,
) -> Judged {
    let Survey { discovery, mut fleet, facts } = survey(files, config, &options.repositories);
    let base_config = options.base.as_ref();
    let repositories = &options.repositories;
    let review = options.change.as_ref().map(|change| {
        let now = options.now;
        Review::new(change, Reviewed { fleet: &mut fleet, config, base_config, repositories, now })
    });
    let context = Context {
        fleet: &fleet,
        discovery: &discovery,
        config,
        params: params::Params::of(config),
        facts,
        base: base_config,
        review: review.as_ref(),
        today: options.now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    };
    let selected = selected(options);
    let run = rules::run(&selected, &context);
    let waivers = Waivers::collect(config, &discovery);
    // A run that finds nothing needs no leave.
    let is_stopped = run.violations.iter().any(|(_, found)| !found.is_empty())
        || run.not_checked.iter().any(|item| item.required);
    let rolled_back = review.as_ref().filter(|_| is_stopped).and_then(Review::rolled_back);
    let settings = Settings {
        config,
        fleet: &fleet,
        waivers: &waivers.stated,
        today: context.today,
        softened: rolled_back.as_ref(),
        is_hook: options.is_hook,
        older,
    };
    let sunk = sink(run.violations, &settings);
    let subjects = waivers.subjects(&sunk.used_waivers, options.is_filtered(), &context);
    let on_waivers = rules::run_on_waivers(&selected, &subjects, &context);
    let about_waivers = sink(on_waivers.violations, &settings);
    let mut findings = [sunk.findings, about_waivers.findings].concat();
    let mut older = [sunk.older, about_waivers.older].concat();
    sink::sort(&mut findings);
    if !options.only.is_empty() {
        let is_asked = |finding: &Finding| options.only.iter().any(|file| touches(finding, file));
        findings.retain(is_asked);
        older.retain(is_asked);
    }
    let from_rules = [run.not_checked, on_waivers.not_checked].concat();
    let mut not_checked = not_checked(&discovery, &fleet, from_rules);
    for item in not_checked.iter_mut().filter(|item| options.is_hook && item.code == Code::History) {
        item.required = false;
    }
    if options.fixes {
        let render = |files: &Arc<dyn Files>| {
            let Survey { discovery, fleet, .. } = survey(files, config, &options.repositories);
            (discovery, fleet)
        };
        let world = fix::World { files, discovery: &discovery, fleet: &fleet, render: &render };
        fix::plan(&mut findings, &world);
    }
    let had_subject = (run.had_subject || on_waivers.had_subject) && names_what_was_read(&discovery, options);
    let changes = review.as_ref().filter(|_| options.with_changes).and_then(|review| {
        let before = review.before().ok()?;
        Some(told(before, &fleet, config, review))
    });
    let (rolled_back, proofs) = (rolled_back.is_some(), run.proofs);
    drop(context);
    leave(discovery);
    Judged { fleet, findings, older, not_checked, had_subject, rolled_back, proofs, changes }
}

fn selected(options: &Options) -> Vec<&'static Rule> {
    let has = |list: &[&'static Rule], rule: &Rule| list.iter().any(|one| one.id == rule.id);
    rules::registry::RULES
        .iter()
        .filter(|rule| options.select.is_empty() || has(&options.select, rule))
        .filter(|rule| !has(&options.ignore, rule))
        .collect()
}

/// Whether a run that is asked about some files read any of them.
fn names_what_was_read(discovery: &Discovery, options: &Options) -> bool {
    options.only.is_empty() || options.only.iter().any(|file| discovery.files.contains_key(file))
}

fn touches(finding: &Finding, only: &RepoPath) -> bool {
    finding.primary.location.path() == only.as_str()
        || finding.related.iter().any(|label| label.location.path() == only.as_str())
}

fn not_checked(discovery: &Discovery, fleet: &Fleet, from_rules: Vec<NotChecked>) -> Vec<NotChecked> {
    let mut all = discovery.not_checked.clone();
    all.extend(discovery.files.values().flat_map(discover::unread));
    all.extend(fleet.not_checked.iter().cloned());
    all.extend(from_rules);
    in_order(all)
}

/// In one order, without repetition.
fn in_order(mut all: Vec<NotChecked>) -> Vec<NotChecked> {
    let key = |item: &NotChecked| {
        let place = item.location.as_ref().map(|at| (at.path().to_owned(), at.start));
        (item.code, place, item.what.clone(), item.reason.clone())
    };
    all.sort_by_key(key);
    all.dedup_by_key(|item| key(item));
    all
}

fn summarize(
    fleet: &Fleet,
    findings: &[Finding],
    not_checked: &[NotChecked],
    had_subject: bool,
    options: &Options,
) -> Summary {
    let models: BTreeSet<&str> = fleet.releases.iter().map(|release| release.model.as_str()).collect();
    let environments: BTreeSet<_> = fleet
        .releases
        .iter()
        .filter_map(|release| fleet.place(release.place))
        .map(|place| place.environment)
        .collect();
    let tools = |kind| fleet.deployables.iter().filter(|one| one.job.kind() == kind).count();
    let count = |severity| findings.iter().filter(|one| one.counts() && one.severity == severity).count();
    let waived = findings.iter().flat_map(|finding| &finding.places).filter(|place| place.waived.is_some());
    let mut summary = Summary {
        releases: fleet.releases.len(),
        models: models.len(),
        environments: environments.len(),
        helm: tools(ToolKind::Helm),
        kustomize: tools(ToolKind::Kustomize),
        plain: tools(ToolKind::Plain),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        waived: waived.count(),
        not_checked: not_checked.len(),
        exit: 0,
    };
    let fails = |finding: &Finding| {
        finding.counts() && options.fail_on.is_some_and(|least| finding.severity >= least)
    };
    let failing = findings.iter().any(fails);
    let missing = not_checked.iter().any(|item| item.required) && !options.allow_unchecked;
    summary.exit = match () {
        () if !had_subject || missing => 3,
        () if failing => 1,
        () => 0,
    };
    summary
}
