//! From a text to a tree, through the events of `granit-parser`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{
    ErrorKind, Event, Parser, Placement as GranitPlacement, ScalarStyle, ScanError, Span as GranitSpan,
    StrInput, StructureStyle, Tag, options,
};
use mlgitops_files::limits;

use crate::tree::{ScalarText, TreeNode};
use crate::{
    Comment, Document, Duplicate, NodeIndex, Placement, Shape, SourceFile, Style, SyntaxError,
    SyntaxErrorKind, Text, Tree,
};

/// Where the tags `!!str`, `!!int` … stand.
const CORE: &str = "tag:yaml.org,2002:";
/// Errors of one text after which it is left alone.
const MOST_ERRORS: usize = 100;
/// Comments in a row that are kept while a collection entry is undecided.
const MOST_COMMENTS: usize = 1 << 20;
/// Maps up to this size are searched for duplicate keys pair by pair.
const SMALL_MAP: usize = 12;

/// What Go says of an anchor whose name it does not take.
const NO_ANCHOR: &str = "did not find expected alphabetic or numeric character";

/// Whether Go's YAML takes a name for an anchor, where YAML allows any character (go.yaml.in/yaml
/// v2 and v3, `yaml_parser_scan_anchor`).
fn is_anchor(name: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(is_inner)
}

/// Parses a file once for every job that reads it: its text carries no origin of its own, and
/// [`Tree::node_of`] gives the nodes theirs.
#[must_use]
pub fn parse_file(file: &SourceFile) -> Tree {
    parse(Text::of_shared(file.text()))
}

/// Parses YAML or JSON. Never fails: what is no YAML is in [`Tree::errors`], and the documents
/// around it are there.
#[must_use]
pub fn parse(text: Text) -> Tree {
    let string = Arc::clone(text.shared());
    // Comments say something in a file; nobody reads those of a text that was made.
    let is_file = matches!(text.runs(), [run] if run.offset == Some(0));
    let mut builder = Builder { source: &string, tree: Tree { text, ..Tree::default() }, ..Builder::new() };
    builder.reserve();
    let options = options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        emit_comments: is_file,
        max_buffered_comment_events: MOST_COMMENTS,
        flow_nesting_limit: limits::DEPTH,
        block_nesting_limit: limits::DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(&string, options);
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => {
                if !builder.event(&event, &span) {
                    break;
                }
            }
            Some(Err(error)) => {
                if !builder.recover(&error, &mut parser) {
                    break;
                }
            }
        }
    }
    builder.finish()
}

/// A collection whose end was not seen yet.
struct Open {
    node: NodeIndex,
    children: Vec<NodeIndex>,
}

struct Builder<'s> {
    source: &'s str,
    tree: Tree,
    open: Vec<Open>,
    /// The lists of children of collections that are closed, for the next ones.
    spare: Vec<Vec<NodeIndex>>,
    anchors: HashMap<usize, NodeIndex>,
    document: Option<Document>,
    tags: Vec<Arc<str>>,
    broken: bool,
}

impl<'s> Builder<'s> {
    fn new() -> Self {
        Self {
            source: "",
            tree: Tree::default(),
            open: Vec::new(),
            spare: Vec::new(),
            anchors: HashMap::new(),
            document: None,
            tags: Vec::new(),
            broken: false,
        }
    }

    /// Makes room for what the text is likely to hold: a key and a value for each colon.
    fn reserve(&mut self) {
        let colons = memchr::memchr_iter(b':', self.source.as_bytes()).take(limits::NODES / 2).count();
        self.tree.nodes.reserve(2 * colons + 1);
        self.tree.children.reserve(2 * colons);
    }

    /// Takes one event; `false` at the end of the stream.
    fn event(&mut self, event: &Event<'s>, span: &GranitSpan) -> bool {
        let range = span.byte_range().unwrap_or(0..0);
        let (start, end) = (narrow(range.start), narrow(range.end));
        if self.tree.nodes.len() >= limits::NODES {
            self.give_up(start);
            return false;
        }
        match event {
            Event::StreamEnd => return false,
            Event::DocumentStart(..) => {
                self.document = Some(Document { root: None, range: start..start });
            }
            Event::DocumentEnd => self.end_document(end),
            Event::Comment(_, placement) => {
                let placement = match placement {
                    GranitPlacement::Above => Placement::Above,
                    GranitPlacement::Right => Placement::Right,
                    _ => Placement::Free,
                };
                self.tree.comments.push(Comment { range: start..end, placement });
            }
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(value, *style, tag.as_deref(), *anchor != 0, start..end);
                self.anchor(*anchor, node);
                self.attach(node);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open_collection(Shape::Sequence, *style, tag.as_deref(), *anchor, start, end);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open_collection(Shape::Map, *style, tag.as_deref(), *anchor, start, end);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close_collection(end),
            Event::Alias(id) => self.alias(*id, start, end),
            Event::Anchor(_, name) if !is_anchor(name) => self.refuse(start, NO_ANCHOR.to_owned()),
            Event::UnresolvedAlias(name) => {
                self.refuse(start, format!("unknown anchor `{name}` referenced"));
                let node = self.push(Shape::Null, start, end, None, false);
                self.attach(node);
            }
            _ => {}
        }
        true
    }

    fn alias(&mut self, id: usize, start: u32, end: u32) {
        let shape = match self.anchors.get(&id) {
            Some(&target) if self.open.iter().any(|open| open.node == target) => {
                let name = self.source.get(start as usize + 1..end as usize).unwrap_or("");
                self.refuse(start, format!("anchor `{name}` value contains itself"));
                Shape::Null
            }
            Some(&target) => Shape::Alias(target),
            None => Shape::Null,
        };
        let node = self.push(shape, start, end, None, false);
        self.attach(node);
    }

    /// Notes an error of meaning, after which the document counts as broken but is read on.
    fn refuse(&mut self, at: u32, message: String) {
        self.broken = true;
        if self.tree.errors.len() < MOST_ERRORS {
            let document = self.tree.documents.len();
            self.tree.errors.push(SyntaxError { kind: SyntaxErrorKind::Syntax, at, message, document });
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        has_anchor: bool,
        Range { start, end }: Range<u32>,
    ) -> NodeIndex {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        // The parser gives an empty plain scalar for a value that is not written, as `~` of no bytes.
        if style == Style::Plain && start == end && tag.is_none() {
            let at = if has_anchor { start } else { self.after_indicator(start) };
            return self.push(Shape::Null, at, at, None, false);
        }
        let (start, end) = match style {
            Style::Literal | Style::Folded => self.trim_block(start, end),
            _ => (start, end),
        };
        let value = match self.offset_in_source(value) {
            None if start == end => ScalarText::Made(Arc::default()),
            Some(at) => ScalarText::Verbatim(at..at + narrow(value.len())),
            None => ScalarText::Made(value.into()),
        };
        let tag = self.tag(tag);
        self.push(Shape::Scalar { style, value }, start, end, tag, false)
    }

    /// Where a value that is not written would be inserted: behind the `:` or `-` it belongs to; a
    /// key that is not written stands before its `:`, where the parser has it.
    fn after_indicator(&self, at: u32) -> u32 {
        const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
        const FLOW: [char; 5] = [',', '[', ']', '{', '}'];
        let Some(open) = self.open.last() else {
            let before = self.source.get(..at as usize).unwrap_or("").trim_end_matches(BLANK);
            return if before.ends_with("---") { narrow(before.len()) } else { at };
        };
        let last = open.children.last().map(|&last| self.tree.range(last).end);
        let from = last.unwrap_or_else(|| self.tree.range(open.node).start);
        let indicator = match self.tree.shape(open.node) {
            Shape::Map if open.children.len().is_multiple_of(2) => return at.max(from),
            Shape::Map => ':',
            _ if self.tree.is_flow(open.node) => return at.max(from),
            _ => '-',
        };
        // Forward first: a comment behind the indicator may end in one too.
        let rest = self.source.get(from as usize..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start_matches(BLANK).len();
        let behind = rest.get(blanks..).and_then(|rest| rest.strip_prefix(indicator));
        let is_flow = self.tree.is_flow(open.node);
        let ends =
            |rest: &str| rest.is_empty() || rest.starts_with(BLANK) || is_flow && rest.starts_with(FLOW);
        if behind.is_some_and(ends) {
            return from + narrow(blanks) + 1;
        }
        let gap = self.source.get(from as usize..at as usize).unwrap_or("").trim_end_matches(BLANK);
        if gap.ends_with(indicator) { from + narrow(gap.len()) } else { at.max(from) }
    }

    /// The parser's span of a block scalar holds the indentation before and the blank lines after
    /// its text; ours holds the text alone.
    fn trim_block(&self, start: u32, end: u32) -> (u32, u32) {
        let body = self.source.get(start as usize..end as usize).unwrap_or("");
        let kept = body.trim_end_matches([' ', '\t', '\r', '\n']);
        let lead = kept.len() - kept.trim_start_matches([' ', '\t', '\r', '\n']).len();
        (start + narrow(lead), start + narrow(kept.len()).max(narrow(lead)))
    }

    /// Where a value the parser borrowed stands in the source; `None` for one it had to make.
    fn offset_in_source(&self, value: &str) -> Option<u32> {
        let at = (value.as_ptr() as usize).checked_sub(self.source.as_ptr() as usize)?;
        (self.source.get(at..at + value.len()) == Some(value)).then(|| narrow(at))
    }

    fn tag(&mut self, tag: Option<&Tag>) -> Option<Arc<str>> {
        let tag = tag?;
        let word = match tag.suffix_in_namespace(CORE) {
            Some(suffix) => suffix.into_owned(),
            None => tag.original(),
        };
        if let Some(known) = self.tags.iter().find(|known| ***known == *word) {
            return Some(Arc::clone(known));
        }
        let word: Arc<str> = word.into();
        if self.tags.len() < 64 {
            self.tags.push(Arc::clone(&word));
        }
        Some(word)
    }

    fn push(&mut self, shape: Shape, start: u32, end: u32, tag: Option<Arc<str>>, flow: bool) -> NodeIndex {
        let index = NodeIndex(narrow(self.tree.nodes.len()));
        self.tree.nodes.push(TreeNode { shape, start, end, tag, children: 0..0, flow, repeats: false });
        index
    }

    fn anchor(&mut self, id: usize, node: NodeIndex) {
        if id != 0 {
            self.anchors.insert(id, node);
        }
    }

    /// Puts a finished node under the innermost open collection, or makes it the root.
    fn attach(&mut self, node: NodeIndex) {
        if let Some(open) = self.open.last_mut() {
            open.children.push(node);
        } else if let Some(document) = &mut self.document {
            document.root = Some(node);
        }
    }

    fn open_collection(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        tag: Option<&Tag>,
        anchor: usize,
        start: u32,
        end: u32,
    ) {
        let tag = self.tag(tag);
        let node = self.push(shape, start, end, tag, style == StructureStyle::Flow);
        self.anchor(anchor, node);
        let children = self.spare.pop().unwrap_or_default();
        self.open.push(Open { node, children });
    }

    fn close_collection(&mut self, end: u32) {
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
        if self.tree.children(map).len() <= 2 {
            return;
        }
        let keys: Vec<NodeIndex> = self.tree.entries(map).map(|(key, _)| key).collect();
        let tree = &self.tree;
        let name = |key: NodeIndex| tree.scalar(key);
        let mut found = Vec::new();
        if keys.len() <= SMALL_MAP {
            for (at, &key) in keys.iter().enumerate() {
                let same = |&&first: &&NodeIndex| name(first).is_some() && name(first) == name(key);
                if let Some(&first) = keys.iter().take(at).find(same) {
                    found.push(Duplicate { map, key, first });
                }
            }
        } else {
            let mut seen: HashMap<&str, NodeIndex> = HashMap::with_capacity(keys.len());
            for &key in &keys {
                let Some(name) = name(key) else { continue };
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

    fn end_document(&mut self, end: u32) {
        if let Some(mut document) = self.document.take() {
            document.range.end = end.max(document.range.start);
            if std::mem::take(&mut self.broken) {
                document.root = None;
            }
            self.tree.documents.push(document);
        }
        self.anchors.clear();
    }

    /// Where an error is. The parser blames the scalar in front of a tab that indents; we the tab.
    fn place_of(&self, error: &ScanError) -> u32 {
        let at = error.marker().byte_offset().unwrap_or(self.source.len());
        let behind = self.source.get(at..).unwrap_or("");
        if !error.info().ends_with("found a tab") {
            return narrow(at);
        }
        let mut lines = behind.split_inclusive('\n').scan(at, |start, line| {
            let here = *start;
            *start += line.len();
            Some((here + line.len() - line.trim_start_matches(' ').len(), line))
        });
        let tab = lines.find(|(_, line)| line.trim_start_matches(' ').starts_with('\t'));
        narrow(tab.map_or(at, |(place, _)| place))
    }

    /// Notes an error and goes on at the next document; `false` where there is none.
    fn recover(&mut self, error: &ScanError, parser: &mut Parser<'s, StrInput<'s>>) -> bool {
        let at = self.place_of(error);
        let (kind, message) = match error.kind() {
            ErrorKind::RecursionLimitExceeded => {
                (SyntaxErrorKind::TooDeep, format!("it nests deeper than {} levels", limits::DEPTH))
            }
            _ => (SyntaxErrorKind::Syntax, error.info()),
        };
        let document = self.tree.documents.len();
        self.abandon(SyntaxError { kind, at, message, document });
        if self.tree.errors.len() >= MOST_ERRORS {
            self.tree.errors.push(SyntaxError {
                kind: SyntaxErrorKind::TooMany,
                at,
                message: format!("{MOST_ERRORS} errors; the rest of the file was not read"),
                document: document + 1,
            });
            return false;
        }
        matches!(parser.proceed_next_document(), Ok(true))
    }

    /// Ends the document with an error.
    fn abandon(&mut self, error: SyntaxError) {
        let at = error.at;
        self.tree.errors.push(error);
        self.open.clear();
        self.anchors.clear();
        self.broken = false;
        let start = self.document.take().map_or(at, |document| document.range.start);
        self.tree.documents.push(Document { root: None, range: start..at.max(start) });
    }

    /// Ends the reading where there is more than fits.
    fn give_up(&mut self, at: u32) {
        let document = self.tree.documents.len();
        let message = format!("it holds more than {} values", limits::NODES);
        self.abandon(SyntaxError { kind: SyntaxErrorKind::TooLarge, at, message, document });
    }

    fn finish(mut self) -> Tree {
        self.end_document(narrow(self.source.len()));
        // A tree of a file lives as long as the run.
        self.tree.nodes.shrink_to_fit();
        self.tree.children.shrink_to_fit();
        self.tree.comments.sort_by_key(|comment| comment.range.start);
        self.tree
    }
}

/// Texts are at most 32 MiB, so every offset fits.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
