//! From the nodes of a tree to values, and back: each scalar keeps its origin.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_yaml::{
    Key, Map, Mode, Node, OriginId, Origins, Pieces, Resolved, Scalar, Style, Text, Value as NodeValue,
};

use crate::machine::Machine;
use crate::value::{Data, Heap, ListType, MapType, Slot, Value, narrow};

impl Heap {
    /// A node of a tree as a value, as `sigs.k8s.io/yaml` reads it into an interface: numbers are
    /// `float64`. A key it refuses is left out; the loader reports it.
    pub fn import(&mut self, node: &Node, origins: &mut Origins) -> Value {
        match &node.value {
            NodeValue::Null => Value::from(Data::Nil, node.origin),
            NodeValue::Unknown(unknown) => {
                Value::from(Data::Unknown(Arc::clone(&unknown.reason)), node.origin)
            }
            NodeValue::Scalar(scalar) => import_scalar(scalar, node.origin, origins),
            NodeValue::Sequence(items) => {
                let items = items.iter().map(|item| self.import(item, origins)).collect();
                Value::from(Data::List(self.add_list(items, ListType::Any)), node.origin)
            }
            NodeValue::Map(map) => {
                let mut entries = BTreeMap::new();
                for (key, value) in map.iter() {
                    let Ok(name) = key.resolved_name(Mode::Api) else { continue };
                    let value = self.import(value, origins);
                    entries.insert(Arc::from(&*name), Slot { key: key.origin, value });
                }
                Value::from(Data::Map(self.add_map(entries, MapType::Any)), node.origin)
            }
        }
    }
}

fn import_scalar(scalar: &Scalar, origin: OriginId, origins: &mut Origins) -> Value {
    match scalar.resolve(Mode::Api) {
        Resolved::Null | Resolved::Refused => Value::from(Data::Nil, origin),
        Resolved::Bool(value) => Value::bool(value, origin),
        Resolved::Int(value) => Value::from(Data::Float(value as f64), origin),
        Resolved::Uint(value) => Value::from(Data::Float(value as f64), origin),
        Resolved::Float(value) => Value::from(Data::Float(value), origin),
        Resolved::Timestamp | Resolved::Str => {
            // What stands on one line is edited as a whole, quotes included; lines keep theirs.
            let in_pieces = scalar.text.contains('\n') || matches!(scalar.pieces, Pieces::Parts(_));
            if let Some(text) = scalar.tag.as_deref().filter(|tag| *tag == "binary").and_then(|_| {
                // Bytes that are no text are left as they are written.
                crate::functions::from_base64(&scalar.text).and_then(|bytes| String::from_utf8(bytes).ok())
            }) {
                return Value::str(&text, origin);
            }
            match scalar.style {
                _ if in_pieces => Value::text(scalar.to_text(origin, origins)),
                _ => Value::str(&scalar.text, origin),
            }
        }
    }
}

impl Machine<'_> {
    /// A value as a node of a tree, each scalar with its origin; what cannot be known is the text
    /// [`crate::UNKNOWN`]. `None` where it is nested deeper
    /// than a document may be.
    pub fn export(&mut self, value: &Value) -> Option<Node> {
        self.export_at(value, OriginId::NONE, 0, crate::print::json_float)
    }

    /// The same, with floats as Go prints them and not as JSON has them.
    pub(crate) fn export_plainly(&mut self, value: &Value) -> Option<Node> {
        self.export_at(value, OriginId::NONE, 0, mlgitops_yaml::go_float)
    }

    fn export_at(
        &mut self,
        value: &Value,
        above: OriginId,
        depth: usize,
        float: fn(f64) -> String,
    ) -> Option<Node> {
        // A value of a few shared maps may stand for more than fits into memory.
        if depth > mlgitops_files::limits::DEPTH || self.make(NODE).is_err() {
            return None;
        }
        let guard = self.origins.join(value.guard, above);
        let is_leaf = match &value.data {
            Data::List(list) => self.heap.list(*list).is_empty(),
            Data::Map(map) => self.heap.map(*map).is_empty(),
            Data::Object(_) => false,
            _ => true,
        };
        let origin = if is_leaf { self.placed(value.origin) } else { value.origin };
        let origin = self.origins.guard(origin, guard);
        let node = match &value.data {
            Data::Missing | Data::Nil => NodeValue::Null,
            Data::Bool(value) => NodeValue::Scalar(Scalar::plain(if *value { "true" } else { "false" })),
            Data::Int(value, _) => NodeValue::Scalar(Scalar::plain(&value.to_string())),
            Data::Float(value) => NodeValue::Scalar(Scalar::plain(&float(*value))),
            Data::Unknown(reason) => {
                self.unknown.get_or_insert_with(|| Arc::clone(reason));
                NodeValue::Scalar(Scalar::string(crate::UNKNOWN))
            }
            Data::Str(text) => {
                let text = self.placed_text(text);
                return Some(self.export_text(&text, guard));
            }
            Data::List(list) if self.heap.list_type(*list) == ListType::Nil => NodeValue::Null,
            Data::List(list) => {
                let items = self.heap.list(*list).to_vec();
                let items: Option<Vec<Node>> =
                    items.iter().map(|item| self.export_at(item, guard, depth + 1, float)).collect();
                NodeValue::Sequence(items?)
            }
            Data::Map(map) => {
                let slots: Vec<(Arc<str>, Slot)> =
                    self.heap.map(*map).iter().map(|(key, slot)| (Arc::clone(key), slot.clone())).collect();
                let mut entries = Vec::with_capacity(slots.len());
                for (key, slot) in slots {
                    let key =
                        Key { scalar: Scalar::string(&key), origin: self.origins.guard(slot.key, guard) };
                    entries.push((key, self.export_at(&slot.value, guard, depth + 1, float)?));
                }
                NodeValue::Map(Map::of(entries))
            }
            Data::Object(object) => {
                let plain = Arc::clone(object).encoded(self);
                if matches!(plain.data, Data::Object(_)) {
                    return None;
                }
                return self.export_at(&plain, guard, depth + 1, float);
            }
        };
        Some(Node::new(node, origin))
    }

    fn export_text(&mut self, text: &Text, guard: OriginId) -> Node {
        let whole = text.origin(0..narrow(text.len()), self.origins);
        let origin = self.origins.guard(whole, guard);
        let mut start = 0;
        let runs: Vec<u32> = text.runs().iter().map(|run| run.end).collect();
        let mut parts = Vec::with_capacity(runs.len());
        for end in runs {
            let part = text.origin(start..end, self.origins);
            parts.push((end, self.origins.guard(part, guard)));
            start = end;
        }
        let scalar = Scalar {
            text: Arc::clone(text.shared()),
            style: Style::Double,
            tag: None,
            pieces: Pieces::Parts(parts.into()),
        };
        Node::new(NodeValue::Scalar(scalar), origin)
    }
}

/// What a node costs, in bytes.
pub(crate) const NODE: usize = 128;
