//! Checks the nodes of `mlgitops.yaml` against the table of keys, and collects everything that is
//! wrong with them.

use std::sync::Arc;

use mlgitops_yaml::{Key as NodeKey, Map, Node, OriginId, Origins, Role, SourceFile, Value as NodeValue};

use super::keys::{Kind, Section};
use super::nearest::nearest;
use super::scalar::{Form, Refusal, Single, list, shown};
use super::{ConfigError, Stated};
use crate::finding::Location;

/// Errors after which the rest of a file is not worth reading.
pub(super) const MOST_ERRORS: usize = 100;

/// A value that is as the table asks.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// Where it stands.
    pub(super) location: Location,
    /// What it is.
    pub(super) data: Data,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Data {
    /// Nothing is written, or what is written was refused.
    Nothing,
    /// A single value.
    Single(Single),
    /// A list.
    List(Vec<Value>),
    /// Keys and values.
    Map(Vec<Entry>),
}

/// One entry of a map.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key, and where it stands.
    pub(super) key: Stated<String>,
    /// The value.
    pub(super) value: Value,
}

impl Value {
    /// The value under a key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a single value is a list of itself.
    pub(super) fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            Data::Single(_) => std::slice::from_ref(self),
            _ => &[],
        }
    }

    /// A single value.
    pub(super) fn single(&self) -> Option<&Single> {
        match &self.data {
            Data::Single(single) => Some(single),
            _ => None,
        }
    }
}

/// The reader of one file.
pub(super) struct Checker<'f> {
    file: &'f Arc<SourceFile>,
    origins: Origins,
    errors: Vec<ConfigError>,
}

impl<'f> Checker<'f> {
    pub(super) fn new(file: &'f Arc<SourceFile>, origins: Origins) -> Self {
        Self { file, origins, errors: Vec::new() }
    }

    /// Everything that was wrong, in the order of the file.
    pub(super) fn finish(mut self) -> Vec<ConfigError> {
        self.errors.sort_by(|a, b| a.location.key().cmp(&b.location.key()));
        self.errors
    }

    /// Whether more errors would not be kept: the rest is not worth reading.
    pub(super) fn has_enough(&self) -> bool {
        self.errors.len() >= MOST_ERRORS
    }

    /// Notes something that is wrong.
    pub(super) fn refuse(&mut self, location: Location, message: String, help: impl Into<Option<String>>) {
        if !self.has_enough() {
            self.errors.push(ConfigError { message, help: help.into(), location });
        }
    }

    /// Where a node or a key stands; for an alias, where its anchor does.
    pub(super) fn location(&self, origin: OriginId) -> Location {
        match self.origins.first(origin) {
            Some(span) => Location::from(span),
            None => Location::top_of(self.file, Role::Deployment),
        }
    }

    /// Where a node stands, short enough to show: of a map its first key, of a list its first item.
    pub(super) fn short_location(&self, node: &Node) -> Location {
        let mut node = node;
        loop {
            node = match &node.value {
                NodeValue::Map(map) => match map.iter().next() {
                    Some((key, _)) => return self.location(key.origin),
                    None => return self.location(node.origin),
                },
                NodeValue::Sequence(items) => match items.first() {
                    Some(first) => first,
                    None => return self.location(node.origin),
                },
                _ => return self.location(node.origin),
            }
        }
    }

    /// A key and where it stands.
    pub(super) fn key(&self, key: &NodeKey) -> Stated<String> {
        Stated { value: key.name().to_owned(), location: self.location(key.origin) }
    }

    /// Checks the value of the key `name`.
    pub(super) fn check(&mut self, name: &str, node: &Node, kind: &Kind) -> Value {
        let location = self.location(node.origin);
        let data = match kind {
            Kind::Scalar(form) => self.scalar(name, node, *form),
            Kind::OneOrMany(form) => match &node.value {
                NodeValue::Sequence(items) => self.list(name, items, &Kind::Scalar(*form)),
                _ => self.scalar(name, node, *form),
            },
            Kind::List(item) => match &node.value {
                NodeValue::Null => Data::Nothing,
                NodeValue::Sequence(items) => self.list(name, items, item),
                _ => self.wrong(name, node, "a list", "put `- ` before each item, or `[…]` around them"),
            },
            Kind::Map(section) => match &node.value {
                NodeValue::Null => Data::Nothing,
                NodeValue::Map(map) => self.section(node, map, section),
                _ => {
                    let keys: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
                    self.wrong(name, node, "a map", &format!("its keys are {}", list(&keys)))
                }
            },
            Kind::Named(value) => match &node.value {
                NodeValue::Null => Data::Nothing,
                NodeValue::Map(map) => self.named(map, value),
                _ => self.wrong(name, node, "a map", "write `name: value` for each"),
            },
            // The rules have their own reader: what may stand there depends on the rule.
            Kind::Rules => Data::Nothing,
        };
        Value { location, data }
    }

    /// Reads a single value, or says why it is none.
    pub(super) fn scalar(&mut self, name: &str, node: &Node, form: Form) -> Data {
        let NodeValue::Scalar(scalar) = &node.value else {
            return self.wrong(name, node, form.noun(), &form.written());
        };
        match form.read(scalar) {
            Ok(single) => Data::Single(single),
            Err(Refusal { what, help }) => {
                let location = self.location(node.origin);
                self.refuse(location, format!("`{}` {what}", shown(name)), help);
                Data::Nothing
            }
        }
    }

    /// Says that a value is of another type.
    pub(super) fn wrong(&mut self, name: &str, node: &Node, asked: &str, help: &str) -> Data {
        let location = self.short_location(node);
        let name = shown(name);
        let message = match &node.value {
            NodeValue::Null => format!("`{name}` has no value; it takes {asked}"),
            NodeValue::Scalar(scalar) => format!("`{name}` takes {asked}, not `{}`", shown(&scalar.text)),
            NodeValue::Sequence(_) => format!("`{name}` takes {asked}, not a list"),
            _ => format!("`{name}` takes {asked}, not a map"),
        };
        self.refuse(location, message, help.to_owned());
        Data::Nothing
    }

    fn list(&mut self, name: &str, items: &[Node], kind: &Kind) -> Data {
        let mut values = Vec::new();
        for item in items {
            if self.has_enough() {
                break;
            }
            values.push(self.check(name, item, kind));
        }
        Data::List(values)
    }

    fn named(&mut self, map: &Map, kind: &Kind) -> Data {
        let mut entries = Vec::new();
        for (key, node) in map.iter() {
            if self.has_enough() {
                break;
            }
            let value = self.check(key.name(), node, kind);
            entries.push(Entry { key: self.key(key), value });
        }
        Data::Map(entries)
    }

    fn section(&mut self, node: &Node, map: &Map, section: &Section) -> Data {
        let mut entries = Vec::new();
        for (key, value) in map.iter() {
            if self.has_enough() {
                break;
            }
            match section.keys.iter().find(|known| known.name == key.name()) {
                Some(known) => {
                    let value = self.check(known.name, value, &known.kind);
                    entries.push(Entry { key: self.key(key), value });
                }
                None => self.unknown_key(key, section),
            }
        }
        for missing in section.keys.iter().filter(|key| key.required && map.get(key.name).is_none()) {
            let location = self.short_location(node);
            let message = format!("{} has no `{}`", section.noun, missing.name);
            self.refuse(location, message, format!("add `{}`: {}", missing.name, missing.meaning));
        }
        Data::Map(entries)
    }

    fn unknown_key(&mut self, key: &NodeKey, section: &Section) {
        let known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
        let message = format!("`{}` is no key of {}", shown(key.name()), section.noun);
        let help = match nearest(key.name(), known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("its keys are {}", list(&known)),
        };
        let location = self.location(key.origin);
        self.refuse(location, message, help);
    }
}
