//! `--set`: one value at a dotted path (helm v3 pkg/strvals/parser.go).

use std::ops::Range;
use std::sync::Arc;

use mlgitops_gotemplate::{Data, Failure, IntType, ListType, Machine, MapId, MapType, Slot, Value};
use mlgitops_yaml::{OriginId, Text, TextBuilder};

/// Largest index of a list: `MaxIndex` of Helm.
const INDEX: usize = 65_536;
/// Most names in a path: `MaxNestedNameLevel` of Helm.
const LEVELS: usize = 30;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Sets the value of a path, creating what is missing on the way.
pub(crate) fn set(
    machine: &mut Machine<'_>,
    all: MapId,
    path: &str,
    value: &Text,
    force_string: bool,
) -> Result<(), Failure> {
    let leaf = match list_items(value.as_str()) {
        Some(items) => {
            let items = items.into_iter().map(|item| {
                let item = unescaped(value, item);
                if force_string { Value::text(item) } else { typed(machine, &item) }
            });
            let items: Vec<Value> = items.collect();
            let origin = Value::text(value.clone()).content(machine.origins);
            Value::from(Data::List(machine.heap.add_list(items, ListType::Any)), origin)
        }
        None => {
            let value = unescaped(value, 0..value.len());
            if force_string { Value::text(value) } else { typed(machine, &value) }
        }
    };
    set_leaf(machine, all, path, value, &leaf)
}

/// Sets a path to a text in which no character means anything.
pub(crate) fn set_file(
    machine: &mut Machine<'_>,
    all: MapId,
    path: &str,
    value: &Text,
) -> Result<(), Failure> {
    set_leaf(machine, all, path, value, &Value::text(value.clone()))
}

fn set_leaf(
    machine: &mut Machine<'_>,
    all: MapId,
    path: &str,
    value: &Text,
    leaf: &Value,
) -> Result<(), Failure> {
    let steps = steps(path).map_err(|message| {
        Failure::execute(format!("failed parsing --set data: {message}"))
            .caused_by(Value::text(value.clone()).content(machine.origins))
    })?;
    let origin = leaf.content(machine.origins);
    let root = Value::new(Data::Map(all));
    put(machine, Some(&root), &steps, leaf, origin);
    Ok(())
}

/// The items of `{a,b}`, as bytes of the text; a comma behind a backslash parts none. A value that
/// only begins or ends so is a text, as Argo CD hands it over.
fn list_items(text: &str) -> Option<Vec<Range<usize>>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut items = Vec::new();
    let mut start = 1;
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'\\' if !escaped => escaped = true,
            b',' if !escaped => {
                items.push(start..at + 1);
                start = at + 2;
            }
            _ => escaped = false,
        }
    }
    items.push(start..text.len() - 1);
    Some(items)
}

/// Some bytes of a text, a backslash before a character taken away.
fn unescaped(value: &Text, bytes: Range<usize>) -> Text {
    let text = value.as_str().get(bytes.clone()).unwrap_or("");
    if !text.contains('\\') {
        return value.slice(bytes);
    }
    let mut out = TextBuilder::default();
    let (mut kept, mut at) = (bytes.start, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')).map(|found| at + found) {
        out.push_part(value, kept..bytes.start + found);
        kept = bytes.start + found + 1;
        // The character behind it stays, whatever it is.
        at = found + 1 + text.get(found + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    out.push_part(value, kept..bytes.end);
    out.build()
}

/// `typedVal`: booleans, null and integers without a leading zero; the rest is text.
fn typed(machine: &mut Machine<'_>, value: &Text) -> Value {
    let text = value.as_str();
    let whole = Value::text(value.clone());
    let origin = whole.content(machine.origins);
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return Value::bool(text.eq_ignore_ascii_case("true"), origin);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::from(Data::Nil, origin);
    }
    match text.parse::<i64>() {
        Ok(number) if text == "0" || !text.starts_with('0') => {
            Value::from(Data::Int(number, IntType::Int64), origin)
        }
        _ => whole,
    }
}

/// The steps of `a.b\.c[0].d`.
fn steps(path: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut name = String::new();
    let mut characters = path.chars();
    let mut after_index = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => name.extend(characters.next()),
            '.' => {
                if !after_index {
                    push_key(&mut steps, &mut name, path)?;
                }
                after_index = false;
            }
            '[' => {
                if !name.is_empty() {
                    push_key(&mut steps, &mut name, path)?;
                }
                let digits: String = characters.by_ref().take_while(|&digit| digit != ']').collect();
                let index = digits.parse().map_err(|_| format!("error parsing index: {digits:?}"))?;
                if index > INDEX {
                    return Err(format!(
                        "index of {index} is greater than maximum supported index of {INDEX}"
                    ));
                }
                steps.push(Step::Index(index));
                after_index = true;
            }
            other => name.push(other),
        }
    }
    if !after_index {
        push_key(&mut steps, &mut name, path)?;
    }
    if steps.len() > LEVELS {
        return Err(format!(
            "value name nested level is greater than maximum supported nested level of {LEVELS}"
        ));
    }
    Ok(steps)
}

fn push_key(steps: &mut Vec<Step>, name: &mut String, path: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("key {path:?} has an empty name"));
    }
    steps.push(Step::Key(std::mem::take(name)));
    Ok(())
}

/// The value with another one at a path below it; maps change in place.
fn put(
    machine: &mut Machine<'_>,
    have: Option<&Value>,
    steps: &[Step],
    leaf: &Value,
    origin: OriginId,
) -> Value {
    match steps.split_first() {
        None => leaf.clone(),
        Some((Step::Key(key), rest)) => {
            let (map, mut value) = match have {
                Some(value @ Value { data: Data::Map(map), .. }) => (*map, value.clone()),
                _ => {
                    let map = machine.heap.add_map(Default::default(), MapType::Any);
                    (map, Value::from(Data::Map(map), origin))
                }
            };
            let inner = machine.heap.map(map).get(key.as_str()).map(|slot| slot.value.clone());
            let made = put(machine, inner.as_ref(), rest, leaf, origin);
            machine.heap.set(map, Arc::from(key.as_str()), Slot { key: origin, value: made });
            value.origin = machine.origins.join(value.origin, origin);
            value
        }
        Some((Step::Index(index), rest)) => {
            let mut items = match have {
                Some(Value { data: Data::List(list), .. }) => machine.heap.list(*list).to_vec(),
                _ => Vec::new(),
            };
            while items.len() <= *index {
                items.push(Value::from(Data::Nil, origin));
            }
            let inner = items.get(*index).cloned();
            let made = put(machine, inner.as_ref(), rest, leaf, origin);
            if let Some(item) = items.get_mut(*index) {
                *item = made;
            }
            Value::from(Data::List(machine.heap.add_list(items, ListType::Any)), origin)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_helm_splits_them() {
        let key = |name: &str| Step::Key(name.to_owned());
        let table: [(&str, Vec<Step>); 4] = [
            ("a.b", vec![key("a"), key("b")]),
            (r"a\.b.c", vec![key("a.b"), key("c")]),
            ("a[0].b", vec![key("a"), Step::Index(0), key("b")]),
            ("a[1][2]", vec![key("a"), Step::Index(1), Step::Index(2)]),
        ];
        for (path, wanted) in table {
            assert_eq!(steps(path), Ok(wanted), "{path}");
        }
        for path in ["", "a..b", "a[x]", "a[65537]"] {
            assert!(steps(path).is_err(), "{path}");
        }
    }
}
