//! A generator's own `template` over that of the set (argo-cd `mergeGeneratorTemplate`, which fills
//! what is empty in the first from the second with `mergo.Merge`).

use std::collections::BTreeMap;

use mlgitops_yaml::{Key, Map, Node, Resolved, Value};

/// `own`, with what it leaves empty taken from `base`. A `false`, a `0` and an empty list are empty
/// to Go, so that none of them overrides anything.
pub(super) fn over(own: &Node, base: &Node) -> Node {
    let (Value::Map(own_map), Value::Map(base_map)) = (&own.value, &base.value) else {
        return if is_empty(own) { base.clone() } else { own.clone() };
    };
    let mut from_base: BTreeMap<&str, (&Key, &Node)> =
        base_map.iter().map(|(key, value)| (key.name(), (key, value))).collect();
    let mut entries = Vec::with_capacity(own_map.len());
    for (key, value) in own_map.iter() {
        match from_base.remove(key.name()) {
            // It is bytes to Go, one or the other.
            Some(_) if key.name() == "valuesObject" && !is_empty(value) => {
                entries.push((key.clone(), value.clone()));
            }
            Some((base_key, base_value)) if is_empty(value) => {
                entries.push((base_key.clone(), base_value.clone()));
            }
            Some((_, base_value)) => entries.push((key.clone(), over(value, base_value))),
            None => entries.push((key.clone(), value.clone())),
        }
    }
    let rest = base_map.iter().filter(|(key, _)| from_base.contains_key(key.name()));
    entries.extend(rest.map(|(key, value)| (key.clone(), value.clone())));
    Node::new(Value::Map(Map::of(entries)), own.origin)
}

/// Whether a value is the zero value of its type.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Unknown(_) => false,
        Value::Sequence(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Scalar(scalar) => match scalar.resolve(mlgitops_yaml::Mode::Api) {
            Resolved::Null | Resolved::Bool(false) | Resolved::Int(0) | Resolved::Refused => true,
            Resolved::Str => scalar.text.is_empty(),
            _ => false,
        },
    }
}
