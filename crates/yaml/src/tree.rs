//! A parsed text: immutable documents of spanned nodes, with comments.

use std::ops::Range;
use std::sync::Arc;

use crate::{Style, Tag, Text};

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub(crate) u32);

/// What kind of node it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Nothing is written.
    Null,
    /// A scalar: its value, and how it is written.
    Scalar {
        /// How it is written.
        style: Style,
        /// Its value, and where its bytes stand if they are the bytes of the text.
        value: ScalarText,
    },
    /// A sequence; its items are the children.
    Sequence,
    /// A map; its children are key, value, key, value …
    Map,
    /// A reference to an earlier node of the document.
    Alias(NodeIndex),
}

/// The value of a scalar in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScalarText {
    /// The bytes of the text at this range.
    Verbatim(Range<u32>),
    /// Characters that escapes, folding or indentation made.
    Made(Arc<str>),
}

/// One node.
#[derive(Debug, Clone)]
pub(crate) struct TreeNode {
    pub(crate) shape: Shape,
    /// Bytes of the text: quotes included, without anchor and tag; from the first key to the end
    /// of the last value for a block collection.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The explicit tag: the core schema's suffix (`str`), or the whole tag.
    pub(crate) tag: Option<Tag>,
    /// Children in `Tree::children`.
    pub(crate) children: Range<u32>,
    pub(crate) flow: bool,
    /// Whether it is a map in which a key stands twice.
    pub(crate) repeats: bool,
}

/// One document of a text.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its root; `None` for a document of comments alone, or one broken by a syntax error.
    pub root: Option<NodeIndex>,
    /// Bytes from its start marker, or its first content, to the end of its root.
    pub range: Range<u32>,
}

/// Where a comment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// On lines of its own directly above something.
    Above,
    /// Behind something on its line.
    Right,
    /// On its own.
    Free,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its bytes, from `#` to the end of the line.
    pub range: Range<u32>,
    /// Where it stands.
    pub placement: Placement,
}

/// A key that stands in one map twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The map.
    pub map: NodeIndex,
    /// The key again.
    pub key: NodeIndex,
    /// The first one of that name.
    pub first: NodeIndex,
}

/// What a syntax error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// The text is no YAML.
    Syntax,
    /// Collections are nested deeper than [`mlgitops_files::limits::DEPTH`].
    TooDeep,
    /// It holds more values than [`mlgitops_files::limits::NODES`].
    TooLarge,
    /// More errors followed and were not looked for.
    TooMany,
}

/// A place where a text is no YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What it is about.
    pub kind: SyntaxErrorKind,
    /// The byte where reading stopped.
    pub at: u32,
    /// The parser's words.
    pub message: String,
    /// The document it broke.
    pub document: usize,
}

/// What parsing one text gave.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    pub(crate) text: Text,
    pub(crate) nodes: Vec<TreeNode>,
    pub(crate) children: Vec<NodeIndex>,
    pub(crate) documents: Vec<Document>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) duplicates: Vec<Duplicate>,
    pub(crate) errors: Vec<SyntaxError>,
}

impl Tree {
    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// Its documents, in order.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Its comments, in order.
    #[must_use]
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// Keys that stand in one map twice.
    #[must_use]
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Where the text is no YAML.
    #[must_use]
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// How many nodes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every node, a collection behind the node it stands in or not: in no order to rely on.
    pub fn all(&self) -> impl Iterator<Item = NodeIndex> + use<> {
        (0..self.nodes.len()).map(|index| NodeIndex(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    /// What a node is.
    #[must_use]
    pub fn shape(&self, node: NodeIndex) -> &Shape {
        self.node_at(node).map_or(&Shape::Null, |node| &node.shape)
    }

    /// The bytes a node is written with.
    #[must_use]
    pub fn range(&self, node: NodeIndex) -> Range<u32> {
        self.node_at(node).map_or(0..0, |node| node.start..node.end)
    }

    /// The explicit tag of a node: `str` for `!!str`, else as resolved.
    #[must_use]
    pub fn tag(&self, node: NodeIndex) -> Option<&str> {
        self.node_at(node).and_then(|node| node.tag.as_deref())
    }

    /// Whether a collection is written in flow style (`{…}`, `[…]`).
    #[must_use]
    pub fn is_flow(&self, node: NodeIndex) -> bool {
        self.node_at(node).is_some_and(|node| node.flow)
    }

    /// The items of a sequence; key, value, key, value … of a map.
    #[must_use]
    pub fn children(&self, node: NodeIndex) -> &[NodeIndex] {
        self.node_at(node)
            .and_then(|node| self.children.get(node.children.start as usize..node.children.end as usize))
            .unwrap_or(&[])
    }

    /// The keys and values of a map, as written; empty for anything else.
    pub fn entries(&self, node: NodeIndex) -> impl Iterator<Item = (NodeIndex, NodeIndex)> {
        let children = if *self.shape(node) == Shape::Map { self.children(node) } else { &[] };
        children.chunks_exact(2).map(|pair| (pair[0], pair[1]))
    }

    /// The value of a scalar; `None` for anything else.
    #[must_use]
    pub fn scalar(&self, node: NodeIndex) -> Option<&str> {
        match self.shape(node) {
            Shape::Scalar { value: ScalarText::Verbatim(range), .. } => {
                self.text.as_str().get(range.start as usize..range.end as usize)
            }
            Shape::Scalar { value: ScalarText::Made(text), .. } => Some(text),
            _ => None,
        }
    }

    /// The value under a key of a map, the last one of that name; aliases are followed.
    #[must_use]
    pub fn get(&self, map: NodeIndex, key: &str) -> Option<NodeIndex> {
        let map = self.follow(map);
        let found = self.entries(map).filter(|(have, _)| self.scalar(*have) == Some(key)).last();
        found.map(|(_, value)| self.follow(value))
    }

    /// The node an alias stands for, itself otherwise.
    #[must_use]
    pub fn follow(&self, node: NodeIndex) -> NodeIndex {
        match self.shape(node) {
            Shape::Alias(target) => *target,
            _ => node,
        }
    }

    pub(crate) fn node_at(&self, node: NodeIndex) -> Option<&TreeNode> {
        self.nodes.get(node.0 as usize)
    }
}
