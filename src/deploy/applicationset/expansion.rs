//! One expansion: the set, what it may look at, and what it may still make.

use mlgitops_files::limits;
use mlgitops_gotemplate::{Limits, Machine, MissingKey};
use mlgitops_manifest::{Manifest, Problem};
use mlgitops_yaml::{Node, OriginId, Origins};

use super::functions;
use super::refusal::{Refusal, Stop};
use crate::deploy::Deployments;
use crate::finding::{Code, Location, NotChecked};

/// Deepest nesting of bodies and calls in one template: nothing recurses in a string but what it
/// defines itself, and this fits the stack of any thread.
const DEPTH: usize = 64;

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
    /// The language of its templates.
    pub(super) language: Language,
    /// Runs them, and holds the origins.
    pub(super) machine: Machine<'e>,
    /// How many templates were compiled.
    pub(super) compiled: usize,
    /// How many elements may still be made.
    left: usize,
    problems: Vec<Problem>,
    not_checked: Vec<NotChecked>,
}

impl<'e> Expansion<'e> {
    pub(super) fn new(set: &'e Manifest, origins: &'e mut Origins) -> Self {
        let spec = set.root.get("spec");
        let go = spec.get("goTemplate").present().and_then(Node::as_bool) == Some(true);
        let limits =
            Limits { steps: limits::TEMPLATE_STEPS, bytes: 8 * limits::CHART_OUTPUT_BYTES, depth: DEPTH };
        let mut machine = Machine::new(origins, functions::all(), limits);
        machine.missing_key = missing_key(spec.get("goTemplateOptions").items());
        Self {
            set,
            language: if go { Language::Go } else { Language::Fast },
            machine,
            compiled: 0,
            left: limits::APPLICATIONSET_ELEMENTS,
            problems: Vec::new(),
            not_checked: Vec::new(),
        }
    }

    /// Counts elements that are about to be made.
    pub(super) fn take(&mut self, elements: usize) -> Result<(), Stop> {
        match self.left.checked_sub(elements) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Stop::Limit(format!("it has more than {} elements", limits::APPLICATIONSET_ELEMENTS)))
            }
        }
    }

    /// Records why a part of the set gives nothing: each cause once, whatever the number of
    /// elements it stops.
    pub(super) fn record(&mut self, stop: Stop) {
        match stop {
            Stop::Refused(Refusal { kind, message, origin }) => {
                let at = self.machine.origins.first(origin).or_else(|| self.set.place(self.set.root.origin));
                let message = format!("ApplicationSet `{}`: {message}", self.set.id.name);
                let problem = Problem { kind, message, at };
                if !self.problems.contains(&problem) {
                    self.problems.push(problem);
                }
            }
            Stop::NotChecked(item) => self.not_checked.push(*item),
            Stop::Limit(reason) => {
                let item = self.not_known(Code::Limit, reason, self.set.root.origin);
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

    /// Hands over what was found to be wrong.
    pub(super) fn finish(self, all: &mut Deployments) {
        all.problems.extend(self.problems);
        all.not_checked.extend(self.not_checked);
    }
}

/// What `goTemplateOptions` say; the last one counts (Go `text/template` `Template.Option`).
fn missing_key(options: &[Node]) -> MissingKey {
    let mut missing = MissingKey::Invalid;
    for option in options.iter().filter_map(Node::text) {
        missing = match option {
            "missingkey=default" | "missingkey=invalid" => MissingKey::Invalid,
            "missingkey=zero" => MissingKey::Zero,
            "missingkey=error" => MissingKey::Error,
            _ => missing,
        };
    }
    missing
}
