//! Field tables as a graph in which equal subtrees are one node.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Failure;

/// Types of nodes, as `crates/manifest/src/fields/field.rs` numbers them.
pub(crate) const OBJECT: u8 = 0;
/// An object whose keys are free and whose values are alike.
pub(crate) const MAP: u8 = 1;
/// Text.
pub(crate) const STRING: u8 = 3;
/// An integer or text.
pub(crate) const INT_OR_STRING: u8 = 7;
/// Anything.
pub(crate) const ANY: u8 = 8;

/// The number of a type the source names.
pub(crate) fn kind_of(name: &str) -> Result<u8, Failure> {
    Ok(match name {
        "object" => OBJECT,
        "array" => 2,
        "string" => STRING,
        "integer" => 4,
        "number" => 5,
        "boolean" => 6,
        "int-or-string" => INT_OR_STRING,
        "any" => ANY,
        other => return Err(format!("no type `{other}` is known").into()),
    })
}

/// An index into [`Graph::nodes`].
pub(crate) type NodeId = u16;

/// A release: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Release(pub(crate) [u16; 3]);

impl Release {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let mut next = || Ok::<_, Failure>(parts.next().ok_or("a release has three parts")?.parse::<u16>()?);
        Ok(Self([next()?, next()?, next()?]))
    }
}

/// One node: its attributes, and its children by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) kind: u8,
    pub(crate) fields: Vec<Edge>,
    pub(crate) items: Option<NodeId>,
    pub(crate) values: Option<NodeId>,
    pub(crate) open: bool,
    pub(crate) required: Vec<String>,
    pub(crate) choices: Vec<String>,
    pub(crate) list_keys: Vec<String>,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) min_length: Option<u32>,
    pub(crate) max_length: Option<u32>,
    pub(crate) min_items: Option<u32>,
    pub(crate) pattern: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) default: Option<String>,
}

/// A named child; sorted by name. Releases and patch marks are indices, 0 is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Edge {
    pub(crate) name: String,
    pub(crate) node: NodeId,
    pub(crate) since: u8,
    pub(crate) until: u8,
    pub(crate) patch: u8,
}

/// One version of a kind.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) version: String,
    pub(crate) first: u8,
    pub(crate) last: u8,
    pub(crate) node: NodeId,
}

/// All tables.
pub(crate) struct Graph {
    /// Sorted; index 0 of the blob is none, so release `i` stands at `i - 1`.
    pub(crate) releases: Vec<Release>,
    /// Patch strategy and merge key, each empty where there is none; the first is the pair of none.
    pub(crate) patches: Vec<(String, String)>,
    pub(crate) nodes: Vec<Shape>,
    pub(crate) kinds: BTreeSet<Kind>,
    ids: HashMap<Shape, NodeId>,
    release_ids: BTreeMap<Release, u8>,
}

impl Graph {
    pub(crate) fn new(releases: BTreeSet<Release>) -> Self {
        let release_ids = releases.iter().copied().zip(1..=u8::MAX).collect();
        Self {
            releases: releases.into_iter().collect(),
            patches: vec![(String::new(), String::new())],
            nodes: Vec::new(),
            kinds: BTreeSet::new(),
            ids: HashMap::new(),
            release_ids,
        }
    }

    /// The number of a release that was collected before.
    pub(crate) fn release(&self, text: &str) -> Result<u8, Failure> {
        let id = self.release_ids.get(&Release::parse(text)?);
        id.copied().ok_or_else(|| format!("more than 255 releases, or `{text}` was not collected").into())
    }

    /// The number of a pair of patch strategy and merge key.
    pub(crate) fn patch(&mut self, strategy: &str, key: &str) -> Result<u8, Failure> {
        let pair = (strategy.to_owned(), key.to_owned());
        let at = self.patches.iter().position(|known| *known == pair).unwrap_or_else(|| {
            self.patches.push(pair);
            self.patches.len() - 1
        });
        Ok(u8::try_from(at)?)
    }

    /// The one node of this shape.
    pub(crate) fn node(&mut self, shape: Shape) -> Result<NodeId, Failure> {
        if let Some(&id) = self.ids.get(&shape) {
            return Ok(id);
        }
        let id = self.reserve()?;
        self.fill(id, shape.clone());
        self.ids.insert(shape, id);
        Ok(id)
    }

    /// A node that is filled in later: one that reaches itself.
    pub(crate) fn reserve(&mut self) -> Result<NodeId, Failure> {
        let id = NodeId::try_from(self.nodes.len())?;
        self.nodes.push(Shape::default());
        Ok(id)
    }

    /// Gives a reserved node its shape.
    pub(crate) fn fill(&mut self, id: NodeId, shape: Shape) {
        if let Some(slot) = self.nodes.get_mut(usize::from(id)) {
            *slot = shape;
        }
    }
}
