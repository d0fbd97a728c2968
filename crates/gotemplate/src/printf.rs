//! `printf`, `print` and `println`: Go's verbs, each piece with its origin.

use mlgitops_yaml::{OriginId, Text, TextBuilder};

use crate::error::Failure;
use crate::machine::Machine;
use crate::print;
use crate::value::{Data, Value};
use float::float_verb;

mod float;

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

/// Widths and precisions of arguments over this are bad in Go, too; one that is written may have
/// one digit more (`fmt`, `tooLarge`).
const LARGEST: usize = 1_000_000;

pub(crate) fn printf(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [format, rest @ ..] = arguments else { return Ok(Value::new(Data::Missing)) };
    let format = machine.arg_text(format)?;
    let mut out = TextBuilder::default();
    let mut state =
        State { format: &format, rest, next: 0, reordered: false, is_good: true, may_close: true };
    state.run(machine, &mut out)?;
    Ok(Value::text(out.build()))
}

struct State<'a> {
    format: &'a Text,
    rest: Args<'a>,
    next: usize,
    reordered: bool,
    /// Whether the arguments that the verb asks for by number are there.
    is_good: bool,
    /// Whether a `]` may stand in what is left of the format.
    may_close: bool,
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
        self.is_good = true;
        let mut is_numbered;
        (at, is_numbered) = self.argument_number(at);
        if byte(at) == b'*' {
            at += 1;
            match self.star() {
                Some(width) => {
                    spec.minus |= width < 0;
                    spec.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => out.push_str("%!(BADWIDTH)", OriginId::NONE),
            }
            is_numbered = false;
        } else {
            (spec.width, at) = digits(bytes, at);
            self.is_good &= !(is_numbered && spec.width.is_some());
        }
        if byte(at) == b'.' {
            self.is_good &= !is_numbered;
            (at, is_numbered) = self.argument_number(at + 1);
            if byte(at) == b'*' {
                at += 1;
                match self.star().and_then(|width| usize::try_from(width).ok()) {
                    Some(precision) => spec.precision = Some(precision),
                    None => out.push_str("%!(BADPREC)", OriginId::NONE),
                }
                is_numbered = false;
            } else {
                let (precision, after) = digits(bytes, at);
                spec.precision = Some(precision.unwrap_or(0));
                at = after;
            }
        }
        if !is_numbered {
            (at, _) = self.argument_number(at);
        }
        let Some(verb) = format.get(at..).and_then(|rest| rest.chars().next()) else {
            out.push_str("%!(NOVERB)", OriginId::NONE);
            return Ok(format.len());
        };
        let end = at + verb.len_utf8();
        if verb == '%' {
            out.push_part(self.format, at..end);
            return Ok(end);
        }
        let Some(value) = self.rest.get(self.next).filter(|_| self.is_good) else {
            let word = if self.is_good { "MISSING" } else { "BADINDEX" };
            out.push_str(&format!("%!{verb}({word})"), OriginId::NONE);
            return Ok(end);
        };
        self.next += 1;
        let text = formatted(machine, value, verb, &spec)?;
        let text = if is_bad(value, verb) { text } else { padded(machine, text, &spec, value, verb)? };
        machine.make(text.len())?;
        out.push(&text);
        Ok(end)
    }

    fn star(&mut self) -> Option<i64> {
        let value = self.rest.get(self.next)?;
        self.next += 1;
        match value.data {
            Data::Int(value, _) => {
                usize::try_from(value.unsigned_abs()).is_ok_and(|size| size <= LARGEST).then_some(value)
            }
            _ => None,
        }
    }

    /// `[3]`: the number of the argument that is next; where the format goes on, and whether such a
    /// number stands there.
    fn argument_number(&mut self, at: usize) -> (usize, bool) {
        let rest = self.format.as_str().get(at..).unwrap_or("");
        let Some(behind) = rest.strip_prefix('[') else { return (at, false) };
        self.reordered = true;
        let closed = if self.may_close { behind.split_once(']') } else { None };
        self.may_close = closed.is_some();
        let Some((number, _)) = closed.filter(|_| rest.len() >= 3) else {
            self.is_good = false;
            return (at + 1, false);
        };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number_end = at + number.len() + 2;
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match index.filter(|index| is_number && *index < self.rest.len()) {
            Some(index) => self.next = index,
            None => self.is_good = false,
        }
        (number_end, is_number)
    }
}

/// The number that stands here, and where the format goes on: at its end behind one that is too
/// large.
fn digits(bytes: &[u8], at: usize) -> (Option<usize>, usize) {
    let rest = bytes.get(at..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    let (mut number, mut length) = (0, 0);
    for digit in digits {
        if number > LARGEST {
            return (None, bytes.len());
        }
        number = number * 10 + usize::from(digit - b'0');
        length += 1;
    }
    ((length > 0).then_some(number), at + length)
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
                machine.make(text.len())?;
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
                machine.make(text.len())?;
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
    let text = padded(machine, text, spec, value, verb);
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
    let text = padded(machine, text, spec, value, 'v')?;
    out.push(&text);
    out.push_str(")", OriginId::NONE);
    Ok(out.build())
}

/// Whether the verb does not fit the value, which then pads itself.
fn is_bad(value: &Value, verb: char) -> bool {
    match &value.data {
        Data::Str(_) | Data::Unknown(_) => !matches!(verb, 's' | 'q' | 'x' | 'X' | 'v' | 'T'),
        Data::Int(..) => !matches!(verb, 'd' | 'b' | 'o' | 'O' | 'x' | 'X' | 'c' | 'q' | 'U' | 'v' | 'T'),
        Data::Float(_) => !matches!(verb, 'b' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'x' | 'X' | 'v' | 'T'),
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

fn padded(
    machine: &mut Machine<'_>,
    text: Text,
    spec: &Spec,
    value: &Value,
    verb: char,
) -> Result<Text, Failure> {
    let Some(width) = spec.width else { return Ok(text) };
    if matches!(value.data, Data::List(_) | Data::Map(_)) {
        return Ok(text);
    }
    let missing = width.saturating_sub(text.as_str().chars().count());
    if missing == 0 {
        return Ok(text);
    }
    machine.make(missing)?;
    // Numbers have the zeros that lead them already.
    let is_text = matches!(value.data, Data::Str(_) | Data::Bool(_));
    let is_character = matches!(value.data, Data::Int(..)) && matches!(verb, 'c' | 'q');
    let zero = spec.zero && !spec.minus && (is_text || is_character);
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
