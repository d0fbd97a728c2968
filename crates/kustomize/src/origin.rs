//! Origins of values that a build changes.

use mlgitops_yaml::{Node, OriginId, Origins, Pieces, Role, Scalar, Style, Text, Value};

/// The origin of a value set over another: what set it, then the value before it.
pub(crate) fn over(new: OriginId, old: OriginId, origins: &mut Origins) -> OriginId {
    let base = origins.with_role(old, Role::Base);
    origins.join(new, base)
}

/// Everything written in a value: what an entry of a kustomization says, and so decides.
pub(crate) fn all_of(node: &Node, origins: &mut Origins) -> OriginId {
    match &node.value {
        Value::Map(map) => map.iter().fold(OriginId::NONE, |all, (_, value)| {
            let more = all_of(value, origins);
            origins.join(all, more)
        }),
        Value::Sequence(items) => items.iter().fold(OriginId::NONE, |all, item| {
            let more = all_of(item, origins);
            origins.join(all, more)
        }),
        _ => node.origin,
    }
}

/// About as many bytes as a node takes.
const NODE: usize = 128;
/// About as many as a piece of a scalar takes, while it is joined.
const PIECE: usize = 64;

/// How many bytes a value takes, about, and how deep it is.
pub(crate) fn size_of(node: &Node) -> (usize, usize) {
    match &node.value {
        Value::Map(map) => map.iter().fold((NODE, 1), |(size, depth), (key, value)| {
            let (more, below) = size_of(value);
            (size + key.name().len() + more, depth.max(below + 1))
        }),
        Value::Sequence(items) => items.iter().fold((NODE, 1), |(size, depth), item| {
            let (more, below) = size_of(item);
            (size + more, depth.max(below + 1))
        }),
        Value::Scalar(scalar) => {
            let pieces = if let Pieces::Parts(parts) = &scalar.pieces { parts.len() } else { 0 };
            (NODE + scalar.text.len() + PIECE * pieces, 0)
        }
        Value::Null | Value::Unknown(_) => (NODE, 0),
    }
}

/// Adds a guard to every scalar of a value.
pub(crate) fn guard_all(node: &mut Node, guard: OriginId, origins: &mut Origins) {
    node.origin = origins.guard(node.origin, guard);
    match &mut node.value {
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| guard_all(value, guard, origins)),
        Value::Sequence(items) => items.iter_mut().for_each(|item| guard_all(item, guard, origins)),
        _ => {}
    }
}

/// A scalar whose text is joined of pieces with origins.
pub(crate) fn scalar_of(text: &Text, style: Style, origins: &mut Origins) -> Node {
    let mut whole = OriginId::NONE;
    let mut parts = Vec::new();
    let mut start = 0;
    for end in text.runs().iter().map(|run| run.end).collect::<Vec<_>>() {
        let origin = text.origin(start..end, origins);
        parts.push((end, origin));
        whole = origins.join(whole, origin);
        start = end;
    }
    let pieces = if parts.is_empty() { Pieces::Whole } else { Pieces::Parts(parts.into()) };
    let scalar = Scalar { text: text.shared().clone(), style, tag: None, pieces };
    Node::new(Value::Scalar(scalar), whole)
}
