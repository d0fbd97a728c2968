//! Keys that a template prints twice in one map: the last one counts.

use std::collections::BTreeMap;
use std::ops::Range;

use mlgitops_yaml::{Duplicate, NodeIndex, OriginId, Origins, Pointer, Tree};

/// A key that stands twice in one map of an object (`sigs.k8s.io/yaml`, which Helm reads with, keeps
/// the last one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedKey {
    /// The pointer to the value, which is the last one's.
    pub path: Pointer,
    /// Where the key that counts comes from.
    pub last: OriginId,
    /// Where the key comes from whose value is lost.
    pub lost: OriginId,
    /// Whether both hold the same, so that nothing is lost.
    pub same: bool,
}

/// The repeated keys of one printed text, by their map.
pub(crate) struct Repeated<'t> {
    tree: &'t Tree,
    by_map: BTreeMap<NodeIndex, Vec<&'t Duplicate>>,
}

impl<'t> Repeated<'t> {
    pub(crate) fn of(tree: &'t Tree) -> Self {
        let mut by_map: BTreeMap<NodeIndex, Vec<&Duplicate>> = BTreeMap::new();
        for duplicate in tree.duplicates() {
            by_map.entry(duplicate.map).or_default().push(duplicate);
        }
        Self { tree, by_map }
    }

    /// Those of one document.
    pub(crate) fn below(&self, root: NodeIndex, origins: &mut Origins) -> Vec<RepeatedKey> {
        let mut found = Vec::new();
        if !self.by_map.is_empty() {
            self.walk(root, &Pointer::default(), &mut found, origins);
        }
        found
    }

    /// Documents are at most 128 levels deep.
    fn walk(&self, node: NodeIndex, at: &Pointer, found: &mut Vec<RepeatedKey>, origins: &mut Origins) {
        if let Some(duplicates) = self.by_map.get(&node) {
            let values: BTreeMap<NodeIndex, NodeIndex> = self.tree.entries(node).collect();
            for duplicate in duplicates {
                found.push(self.key(duplicate, &values, at, origins));
            }
        }
        let is_map = self.tree.entries(node).next().is_some();
        if is_map {
            for (key, value) in self.tree.entries(node) {
                self.walk(value, &at.key(self.tree.scalar(key).unwrap_or_default()), found, origins);
            }
            return;
        }
        for (index, &item) in self.tree.children(node).iter().enumerate() {
            self.walk(item, &at.index(index), found, origins);
        }
    }

    fn key(
        &self,
        duplicate: &Duplicate,
        values: &BTreeMap<NodeIndex, NodeIndex>,
        at: &Pointer,
        origins: &mut Origins,
    ) -> RepeatedKey {
        let text = self.tree.text();
        let mut origin = |range: Range<u32>| text.origin(range, origins);
        let written = |key: NodeIndex| {
            let range = self.tree.range(*values.get(&key)?);
            text.as_str().get(range.start as usize..range.end as usize).map(str::trim_end)
        };
        RepeatedKey {
            path: at.key(self.tree.scalar(duplicate.key).unwrap_or_default()),
            last: origin(self.tree.range(duplicate.key)),
            lost: origin(self.tree.range(duplicate.first)),
            same: written(duplicate.key) == written(duplicate.first),
        }
    }
}
