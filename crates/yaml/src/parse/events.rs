//! Reads any text, through the events of `granit-parser`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{
    ErrorKind, Event, Options, Parser, Placement as GranitPlacement, ScalarStyle, ScanError,
    Span as GranitSpan, StrInput, StructureStyle, Tag as Written, options,
};
use mlgitops_files::limits;

use super::builder::{Builder, MOST_ERRORS};
use super::indented::Indented;
use super::narrow;
use crate::tree::ScalarText;
use crate::{Comment, NodeIndex, Placement, Shape, Style, SyntaxError, SyntaxErrorKind, Tag, Text, Tree};

/// Where the tags `!!str`, `!!int` … stand.
const CORE: &str = "tag:yaml.org,2002:";
/// Comments in a row that are kept while a collection entry is undecided.
const MOST_COMMENTS: usize = 1 << 20;

/// What Go says of an anchor whose name it does not take.
const NO_ANCHOR: &str = "did not find expected alphabetic or numeric character";

/// Whether Go's YAML takes a name for an anchor, where YAML allows any character (go.yaml.in/yaml
/// v2 and v3, `yaml_parser_scan_anchor`).
fn is_anchor(name: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(is_inner)
}

/// How texts are read.
pub(super) fn how(comments: bool) -> Options {
    options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        emit_comments: comments,
        max_buffered_comment_events: MOST_COMMENTS,
        flow_nesting_limit: limits::DEPTH,
        block_nesting_limit: limits::DEPTH,
    }
}

/// The tree of a text, and its comments where they are asked for.
pub(super) fn read(text: Text, source: &str, comments: bool) -> Tree {
    let tree = read_as_written(text, source, comments);
    let is_short = |error: &SyntaxError| error.message.contains("indentation in multiline quoted scalar");
    let indented = tree.errors.iter().any(is_short).then(|| Indented::of(source)).flatten();
    let Some(indented) = indented else { return tree };
    let made = Text::of_shared(&indented.source);
    let mut again = read_as_written(made, &indented.source, comments);
    if !indented.is_sound(&again) {
        return tree;
    }
    indented.restore(&mut again, tree.text);
    again
}

fn read_as_written(text: Text, source: &str, comments: bool) -> Tree {
    let mut parser = Parser::new_from_str_with_options(source, how(comments));
    let made = Builder::new(text, source);
    let mut reader = Events { made, anchors: HashMap::new(), tags: Vec::new() };
    loop {
        let goes_on = match parser.next_event() {
            None => false,
            Some(Ok((event, span))) => reader.event(&event, &span),
            Some(Err(error)) => reader.recover(&error, &mut parser),
        };
        if !goes_on {
            return reader.made.finish();
        }
    }
}

struct Events<'s> {
    made: Builder<'s>,
    /// The nodes of the document that have an anchor.
    anchors: HashMap<usize, NodeIndex>,
    /// Words of tags, each made once.
    tags: Vec<Tag>,
}

impl<'s> Events<'s> {
    /// Takes one event; `false` at the end of the stream.
    fn event(&mut self, event: &Event<'s>, span: &GranitSpan) -> bool {
        let range = span.byte_range().unwrap_or(0..0);
        let (start, end) = (narrow(range.start), narrow(range.end));
        let made = &mut self.made;
        if made.tree.nodes.len() >= limits::NODES {
            self.give_up(start);
            return false;
        }
        match event {
            Event::StreamEnd => return false,
            Event::DocumentStart(..) => made.begin_document(start),
            Event::DocumentEnd => {
                made.end_document();
                self.anchors.clear();
            }
            Event::Comment(_, placement) => {
                let placement = match placement {
                    GranitPlacement::Above => Placement::Above,
                    GranitPlacement::Right => Placement::Right,
                    _ => Placement::Free,
                };
                made.tree.comments.push(Comment { range: start..end, placement });
            }
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(value, *style, tag.as_deref(), *anchor != 0, start..end);
                self.anchor(*anchor, node);
                self.made.attach(node);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(Shape::Sequence, *style, tag.as_deref(), *anchor, start..end);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(Shape::Map, *style, tag.as_deref(), *anchor, start..end);
            }
            Event::SequenceEnd | Event::MappingEnd => made.close_collection(end),
            Event::Alias(id) => self.alias(*id, start, end),
            Event::Anchor(_, name) if !is_anchor(name) => made.refuse(start, NO_ANCHOR.to_owned()),
            Event::UnresolvedAlias(name) => {
                made.refuse(start, format!("unknown anchor `{name}` referenced"));
                let node = made.push(Shape::Null, start..end, None);
                made.attach(node);
            }
            _ => {}
        }
        true
    }

    /// Ends the reading where there is more than fits.
    fn give_up(&mut self, at: u32) {
        let document = self.made.tree.documents.len();
        let message = format!("it holds more than {} values", limits::NODES);
        self.made.abandon(SyntaxError { kind: SyntaxErrorKind::TooLarge, at, message, document });
    }

    fn alias(&mut self, id: usize, start: u32, end: u32) {
        let made = &mut self.made;
        let shape = match self.anchors.get(&id) {
            Some(&target) if made.open.iter().any(|open| open.node == target) => {
                let name = made.source.get(start as usize + 1..end as usize).unwrap_or("");
                made.refuse(start, format!("anchor `{name}` value contains itself"));
                Shape::Null
            }
            Some(&target) => Shape::Alias(target),
            None => Shape::Null,
        };
        let node = made.push(shape, start..end, None);
        made.attach(node);
    }

    fn open(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        tag: Option<&Written>,
        anchor: usize,
        range: Range<u32>,
    ) {
        let tag = self.tag(tag);
        let is_flow = style == StructureStyle::Flow;
        let start =
            if shape == Shape::Sequence && !is_flow { self.first_dash(range.start) } else { range.start };
        let node = self.made.open_collection(shape, start..range.end, tag, is_flow);
        self.anchor(anchor, node);
    }

    /// Where a block sequence begins: of one in the column of its key the parser gives what stands
    /// behind the first dash.
    fn first_dash(&self, start: u32) -> u32 {
        let Some(&key) = self.made.open.last().and_then(|open| open.children.last()) else { return start };
        let from = self.made.tree.range(key).end as usize;
        let behind_key = self.made.source.get(from..start as usize).unwrap_or("");
        let Some(mut rest) = behind_key.trim_start().strip_prefix(':') else { return start };
        loop {
            rest = rest.trim_start();
            match rest.strip_prefix('#') {
                Some(comment) => rest = comment.split_once('\n').map_or("", |(_, below)| below),
                None if rest.starts_with('-') => return start - narrow(rest.len()),
                None => return start,
            }
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&Written>,
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
            return self.made.push(Shape::Null, at..at, None);
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
        self.made.push(Shape::Scalar { style, value }, start..end, tag)
    }

    /// The parser's span of a block scalar holds the indentation before and the blank lines after
    /// its text; ours holds the text alone.
    fn trim_block(&self, start: u32, end: u32) -> (u32, u32) {
        let body = self.made.source.get(start as usize..end as usize).unwrap_or("");
        let kept = body.trim_end_matches([' ', '\t', '\r', '\n']);
        let lead = kept.len() - kept.trim_start_matches([' ', '\t', '\r', '\n']).len();
        (start + narrow(lead), start + narrow(kept.len()).max(narrow(lead)))
    }

    /// Where a value the parser borrowed stands in the source; `None` for one it had to make.
    fn offset_in_source(&self, value: &str) -> Option<u32> {
        let at = (value.as_ptr() as usize).checked_sub(self.made.source.as_ptr() as usize)?;
        (self.made.source.get(at..at + value.len()) == Some(value)).then(|| narrow(at))
    }

    /// Where an error is. The parser blames the scalar in front of a tab that indents; we the tab.
    fn place_of(&self, error: &ScanError) -> u32 {
        let at = error.marker().byte_offset().unwrap_or(self.made.source.len());
        let behind = self.made.source.get(at..).unwrap_or("");
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
        let document = self.made.tree.documents.len();
        self.made.abandon(SyntaxError { kind, at, message, document });
        self.anchors.clear();
        if self.made.tree.errors.len() >= MOST_ERRORS {
            self.made.tree.errors.push(SyntaxError {
                kind: SyntaxErrorKind::TooMany,
                at,
                message: format!("{MOST_ERRORS} errors; the rest of the file was not read"),
                document: document + 1,
            });
            return false;
        }
        matches!(parser.proceed_next_document(), Ok(true))
    }

    /// Where a value that is not written would be inserted: behind the `:` or `-` it belongs to; a
    /// key that is not written stands before its `:`, where the parser has it.
    fn after_indicator(&self, at: u32) -> u32 {
        const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
        const FLOW: [char; 5] = [',', '[', ']', '{', '}'];
        let Some(open) = self.made.open.last() else {
            let before = self.made.source.get(..at as usize).unwrap_or("").trim_end_matches(BLANK);
            return if before.ends_with("---") { narrow(before.len()) } else { at };
        };
        let last = open.children.last().map(|&last| self.made.tree.range(last).end);
        let from = last.unwrap_or_else(|| self.made.tree.range(open.node).start);
        let indicator = match self.made.tree.shape(open.node) {
            Shape::Map if open.children.len().is_multiple_of(2) => return at.max(from),
            Shape::Map => ':',
            _ if self.made.tree.is_flow(open.node) => return at.max(from),
            _ => '-',
        };
        // Forward first: a comment behind the indicator may end in one too.
        let all = self.made.source.get(from as usize..).unwrap_or("");
        let mut rest = all.trim_start_matches(BLANK);
        while let Some((_, below)) = rest.strip_prefix('#').and_then(|comment| comment.split_once('\n')) {
            rest = below.trim_start_matches(BLANK);
        }
        let blanks = all.len() - rest.len();
        let behind = rest.strip_prefix(indicator);
        let is_flow = self.made.tree.is_flow(open.node);
        let ends =
            |rest: &str| rest.is_empty() || rest.starts_with(BLANK) || is_flow && rest.starts_with(FLOW);
        if behind.is_some_and(ends) {
            return from + narrow(blanks) + 1;
        }
        let gap = self.made.source.get(from as usize..at as usize).unwrap_or("").trim_end_matches(BLANK);
        if gap.ends_with(indicator) { from + narrow(gap.len()) } else { at.max(from) }
    }

    fn tag(&mut self, tag: Option<&Written>) -> Option<Tag> {
        let tag = tag?;
        let word = match tag.suffix_in_namespace(CORE) {
            Some(suffix) => suffix.into_owned(),
            None => tag.original(),
        };
        if let Some(known) = self.tags.iter().find(|known| ***known == *word) {
            return Some(known.clone());
        }
        let tag = Tag::from(&*word);
        if self.tags.len() < 64 {
            self.tags.push(tag.clone());
        }
        Some(tag)
    }

    fn anchor(&mut self, id: usize, node: NodeIndex) {
        if id != 0 {
            self.anchors.insert(id, node);
        }
    }
}
