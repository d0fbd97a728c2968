//! From the text a template printed to objects.

use std::sync::Arc;

use mlgitops_gotemplate::UNKNOWN;
use mlgitops_yaml::{Node, OriginId, Origins, Text, TextBuilder, Unknown, Value};

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

/// Where a byte comes from; of one that a function put in, such as the spaces of `nindent`, where
/// what stands nearest before it does, else behind it.
pub(crate) fn place(text: &Text, at: u32, origins: &mut Origins) -> OriginId {
    let exact = text.origin(at..at.saturating_add(1), origins);
    if origins.has_content(exact) {
        return exact;
    }
    let mut start = 0;
    let mut nearest = None;
    for run in text.runs() {
        let is_behind = start >= at;
        if is_behind && nearest.is_some() {
            break;
        }
        if origins.has_content(run.origin) {
            let byte = if is_behind { start } else { run.end.min(at).saturating_sub(1).max(start) };
            nearest = Some(byte);
        }
        start = run.end;
    }
    nearest.map_or(exact, |byte| text.origin(byte..byte + 1, origins))
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
