//! Quotes and indentation: text around and inside text.

use mlgitops_yaml::{OriginId, Text, TextBuilder};

use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("quote", 0, quote).passing_on(),
    Function::variadic("squote", 0, squote).passing_on(),
    Function::new("indent", 2, indent).passing_on(),
    Function::new("nindent", 2, nindent).passing_on(),
];

fn quote(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    quoted_all(machine, arguments, |machine, text, out| {
        out.push_str("\"", OriginId::NONE);
        escape(machine, text, out);
        out.push_str("\"", OriginId::NONE);
    })
}

fn squote(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    quoted_all(machine, arguments, |_, text, out| {
        out.push_str("'", OriginId::NONE);
        out.push(text);
        out.push_str("'", OriginId::NONE);
    })
}

/// Each argument that is not nil, with a space between them.
fn quoted_all(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    mut quote: impl FnMut(&mut Machine<'_>, &Text, &mut TextBuilder),
) -> Answer {
    let mut out = TextBuilder::default();
    let mut passed = OriginId::NONE;
    for value in arguments {
        if value.is_nil() {
            let guard = value.whole(machine.origins);
            passed = machine.origins.join(passed, guard);
            continue;
        }
        let text = machine.to_text(value)?;
        machine.make(text.len() + 2)?;
        machine.fits_escapes(&text)?;
        if !out.is_empty() {
            out.push_str(" ", OriginId::NONE);
        }
        quote(machine, &text, &mut out);
    }
    let value = Value::text(out.build());
    Ok(machine.guard(value, passed))
}

/// `strconv.Quote`: what needs no escape keeps its own bytes.
pub(crate) fn escape(machine: &mut Machine<'_>, text: &Text, out: &mut TextBuilder) {
    let string = text.as_str();
    let mut from = 0;
    for (at, character) in string.char_indices() {
        let Some(escaped) = escaped(character) else { continue };
        out.push_part(text, from..at);
        from = at + character.len_utf8();
        let origin = machine.origin_of(text, at, from);
        out.push_str(&escaped, origin);
    }
    if from < string.len() || string.is_empty() {
        out.push_part(text, from..string.len());
    }
}

/// The escape of a character between double quotes, if it needs one.
pub(crate) fn escaped(character: char) -> Option<String> {
    let code = u32::from(character);
    Some(match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\x0b' => "\\v".to_owned(),
        _ if code < 0x20 || character == '\x7f' => format!("\\x{code:02x}"),
        _ if is_printable(character) => return None,
        _ if code < 0x10000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    })
}

/// `strconv.IsPrint`, but for the unassigned code points, which no chart prints.
fn is_printable(character: char) -> bool {
    character == ' ' || !(character.is_control() || character.is_whitespace() || is_format(character))
}

fn is_format(character: char) -> bool {
    matches!(u32::from(character),
        0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E
        | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF
        | 0xF0000..=0x10FFFF)
}

fn indent(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    indented(machine, arguments, false)
}

fn nindent(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    indented(machine, arguments, true)
}

fn indented(machine: &mut Machine<'_>, arguments: Args<'_>, breaks: bool) -> Answer {
    let [width, value] = arguments else { return nothing() };
    let width = machine.arg_int(width)?;
    let text = machine.arg_text(value)?;
    let Ok(width) = usize::try_from(width) else {
        return Err(Failure::execute("strings: negative Repeat count"));
    };
    let lines = text.as_str().split('\n').count();
    machine.make(width.saturating_mul(lines).saturating_add(text.len()))?;
    machine.fits_runs(lines.saturating_mul(2))?;
    let pad = " ".repeat(width);
    let mut out = TextBuilder::default();
    if breaks {
        out.push_str("\n", OriginId::NONE);
    }
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        out.push_str(&pad, OriginId::NONE);
        out.push_part(&text, at..at + line.len());
        at += line.len();
    }
    if text.as_str().is_empty() || text.as_str().ends_with('\n') {
        out.push_str(&pad, OriginId::NONE);
        out.push_part(&text, at..at);
    }
    Ok(Value::text(out.build()))
}
