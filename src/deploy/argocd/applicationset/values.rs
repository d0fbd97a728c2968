//! A generator's `values`: strings of its own, filled in with the element's parameters
//! (argo-cd `applicationset/generators/value_interpolation.go`).

use mlgitops_yaml::{Key, Map, Node, OriginId, Value};

use super::expansion::{Expansion, Language};
use super::parameters::{Entry, Kind, Parameters, as_string};
use super::refusal::Stop;
use super::template::{Filling, Part};

/// The `values` of a generator, compiled.
pub(super) struct Values {
    entries: Vec<(String, OriginId, Part)>,
    origin: OriginId,
}

impl Values {
    /// The `values` of a generator's body; none where it has none.
    pub(super) fn of(body: &Node, expansion: &mut Expansion<'_>) -> Result<Self, Stop> {
        let mut entries = Vec::new();
        let node = body.get("values").present();
        for (key, value) in node.and_then(Node::as_map).into_iter().flat_map(Map::iter) {
            let part = expansion.compile(&as_string(value))?;
            entries.push((key.name().to_owned(), key.origin, part));
        }
        Ok(Self { entries, origin: node.map_or(OriginId::NONE, |node| node.origin) })
    }

    /// Adds them to an element. None of them sees another.
    pub(super) fn append(&self, element: &mut Parameters, expansion: &mut Expansion<'_>) -> Result<(), Stop> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let filling = Filling::new(element, expansion);
        let mut made = Vec::with_capacity(self.entries.len());
        for (name, key, part) in &self.entries {
            made.push((name, *key, expansion.fill(part, &filling)?));
        }
        if expansion.language == Language::Fast {
            made.into_iter().for_each(|(name, key, node)| element.set(&format!("values.{name}"), key, node));
            return Ok(());
        }
        let entries = made.into_iter().map(|(name, key, node)| (Key::new(name, key), node)).collect();
        let value = Node::new(Value::Map(Map::of(entries)), self.origin);
        element.set_entry("values", Entry { key: self.origin, value, kind: Kind::Strings });
        Ok(())
    }
}
