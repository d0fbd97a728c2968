//! From a generator entry to elements, with the template they fill in
//! (argo-cd `applicationset/generators/generator_spec_processor.go`).

use mlgitops_gotemplate::MissingKey;
use mlgitops_yaml::{Key, Map, Node, OriginId, Role, Value};

use super::expansion::{Expansion, Language};
use super::matrix::too_many;
use super::overrides;
use super::parameters::{Parameters, as_string, in_role};
use super::refusal::Stop;
use super::selector::Selector;
use super::template::{Filling, Part};
use crate::finding::Code;

/// The elements of one generator, and the template for them.
pub(super) struct Generated {
    /// The elements.
    pub(super) parameters: Vec<Parameters>,
    /// The template.
    pub(super) template: Node,
}

/// The generators, in the order Argo CD asks them.
const GENERATORS: [&str; 9] = [
    "list",
    "clusters",
    "git",
    "scmProvider",
    "clusterDecisionResource",
    "pullRequest",
    "matrix",
    "merge",
    "plugin",
];

/// How deep matrix and merge generators may stand in each other.
const DEPTH: usize = 2;

/// A generator inside a matrix or a merge.
pub(super) struct Child {
    name: &'static str,
    body: Node,
    compiled: Part,
    /// Its `values`: what names a parameter only the generator itself has stays as it is.
    values: Vec<(Key, Node, Part)>,
    selector: Option<Selector>,
}

impl Expansion<'_> {
    /// The elements of an entry of `generators`: of each generator it names, one in most sets.
    pub(super) fn generate(&mut self, entry: &Node, template: &Node) -> Result<Vec<Generated>, Stop> {
        let entry = in_role(entry, Role::Parameter, self.machine.origins);
        let selector = selector(&entry)?;
        let named = named(&entry);
        if named.is_empty() {
            let message = match entry.as_map().and_then(|map| map.iter().next()) {
                Some((key, _)) => format!("`{}` is no generator", key.name()),
                None => "an entry of its generators names none".to_owned(),
            };
            return Err(Stop::refused("appset-generator", message, entry.origin));
        }
        let mut generated = Vec::new();
        for (name, body) in named {
            match self.parameters_of(name, body, 0) {
                Ok(mut parameters) => {
                    self.select(selector.as_ref(), &mut parameters);
                    self.keep(&mut parameters);
                    let own = body.get("template").present();
                    let own = own.map(|own| overrides::over(own, template));
                    generated
                        .push(Generated { parameters, template: own.unwrap_or_else(|| template.clone()) });
                }
                Err(stop) => self.record(stop),
            }
        }
        Ok(generated)
    }

    fn parameters_of(&mut self, name: &str, body: &Node, depth: usize) -> Result<Vec<Parameters>, Stop> {
        match name {
            "list" => self.list(body),
            "git" => self.git(body),
            "clusters" => self.clusters(body),
            "matrix" | "merge" if depth >= DEPTH => {
                let message = format!("its {name} stands in a generator that stands in another already");
                Err(Stop::refused("appset-generator", message, body.origin))
            }
            "matrix" => self.matrix(body, depth),
            "merge" => self.merge(body, depth),
            _ => {
                let reason = format!("its generator `{name}` asks what is not in the repository");
                Err(Stop::NotChecked(Box::new(self.not_known(Code::Plugin, reason, body.origin))))
            }
        }
    }

    /// Keeps the elements that a selector names.
    fn select(&mut self, selector: Option<&Selector>, parameters: &mut Vec<Parameters>) {
        let Some(selector) = selector.filter(|selector| !selector.is_empty()) else { return };
        parameters.retain(|element| selector.matches(&element.flat()));
        // Who writes a selector expects it to leave elements out, all of them too.
        self.is_partial = true;
    }

    /// Counts the elements of the whole set, and leaves out those beyond the limit.
    fn keep(&mut self, parameters: &mut Vec<Parameters>) {
        if parameters.len() > self.left {
            parameters.truncate(self.left);
            self.record(too_many());
        }
        self.left -= parameters.len();
    }

    /// Makes a generator inside a matrix or a merge ready to be asked.
    pub(super) fn prepare(&mut self, entry: &Node) -> Result<Child, Stop> {
        let refused = |message: String| Err(Stop::refused("appset-generator", message, entry.origin));
        let selector = selector(entry)?;
        let (name, body) = match named(entry).as_slice() {
            [] => return refused("a generator inside its matrix or merge names none".to_owned()),
            [one] => *one,
            many => {
                let names: Vec<String> = many.iter().map(|(name, _)| format!("`{name}`")).collect();
                return refused(format!(
                    "one entry inside its matrix or merge names {}",
                    names.join(" and ")
                ));
            }
        };
        let mut body = body.clone();
        let mut values = Vec::new();
        if let Some(map) = body.as_map_mut() {
            // Only that of the whole matrix or merge counts.
            map.remove("template");
            if name != "list"
                && !matches!(name, "matrix" | "merge")
                && let Some((_, own)) = map.remove("values")
            {
                for (key, value) in own.as_map().into_iter().flat_map(Map::iter) {
                    let value = as_string(value);
                    let part = self.compile(&value)?;
                    values.push((key.clone(), value, part));
                }
            }
        }
        let compiled = self.compile(&body)?;
        Ok(Child { name, body, compiled, values, selector })
    }

    /// The elements of a generator inside a matrix or a merge; `outer` is the element of the
    /// matrix's first generator that fills in its second.
    pub(super) fn child(
        &mut self,
        child: &Child,
        outer: Option<&Parameters>,
        depth: usize,
    ) -> Result<Vec<Parameters>, Stop> {
        let outer = outer.filter(|outer| !outer.is_empty());
        let mut values: Vec<(Key, Node)> =
            child.values.iter().map(|(key, value, _)| (key.clone(), value.clone())).collect();
        let mut body = child.body.clone();
        if let Some(outer) = outer {
            let filling = Filling::new(outer, self);
            body = self.fill(&child.compiled, &filling)?;
            for ((_, value), (_, _, part)) in values.iter_mut().zip(&child.values) {
                if let Some(filled) = self.fill_where_known(part, &filling)? {
                    *value = filled;
                }
            }
        }
        if !values.is_empty()
            && let Some(map) = body.as_map_mut()
        {
            map.set(
                Key::new("values", OriginId::NONE),
                Node::new(Value::Map(Map::of(values)), OriginId::NONE),
            );
        }
        let mut parameters = self.parameters_of(child.name, &body, depth + 1)?;
        self.select(child.selector.as_ref(), &mut parameters);
        Ok(parameters)
    }

    /// A template filled in, or `None` where it names what is not there (argo-cd
    /// `RenderGeneratorParams`).
    fn fill_where_known(&mut self, part: &Part, filling: &Filling<'_>) -> Result<Option<Node>, Stop> {
        let before = std::mem::replace(&mut self.machine.missing_key, MissingKey::Error);
        let filled = self.fill(part, filling);
        self.machine.missing_key = before;
        match filled {
            Ok(node) => Ok(Some(node)),
            Err(Stop::Refused(refusal)) if self.language == Language::Go && refusal.is_missing_key() => {
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }
}

/// The selector behind a generator.
fn selector(entry: &Node) -> Result<Option<Selector>, Stop> {
    entry.get("selector").present().filter(|node| !node.is_null()).map(Selector::of).transpose()
}

/// The generators an entry names.
fn named(entry: &Node) -> Vec<(&'static str, &Node)> {
    let named = GENERATORS.iter().filter_map(|name| {
        let body = entry.get(name).present().filter(|body| !body.is_null())?;
        Some((*name, body))
    });
    named.collect()
}
