//! What is shown of text that a stranger wrote: nothing that moves the cursor, hides, reorders,
//! or gives an order to the program that reads the log.

use std::fmt::{self, Write as _};

use unicode_width::UnicodeWidthChar as _;

/// Columns of a tab. Fixed, so that a part of a line looks the same wherever it begins.
const TAB: usize = 4;

/// Marks on one letter. A language needs two; a tower of them covers the lines above.
const MARKS: u32 = 2;

/// One character as it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    character: char,
    escaped: bool,
    /// Columns it takes.
    pub(super) width: usize,
}

impl fmt::Display for Glyph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.character {
            '\t' => f.pad(&" ".repeat(TAB)),
            hidden if self.escaped => write!(f, "{}", hidden.escape_unicode()),
            plain => f.write_char(plain),
        }
    }
}

/// The characters of a text as they are shown.
pub(super) fn glyphs(text: &str) -> impl Iterator<Item = Glyph> {
    let mut marks = 0;
    let mut order = Order::default();
    text.chars().map(move |character| {
        let width = character.width().unwrap_or(0);
        marks = if width == 0 { marks + 1 } else { 0 };
        let command = order.opens(character);
        if character == '\t' {
            return Glyph { character, escaped: false, width: TAB };
        }
        let escaped = is_hidden(character) || marks > MARKS || command;
        let width = if escaped { character.escape_unicode().len() } else { width };
        Glyph { character, escaped, width }
    })
}

/// Finds orders to the program that reads the log, anywhere in a line: `##[error]` on GitHub
/// (actions/runner, ActionCommand.TryParse), `##vso[task.setvariable]` on Azure,
/// `##teamcity[…]`.
#[derive(Debug, Clone, Copy, Default)]
struct Order {
    hashes: u8,
}

impl Order {
    /// Whether this character, the next one, opens an order.
    fn opens(&mut self, character: char) -> bool {
        let armed = self.hashes >= 2;
        self.hashes = match character {
            '#' => self.hashes.saturating_add(1),
            letter if armed && letter.is_ascii_alphabetic() => self.hashes,
            _ => 0,
        };
        armed && character == '['
    }
}

/// A text as it is shown, in one line.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for glyph in glyphs(text) {
        let _ = write!(out, "{glyph}");
    }
    out
}

/// A text as it is shown, its lines kept.
#[must_use]
pub fn visible(text: &str) -> String {
    each_line(text, |line| inert(&shown(line)))
}

/// A text that is shown already, in which no line gives an order to a log.
#[must_use]
pub fn harmless(text: &str) -> String {
    each_line(text, inert)
}

fn each_line(text: &str, of_line: impl Fn(&str) -> String) -> String {
    let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
        Some(line) => of_line(line) + "\n",
        None => of_line(line),
    });
    lines.collect()
}

/// Columns of a text as it is shown.
pub(super) fn width(text: &str) -> usize {
    glyphs(text).map(|glyph| glyph.width).sum()
}

/// The beginning of a text as it is shown, with `…` where it was cut to fit.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width_exceeds(text, columns) {
        let mut out = String::new();
        let mut left = columns.saturating_sub(1);
        for glyph in glyphs(text) {
            if glyph.width > left {
                break;
            }
            left -= glyph.width;
            let _ = write!(out, "{glyph}");
        }
        out.push('…');
        return out;
    }
    shown(text)
}

/// The end of a text as it is shown, with `…` where it was cut to fit: for paths, whose end says
/// most.
pub(super) fn cut_front(text: &str, columns: usize) -> String {
    if !width_exceeds(text, columns) {
        return shown(text);
    }
    let all: Vec<Glyph> = glyphs(text).collect();
    let mut left = columns.saturating_sub(1);
    let fits = |glyph: &&Glyph| match left.checked_sub(glyph.width) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let kept = all.iter().rev().take_while(fits).count();
    let end = all.iter().skip(all.len() - kept).map(ToString::to_string);
    std::iter::once("…".to_owned()).chain(end).collect()
}

/// Whether a text is wider; looks no further than it must.
fn width_exceeds(text: &str, columns: usize) -> bool {
    let mut taken = 0;
    glyphs(text).any(|glyph| {
        taken += glyph.width;
        taken > columns
    })
}

/// A text in lines of at most `first` and then `rest` columns, broken at spaces, and inside a word
/// only where it is wider than a line. What fits stays as it is; a line's own indentation is kept
/// by its rest; empty lines are left out.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            continue;
        }
        let columns = if lines.is_empty() { first } else { rest };
        if width_exceeds(line, columns) {
            break_line(line, columns, rest, &mut lines);
        } else {
            lines.push(inert(shown(line).trim_end()));
        }
    }
    lines
}

fn break_line(line: &str, first: usize, rest: usize, lines: &mut Vec<String>) {
    let body = line.trim_start_matches(' ');
    let indent = (line.len() - body.len()).min(rest / 2);
    let mut room = first.saturating_sub(indent);
    let mut current = String::new();
    let mut taken = 0;
    let mut flush = |current: &mut String, taken: &mut usize, room: &mut usize| {
        if !current.trim().is_empty() {
            lines.push(format!("{}{}", " ".repeat(indent), inert(current.trim_end())));
        }
        current.clear();
        *taken = 0;
        *room = rest.saturating_sub(indent);
    };
    for word in body.split(' ') {
        let word = shown(word);
        if taken > 0 && taken + 1 + width(&word) > room {
            flush(&mut current, &mut taken, &mut room);
        } else if taken > 0 {
            current.push(' ');
            taken += 1;
        }
        for glyph in glyphs(&word) {
            if taken > 0 && taken + glyph.width > room {
                flush(&mut current, &mut taken, &mut room);
            }
            let _ = write!(current, "{glyph}");
            taken += glyph.width;
        }
    }
    flush(&mut current, &mut taken, &mut room);
}

/// What may stand first in a line of a log: a line that begins with `::` is an order to the
/// runner of GitHub Actions (actions/runner, ActionCommand.TryParseV2).
fn inert(line: &str) -> String {
    let body = line.trim_start();
    match body.strip_prefix("::") {
        Some(rest) => format!("{}\u{fffd}:{rest}", &line[..line.len() - body.len()]),
        None => line.to_owned(),
    }
}

/// JSON that a terminal may show: hidden characters inside strings as `\u` escapes, which mean
/// the same to every reader of JSON.
pub(super) fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 1);
    let mut order = Order::default();
    for character in json.chars() {
        let command = order.opens(character);
        if character == '\n' || !(is_hidden(character) || command) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// Characters that are not seen where they stand: controls, line separators, and the
/// Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt), which holds the bidi
/// controls, zero-width characters, variation selectors and tags; interlinear annotations too.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0xAD | 0x34F
                | 0x61C
                | 0x115F..=0x1160
                | 0x17B4..=0x17B5
                | 0x180B..=0x180F
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x206F
                | 0x3164
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xFFA0
                | 0xFFF0..=0xFFFB
                | 0x1BCA0..=0x1BCA3
                | 0x1D173..=0x1D17A
                | 0xE0000..=0xE0FFF
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_seen() {
        for (text, seen) in [
            ("plain ünïcode 日本", "plain ünïcode 日本"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{9b}31m", "a\\u{9b}31m"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("a\nb\r", "a\\u{a}b\\u{d}"),
            ("a\tb", "a    b"),
            ("e\u{301}\u{302}\u{303}\u{304}", "e\u{301}\u{302}\\u{303}\\u{304}"),
            ("##[error]x", "##\\u{5b}error]x"),
            ("#vso[x] ##vso[x]y ## [", "#vso[x] ##vso\\u{5b}x]y ## ["),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(shown(text), seen);
            assert_eq!(shown(&shown(text)), seen, "shown once or twice is the same");
        }
    }

    #[test]
    fn columns_are_those_of_a_terminal() {
        for (text, columns) in [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("\u{1b}", 6), ("\t", 4)] {
            assert_eq!(width(text), columns, "{text:?}");
            assert_eq!(width(&shown(text)), columns, "{text:?}");
        }
    }

    #[test]
    fn a_cut_fits_and_says_so() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("日本日本", 6), "日本…");
        assert_eq!(cut_front("abcdefg", 6), "…cdefg");
        assert_eq!(cut_front("日本日本", 6), "…日本");
    }

    #[test]
    fn lines_break_at_spaces_and_keep_their_indentation() {
        assert_eq!(wrap("one two three", 8, 8), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 8, 5), ["one two", "three", "four"]);
        assert_eq!(wrap("fits:   as  it is", 20, 20), ["fits:   as  it is"]);
        assert_eq!(wrap("a:\n\n  b c d e", 7, 7), ["a:", "  b c d", "  e"]);
        assert_eq!(wrap("abcdefghij k", 4, 4), ["abcd", "efgh", "ij k"]);
        assert!(wrap(" \r\n", 4, 4).is_empty());
        assert_eq!(wrap("ok ::error::x", 10, 10), ["ok", "\u{fffd}:error::x"]);
    }

    #[test]
    fn visible_json_is_the_same_json() {
        let value = serde_json::json!({"a": "\u{9b}\u{202e}\u{e0041}##vso[x]ü", "b": [["##"]]});
        let text = visible_json(&value.to_string());
        assert!(!text.contains(is_hidden) && !text.contains("##vso["), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
