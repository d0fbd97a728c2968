//! What an object is to be once changes are made, and where two objects differ.

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Key, Map, Mode, Node, OriginId, Pointer, Scalar, Step, Value};

use crate::finding::Intent;

/// The object with the changes made; `None` where one cannot be.
pub(super) fn expected(root: &Node, intents: &[&Intent]) -> Option<Node> {
    let mut root = root.clone();
    // Names change last: every path is that of the object as it is.
    let is_late = |intent: &Intent| match intent {
        Intent::Set { .. } | Intent::Insert { .. } | Intent::Append { .. } => 0,
        Intent::Remove { .. } => 1,
        Intent::Move { .. } => 2,
        Intent::Rename { .. } => 3,
    };
    let mut ordered = intents.to_vec();
    ordered.sort_by_key(|intent| is_late(intent));
    for intent in ordered {
        make(&mut root, intent)?;
    }
    Some(root)
}

fn make(root: &mut Node, intent: &Intent) -> Option<()> {
    match intent {
        Intent::Set { path, value } => *child(root, &path.0)? = node(value),
        Intent::Insert { path, value } => {
            let (last, above) = path.0.split_last()?;
            let map = map_of(opened(root, above)?)?;
            if map.get(&name(last)).is_some_and(|have| !have.is_null()) {
                return None;
            }
            map.set(Key::new(&name(last), OriginId::NONE), node(value));
        }
        Intent::Append { path, value } => {
            let list = opened(root, &path.0)?;
            if list.is_null() || list.as_map().is_some_and(Map::is_empty) {
                list.value = Value::Sequence(Vec::new());
            }
            let Value::Sequence(items) = &mut list.value else { return None };
            items.push(node(value));
        }
        Intent::Remove { path } => drop(taken(root, path)?),
        Intent::Rename { path, name: to } => {
            let (last, above) = path.0.split_last()?;
            let map = child(root, above)?.as_map_mut()?;
            if map.get(to).is_some() {
                return None;
            }
            let (_, value) = map.remove(&name(last))?;
            map.set(Key::new(to, OriginId::NONE), value);
        }
        Intent::Move { path, into } => {
            let (key, value) = taken(root, path)?;
            let map = map_of(opened(root, &into.0)?)?;
            if map.get(key.name()).is_some() {
                return None;
            }
            map.set(key, value);
        }
    }
    Some(())
}

/// Takes a field or an item out; an item comes with a key of no name.
fn taken(root: &mut Node, path: &Pointer) -> Option<(Key, Node)> {
    let (last, above) = path.0.split_last()?;
    match &mut child(root, above)?.value {
        Value::Map(map) => map.remove(&name(last)),
        Value::Sequence(items) => {
            let index = index_of(last).filter(|index| *index < items.len())?;
            Some((Key::new("", OriginId::NONE), items.remove(index)))
        }
        _ => None,
    }
}

fn child<'n>(root: &'n mut Node, steps: &[Step]) -> Option<&'n mut Node> {
    steps.iter().try_fold(root, |node, step| match &mut node.value {
        Value::Map(map) => map.get_mut(&name(step)),
        Value::Sequence(items) => items.get_mut(index_of(step)?),
        _ => None,
    })
}

/// The node at a path, with the maps above it made where they are missing.
fn opened<'n>(root: &'n mut Node, steps: &[Step]) -> Option<&'n mut Node> {
    steps.iter().try_fold(root, |node, step| {
        if let Value::Sequence(_) = node.value {
            return child(node, std::slice::from_ref(step));
        }
        let map = map_of(node)?;
        if map.get(&name(step)).is_none() {
            map.set(
                Key::new(&name(step), OriginId::NONE),
                Node::new(Value::Map(Map::default()), OriginId::NONE),
            );
        }
        map.get_mut(&name(step))
    })
}

/// The map a node is, or becomes where it is nothing yet.
fn map_of(node: &mut Node) -> Option<&mut Map> {
    if node.is_null() {
        node.value = Value::Map(Map::default());
    }
    node.as_map_mut()
}

fn name(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    }
}

fn index_of(step: &Step) -> Option<usize> {
    match step {
        Step::Index(index) => Some(*index),
        Step::Key(key) => key.parse().ok(),
    }
}

/// A new value as a node of no origin.
pub(super) fn node(value: &NewValue) -> Node {
    let value = match value {
        NewValue::Null => Value::Null,
        NewValue::Plain(text) => Value::Scalar(Scalar::plain(text)),
        NewValue::Text(text) => Value::Scalar(Scalar::string(text)),
        NewValue::List(items) => Value::Sequence(items.iter().map(node).collect()),
        NewValue::Map(entries) => {
            let entry = |(name, value): &(String, NewValue)| (Key::new(name, OriginId::NONE), node(value));
            Value::Map(Map::of(entries.iter().map(entry).collect()))
        }
    };
    Node::new(value, OriginId::NONE)
}

/// The fields in which two objects differ, each as far down as they differ as a whole. Where
/// values come from does not count, and the order of keys neither.
pub(super) fn differences(before: &Node, after: &Node) -> Vec<Pointer> {
    let mut found = Vec::new();
    compare(before, after, Pointer::default(), &mut found);
    found
}

/// Documents are at most 128 levels deep.
fn compare(before: &Node, after: &Node, at: Pointer, found: &mut Vec<Pointer>) {
    match (&before.value, &after.value) {
        (Value::Map(a), Value::Map(b)) => {
            for (key, value) in a.iter() {
                match b.get(key.name()) {
                    Some(other) => compare(value, other, at.key(key.name()), found),
                    None => found.push(at.key(key.name())),
                }
            }
            let added = b.iter().filter(|(key, _)| a.get(key.name()).is_none());
            found.extend(added.map(|(key, _)| at.key(key.name())));
        }
        (Value::Sequence(a), Value::Sequence(b)) => {
            for (index, (value, other)) in a.iter().zip(b).enumerate() {
                compare(value, other, at.index(index), found);
            }
            found.extend((a.len().min(b.len())..a.len().max(b.len())).map(|index| at.index(index)));
        }
        (Value::Unknown(_), Value::Unknown(_)) => {}
        (Value::Scalar(a), Value::Scalar(b)) => {
            if a.text != b.text || a.resolve(Mode::Api) != b.resolve(Mode::Api) {
                found.push(at);
            }
        }
        _ if before.is_null() && after.is_null() => {}
        _ => found.push(at),
    }
}

/// The fields a change may touch, as they are called before and after it.
pub(super) fn fields(intent: &Intent) -> Vec<Pointer> {
    let mut fields = vec![intent.path().clone()];
    match intent {
        Intent::Rename { path, name } => {
            let above = path.0.get(..path.0.len().saturating_sub(1)).unwrap_or_default();
            fields.push(Pointer(above.to_vec()).key(name));
        }
        Intent::Move { path, into } => {
            fields.extend(path.0.last().map(|last| into.key(&name(last))));
        }
        _ => {}
    }
    fields
}
