//! Which bytes of a file are some bytes of a scalar: through quotes, escapes, and the lines of block
//! and folded scalars.

use std::ops::Range;

use mlgitops_yaml::{Node, OriginId, OriginSpan, Pieces};

use crate::Manifest;

impl Manifest {
    /// The content of exactly some bytes of a scalar, the place to edit first: the bytes of the file
    /// that became them. Where a piece was changed on its way, the whole piece is to blame.
    #[must_use]
    pub fn content_of_bytes(&self, node: &Node, bytes: Range<usize>) -> Vec<OriginSpan> {
        let Some(scalar) = node.as_scalar() else { return self.origins.content(node.origin) };
        let text: &str = &scalar.text;
        let mut spans = match &scalar.pieces {
            Pieces::Parts(parts) => {
                let mut start = 0;
                let mut spans = Vec::new();
                for &(end, origin) in parts.iter() {
                    let end = end as usize;
                    if start < bytes.end && bytes.start < end {
                        let own = bytes.start.max(start) - start..bytes.end.min(end) - start;
                        spans.extend(self.narrowed(origin, text.get(start..end).unwrap_or(""), own, 0));
                    }
                    start = end;
                }
                spans
            }
            Pieces::Verbatim(offset) => self.narrowed(node.origin, text, bytes, *offset as usize),
            Pieces::Whole => self.narrowed(node.origin, text, bytes, 0),
        };
        spans.sort_by_key(|span| span.role.rank());
        if spans.is_empty() { self.origins.content(node.origin) } else { spans }
    }

    /// The content of some bytes of a text that one origin gave, from a byte of its span on.
    fn narrowed(&self, origin: OriginId, text: &str, bytes: Range<usize>, from: usize) -> Vec<OriginSpan> {
        let whole = self.origins.content(origin);
        let [span] = whole.as_slice() else { return whole };
        let written = span.file.slice(span.start..span.end);
        let found = written.get(from..).and_then(|written| written_bytes(text, bytes, written));
        let at = |byte: usize| u32::try_from(from + byte).ok().and_then(|byte| span.start.checked_add(byte));
        match found.and_then(|found| Some((at(found.start)?, at(found.end)?))) {
            Some((start, end)) if end <= span.end => vec![OriginSpan { start, end, ..span.clone() }],
            _ => whole,
        }
    }
}

/// Where some bytes of a scalar's text stand in what is written for it. Both hold the same
/// characters, but for blanks, the quotes around, and what escapes them.
fn written_bytes(text: &str, bytes: Range<usize>, written: &str) -> Option<Range<usize>> {
    let quote =
        written.chars().next().filter(|first| matches!(first, '"' | '\'') && !text.starts_with(*first));
    let mut left = written.char_indices().peekable();
    if quote.is_some() {
        left.next();
    }
    let mut found: Option<Range<usize>> = None;
    for (at, letter) in text.char_indices() {
        if at >= bytes.end {
            break;
        }
        if letter.is_whitespace() {
            continue;
        }
        let (mut place, mut next) = left.find(|(_, letter)| !letter.is_whitespace())?;
        if quote == Some('"') && next == '\\' {
            // A line that goes on, or a blank that is spelled out.
            while next == '\\' && left.next_if(|(_, letter)| matches!(letter, 'n' | 't' | '\n')).is_some() {
                (place, next) = left.find(|(_, letter)| !letter.is_whitespace())?;
            }
            if next == '\\' {
                next = left.next_if(|(_, letter)| matches!(letter, '"' | '\\' | '/'))?.1;
            }
        }
        if quote == Some('\'') && next == '\'' {
            left.next_if(|(_, letter)| *letter == '\'')?;
        }
        if next != letter {
            return None;
        }
        if at >= bytes.start {
            let end = left.peek().map_or(written.len(), |(end, _)| *end);
            found = Some(found.map_or(place, |found| found.start)..end);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::written_bytes;

    #[test]
    fn bytes_are_found_where_they_are_written() {
        // The text, what is looked for in it, how it is written, and the bytes that must be found.
        let table = [
            ("rate(x[5m])", "x", "rate(x[5m])", Some((5, "x"))),
            ("rate(x[5m])", "x", "\"rate(x[5m])\"", Some((6, "x"))),
            ("a\nb * c\n", "c", "a\n      b * c\n", Some((12, "c"))),
            ("a b * c", "b * c", "a\n  b *\n  c", Some((4, "b *\n  c"))),
            ("x{a=\"b\"} > y", "y", "\"x{a=\\\"b\\\"} > y\"", Some((14, "y"))),
            ("x{a='b'} > y", "y", "'x{a=''b''} > y'", Some((14, "y"))),
            ("x\n> y", "y", "\"x\\n> y\"", Some((6, "y"))),
            ("x > y", "y", "\"x \\\n   > y\"", Some((10, "y"))),
            ("x{a=~\"\\\\d\"} > y", "y", "\"x{a=~\\\"\\\\\\\\d\\\"} > y\"", Some((19, "y"))),
            ("ü > y", "y", "ü > y", Some((5, "y"))),
            ("prod", "prod", "staging", None),
            ("x > y", "y", "\"\\u0078 > y\"", None),
        ];
        for (text, wanted, written, expected) in table {
            let start = text.rfind(wanted).expect("the text holds it");
            let got = written_bytes(text, start..start + wanted.len(), written);
            let got = got.map(|bytes| (bytes.start, &written[bytes]));
            assert_eq!(got, expected, "{written}");
        }
    }
}
