//! What `${name…}` does to a value: the functions of fluxcd/pkg v1.9 `envsubst`, which look like
//! those of a shell and differ in the details.

use std::ops::Range;

use mlgitops_yaml::Text;

use super::substitute::{Budget, OUTPUT, RefusalKind};

/// What comes of a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Some bytes of the value.
    Part(Range<usize>),
    /// The arguments in its place.
    Arguments,
    /// Other text.
    New(String),
}

/// Applies an operator to a value.
pub(super) fn apply(
    operator: &str,
    value: &str,
    arguments: &[Text],
    budget: &mut Budget,
) -> Result<Cut, RefusalKind> {
    let whole = Cut::Part(0..value.len());
    let argument = |index: usize| arguments.get(index).map(Text::as_str);
    Ok(match (operator, argument(0)) {
        ("#", None) => Cut::New(value.len().to_string()),
        (",", _) => first(value, lower),
        (",,", _) => Cut::New(value.chars().map(lower).collect()),
        ("^", _) => first(value, upper),
        ("^^", _) => Cut::New(value.chars().map(upper).collect()),
        ("#" | "##", Some(pattern)) => trim(value, pattern, operator == "##", false, budget)?,
        ("%" | "%%", Some(pattern)) => trim(value, pattern, operator == "%%", true, budget)?,
        (":", Some(from)) => substring(value, from, argument(1))?,
        ("/" | "//" | "/#" | "/%", Some(what)) => replace(operator, value, what, argument(1), budget)?,
        // Whatever the sign, the rest is a default for what is empty.
        _ if value.is_empty() && !arguments.is_empty() => Cut::Arguments,
        _ => whole,
    })
}

/// Go maps each character to one; the few that have none stay.
fn one(mut mapped: impl Iterator<Item = char>, character: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => character,
    }
}

fn lower(character: char) -> char {
    one(character.to_lowercase(), character)
}

fn upper(character: char) -> char {
    one(character.to_uppercase(), character)
}

fn first(value: &str, map: fn(char) -> char) -> Cut {
    let mut rest = value.chars();
    let Some(first) = rest.next() else { return Cut::Part(0..0) };
    Cut::New(format!("{}{}", map(first), rest.as_str()))
}

/// Bytes, not characters; what is no number leaves the value as it is.
fn substring(value: &str, from: &str, length: Option<&str>) -> Result<Cut, RefusalKind> {
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let Ok(from) = from.parse::<i64>() else { return Ok(Cut::Part(0..value.len())) };
    let from = if from < 0 { size.saturating_add(from).max(0) } else { from };
    let end = match length.map(str::parse::<i64>) {
        None => size,
        Some(Err(_)) => return Ok(Cut::Part(0..value.len())),
        Some(Ok(length)) => from.saturating_add(length),
    };
    if from >= size && end >= size {
        return Ok(Cut::Part(0..0));
    }
    let end = end.min(size);
    if end < from || end < 0 {
        return Err(RefusalKind::Panic);
    }
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    if value.get(range.clone()).is_none() {
        return Err(RefusalKind::Encoding);
    }
    Ok(Cut::Part(range))
}

fn replace(
    operator: &str,
    value: &str,
    what: &str,
    with: Option<&str>,
    budget: &mut Budget,
) -> Result<Cut, RefusalKind> {
    // What comes out is known before it is made: a few bytes may become gigabytes.
    let times = if operator == "//" { value.matches(what).count() } else { 1 };
    let grown = times.saturating_mul(with.map_or(0, str::len));
    if grown > OUTPUT {
        return Err(RefusalKind::TooLong);
    }
    budget.take(grown)?;
    Ok(match (operator, with) {
        ("/", with) => Cut::New(value.replacen(what, with.unwrap_or(""), 1)),
        ("//", with) => Cut::New(value.replace(what, with.unwrap_or(""))),
        ("/#", Some(with)) if value.starts_with(what) => Cut::New(value.replacen(what, with, 1)),
        ("/%", Some(with)) => match value.strip_suffix(what) {
            Some(before) => Cut::New(format!("{before}{with}")),
            None => Cut::Part(0..value.len()),
        },
        _ => Cut::Part(0..value.len()),
    })
}

/// Takes off the shortest or longest beginning, or end, that a pattern matches. For an end both are
/// turned round, the pattern character by character: its classes and escapes with them.
fn trim(
    value: &str,
    pattern: &str,
    longest: bool,
    at_end: bool,
    budget: &mut Budget,
) -> Result<Cut, RefusalKind> {
    budget.take(value.len().saturating_mul(value.len()).saturating_mul(pattern.len().max(1)))?;
    let turned = |text: &str| -> String { text.chars().rev().collect() };
    let (text, pattern) = match at_end {
        true => (turned(value), turned(pattern)),
        false => (value.to_owned(), pattern.to_owned()),
    };
    let fits = |end: &usize| matches(pattern.as_bytes(), text.as_bytes().get(..*end).unwrap_or_default());
    let found = match longest {
        true => (1..=text.len()).rev().find(fits),
        false => (1..=text.len()).find(fits),
    };
    let Some(found) = found else { return Ok(Cut::Part(0..value.len())) };
    if !text.is_char_boundary(found) {
        return Err(RefusalKind::Encoding);
    }
    Ok(Cut::Part(if at_end { 0..value.len() - found } else { found..value.len() }))
}

/// Whether a pattern of `*`, `?`, `[a-z]` and `\x` matches a whole name (`envsubst/path/match.go`):
/// a star passes over `/`, and a pattern that is none matches nothing.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last star stood, and how far it has eaten.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            star = Some((at, from));
            continue;
        }
        if at == pattern.len() && from == name.len() {
            return true;
        }
        let rest = name.get(from..).unwrap_or_default();
        match step(pattern.get(at..).unwrap_or_default(), rest) {
            Step::Taken(of_pattern, of_name) => {
                at += of_pattern;
                from += of_name;
            }
            Step::Bad => return false,
            Step::Not => match star {
                Some((back, eaten)) if eaten < name.len() => {
                    star = Some((back, eaten + 1));
                    (at, from) = (back, eaten + 1);
                }
                _ => return false,
            },
        }
    }
}

enum Step {
    /// Bytes of the pattern and of the name.
    Taken(usize, usize),
    Not,
    /// The pattern is none.
    Bad,
}

fn step(pattern: &[u8], name: &[u8]) -> Step {
    let (Some(first), Some(byte)) = (pattern.first(), name.first()) else { return Step::Not };
    match first {
        b'?' => Step::Taken(1, decode(name).1),
        b'[' => class(pattern, name),
        b'\\' => match pattern.get(1) {
            None => Step::Bad,
            Some(escaped) if escaped == byte => Step::Taken(2, 1),
            Some(_) => Step::Not,
        },
        plain if plain == byte => Step::Taken(1, 1),
        _ => Step::Not,
    }
}

fn class(pattern: &[u8], name: &[u8]) -> Step {
    let (character, width) = decode(name);
    let mut at = 1;
    let is_negated = pattern.get(at) == Some(&b'^');
    at += usize::from(is_negated);
    let (mut is_in, mut ranges) = (false, 0);
    loop {
        if pattern.get(at) == Some(&b']') && ranges > 0 {
            break;
        }
        let Some((low, used)) = member(pattern.get(at..).unwrap_or_default()) else { return Step::Bad };
        at += used;
        let mut high = low;
        if pattern.get(at) == Some(&b'-') {
            let Some((end, used)) = member(pattern.get(at + 1..).unwrap_or_default()) else {
                return Step::Bad;
            };
            at += used + 1;
            high = end;
        }
        is_in |= (low..=high).contains(&character);
        ranges += 1;
    }
    if is_in == is_negated { Step::Not } else { Step::Taken(at + 1, width) }
}

/// One character of a class, maybe escaped; something must follow it.
fn member(pattern: &[u8]) -> Option<(u32, usize)> {
    let escape = usize::from(pattern.first() == Some(&b'\\'));
    if matches!(pattern.first(), None | Some(b'-' | b']')) {
        return None;
    }
    let rest = pattern.get(escape..).filter(|rest| !rest.is_empty())?;
    let (character, width) = decode(rest);
    (character != INVALID && escape + width < pattern.len()).then_some((character, escape + width))
}

/// What a byte that is no UTF-8 decodes to.
const INVALID: u32 = 0x11_0000;

/// The first character, or one byte that is none.
fn decode(bytes: &[u8]) -> (u32, usize) {
    let width = match bytes.first() {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xff) => 4,
        _ => 1,
    };
    let text = bytes.get(..width).and_then(|bytes| std::str::from_utf8(bytes).ok());
    match text.and_then(|text| text.chars().next()) {
        Some(character) => (u32::from(character), width),
        None => (INVALID, 1),
    }
}
