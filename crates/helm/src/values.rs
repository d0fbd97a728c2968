//! Values over values, as Helm lays them (helm v3 pkg/chartutil/coalesce.go, pkg/cli/values).

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_gotemplate::{Data, Heap, Machine, MapId, MapType, Slot, Value};
use mlgitops_yaml::OriginId;

/// Most levels two maps are laid over each other; documents are no deeper.
const DEPTH: usize = 256;

/// The map a value is, if it is one.
pub(crate) fn table(value: &Value) -> Option<MapId> {
    match value.data {
        Data::Map(map) => Some(map),
        _ => None,
    }
}

/// A new map without entries.
pub(crate) fn new_map(heap: &mut Heap) -> MapId {
    heap.add_map(BTreeMap::new(), MapType::Any)
}

/// The value of a key.
pub(crate) fn get(heap: &Heap, map: MapId, key: &str) -> Option<Value> {
    heap.map(map).get(key).map(|slot| slot.value.clone())
}

/// The slots of a map, to be gone through while maps change.
pub(crate) fn slots(heap: &Heap, map: MapId) -> Vec<(Arc<str>, Slot)> {
    heap.map(map).iter().map(|(key, slot)| (Arc::clone(key), slot.clone())).collect()
}

/// `mergeMaps` of helm v3 pkg/cli/values/options.go: `over` over `base`, maps in depth; null stays.
pub(crate) fn merge(machine: &mut Machine<'_>, base: MapId, over: MapId) {
    merge_at(machine, base, over, 0);
}

fn merge_at(machine: &mut Machine<'_>, base: MapId, over: MapId, depth: usize) {
    for (key, mut slot) in slots(&machine.heap, over) {
        if let Some(inner) = table(&slot.value)
            && let Some(have) = get(&machine.heap, base, &key)
            && let Some(below) = table(&have)
            && depth < DEPTH
        {
            merge_at(machine, below, inner, depth + 1);
            slot.value = join_containers(machine, &slot.value, &have, below);
        }
        machine.heap.set(base, key, slot);
    }
}

/// A map two files make has its entries from both.
pub(crate) fn join_containers(machine: &mut Machine<'_>, over: &Value, under: &Value, map: MapId) -> Value {
    let origin = machine.origins.join(over.origin, under.origin);
    let guard = machine.origins.join(over.guard, under.guard);
    Value { data: Data::Map(map), origin, guard }
}

/// `coalesceValues`: what the values do not say, the chart's own say; null takes a key away. The
/// names of the chart's subcharts keep theirs until they are coalesced themselves.
pub(crate) fn coalesce(
    machine: &mut Machine<'_>,
    own: Option<MapId>,
    values: MapId,
    subcharts: &[&str],
    merging: bool,
) {
    let Some(own) = own else { return };
    for (key, slot) in slots(&machine.heap, own) {
        let Some(have) = get(&machine.heap, values, &key) else {
            machine.heap.set(values, key, slot);
            continue;
        };
        if have.is_nil() && !merging {
            machine.heap.unset(values, &key);
        } else if let (Some(dst), Some(src)) = (table(&have), table(&slot.value)) {
            let merging = merging || subcharts.iter().any(|name| **name == *key);
            coalesce_tables(machine, dst, src, merging, 0);
            let joined = join_containers(machine, &have, &slot.value, dst);
            rebind(machine, values, &key, joined);
        }
    }
}

/// Puts a value in the place of an entry, whose key stays.
fn rebind(machine: &mut Machine<'_>, map: MapId, key: &str, value: Value) {
    if let Some((name, slot)) = machine.heap.map(map).get_key_value(key) {
        let (name, key) = (Arc::clone(name), slot.key);
        machine.heap.set(map, name, Slot { key, value });
    }
}

/// `coalesceTablesFullKey`: `src` under `dst`.
pub(crate) fn coalesce_tables(
    machine: &mut Machine<'_>,
    dst: MapId,
    src: MapId,
    merging: bool,
    depth: usize,
) {
    if depth > DEPTH || dst == src {
        return;
    }
    let own: Vec<(Arc<str>, Slot)> = slots(&machine.heap, src);
    for (key, slot) in own {
        let Some(have) = get(&machine.heap, dst, &key) else {
            machine.heap.set(dst, key, slot);
            continue;
        };
        if have.is_nil() {
            if !merging && !slot.value.is_nil() {
                machine.heap.unset(dst, &key);
            }
            continue;
        }
        if let (Some(dst_inner), Some(src_inner)) = (table(&have), table(&slot.value)) {
            coalesce_tables(machine, dst_inner, src_inner, merging, depth + 1);
            let joined = join_containers(machine, &have, &slot.value, dst_inner);
            rebind(machine, dst, &key, joined);
        }
    }
}

/// `coalesceGlobals`: the parent's globals over the subchart's.
pub(crate) fn coalesce_globals(machine: &mut Machine<'_>, dest: MapId, src: MapId) {
    let dest_global = match get(&machine.heap, dest, "global") {
        None => None,
        Some(value) => match table(&value) {
            Some(map) => Some((map, value)),
            None => return,
        },
    };
    let source = match get(&machine.heap, src, "global") {
        None => None,
        Some(value) => match table(&value) {
            Some(map) => Some((map, value)),
            None => return,
        },
    };
    let (global, mut value) = dest_global.unwrap_or_else(|| {
        let map = new_map(&mut machine.heap);
        (map, Value::new(Data::Map(map)))
    });
    if let Some((source, from)) = source {
        value.origin = machine.origins.join(from.origin, value.origin);
        value.guard = machine.origins.join(from.guard, value.guard);
        for (key, slot) in slots(&machine.heap, source) {
            global_entry(machine, global, key, slot);
        }
    }
    let key = machine.heap.map(dest).get("global").map_or(OriginId::NONE, |slot| slot.key);
    machine.heap.set(dest, "global".into(), Slot { key, value });
}

fn global_entry(machine: &mut Machine<'_>, global: MapId, key: Arc<str>, slot: Slot) {
    let have = get(&machine.heap, global, &key);
    match (table(&slot.value), have) {
        (Some(map), None) => {
            let copy = copy(machine, map);
            machine.heap.set(
                global,
                key,
                Slot { value: Value { data: Data::Map(copy), ..slot.value }, ..slot },
            );
        }
        (Some(map), Some(have)) => {
            if let Some(inner) = table(&have) {
                // The parent's entries count, the subchart's fill up.
                let copy = copy(machine, map);
                coalesce_tables(machine, copy, inner, true, 0);
                let joined = join_containers(machine, &slot.value, &have, copy);
                machine.heap.set(global, key, Slot { key: slot.key, value: joined });
            }
        }
        (None, Some(have)) if table(&have).is_some() => {}
        (None, _) => machine.heap.set(global, key, slot),
    }
}

/// A map with the same entries.
fn copy(machine: &mut Machine<'_>, map: MapId) -> MapId {
    let entries = machine.heap.map(map).clone();
    machine.heap.add_map(entries, MapType::Any)
}

/// A map with the same entries, and copies of the maps among them.
pub(crate) fn deep_copy(machine: &mut Machine<'_>, map: MapId, depth: usize) -> MapId {
    let mut entries = machine.heap.map(map).clone();
    for slot in entries.values_mut() {
        if let Some(inner) = table(&slot.value)
            && depth < DEPTH
        {
            slot.value.data = Data::Map(deep_copy(machine, inner, depth + 1));
        }
    }
    machine.heap.add_map(entries, MapType::Any)
}

/// Adds what decided about them to all entries of a map.
pub(crate) fn guard_all(machine: &mut Machine<'_>, map: MapId, guard: OriginId) {
    if guard.is_none() {
        return;
    }
    for (key, mut slot) in slots(&machine.heap, map) {
        slot.value = machine.guard(slot.value, guard);
        machine.heap.set(map, key, slot);
    }
}
