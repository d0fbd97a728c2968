//! Quoted texts of several lines that are not indented far enough. YAML asks for more than the
//! column of their key; Go's libraries ask for nothing (go.yaml.in/yaml v2 and v3,
//! `yaml_parser_scan_flow_scalar`), and the descriptions of many CRDs are written so. What indents a
//! line of a quoted text is no part of its value, so it is read with more of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use granit_parser::{ErrorKind, Parser};

use super::narrow;
use crate::tree::ScalarText;
use crate::{Shape, Style, Text, Tree};

/// Readings of one source: each mends all the texts that can be told from their line.
const MOST: usize = 6;

/// Blanks that are put in at most.
const MOST_BLANKS: usize = 1 << 20;

/// A source with its quoted texts indented.
pub(super) struct Indented {
    /// What to read.
    pub(super) source: Arc<str>,
    /// Where blanks were put: first byte in what is read, how many, and the byte of the original
    /// that they stand before.
    blanks: Vec<(u32, u32, u32)>,
    /// The first bytes of the texts they were put in, in the original.
    opened: BTreeSet<u32>,
}

impl Indented {
    /// The same source with enough indentation; `None` where it lacks none, or too much.
    pub(super) fn of(source: &str) -> Option<Self> {
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        let mut made = Self { source: source.into(), blanks: Vec::new(), opened: BTreeSet::new() };
        let mut left = MOST_BLANKS.min(source.len());
        for _ in 0..MOST {
            let Some(first) = first_short(&made.source) else {
                return (!widths.is_empty()).then_some(made);
            };
            let before = left;
            for (open, close) in quoted_from(&made.source, first) {
                let line = made.source.get(..open)?.rfind('\n').map_or(0, |at| at + 1);
                let lead = made.source.get(line..)?.find(|letter| !matches!(letter, ' ' | '-')).unwrap_or(0);
                let text = made.source.get(open..close)?;
                let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| open + at + 1).collect();
                // A marker ends the document wherever it stands.
                if breaks.iter().any(|&at| is_marker(&made.source, at)) {
                    return None;
                }
                left = left.checked_sub((lead + 1).checked_mul(breaks.len())?)?;
                for at in breaks {
                    *widths.entry(made.original(narrow(at)) as usize).or_default() += lead + 1;
                }
                made.opened.insert(made.original(narrow(open)));
            }
            // Other line ends are not mended.
            if left == before {
                return None;
            }
            let opened = std::mem::take(&mut made.opened);
            made = Self { opened, ..Self::with(source, &widths) };
        }
        None
    }

    /// Whether blanks were put into quoted texts alone, as a tree of what was read shows them: there
    /// they are no part of any value.
    pub(super) fn is_sound(&self, tree: &Tree) -> bool {
        let is_quoted =
            |shape: &Shape| matches!(shape, Shape::Scalar { style: Style::Single | Style::Double, .. });
        let quoted = tree.nodes.iter().filter(|node| is_quoted(&node.shape));
        let starts: BTreeSet<u32> = quoted.map(|node| self.original(node.start)).collect();
        self.opened.is_subset(&starts)
    }

    fn with(source: &str, widths: &BTreeMap<usize, usize>) -> Self {
        let (mut made, mut blanks, mut from) = (String::with_capacity(source.len()), Vec::new(), 0);
        for (&at, &width) in widths {
            made.push_str(source.get(from..at).unwrap_or(""));
            blanks.push((narrow(made.len()), narrow(width), narrow(at)));
            made.extend(std::iter::repeat_n(' ', width));
            from = at;
        }
        made.push_str(source.get(from..).unwrap_or(""));
        Self { source: made.into(), blanks, opened: BTreeSet::new() }
    }

    /// The byte of the original that one of what was read is.
    fn original(&self, at: u32) -> u32 {
        let before = self.blanks.partition_point(|(start, ..)| *start <= at);
        match before.checked_sub(1).and_then(|last| self.blanks.get(last)) {
            Some((start, width, original)) => original + (at - start).saturating_sub(*width),
            None => at,
        }
    }

    /// Makes the tree of what was read one of the original.
    pub(super) fn restore(&self, tree: &mut Tree, text: Text) {
        tree.text = text;
        for node in &mut tree.nodes {
            (node.start, node.end) = (self.original(node.start), self.original(node.end));
            if let Shape::Scalar { value: ScalarText::Verbatim(range), .. } = &mut node.shape {
                *range = self.original(range.start)..self.original(range.end);
            }
        }
        for document in &mut tree.documents {
            document.range = self.original(document.range.start)..self.original(document.range.end);
        }
        for comment in &mut tree.comments {
            comment.range = self.original(comment.range.start)..self.original(comment.range.end);
        }
        for error in &mut tree.errors {
            error.at = self.original(error.at);
        }
    }
}

/// Whether the line at a byte begins as the marker of a document does (`yaml_parser_scan_flow_scalar`,
/// "found unexpected document indicator").
fn is_marker(source: &str, at: usize) -> bool {
    let line = source.get(at..).unwrap_or("");
    let rest = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// A byte before the first quoted text with a line that is not indented far enough, and behind all that
/// was read before it.
fn first_short(source: &str) -> Option<usize> {
    let mut parser = Parser::new_from_str_with_options(source, super::events::how(false));
    let mut read = 0;
    loop {
        match parser.next_event()? {
            Ok((_, span)) => read = span.byte_range().map_or(read, |range| range.end.max(read)),
            Err(error) if *error.kind() == ErrorKind::InvalidQuotedScalarIndent => return Some(read),
            Err(_) => {
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return None;
                }
            }
        }
    }
}

/// The quoted texts with a line that begins no further right than the line they begin in, as far as the
/// letters alone tell them: the first and last byte of each. Block scalars are passed over.
fn quoted_from(source: &str, from: usize) -> Vec<(usize, usize)> {
    let (mut found, mut next) = (Vec::new(), from);
    while let Some(first) = source.get(next..).and_then(|rest| rest.chars().next()) {
        let rest = source.get(next..).unwrap_or("");
        let before = source.as_bytes().get(..next).and_then(<[u8]>::last);
        let is_start = matches!(before, None | Some(b' ' | b'\t' | b'\n' | b':' | b'-' | b',' | b'[' | b'{'));
        next += match first {
            '#' if is_start => rest.find('\n').unwrap_or(rest.len()),
            '|' | '>' if is_start => block(source, next),
            '\'' | '"' if is_start => {
                let Some(length) = quoted(rest, first) else { return found };
                if is_short(source, next, next + length) {
                    found.push((next, next + length));
                }
                length
            }
            _ => first.len_utf8(),
        };
    }
    found
}

/// Whether a quoted text has a line that begins no further right than what stands before it.
fn is_short(source: &str, open: usize, close: usize) -> bool {
    let text = source.get(open..close).unwrap_or("");
    if !text.contains('\n') {
        return false;
    }
    let line = source.get(..open).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let width = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let own = source.get(line..open).map_or(0, width);
    let mut lines = text.split('\n').skip(1);
    lines.any(|line| !line.trim().is_empty() && line.len() - line.trim_start_matches(' ').len() <= own)
}

/// How long the rest of a block scalar is whose header begins at a byte; 1 where it is none.
fn block(source: &str, at: usize) -> usize {
    let rest = source.get(at..).unwrap_or("");
    let behind = rest
        .get(1..)
        .unwrap_or("")
        .trim_start_matches(|letter: char| matches!(letter, '+' | '-' | '0'..='9'));
    let behind = behind.trim_start_matches(' ');
    if !behind.starts_with(['\n', '#']) {
        return 1;
    }
    let line = source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let own = indent(source.get(line..).unwrap_or(""));
    let mut length = rest.find('\n').map_or(rest.len(), |end| end + 1);
    for line in rest.split_inclusive('\n').skip(1) {
        if !line.trim().is_empty() && indent(line) <= own {
            break;
        }
        length += line.len();
    }
    length.min(rest.len())
}

/// How long a quoted text is, with its quotes; `None` where it does not end.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => {
                letters.next();
            }
            '\'' if quote == '\'' && letters.next_if(|(_, next)| *next == '\'').is_some() => {}
            _ if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
