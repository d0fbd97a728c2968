//! JSON as `encoding/json` writes and reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_yaml::{OriginId, Text, TextBuilder};

use super::json_read::read;
use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::print;
use crate::value::{Data, ListType, MapType, Slot, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("toJson", 1, |m, a| written(m, a, Layout { escapes: true, indent: None })).passing_on(),
    Function::new("mustToJson", 1, |m, a| written(m, a, Layout { escapes: true, indent: None })).passing_on(),
    Function::new("toPrettyJson", 1, |m, a| written(m, a, Layout { escapes: true, indent: Some(0) }))
        .passing_on(),
    Function::new("mustToPrettyJson", 1, |m, a| written(m, a, Layout { escapes: true, indent: Some(0) }))
        .passing_on(),
    Function::new("toRawJson", 1, |m, a| written(m, a, Layout { escapes: false, indent: None })).passing_on(),
    Function::new("mustToRawJson", 1, |m, a| written(m, a, Layout { escapes: false, indent: None }))
        .passing_on(),
    Function::new("fromJson", 1, from_json),
    Function::new("mustFromJson", 1, must_from_json),
    Function::new("fromJsonArray", 1, from_json_array),
];

/// How JSON is laid out.
#[derive(Clone, Copy)]
struct Layout {
    /// Whether `<`, `>` and `&` are escaped.
    escapes: bool,
    /// The present indentation, if it has lines at all.
    indent: Option<usize>,
}

fn written(machine: &mut Machine<'_>, arguments: Args<'_>, style: Layout) -> Answer {
    let [value] = arguments else { return nothing() };
    let mut out = TextBuilder::default();
    let guard = OriginId::NONE;
    match write(machine, value, &mut out, style, guard, 0) {
        Ok(()) => {
            machine.make(out.len())?;
            Ok(Value::text(out.build()))
        }
        Err(failure) if failure.kind == crate::FailureKind::Execute => Ok(Value::str("", OriginId::NONE)),
        Err(failure) => Err(failure),
    }
}

fn write(
    machine: &mut Machine<'_>,
    value: &Value,
    out: &mut TextBuilder,
    style: Layout,
    above: OriginId,
    depth: usize,
) -> Result<(), Failure> {
    // encoding/json gives up on cycles at a depth of 1000.
    if depth > mlgitops_files::limits::DEPTH {
        return Err(Failure::execute("json: unsupported value: encountered a cycle"));
    }
    machine.step()?;
    machine.make(crate::exchange::NODE)?;
    let guard = machine.origins.join(value.guard, above);
    let since = out.run_count();
    let inner = Layout { indent: style.indent.map(|indent| indent + 2), ..style };
    match &value.data {
        Data::Nil | Data::Missing => out.push_str("null", machine.placed(value.origin)),
        Data::Bool(_) | Data::Int(..) => out.push_str(&print::scalar(value), machine.placed(value.origin)),
        Data::Float(number) => out.push_str(&print::json_float(*number), machine.placed(value.origin)),
        Data::Unknown(_) => {
            let text = print::text(machine, value)?;
            quoted(machine, &text, out, style.escapes);
        }
        Data::Str(text) => {
            machine.fits_escapes(text)?;
            let text = machine.placed_text(text);
            quoted(machine, &text, out, style.escapes);
        }
        Data::List(list) if machine.heap.list_type(*list) == ListType::Nil => {
            out.push_str("null", machine.placed(value.origin));
        }
        Data::List(list) => {
            let items = machine.heap.list(*list).to_vec();
            let origin = if items.is_empty() { machine.placed(value.origin) } else { value.origin };
            out.push_str("[", origin);
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(",", OriginId::NONE);
                }
                line_break(out, inner);
                write(machine, item, out, inner, guard, depth + 1)?;
            }
            match items.is_empty() {
                true => out.guard_since(since, guard, machine.origins),
                false => line_break(out, style),
            }
            out.push_str("]", OriginId::NONE);
            return Ok(());
        }
        Data::Map(map) => {
            let slots: Vec<(Arc<str>, Slot)> =
                machine.heap.map(*map).iter().map(|(key, slot)| (Arc::clone(key), slot.clone())).collect();
            return write_map(machine, value, &slots, out, style, guard, depth);
        }
        Data::Object(object) => {
            let plain = Arc::clone(object).encoded(machine);
            let whole = value.whole(machine.origins);
            let plain = machine.guard(plain, whole);
            let order = object.json_order();
            match plain.data {
                Data::Map(map) if !order.is_empty() => {
                    let map = machine.heap.map(map);
                    let known = order.iter().filter_map(|name| map.get_key_value(*name));
                    let slots: Vec<_> = known.map(|(key, slot)| (Arc::clone(key), slot.clone())).collect();
                    return write_map(machine, value, &slots, out, style, guard, depth);
                }
                Data::Object(_) => return Err(Failure::execute("json: unsupported type")),
                _ => return write(machine, &plain, out, style, guard, depth + 1),
            }
        }
    }
    out.guard_since(since, guard, machine.origins);
    Ok(())
}

fn write_map(
    machine: &mut Machine<'_>,
    value: &Value,
    slots: &[(Arc<str>, Slot)],
    out: &mut TextBuilder,
    style: Layout,
    guard: OriginId,
    depth: usize,
) -> Result<(), Failure> {
    let inner = Layout { indent: style.indent.map(|indent| indent + 2), ..style };
    let since = out.run_count();
    let origin = if slots.is_empty() { machine.placed(value.origin) } else { value.origin };
    out.push_str("{", origin);
    for (at, (key, slot)) in slots.iter().enumerate() {
        if at > 0 {
            out.push_str(",", OriginId::NONE);
        }
        line_break(out, inner);
        quoted(machine, &Text::opaque(key, slot.key), out, style.escapes);
        out.push_str(if style.indent.is_some() { ": " } else { ":" }, OriginId::NONE);
        write(machine, &slot.value, out, inner, guard, depth + 1)?;
    }
    match slots.is_empty() {
        true => out.guard_since(since, guard, machine.origins),
        false => line_break(out, style),
    }
    out.push_str("}", OriginId::NONE);
    Ok(())
}

fn line_break(out: &mut TextBuilder, style: Layout) {
    if let Some(indent) = style.indent {
        out.push_str("\n", OriginId::NONE);
        out.push_str(&" ".repeat(indent), OriginId::NONE);
    }
}

fn quoted(machine: &mut Machine<'_>, text: &Text, out: &mut TextBuilder, escapes: bool) {
    let string = text.as_str();
    out.push_str("\"", OriginId::NONE);
    let mut from = 0;
    for (at, character) in string.char_indices() {
        let escaped = match character {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            '\x08' => "\\b".to_owned(),
            '\x0c' => "\\f".to_owned(),
            '<' | '>' | '&' if escapes => format!("\\u{:04x}", u32::from(character)),
            '\u{2028}' | '\u{2029}' => format!("\\u{:04x}", u32::from(character)),
            _ if u32::from(character) < 0x20 => format!("\\u{:04x}", u32::from(character)),
            _ => continue,
        };
        out.push_part(text, from..at);
        from = at + character.len_utf8();
        let origin = machine.origin_of(text, at, from);
        out.push_str(&escaped, origin);
    }
    if from < string.len() || string.is_empty() {
        out.push_part(text, from..string.len());
    }
    out.push_str("\"", OriginId::NONE);
}

/// helm's `fromJson`: a map; an error is its key `Error`.
fn from_json(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    let mut refused = None;
    let read = read(machine, &text).map(|read| {
        refused = read.refused;
        read.value
    });
    let map = as_map(machine, value, read, "");
    if let (Some(message), Data::Map(map)) = (refused, &map.data) {
        let origin = value.whole(machine.origins);
        let slot = Slot { key: OriginId::NONE, value: Value::str(&message, origin) };
        machine.heap.set(*map, "Error".into(), slot);
    }
    Ok(map)
}

/// A map, or one with the error.
pub(super) fn as_map(
    machine: &mut Machine<'_>,
    given: &Value,
    read: Result<Value, String>,
    prefix: &str,
) -> Value {
    let message = match read {
        Ok(found) if matches!(found.data, Data::Map(_)) => return found,
        Ok(found) if found.is_nil() => {
            let origin = found.whole(machine.origins);
            return Value::from(Data::Map(machine.heap.add_map(BTreeMap::new(), MapType::Any)), origin);
        }
        Ok(found) => format!(
            "{prefix}json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            json_kind(&found)
        ),
        Err(message) => message,
    };
    let origin = given.whole(machine.origins);
    let slot = Slot { key: OriginId::NONE, value: Value::str(&message, origin) };
    let entries = BTreeMap::from([(Arc::from("Error"), slot)]);
    Value::from(Data::Map(machine.heap.add_map(entries, MapType::Any)), origin)
}

fn json_kind(value: &Value) -> &'static str {
    match value.data {
        Data::List(_) => "array",
        Data::Map(_) => "object",
        Data::Bool(_) => "bool",
        Data::Float(_) | Data::Int(..) => "number",
        _ => "string",
    }
}

fn must_from_json(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    let read = read(machine, &text).and_then(|read| read.refused.map_or(Ok(read.value), Err));
    read.map_err(Failure::execute)
}

fn from_json_array(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    let read = read(machine, &text).and_then(|read| read.refused.map_or(Ok(read.value), Err));
    Ok(as_list(machine, value, read, ""))
}

/// A list, or one whose item is the error.
pub(super) fn as_list(
    machine: &mut Machine<'_>,
    given: &Value,
    read: Result<Value, String>,
    prefix: &str,
) -> Value {
    let message = match read {
        Ok(found) if matches!(found.data, Data::List(_)) => return found,
        Ok(found) if found.is_nil() => {
            let origin = found.whole(machine.origins);
            return Value::from(Data::List(machine.heap.add_list(Vec::new(), ListType::Any)), origin);
        }
        Ok(found) => {
            format!(
                "{prefix}json: cannot unmarshal {} into Go value of type []interface {{}}",
                json_kind(&found)
            )
        }
        Err(message) => message,
    };
    let origin = given.whole(machine.origins);
    let items = vec![Value::str(&message, origin)];
    Value::new(Data::List(machine.heap.add_list(items, ListType::Any)))
}
