//! Values to text and back: YAML and JSON.

use std::sync::Arc;

use mlgitops_yaml::{Text, TextBuilder, parse, to_yaml};

use super::Function;
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, Value};

type Args<'a> = &'a [Value];
type Answer = Result<Value, Failure>;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("toYaml", 1, to_yaml_function), Function::new("fromYaml", 1, from_yaml)];

fn to_yaml_function(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return Ok(Value::new(Data::Missing)) };
    yaml_text(machine, value, false)
}

/// A value as YAML; helm trims the line break at the end, `Values.YAML` keeps it.
pub(crate) fn yaml_text(machine: &mut Machine<'_>, value: &Value, ends: bool) -> Answer {
    // helm v3 pkg/engine/funcs.go: a value that cannot be printed gives an empty text.
    let Some(node) = machine.export(value) else { return Ok(Value::text(Text::default())) };
    let text = to_yaml(&node, machine.origins);
    machine.make(text.len())?;
    if !ends {
        return Ok(Value::text(text));
    }
    let mut out = TextBuilder::default();
    out.push(&text);
    out.push_str("\n", mlgitops_yaml::OriginId::NONE);
    Ok(Value::text(out.build()))
}

/// helm's `fromYaml`: a map; one that cannot be read has the single key `Error`.
fn from_yaml(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return Ok(Value::new(Data::Missing)) };
    let text = machine.arg_text(value)?;
    let result = read_yaml(machine, &text);
    let empty = || crate::value::Slot { key: mlgitops_yaml::OriginId::NONE, value: Value::new(Data::Nil) };
    Ok(match result {
        Ok(found) if matches!(found.data, Data::Map(_)) => found,
        Ok(found) if found.is_nil() => {
            let map = machine.heap.add_map(Default::default(), crate::value::MapType::Any);
            let origin = found.whole(machine.origins);
            Value::from(Data::Map(map), origin)
        }
        Ok(found) => {
            let kind = found.go_kind().to_owned();
            let mut slot = empty();
            let origin = found.whole(machine.origins);
            let message = format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
            );
            slot.value = Value::str(&message, origin);
            let entries = std::collections::BTreeMap::from([(Arc::from("Error"), slot)]);
            Value::new(Data::Map(machine.heap.add_map(entries, crate::value::MapType::Any)))
        }
        Err(message) => {
            let mut slot = empty();
            let origin = value.whole(machine.origins);
            slot.value = Value::str(&message, origin);
            let entries = std::collections::BTreeMap::from([(Arc::from("Error"), slot)]);
            Value::new(Data::Map(machine.heap.add_map(entries, crate::value::MapType::Any)))
        }
    })
}

/// The first document of a text.
pub(super) fn read_yaml(machine: &mut Machine<'_>, text: &Text) -> Result<Value, String> {
    let tree = parse(text.clone());
    if let Some(error) = tree.errors().first() {
        return Err(format!("error converting YAML to JSON: yaml: {}", error.message));
    }
    let Some(root) = tree.documents().first().and_then(|document| document.root) else {
        return Ok(Value::new(Data::Nil));
    };
    let node = tree.node(root, machine.origins).map_err(|error| error.to_string())?;
    Ok(machine.heap.import(&node, machine.origins))
}
