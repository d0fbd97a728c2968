//! `printf`, `print` and `println`: Go's verbs, each piece with its origin.

use mlgitops_yaml::{OriginId, Text, TextBuilder, go_float};

use crate::error::Failure;
use crate::machine::Machine;
use crate::print;
use crate::value::{Data, Value};

type Args<'a> = &'a [Value];
type Answer = Result<Value, Failure>;

/// The flags between `%` and the verb.
#[derive(Default, Clone)]
struct Spec {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Widths and precisions over this are bad in Go, too (`fmt`, `tooLarge`).
const LARGEST: usize = 1_000_000;

pub(crate) fn printf(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [format, rest @ ..] = arguments else { return Ok(Value::new(Data::Missing)) };
    let format = machine.arg_text(format)?;
    let mut out = TextBuilder::default();
    let mut state = State { format: &format, rest, next: 0, reordered: false };
    state.run(machine, &mut out)?;
    Ok(Value::text(out.build()))
}

struct State<'a> {
    format: &'a Text,
    rest: Args<'a>,
    next: usize,
    reordered: bool,
}

impl State<'_> {
    fn run(&mut self, machine: &mut Machine<'_>, out: &mut TextBuilder) -> Result<(), Failure> {
        let format = self.format.as_str();
        let mut at = 0;
        while let Some(found) = format.get(at..).and_then(|rest| rest.find('%')) {
            out.push_part(self.format, at..at + found);
            let start = at + found;
            at = self.verb(machine, out, start)?;
        }
        if at < format.len() || format.is_empty() {
            out.push_part(self.format, at..format.len());
        }
        if !self.reordered && self.next < self.rest.len() {
            out.push_str("%!(EXTRA ", OriginId::NONE);
            for (index, value) in self.rest.iter().enumerate().skip(self.next) {
                if index > self.next {
                    out.push_str(", ", OriginId::NONE);
                }
                let kind = value.go_type(&machine.heap);
                if value.is_nil() {
                    out.push_str("<nil>", value.origin);
                } else {
                    out.push_str(&format!("{kind}="), OriginId::NONE);
                    let text = machine.to_text(value)?;
                    out.push(&text);
                }
            }
            out.push_str(")", OriginId::NONE);
        }
        Ok(())
    }

    /// Prints one verb; gives where the format goes on.
    fn verb(
        &mut self,
        machine: &mut Machine<'_>,
        out: &mut TextBuilder,
        start: usize,
    ) -> Result<usize, Failure> {
        let format = self.format.as_str();
        let bytes = format.as_bytes();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let mut spec = Spec::default();
        let mut at = start + 1;
        loop {
            match byte(at) {
                b'-' => spec.minus = true,
                b'+' => spec.plus = true,
                b'#' => spec.sharp = true,
                b' ' => spec.space = true,
                b'0' => spec.zero = true,
                _ => break,
            }
            at += 1;
        }
        if spec.minus {
            spec.zero = false;
        }
        at = self.argument_number(at);
        if byte(at) == b'*' {
            at += 1;
            match self.star() {
                Some(width) => {
                    spec.minus |= width < 0;
                    spec.width = Some(usize::try_from(width.unsigned_abs()).unwrap_or(0).min(LARGEST));
                }
                None => out.push_str("%!(BADWIDTH)", OriginId::NONE),
            }
        } else {
            (spec.width, at) = digits(bytes, at);
        }
        if byte(at) == b'.' {
            at += 1;
            at = self.argument_number(at);
            if byte(at) == b'*' {
                at += 1;
                match self.star().and_then(|width| usize::try_from(width).ok()) {
                    Some(precision) => spec.precision = Some(precision.min(LARGEST)),
                    None => out.push_str("%!(BADPREC)", OriginId::NONE),
                }
            } else {
                let (precision, after) = digits(bytes, at);
                spec.precision = Some(precision.unwrap_or(0));
                at = after;
            }
        }
        at = self.argument_number(at);
        let Some(verb) = format.get(at..).and_then(|rest| rest.chars().next()) else {
            out.push_str("%!(NOVERB)", OriginId::NONE);
            return Ok(format.len());
        };
        let end = at + verb.len_utf8();
        if verb == '%' {
            out.push_part(self.format, at..end);
            return Ok(end);
        }
        let Some(value) = self.rest.get(self.next) else {
            out.push_str(
                &format!("%!{verb}(BADINDEX)")
                    .replace("BADINDEX", if self.reordered { "BADINDEX" } else { "MISSING" }),
                OriginId::NONE,
            );
            return Ok(end);
        };
        self.next += 1;
        let text = formatted(machine, value, verb, &spec)?;
        let text = if is_bad(value, verb) { text } else { padded(machine, text, &spec, value)? };
        machine.make(text.len())?;
        out.push(&text);
        Ok(end)
    }

    fn star(&mut self) -> Option<i64> {
        let value = self.rest.get(self.next)?;
        self.next += 1;
        match value.data {
            Data::Int(value, _) => Some(value),
            _ => None,
        }
    }

    /// `[3]`: the number of the argument that is next.
    fn argument_number(&mut self, at: usize) -> usize {
        let Some(rest) = self.format.as_str().get(at..).and_then(|rest| rest.strip_prefix('[')) else {
            return at;
        };
        let Some((number, _)) = rest.split_once(']') else { return at };
        if let Ok(number) = number.parse::<usize>()
            && number >= 1
        {
            self.next = number - 1;
        }
        self.reordered = true;
        at + number.len() + 2
    }
}

fn digits(bytes: &[u8], mut at: usize) -> (Option<usize>, usize) {
    let mut value = None;
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        let so_far = value.unwrap_or(0_usize).saturating_mul(10) + usize::from(digit - b'0');
        value = Some(so_far.min(LARGEST));
        at += 1;
    }
    (value, at)
}

/// One value by one verb, not padded yet but for numbers with leading zeros.
fn formatted(machine: &mut Machine<'_>, value: &Value, verb: char, spec: &Spec) -> Result<Text, Failure> {
    let origin = value.whole(machine.origins);
    let made = |text: String| Ok(Text::opaque(&text, origin));
    match verb {
        'T' => return made(value.go_type(&machine.heap)),
        'v' if spec.sharp => return made(go_syntax(machine, value, 0)),
        // `%+v` asks for the names of fields, not for signs.
        'v' => return plain_verb(machine, value, &Spec { plus: false, ..spec.clone() }),
        _ => {}
    }
    match &value.data {
        Data::Str(_) | Data::Unknown(_) => text_verb(machine, value, verb, spec),
        Data::Int(number, _) => match int_verb(*number, verb, spec) {
            Some(text) => made(text),
            None => bad(machine, value, verb, spec),
        },
        Data::Float(number) => match float_verb(*number, verb, spec) {
            Some(text) => made(text),
            None => bad(machine, value, verb, spec),
        },
        Data::Bool(flag) if verb == 't' => made(flag.to_string()),
        Data::List(list) => {
            let items = machine.heap.list(*list).to_vec();
            let mut out = TextBuilder::default();
            out.push_str("[", OriginId::NONE);
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(" ", OriginId::NONE);
                }
                machine.step()?;
                let text = formatted_inside(machine, item, verb, spec)?;
                out.push(&text);
            }
            out.push_str("]", OriginId::NONE);
            Ok(out.build())
        }
        Data::Map(map) => {
            let slots: Vec<_> = machine.heap.map(*map).iter().map(|(k, s)| (k.clone(), s.clone())).collect();
            let mut out = TextBuilder::default();
            out.push_str("map[", OriginId::NONE);
            for (at, (key, slot)) in slots.iter().enumerate() {
                if at > 0 {
                    out.push_str(" ", OriginId::NONE);
                }
                machine.step()?;
                let key = Value::str(key, slot.key);
                let key = formatted_inside(machine, &key, verb, spec)?;
                out.push(&key);
                out.push_str(":", OriginId::NONE);
                let text = formatted_inside(machine, &slot.value, verb, spec)?;
                out.push(&text);
            }
            out.push_str("]", OriginId::NONE);
            Ok(out.build())
        }
        Data::Object(object) => match object.bytes().cloned() {
            Some(text) if matches!(verb, 's' | 'q' | 'x' | 'X') => {
                let text = Value { data: Data::Str(text), ..value.clone() };
                text_verb(machine, &text, verb, spec)
            }
            Some(_) => crate::print::text(machine, value),
            None => machine.to_text(value),
        },
        _ => bad(machine, value, verb, spec),
    }
}

/// `%v`, which heeds the flags.
fn plain_verb(machine: &mut Machine<'_>, value: &Value, spec: &Spec) -> Result<Text, Failure> {
    let origin = value.whole(machine.origins);
    let made = |text: String| Ok(Text::opaque(&text, origin));
    match &value.data {
        Data::Nil | Data::Missing => made("<nil>".to_owned()),
        Data::Int(number, _) => made(int_verb(*number, 'd', spec).unwrap_or_default()),
        Data::Float(number) => made(float_verb(*number, 'g', spec).unwrap_or_default()),
        Data::Str(_) | Data::Unknown(_) => text_verb(machine, value, 's', spec),
        Data::Object(_) => crate::print::text(machine, value),
        _ => machine.to_text(value),
    }
}

/// An item of a container: padded by itself, and bounded by the printer's depth.
fn formatted_inside(
    machine: &mut Machine<'_>,
    value: &Value,
    verb: char,
    spec: &Spec,
) -> Result<Text, Failure> {
    if value.is_nil() {
        return Ok(Text::opaque("<nil>", value.origin));
    }
    machine.enter()?;
    let text = formatted(machine, value, verb, spec)?;
    let text = padded(machine, text, spec, value);
    machine.leave();
    text
}

/// A verb that does not fit: the value as `%v` has it, with its type.
fn bad(machine: &mut Machine<'_>, value: &Value, verb: char, spec: &Spec) -> Result<Text, Failure> {
    if value.is_nil() {
        return Ok(Text::opaque(&format!("%!{verb}(<nil>)"), value.origin));
    }
    let kind = value.go_type(&machine.heap);
    let mut out = TextBuilder::default();
    out.push_str(&format!("%!{verb}({kind}="), OriginId::NONE);
    let text = plain_verb(machine, value, spec)?;
    let text = padded(machine, text, spec, value)?;
    out.push(&text);
    out.push_str(")", OriginId::NONE);
    Ok(out.build())
}

/// Whether the verb does not fit the value, which then pads itself.
fn is_bad(value: &Value, verb: char) -> bool {
    match &value.data {
        Data::Str(_) | Data::Unknown(_) => !matches!(verb, 's' | 'q' | 'x' | 'X' | 'v' | 'T'),
        Data::Int(..) => !matches!(verb, 'd' | 'b' | 'o' | 'O' | 'x' | 'X' | 'c' | 'q' | 'U' | 'v' | 'T'),
        Data::Float(_) => !matches!(verb, 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'x' | 'X' | 'v' | 'T'),
        Data::Bool(_) => !matches!(verb, 't' | 'v' | 'T'),
        _ => false,
    }
}

fn text_verb(machine: &mut Machine<'_>, value: &Value, verb: char, spec: &Spec) -> Result<Text, Failure> {
    let mut text = machine.arg_text(value)?;
    if let Some(precision) = spec.precision
        && let Some((cut, _)) = text.as_str().char_indices().nth(precision)
    {
        text = text.slice(0..cut);
    }
    let origin = value.whole(machine.origins);
    let string = text.as_str();
    Ok(match verb {
        's' => text,
        'q' if spec.sharp && !string.contains('`') && !string.chars().any(char::is_control) => {
            Text::opaque(&format!("`{string}`"), origin)
        }
        'q' => {
            machine.fits_escapes(&text)?;
            let mut out = TextBuilder::default();
            out.push_str("\"", OriginId::NONE);
            crate::functions::escape(machine, &text, &mut out);
            out.push_str("\"", OriginId::NONE);
            let quoted = out.build();
            match spec.plus && !quoted.as_str().is_ascii() {
                true => Text::opaque(&ascii(quoted.as_str()), origin),
                false => quoted,
            }
        }
        'x' | 'X' => {
            let hex: Vec<String> = string
                .bytes()
                .map(|byte| if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") })
                .collect();
            let prefix = if verb == 'x' { "0x" } else { "0X" };
            let prefix = if spec.sharp && !hex.is_empty() { prefix } else { "" };
            let between = if spec.space { format!(" {prefix}") } else { String::new() };
            Text::opaque(&format!("{prefix}{}", hex.join(&between)), origin)
        }
        _ => return bad(machine, value, verb, spec),
    })
}

/// What is quoted already, and of ASCII alone (`strconv.QuoteToASCII`).
fn ascii(quoted: &str) -> String {
    let escape = |character: char| match u32::from(character) {
        code if code < 0x80 => character.to_string(),
        code if code < 0x10000 => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    quoted.chars().map(escape).collect()
}

fn signed(number: &str, spec: &Spec) -> String {
    if number.starts_with(['-', '+']) {
        number.to_owned()
    } else if spec.plus {
        format!("+{number}")
    } else if spec.space {
        format!(" {number}")
    } else {
        number.to_owned()
    }
}

fn int_verb(value: i64, verb: char, spec: &Spec) -> Option<String> {
    let magnitude = value.unsigned_abs();
    let digits = match verb {
        'd' => magnitude.to_string(),
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        'c' => return char::from_u32(u32::try_from(value).ok()?).map(String::from),
        'q' if spec.plus => return Some(ascii(&quoted_rune(value))),
        'q' => return Some(quoted_rune(value)),
        'U' if spec.sharp => {
            let shown = u32::try_from(value).ok().and_then(char::from_u32).filter(|c| !c.is_control());
            let shown = shown.map_or_else(String::new, |character| format!(" '{character}'"));
            return Some(format!("U+{value:04X}{shown}"));
        }
        'U' => return Some(format!("U+{value:04X}")),
        _ => return None,
    };
    let mut digits = match spec.precision {
        Some(0) if value == 0 => String::new(),
        Some(precision) => format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len()))),
        None => digits,
    };
    let prefix = match verb {
        'O' => "0o",
        'o' if spec.sharp => "0",
        'b' if spec.sharp => "0b",
        'x' if spec.sharp => "0x",
        'X' if spec.sharp => "0X",
        _ => "",
    };
    let sign = if value < 0 {
        "-"
    } else if spec.plus {
        "+"
    } else if spec.space {
        " "
    } else {
        ""
    };
    if spec.zero && spec.precision.is_none() {
        let used = sign.len() + prefix.len() + digits.len();
        digits = format!("{}{digits}", "0".repeat(spec.width.unwrap_or(0).saturating_sub(used)));
    }
    Some(format!("{sign}{prefix}{digits}"))
}

fn float_verb(value: f64, verb: char, spec: &Spec) -> Option<String> {
    if !value.is_finite() {
        return Some(signed(&go_float(value), spec));
    }
    let text = match verb {
        'f' | 'F' => fixed(value, spec.precision.unwrap_or(6)),
        'e' => go_exponent(&scientific(value, spec.precision.unwrap_or(6))),
        'E' => go_exponent(&scientific(value, spec.precision.unwrap_or(6))).to_uppercase(),
        'g' | 'G' => {
            let text = match spec.precision {
                None => go_float(value),
                Some(precision) => general(value, precision.max(1)),
            };
            if verb == 'G' { text.to_uppercase() } else { text }
        }
        'x' => hex_float(value),
        'X' => hex_float(value).to_uppercase(),
        _ => return None,
    };
    let text = signed(&text, spec);
    if !spec.zero {
        return Some(text);
    }
    let (sign, digits) = match text.strip_prefix(['-', '+', ' ']) {
        Some(digits) => (text.get(..1).unwrap_or(""), digits),
        None => ("", text.as_str()),
    };
    let pad = "0".repeat(spec.width.unwrap_or(0).saturating_sub(text.len()));
    Some(format!("{sign}{pad}{digits}"))
}

/// No float has more digits than this; Rust's formatting panics at 65,536 of them.
const DIGITS: usize = 1_100;

/// `%.3f`.
fn fixed(value: f64, precision: usize) -> String {
    let mut text = format!("{value:.*}", precision.min(DIGITS));
    text.extend(std::iter::repeat_n('0', precision.saturating_sub(DIGITS)));
    text
}

/// `%.3e`, its exponent as Rust writes it.
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.*e}", precision.min(DIGITS));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}{}e{exponent}", "0".repeat(precision.saturating_sub(DIGITS)))
}

/// `%x` of a float: `0x1.8p+03`.
fn hex_float(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let mut mantissa = bits & 0x000f_ffff_ffff_ffff;
    let mut exponent = i64::try_from(bits >> 52 & 0x7ff).unwrap_or(0) - 1023;
    if value == 0.0 {
        return format!("{sign}0x0p+00");
    }
    if exponent == -1023 {
        let shift = mantissa.leading_zeros() - 11;
        mantissa = mantissa << shift & 0x000f_ffff_ffff_ffff;
        exponent = -1022 - i64::from(shift);
    }
    let digits = format!("{mantissa:013x}");
    let digits = digits.trim_end_matches('0');
    let dot = if digits.is_empty() { "" } else { "." };
    let mark = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x1{dot}{digits}p{mark}{:02}", exponent.abs())
}

/// A code point as `strconv.QuoteRune` writes it.
fn quoted_rune(value: i64) -> String {
    let character = u32::try_from(value).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
    match character {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => match crate::functions::escaped(character) {
            Some(escaped) => format!("'{escaped}'"),
            None => format!("'{character}'"),
        },
    }
}

/// `%.3g`.
fn general(value: f64, precision: usize) -> String {
    let precision = precision.min(DIGITS);
    let scientific = format!("{value:.*e}", precision - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= limit {
        return go_exponent(&format!("{}e{exponent}", trimmed(mantissa)));
    }
    let places = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    trimmed(&format!("{value:.places$}"))
}

/// From `1.5e7` to `1.5e+07`.
fn go_exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn padded(machine: &mut Machine<'_>, text: Text, spec: &Spec, value: &Value) -> Result<Text, Failure> {
    let Some(width) = spec.width else { return Ok(text) };
    if matches!(value.data, Data::List(_) | Data::Map(_)) {
        return Ok(text);
    }
    let missing = width.saturating_sub(text.as_str().chars().count());
    if missing == 0 {
        return Ok(text);
    }
    machine.make(missing)?;
    let zero = spec.zero && !spec.minus && matches!(value.data, Data::Str(_) | Data::Bool(_));
    let pad = if zero { "0" } else { " " }.repeat(missing);
    let mut out = TextBuilder::default();
    if spec.minus {
        out.push(&text);
        out.push_str(&pad, OriginId::NONE);
    } else {
        out.push_str(&pad, OriginId::NONE);
        out.push(&text);
    }
    Ok(out.build())
}

/// `%#v`.
fn go_syntax(machine: &mut Machine<'_>, value: &Value, depth: usize) -> String {
    if depth > 100 {
        return "...".to_owned();
    }
    match &value.data {
        Data::Nil | Data::Missing if depth > 0 => "interface {}(nil)".to_owned(),
        Data::Nil | Data::Missing => "<nil>".to_owned(),
        Data::Str(text) => {
            let escaped = |c: char| crate::functions::escaped(c).unwrap_or_else(|| c.to_string());
            format!("\"{}\"", text.as_str().chars().map(escaped).collect::<String>())
        }
        Data::List(list) => {
            let items = machine.heap.list(*list).to_vec();
            let kind = value.go_type(&machine.heap);
            let items: Vec<_> = items.iter().map(|item| go_syntax(machine, item, depth + 1)).collect();
            format!("{kind}{{{}}}", items.join(", "))
        }
        Data::Map(map) => {
            let slots: Vec<_> = machine.heap.map(*map).iter().map(|(k, s)| (k.clone(), s.clone())).collect();
            let kind = value.go_type(&machine.heap);
            let items: Vec<_> = slots
                .iter()
                .map(|(key, slot)| format!("{key:?}:{}", go_syntax(machine, &slot.value, depth + 1)))
                .collect();
            format!("{kind}{{{}}}", items.join(", "))
        }
        _ => print::scalar(value),
    }
}

/// `fmt.Sprint`: a space between two operands neither of which is a string.
pub(crate) fn print(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut out = TextBuilder::default();
    let mut string_before = true;
    for (at, value) in arguments.iter().enumerate() {
        let is_string = matches!(value.data, Data::Str(_) | Data::Unknown(_));
        if at > 0 && !is_string && !string_before {
            out.push_str(" ", OriginId::NONE);
        }
        string_before = is_string;
        let text = match &value.data {
            Data::Object(_) => print::text(machine, value)?,
            _ => machine.to_text(value)?,
        };
        machine.make(text.len())?;
        out.push(&text);
    }
    Ok(Value::text(out.build()))
}

/// `fmt.Sprintln`: a space between all operands, and a line break.
pub(crate) fn println(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut out = TextBuilder::default();
    for (at, value) in arguments.iter().enumerate() {
        if at > 0 {
            out.push_str(" ", OriginId::NONE);
        }
        let text = match &value.data {
            Data::Object(_) => print::text(machine, value)?,
            _ => machine.to_text(value)?,
        };
        machine.make(text.len())?;
        out.push(&text);
    }
    out.push_str("\n", OriginId::NONE);
    Ok(Value::text(out.build()))
}
