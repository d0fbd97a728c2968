//! Words inside an action.

use std::ops::Range;

/// A word of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// White space, which separates words and tells `.a .b` from `.a.b`.
    Space,
    /// `.name`
    Field,
    /// `.`
    Dot,
    /// `$name`
    Variable,
    /// A name: a function, a keyword, `true`.
    Name,
    Number,
    /// `'x'`
    Char,
    /// `"…"`
    Quoted,
    /// `` `…` ``
    Raw,
    Open,
    Close,
    Pipe,
    Comma,
    /// `=`
    Assign,
    /// `:=`
    Declare,
    /// The end of the action.
    End,
}

/// What Go takes for space in a template.
pub(crate) const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether ` -}}` stands here.
fn ends_with_marker(rest: &str) -> bool {
    rest.starts_with(SPACE) && rest[1..].starts_with("-}}")
}

/// Why no word could be read; the words of Go's lexer.
pub(crate) struct LexError {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// Reads the word that begins at `at`. [`Token::End`] covers the delimiter that ends the action,
/// and the marker and the space before it.
pub(crate) fn token(text: &str, at: usize) -> Result<(Token, Range<usize>), LexError> {
    let rest = text.get(at..).unwrap_or("");
    let fail = |message: String| Err(LexError { at, message });
    if rest.starts_with("}}") {
        return Ok((Token::End, at..at + 2));
    }
    if ends_with_marker(rest) {
        return Ok((Token::End, at..at + 4));
    }
    let Some(first) = rest.chars().next() else { return fail("unclosed action".to_owned()) };
    let one = |token| Ok((token, at..at + 1));
    match first {
        ' ' | '\t' | '\r' | '\n' => {
            let mut length = rest.len() - rest.trim_start_matches(SPACE).len();
            // The last of them may belong to the marker that ends the action.
            if length > 1 && ends_with_marker(&rest[length - 1..]) {
                length -= 1;
            }
            Ok((Token::Space, at..at + length))
        }
        '=' => one(Token::Assign),
        ':' if rest.starts_with(":=") => Ok((Token::Declare, at..at + 2)),
        ':' => fail("expected :=".to_owned()),
        '|' => one(Token::Pipe),
        ',' => one(Token::Comma),
        '(' => one(Token::Open),
        ')' => one(Token::Close),
        '"' => quoted(rest, '"').map_or_else(
            || fail("unterminated quoted string".to_owned()),
            |length| Ok((Token::Quoted, at..at + length)),
        ),
        '\'' => quoted(rest, '\'').map_or_else(
            || fail("unterminated character constant".to_owned()),
            |length| Ok((Token::Char, at..at + length)),
        ),
        '`' => match rest[1..].find('`') {
            Some(length) => Ok((Token::Raw, at..at + length + 2)),
            None => fail("unterminated raw quoted string".to_owned()),
        },
        '$' => {
            let length = 1 + word(&rest[1..]);
            terminated(text, at, at + length, Token::Variable)
        }
        '.' if !rest[1..].starts_with(|next: char| next.is_ascii_digit()) => match word(&rest[1..]) {
            0 => one(Token::Dot),
            length => terminated(text, at, at + 1 + length, Token::Field),
        },
        '+' | '-' | '.' | '0'..='9' => number(rest, at),
        _ if is_word(first) => terminated(text, at, at + word(rest), Token::Name),
        _ => fail(format!("unexpected bad character U+{:04X} in command", u32::from(first))),
    }
}

/// Whether the character can be in a name.
fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn word(text: &str) -> usize {
    text.find(|character| !is_word(character)).unwrap_or(text.len())
}

/// A name, a field or a variable ends at a space or at one of a few marks.
fn terminated(
    text: &str,
    start: usize,
    stop: usize,
    token: Token,
) -> Result<(Token, Range<usize>), LexError> {
    let rest = text.get(stop..).unwrap_or("");
    match rest.chars().next() {
        Some('}') if rest.starts_with("}}") => Ok((token, start..stop)),
        None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(' | '=') => {
            Ok((token, start..stop))
        }
        Some(bad) => {
            Err(LexError { at: stop, message: format!("bad character U+{:04X} {bad:?}", u32::from(bad)) })
        }
    }
}

/// The length of a quoted word, quotes included.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return None,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The extent Go's lexer gives a number; its value is read by the parser.
fn number(rest: &str, at: usize) -> Result<(Token, Range<usize>), LexError> {
    let mut length = usize::from(rest.starts_with(['+', '-']));
    let body = &rest[length..];
    let (digits, exponent): (&str, &[char]) = match body.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => ("0123456789abcdefABCDEF_", &['p', 'P']),
        Some("0o") => ("01234567_", &[]),
        Some("0b") => ("01_", &[]),
        _ => ("0123456789_", &['e', 'E']),
    };
    if digits.len() != 11 {
        length += 2;
    }
    let run =
        |from: usize, set: &str| rest[from..].find(|digit| !set.contains(digit)).unwrap_or(rest.len() - from);
    length += run(length, digits);
    if rest[length..].starts_with('.') {
        length += 1;
        length += run(length, digits);
    }
    if !exponent.is_empty() && rest[length..].starts_with(exponent) {
        length += 1;
        length += usize::from(rest[length..].starts_with(['+', '-']));
        length += run(length, "0123456789_");
    }
    length += usize::from(rest[length..].starts_with('i'));
    if rest[length..].starts_with(is_word) {
        let bad: String = rest[..length].chars().chain(rest[length..].chars().next()).collect();
        return Err(LexError { at, message: format!("bad number syntax: {bad:?}") });
    }
    Ok((Token::Number, at..at + length))
}
