//! The merge generator: elements of the first generator, changed by those of the others that have
//! the same keys (argo-cd `applicationset/generators/merge.go`).

use std::collections::BTreeMap;

use mlgitops_yaml::{Node, OriginId};

use super::expansion::{Expansion, Language};
use super::matrix::merged;
use super::parameters::{Parameters, shown, word};
use super::refusal::Stop;

const KIND: &str = "appset-generator";

impl Expansion<'_> {
    /// The elements of the first generator, each with what the others say of its keys. Argo CD
    /// gives them in no order; here they keep the first one's.
    pub(super) fn merge(&mut self, merge: &Node, depth: usize) -> Result<Vec<Parameters>, Stop> {
        let [first, rest @ ..] = merge.get("generators").items() else {
            return Err(Stop::refused(
                KIND,
                "its merge has no generators, and it takes two or more",
                merge.origin,
            ));
        };
        if rest.is_empty() {
            return Err(Stop::refused(
                KIND,
                "its merge has one generator, and it takes two or more",
                merge.origin,
            ));
        }
        let mut all = Vec::new();
        for generator in std::iter::once(first).chain(rest) {
            let child = self.prepare(generator)?;
            all.push(self.child(&child, None, depth)?);
        }
        let keys: Vec<&str> = merge.get("mergeKeys").items().iter().filter_map(Node::text).collect();
        if keys.is_empty() {
            return Err(Stop::refused(KIND, "its merge names no mergeKeys", merge.origin));
        }
        let at = merge.get("mergeKeys").present().map_or(merge.origin, |node| node.origin);
        let mut sets = all.into_iter();
        let Some(base) = sets.next() else { return Ok(Vec::new()) };
        let by_key = unique(&base, &keys, at)?;
        let mut base = base;
        for overrides in sets {
            let found = unique(&overrides, &keys, at)?;
            for (key, index) in found {
                let Some(element) = by_key.get(&key).and_then(|&at| base.get_mut(at)) else { continue };
                let Some(mut over) = overrides.get(index).cloned() else { continue };
                // They are equal, and what the element is called stands with the element.
                keys.iter().for_each(|key| drop(over.take(key)));
                *element = match self.language {
                    Language::Go => merged(std::mem::take(element), over),
                    Language::Fast => replaced(std::mem::take(element), over),
                };
            }
        }
        Ok(base)
    }
}

/// `over`'s values in place of `base`'s.
fn replaced(mut base: Parameters, over: Parameters) -> Parameters {
    over.into_entries().for_each(|(name, entry)| base.set_entry(&name, entry));
    base
}

/// The index of each element by the values of its keys; of none two.
fn unique(elements: &[Parameters], keys: &[&str], at: OriginId) -> Result<BTreeMap<String, usize>, Stop> {
    let mut found = BTreeMap::new();
    for (index, element) in elements.iter().enumerate() {
        let values = keys.iter().map(|key| match element.get(key) {
            Some(value) => format!("{key}={}:{}", word(value), shown(value)),
            None => format!("{key}="),
        });
        let key = values.collect::<Vec<_>>().join("\n");
        if found.insert(key, index).is_some() {
            let named: Vec<String> = keys
                .iter()
                .map(|key| format!("{key} `{}`", element.get(key).map(shown).unwrap_or_default()))
                .collect();
            let place = keys.iter().find_map(|key| element.get(key)).map_or(at, |node| node.origin);
            let message = format!("two elements of one generator of its merge have {}", named.join(", "));
            return Err(Stop::refused("appset-element", message, if place.is_none() { at } else { place }));
        }
    }
    Ok(found)
}
