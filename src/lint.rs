//! The whole flow, from files to a report.

mod older;
mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};

use crate::config::Config;
use crate::discover::{self, Discovery, discover};
use crate::finding::{Code, Finding, Fingerprint, NotChecked, ReadTree, Severity};
use crate::fix;
use crate::fleet::{self, Fleet, Seen, Surveyor, at_hand, ignored};
use crate::history::{Change, Review, Reviewed, Told, told};
use crate::render::ToolKind;
use crate::render::plan::plan;
use crate::rules::sink::{self, Settings, sink};
use crate::rules::{self, Context, Facts, Gathered, Rule, Waivers, params};
use crate::source::{Named, Repositories};
use crate::timing::{Stage, Timings};

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
    /// What measures the stages and rules; by default nothing does.
    pub timings: Timings,
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
            timings: Timings::default(),
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
    pub discovery: Arc<Discovery>,
    /// What will be deployed, and where.
    pub fleet: Fleet,
    /// What is known of the installation.
    pub facts: Facts,
}

/// Runs the flow up to the fleet. `repositories` are those at hand beside the ones the
/// configuration names.
#[must_use]
pub fn survey(files: &Arc<dyn Files>, config: &Config, repositories: &Repositories) -> Survey {
    survey_timed(files, config, repositories, &Timings::default())
}

fn survey_timed(
    files: &Arc<dyn Files>,
    config: &Config,
    repositories: &Repositories,
    timings: &Timings,
) -> Survey {
    let discovery = timings.stage(Stage::Discover, || Arc::new(discover(files, &ignored(config))));
    let repositories = at_hand(repositories, config);
    let planned = timings.stage(Stage::Render, || plan(files, &discovery, &repositories, config));
    timings
        .stage(Stage::Fleet, || Survey::of(Seen { fleet: fleet::build(planned, config), discovery }, config))
}

impl Survey {
    fn of(seen: Seen, config: &Config) -> Self {
        let Seen { discovery, fleet } = seen;
        Self { facts: Facts::new(config, &discovery, &fleet), discovery, fleet }
    }

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
    let sight = Sight::of(files, options, before.is_some());
    let known = options.new_since.as_ref().map(|since| {
        let policies = (config, before.as_ref());
        let sight = &sight;
        move |rules: &[&'static Rule]| older::known(since, policies, sight, rules, options)
    });
    let known = known.as_ref().map(|known| known as Known<'_>);
    let mut judged = judge(&sight, config, options, known);
    if let Some(before) = &before {
        policy::unite(&mut judged, judge(&sight, before, options, known));
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
    leave(sight);
    Report { summary, findings, not_checked, trees, proofs, changes, older }
}

/// A source, and who surveys it.
struct Sight {
    files: Arc<dyn Files>,
    /// For what is surveyed more than once: other states, other policies.
    surveyor: Option<Arc<Surveyor>>,
}

impl Sight {
    fn of(files: &Arc<dyn Files>, options: &Options, has_two_policies: bool) -> Self {
        if options.change.is_none() && options.new_since.is_none() && !has_two_policies {
            return Self { files: Arc::clone(files), surveyor: None };
        }
        Self { files: Arc::new(Named::new(Arc::clone(files))), surveyor: Some(Arc::default()) }
    }

    /// Another state of the same repository.
    fn at(&self, files: &Arc<dyn Files>) -> Self {
        Self { files: Arc::clone(files), surveyor: self.surveyor.clone() }
    }

    fn survey(&self, config: &Config, repositories: &Repositories, timings: &Timings) -> Survey {
        match &self.surveyor {
            Some(surveyor) => {
                Survey::of(surveyor.see_timed(&self.files, config, repositories, timings), config)
            }
            None => survey_timed(&self.files, config, repositories, timings),
        }
    }
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

/// Says what some rules found before the change.
type Known<'k> = &'k dyn Fn(&[&'static Rule]) -> BTreeSet<Fingerprint>;

fn judge(sight: &Sight, config: &Config, options: &Options, known: Option<Known<'_>>) -> Judged {
    let timings = &options.timings;
    let Survey { discovery, mut fleet, facts } = sight.survey(config, &options.repositories, timings);
    let base_config = options.base.as_ref();
    let repositories = &options.repositories;
    let review = options.change.as_ref().zip(sight.surveyor.as_ref()).map(|(change, surveyor)| {
        let now = options.now;
        let fleet = &mut fleet;
        Review::new(change, Reviewed { fleet, config, base_config, repositories, surveyor, now })
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
        timings,
        gathered: Gathered::default(),
    };
    let mut selected = selected(options);
    selected.retain(|rule| rule.may_report(config));
    let run = timings.stage(Stage::Rules, || rules::run(&selected, &context));
    let waivers = Waivers::collect(config, &discovery);
    // Which waivers are needed only a whole run can tell.
    let asked = if waivers.stated.is_empty() { run.with_violations() } else { selected.clone() };
    let older = known.map(|known| known(&asked));
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
        older: older.as_ref(),
    };
    let sunk = timings.stage(Stage::Findings, || sink(run.violations, &settings));
    let subjects = waivers.subjects(&sunk.used_waivers, options.is_filtered(), &context);
    let on_waivers = rules::run_on_waivers(&selected, &subjects, &context);
    let about_waivers = sink(on_waivers.violations, &settings);
    let (mut findings, mut older) = (sunk.findings, sunk.older);
    findings.extend(about_waivers.findings);
    older.extend(about_waivers.older);
    sink::sort(&mut findings);
    if !options.only.is_empty() {
        let is_asked = |finding: &Finding| options.only.iter().any(|file| touches(finding, file));
        findings.retain(is_asked);
        older.retain(is_asked);
    }
    let from_rules = run.not_checked.into_iter().chain(on_waivers.not_checked).collect();
    let mut not_checked = not_checked(&discovery, &fleet, from_rules);
    for item in not_checked.iter_mut().filter(|item| options.is_hook && item.code == Code::History) {
        item.required = false;
    }
    if options.fixes {
        let render = |files: &Arc<dyn Files>| {
            let Survey { discovery, fleet, .. } = survey(files, config, &options.repositories);
            (discovery, fleet)
        };
        let world = fix::World { files: &sight.files, discovery: &discovery, fleet: &fleet, render: &render };
        timings.stage(Stage::Fixes, || fix::plan(&mut findings, &world));
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
    if fleet.releases.is_empty() {
        all.extend(discover::examples(discovery));
    }
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
