//! What one element of a generator gives to the template: Go's `map[string]any`, with origins.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_gotemplate::{Data, Heap, MapType, Slot, Value};
use mlgitops_yaml::{Map, Mode, Node, OriginId, Origins, Resolved, Role, Scalar, Value as NodeValue};

/// Parameters by name. Go sorts a map's keys wherever their order shows, and so does this.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters {
    entries: BTreeMap<Arc<str>, Entry>,
}

/// One parameter.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Where its name stands.
    pub(super) key: OriginId,
    /// Its value.
    pub(super) value: Node,
    /// What Go's type for it is, as far as templates can tell.
    pub(super) kind: Kind,
}

/// The Go type of a parameter that is a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `any`: what was read from YAML.
    Any,
    /// `map[string]string`: a generator's `values`.
    #[expect(dead_code, reason = "the generators that have `values` come next")]
    Strings,
}

impl Parameters {
    /// The entries of a map as YAML has them; keys that JSON cannot hold are left out.
    pub(super) fn of_map(map: &Map) -> Self {
        let mut parameters = Self::default();
        for (key, value) in map.iter() {
            if let Ok(name) = key.resolved_name(Mode::Api) {
                parameters.set(&name, key.origin, value.clone());
            }
        }
        parameters
    }

    /// Whether there is none: Argo CD then leaves the template as it stands.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sets one.
    pub(super) fn set(&mut self, name: &str, key: OriginId, value: Node) {
        self.set_entry(name, Entry { key, value, kind: Kind::Any });
    }

    /// Sets one of a type.
    pub(super) fn set_entry(&mut self, name: &str, entry: Entry) {
        self.entries.insert(Arc::from(name), entry);
    }

    /// The value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.entries.get(name).map(|entry| &entry.value)
    }

    /// All of them, by name.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (Arc<str>, Entry)> {
        self.entries.into_iter()
    }

    /// As the dot of a Go template.
    pub(super) fn import(&self, heap: &mut Heap, origins: &mut Origins) -> Value {
        let mut slots = BTreeMap::new();
        for (name, entry) in &self.entries {
            let value = heap.import(&entry.value, origins);
            retype(heap, &value, entry.kind);
            slots.insert(Arc::clone(name), Slot { key: entry.key, value });
        }
        Value::new(Data::Map(heap.add_map(slots, MapType::Any)))
    }
}

fn retype(heap: &mut Heap, value: &Value, kind: Kind) {
    let Data::Map(map) = value.data else { return };
    match kind {
        Kind::Any => {}
        Kind::Strings => heap.retype(map, MapType::Str),
    }
}

/// Whether a scalar is a string to Go.
pub(super) fn is_text(scalar: &Scalar) -> bool {
    matches!(scalar.resolve(Mode::Api), Resolved::Str | Resolved::Timestamp)
}

/// What a value is, in words for messages.
pub(super) fn word(node: &Node) -> &'static str {
    match &node.value {
        NodeValue::Null => "null",
        NodeValue::Unknown(_) => "unknown",
        NodeValue::Sequence(_) => "a list",
        NodeValue::Map(_) => "a map",
        NodeValue::Scalar(scalar) => match scalar.resolve(Mode::Api) {
            Resolved::Null | Resolved::Refused => "null",
            Resolved::Bool(_) => "a boolean",
            Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_) => "a number",
            Resolved::Timestamp | Resolved::Str => "a string",
        },
    }
}

/// A value whose bytes as they stand in a manifest take another role; what another layer put
/// there (a patch, a chart's values) keeps its own.
pub(super) fn in_role(node: &Node, role: Role, origins: &mut Origins) -> Node {
    let value = match &node.value {
        NodeValue::Sequence(items) => {
            NodeValue::Sequence(items.iter().map(|item| in_role(item, role, origins)).collect())
        }
        NodeValue::Map(map) => {
            let mut entries = Vec::with_capacity(map.len());
            for (key, value) in map.iter() {
                let origin = origin_in_role(key.origin, role, origins);
                let key = mlgitops_yaml::Key { scalar: key.scalar.clone(), origin };
                entries.push((key, in_role(value, role, origins)));
            }
            NodeValue::Map(Map::of(entries))
        }
        other => other.clone(),
    };
    Node { origin: origin_in_role(node.origin, role, origins), value }
}

fn origin_in_role(origin: OriginId, role: Role, origins: &mut Origins) -> OriginId {
    match origins.exact(origin) {
        Some((Role::Source, _)) => origins.with_role(origin, role),
        _ => origin,
    }
}
