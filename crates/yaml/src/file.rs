//! One file under review: its decoded text, and the way back to lines, columns and raw bytes.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use thiserror::Error;

/// How the bytes of a file hold its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark of three bytes.
    Utf8Bom,
    /// UTF-16, little end first, with a byte order mark of two bytes.
    Utf16Le,
    /// UTF-16, big end first, with a byte order mark of two bytes.
    Utf16Be,
}

/// Why bytes are no text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A byte that is not UTF-8, at this offset from the start of the file.
    #[error("byte {0} is not UTF-8")]
    Utf8(usize),
    /// A code unit that is not UTF-16, at this byte offset from the start of the file.
    #[error("byte {0} is not UTF-16")]
    Utf16(usize),
    /// A NUL byte: the file is binary.
    #[error("byte {0} is NUL: a binary file")]
    Binary(usize),
}

/// A line and a column, both from 1; columns count Unicode code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in code points.
    pub column: u32,
}

/// A decoded file. Offsets inside it count bytes of its decoded UTF-8 text;
/// [`SourceFile::raw`] turns them into offsets of the file as stored.
#[derive(Debug)]
pub struct SourceFile {
    path: Arc<str>,
    text: Arc<str>,
    encoding: Encoding,
    index: OnceLock<Index>,
}

/// Line starts, and the number of code points before every [`BLOCK`] bytes and before the end.
#[derive(Debug)]
struct Index {
    lines: Vec<u32>,
    points: Option<Vec<u32>>,
}

const BLOCK: usize = 256;

impl SourceFile {
    /// Decodes the bytes of the file at `path` (relative to the root; a member of an archive is
    /// `charts/x.tgz!/values.yaml`).
    ///
    /// # Errors
    /// [`DecodeError`] for bytes that are neither UTF-8 nor UTF-16 with a byte order mark.
    pub fn new(path: &str, bytes: &[u8]) -> Result<Self, DecodeError> {
        let (text, encoding) = decode(bytes)?;
        if let Some(at) = memchr::memchr(0, text.as_bytes()) {
            return Err(DecodeError::Binary(at));
        }
        Ok(Self { path: path.into(), text: text.into(), encoding, index: OnceLock::new() })
    }

    /// A file that is text already.
    #[must_use]
    pub fn of_text(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into(), encoding: Encoding::Utf8, index: OnceLock::new() }
    }

    /// The path relative to the root, with `/`.
    #[must_use]
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The whole text, without a byte order mark.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// How the file is stored.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The text of a range, clamped to the file and to whole characters.
    #[must_use]
    pub fn slice(&self, range: Range<u32>) -> &str {
        let start = self.floor(range.start);
        let end = self.floor(range.end).max(start);
        self.text.get(start..end).unwrap_or("")
    }

    /// The line and column of an offset in the text, in O(log n).
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let at = self.floor(offset);
        let index = self.index();
        let line = index.lines.partition_point(|&start| start as usize <= at).max(1);
        let start = index.lines.get(line - 1).map_or(0, |&start| start as usize);
        let column = match &index.points {
            None => at - start,
            Some(points) => self.points_before(points, at) - self.points_before(points, start),
        };
        Position { line: narrow(line), column: narrow(column + 1) }
    }

    /// How many lines the file has; a final line break starts no new line.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        let lines = &self.index().lines;
        let open = lines.last().is_some_and(|&start| (start as usize) < self.text.len());
        narrow(if open || lines.len() == 1 { lines.len() } else { lines.len() - 1 })
    }

    /// The range of a line (from 1) in the text, without its line break; empty past the end.
    #[must_use]
    pub fn line_range(&self, line: u32) -> Range<u32> {
        let lines = &self.index().lines;
        let end_of_text = narrow(self.text.len());
        let Some(&start) = lines.get((line as usize).wrapping_sub(1)) else {
            return end_of_text..end_of_text;
        };
        let end = lines.get(line as usize).map_or(end_of_text, |&next| next);
        let body = self.text.get(start as usize..end as usize).unwrap_or("");
        let body = body.strip_suffix('\n').unwrap_or(body);
        let body = body.strip_suffix('\r').unwrap_or(body);
        start..start + narrow(body.len())
    }

    /// The text of a line (from 1), without its line break.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        self.slice(self.line_range(line))
    }

    /// The offset in the file as stored of an offset in the text.
    #[must_use]
    pub fn raw(&self, offset: u32) -> usize {
        let at = self.floor(offset);
        match self.encoding {
            Encoding::Utf8 => at,
            Encoding::Utf8Bom => at + 3,
            Encoding::Utf16Le | Encoding::Utf16Be => {
                2 + 2 * self.text.get(..at).unwrap_or("").encode_utf16().count()
            }
        }
    }

    /// The bytes of another text, stored as this file is.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u8> {
        let units = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
            mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
        };
        match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8Bom => [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat(),
            Encoding::Utf16Le => units(&[0xFF, 0xFE], u16::to_le_bytes),
            Encoding::Utf16Be => units(&[0xFE, 0xFF], u16::to_be_bytes),
        }
    }

    fn floor(&self, offset: u32) -> usize {
        let mut at = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut lines = vec![0];
            lines.extend(memchr::memchr_iter(b'\n', bytes).map(|at| narrow(at + 1)));
            let points = (!self.text.is_ascii()).then(|| {
                let mut before = 0;
                let mut points = vec![0];
                for block in bytes.chunks(BLOCK) {
                    before += narrow(block.iter().filter(|&&byte| is_first_byte(byte)).count());
                    points.push(before);
                }
                points
            });
            Index { lines, points }
        })
    }

    fn points_before(&self, points: &[u32], at: usize) -> usize {
        let block = at / BLOCK;
        let known = points.get(block).map_or(0, |&count| count as usize);
        let from = (block * BLOCK).min(self.text.len());
        let rest = self.text.as_bytes().get(from..at).unwrap_or(&[]);
        known + rest.iter().filter(|&&byte| is_first_byte(byte)).count()
    }
}

fn is_first_byte(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// Files are at most 16 MiB and archives 64 MiB, so every offset fits.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn decode(bytes: &[u8]) -> Result<(String, Encoding), DecodeError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, 3).map(|text| (text, Encoding::Utf8Bom)),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes).map(|text| (text, Encoding::Utf16Le)),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes).map(|text| (text, Encoding::Utf16Be)),
        _ => utf8(bytes, 0).map(|text| (text, Encoding::Utf8)),
    }
}

fn utf8(bytes: &[u8], skipped: usize) -> Result<String, DecodeError> {
    std::str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|error| DecodeError::Utf8(skipped + error.valid_up_to()))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(DecodeError::Utf16(bytes.len() + 1));
    }
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len());
    let mut at = 2;
    for decoded in char::decode_utf16(units) {
        let character = decoded.map_err(|_| DecodeError::Utf16(at))?;
        text.push(character);
        at += 2 * character.len_utf16();
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_code_points() {
        let file = SourceFile::of_text("a.yaml", "a: 1\r\nbé: ünïcode\n\nlast");
        let at = |needle: &str| file.position(file.text().find(needle).unwrap() as u32);
        assert_eq!(at("a:"), Position { line: 1, column: 1 });
        assert_eq!(at("ünï"), Position { line: 2, column: 5 });
        assert_eq!(at("code"), Position { line: 2, column: 8 });
        assert_eq!(at("last"), Position { line: 4, column: 1 });
        assert_eq!(file.line(1), "a: 1");
        assert_eq!(file.line(2), "bé: ünïcode");
        assert_eq!(file.line(9), "");
        assert_eq!(file.line_count(), 4);
        assert_eq!(SourceFile::of_text("a", "x\n").line_count(), 1);
    }

    #[test]
    fn positions_on_one_long_line_agree_with_counting() {
        let text = "aé€😀".repeat(700);
        let file = SourceFile::of_text("a", &text);
        for (count, (at, _)) in text.char_indices().enumerate() {
            assert_eq!(file.position(at as u32).column as usize, count + 1);
        }
    }

    #[test]
    fn the_end_of_whole_blocks_has_a_position() {
        let text = "é".repeat(BLOCK);
        let end = SourceFile::of_text("a", &text).position(narrow(text.len()));
        assert_eq!(end, Position { line: 1, column: narrow(BLOCK) + 1 });
    }

    #[test]
    fn encodings_keep_the_offsets_of_the_stored_bytes() {
        let text = "a: é😀b";
        let mut le = vec![0xFF, 0xFE];
        le.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let mut be = vec![0xFE, 0xFF];
        be.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        let mut bom = vec![0xEF, 0xBB, 0xBF];
        bom.extend(text.as_bytes());
        for (bytes, raw_of_b) in [(text.as_bytes().to_vec(), 9), (bom, 12), (le, 14), (be, 14)] {
            let file = SourceFile::new("x", &bytes).unwrap();
            assert_eq!(&**file.text(), text);
            assert_eq!(file.raw(text.find('b').unwrap() as u32), raw_of_b);
            let again = SourceFile::new("x", &file.encode("b: é😀")).unwrap();
            assert_eq!((&**again.text(), again.encoding()), ("b: é😀", file.encoding()));
        }
    }

    #[test]
    fn what_is_no_text_says_where() {
        assert_eq!(SourceFile::new("x", b"ab\xFFc").unwrap_err(), DecodeError::Utf8(2));
        assert_eq!(SourceFile::new("x", b"\xEF\xBB\xBFa\xFF").unwrap_err(), DecodeError::Utf8(4));
        assert_eq!(SourceFile::new("x", b"\xFF\xFEa\0\x00\xD8").unwrap_err(), DecodeError::Utf16(4));
        assert_eq!(SourceFile::new("x", b"\xFF\xFEabc").unwrap_err(), DecodeError::Utf16(4));
        assert_eq!(SourceFile::new("x", b"ab\0").unwrap_err(), DecodeError::Binary(2));
    }
}
