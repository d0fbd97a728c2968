//! Text that is no reference yet (placeholders), or never will be (what a template prints for a
//! value that is not there).

use std::ops::Range;

/// What Go's templates and `fmt` print where a value is missing or of the wrong kind. `null` is
/// not here: it is a word only where it is a whole segment.
pub(super) fn hole(text: &str) -> Option<Range<usize>> {
    let fixed =
        ["<no value>", "<nil>"].iter().filter_map(|hole| text.find(hole).map(|at| at..at + hole.len()));
    fixed
        .chain(format_verb(text))
        .chain(text.find("map[").map(|at| at..at + "map[".len()))
        .min_by_key(|range| range.start)
}

/// `%!s(`: a verb of `printf` that met a value it cannot print.
fn format_verb(text: &str) -> Option<Range<usize>> {
    text.match_indices("%!").find_map(|(at, _)| match text.as_bytes().get(at + 2..at + 4)? {
        [verb, b'('] if verb.is_ascii_alphabetic() => Some(at..at + 4),
        _ => None,
    })
}

/// Words that only ever stand where something else belongs.
const WORDS: [&str; 6] = ["replace_me", "replace-me", "replaceme", "change_me", "change-me", "changeme"];

/// Words that do so in capitals.
const CAPITALS: [&str; 4] = ["PLACEHOLDER", "TODO", "FIXME", "YOUR_"];

/// The first placeholder: `{{ … }}`, `{…}`, `${…}`, `$(…)`, `$VAR`, `<NAME>`, `@NAME@`,
/// `__NAME__`, `CHANGEME`.
pub(super) fn unrendered(text: &str) -> Option<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let words = WORDS.iter().filter_map(|word| lower.find(word).map(|at| at..at + word.len()));
    let capitals = CAPITALS.iter().filter_map(|word| text.find(word).map(|at| at..at + word.len()));
    words
        .chain(capitals)
        .chain(enclosed(text, "{{", "}}"))
        .chain(text.find("{{").map(|at| at..at + 2))
        .chain(enclosed(text, "{", "}"))
        .chain(enclosed(text, "<", ">"))
        .chain(variable(text))
        .chain(["@", "__"].iter().filter_map(|mark| marked_name(text, mark)))
        .min_by_key(|range| (range.start, std::cmp::Reverse(range.end)))
}

/// From the first `open` to the first `close` behind it.
fn enclosed(text: &str, open: &str, close: &str) -> Option<Range<usize>> {
    let start = text.find(open)?;
    let inside = start + open.len();
    let length = text.get(inside..)?.find(close)?;
    Some(start..inside + length + close.len())
}

/// `${…}`, `$(…)`, `$VAR`.
fn variable(text: &str) -> Option<Range<usize>> {
    text.match_indices('$').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        match rest.bytes().next()? {
            b'{' | b'(' => {
                let close = if rest.starts_with('{') { '}' } else { ')' };
                let length = rest.find(close).map_or(1, |end| end + 1);
                Some(at..at + 1 + length)
            }
            b if b == b'_' || b.is_ascii_alphabetic() => {
                let length =
                    rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                Some(at..at + 1 + length)
            }
            _ => None,
        }
    })
}

/// A name in capitals between two equal marks: `@VERSION@`, `__MODEL_VERSION__`.
fn marked_name(text: &str, mark: &str) -> Option<Range<usize>> {
    let mut marks = text.match_indices(mark).map(|(at, _)| at);
    let mut open = marks.next()?;
    for close in marks {
        let name = text.get(open + mark.len()..close).unwrap_or_default();
        let named = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
            && name.bytes().any(|b| b.is_ascii_uppercase());
        if named {
            return Some(open..close + mark.len());
        }
        open = close;
    }
    None
}
