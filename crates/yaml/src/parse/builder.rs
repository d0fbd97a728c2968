//! What both readers make their tree with.

use std::collections::HashMap;
use std::ops::Range;

use mlgitops_files::limits;

use super::narrow;
use crate::tree::TreeNode;
use crate::{Document, Duplicate, NodeIndex, Shape, SyntaxError, SyntaxErrorKind, Tag, Text, Tree};

/// Errors of one text after which it is left alone.
pub(super) const MOST_ERRORS: usize = 100;
/// Maps up to this size are searched for duplicate keys pair by pair.
const SMALL_MAP: usize = 12;

/// A collection whose end was not seen yet.
pub(super) struct Open {
    pub(super) node: NodeIndex,
    pub(super) children: Vec<NodeIndex>,
}

/// Makes a tree from what a reader finds, in the order in which it stands.
pub(super) struct Builder<'s> {
    pub(super) source: &'s str,
    pub(super) tree: Tree,
    pub(super) open: Vec<Open>,
    /// The lists of children of collections that are closed, for the next ones.
    spare: Vec<Vec<NodeIndex>>,
    /// Where the open document begins.
    document: Option<u32>,
    root: Option<NodeIndex>,
    broken: bool,
}

impl<'s> Builder<'s> {
    /// A tree of nothing, with room for what its text, the source, is likely to hold: a key and a
    /// value for each colon.
    pub(super) fn new(text: Text, source: &'s str) -> Self {
        let colons = memchr::memchr_iter(b':', source.as_bytes()).take(limits::NODES / 2).count();
        let mut tree = Tree { text, ..Tree::default() };
        tree.nodes.reserve(2 * colons + 1);
        tree.children.reserve(2 * colons);
        Self { source, tree, open: Vec::new(), spare: Vec::new(), document: None, root: None, broken: false }
    }

    /// Begins a document at its marker or its first content.
    pub(super) fn begin_document(&mut self, start: u32) {
        self.document = Some(start);
    }

    /// Notes an error of meaning, after which the document counts as broken but is read on.
    pub(super) fn refuse(&mut self, at: u32, message: String) {
        self.broken = true;
        if self.tree.errors.len() < MOST_ERRORS {
            let document = self.tree.documents.len();
            self.tree.errors.push(SyntaxError { kind: SyntaxErrorKind::Syntax, at, message, document });
        }
    }

    /// Adds a node that nothing holds yet.
    pub(super) fn push(&mut self, shape: Shape, range: Range<u32>, tag: Option<Tag>) -> NodeIndex {
        let index = NodeIndex(narrow(self.tree.nodes.len()));
        let Range { start, end } = range;
        let (children, flow, repeats) = (0..0, false, false);
        self.tree.nodes.push(TreeNode { shape, start, end, tag, children, flow, repeats });
        index
    }

    /// Puts a finished node under the innermost open collection, or makes it the root.
    pub(super) fn attach(&mut self, node: NodeIndex) {
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.root = Some(node),
        }
    }

    /// Opens a collection: what is attached from now on is in it.
    pub(super) fn open_collection(
        &mut self,
        shape: Shape,
        range: Range<u32>,
        tag: Option<Tag>,
        is_flow: bool,
    ) -> NodeIndex {
        let node = self.push(shape, range, tag);
        if let Some(open) = self.tree.nodes.last_mut() {
            open.flow = is_flow;
        }
        let children = self.spare.pop().unwrap_or_default();
        self.open.push(Open { node, children });
        node
    }

    /// Closes the innermost collection and attaches it; a flow collection ends at `end`, a block
    /// collection where its last child does.
    pub(super) fn close_collection(&mut self, end: u32) {
        let Some(Open { node, mut children }) = self.open.pop() else { return };
        let first = narrow(self.tree.children.len());
        let last_end = children.last().map(|&last| self.tree.range(last).end);
        let first_start = children.first().map(|&first| self.tree.range(first).start);
        self.tree.children.append(&mut children);
        self.spare.push(children);
        let total = narrow(self.tree.children.len());
        if let Some(open) = self.tree.nodes.get_mut(node.0 as usize) {
            open.children = first..total;
            if open.flow {
                open.end = end;
            } else {
                if open.shape == Shape::Map {
                    open.start = first_start.unwrap_or(open.start);
                }
                open.end = last_end.unwrap_or(open.end).max(open.start);
            }
        }
        if *self.tree.shape(node) == Shape::Map {
            self.find_duplicates(node);
        }
        self.attach(node);
    }

    fn find_duplicates(&mut self, map: NodeIndex) {
        let size = self.tree.children(map).len() / 2;
        if size < 2 {
            return;
        }
        let tree = &self.tree;
        let keys = || tree.entries(map).filter_map(|(key, _)| Some((key, tree.scalar(key)?)));
        let mut found = Vec::new();
        if size <= SMALL_MAP {
            for (at, (key, name)) in keys().enumerate() {
                if let Some((first, _)) = keys().take(at).find(|(_, known)| *known == name) {
                    found.push(Duplicate { map, key, first });
                }
            }
        } else {
            let mut seen: HashMap<&str, NodeIndex> = HashMap::with_capacity(size);
            for (key, name) in keys() {
                if let Some(&first) = seen.get(name) {
                    found.push(Duplicate { map, key, first });
                } else {
                    seen.insert(name, key);
                }
            }
        }
        if let (false, Some(node)) = (found.is_empty(), self.tree.nodes.get_mut(map.0 as usize)) {
            node.repeats = true;
        }
        self.tree.duplicates.extend(found);
    }

    /// Ends the document, if one is open.
    pub(super) fn end_document(&mut self) {
        let (root, broken) = (self.root.take(), std::mem::take(&mut self.broken));
        let Some(start) = self.document.take() else { return };
        let end = root.map_or(start, |root| self.tree.range(root).end.max(start));
        self.tree.documents.push(Document { root: root.filter(|_| !broken), range: start..end });
    }

    /// Ends the document with an error.
    pub(super) fn abandon(&mut self, error: SyntaxError) {
        let at = error.at;
        self.tree.errors.push(error);
        self.open.clear();
        (self.root, self.broken) = (None, false);
        // The end of the one before may lie behind what the error points at.
        let before = self.tree.documents.last().map_or(0, |document| document.range.end);
        let start = self.document.take().unwrap_or(at).max(before);
        self.tree.documents.push(Document { root: None, range: start..at.max(start) });
    }

    /// The tree, its last document ended.
    pub(super) fn finish(mut self) -> Tree {
        self.end_document();
        self.tree.comments.sort_by_key(|comment| comment.range.start);
        self.tree
    }
}
