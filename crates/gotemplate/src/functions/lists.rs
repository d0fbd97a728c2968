//! sprig's functions on lists.

use std::ops::Range;

use mlgitops_yaml::OriginId;

use super::compare::is_empty;
use super::numbers::to_int;
use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, ListId, ListType, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("list", 0, list).passing_on(),
    Function::variadic("tuple", 0, list).passing_on(),
    Function::new("append", 2, append).passing_on(),
    Function::new("push", 2, append).passing_on(),
    Function::new("mustAppend", 2, append).passing_on(),
    Function::new("mustPush", 2, append).passing_on(),
    Function::new("prepend", 2, prepend).passing_on(),
    Function::new("mustPrepend", 2, prepend).passing_on(),
    Function::variadic("concat", 0, concat).passing_on(),
    Function::new("first", 1, |m, a| end(m, a, "find first on", |items| items.first())).passing_on(),
    Function::new("mustFirst", 1, |m, a| end(m, a, "find first on", |items| items.first())).passing_on(),
    Function::new("last", 1, |m, a| end(m, a, "find last on", |items| items.last())).passing_on(),
    Function::new("mustLast", 1, |m, a| end(m, a, "find last on", |items| items.last())).passing_on(),
    Function::new("rest", 1, rest).passing_on(),
    Function::new("mustRest", 1, rest),
    Function::new("initial", 1, initial).passing_on(),
    Function::new("mustInitial", 1, initial),
    Function::new("reverse", 1, reverse).passing_on(),
    Function::new("mustReverse", 1, reverse),
    Function::new("uniq", 1, uniq),
    Function::new("mustUniq", 1, uniq),
    Function::new("compact", 1, compact).passing_on(),
    Function::new("mustCompact", 1, compact),
    Function::variadic("without", 1, without),
    Function::variadic("mustWithout", 1, without),
    Function::new("has", 2, has),
    Function::new("mustHas", 2, has),
    Function::variadic("slice", 1, slice).passing_on(),
    Function::variadic("mustSlice", 1, slice),
    Function::new("chunk", 2, chunk),
    Function::new("mustChunk", 2, chunk),
    Function::variadic("all", 0, |m, a| quantified(m, a, |m, a| a.iter().all(|value| !is_empty(m, value))))
        .passing_on(),
    Function::variadic("any", 0, |m, a| quantified(m, a, |m, a| a.iter().any(|value| !is_empty(m, value))))
        .passing_on(),
    Function::new("deepEqual", 2, |m, a| {
        let [first, second] = a else { return nothing() };
        let same = deep_equal(m, first, second, 0)?;
        quantified(m, a, |_, _| same)
    }),
];

fn quantified(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    holds: impl Fn(&mut Machine<'_>, Args<'_>) -> bool,
) -> Answer {
    let is = holds(machine, arguments);
    let origin = machine.joined(arguments);
    Ok(Value::bool(is, origin))
}

/// A new list of items taken from others: what decided about those decides about it.
fn made(machine: &mut Machine<'_>, items: Vec<Value>, from: &[&Value]) -> Value {
    let mut value = Value::new(Data::List(machine.heap.add_list(items, ListType::Any)));
    for other in from {
        value.origin = machine.origins.join(value.origin, other.origin);
        value.guard = machine.origins.join(value.guard, other.guard);
    }
    value
}

/// A nil slice, because of another that is empty.
fn no_list(machine: &mut Machine<'_>, from: &Value) -> Value {
    let list = Value::new(Data::List(machine.heap.add_list(Vec::new(), ListType::Nil)));
    let guard = from.whole(machine.origins);
    machine.guard(list, guard)
}

fn items(machine: &mut Machine<'_>, value: &Value, verb: &str) -> Result<Vec<Value>, Failure> {
    let list = machine.arg_list(value, verb)?;
    machine.room_for(machine.heap.list(list).len())?;
    Ok(machine.heap.list(list).to_vec())
}

fn list(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    Ok(made(machine, arguments.to_vec(), &[]))
}

fn append(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, item] = arguments else { return nothing() };
    let list = machine.arg_list(value, "push on")?;
    machine.step()?;
    if !machine.heap.can_grow(list) {
        machine.room_for(machine.heap.list(list).len())?;
    }
    let list = machine.heap.with_item(list, item.clone(), ListType::Any);
    Ok(Value { data: Data::List(list), ..value.clone() })
}

fn prepend(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, item] = arguments else { return nothing() };
    let list = machine.arg_list(value, "prepend on")?;
    machine.room_for(machine.heap.list(list).len())?;
    let items = machine.heap.list(list);
    let mut all = Vec::with_capacity(items.len() + 1);
    all.push(item.clone());
    all.extend_from_slice(items);
    Ok(made(machine, all, &[value]))
}

fn concat(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut all = Vec::new();
    for value in arguments {
        let mut part = items(machine, value, "concat")?;
        machine.room_for(all.len() + part.len())?;
        if !value.guard.is_none() {
            for item in &mut part {
                item.guard = machine.origins.join(item.guard, value.guard);
            }
        }
        all.append(&mut part);
    }
    let from: Vec<&Value> = arguments.iter().collect();
    let empty = all.is_empty();
    let mut list = made(machine, all, &from);
    if empty {
        list.data = Data::List(machine.heap.add_list(Vec::new(), ListType::Nil));
    }
    Ok(list)
}

fn end(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    verb: &str,
    choose: fn(&[Value]) -> Option<&Value>,
) -> Answer {
    let [value] = arguments else { return nothing() };
    let list = machine.arg_list(value, verb)?;
    match choose(machine.heap.list(list)).cloned() {
        Some(item) => Ok(machine.guard(item, value.guard)),
        None => {
            let guard = value.whole(machine.origins);
            Ok(machine.guard(Value::new(Data::Nil), guard))
        }
    }
}

fn rest(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let list = machine.arg_list(value, "find rest on")?;
    let length = machine.heap.list(list).len();
    Ok(part(machine, value, list, 1..length).unwrap_or_else(|| no_list(machine, value)))
}

fn initial(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let list = machine.arg_list(value, "find initial on")?;
    let Some(last) = machine.heap.list(list).len().checked_sub(1) else {
        return Ok(no_list(machine, value));
    };
    Ok(part(machine, value, list, 0..last).unwrap_or_else(|| no_list(machine, value)))
}

/// A part of a list, which shares its items; `None` where the list is shorter.
fn part(machine: &mut Machine<'_>, value: &Value, list: ListId, range: Range<usize>) -> Option<Value> {
    let part = machine.heap.part(list, range, ListType::Any)?;
    Some(Value { data: Data::List(part), ..value.clone() })
}

fn reverse(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let mut items = items(machine, value, "find reverse on")?;
    items.reverse();
    Ok(made(machine, items, &[value]))
}

fn uniq(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let mut kept: Vec<Value> = Vec::new();
    for item in items(machine, value, "find uniq on")? {
        if !contains(machine, &kept, &item)? {
            kept.push(item);
        }
    }
    Ok(made(machine, kept, &[value]))
}

fn compact(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let items = items(machine, value, "compact on")?;
    let kept = items.into_iter().filter(|item| !is_empty(machine, item)).collect();
    Ok(made(machine, kept, &[value]))
}

fn without(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, omitted @ ..] = arguments else { return nothing() };
    let mut kept = Vec::new();
    for item in items(machine, value, "find without on")? {
        if !contains(machine, omitted, &item)? {
            kept.push(item);
        }
    }
    let by: Vec<&Value> = omitted.iter().collect();
    let kept = made(machine, kept, &[value]);
    Ok(machine.decided(kept, &by))
}

fn contains(machine: &mut Machine<'_>, items: &[Value], wanted: &Value) -> Result<bool, Failure> {
    for item in items {
        if deep_equal(machine, wanted, item, 0)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [wanted, value] = arguments else { return nothing() };
    let found = if value.is_nil() {
        false
    } else {
        let items = items(machine, value, "find has on")?;
        contains(machine, &items, wanted)?
    };
    let origin = machine.joined(arguments);
    Ok(Value::bool(found, origin))
}

fn slice(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, indices @ ..] = arguments else { return nothing() };
    let list = machine.arg_list(value, "slice")?;
    let length = machine.heap.list(list).len();
    if length == 0 {
        return Ok(machine.guard(Value::new(Data::Nil), value.guard));
    }
    let start = indices.first().map_or(0, to_int);
    let end = indices.get(1).map_or(i64::try_from(length).unwrap_or(i64::MAX), to_int);
    let kept = match (usize::try_from(start), usize::try_from(end)) {
        (Ok(from), Ok(to)) => {
            let bytes = match &value.data {
                Data::Object(object) => object.bytes_in(from..to, machine),
                _ => None,
            };
            bytes.or_else(|| part(machine, value, list, from..to))
        }
        _ => None,
    };
    let Some(kept) = kept else {
        return Err(Failure::execute("reflect.Value.Slice: slice index out of bounds"));
    };
    let by: Vec<&Value> = indices.iter().collect();
    Ok(machine.decided(kept, &by))
}

fn chunk(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [size, value] = arguments else { return nothing() };
    let size = machine.arg_int(size)?;
    let items = items(machine, value, "chunk")?;
    let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
        return Err(Failure::execute("runtime error: makeslice: len out of range"));
    };
    let chunks: Vec<Value> = items.chunks(size).map(|part| made(machine, part.to_vec(), &[])).collect();
    Ok(made(machine, chunks, &[value]))
}

/// `reflect.DeepEqual`.
pub(super) fn deep_equal(
    machine: &mut Machine<'_>,
    a: &Value,
    b: &Value,
    depth: usize,
) -> Result<bool, Failure> {
    machine.step()?;
    if depth > mlgitops_files::limits::DEPTH {
        return Err(Failure::execute("the values nest too deep to be compared"));
    }
    Ok(match (&a.data, &b.data) {
        (Data::Nil | Data::Missing, Data::Nil | Data::Missing) => true,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a, kind_a), Data::Int(b, kind_b)) => a == b && kind_a == kind_b,
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a == b,
        (Data::List(a), Data::List(b)) => {
            if machine.heap.list_type(*a) != machine.heap.list_type(*b) {
                return Ok(false);
            }
            let (a, b) = (machine.heap.list(*a).to_vec(), machine.heap.list(*b).to_vec());
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(&b) {
                if !deep_equal(machine, a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Data::Map(a), Data::Map(b)) => {
            if a == b {
                return Ok(true);
            }
            let (a, b) = (machine.heap.map(*a).clone(), machine.heap.map(*b).clone());
            if a.len() != b.len() {
                return Ok(false);
            }
            for ((key_a, a), (key_b, b)) in a.iter().zip(&b) {
                if key_a != key_b || !deep_equal(machine, &a.value, &b.value, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        _ => false,
    })
}

/// A list of numbers.
pub(super) fn of_ints(machine: &mut Machine<'_>, numbers: Vec<i64>, origin: OriginId) -> Value {
    let items = numbers.into_iter().map(|number| Value::int(number, origin)).collect();
    Value::from(Data::List(machine.heap.add_list(items, ListType::Int)), origin)
}
