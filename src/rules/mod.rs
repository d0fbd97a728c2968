//! The rules: what they are asked about, what they may know, and the engine that runs them.
//!
//! A rule is two files with one stem: its page `rules/<category>/<rule>.md` and its code
//! `src/rules/<category>/<rule>.rs`. `cargo xtask generate` writes [`registry`] and [`params`]
//! from the pages; nothing else is edited to add a rule.

pub mod argocd;
mod engine;
mod facts;
pub mod flux;
mod gathered;
pub mod params;
pub mod registry;
pub mod sink;
mod start;
mod subject;
mod vocabulary;
pub mod waivers;

use crate::config::Config;
use crate::discover::{Discovery, Found};
use crate::finding::{NotChecked, Severity, Violation};
use crate::fleet::{Column, Deployment, Fleet, ModelUse, Object, PlaceIndex};
use crate::history::Review;
use crate::timing::Timings;

pub use engine::{Run, run, run_on_waivers};
pub use facts::Facts;
pub use gathered::Gathered;
pub use vocabulary::vocabulary;
pub use waivers::{WaiverSubject, Waivers};

/// The rule about waivers themselves.
pub const WAIVER_RULE: &str = "waiver";

/// A rule: what its page says, and its code.
#[derive(Debug)]
pub struct Rule {
    /// The id, unique: `pinned-model-uri`.
    pub id: &'static str,
    /// The category; it only selects.
    pub category: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Every fact it can establish.
    pub cases: &'static [Case],
    /// Whether it can offer an edit, and which.
    pub fix: FixKind,
    /// Its parameters.
    pub params: &'static [Param],
    /// The first version that has it.
    pub since: &'static str,
    /// Its page, whole.
    pub page: &'static str,
    /// Its code: what it is asked about.
    pub checks: &'static [Check],
}

/// One kind of fact a rule can establish.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The name, unique in the rule.
    pub id: &'static str,
    /// The default severity in each column of [`Column::ALL`]; `None` is off.
    pub levels: [Option<Severity>; 4],
}

impl Rule {
    /// Whether any case of it can be reported: some are off until the configuration names them.
    #[must_use]
    pub fn may_report(&self, config: &Config) -> bool {
        let is_on = |case: &Case| case.levels.iter().any(Option::is_some);
        self.cases.iter().any(is_on) || config.names_rule(self.id, self.category)
    }
}

impl Case {
    /// The default severity in a column.
    #[must_use]
    pub fn level(&self, column: Column) -> Option<Severity> {
        let [prod, staging, dev, unnamed] = self.levels;
        match column {
            Column::Prod => prod,
            Column::Staging => staging,
            Column::Dev => dev,
            Column::Unnamed => unnamed,
        }
    }
}

/// What kind of edit a rule offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixKind {
    /// None.
    None,
    /// Edits that change no rendered pod template.
    Safe,
    /// Edits that restart something.
    Unsafe,
}

/// One parameter of a rule.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Its type: `bool`, `int`, `float`, `duration`, `size`, `string`, `list`, `map`.
    pub kind: &'static str,
    /// Its default, as the page writes it.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// What a rule may know: no files, no clock.
pub struct Context<'c> {
    /// Everything that will be deployed.
    pub fleet: &'c Fleet,
    /// What was found in the source.
    pub discovery: &'c Discovery,
    /// The configuration.
    pub config: &'c Config,
    /// The parameters of every rule.
    pub params: params::Params,
    /// What is known of the installation: KServe versions and modes.
    pub facts: Facts,
    /// The configuration before the change under review, where there is a change.
    pub base: Option<&'c Config>,
    /// The change under review with its history, where there is a change.
    pub review: Option<&'c Review>,
    /// The day it is, in UTC.
    pub today: jiff::civil::Date,
    /// What measures each rule, where that is asked for.
    pub timings: &'c Timings,
    /// What rules gather from the fleet, once for all of them.
    pub gathered: Gathered<'c>,
}

/// What a rule is asked about.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// A file of YAML or JSON, as written.
    Tree(fn(&Found, &Context<'_>, &mut Violations)),
    /// A values file of a chart.
    ValuesFile(fn(&Found, &Context<'_>, &mut Violations)),
    /// A file of a CI workflow.
    Workflow(fn(&Found, &Context<'_>, &mut Violations)),
    /// An object at a place.
    Manifest(fn(&Object, &Context<'_>, &mut Violations)),
    /// An Application that deploys models.
    Deployment(fn(&Deployment, &Context<'_>, &mut Violations)),
    /// A Flux Kustomization or HelmRelease that deploys models.
    Flux(fn(&Deployment, &Context<'_>, &mut Violations)),
    /// A model reference at a place.
    ModelReference(fn(&ModelUse, &Object, &Context<'_>, &mut Violations)),
    /// The change under review: the configuration before it, and the context after it.
    Change(fn(&Config, &Context<'_>, &mut Violations)),
    /// What the change under review does to releases, and their history. History renders in
    /// parallel, so these are asked one after the other.
    Review(fn(&Review, &Context<'_>, &mut Violations)),
    /// A waiver, once it is known what it covers.
    Waiver(fn(WaiverSubject<'_>, &Context<'_>, &mut Violations)),
    /// The whole fleet.
    Fleet(fn(&Context<'_>, &mut Violations)),
}

/// What one rule found, and what it could not decide.
#[derive(Debug, Default)]
pub struct Violations {
    /// The violations, in the order found.
    pub found: Vec<Violation>,
    /// What could not be decided.
    pub not_checked: Vec<NotChecked>,
    /// What passed, and by what proof.
    pub proofs: Vec<String>,
    /// Where it is asked now; every violation pushed holds there.
    place: Option<PlaceIndex>,
    /// The model it is asked about now.
    model: Option<String>,
}

impl Violations {
    /// Adds a violation; place and model are those of the subject unless it names its own.
    pub fn push(&mut self, violation: impl Into<Option<Violation>>) {
        let Some(mut violation) = violation.into() else { return };
        violation.place = violation.place.or(self.place);
        violation.model = violation.model.or_else(|| self.model.clone());
        self.found.push(violation);
    }

    /// Whether nothing was found, proved or left undecided.
    fn is_empty(&self) -> bool {
        self.found.is_empty() && self.not_checked.is_empty() && self.proofs.is_empty()
    }

    /// Adds the proof of something that passed.
    pub fn proof(&mut self, proof: String) {
        self.proofs.push(proof);
    }

    /// Adds something that could not be decided.
    pub fn not_checked(&mut self, item: NotChecked) {
        self.not_checked.push(item);
    }
}

/// The rules a selector names: a category, an id, or `category/id`. Empty for a word that is
/// none of them.
#[must_use]
pub fn select(selector: &str) -> Vec<&'static Rule> {
    let matches = |rule: &&Rule| {
        rule.id == selector
            || rule.category == selector
            || selector.split_once('/') == Some((rule.category, rule.id))
    };
    registry::RULES.iter().filter(matches).collect()
}
