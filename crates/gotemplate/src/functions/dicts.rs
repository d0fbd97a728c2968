//! sprig's functions on maps.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_yaml::OriginId;

use super::compare::is_empty;
use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, ListType, MapId, MapType, Slot, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("dict", 0, dict).passing_on(),
    Function::new("get", 2, get).passing_on(),
    Function::new("set", 3, set).passing_on(),
    Function::new("unset", 2, unset).passing_on(),
    Function::new("hasKey", 2, has_key).passing_on(),
    Function::variadic("pluck", 1, pluck).passing_on(),
    Function::variadic("keys", 0, keys).passing_on(),
    Function::new("values", 1, values).passing_on(),
    Function::variadic("pick", 1, |m, a| chosen(m, a, true)).passing_on(),
    Function::variadic("omit", 1, |m, a| chosen(m, a, false)).passing_on(),
    Function::variadic("merge", 1, |m, a| merged(m, a, false)).passing_on(),
    Function::variadic("mustMerge", 1, |m, a| merged(m, a, false)).passing_on(),
    Function::variadic("mergeOverwrite", 1, |m, a| merged(m, a, true)).passing_on(),
    Function::variadic("mustMergeOverwrite", 1, |m, a| merged(m, a, true)).passing_on(),
    Function::new("deepCopy", 1, deep_copy).passing_on(),
    Function::new("mustDeepCopy", 1, deep_copy).passing_on(),
    Function::variadic("dig", 3, dig).passing_on(),
];

/// Deepest values that are merged or copied; a map may hold itself.
const DEPTH: usize = mlgitops_files::limits::DEPTH;

fn too_deep() -> Failure {
    Failure::execute("the values nest too deep")
}

fn slots(machine: &Machine<'_>, map: MapId) -> Vec<(Arc<str>, Slot)> {
    machine.heap.map(map).iter().map(|(key, slot)| (Arc::clone(key), slot.clone())).collect()
}

fn dict(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut entries = BTreeMap::new();
    for pair in arguments.chunks(2) {
        let [key, rest @ ..] = pair else { continue };
        let name = machine.to_text(key)?;
        let origin = key.whole(machine.origins);
        let value = rest.first().cloned().unwrap_or_else(|| Value::str("", OriginId::NONE));
        entries.insert(Arc::clone(name.shared()), Slot { key: origin, value });
    }
    machine.spend(arguments.len() as u64)?;
    Ok(Value::new(Data::Map(machine.heap.add_map(entries, MapType::Any))))
}

fn get(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, key] = arguments else { return nothing() };
    let map = machine.arg_map(value)?;
    let name = machine.arg_str(key)?;
    let found = match machine.heap.map(map).get(name).map(|slot| slot.value.clone()) {
        Some(found) => machine.guard(found, value.guard),
        None => {
            let guard = value.whole(machine.origins);
            machine.guard(Value::str("", OriginId::NONE), guard)
        }
    };
    Ok(machine.decided(found, &[key]))
}

fn set(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, key, new] = arguments else { return nothing() };
    if value.is_nil() {
        return Err(Failure::execute("assignment to entry in nil map"));
    }
    let map = machine.arg_map(value)?;
    let name = machine.arg_text(key)?;
    let origin = key.whole(machine.origins);
    // The change outlives the conditions under which it is made.
    let context = machine.whole_context();
    let new = machine.guard(new.clone(), context);
    machine.heap.set(map, Arc::clone(name.shared()), Slot { key: origin, value: new });
    Ok(value.clone())
}

fn unset(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, key] = arguments else { return nothing() };
    let map = machine.arg_map(value)?;
    let name = machine.arg_str(key)?;
    machine.heap.unset(map, name);
    Ok(value.clone())
}

fn has_key(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, key] = arguments else { return nothing() };
    let map = machine.arg_map(value)?;
    let name = machine.arg_str(key)?;
    let origin = match machine.heap.map(map).get(name) {
        Some(slot) if !slot.key.is_none() => slot.key,
        _ => value.whole(machine.origins),
    };
    let is = machine.heap.map(map).contains_key(name);
    let answer = Value::bool(is, origin);
    Ok(machine.decided(answer, &[key]))
}

fn pluck(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [key, dicts @ ..] = arguments else { return nothing() };
    let name = machine.arg_str(key)?.to_owned();
    let mut found = Vec::new();
    let mut guard = OriginId::NONE;
    for dict in dicts {
        let map = machine.arg_map(dict)?;
        match machine.heap.map(map).get(name.as_str()) {
            Some(slot) => {
                let value = slot.value.clone();
                found.push(machine.guard(value, dict.guard));
            }
            None => {
                let passed = dict.whole(machine.origins);
                guard = machine.origins.join(guard, passed);
            }
        }
    }
    let list = Value::new(Data::List(machine.heap.add_list(found, ListType::Any)));
    Ok(machine.guard(list, guard))
}

/// Go gives the keys in no order; they are sorted here, as charts that are deterministic sort them.
fn keys(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut names = Vec::new();
    let mut origin = OriginId::NONE;
    for value in arguments {
        let map = machine.arg_map(value)?;
        let slots = machine.heap.map(map);
        let count = slots.len() as u64;
        // What decided about the map decided about its keys.
        let name =
            |(key, slot): (&Arc<str>, &Slot)| Value { guard: value.guard, ..Value::str(key, slot.key) };
        names.extend(slots.iter().map(name));
        machine.spend(count)?;
        let whole = value.whole(machine.origins);
        origin = machine.origins.join(origin, whole);
    }
    Ok(Value::from(Data::List(machine.heap.add_list(names, ListType::Str)), origin))
}

fn values(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let map = machine.arg_map(value)?;
    let items: Vec<Value> = machine.heap.map(map).values().map(|slot| slot.value.clone()).collect();
    machine.spend(items.len() as u64)?;
    let list = Value::from(Data::List(machine.heap.add_list(items, ListType::Any)), value.origin);
    Ok(machine.guard(list, value.guard))
}

/// `pick` and `omit`.
fn chosen(machine: &mut Machine<'_>, arguments: Args<'_>, wanted: bool) -> Answer {
    let [value, keys @ ..] = arguments else { return nothing() };
    let map = machine.arg_map(value)?;
    let mut names = Vec::with_capacity(keys.len());
    for key in keys {
        names.push(machine.arg_str(key)?.to_owned());
    }
    let entries: BTreeMap<Arc<str>, Slot> = machine
        .heap
        .map(map)
        .iter()
        .filter(|(key, _)| names.iter().any(|name| **name == ***key) == wanted)
        .map(|(key, slot)| (Arc::clone(key), slot.clone()))
        .collect();
    machine.spend(entries.len() as u64)?;
    let picked = Value::from(Data::Map(machine.heap.add_map(entries, MapType::Any)), value.origin);
    let by: Vec<&Value> = keys.iter().collect();
    let picked = machine.guard(picked, value.guard);
    Ok(machine.decided(picked, &by))
}

fn merged(machine: &mut Machine<'_>, arguments: Args<'_>, overwrites: bool) -> Answer {
    let [first, sources @ ..] = arguments else { return nothing() };
    let dst = machine.arg_map(first)?;
    let mut value = first.clone();
    if first.is_nil() {
        value.data = Data::Map(dst);
    }
    for source in sources {
        let src = machine.arg_map(source)?;
        merge(machine, dst, src, overwrites, 0)?;
        value.origin = machine.origins.join(value.origin, source.origin);
        value.guard = machine.origins.join(value.guard, source.guard);
    }
    Ok(value)
}

/// dario.cat/mergo 1.0 on maps: without overwriting, what is there and not empty stays; with it,
/// what is given counts. Maps inside are merged in place.
fn merge(
    machine: &mut Machine<'_>,
    dst: MapId,
    src: MapId,
    overwrites: bool,
    depth: usize,
) -> Result<(), Failure> {
    if depth > DEPTH {
        return Err(too_deep());
    }
    if dst == src {
        return Ok(());
    }
    for (key, slot) in slots(machine, src) {
        machine.step()?;
        let have = machine.heap.map(dst).get(&key).map(|slot| slot.value.clone());
        let Some(have) = have else {
            machine.heap.set(dst, key, slot);
            continue;
        };
        if let (Data::Map(below), Data::Map(inner)) = (&have.data, &slot.value.data) {
            let (below, inner) = (*below, *inner);
            merge(machine, below, inner, overwrites, depth + 1)?;
            let mut joined = have.clone();
            joined.origin = machine.origins.join(have.origin, slot.value.origin);
            joined.guard = machine.origins.join(have.guard, slot.value.guard);
            let name = machine.heap.map(dst).get(&key).map_or(OriginId::NONE, |slot| slot.key);
            machine.heap.set(dst, key, Slot { key: name, value: joined });
            continue;
        }
        let (chosen, passed) = if overwrites {
            (slot.value.clone(), OriginId::NONE)
        } else {
            if !is_empty(machine, &have) || is_empty(machine, &slot.value) {
                continue;
            }
            (slot.value.clone(), have.whole(machine.origins))
        };
        let chosen = machine.guard(chosen, passed);
        machine.heap.set(dst, key, Slot { key: slot.key, value: chosen });
    }
    Ok(())
}

fn deep_copy(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    if value.is_nil() {
        return Err(Failure::execute("reflect: call of reflect.Value.Type on zero Value"));
    }
    copied(machine, value, 0)
}

fn copied(machine: &mut Machine<'_>, value: &Value, depth: usize) -> Answer {
    if depth > DEPTH {
        return Err(too_deep());
    }
    machine.step()?;
    let mut copy = value.clone();
    match &value.data {
        Data::Map(map) => {
            let of = machine.heap.map_type(*map);
            let mut entries = BTreeMap::new();
            for (key, slot) in slots(machine, *map) {
                let value = copied(machine, &slot.value, depth + 1)?;
                entries.insert(key, Slot { key: slot.key, value });
            }
            copy.data = Data::Map(machine.heap.add_map(entries, of));
        }
        Data::List(list) => {
            let of = machine.heap.list_type(*list);
            let mut items = Vec::new();
            for item in machine.heap.list(*list).to_vec() {
                items.push(copied(machine, &item, depth + 1)?);
            }
            copy.data = Data::List(machine.heap.add_list(items, of));
        }
        _ => {}
    }
    Ok(copy)
}

/// The map a value is, if any value can stand in it.
fn any_map(machine: &Machine<'_>, value: &Value) -> Option<MapId> {
    match value.data {
        Data::Map(map) if machine.heap.map_type(map) != MapType::Str => Some(map),
        _ => None,
    }
}

/// `dig "a" "b" default dict`: a key that is missing gives the default, its container the guard.
fn dig(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [keys @ .., fallback, dict] = arguments else { return nothing() };
    let mut at = dict.clone();
    for (index, key) in keys.iter().enumerate() {
        let name = machine.arg_str(key)?;
        let Some(map) = any_map(machine, &at) else {
            let kind = at.go_type(&machine.heap);
            let cause = at.whole(machine.origins);
            return Err(Failure::execute(format!(
                "interface conversion: interface {{}} is {kind}, not map[string]interface {{}}"
            ))
            .caused_by(cause));
        };
        match machine.heap.map(map).get(name).map(|slot| slot.value.clone()) {
            Some(found) => at = machine.guard(found, at.guard),
            None => {
                let guard = at.whole(machine.origins);
                let by: Vec<&Value> = keys.iter().take(index + 1).collect();
                let chosen = machine.guard(fallback.clone(), guard);
                return Ok(machine.decided(chosen, &by));
            }
        }
    }
    let by: Vec<&Value> = keys.iter().collect();
    Ok(machine.decided(at, &by))
}
