//! What one element of a generator gives to the template: Go's `map[string]any`, with origins.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_gotemplate::{Data, Heap, MapType, Slot, Value};
use mlgitops_yaml::{
    Map, Mode, Node, OriginId, Origins, Resolved, Role, Scalar, Value as NodeValue, go_float,
};

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
    Strings,
    /// `map[string]any` of `map[string]string`: a cluster's `metadata`.
    MapsOfStrings,
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

    /// Takes one out.
    pub(super) fn take(&mut self, name: &str) -> Option<Entry> {
        self.entries.remove(name)
    }

    /// How many values there are, containers and what is in them counted one by one.
    pub(super) fn weight(&self) -> usize {
        self.entries.values().map(|entry| weight(&entry.value)).sum()
    }

    /// All of them, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Entry)> {
        self.entries.iter()
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

    /// Every scalar by its dotted path, as a selector sees it: lists by index, values as Go's `%v`
    /// prints them (argo-cd `flattenParameters`).
    pub(super) fn flat(&self) -> BTreeMap<String, String> {
        let mut flat = BTreeMap::new();
        for (name, entry) in &self.entries {
            flatten(name.to_string(), &entry.value, &mut |path, leaf| {
                flat.insert(path, shown(leaf));
            });
        }
        flat
    }
}

fn weight(node: &Node) -> usize {
    1 + match &node.value {
        NodeValue::Map(map) => map.iter().map(|(_, value)| weight(value)).sum(),
        NodeValue::Sequence(items) => items.iter().map(weight).sum(),
        _ => 0,
    }
}

fn retype(heap: &mut Heap, value: &Value, kind: Kind) {
    let Data::Map(map) = value.data else { return };
    match kind {
        Kind::Any => {}
        Kind::Strings => heap.retype(map, MapType::Str),
        Kind::MapsOfStrings => {
            let inner: Vec<Value> = heap.map(map).values().map(|slot| slot.value.clone()).collect();
            inner.iter().for_each(|value| retype(heap, value, Kind::Strings));
        }
    }
}

/// Calls `each` with the dotted path of every scalar below a value. A container without entries
/// gives nothing, as `flatten.Flatten` has it.
pub(super) fn flatten(path: String, value: &Node, each: &mut impl FnMut(String, &Node)) {
    match &value.value {
        NodeValue::Map(map) => {
            for (key, value) in map.iter() {
                if let Ok(name) = key.resolved_name(Mode::Api) {
                    flatten(format!("{path}.{name}"), value, each);
                }
            }
        }
        NodeValue::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(format!("{path}.{index}"), item, each);
            }
        }
        _ => each(path, value),
    }
}

/// A value as Go's `%v` prints what JSON made of it.
pub(super) fn shown(node: &Node) -> String {
    match &node.value {
        NodeValue::Null => "<nil>".to_owned(),
        NodeValue::Unknown(_) => mlgitops_gotemplate::UNKNOWN.to_owned(),
        NodeValue::Scalar(scalar) => shown_scalar(scalar),
        NodeValue::Sequence(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(" "))
        }
        NodeValue::Map(map) => {
            let sorted: BTreeMap<&str, &Node> = map.iter().map(|(key, value)| (key.name(), value)).collect();
            let entries: Vec<String> =
                sorted.into_iter().map(|(name, value)| format!("{name}:{}", shown(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}

fn shown_scalar(scalar: &Scalar) -> String {
    match scalar.resolve(Mode::Api) {
        Resolved::Null | Resolved::Refused => "<nil>".to_owned(),
        Resolved::Bool(value) => value.to_string(),
        Resolved::Int(value) => go_float(value as f64),
        Resolved::Uint(value) => go_float(value as f64),
        Resolved::Float(value) => go_float(value),
        Resolved::Timestamp | Resolved::Str => scalar.text.to_string(),
    }
}

/// A value as a string, where Argo CD prints it with `%v`; text keeps its pieces.
pub(super) fn as_string(node: &Node) -> Node {
    match &node.value {
        NodeValue::Unknown(_) => node.clone(),
        NodeValue::Scalar(scalar) if is_text(scalar) => node.clone(),
        NodeValue::Scalar(scalar) if *scalar.text == *shown_scalar(scalar) => {
            let scalar = Scalar { style: mlgitops_yaml::Style::Double, tag: None, ..scalar.clone() };
            Node::new(NodeValue::Scalar(scalar), node.origin)
        }
        _ => Node::string(&shown(node), node.origin),
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
