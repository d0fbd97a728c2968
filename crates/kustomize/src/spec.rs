//! Field specs: which fields of which kinds a transformer reaches, and walking there.

use std::borrow::Cow;

use mlgitops_yaml::{Key, Map, Node, OriginId, Value};

use crate::id::Gvk;

/// A path into objects of some kinds (kustomize `api/types/fieldspec.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: Gvk,
    pub(crate) path: String,
    pub(crate) create: bool,
    /// Where it is written; none for what is built in.
    pub(crate) at: OriginId,
}

/// What a walk creates where the last field is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Create {
    Never,
    Scalar,
    Map,
}

/// A field on the way is a scalar, so that nothing lies below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoWay(pub(crate) OriginId);

impl FieldSpec {
    pub(crate) fn is_for(&self, gvk: &Gvk) -> bool {
        gvk.is_selected_by(&self.gvk)
    }

    /// Calls `set` on every field the path reaches in an object; `by` is the origin of what it
    /// creates. `[]` after a name says that a list is expected; lists are passed through anyway.
    pub(crate) fn visit(
        &self,
        node: &mut Node,
        create: Create,
        by: OriginId,
        set: &mut dyn FnMut(&mut Node),
    ) -> Result<(), NoWay> {
        let path = split(&self.path);
        let create = if self.create { create } else { Create::Never };
        walk(node, &path, create, by, set)
    }
}

/// The names of a path; `\/` is a slash in a name.
pub(crate) fn split(path: &str) -> Vec<Cow<'_, str>> {
    let path = path.trim_start_matches('/');
    if !path.contains('\\') {
        return path.split('/').map(Cow::Borrowed).collect();
    }
    let mut names = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('/')) => {
                characters.next();
                push(&mut names, '/');
            }
            ('/', _) => names.push(String::new()),
            _ => push(&mut names, character),
        }
    }
    names.into_iter().map(Cow::Owned).collect()
}

fn push(names: &mut [String], character: char) {
    if let Some(last) = names.last_mut() {
        last.push(character);
    }
}

fn walk(
    node: &mut Node,
    path: &[Cow<'_, str>],
    create: Create,
    by: OriginId,
    set: &mut dyn FnMut(&mut Node),
) -> Result<(), NoWay> {
    let Some((name, rest)) = path.split_first() else {
        set(node);
        return Ok(());
    };
    if node.is_null() {
        return Ok(());
    }
    let at = node.origin;
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().try_for_each(|item| walk(item, path, create, by, set)),
        // A wildcard is for lists.
        Value::Map(_) if name == "*" => Err(NoWay(at)),
        Value::Map(map) => {
            let plain = name.strip_suffix("[]");
            let creates = if plain.is_some() { Create::Never } else { create };
            let name = plain.unwrap_or(name);
            match field(map, name, creates, rest.is_empty(), by) {
                Some(next) => walk(next, rest, create, by, set),
                None => Ok(()),
            }
        }
        Value::Unknown(_) => Ok(()),
        Value::Scalar(_) | Value::Null => Err(NoWay(at)),
    }
}

/// A field, made where it is missing or null and the walk creates.
fn field<'n>(map: &'n mut Map, name: &str, create: Create, last: bool, by: OriginId) -> Option<&'n mut Node> {
    let missing = map.get(name).is_none();
    let null = map.get(name).is_some_and(Node::is_null);
    if create == Create::Never {
        return if missing || (null && !last) { None } else { map.get_mut(name) };
    }
    if missing || null {
        let value = if last && create == Create::Scalar { Value::Null } else { Value::Map(Map::default()) };
        if missing {
            map.set(Key::new(name, by), Node::new(value, by));
        } else if let Some(node) = map.get_mut(name) {
            node.value = value;
        }
    }
    map.get_mut(name)
}

/// Adds field specs; one that is there already stays as it is. `Err` for one that says something
/// else about creating.
pub(crate) fn merge(into: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), FieldSpec> {
    for spec in more {
        let known = into.iter().find(|known| known.gvk.is_selected_by(&spec.gvk) && known.path == spec.path);
        match known {
            Some(known) if known.create != spec.create => return Err(spec.clone()),
            Some(_) => {}
            None => into.push(spec.clone()),
        }
    }
    Ok(())
}
