//! Text of strangers inside Markdown, as GitHub and GitLab read it: shown as it is written, and
//! nothing more. No link, image, tag, mention, reference, heading or formula comes of it.

use std::fmt::Write as _;

use super::display::{cut, shown};

/// Columns of one remark; what is longer is cut, for a comment is no place for it.
const REMARK: usize = 1_000;

/// A sentence in one line: what stands between backticks is code, the rest is text.
pub(super) fn prose(text: &str) -> String {
    let text = cut(&text.replace('\n', " "), REMARK);
    let parts: Vec<&str> = text.split('`').collect();
    let mut out = String::with_capacity(text.len() + 16);
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        match (index % 2 == 1, is_last) {
            (true, false) => out.push_str(&code(part)),
            (true, true) => {
                out.push_str("\\`");
                out.push_str(&words(part));
            }
            (false, _) => out.push_str(&words(part)),
        }
    }
    out
}

/// A value as code. Backticks cannot be escaped inside code, so they are shown as quotes.
pub(super) fn code(text: &str) -> String {
    let text = shown(text).replace('`', "'");
    // A span of nothing but spaces, or of nothing, is no span.
    if text.trim().is_empty() { "`\"\"`".to_owned() } else { format!("`{text}`") }
}

/// A cell of a table, where a pipe ends even code.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Plain words: every character that could begin something is escaped.
pub(super) fn words(text: &str) -> String {
    let text = shown(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Links, mentions and references are made of the finished text, so an escape is too early.
            '@' => out.push_str("@<!-- -->"),
            '#' => out.push_str("\\#<!-- -->"),
            ':' if rest.peek() == Some(&'/') => out.push_str(":<!-- -->"),
            // A log that shows the text takes a line that begins so for an order.
            ':' if out.is_empty() && rest.peek() == Some(&':') => out.push_str(":<!-- -->"),
            '.' if out.ends_with("www") || out.ends_with("WWW") => out.push_str("<!-- -->."),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' | '{' => {
                let _ = write!(out, "\\{character}");
            }
            // A line that begins with `1.` or `-` is an item of a list.
            '.' | ')' if !out.is_empty() && out.bytes().all(|byte| byte.is_ascii_digit()) => {
                let _ = write!(out, "\\{character}");
            }
            '-' | '+' | '=' if out.trim().is_empty() => {
                let _ = write!(out, "\\{character}");
            }
            plain => out.push(plain),
        }
    }
    out
}

/// A path as part of a link's address (RFC 3986): nothing but unreserved characters and `/` stays.
pub(super) fn address(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            plain if plain.is_ascii_alphanumeric() => out.push(char::from(plain)),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        for (text, written) in [
            ("plain, with words", "plain, with words"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("[a](https://evil.example)", "\\[a\\](https:<!-- -->//evil.example)"),
            ("@org/team #12", "@<!-- -->org/team \\#<!-- -->12"),
            ("www.evil.example", "www<!-- -->.evil.example"),
            ("- item", "\\- item"),
            ("1. item", "1\\. item"),
            ("a|b", "a\\|b"),
            ("\u{1b}[2J", "\\\\u\\{1b}\\[2J"),
        ] {
            assert_eq!(words(text), written);
        }
    }

    #[test]
    fn code_stands_between_backticks_that_are_paired() {
        for (text, written) in [
            ("names the stage `Production`, not a version", "names the stage `Production`, not a version"),
            ("one `<b>` and ` one", "one `<b>` and \\` one"),
            ("``", "`\"\"`"),
        ] {
            assert_eq!(prose(text), written);
        }
        assert_eq!(code("a`b"), "`a'b`");
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
    }
}
