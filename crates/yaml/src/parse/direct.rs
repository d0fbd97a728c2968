//! Reads straight what is mostly written: maps and lists by indentation, flow collections and
//! scalars of one line, literal blocks.
//!
//! It knows a part of YAML, and knows where that part ends: a tab, an anchor, a tag, an escape, a
//! scalar of several lines, an error of any kind is read by [`super::events`] from the beginning.
//! So it never has to decide what is no YAML.

use super::builder::Builder;
use super::narrow;
use crate::tree::ScalarText;
use crate::{Shape, Style, Text, Tree};

/// Collections in each other; deeper ones are left to the parser, which has a bound of its own.
const DEEPEST: usize = 64;
/// Flow collections in each other.
const DEEPEST_FLOW: usize = 16;
/// Longest text: it holds fewer values than [`mlgitops_files::limits::NODES`].
const LONGEST: usize = 1 << 17;
/// Longest line: a key of YAML may have 1,024 characters.
const LONGEST_LINE: usize = 1_000;

/// The tree of a text; gives the text back where it holds something else, or comments that are
/// asked for.
pub(super) fn read(text: Text, source: &str, comments: bool) -> Result<Tree, Text> {
    if source.len() > LONGEST || !source.chars().all(is_usual) {
        return Err(text);
    }
    let made = Builder::new(text, source);
    let (bytes, levels) = (source.as_bytes(), Vec::with_capacity(16));
    let mut lines = Lines { bytes, made, levels, next: 0, is_open: false, has_root: false, comments };
    match lines.read() {
        Some(()) => Ok(lines.made.finish()),
        None => Err(lines.made.tree.text),
    }
}

/// Whether a character is neither a control character nor a mark of Unicode that some YAML takes
/// for the end of a line.
fn is_usual(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{c0}'..='\u{1fff}' | '\u{2030}'..='\u{d7ff}' | '\u{1f000}'..='\u{1faff}')
        || matches!(c, '\u{2010}'..='\u{2027}')
}

/// A block collection whose end was not seen yet.
#[derive(Clone, Copy)]
struct Level {
    /// The column of its keys or dashes.
    column: usize,
    is_map: bool,
    /// Behind the last key or dash, while its value was not seen.
    waiting: Option<usize>,
}

struct Lines<'s> {
    bytes: &'s [u8],
    made: Builder<'s>,
    levels: Vec<Level>,
    /// Where the line behind the present one begins.
    next: usize,
    /// Whether a document was begun, and whether it has its root.
    is_open: bool,
    has_root: bool,
    /// Whether a comment is something it does not know.
    comments: bool,
}

/// `None` is something this reader does not know.
type Known<T> = Option<T>;

impl Lines<'_> {
    fn read(&mut self) -> Known<()> {
        while self.next < self.bytes.len() {
            let (start, end) = self.line()?;
            let at = self.skip(start, end);
            if at < end {
                self.read_line(at, end, at - start)?;
            }
        }
        self.end_document()
    }

    /// Takes the next line: its bytes without blanks at its end.
    fn line(&mut self) -> Known<(usize, usize)> {
        let start = self.next;
        let rest = self.bytes.get(start..)?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.next = start + length + 1;
        let line = rest.get(..length).filter(|line| line.len() <= LONGEST_LINE)?;
        let blanks = line.iter().rev().take_while(|&&byte| byte == b' ').count();
        Some((start, start + length - blanks))
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    /// The first byte from `at` that is no blank.
    fn skip(&self, at: usize, end: usize) -> usize {
        let line = self.bytes.get(at..end).unwrap_or_default();
        at + line.iter().take_while(|&&byte| byte == b' ').count()
    }

    /// Whether nothing of meaning stands from `at` on, which follows a blank or ends the line.
    fn is_done(&self, at: usize, end: usize) -> Known<bool> {
        if at < end && self.byte(at) == b'#' {
            return (!self.comments).then_some(true);
        }
        Some(at == end)
    }

    /// Nothing but blanks and a comment stand from `at` on.
    fn rest_is_empty(&self, at: usize, end: usize) -> Known<()> {
        let next = self.skip(at, end);
        let may_be_comment = next > at || next == end;
        (may_be_comment && self.is_done(next, end)?).then_some(())
    }

    fn read_line(&mut self, at: usize, end: usize, column: usize) -> Known<()> {
        if self.is_done(at, end)? {
            return Some(());
        }
        if column == 0 {
            match self.bytes.get(at..at + 3) {
                Some(b"---") => return self.begin_by_marker(at, end),
                Some(b"...") => return None,
                _ => {}
            }
        }
        let is_dash = self.is_dash(at, end);
        self.close_deeper(column, is_dash)?;
        if !self.is_open {
            self.made.begin_document(narrow(at));
            self.is_open = true;
        }
        self.content(at, end, column)
    }

    fn begin_by_marker(&mut self, at: usize, end: usize) -> Known<()> {
        self.rest_is_empty(at + 3, end)?;
        self.end_document()?;
        self.made.begin_document(narrow(at));
        self.is_open = true;
        Some(())
    }

    fn end_document(&mut self) -> Known<()> {
        while !self.levels.is_empty() {
            self.close();
        }
        // A document of nothing has a root all the same.
        let is_whole = self.is_open == self.has_root;
        self.made.end_document();
        (self.is_open, self.has_root) = (false, false);
        is_whole.then_some(())
    }

    fn is_dash(&self, at: usize, end: usize) -> bool {
        self.byte(at) == b'-' && (at + 1 == end || self.byte(at + 1) == b' ')
    }

    /// Closes what ends before a line of this column: what is open then takes it.
    fn close_deeper(&mut self, column: usize, is_dash: bool) -> Known<()> {
        loop {
            let Some(&top) = self.levels.last() else { return (!self.has_root).then_some(()) };
            if top.column < column {
                return top.waiting.map(|_| ());
            }
            if top.column == column {
                if top.is_map != is_dash {
                    return Some(());
                }
                if top.is_map {
                    // A list may stand in the column of its key.
                    return top.waiting.map(|_| ());
                }
                self.close();
                let key = self.levels.last().filter(|level| level.is_map && level.column == column);
                return key.map(|_| ());
            }
            self.close();
        }
    }

    /// Closes the innermost collection, its last value not being written where it waits for one.
    fn close(&mut self) {
        self.fill();
        self.levels.pop();
        self.made.close_collection(0);
    }

    fn fill(&mut self) {
        if let Some(behind) = self.levels.last_mut().and_then(|level| level.waiting.take()) {
            let at = narrow(behind);
            let node = self.made.push(Shape::Null, at..at, None);
            self.made.attach(node);
        }
    }

    /// Reads the dashes, the key and the value of a line.
    fn content(&mut self, mut at: usize, end: usize, mut column: usize) -> Known<()> {
        let line = at;
        while self.is_dash(at, end) {
            self.enter(at, column, false)?;
            self.wait(at + 1)?;
            let next = self.skip(at + 1, end);
            if self.is_done(next, end)? {
                return Some(());
            }
            column += next - at;
            at = next;
        }
        let Some((style, key_end, behind)) = self.key(at, end)? else {
            // A value on a line of its own is rare.
            return if at > line { self.value(at, end) } else { None };
        };
        self.enter(at, column, true)?;
        self.scalar(style, at, key_end);
        self.wait(behind)?;
        let next = self.skip(behind, end);
        if self.is_done(next, end)? { Some(()) } else { self.value(next, end) }
    }

    /// Makes the collection of this column the innermost one, for its next entry.
    fn enter(&mut self, at: usize, column: usize, is_map: bool) -> Known<()> {
        match self.levels.last_mut() {
            Some(top) if top.column == column && top.is_map == is_map => {
                self.fill();
                return Some(());
            }
            Some(top) => {
                top.waiting.take()?;
            }
            None if self.has_root => return None,
            None => self.has_root = true,
        }
        if self.levels.len() == DEEPEST {
            return None;
        }
        let shape = if is_map { Shape::Map } else { Shape::Sequence };
        self.made.open_collection(shape, narrow(at)..narrow(at), None, false);
        self.levels.push(Level { column, is_map, waiting: None });
        Some(())
    }

    fn wait(&mut self, behind: usize) -> Known<()> {
        self.levels.last_mut()?.waiting = Some(behind);
        Some(())
    }

    /// The key at `at`: its style, its end, and the place behind its colon. `Some(None)` where the
    /// rest of the line is a value.
    fn key(&self, at: usize, end: usize) -> Known<Option<(Style, usize, usize)>> {
        let (style, key_end) = match self.byte(at) {
            b'"' | b'\'' => self.quoted(at, end)?,
            b'{' | b'[' | b'|' => return Some(None),
            _ => match self.colon(at, end) {
                Some(colon) => {
                    self.is_plain_start(at, end).then_some(())?;
                    (Style::Plain, colon)
                }
                None => return Some(None),
            },
        };
        let is_key = self.byte(key_end) == b':' && key_end < end;
        if !is_key {
            return Some(None);
        }
        let behind = key_end + 1;
        let ends = behind == end || self.byte(behind) == b' ';
        (ends && self.byte(key_end - 1) != b' ').then_some(Some((style, key_end, behind)))
    }

    /// The first colon that ends a key, before a comment.
    fn colon(&self, at: usize, end: usize) -> Option<usize> {
        let line = self.bytes.get(at..end)?;
        let colon = memchr::memchr_iter(b':', line).map(|found| at + found);
        let found = colon.into_iter().find(|&found| found + 1 == end || self.byte(found + 1) == b' ')?;
        (self.comment(at, found).is_none()).then_some(found)
    }

    /// The blank in front of a comment.
    fn comment(&self, at: usize, end: usize) -> Option<usize> {
        let line = self.bytes.get(at..end)?;
        let marks = memchr::memchr_iter(b'#', line).map(|found| at + found);
        marks.into_iter().find(|&mark| mark > at && self.byte(mark - 1) == b' ').map(|mark| mark - 1)
    }

    /// Whether a plain scalar may begin here: its first character is no indicator.
    fn is_plain_start(&self, at: usize, end: usize) -> bool {
        match self.byte(at) {
            b'-' => at + 1 < end && !matches!(self.byte(at + 1), b' ' | b',' | b'[' | b']' | b'{' | b'}'),
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' => false,
            b'\'' | b'"' | b'%' | b'@' | b'`' => false,
            _ => true,
        }
    }

    /// The end of a quoted scalar without escapes, behind its quote.
    fn quoted(&self, at: usize, end: usize) -> Known<(Style, usize)> {
        let quote = self.byte(at);
        let body = self.bytes.get(at + 1..end)?;
        let close = at + 1 + memchr::memchr(quote, body)?;
        if quote == b'\'' {
            return (self.byte(close + 1) != b'\'').then_some((Style::Single, close + 1));
        }
        let is_plain = memchr::memchr(b'\\', self.bytes.get(at..close)?).is_none();
        is_plain.then_some((Style::Double, close + 1))
    }

    /// Attaches the scalar written here.
    fn scalar(&mut self, style: Style, start: usize, end: usize) {
        let (start, end) = (narrow(start), narrow(end));
        let value = match style {
            Style::Plain => ScalarText::Verbatim(start..end),
            _ => ScalarText::Verbatim(start + 1..end - 1),
        };
        let node = self.made.push(Shape::Scalar { style, value }, start..end, None);
        self.made.attach(node);
    }

    /// Reads the value of what waits for one: the rest of a line, or the block below it.
    fn value(&mut self, at: usize, end: usize) -> Known<()> {
        let level = self.levels.last_mut()?;
        level.waiting.take()?;
        let column = level.column;
        let behind = match self.byte(at) {
            b'"' | b'\'' => {
                let (style, behind) = self.quoted(at, end)?;
                self.scalar(style, at, behind);
                behind
            }
            b'{' | b'[' => self.flow(at, end, DEEPEST_FLOW)?,
            b'|' => return self.literal(at, end, column),
            _ => {
                let stop = self.comment(at, end).unwrap_or(end);
                if !self.is_plain_start(at, end) || self.colon(at, stop).is_some() {
                    return None;
                }
                let trimmed = self.trim(at, stop);
                self.scalar(Style::Plain, at, trimmed);
                stop
            }
        };
        self.rest_is_empty(behind, end)
    }

    fn trim(&self, at: usize, end: usize) -> usize {
        let line = self.bytes.get(at..end).unwrap_or_default();
        end - line.iter().rev().take_while(|&&byte| byte == b' ').count()
    }

    /// Reads a flow collection that ends in its line; the place behind it.
    fn flow(&mut self, start: usize, end: usize, depth: usize) -> Known<usize> {
        let is_map = self.byte(start) == b'{';
        let (shape, close) = if is_map { (Shape::Map, b'}') } else { (Shape::Sequence, b']') };
        let depth = depth.checked_sub(1)?;
        self.made.open_collection(shape, narrow(start)..narrow(start + 1), None, true);
        let mut at = self.skip(start + 1, end);
        if self.byte(at) == close {
            self.made.close_collection(narrow(at + 1));
            return Some(at + 1);
        }
        loop {
            if is_map {
                let colon = self.flow_scalar(at, end)?;
                if self.byte(colon) != b':' || self.byte(colon + 1) != b' ' {
                    return None;
                }
                at = self.skip(colon + 1, end);
            }
            at = match self.byte(at) {
                b'{' | b'[' => self.flow(at, end, depth)?,
                _ => self.flow_scalar(at, end)?,
            };
            at = self.skip(at, end);
            match self.byte(at) {
                b',' => at = self.skip(at + 1, end),
                found if found == close => {
                    self.made.close_collection(narrow(at + 1));
                    return Some(at + 1);
                }
                _ => return None,
            }
        }
    }

    /// Reads a scalar of a flow collection; the place behind it.
    fn flow_scalar(&mut self, at: usize, end: usize) -> Known<usize> {
        if at >= end {
            return None;
        }
        if matches!(self.byte(at), b'"' | b'\'') {
            let (style, behind) = self.quoted(at, end)?;
            self.scalar(style, at, behind);
            return Some(behind);
        }
        self.is_plain_start(at, end).then_some(())?;
        let line = self.bytes.get(at..end)?;
        let stop = at
            + line.iter().position(|byte| matches!(byte, b',' | b'[' | b']' | b'{' | b'}' | b':' | b'#'))?;
        // A colon or `#` inside a word is part of it, and rare.
        let is_word_end = match self.byte(stop) {
            b':' => self.byte(stop + 1) == b' ',
            found => found != b'#',
        };
        let trimmed = self.trim(at, stop);
        if !is_word_end || self.byte(stop) == b':' && trimmed != stop {
            return None;
        }
        self.scalar(Style::Plain, at, trimmed);
        Some(trimmed)
    }

    /// Reads a literal block whose header says nothing of its indentation.
    fn literal(&mut self, at: usize, end: usize, column: usize) -> Known<()> {
        let keeps_newline = match self.bytes.get(at + 1..end)? {
            b"" => true,
            b"-" => false,
            _ => return None,
        };
        let (first, _) = self.peek_line()?;
        let indent = self.skip(first, self.bytes.len()) - first;
        if indent <= column || self.byte(first + indent) == b'\n' {
            return None;
        }
        let mut value = String::new();
        let mut written = first + indent;
        let mut blank_lines = 0;
        while let Some((start, end)) = self.peek_line() {
            let text = self.skip(start, end);
            if text == end {
                // Blanks behind the indentation are text.
                (end - start <= indent).then_some(())?;
                blank_lines += 1;
            } else if text - start < indent {
                break;
            } else {
                let lines = if value.is_empty() { 0 } else { blank_lines + 1 };
                value.extend(std::iter::repeat_n('\n', lines));
                value.push_str(self.made.source.get(start + indent..end)?);
                (written, blank_lines) = (end, 0);
            }
            self.next = end + 1;
        }
        // What a block without an end of line ends with, YAML libraries disagree on.
        (self.byte(written) == b'\n' && written < self.bytes.len()).then_some(())?;
        if keeps_newline {
            value.push('\n');
        }
        let start = narrow(first + indent);
        let value = ScalarText::Made(value.into());
        let shape = Shape::Scalar { style: Style::Literal, value };
        let node = self.made.push(shape, start..narrow(self.trim(first, written)), None);
        self.made.attach(node);
        Some(())
    }

    /// The next line, blanks at its end included, without taking it.
    fn peek_line(&self) -> Option<(usize, usize)> {
        let rest = self.bytes.get(self.next..).filter(|rest| !rest.is_empty())?;
        Some((self.next, self.next + memchr::memchr(b'\n', rest).unwrap_or(rest.len())))
    }
}
