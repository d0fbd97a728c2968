//! From the text a template printed to objects.

use std::sync::Arc;

use mlgitops_gotemplate::UNKNOWN;
use mlgitops_yaml::{Mode, Node, OriginId, Origins, Resolved, Text, TextBuilder, Unknown, Value};

/// Takes out what Go prints for nothing, as Helm does at the end of each file.
pub(crate) fn without_no_value(text: Text, origins: &mut Origins) -> Text {
    const NOTHING: &str = "<no value>";
    if !text.as_str().contains(NOTHING) {
        return text;
    }
    let mut out = TextBuilder::default();
    let mut at = 0;
    while let Some(found) = text.as_str().get(at..).and_then(|rest| rest.find(NOTHING)) {
        let (start, end) = (at + found, at + found + NOTHING.len());
        out.push_part(&text, at..start);
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let origin = text.origin(narrow(start)..narrow(end), origins);
        out.push_str("", origin);
        at = end;
    }
    out.push_part(&text, at..text.len());
    out.build()
}

/// A number that JSON has no word for, which Helm refuses: what it is called, and where it stands.
pub(crate) fn unsupported(node: &Node) -> Option<(&'static str, OriginId)> {
    match &node.value {
        // The longest is `-.inf`.
        Value::Scalar(scalar) if scalar.text.len() <= 5 && scalar.text.contains('.') => {
            if scalar.resolve(Mode::Api) != Resolved::Refused {
                return None;
            }
            let name = match &*scalar.text.to_ascii_lowercase() {
                ".nan" => "NaN",
                "-.inf" => "-Inf",
                ".inf" | "+.inf" => "+Inf",
                _ => return None,
            };
            Some((name, node.origin))
        }
        Value::Sequence(items) => items.iter().find_map(unsupported),
        Value::Map(map) => map.iter().find_map(|(_, value)| unsupported(value)),
        _ => None,
    }
}

/// Makes every scalar unknown that holds a piece nobody can know.
pub(crate) fn mark_unknown(node: &mut Node, reason: &Arc<str>) {
    match &mut node.value {
        Value::Scalar(scalar) if scalar.text.contains(UNKNOWN) => {
            node.value = Value::Unknown(Unknown { reason: Arc::clone(reason) });
        }
        Value::Sequence(items) => items.iter_mut().for_each(|item| mark_unknown(item, reason)),
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| mark_unknown(value, reason)),
        _ => {}
    }
}

/// Adds what decided about an object to all that is in it.
pub(crate) fn guard(node: &mut Node, guard: OriginId, origins: &mut Origins) {
    node.origin = origins.guard(node.origin, guard);
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| self::guard(item, guard, origins)),
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| self::guard(value, guard, origins)),
        _ => {}
    }
}
