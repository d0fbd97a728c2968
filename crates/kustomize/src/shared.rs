//! Values that kustomize holds once and shows in several places: a label it adds to an object, its
//! selector and its pods is one node (kyaml v0.21 `SetEntry`), so that a later change of one of them
//! changes all.

use std::borrow::Cow;
use std::collections::HashSet;

use mlgitops_yaml::{Node, Pointer, Step, Value};

use crate::resource::Resource;

/// One value, and the places that show it, in order.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    places: Vec<(Pointer, Node)>,
}

impl Resource {
    /// Notes the places that were made to hold one value.
    pub(crate) fn share(&mut self, mut paths: Vec<Pointer>) {
        if paths.len() < 2 {
            return;
        }
        paths.sort_by_cached_key(ToString::to_string);
        let places = paths.into_iter().filter_map(|path| {
            let node = self.node.at(&path).present()?.clone();
            Some((path, node))
        });
        let places = places.collect();
        self.shared.push(Shared { places });
    }

    /// Changes all places of a value of which one was changed.
    pub(crate) fn follow_shared(&mut self) {
        let mut all = std::mem::take(&mut self.shared);
        for shared in &mut all {
            let mut changed = None;
            shared.places.retain(|(path, before)| match self.node.at(path).present() {
                None => false,
                Some(now) => {
                    if now != before {
                        changed = Some(now.clone());
                    }
                    true
                }
            });
            let Some(changed) = changed else { continue };
            for (path, node) in &mut shared.places {
                if let Some(place) = at_mut(&mut self.node, path) {
                    *place = changed.clone();
                }
                *node = changed.clone();
            }
        }
        all.retain(|shared| shared.places.len() > 1);
        self.shared = all;
    }

    /// Kustomize keeps its books in annotations, and writes all of them anew when it does.
    pub(crate) fn unshare_annotations(&mut self) {
        for shared in &mut self.shared {
            shared.places.retain(|(path, _)| !is_annotation(path));
        }
        self.shared.retain(|shared| shared.places.len() > 1);
    }
}

fn is_annotation(path: &Pointer) -> bool {
    let is = |step: &Step, name: &str| matches!(step, Step::Key(key) if **key == *name);
    matches!(path.0.as_slice(), [one, two, _] if is(one, "metadata") && is(two, "annotations"))
}

/// The entries called `key` of the maps that a path leads to, through all items of lists.
pub(crate) fn entries(node: &Node, path: &[Cow<'_, str>], key: &str) -> Vec<Pointer> {
    let mut found = Vec::new();
    find(node, path, key, &mut Pointer::default(), &mut found);
    found
}

/// Those of them that were not there before.
pub(crate) fn added(node: &Node, path: &[Cow<'_, str>], key: &str, before: Vec<Pointer>) -> Vec<Pointer> {
    let mut now = entries(node, path, key);
    if !before.is_empty() {
        let before: HashSet<Pointer> = before.into_iter().collect();
        now.retain(|place| !before.contains(place));
    }
    now
}

fn find(node: &Node, path: &[Cow<'_, str>], key: &str, at: &mut Pointer, found: &mut Vec<Pointer>) {
    if let Value::Sequence(items) = &node.value {
        for (index, item) in items.iter().enumerate() {
            at.0.push(Step::Index(index));
            find(item, path, key, at, found);
            at.0.pop();
        }
        return;
    }
    let Some(map) = node.as_map() else { return };
    let (name, rest) = path.split_first().map_or((key, None), |(name, rest)| (&**name, Some(rest)));
    let name = name.strip_suffix("[]").filter(|_| rest.is_some()).unwrap_or(name);
    let Some(next) = map.get(name) else { return };
    at.0.push(Step::Key(name.into()));
    match rest {
        Some(rest) => find(next, rest, key, at, found),
        None => found.push(at.clone()),
    }
    at.0.pop();
}

fn at_mut<'n>(node: &'n mut Node, path: &Pointer) -> Option<&'n mut Node> {
    path.0.iter().try_fold(node, |node, step| match (step, &mut node.value) {
        (Step::Key(name), Value::Map(map)) => map.get_mut(name),
        (Step::Index(index), Value::Sequence(items)) => items.get_mut(*index),
        _ => None,
    })
}
