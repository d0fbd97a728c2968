//! Templates in a tree of nodes: compiled once, filled in for each element.
//!
//! Argo CD fills in every string, and every key of a map, and nothing else: a boolean or a number
//! is what it is (argo-cd `applicationset/utils/utils.go` `deeplyReplace`).

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use mlgitops_gotemplate::{FailureKind, UNKNOWN, Value as GoValue, parse};
use mlgitops_yaml::{Key, Map, Node, OriginId, Pieces, Scalar, Style, Text, Unknown, Value};

use super::expansion::{Expansion, Language};
use super::parameters::{Parameters, is_text};
use super::refusal::Stop;
use super::{fasttemplate, functions};

/// A tree whose strings are templates.
pub(super) enum Part {
    /// Nothing in it is.
    Fixed(Node),
    /// A string.
    Text(TextPart),
    /// A list.
    Sequence(OriginId, Vec<Part>),
    /// A map.
    Map(OriginId, Vec<(KeyPart, Part)>),
}

/// A string that is a template.
pub(super) struct TextPart {
    scalar: Scalar,
    origin: OriginId,
    template: Template,
}

/// A key that may be a template.
pub(super) enum KeyPart {
    /// It is none.
    Fixed(Key),
    /// It is one.
    Text(TextPart),
}

/// A text that is a template, in the language of the set.
pub(super) enum Template {
    /// Without `goTemplate`.
    Fast(Text),
    /// With it: the name under which the machine knows it.
    Go(Arc<str>),
}

/// The parameters of one element, in the form the set's language takes.
pub(super) struct Filling<'p> {
    parameters: &'p Parameters,
    dot: Option<GoValue>,
}

impl<'p> Filling<'p> {
    pub(super) fn new(parameters: &'p Parameters, expansion: &mut Expansion<'_>) -> Self {
        let machine = &mut expansion.machine;
        let dot = match expansion.language {
            Language::Fast => None,
            Language::Go => Some(parameters.import(&mut machine.heap, machine.origins)),
        };
        Self { parameters, dot }
    }
}

impl Expansion<'_> {
    /// Compiles the templates of a tree.
    pub(super) fn compile(&mut self, node: &Node) -> Result<Part, Stop> {
        Ok(match &node.value {
            Value::Scalar(scalar) => match self.compile_scalar(scalar, node.origin)? {
                Some(part) => Part::Text(part),
                None => Part::Fixed(node.clone()),
            },
            Value::Sequence(items) => {
                let parts = items.iter().map(|item| self.compile(item)).collect::<Result<Vec<_>, _>>()?;
                if parts.iter().all(|part| matches!(part, Part::Fixed(_))) {
                    return Ok(Part::Fixed(node.clone()));
                }
                Part::Sequence(node.origin, parts)
            }
            Value::Map(map) => {
                let mut parts = Vec::with_capacity(map.len());
                for (key, value) in map.iter() {
                    let name = match self.compile_scalar(&key.scalar, key.origin)? {
                        Some(part) => KeyPart::Text(part),
                        None => KeyPart::Fixed(key.clone()),
                    };
                    parts.push((name, self.compile(value)?));
                }
                let fixed = |(key, part): &(KeyPart, Part)| {
                    matches!((key, part), (KeyPart::Fixed(_), Part::Fixed(_)))
                };
                if parts.iter().all(fixed) {
                    return Ok(Part::Fixed(node.clone()));
                }
                Part::Map(node.origin, parts)
            }
            Value::Null | Value::Unknown(_) => Part::Fixed(node.clone()),
        })
    }

    fn compile_scalar(&mut self, scalar: &Scalar, origin: OriginId) -> Result<Option<TextPart>, Stop> {
        if !scalar.text.contains("{{") || !is_text(scalar) {
            return Ok(None);
        }
        let text = scalar.to_text(origin, self.machine.origins);
        let template = self.compile_text(text)?;
        Ok(Some(TextPart { scalar: scalar.clone(), origin, template }))
    }

    /// Compiles one text.
    pub(super) fn compile_text(&mut self, text: Text) -> Result<Template, Stop> {
        if self.language == Language::Fast {
            return Ok(Template::Fast(text));
        }
        self.machine.make(text.len()).map_err(|failure| Stop::failure(&failure))?;
        // The name shows in no message: the place does.
        let name: Arc<str> = format!("template {}", self.compiled).into();
        self.compiled += 1;
        match parse(&name, text.shared(), functions::all()) {
            Ok(parsed) => self.machine.add(Arc::clone(&name), &Arc::new(parsed), text),
            Err(mut failure) => {
                let action = action_at(text.as_str(), failure.offset(text.as_str()));
                failure.origin = text.origin(action, self.machine.origins);
                debug_assert_eq!(failure.kind, FailureKind::Parse);
                return Err(Stop::failure(&failure));
            }
        }
        Ok(Template::Go(name))
    }

    /// Fills in a tree.
    pub(super) fn fill(&mut self, part: &Part, filling: &Filling<'_>) -> Result<Node, Stop> {
        Ok(match part {
            Part::Fixed(node) => node.clone(),
            Part::Text(part) => self.fill_scalar(part, filling)?,
            Part::Sequence(origin, parts) => {
                let items = parts.iter().map(|part| self.fill(part, filling)).collect::<Result<_, _>>()?;
                Node::new(Value::Sequence(items), *origin)
            }
            Part::Map(origin, parts) => {
                let mut entries = Vec::with_capacity(parts.len());
                let mut made = false;
                for (key, part) in parts {
                    let key = match key {
                        KeyPart::Fixed(key) => key.clone(),
                        KeyPart::Text(part) => {
                            made = true;
                            self.fill_key(part, filling)?
                        }
                    };
                    entries.push((key, self.fill(part, filling)?));
                }
                let entries = if made { last_of_each_name(entries) } else { entries };
                Node::new(Value::Map(Map::of(entries)), *origin)
            }
        })
    }

    fn fill_key(&mut self, part: &TextPart, filling: &Filling<'_>) -> Result<Key, Stop> {
        let node = self.fill_scalar(part, filling)?;
        let scalar = node.as_scalar().cloned().unwrap_or_else(|| Scalar::string(UNKNOWN));
        Ok(Key { scalar, origin: node.origin })
    }

    fn fill_scalar(&mut self, part: &TextPart, filling: &Filling<'_>) -> Result<Node, Stop> {
        let text = self.fill_text(&part.template, part.origin, filling)?;
        Ok(self.scalar_of(&text, &part.scalar))
    }

    /// Fills in one text.
    pub(super) fn fill_text(
        &mut self,
        template: &Template,
        origin: OriginId,
        filling: &Filling<'_>,
    ) -> Result<Text, Stop> {
        match (template, &filling.dot) {
            (Template::Fast(text), _) => {
                let size = text.len().saturating_add(fasttemplate::filled(text.as_str(), filling.parameters));
                self.machine.make(size).map_err(|failure| Stop::failure(&failure))?;
                fasttemplate::replace(text, filling.parameters, self.machine.origins).map_err(|unclosed| {
                    let tail = u32::try_from(unclosed.at).unwrap_or(u32::MAX);
                    let place = text.origin(tail..tail.saturating_add(2), self.machine.origins);
                    Stop::refused("appset-template", "its `{{` is closed by no `}}`", place)
                })
            }
            (Template::Go(name), Some(dot)) => {
                self.machine.execute(name, dot).map_err(|failure| Stop::failure(&failure))
            }
            (Template::Go(_), None) => Err(Stop::refused("appset-template", "it has no parameters", origin)),
        }
    }

    /// A string of a text: its pieces keep their origins.
    pub(super) fn scalar_of(&mut self, text: &Text, like: &Scalar) -> Node {
        let origins = &mut *self.machine.origins;
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let origin = text.origin(0..end, origins);
        if text.as_str().contains(UNKNOWN) {
            let reason = self.machine.unknown().cloned();
            let reason = reason.unwrap_or_else(|| "a parameter of its element is not known".into());
            return Node::new(Value::Unknown(Unknown { reason }), origin);
        }
        let origins = &mut *self.machine.origins;
        let mut start = 0;
        let ends: Vec<u32> = text.runs().iter().map(|run| run.end).collect();
        let parts = ends.into_iter().map(|end| {
            let part = (end, text.origin(start..end, origins));
            start = end;
            part
        });
        let pieces = Pieces::Parts(parts.collect());
        // It stays a string, whatever the parameters make it look like.
        let style = if like.style == Style::Plain { Style::Double } else { like.style };
        let scalar = Scalar { text: Arc::clone(text.shared()), pieces, style, tag: None };
        Node::new(Value::Scalar(scalar), origin)
    }
}

/// The action that a place in a text lies in, with its braces.
fn action_at(text: &str, at: u32) -> Range<u32> {
    let at = (at as usize).min(text.len());
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind("{{").or_else(|| text.find("{{")).unwrap_or(0);
    let rest = text.get(start..).unwrap_or("");
    let end = start + rest.find("}}").map_or(rest.len(), |close| close + 2);
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    narrow(start)..narrow(end)
}

/// Of entries whose keys came out equal, the last one.
fn last_of_each_name(entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<(Key, Node)> =
        entries.into_iter().rev().filter(|(key, _)| seen.insert(key.name().to_owned())).collect();
    kept.reverse();
    kept
}
