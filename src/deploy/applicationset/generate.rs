//! From a generator entry to elements, with the template they fill in
//! (argo-cd `applicationset/generators/generator_spec_processor.go`).

use mlgitops_yaml::Node;

use super::expansion::Expansion;
use super::parameters::Parameters;
use super::refusal::Stop;
use crate::finding::Code;

/// The elements of one generator, and the template for them.
pub(super) struct Generated {
    /// The elements.
    pub(super) parameters: Vec<Parameters>,
    /// The template.
    pub(super) template: Node,
}

/// The generators in the order Argo CD asks them, and whether they can be answered offline.
const GENERATORS: [(&str, bool); 9] = [
    ("list", true),
    ("clusters", false),
    ("git", false),
    ("scmProvider", false),
    ("clusterDecisionResource", false),
    ("pullRequest", false),
    ("matrix", false),
    ("merge", false),
    ("plugin", false),
];

impl Expansion<'_> {
    /// The elements of an entry of `generators`: of each generator it names, one in most sets.
    pub(super) fn generate(&mut self, entry: &Node, template: &Node) -> Result<Vec<Generated>, Stop> {
        let mut generated = Vec::new();
        for (name, body) in named(entry) {
            match self.parameters_of(name, body) {
                Ok(parameters) => generated.push(Generated { parameters, template: template.clone() }),
                Err(stop) => self.record(stop),
            }
        }
        Ok(generated)
    }

    fn parameters_of(&mut self, name: &str, body: &Node) -> Result<Vec<Parameters>, Stop> {
        match name {
            "list" => self.list(body),
            _ => {
                let reason = format!("its generator `{name}` is not expanded");
                Err(Stop::NotChecked(Box::new(self.not_known(Code::Plugin, reason, body.origin))))
            }
        }
    }
}

/// The generators an entry names.
fn named(entry: &Node) -> Vec<(&'static str, &Node)> {
    let named = GENERATORS.iter().filter_map(|(name, _)| {
        let body = entry.get(name).present().filter(|body| !body.is_null())?;
        Some((*name, body))
    });
    named.collect()
}
