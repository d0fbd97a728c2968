//! What a chart prints where its release has values that only the cluster holds: whatever they may lie
//! over cannot be known. What an object is called is taken as it stands: it is somewhere, under a name.

use mlgitops_yaml::{Node, OriginId, OriginSpan, Origins, Pieces, Role, Unknown, Value};

use crate::render::{Helm, Job, Lacking};

/// Makes what an object holds below `spec` unknown, where missing values may lie over it.
pub(super) fn hide(object: &mut Node, lacking: &Lacking, given: &Helm, job: &Job, origins: &Origins) {
    let Some(over) = &lacking.over else { return };
    let is_below = |span: &OriginSpan| {
        let is_of = |known: &OriginSpan| {
            known.file.path() == span.file.path() && known.start <= span.start && span.end <= known.end
        };
        let path = &**span.file.path();
        job.path.as_str().is_empty()
            || path.strip_prefix(job.path.as_str()).is_some_and(|below| below.starts_with('/'))
            || given.value_files.iter().any(|file| file.as_str() == path)
            || over.iter().flat_map(|one| one.content()).any(is_of)
    };
    let Value::Map(map) = &mut object.value else { return };
    let Some(spec) = map.get_mut("spec") else { return };
    let mut open = vec![spec];
    while let Some(node) = open.pop() {
        if last_values(node, origins).iter().any(is_below) {
            node.value = Value::Unknown(Unknown { reason: lacking.reason.clone() });
        }
        match &mut node.value {
            Value::Sequence(items) => open.extend(items),
            Value::Map(map) => open.extend(map.iter_mut().map(|(_, value)| value)),
            _ => {}
        }
    }
}

/// Where the last piece of a scalar that values give is from: behind the bucket and the name stands the
/// version.
fn last_values(node: &Node, origins: &Origins) -> Vec<OriginSpan> {
    let Some(scalar) = node.as_scalar() else { return Vec::new() };
    let of_values = |origin: OriginId| {
        let mut spans = origins.content(origin);
        spans.retain(|span| span.role == Role::Values);
        spans
    };
    match &scalar.pieces {
        Pieces::Parts(parts) => {
            let mut pieces = parts.iter().rev().map(|(_, origin)| of_values(*origin));
            pieces.find(|spans| !spans.is_empty()).unwrap_or_default()
        }
        Pieces::Whole | Pieces::Verbatim(_) => of_values(node.origin),
    }
}
