//! Lists with several merge keys, such as `ports` by `port` and `protocol`, as kustomize merges them
//! (kyaml v0.21 `yaml/walk/associative_sequence.go`): its order, and which items it loses, hang on
//! which keys are written anywhere in the list.

use std::collections::{HashMap, HashSet};

use mlgitops_yaml::{Node, OriginId};

use crate::merge::{Directive, Merger, Misfit, directive_of_map, is_empty_map};
use crate::merge_schema::Schema;

/// Most items that may share the value of a first key; each is compared with each.
const MOST_ALIKE: usize = 512;

/// The items of the object and of the patch; lists hold their places here.
struct Items<'k> {
    nodes: Vec<Node>,
    keys: &'k [&'k str],
}

/// A list, cut into groups that have nothing to do with each other, in the order of the numbers.
struct Groups(Vec<Vec<(usize, usize)>>);

impl<'o> Merger<'o> {
    /// Merges items by several keys. A list that only one side has is walked the same way.
    pub(crate) fn by_several(
        &mut self,
        base: Option<Vec<Node>>,
        patch: Vec<Node>,
        keys: &[&str],
        schema: Option<Schema<'o>>,
    ) -> Result<Vec<Node>, Misfit> {
        let is_added = base.is_none();
        let mut items = Items { nodes: base.unwrap_or_default(), keys };
        let bases = items.nodes.len();
        items.nodes.extend(patch);
        let all = items.nodes.len();
        // A list that only the patch has is the object's own, too.
        let in_base = if is_added { 0..all } else { 0..bases };
        let in_patch = bases..all;
        let group_of = items.groups();
        let mut wanted = Vec::new();
        let mut seen = HashSet::new();
        for at in in_patch.clone().chain(in_base.clone()) {
            let values = items.values(at);
            if let Some(group) = group_of.get(at)
                && seen.insert(values.clone())
            {
                wanted.push((*group, values));
            }
        }
        let groups = group_of.iter().max().map_or(0, |last| last + 1);
        unite(&mut wanted, groups)
            .map_err(|()| items.too_many(in_base.clone().chain(in_patch.clone()).next_back()))?;
        let valid: Vec<usize> = (0..keys.len())
            .filter(|key| wanted.iter().any(|(_, values)| values.get(*key).is_some_and(|v| !v.is_empty())))
            .collect();
        let valid = if valid.is_empty() { (0..keys.len()).collect() } else { valid };
        let mut have = Groups::of(in_base, &group_of, groups);
        let theirs = Groups::of(in_patch, &group_of, groups);
        let mut merged = Groups(vec![Vec::new(); groups]);
        for (number, (group, values)) in wanted.iter().enumerate() {
            let match_by: Vec<(usize, &str)> =
                valid.iter().filter_map(|key| Some((*key, values.get(*key)?.as_str()))).collect();
            let of_base = items.find(have.list(*group), &match_by);
            let of_patch = items.find(theirs.list(*group), &match_by);
            match self.item(&mut items, of_base, of_patch, schema)? {
                Some(at) => merged.set(*group, |list| items.set(list, &match_by, at, number)),
                None => have.set(*group, |list| items.remove(list, &match_by)),
            }
        }
        items.append(&mut merged, have, &valid, wanted.len());
        let mut order: Vec<(usize, usize)> = merged.0.into_iter().flatten().collect();
        order.sort_unstable();
        Ok(order.into_iter().filter_map(|(_, at)| items.nodes.get(at).cloned()).collect())
    }

    /// Merges one item in place; `None` where it goes.
    fn item(
        &mut self,
        items: &mut Items<'_>,
        base: Option<usize>,
        patch: Option<usize>,
        schema: Option<Schema<'o>>,
    ) -> Result<Option<usize>, Misfit> {
        let slot = |items: &Items<'_>, at: usize| items.nodes.get(at).cloned();
        let (at, node) = match (base, patch) {
            (None, None) => return Ok(None),
            (Some(at), None) => match slot(items, at) {
                Some(node) => (at, self.kept(node, schema)?),
                None => return Ok(None),
            },
            (base, Some(at)) => {
                let directive = match items.nodes.get_mut(at) {
                    Some(node) => directive_of_map(node)?,
                    None => return Ok(None),
                };
                let Some(patch) = slot(items, at) else { return Ok(None) };
                match (directive, base.filter(|base| *base != at)) {
                    (Directive::Delete, _) => return Ok(None),
                    (Directive::Merge, Some(base)) => match slot(items, base) {
                        Some(have) => (base, self.both(have, patch, schema)?),
                        None => return Ok(None),
                    },
                    // What replaces an item is no longer the object's own: that one is put over it.
                    _ => (at, self.added(patch, schema)?),
                }
            }
        };
        let Some(node) = node.filter(|node| !is_empty_map(node)) else { return Ok(None) };
        if let Some(slot) = items.nodes.get_mut(at) {
            *slot = node;
        }
        Ok(Some(at))
    }
}

impl Items<'_> {
    /// The value of a key as it is written; `None` where it is not.
    fn value(&self, at: usize, key: usize) -> Option<&str> {
        let value = self.nodes.get(at)?.as_map()?.get(self.keys.get(key)?)?;
        Some(value.text().unwrap_or_default())
    }

    fn values(&self, at: usize) -> Vec<String> {
        (0..self.keys.len()).map(|key| self.value(at, key).unwrap_or_default().to_owned()).collect()
    }

    /// Which group each item is in: items with another first key never meet, unless one has none.
    fn groups(&self) -> Vec<usize> {
        let mut known = HashMap::new();
        let mut groups = Vec::with_capacity(self.nodes.len());
        for at in 0..self.nodes.len() {
            let first = self.value(at, 0).unwrap_or_default();
            if first.is_empty() {
                return vec![0; self.nodes.len()];
            }
            let next = known.len();
            groups.push(*known.entry(first).or_insert(next));
        }
        groups
    }

    fn too_many(&self, at: Option<usize>) -> Misfit {
        let at = at.and_then(|at| self.nodes.get(at)).map_or(OriginId::NONE, |node| node.origin);
        let key = self.keys.first().copied().unwrap_or_default();
        Misfit { message: format!("more than {MOST_ALIKE} items share one `{key}`"), at }
    }

    /// The first item that has these values; a key without one does not count.
    fn find(&self, list: &[(usize, usize)], by: &[(usize, &str)]) -> Option<usize> {
        let written = || by.iter().filter(|(_, value)| !value.is_empty());
        let is_any = written().next().is_some();
        let is_same = |at: &usize| written().all(|(key, value)| self.value(*at, *key) == Some(*value));
        list.iter().map(|(_, at)| *at).find(is_same).filter(|_| is_any)
    }

    /// Whether an item has these values; any does where none is said.
    fn has(&self, at: usize, by: &[(usize, &str)]) -> bool {
        !by.is_empty()
            && by.iter().all(|(key, value)| {
                self.value(at, *key).is_some_and(|have| value.is_empty() || have == *value)
            })
    }

    fn remove(&self, list: &mut Vec<(usize, usize)>, by: &[(usize, &str)]) {
        list.retain(|(_, at)| !self.has(*at, by));
    }

    /// Puts an item over all that have its values, or behind the others.
    fn set(&self, list: &mut Vec<(usize, usize)>, by: &[(usize, &str)], item: usize, number: usize) {
        let mut found = false;
        for (_, at) in list.iter_mut() {
            if self.has(*at, by) {
                *at = item;
                found = true;
            }
        }
        if !found {
            list.push((number, item));
        }
    }

    /// Puts what the object has over what was merged. The values an item writes are taken for those
    /// of the first keys, so one that leaves out the last key takes the place of all with its others.
    fn append(&self, merged: &mut Groups, have: Groups, valid: &[usize], behind: usize) {
        for (group, list) in have.0.into_iter().enumerate() {
            for (number, at) in list {
                let number = behind + number;
                let written = || valid.iter().filter_map(|key| self.value(at, *key));
                let by: Vec<(usize, &str)> = valid.iter().copied().zip(written()).collect();
                let Some(into) = merged.0.get_mut(group) else { continue };
                into.extend((by.len()..valid.len()).map(|_| (number, at)));
                if by.is_empty() {
                    into.clear();
                } else if valid.len() > 1 {
                    self.remove(into, &by);
                }
                self.set(into, &by, at, number);
            }
        }
    }
}

impl Groups {
    fn of(range: std::ops::Range<usize>, group_of: &[usize], groups: usize) -> Self {
        let mut lists = vec![Vec::new(); groups];
        for at in range {
            if let Some(list) = group_of.get(at).and_then(|group| lists.get_mut(*group)) {
                list.push((at, at));
            }
        }
        Self(lists)
    }

    fn list(&self, group: usize) -> &[(usize, usize)] {
        self.0.get(group).map_or(&[], Vec::as_slice)
    }

    fn set(&mut self, group: usize, set: impl FnOnce(&mut Vec<(usize, usize)>)) {
        if let Some(list) = self.0.get_mut(group) {
            set(list);
        }
    }
}

/// Makes the values of items that are one alike; an error where too many share a group.
fn unite(wanted: &mut [(usize, Vec<String>)], groups: usize) -> Result<(), ()> {
    let mut members = vec![Vec::new(); groups];
    for (at, (group, _)) in wanted.iter().enumerate() {
        if let Some(list) = members.get_mut(*group) {
            list.push(at);
        }
    }
    for list in members {
        if list.len() > MOST_ALIKE {
            return Err(());
        }
        for one in &list {
            let Some((_, values)) = wanted.get(*one).cloned() else { continue };
            for other in &list {
                let united = wanted.get(*other).and_then(|(_, others)| united(&values, others));
                let Some(united) = united else { continue };
                for at in [*one, *other] {
                    if let Some((_, slot)) = wanted.get_mut(at) {
                        slot.clone_from(&united);
                    }
                }
            }
        }
    }
    Ok(())
}

/// The values of two items that are one: equal in a key, and different in none that both write.
fn united(one: &[String], other: &[String]) -> Option<Vec<String>> {
    let mut is_common = false;
    let mut united = Vec::with_capacity(one.len());
    for (one, other) in one.iter().zip(other) {
        if one == other {
            is_common = true;
        } else if !one.is_empty() && !other.is_empty() {
            return None;
        }
        united.push(if one.is_empty() { other.clone() } else { one.clone() });
    }
    is_common.then_some(united)
}
