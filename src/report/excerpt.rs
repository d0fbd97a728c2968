//! The part of a line that a frame shows around a label, at a cost that does not depend on how
//! long the line is.

use std::fmt::Write as _;

use miette::{LabeledSpan, SourceCode};

use super::display::{Glyph, glyphs};

/// Bytes read on each side of a label: a column takes at most three characters of four bytes.
const REACH: usize = 4096;
/// Columns kept before a label whose line is cut.
const LEAD: usize = 16;

/// A label with the line it stands in.
#[derive(Debug)]
pub(super) struct Mark {
    /// Which file of the frame, in order.
    pub(super) file: usize,
    /// Its path.
    pub(super) path: String,
    /// The line, from 1.
    pub(super) line: usize,
    /// The column, from 1, in code points.
    pub(super) column: usize,
    /// Whether it is where to edit.
    pub(super) primary: bool,
    /// What it says; empty for none.
    pub(super) text: String,
    /// The line around it.
    pub(super) excerpt: Excerpt,
    /// The second line of a label of exactly two.
    pub(super) second_line: Option<String>,
}

impl Mark {
    /// Reads a label's lines; `None` where the source does not hold them.
    pub(super) fn read(source: &dyn SourceCode, label: &LabeledSpan, file: usize) -> Option<Self> {
        let exact = source.read_span(label.inner(), 0, 0).ok()?;
        let around = source.read_span(label.inner(), 1, 1).ok()?;
        let data = around.data();
        let start = label.offset().checked_sub(around.span().offset())?;
        let end = (start + label.len()).min(data.len());
        let marked = data.get(start..end)?.trim_ascii_end();
        let mut lines = marked.splitn(3, |&byte| byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let second = lines.next().filter(|_| lines.next().is_none());
        let second_start = second.map(|_| start + first.len() + 1);
        let mut excerpt = Excerpt::read(data, start, start + first.len());
        if first.len() < marked.len() {
            excerpt.trim_mark();
        }
        Some(Self {
            file,
            path: exact.name().unwrap_or_default().to_owned(),
            line: exact.line() + 1,
            column: exact.column() + 1,
            primary: label.primary(),
            text: label.label().unwrap_or_default().to_owned(),
            excerpt,
            second_line: second_start.map(|at| after(data, at).0.into_owned()),
        })
    }

    /// Whether it only shows its line: a related label that says nothing.
    pub(super) fn is_context(&self) -> bool {
        !self.primary && self.text.is_empty()
    }

    /// The largest line number it may need.
    pub(super) fn last_line(&self) -> usize {
        self.line + usize::from(self.second_line.is_some())
    }
}

/// The characters around a label on its first line.
#[derive(Debug)]
pub(super) struct Excerpt {
    glyphs: Vec<Glyph>,
    start: usize,
    end: usize,
    /// Whether the line goes on before and behind what was read.
    more: (bool, bool),
}

/// A line cut to fit, and where its label stands in it.
#[derive(Debug)]
pub(super) struct Window {
    /// The line, with `…` where it was cut.
    pub(super) text: String,
    /// Columns before the label.
    pub(super) indent: usize,
    /// Columns of the label, at least one.
    pub(super) columns: usize,
    /// Whether nothing was cut.
    pub(super) is_whole: bool,
}

impl Excerpt {
    fn read(data: &[u8], start: usize, end: usize) -> Self {
        let (before, more_before) = before(data, start);
        let reach = data.get(start..end.min(start + REACH)).unwrap_or_default();
        let marked = String::from_utf8_lossy(reach).into_owned();
        let (after, more_after) = match end - start > REACH {
            true => (Default::default(), true),
            false => after(data, end),
        };
        // Shown as one text: what a character means may depend on those before it.
        let all: Vec<Glyph> = glyphs(&format!("{before}{marked}{after}")).collect();
        let start = before.chars().count();
        let end = start + marked.trim_end_matches('\r').chars().count();
        Self { glyphs: all, start, end, more: (more_before, more_after) }
    }

    /// Leaves out the `:` and the blanks behind a key whose value stands on the next line.
    fn trim_mark(&mut self) {
        let is_blank = |glyph: &Glyph| matches!(glyph.to_string().as_str(), ":" | " ");
        while self.end > self.start + 1 && self.glyphs.get(self.end - 1).is_some_and(is_blank) {
            self.end -= 1;
        }
    }

    fn columns(&self, range: std::ops::Range<usize>) -> usize {
        self.glyphs.get(range).unwrap_or_default().iter().map(|glyph| glyph.width).sum()
    }

    /// The line in at most `columns`, around the label.
    pub(super) fn window(&self, columns: usize) -> Window {
        let all = self.columns(0..self.glyphs.len());
        let is_whole = all <= columns && self.more == (false, false);
        let from = if is_whole { 0 } else { self.first_kept(columns) };
        let is_cut = from > 0 || self.more.0;
        let mut text = if is_cut { "…".to_owned() } else { String::new() };
        let mut taken = usize::from(is_cut);
        let fits = taken + self.columns(from..self.glyphs.len()) <= columns && !self.more.1;
        let limit = if fits { columns } else { columns.saturating_sub(1) };
        let (mut indent, mut marked) = (taken, 0);
        for (index, glyph) in self.glyphs.iter().enumerate().skip(from) {
            if taken + glyph.width > limit {
                break;
            }
            taken += glyph.width;
            let _ = write!(text, "{glyph}");
            match index {
                before if before < self.start => indent = taken,
                inside if inside < self.end => marked += glyph.width,
                _ => {}
            }
        }
        if !fits {
            text.push('…');
        }
        // A label of no width behind a line that fills the frame is drawn under its last column.
        let marked = marked.max(1);
        Window { text, indent: indent.min(columns.saturating_sub(marked)), columns: marked, is_whole }
    }

    /// The first character shown of a line that does not fit: the beginning, if the label is seen
    /// with it, else some of what stands before the label.
    fn first_kept(&self, columns: usize) -> usize {
        let room = columns.saturating_sub(2);
        let label = self.columns(self.start..self.end);
        if !self.more.0 && self.columns(0..self.start) + label <= room {
            return 0;
        }
        let mut left = room.saturating_sub(label + LEAD).max(LEAD).min(room);
        let mut from = self.start;
        while let Some(glyph) = from.checked_sub(1).and_then(|before| self.glyphs.get(before)) {
            match left.checked_sub(glyph.width) {
                Some(rest) => left = rest,
                None => break,
            }
            from -= 1;
        }
        from
    }
}

/// The text of the line before an offset, and whether the line began earlier.
fn before(data: &[u8], at: usize) -> (String, bool) {
    let from = at.saturating_sub(REACH);
    let near = data.get(from..at).unwrap_or_default();
    match memchr::memrchr(b'\n', near) {
        Some(newline) => {
            (String::from_utf8_lossy(near.get(newline + 1..).unwrap_or_default()).into_owned(), false)
        }
        None => {
            let inside = near.iter().take_while(|&&byte| from > 0 && byte & 0xC0 == 0x80).count();
            (String::from_utf8_lossy(near.get(inside..).unwrap_or_default()).into_owned(), from > 0)
        }
    }
}

/// The text of the line behind an offset, and whether the line goes on.
fn after(data: &[u8], at: usize) -> (std::borrow::Cow<'_, str>, bool) {
    let rest = data.get(at..).unwrap_or_default();
    let near = rest.get(..REACH).unwrap_or(rest);
    if let Some(newline) = memchr::memchr(b'\n', near) {
        let line = near.get(..newline).unwrap_or_default();
        return (String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)), false);
    }
    let whole = near.len() == rest.len();
    let end = if whole { near.len() } else { last_boundary(near) };
    (String::from_utf8_lossy(near.get(..end).unwrap_or_default()), !whole)
}

/// Where the last character that may be cut begins.
fn last_boundary(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| byte & 0xC0 != 0x80).unwrap_or(0)
}
