//! sprig's functions on letters and words, and those whose result is random.

use std::sync::Arc;

use mlgitops_yaml::{Text, TextBuilder};

use super::{Answer, Args, Function, nothing};
use crate::machine::Machine;
use crate::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("upper", 1, |m, a| mapped(m, a, |text| text.chars().map(upper).collect())),
    Function::new("lower", 1, |m, a| mapped(m, a, |text| text.chars().map(lower).collect())),
    Function::new("title", 1, |m, a| remade(m, a, title)),
    Function::new("untitle", 1, |m, a| remade(m, a, untitle)),
    Function::new("swapcase", 1, |m, a| remade(m, a, swapcase)),
    Function::new("nospace", 1, |m, a| mapped(m, a, |text| text.split_whitespace().collect())),
    Function::new("initials", 1, |m, a| remade(m, a, initials)),
    Function::new("snakecase", 1, |m, a| remade(m, a, |text| joined_words(text, '_'))),
    Function::new("kebabcase", 1, |m, a| remade(m, a, |text| joined_words(text, '-'))),
    Function::new("camelcase", 1, |m, a| remade(m, a, pascal)),
    Function::new("wrap", 2, |m, a| {
        let [width, text] = a else { return nothing() };
        let width = m.arg_int(width)?;
        remade(m, std::slice::from_ref(text), |text| wrap(text, width, "\n", false))
    }),
    Function::new("wrapWith", 3, |m, a| {
        let [width, separator, text] = a else { return nothing() };
        let width = m.arg_int(width)?;
        let separator = m.arg_str(separator)?.to_owned();
        let length = m.arg_str(text)?.len();
        m.make(length.saturating_mul(1 + separator.len()))?;
        remade(m, std::slice::from_ref(text), |text| wrap(text, width, &separator, true))
    }),
    Function::new("abbrev", 2, |m, a| {
        let [width, text] = a else { return nothing() };
        let width = m.arg_int(width)?;
        remade(m, std::slice::from_ref(text), |text| abbreviate(text, 0, width))
    }),
    Function::new("abbrevboth", 3, |m, a| {
        let [left, right, text] = a else { return nothing() };
        let (left, right) = (m.arg_int(left)?, m.arg_int(right)?);
        remade(m, std::slice::from_ref(text), |text| abbreviate(text, left, right))
    }),
    Function::new("hello", 0, |_, _| Ok(Value::str("Hello!", mlgitops_yaml::OriginId::NONE))),
    Function::new("randAlphaNum", 1, random),
    Function::new("randAlpha", 1, random),
    Function::new("randAscii", 1, random),
    Function::new("randNumeric", 1, random),
    Function::new("randBytes", 1, random),
    Function::new("randInt", 2, random),
    Function::new("shuffle", 1, random),
    Function::new("uuidv4", 0, random),
    Function::new("bcrypt", 1, random),
    Function::new("htpasswd", 2, random),
    Function::new("encryptAES", 2, random),
    Function::new("genPrivateKey", 1, random),
    Function::new("derivePassword", 5, random),
    Function::new("buildCustomCert", 2, certificate),
    Function::new("genCA", 2, certificate),
    Function::new("genCAWithKey", 3, certificate),
    Function::new("genSelfSignedCert", 4, certificate),
    Function::new("genSelfSignedCertWithKey", 5, certificate),
    Function::new("genSignedCert", 5, certificate),
    Function::new("genSignedCertWithKey", 6, certificate),
    Function::new("decryptAES", 2, random),
    Function::new("getHostByName", 1, |m, a| {
        let [name] = a else { return nothing() };
        m.arg_str(name)?;
        // helm v3 pkg/engine/engine.go: without --enable-dns no name is looked up.
        Ok(Value::str("", mlgitops_yaml::OriginId::NONE))
    }),
];

/// What is random each time: it is known that there is a value, not which.
fn random(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let origin = machine.joined(arguments);
    Ok(Value { guard: origin, ..Value::new(Data::Unknown("it is random".into())) })
}

fn certificate(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let unknown = random(machine, arguments)?;
    let slot =
        |value: &Value| crate::value::Slot { key: mlgitops_yaml::OriginId::NONE, value: value.clone() };
    let entries = [("Cert", slot(&unknown)), ("Key", slot(&unknown))];
    let entries = entries.into_iter().map(|(name, slot)| (Arc::from(name), slot)).collect();
    let map = machine.heap.add_map(entries, crate::value::MapType::Named("sprig.certificate"));
    Ok(Value::new(Data::Map(map)))
}

/// A text whose characters change in place: each run keeps its origin.
fn mapped(machine: &mut Machine<'_>, arguments: Args<'_>, map: impl Fn(&str) -> String) -> Answer {
    let [value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    machine.make(text.len())?;
    let mut out = TextBuilder::default();
    let mut start = 0;
    let ends: Vec<usize> = text.runs().iter().map(|run| run.end as usize).collect();
    for end in ends {
        let piece = text.as_str().get(start..end).unwrap_or("");
        let origin = machine.origin_of(&text, start, end);
        out.push_str(&map(piece), origin);
        start = end;
    }
    Ok(Value::text(out.build()))
}

/// A text made new of another: all of it comes from all of that.
pub(super) fn remade(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    make: impl Fn(&str) -> String,
) -> Answer {
    let [value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    let made = make(text.as_str());
    if made == text.as_str() {
        return Ok(Value::text(text));
    }
    machine.make(made.len())?;
    let origin = machine.origin_of(&text, 0, text.len());
    Ok(Value::text(Text::opaque(&made, origin)))
}

/// Go maps a letter to one letter, or not at all.
fn upper(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

fn lower(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

/// Go's `strings.Title`: the first letter of each word, words being letters, digits and `_`.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if inside {
            out.push(character)
        } else {
            out.push(upper(character))
        }
        inside = match character {
            '_' => true,
            _ if character.is_ascii() => character.is_ascii_alphanumeric(),
            _ => character.is_alphanumeric() || !character.is_whitespace(),
        };
    }
    out
}

fn untitle(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at_start = true;
    for character in text.chars() {
        if at_start {
            out.extend(character.to_lowercase())
        } else {
            out.push(character)
        }
        at_start = character.is_whitespace();
    }
    out
}

/// goutils `SwapCase`: a lower letter at the start of a word becomes a title letter, others swap.
fn swapcase(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_uppercase() {
                lower(character)
            } else if character.is_lowercase() {
                upper(character)
            } else {
                character
            }
        })
        .collect()
}

fn initials(text: &str) -> String {
    let mut out = String::new();
    let mut at_start = true;
    for character in text.chars() {
        if character.is_whitespace() {
            at_start = true;
        } else if at_start {
            out.push(character);
            at_start = false;
        }
    }
    out
}

/// xstrings `ToSnakeCase` and `ToKebabCase`: a word begins at an upper letter behind another kind
/// of character, at the last upper letter before a lower one, and between letters and digits.
fn joined_words(text: &str, connector: char) -> String {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Upper,
        Lower,
        Digit,
        Gap,
    }
    let kind = |character: char| {
        if character.is_uppercase() {
            Kind::Upper
        } else if character.is_numeric() {
            Kind::Digit
        } else if matches!(character, '_' | '-' | ' ') || character.is_whitespace() {
            Kind::Gap
        } else {
            Kind::Lower
        }
    };
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = Kind::Gap;
    for (at, &character) in characters.iter().enumerate() {
        let here = kind(character);
        let next = characters.get(at + 1).map(|&next| kind(next));
        if here == Kind::Gap {
            out.push(connector);
        } else {
            let begins = match (before, here) {
                (Kind::Gap, _) => false,
                (Kind::Upper, Kind::Upper) => next == Some(Kind::Lower),
                (Kind::Upper, Kind::Lower) => false,
                (Kind::Lower | Kind::Digit, Kind::Upper) => true,
                (Kind::Lower, Kind::Digit) => false,
                (Kind::Digit, Kind::Lower) => false,
                _ => false,
            };
            if begins {
                out.push(connector);
            }
            out.extend(character.to_lowercase());
        }
        before = here;
    }
    out
}

/// xstrings `ToPascalCase`.
fn pascal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut starts = true;
    for character in text.chars() {
        if matches!(character, '_' | '-' | ' ') {
            starts = true;
        } else if starts {
            out.push(upper(character));
            starts = false;
        } else {
            out.push(character);
        }
    }
    out
}

/// goutils `WrapCustom`: lines of at most so many characters, broken at spaces; a longer word is
/// broken only if asked for.
fn wrap(text: &str, width: i64, separator: &str, breaks_words: bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while characters.len() - at > width {
        if characters.get(at) == Some(&' ') {
            at += 1;
            continue;
        }
        let window = characters.get(at..(at + width + 1).min(characters.len())).unwrap_or(&[]);
        let space = window.iter().rposition(|&c| c == ' ').filter(|&space| space > 0);
        let (end, next) = match space {
            Some(space) => (at + space, at + space + 1),
            None if breaks_words => (at + width, at + width),
            None => match characters.iter().skip(at + width).position(|&c| c == ' ') {
                Some(space) => (at + width + space, at + width + space + 1),
                None => break,
            },
        };
        out.extend(characters.get(at..end).unwrap_or(&[]));
        out.push_str(separator);
        at = next;
    }
    out.extend(characters.get(at..).unwrap_or(&[]));
    out
}

/// goutils `AbbreviateFull`: `left` characters may be passed over with dots.
fn abbreviate(text: &str, left: i64, width: i64) -> String {
    if width < 4 || (left > 0 && width < 7) {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let length = i64::try_from(characters.len()).unwrap_or(i64::MAX);
    if length <= width {
        return text.to_owned();
    }
    let mut offset = left.clamp(0, length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    let part = |from: i64, to: i64| -> String {
        let at = |value: i64| usize::try_from(value).unwrap_or(0);
        characters.get(at(from)..at(to.min(length))).unwrap_or(&[]).iter().collect()
    };
    if offset <= 4 {
        return format!("{}...", part(0, width - 3));
    }
    if offset + width - 3 < length {
        let tail: String = part(offset, length);
        return format!("...{}", abbreviate(&tail, 0, width - 3));
    }
    format!("...{}", part(length - (width - 3), length))
}
