//! Strategic merge as kustomize does it (kyaml v0.21 `yaml/merge2`, `yaml/walk`): maps are merged,
//! lists by their merge keys where Kubernetes' schema has some, all other lists replaced.

use std::collections::{HashMap, HashSet, VecDeque};

use mlgitops_yaml::{Map, Node, OriginId, Origins, Pointer, Step, Value};

use crate::effect::{Effect, name_of};
use crate::merge_schema::{Schema, Schemas};
use crate::origin::{guard_all, over};

/// A patch whose shape does not fit the object.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) message: String,
    pub(crate) at: OriginId,
}

type Merged = Result<Option<Node>, Misfit>;

/// Merges a patch into a value of no kind; `None` where the patch deletes it.
pub(crate) fn merge(base: Node, patch: Node, origins: &mut Origins) -> Merged {
    merge_with(base, patch, &Schemas::default(), origins, &mut Vec::new())
}

/// Merges a patch into an object by the schema of its kind, and notes the lists of named items that
/// lost some.
pub(crate) fn merge_with(
    base: Node,
    patch: Node,
    schemas: &Schemas,
    origins: &mut Origins,
    effects: &mut Vec<Effect>,
) -> Merged {
    Merger { schemas, origins, path: Pointer::default(), effects }.both(base, patch, None)
}

/// How many names are looked through one by one.
const FEW: usize = 16;

pub(crate) struct Merger<'o> {
    schemas: &'o Schemas,
    origins: &'o mut Origins,
    /// Where it is, as far as only maps were passed.
    path: Pointer,
    effects: &'o mut Vec<Effect>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directive {
    Merge,
    Replace,
    Delete,
}

impl<'o> Merger<'o> {
    pub(crate) fn both(&mut self, base: Node, mut patch: Node, schema: Option<Schema<'o>>) -> Merged {
        if patch.is_null() {
            return Ok(None);
        }
        // A value that says which kind it is has that kind's schema, wherever it stands.
        let schema = schema.or_else(|| self.schemas.of(&base)).or_else(|| self.schemas.of(&patch));
        if base.is_null() {
            return self.added(patch, schema);
        }
        match (base.value, patch.value) {
            (Value::Map(base_map), Value::Map(map)) => {
                patch.value = Value::Map(map);
                match directive_of_map(&mut patch)? {
                    Directive::Delete => Ok(None),
                    Directive::Replace => {
                        patch.origin = over(patch.origin, base.origin, self.origins);
                        self.added(patch, schema)
                    }
                    Directive::Merge => self.maps(base_map, base.origin, patch, schema).map(Some),
                }
            }
            (Value::Sequence(items), Value::Sequence(more)) => {
                patch.value = Value::Sequence(more);
                let base = Node::new(Value::Sequence(items), base.origin);
                self.lists(base, patch, schema)
            }
            (Value::Scalar(_), Value::Scalar(scalar)) => {
                let origin = over(patch.origin, base.origin, self.origins);
                Ok(Some(Node::new(Value::Scalar(scalar), origin)))
            }
            (Value::Unknown(_), value) => Ok(Some(Node::new(value, patch.origin))),
            (have, value) => {
                let message = format!("the patch has {} where the object has {}", word(&value), word(&have));
                Err(Misfit { message, at: patch.origin })
            }
        }
    }

    fn maps(
        &mut self,
        base: Map,
        at: OriginId,
        patch: Node,
        schema: Option<Schema<'o>>,
    ) -> Result<Node, Misfit> {
        let Value::Map(patch) = patch.value else { return Ok(Node::new(Value::Map(base), at)) };
        let mut patches: Vec<Option<(mlgitops_yaml::Key, Node)>> =
            patch.iter().map(|(key, value)| Some((key.clone(), value.clone()))).collect();
        // Looking through few names is faster than hashing them.
        let mut places: HashMap<&str, usize> = HashMap::new();
        if patches.len() > FEW {
            for (at, (key, _)) in patch.iter().enumerate() {
                places.entry(key.name()).or_insert(at);
            }
        }
        let mut merged = Vec::with_capacity(base.len() + patches.len());
        let mut guard = OriginId::NONE;
        for (key, value) in base.iter() {
            let below = schema.and_then(|schema| schema.child(key.name()));
            let slot = if places.is_empty() {
                patches
                    .iter_mut()
                    .find(|slot| slot.as_ref().is_some_and(|(have, _)| have.name() == key.name()))
            } else {
                places.get(key.name()).and_then(|at| patches.get_mut(*at))
            };
            let result = match slot.and_then(Option::take) {
                Some((name, patch)) => {
                    // The value says that the field goes, its key which one.
                    let by = self.origins.join(name.origin, patch.origin);
                    self.path.0.push(Step::Key(key.name().into()));
                    let result = self.both(value.clone(), patch, below)?;
                    self.path.0.pop();
                    if result.is_none() {
                        guard = self.origins.join(guard, by);
                    }
                    result
                }
                None => self.kept(value.clone(), below)?,
            };
            merged.extend(result.map(|value| (key.clone(), value)));
        }
        for (key, value) in patches.into_iter().flatten() {
            let below = schema.and_then(|schema| schema.child(key.name()));
            merged.extend(self.added(value, below)?.map(|value| (key, value)));
        }
        let origin = self.origins.guard(at, guard);
        Ok(Node::new(Value::Map(Map::of(merged)), origin))
    }

    /// A value only the patch has: its nulls and its directives are taken out.
    pub(crate) fn added(&mut self, mut patch: Node, schema: Option<Schema<'o>>) -> Merged {
        if patch.is_null() {
            return Ok(None);
        }
        if matches!(patch.value, Value::Map(_)) && directive_of_map(&mut patch)? == Directive::Delete {
            return Ok(None);
        }
        let value = match patch.value {
            Value::Map(map) => {
                let mut kept = Vec::with_capacity(map.len());
                for (key, value) in map.iter() {
                    let below = schema.and_then(|schema| schema.child(key.name()));
                    kept.extend(self.added(value.clone(), below)?.map(|value| (key.clone(), value)));
                }
                Value::Map(Map::of(kept))
            }
            Value::Sequence(items) => match merge_keys(schema) {
                Some(keys) => {
                    let mut items = items;
                    if directive_of_list(&mut items)? == Directive::Delete {
                        return Ok(None);
                    }
                    let below = schema.and_then(Schema::items);
                    let mut kept = Vec::with_capacity(items.len());
                    if keys.len() > 1 {
                        kept = self.by_several(None, items, &keys, below)?;
                    } else {
                        for item in items {
                            kept.extend(self.added(item, below)?);
                        }
                    }
                    Value::Sequence(kept)
                }
                None => Value::Sequence(items),
            },
            other => other,
        };
        Ok(Some(Node::new(value, patch.origin)))
    }

    /// A value only the object has: fields with nothing written are dropped, as kustomize does on
    /// every merge; `null` and `~` stay.
    pub(crate) fn kept(&mut self, mut base: Node, schema: Option<Schema<'o>>) -> Merged {
        match &mut base.value {
            Value::Null => return Ok(None),
            Value::Map(map) => {
                let entries = std::mem::take(map);
                let mut kept = Vec::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    let below = schema.and_then(|schema| schema.child(key.name()));
                    kept.extend(self.kept(value.clone(), below)?.map(|value| (key.clone(), value)));
                }
                *map = Map::of(kept);
            }
            Value::Sequence(items) => {
                let Some(keys) = merge_keys(schema) else { return Ok(Some(base)) };
                let below = schema.and_then(Schema::items);
                let mut kept = Vec::with_capacity(items.len());
                if keys.len() > 1 {
                    kept = self.by_several(Some(std::mem::take(items)), Vec::new(), &keys, below)?;
                } else {
                    for item in std::mem::take(items) {
                        kept.extend(self.kept(item, below)?);
                    }
                }
                *items = kept;
            }
            _ => {}
        }
        Ok(Some(base))
    }

    fn lists(&mut self, base: Node, patch: Node, schema: Option<Schema<'o>>) -> Merged {
        let (Value::Sequence(items), Value::Sequence(mut more)) = (base.value, patch.value) else {
            return Ok(None);
        };
        let origin = over(patch.origin, base.origin, self.origins);
        let Some(keys) = merge_keys(schema) else {
            if schema.is_none() {
                self.note_lost(&items, &more, patch.origin);
            }
            return Ok(Some(Node::new(Value::Sequence(more), origin)));
        };
        match directive_of_list(&mut more)? {
            Directive::Delete => Ok(None),
            Directive::Replace => self.added(Node::new(Value::Sequence(more), origin), schema),
            Directive::Merge if keys.is_empty() => {
                let merged = union(more, items);
                Ok(Some(Node::new(Value::Sequence(merged), base.origin)))
            }
            Directive::Merge => {
                let below = schema.and_then(Schema::items);
                let merged = match keys.as_slice() {
                    [key] => self.by_one(items, more, key, below)?,
                    keys => self.by_several(Some(items), more, keys, below)?,
                };
                let mut merged = Node::new(Value::Sequence(merged), base.origin);
                let guard = schema.map_or(OriginId::NONE, |schema| schema.decided_by(self.origins));
                if !guard.is_none() {
                    guard_all(&mut merged, guard, self.origins);
                }
                Ok(Some(merged))
            }
        }
    }

    /// Notes the named items that a replaced list loses.
    fn note_lost(&mut self, items: &[Node], more: &[Node], patch: OriginId) {
        let is_named = |items: &[Node]| !items.is_empty() && items.iter().all(|item| name_of(item).is_some());
        if !is_named(items) || !is_named(more) {
            return;
        }
        let kept: HashSet<&str> = more.iter().filter_map(name_of).collect();
        let lost: Vec<(String, OriginId)> = items
            .iter()
            .filter_map(|item| Some((name_of(item)?, item.origin)))
            .filter(|(name, _)| !kept.contains(name))
            .map(|(name, origin)| (name.to_owned(), origin))
            .collect();
        if !lost.is_empty() {
            self.effects.push(Effect::ListReplaced { path: self.path.clone(), patch, lost });
        }
    }

    /// Merges items that are the same by their key; the patch's items come first.
    fn by_one(
        &mut self,
        base: Vec<Node>,
        patch: Vec<Node>,
        key: &str,
        schema: Option<Schema<'o>>,
    ) -> Result<Vec<Node>, Misfit> {
        let value_of =
            |item: &Node| item.get(key).text().filter(|value| !value.is_empty()).map(str::to_owned);
        let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (at, item) in base.iter().enumerate() {
            if let Some(value) = value_of(item) {
                places.entry(value).or_default().push_back(at);
            }
        }
        let mut base: Vec<Option<Node>> = base.into_iter().map(Some).collect();
        let mut merged = Vec::new();
        for mut item in patch {
            let place = value_of(&item).and_then(|value| places.get_mut(&value)?.pop_front());
            let have = place.and_then(|at| base.get_mut(at).and_then(Option::take));
            let result = match have {
                None => self.added(item, schema)?,
                Some(have) => match directive_of_map(&mut item)? {
                    Directive::Delete => None,
                    // The object's own item is put back over the one that was to replace it.
                    Directive::Replace => Some(have),
                    Directive::Merge => self.both(have, item, schema)?,
                },
            };
            merged.extend(result.filter(|merged| !is_empty_map(merged)));
        }
        for item in base.into_iter().flatten() {
            merged.extend(self.kept(item, schema)?.filter(|item| !is_empty_map(item)));
        }
        Ok(merged)
    }
}

/// The merge keys of a list; `None` for a list that is replaced.
fn merge_keys(schema: Option<Schema<'_>>) -> Option<Vec<&str>> {
    schema?.merge_keys()
}

/// A set of scalars: what the patch adds comes first.
fn union(more: Vec<Node>, base: Vec<Node>) -> Vec<Node> {
    let mut merged: Vec<Node> = Vec::with_capacity(more.len() + base.len());
    let mut seen = HashSet::new();
    for item in more.into_iter().chain(base) {
        let text = item.as_scalar().map(|scalar| scalar.text.clone());
        if text.is_none_or(|text| seen.insert(text)) {
            merged.push(item);
        }
    }
    merged
}

pub(crate) fn is_empty_map(node: &Node) -> bool {
    node.as_map().is_some_and(Map::is_empty)
}

/// Takes `$patch` out of a map.
pub(crate) fn directive_of_map(patch: &mut Node) -> Result<Directive, Misfit> {
    let Some((_, value)) = patch.as_map_mut().and_then(|map| map.remove("$patch")) else {
        return Ok(Directive::Merge);
    };
    directive(&value)
}

/// Takes the item that is nothing but `$patch` out of a list.
fn directive_of_list(items: &mut Vec<Node>) -> Result<Directive, Misfit> {
    let is_directive =
        |item: &Node| item.as_map().is_some_and(|map| map.len() == 1 && map.get("$patch").is_some());
    let Some(at) = items.iter().position(is_directive) else { return Ok(Directive::Merge) };
    let item = items.remove(at);
    item.get("$patch").present().map_or(Ok(Directive::Merge), directive)
}

fn directive(value: &Node) -> Result<Directive, Misfit> {
    match value.text() {
        Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        other => {
            let message =
                format!("`$patch: {}` is unknown; it is delete, replace or merge", other.unwrap_or(""));
            Err(Misfit { message, at: value.origin })
        }
    }
}

pub(crate) fn word(value: &Value) -> &'static str {
    match value {
        Value::Map(_) => "a map",
        Value::Sequence(_) => "a list",
        _ => "a scalar",
    }
}
