//! One expansion: the set, what it may look at, and what it may still make.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_gotemplate::{Limits, Machine, MissingKey};
use mlgitops_manifest::{Manifest, Problem};
use mlgitops_yaml::{Node, OriginId, Origins};

use super::functions;
use super::git::Listing;
use super::matrix::too_many;
use super::refusal::{Refusal, Stop};
use crate::deploy::Deployments;
use crate::deploy::Tree;
use crate::finding::{Code, Location, NotChecked};

/// How many times as many elements may be made inside matrix and merge generators as a set may
/// have.
const INTERMEDIATE: usize = 10;

/// Deepest nesting of bodies and calls in one template: nothing recurses in a string but what it
/// defines itself, and this fits the stack of any thread.
const DEPTH: usize = 64;

/// A generator that asked for what is not there.
pub(super) struct Unmatched {
    /// The kind of problem it is.
    pub(super) kind: &'static str,
    /// What is not there.
    pub(super) message: String,
    /// Where it is asked for.
    pub(super) at: OriginId,
}

/// The language of a set's templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// `{{name}}`.
    Fast,
    /// Go's.
    Go,
}

/// The expansion of one set.
pub(super) struct Expansion<'e> {
    /// The set.
    pub(super) set: &'e Manifest,
    /// The tree it deploys from.
    pub(super) tree: &'e Tree<'e>,
    /// The language of its templates.
    pub(super) language: Language,
    /// Runs them, and holds the origins.
    pub(super) machine: Machine<'e>,
    /// How many templates were compiled.
    pub(super) compiled: usize,
    /// How many elements the set may still have.
    pub(super) left: usize,
    /// How many more may be made on the way there, inside matrix and merge generators.
    intermediate: usize,
    /// Whether elements are missing on purpose, or for a reason that is said elsewhere.
    pub(super) is_partial: bool,
    /// The repositories that git generators read, by URL and revision.
    pub(super) listings: HashMap<(String, String), Arc<Listing>>,
    /// The generators that never matched, with what to say; `None` where one did.
    unmatched: BTreeMap<OriginId, Option<Unmatched>>,
    /// The first generator that excludes all it includes; said where the set makes nothing.
    pub(super) kept_out: Option<Unmatched>,
    problems: Vec<Problem>,
    not_checked: Vec<NotChecked>,
}

impl<'e> Expansion<'e> {
    pub(super) fn new(set: &'e Manifest, tree: &'e Tree<'e>, origins: &'e mut Origins) -> Self {
        let spec = set.root.get("spec");
        let go = spec.get("goTemplate").present().and_then(Node::as_bool) == Some(true);
        let limits =
            Limits { steps: limits::TEMPLATE_STEPS, bytes: 3 * limits::CHART_OUTPUT_BYTES, depth: DEPTH };
        let mut machine = Machine::new(origins, functions::all(), limits);
        machine.missing_key = missing_key(spec.get("goTemplateOptions").items());
        Self {
            set,
            tree,
            language: if go { Language::Go } else { Language::Fast },
            machine,
            compiled: 0,
            left: limits::APPLICATIONSET_ELEMENTS,
            intermediate: INTERMEDIATE * limits::APPLICATIONSET_ELEMENTS,
            is_partial: false,
            listings: HashMap::new(),
            unmatched: BTreeMap::new(),
            kept_out: None,
            problems: Vec::new(),
            not_checked: Vec::new(),
        }
    }

    /// Counts an element that is about to be made; false where there are too many.
    pub(super) fn take(&mut self) -> bool {
        match self.intermediate.checked_sub(1) {
            Some(left) => self.intermediate = left,
            None => self.record(too_many()),
        }
        self.intermediate > 0
    }

    /// Notes whether a generator matched anything; it is said of one that never does.
    pub(super) fn note_generator(
        &mut self,
        generator: OriginId,
        matched: bool,
        say: impl FnOnce() -> Unmatched,
    ) {
        let known = self.unmatched.entry(generator);
        if matched {
            known.insert_entry(None);
        } else {
            known.or_insert_with(|| Some(say()));
        }
    }

    /// Says that generators match nothing, or that the set makes nothing.
    pub(super) fn record_emptiness(&mut self, applications: usize) {
        let unmatched: Vec<Unmatched> = std::mem::take(&mut self.unmatched).into_values().flatten().collect();
        let kept_out = self.kept_out.take().filter(|_| applications == 0 && unmatched.is_empty());
        let generators = self.set.root.get("spec").get("generators").present();
        if applications == 0 && unmatched.is_empty() && kept_out.is_none() && !self.is_partial {
            let at = generators.map_or(self.set.root.origin, |node| node.origin);
            self.record(Stop::refused("appset-no-element", "its generators give no element", at));
        }
        for Unmatched { kind, message, at } in unmatched.into_iter().chain(kept_out) {
            self.record(Stop::refused(kind, message, at));
        }
    }

    /// Records why a part of the set gives nothing: each cause once, whatever the number of
    /// elements it stops.
    pub(super) fn record(&mut self, stop: Stop) {
        self.is_partial = true;
        match stop {
            Stop::Refused(Refusal { kind, message, origin }) => {
                let at = self.machine.origins.first(origin).or_else(|| self.set.place(self.set.root.origin));
                let message = format!("ApplicationSet `{}`: {message}", self.set.id.name);
                let problem = Problem { kind, message, at, also: None };
                if !self.problems.contains(&problem) {
                    self.problems.push(problem);
                }
            }
            Stop::NotChecked(item) => {
                if !self.not_checked.contains(&item) {
                    self.not_checked.push(*item);
                }
            }
            Stop::Limit(reason) => {
                // What is left out may be all of an environment.
                let item = self.not_known(Code::Limit, reason, self.set.root.origin).required(true);
                if !self.not_checked.contains(&item) {
                    self.not_checked.push(item);
                }
            }
        }
    }

    /// An item on something of the set that is not checked.
    pub(super) fn not_known(&self, code: Code, reason: impl Into<String>, origin: OriginId) -> NotChecked {
        let place = self.machine.origins.first(origin).map(Location::from);
        NotChecked::new(code, format!("ApplicationSet {}", self.set.id.name), reason).at(place)
    }

    /// Refuses an option that Go does not have: the controller panics, and makes no Application.
    pub(super) fn check_options(&self) -> Result<(), Stop> {
        let options = self.set.root.get("spec").get("goTemplateOptions").items();
        let is_unknown = |node: &&Node| node.text().is_some_and(|text| option(text).is_none());
        match options.iter().find(is_unknown).filter(|_| self.language == Language::Go) {
            Some(node) => {
                let text = node.text().unwrap_or("");
                let message = format!("Go has no template option `{text}`; `missingkey=error` is one");
                Err(Stop::refused("appset-template", message, node.origin))
            }
            None => Ok(()),
        }
    }

    /// Hands over what was found to be wrong.
    pub(super) fn finish(self, all: &mut Deployments) {
        all.problems.extend(self.problems);
        all.not_checked.extend(self.not_checked);
    }
}

/// What `goTemplateOptions` say; the last one counts (Go `text/template` `Template.Option`).
fn missing_key(options: &[Node]) -> MissingKey {
    options.iter().filter_map(Node::text).filter_map(option).next_back().unwrap_or(MissingKey::Invalid)
}

/// What one of them says; `None` for none that Go has.
fn option(text: &str) -> Option<MissingKey> {
    match text {
        "missingkey=default" | "missingkey=invalid" => Some(MissingKey::Invalid),
        "missingkey=zero" => Some(MissingKey::Zero),
        "missingkey=error" => Some(MissingKey::Error),
        _ => None,
    }
}
