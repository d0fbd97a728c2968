//! From a tree to nodes: aliases and merge keys resolved, origins given.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use mlgitops_files::limits;
use thiserror::Error;

use crate::origin::TextId;
use crate::tree::ScalarText;
use crate::{
    FileId, Key, Map, Node, NodeIndex, OriginId, Origins, Pieces, Role, Scalar, Shape, Span, Style, Tree,
    Value,
};

/// Why a document has no nodes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct ConvertError {
    /// What is wrong.
    pub kind: ConvertErrorKind,
    /// Bytes of the tree's text that are to blame.
    pub range: Range<u32>,
}

/// What is wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum ConvertErrorKind {
    /// Aliases make it deeper than [`limits::DEPTH`].
    #[error("aliases nest deeper than {} levels", limits::DEPTH)]
    TooDeep,
    /// Aliases and merge keys stand for more than [`limits::ALIAS_NODES`] nodes.
    #[error("aliases stand for more than {} nodes", limits::ALIAS_NODES)]
    TooManyAliases,
    /// `<<` has a value that is neither a map nor a sequence of maps.
    #[error("`<<` takes a map or a list of maps")]
    Merge,
    /// A map or a sequence is used as a key, which JSON cannot hold.
    #[error("a map or a list is no key")]
    Key,
}

impl Tree {
    /// The nodes of a document, or of a part of it, with origins added to `origins`.
    ///
    /// # Errors
    /// [`ConvertError`] for a document the Go tools refuse, and one over the limits.
    pub fn node(&self, root: NodeIndex, origins: &mut Origins) -> Result<Node, ConvertError> {
        let exact = match self.text.runs() {
            [run] if run.context.is_none() && run.offset == Some(0) => origins.exact(run.origin),
            _ => None,
        };
        self.convert(root, exact, origins)
    }

    /// The nodes of a document of a whole file that was parsed once for many jobs
    /// ([`crate::parse_file`]); `file` is that file in this job's `origins`.
    ///
    /// # Errors
    /// [`ConvertError`] for a document the Go tools refuse, and one over the limits.
    pub fn node_of(
        &self,
        root: NodeIndex,
        file: FileId,
        role: Role,
        origins: &mut Origins,
    ) -> Result<Node, ConvertError> {
        let whole = Span { file, start: 0, end: u32::try_from(self.text.len()).unwrap_or(u32::MAX) };
        self.convert(root, Some((role, whole)), origins)
    }

    fn convert(
        &self,
        root: NodeIndex,
        exact: Option<(Role, Span)>,
        origins: &mut Origins,
    ) -> Result<Node, ConvertError> {
        let above = OriginId::NONE;
        let mut converter = Converter {
            tree: self,
            origins,
            exact,
            text: None,
            near: 0,
            above,
            expanded: 0,
            depth: 0,
            in_alias: 0,
        };
        converter.convert(root)
    }
}

/// The entries of a map whose keys are not known to differ, each name once; found in constant time,
/// for a hostile file may merge or repeat a hundred thousand.
#[derive(Default)]
struct Unique {
    entries: Vec<Option<(Key, Node)>>,
    places: HashMap<Arc<str>, usize>,
}

impl Unique {
    /// Adds an entry at the end, in place of an earlier one of the name.
    fn replace(&mut self, key: Key, value: Node) {
        let place = self.entries.len();
        let earlier = self.places.insert(Arc::clone(&key.scalar.text), place);
        if let Some(entry) = earlier.and_then(|earlier| self.entries.get_mut(earlier)) {
            *entry = None;
        }
        self.entries.push(Some((key, value)));
    }

    /// Adds an entry at the end, unless there is one of the name.
    fn add(&mut self, key: &Key, value: Node) {
        if !self.places.contains_key(&key.scalar.text) {
            self.replace(key.clone(), value);
        }
    }

    fn into_map(self) -> Map {
        Map::of(self.entries.into_iter().flatten().collect())
    }
}

struct Converter<'t> {
    tree: &'t Tree,
    origins: &'t mut Origins,
    /// The one span the whole text is, byte for byte: the case of every file.
    exact: Option<(Role, Span)>,
    /// The made text in `origins`, once something of it is named there.
    text: Option<TextId>,
    /// The run of the text that was read last.
    near: usize,
    /// The keys above that are no text of the template: what decided them decides what is below.
    above: OriginId,
    expanded: usize,
    depth: usize,
    in_alias: usize,
}

impl Converter<'_> {
    fn convert(&mut self, index: NodeIndex) -> Result<Node, ConvertError> {
        let range = self.tree.range(index);
        self.spend(&range)?;
        let origin = match self.tree.shape(index) {
            Shape::Null if self.exact.is_none() => self.origin_of_nothing(&range),
            Shape::Scalar { style: Style::Literal | Style::Folded, .. } if self.exact.is_none() => {
                self.origin_of_block(&range)
            }
            Shape::Sequence | Shape::Map if self.exact.is_none() => self.origin_of_all(&range),
            _ => self.origin(range.clone()),
        };
        let origin = self.origins.guard(origin, self.above);
        let value = match self.tree.shape(index) {
            Shape::Null => Value::Null,
            Shape::Scalar { .. } => Value::Scalar(self.scalar(index)),
            Shape::Sequence => {
                self.enter(&range)?;
                let children = self.tree.children(index).iter();
                let items = children.map(|&child| self.convert(child)).collect::<Result<_, _>>()?;
                self.depth -= 1;
                Value::Sequence(items)
            }
            Shape::Map => {
                self.enter(&range)?;
                let map = self.map(index)?;
                self.depth -= 1;
                Value::Map(map)
            }
            Shape::Alias(target) => return self.alias(*target, origin),
        };
        Ok(Node { origin, value })
    }

    /// The value of the anchor, with the anchor's spans; the alias itself is a guard.
    fn alias(&mut self, target: NodeIndex, alias: OriginId) -> Result<Node, ConvertError> {
        self.in_alias += 1;
        let mut node = self.convert(target)?;
        self.in_alias -= 1;
        node.origin = self.origins.guard(node.origin, alias);
        Ok(node)
    }

    fn map(&mut self, index: NodeIndex) -> Result<Map, ConvertError> {
        let entries: Vec<(NodeIndex, NodeIndex)> = self.tree.entries(index).collect();
        let mut merged = Vec::new();
        let mut own = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            if self.is_merge_key(key) {
                merged.push(value);
            } else {
                let key = self.key(key)?;
                let value = self.convert_below(&key, value)?;
                own.push((key, value));
            }
        }
        if merged.is_empty() && !self.tree.node_at(index).is_some_and(|node| node.repeats) {
            return Ok(Map::of(own));
        }
        let mut map = Unique::default();
        for (key, value) in own {
            map.replace(key, value);
        }
        // Of two `<<` of one map yaml.v2 lets the later count, and yaml.v3 refuses them.
        for value in merged.into_iter().rev() {
            self.merge(&mut map, value)?;
        }
        Ok(map.into_map())
    }

    /// The value of a key.
    fn convert_below(&mut self, key: &Key, value: NodeIndex) -> Result<Node, ConvertError> {
        let is_text = |(role, _): (Role, Span)| matches!(role, Role::Template | Role::Literal);
        if self.exact.is_some() || self.origins.exact(key.origin).is_some_and(is_text) {
            return self.convert(value);
        }
        let above = self.above;
        self.above = self.origins.join(above, key.origin);
        let node = self.convert(value);
        self.above = above;
        node
    }

    fn is_merge_key(&self, key: NodeIndex) -> bool {
        let Shape::Scalar { style, .. } = self.tree.shape(key) else { return false };
        let counts = match self.tree.tag(key) {
            None | Some("!") => *style == Style::Plain,
            tag => tag == Some("merge"),
        };
        counts && self.tree.scalar(key) == Some("<<")
    }

    /// Adds what the map does not say itself; of several maps the first one counts.
    fn merge(&mut self, map: &mut Unique, value: NodeIndex) -> Result<(), ConvertError> {
        let range = self.tree.range(value);
        self.in_alias += 1;
        let node = self.convert(value)?;
        self.in_alias -= 1;
        let bad = || ConvertError { kind: ConvertErrorKind::Merge, range: range.clone() };
        let sources = match node.value {
            Value::Map(source) => vec![source],
            Value::Sequence(items) => items
                .into_iter()
                .map(|item| match item.value {
                    Value::Map(source) => Ok(source),
                    _ => Err(bad()),
                })
                .collect::<Result<_, _>>()?,
            _ => return Err(bad()),
        };
        for mut source in sources {
            for (key, value) in source.iter_mut() {
                let taken = Node::new(Value::Null, value.origin);
                map.add(key, std::mem::replace(value, taken));
            }
        }
        Ok(())
    }

    fn key(&mut self, index: NodeIndex) -> Result<Key, ConvertError> {
        let target = self.tree.follow(index);
        let origin = self.origin(self.tree.range(target));
        match self.tree.shape(target) {
            Shape::Scalar { .. } => Ok(Key { scalar: self.scalar(target), origin }),
            Shape::Null => Ok(Key { scalar: Scalar::plain("null"), origin }),
            _ => Err(ConvertError { kind: ConvertErrorKind::Key, range: self.tree.range(index) }),
        }
    }

    fn scalar(&mut self, index: NodeIndex) -> Scalar {
        let Shape::Scalar { style, value } = self.tree.shape(index) else { return Scalar::plain("") };
        let text = self.tree.scalar(index).unwrap_or("").into();
        let tag = self.tree.tag(index).map(Into::into);
        let pieces = match value {
            ScalarText::Made(_) => Pieces::Whole,
            ScalarText::Verbatim(at) if self.exact.is_some() => {
                Pieces::Verbatim(at.start.saturating_sub(self.tree.range(index).start))
            }
            ScalarText::Verbatim(at) if self.is_one_piece(index, at) => Pieces::Verbatim(0),
            ScalarText::Verbatim(at) => self.parts(at.clone()),
        };
        Scalar { text, style: *style, tag, pieces }
    }

    /// Whether a scalar of a made text stands there without quotes, as bytes of one file: it is then
    /// what the same scalar of that file would be.
    fn is_one_piece(&mut self, index: NodeIndex, at: &Range<u32>) -> bool {
        let only = self.tree.text().only_run(at, &mut self.near);
        *at == self.tree.range(index) && only.is_some_and(|(_, run)| run.offset.is_some())
    }

    /// The runs a verbatim scalar of a made text consists of.
    fn parts(&mut self, at: Range<u32>) -> Pieces {
        let runs: Vec<(u32, u32)> = self
            .tree
            .text()
            .runs_over(&at)
            .map(|(start, run)| (start.max(at.start), run.end.min(at.end)))
            .collect();
        let parts = runs
            .into_iter()
            .map(|(start, end)| (end - at.start, self.tree.text().origin(start..end, self.origins)))
            .collect();
        Pieces::Parts(parts)
    }

    fn origin(&mut self, range: Range<u32>) -> OriginId {
        match self.exact {
            Some((role, span)) => {
                let (start, end) = (span.start + range.start, span.start + range.end);
                self.origins.span(role, Span { start, end, ..span })
            }
            None => match self.tree.text().only_run(&range, &mut self.near) {
                Some((start, run)) => {
                    let origin = run.origin_of(range.start - start..range.end - start, self.origins);
                    if run.offset.is_some() && origin != run.origin {
                        self.origins.guard_new(origin, run.context)
                    } else {
                        self.origins.guard(origin, run.context)
                    }
                }
                None => self.tree.text().origin(range, self.origins),
            },
        }
    }

    /// The origin of what most of a made text may be.
    fn origin_of_all(&mut self, range: &Range<u32>) -> OriginId {
        if !self.tree.text().is_of_several(range) {
            return self.origin(range.clone());
        }
        let text = *self.text.get_or_insert_with(|| self.origins.add_text(self.tree.text().shared_runs()));
        self.origins.stretch(text, range.clone())
    }

    /// Where nothing is written, what printed nothing up to the end of the line is to blame; a text
    /// that says so itself (`null` is a scalar) is not meant.
    fn origin_of_nothing(&mut self, range: &Range<u32>) -> OriginId {
        let text = self.tree.text();
        let rest = text.as_str().get(range.end as usize..).unwrap_or("");
        let line = rest.find('\n').unwrap_or(rest.len());
        let end = range.end.saturating_add(u32::try_from(line).unwrap_or(u32::MAX));
        let origin = self.marks(range.start..end);
        if origin.is_none() { self.origin(range.clone()) } else { origin }
    }

    /// What printed nothing behind a block could have added lines to it.
    fn origin_of_block(&mut self, range: &Range<u32>) -> OriginId {
        let rest = self.tree.text().as_str().get(range.end as usize..).unwrap_or("");
        let blank = rest.len() - rest.trim_start().len();
        let end = range.end.saturating_add(u32::try_from(blank).unwrap_or(u32::MAX));
        let origin = self.origin(range.clone());
        let marks = self.marks(range.end..end);
        self.origins.guard(origin, marks)
    }

    /// The origins of what printed nothing at some bytes.
    fn marks(&mut self, range: Range<u32>) -> OriginId {
        let text = self.tree.text();
        let is_mark = |(start, run): &(u32, &crate::Run)| *start == run.end;
        let marks: Vec<u32> = text.runs_over(&range).filter(is_mark).map(|(start, _)| start).collect();
        let mut origin = OriginId::NONE;
        for at in marks {
            let mark = text.origin(at..at, self.origins);
            origin = self.origins.join(origin, mark);
        }
        origin
    }

    fn enter(&mut self, range: &Range<u32>) -> Result<(), ConvertError> {
        self.depth += 1;
        if self.depth > limits::DEPTH {
            return Err(ConvertError { kind: ConvertErrorKind::TooDeep, range: range.clone() });
        }
        Ok(())
    }

    fn spend(&mut self, range: &Range<u32>) -> Result<(), ConvertError> {
        if self.in_alias > 0 {
            self.expanded += 1;
        }
        if self.expanded > limits::ALIAS_NODES {
            return Err(ConvertError { kind: ConvertErrorKind::TooManyAliases, range: range.clone() });
        }
        Ok(())
    }
}
