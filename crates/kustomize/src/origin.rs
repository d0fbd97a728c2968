//! Origins of values that a build changes.

use mlgitops_yaml::{Node, OriginId, Origins, Pieces, Role, Scalar, Style, Text, Value};

/// The origin of a value set over another: what set it, then the value before it.
pub(crate) fn over(new: OriginId, old: OriginId, origins: &mut Origins) -> OriginId {
    let base = origins.with_role(old, Role::Base);
    origins.join(new, base)
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
