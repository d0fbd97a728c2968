//! What Go's `fmt.Fprint` makes of a value, with its origins kept.

use std::sync::Arc;

use mlgitops_yaml::{OriginId, Text, TextBuilder, go_float};

use crate::error::Failure;
use crate::exchange::NODE;
use crate::machine::Machine;
use crate::value::{Data, Value};

/// Deepest value that is printed; Go would print on until its stack ends.
const DEPTH: usize = 200;

/// The text an action prints for a value.
pub(crate) fn text(machine: &mut Machine<'_>, value: &Value) -> Result<Text, Failure> {
    match &value.data {
        Data::Str(text) => Ok(text.clone()),
        Data::Missing | Data::Nil => Ok(Text::opaque("<no value>", value.origin)),
        Data::Bool(_) | Data::Int(..) | Data::Float(_) => Ok(Text::opaque(&scalar(value), value.origin)),
        Data::Unknown(reason) => {
            machine.unknown.get_or_insert_with(|| Arc::clone(reason));
            Ok(Text::opaque(UNKNOWN, value.origin))
        }
        _ => {
            let mut out = TextBuilder::default();
            print(machine, value, &mut out, 0)?;
            Ok(out.build())
        }
    }
}

/// What stands in a text for what cannot be known.
pub const UNKNOWN: &str = "mlgitops-unknown";

/// A value in words, for errors.
pub(crate) fn shown(machine: &mut Machine<'_>, value: &Value) -> String {
    text(machine, value).map(|text| text.as_str().to_owned()).unwrap_or_default()
}

/// A scalar as `%v` prints it.
pub(crate) fn scalar(value: &Value) -> String {
    match &value.data {
        Data::Bool(value) => value.to_string(),
        Data::Int(value, _) => value.to_string(),
        Data::Float(value) => go_float(*value),
        Data::Str(text) => text.as_str().to_owned(),
        Data::Unknown(_) => UNKNOWN.to_owned(),
        _ => "<nil>".to_owned(),
    }
}

/// A float as `encoding/json` writes it.
pub(crate) fn json_float(value: f64) -> String {
    if value == 0.0 || (1e-6..1e21).contains(&value.abs()) {
        return value.to_string();
    }
    go_float(value).replace("e-0", "e-")
}

fn print(
    machine: &mut Machine<'_>,
    value: &Value,
    out: &mut TextBuilder,
    depth: usize,
) -> Result<(), Failure> {
    if depth > DEPTH {
        return Err(Failure::execute("the value nests too deep to be printed"));
    }
    machine.step()?;
    machine.make(NODE / 2)?;
    let since = out.run_count();
    match &value.data {
        Data::Str(text) => out.push(text),
        Data::Missing | Data::Nil => out.push_str("<nil>", value.origin),
        Data::Bool(_) | Data::Int(..) | Data::Float(_) => out.push_str(&scalar(value), value.origin),
        Data::Unknown(_) => {
            let text = text(machine, value)?;
            out.push(&text);
        }
        Data::List(list) => {
            out.push_str("[", OriginId::NONE);
            let items = machine.heap.list(*list).to_vec();
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(" ", OriginId::NONE);
                }
                print(machine, item, out, depth + 1)?;
            }
            out.push_str("]", OriginId::NONE);
        }
        Data::Map(map) => {
            out.push_str("map[", OriginId::NONE);
            let slots: Vec<_> =
                machine.heap.map(*map).iter().map(|(key, slot)| (Arc::clone(key), slot.clone())).collect();
            for (at, (key, slot)) in slots.iter().enumerate() {
                if at > 0 {
                    out.push_str(" ", OriginId::NONE);
                }
                out.push_str(key, slot.key);
                out.push_str(":", OriginId::NONE);
                print(machine, &slot.value, out, depth + 1)?;
            }
            out.push_str("]", OriginId::NONE);
        }
        Data::Object(object) if object.bytes().is_some() => {
            let text = object.bytes().cloned().unwrap_or_default();
            machine.make(4 * text.len())?;
            let numbers: Vec<String> = text.as_str().bytes().map(|byte| byte.to_string()).collect();
            let origin = machine.origin_of(&text, 0, text.len());
            out.push_str(&format!("[{}]", numbers.join(" ")), origin);
        }
        Data::Object(_) => {
            let plain = machine.plain(value);
            if !matches!(plain.data, Data::Object(_)) {
                print(machine, &plain, out, depth + 1)?;
            }
        }
    }
    out.guard_since(since, value.guard, machine.origins);
    Ok(())
}

/// Whether a value counts as true in `if`, `and`, `not`.
pub(crate) fn truth(machine: &mut Machine<'_>, value: &Value) -> bool {
    match &value.data {
        Data::Missing | Data::Nil => false,
        Data::Bool(value) => *value,
        Data::Int(value, _) => *value != 0,
        Data::Float(value) => *value != 0.0,
        Data::Str(text) => !text.is_empty(),
        Data::List(list) => !machine.heap.list(*list).is_empty(),
        Data::Map(map) => !machine.heap.map(*map).is_empty(),
        Data::Object(object) => !object.is_empty(),
        Data::Unknown(_) => true,
    }
}
