//! Quoted texts of several lines that are not indented far enough. YAML asks for more than the
//! column of their key; Go's libraries ask for nothing (go.yaml.in/yaml v2 and v3,
//! `yaml_parser_scan_flow_scalar`), and the descriptions of many CRDs are written so. What indents a
//! line of a quoted text is no part of its value, so it is read with more of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Parser};

use super::narrow;
use crate::tree::ScalarText;
use crate::{Shape, Text, Tree};

/// Texts that are mended, one reading each; beyond this what is left is an error.
const MOST: usize = 8;

/// Bytes that are read for it at most.
const MOST_BYTES: usize = 16 << 20;

/// Blanks that are put in at most.
const MOST_BLANKS: usize = 64 << 10;

/// A source with its quoted texts indented.
pub(super) struct Indented {
    /// What to read.
    pub(super) source: Arc<str>,
    /// Where blanks were put: first byte in what is read, how many, and the byte of the original
    /// that they stand before.
    blanks: Vec<(u32, u32, u32)>,
}

impl Indented {
    /// The same source with enough indentation; `None` where it lacks none, or too much.
    pub(super) fn of(source: &str) -> Option<Self> {
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        let mut made = Self { source: source.into(), blanks: Vec::new() };
        let (mut left, mut blanks) = (MOST_BYTES, MOST_BLANKS);
        for _ in 0..=MOST {
            left = left.checked_sub(made.source.len())?;
            let Some((open, close)) = first_short(&made.source) else {
                return (!widths.is_empty()).then_some(made);
            };
            let line = made.source.get(..open)?.rfind('\n').map_or(0, |at| at + 1);
            let text = made.source.get(open..close)?;
            let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| open + at + 1).collect();
            // Other line ends are not mended; and a marker ends a document wherever it stands.
            if breaks.is_empty() || breaks.iter().any(|&at| is_marker(&made.source, at)) {
                return None;
            }
            let width = open - line + 1;
            blanks = blanks.checked_sub(width.checked_mul(breaks.len())?)?;
            for at in breaks {
                *widths.entry(made.original(narrow(at)) as usize).or_default() += width;
            }
            made = Self::with(source, &widths);
        }
        None
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
        Self { source: made.into(), blanks }
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

/// The first quoted text with a line that is not indented far enough, with its quotes.
fn first_short(source: &str) -> Option<(usize, usize)> {
    let mut parser = Parser::new_from_str_with_options(source, super::events::how(false));
    let mut read = 0;
    loop {
        match parser.next_event()? {
            Ok((_, span)) => read = span.byte_range().map_or(read, |range| range.end.max(read)),
            Err(error) if *error.kind() == ErrorKind::InvalidQuotedScalarIndent => {
                return quoted_around(source, read, error.marker().byte_offset()?);
            }
            Err(_) => {
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return None;
                }
            }
        }
    }
}

/// The quoted text that a byte stands in, looked for from another on.
fn quoted_around(source: &str, from: usize, at: usize) -> Option<(usize, usize)> {
    let mut next = from;
    while next < at {
        let rest = source.get(next..)?;
        let first = rest.chars().next()?;
        let before = source.get(..next)?;
        let is_start = before.is_empty() || before.ends_with([' ', '\t', '\n', ':', '-', ',', '[', '{']);
        next += match first {
            '#' if is_start => rest.find('\n').unwrap_or(rest.len()),
            '\'' | '"' if is_start => {
                let length = quoted(rest, first)?;
                if next + length > at {
                    return Some((next, next + length));
                }
                length
            }
            _ => first.len_utf8(),
        };
    }
    None
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
