//! Prints nodes as Go's `sigs.k8s.io/yaml` v1.6 does (through `go.yaml.in/yaml/v2`): its order of
//! keys, its quotes, sequences not indented below their key.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::{Key, Mode, Node, OriginId, Origins, Resolved, Scalar, Style, Text, TextBuilder, Value, resolve};

/// Prints a node, each scalar and key with its origin. No line break at the end.
pub fn to_yaml(node: &Node, origins: &mut Origins) -> Text {
    printed(node, Form::Usual, origins)
}

/// The same as Helm's `toYamlPretty` prints it (`go.yaml.in/yaml/v3` with an indent of 2): sequences
/// indented below their key, and no line broken.
pub fn to_yaml_pretty(node: &Node, origins: &mut Origins) -> Text {
    printed(node, Form::Pretty, origins)
}

/// How lines stand.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Usual,
    Pretty,
}

fn printed(node: &Node, form: Form, origins: &mut Origins) -> Text {
    let mut printer = Printer { out: TextBuilder::default(), form, origins };
    printer.value(node, None, Place::Line);
    let text = printer.out.build();
    // The block scalar that ends with line breaks keeps all but the last.
    match text.as_str().strip_suffix('\n') {
        Some(rest) => text.slice(0..rest.len()),
        None => text,
    }
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Nothing.
    Line,
    /// A dash.
    Item,
    /// A key and its colon.
    Entry,
}

struct Printer<'o> {
    out: TextBuilder,
    form: Form,
    origins: &'o mut Origins,
}

impl Printer<'_> {
    /// Prints a value; `indent` is that of the collection it stands in, `None` for the root.
    fn value(&mut self, node: &Node, indent: Option<usize>, place: Place) {
        let since = self.out.run_count();
        if place == Place::Entry && !is_block(node) {
            self.out.push_str(" ", OriginId::NONE);
        }
        match &node.value {
            Value::Null | Value::Unknown(_) => self.out.push_str("null", node.origin),
            Value::Scalar(scalar) => {
                let inner = indent.map_or(2, |indent| indent + 2);
                self.scalar(scalar, node.origin, Some(inner));
            }
            Value::Sequence(items) if items.is_empty() => self.out.push_str("[]", node.origin),
            Value::Map(map) if map.is_empty() => self.out.push_str("{}", node.origin),
            Value::Sequence(items) => self.sequence(items, indent, place),
            Value::Map(map) => self.map(map.iter().collect(), indent, place),
        }
        debug_assert!(self.out.run_count() >= since);
    }

    fn sequence(&mut self, items: &[Node], indent: Option<usize>, place: Place) {
        let inner = match (indent, place) {
            (None, _) => 0,
            (Some(indent), Place::Entry) if self.form == Form::Usual => indent,
            (Some(indent), _) => indent + 2,
        };
        for (at, item) in items.iter().enumerate() {
            if at > 0 || place == Place::Entry {
                self.line_break(inner);
            }
            self.out.push_str("- ", OriginId::NONE);
            self.value(item, Some(inner), Place::Item);
        }
    }

    fn map(&mut self, mut entries: Vec<(&Key, &Node)>, indent: Option<usize>, place: Place) {
        let inner = indent.map_or(0, |indent| indent + 2);
        merge_sort(&mut entries, &|(a, _), (b, _)| by_name(a.name(), b.name()));
        for (at, (key, value)) in entries.into_iter().enumerate() {
            if at > 0 || place == Place::Entry {
                self.line_break(inner);
            }
            let name = key.name();
            // Such a key does not fit on the line of its value.
            let complex = name.len() > 128 || name.contains(is_break);
            if complex {
                self.out.push_str("? ", OriginId::NONE);
            }
            self.key(key, complex.then_some(inner + 2));
            if complex {
                self.line_break(inner);
            }
            self.out.push_str(":", OriginId::NONE);
            self.value(value, Some(inner), Place::Entry);
        }
    }

    fn line_break(&mut self, indent: usize) {
        if !self.out.as_str().ends_with('\n') {
            self.out.push_str("\n", OriginId::NONE);
        }
        self.out.push_str(&" ".repeat(indent), OriginId::NONE);
    }

    fn key(&mut self, key: &Key, indent: Option<usize>) {
        let scalar = Scalar { style: Style::Double, tag: None, ..key.scalar.clone() };
        self.scalar(&scalar, key.origin, indent);
    }

    /// Prints a scalar; where it may take more than a line, those that follow stand at `indent`.
    fn scalar(&mut self, scalar: &Scalar, origin: OriginId, indent: Option<usize>) {
        let text = scalar.to_text(origin, self.origins);
        let resolved = scalar.resolve(Mode::Api);
        if resolved != Resolved::Str {
            let printed = canonical(&resolved, &scalar.text);
            if self.form == Form::Pretty || *printed == *scalar.text {
                self.out.push(&text);
            } else {
                self.out.push_str(&printed, origin);
            }
            return;
        }
        match style_of(&scalar.text, indent.is_some()) {
            Style::Literal => self.literal(&text, indent.unwrap_or(0)),
            Style::Plain => self.folded(&text, origin, indent, Style::Plain),
            style => {
                let quote = if style == Style::Single { "'" } else { "\"" };
                self.out.push_str(quote, OriginId::NONE);
                self.folded(&text, origin, indent, style);
                self.out.push_str(quote, OriginId::NONE);
            }
        }
    }

    /// The characters of a scalar, escaped as its style wants, broken at a space past column 80.
    fn folded(&mut self, text: &Text, origin: OriginId, indent: Option<usize>, style: Style) {
        let string = text.as_str();
        let line = self.out.as_str().rsplit('\n').next().unwrap_or("");
        let mut column = line.chars().count();
        let mut from = 0;
        let mut after_space = false;
        for (at, character) in string.char_indices() {
            let next = at + character.len_utf8();
            let before_space = string.get(next..).is_some_and(|rest| rest.starts_with(' '));
            let breaks = character == ' '
                && !after_space
                && self.form == Form::Usual
                && column > WIDTH
                && match style {
                    Style::Plain => !before_space,
                    Style::Single => at > 0 && next < string.len() && !before_space,
                    _ => at > 0 && next < string.len(),
                };
            after_space = character == ' ';
            if let Some(indent) = indent.filter(|_| breaks) {
                self.out.push_part(text, from..at);
                self.out.push_str("\n", OriginId::NONE);
                self.out.push_str(&" ".repeat(indent), OriginId::NONE);
                if before_space {
                    self.out.push_str("\\", OriginId::NONE);
                }
                column = indent + usize::from(before_space);
                from = next;
                continue;
            }
            match escaped(character, style) {
                Some(escaped) => {
                    self.out.push_part(text, from..at);
                    self.out.push_str(&escaped, origin);
                    column += escaped.len();
                    from = next;
                }
                None => column += 1,
            }
        }
        if from < string.len() || string.is_empty() {
            self.out.push_part(text, from..string.len());
        }
    }

    fn literal(&mut self, text: &Text, indent: usize) {
        let string = text.as_str();
        self.out.push_str("|", OriginId::NONE);
        if string.starts_with([' ', '\n']) {
            self.out.push_str("2", OriginId::NONE);
        }
        let body = string.trim_end_matches('\n');
        match string.len() - body.len() {
            0 => self.out.push_str("-", OriginId::NONE),
            1 if !body.is_empty() => {}
            _ => self.out.push_str("+", OriginId::NONE),
        }
        self.out.push_str("\n", OriginId::NONE);
        let mut at = 0;
        for line in string.split_inclusive('\n') {
            if line != "\n" {
                self.out.push_str(&" ".repeat(indent), OriginId::NONE);
            }
            self.out.push_part(text, at..at + line.len());
            at += line.len();
        }
    }
}

fn is_block(node: &Node) -> bool {
    match &node.value {
        Value::Sequence(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        _ => false,
    }
}

/// What is no string, once JSON has carried it: no base but ten, and the exponent of `%g`.
fn canonical<'t>(resolved: &Resolved, text: &'t str) -> Cow<'t, str> {
    match resolved {
        Resolved::Null => "null".into(),
        Resolved::Bool(value) => value.to_string().into(),
        Resolved::Int(value) => value.to_string().into(),
        Resolved::Uint(value) => value.to_string().into(),
        Resolved::Float(value) => {
            let json = crate::scalar::go_json_number(*value);
            match json.parse::<i64>().is_ok() || json.parse::<u64>().is_ok() {
                true => json.into(),
                false => crate::go_float(*value).into(),
            }
        }
        _ => text.into(),
    }
}

/// The style yaml.v2 chooses for a string; a key is never a block scalar.
fn style_of(text: &str, may_be_block: bool) -> Style {
    let facts = Facts::of(text);
    if text.contains('\n') {
        return if facts.block && may_be_block { Style::Literal } else { Style::Double };
    }
    let plain = resolve(text, Style::Plain, None, Mode::Api) == Resolved::Str
        && resolve(text, Style::Plain, None, Mode::Kustomize) != Resolved::Timestamp
        && !is_base_60(text);
    match (plain, facts.plain, facts.single) {
        (true, true, _) => Style::Plain,
        (true, false, true) => Style::Single,
        _ => Style::Double,
    }
}

/// What `yaml_emitter_analyze_scalar` finds out.
struct Facts {
    plain: bool,
    single: bool,
    block: bool,
}

impl Facts {
    fn of(text: &str) -> Self {
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut breaks) = (false, false);
        let (mut break_space, mut space_break) = (false, false);
        let mut before: Option<char> = None;
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let next_blank = rest.as_str().chars().next().is_none_or(is_blank);
            indicators |= match (before, character) {
                (
                    None,
                    '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                    | '`',
                ) => true,
                (None, '?' | '-') | (_, ':') => next_blank,
                (Some(before), '#') => is_blank(before),
                _ => false,
            };
            special |= !is_printable(character);
            breaks |= is_break(character);
            break_space |= character == ' ' && before.is_some_and(is_break);
            space_break |= is_break(character) && before == Some(' ');
            before = Some(character);
        }
        let edge = |character: char| character == ' ' || is_break(character);
        let edges = text.starts_with(edge) || text.ends_with(edge);
        let ruled_out = space_break || special;
        Self {
            plain: !(indicators || edges || breaks || break_space || ruled_out),
            single: !(break_space || ruled_out),
            block: !(text.ends_with(' ') || ruled_out),
        }
    }
}

/// `best_width` of yaml.v2.
const WIDTH: usize = 80;

/// What a character is inside the quotes of a style, where it is not itself.
fn escaped(character: char, style: Style) -> Option<Cow<'static, str>> {
    match style {
        Style::Single if character == '\'' => Some("''".into()),
        Style::Double
            if !is_printable(character) || is_break(character) || matches!(character, '"' | '\\') =>
        {
            Some(escape(character).into())
        }
        _ => None,
    }
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t') || is_break(character)
}

/// yaml.v2 prints nothing beyond the basic plane as it is.
fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && character != '\u{feff}'
}

fn escape(character: char) -> String {
    let short = match character {
        '\0' => "0",
        '\x07' => "a",
        '\x08' => "b",
        '\t' => "t",
        '\n' => "n",
        '\x0b' => "v",
        '\x0c' => "f",
        '\r' => "r",
        '\x1b' => "e",
        '"' => "\"",
        '\\' => "\\",
        '\u{85}' => "N",
        '\u{a0}' => "_",
        '\u{2028}' => "L",
        '\u{2029}' => "P",
        _ => "",
    };
    let code = u32::from(character);
    match code {
        _ if !short.is_empty() => format!("\\{short}"),
        0..=0xff => format!("\\x{code:02X}"),
        0x100..=0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    }
}

/// Numbers of base 60, which YAML 1.1 knew.
fn is_base_60(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (body, fraction) = body.split_once('.').unwrap_or((body, ""));
    let mut parts = body.split(':');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let first =
        parts.next().is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()) && digits(part));
    let mut count = 0;
    let sixties = parts.all(|part| {
        count += 1;
        let all_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        all_digits
            && (part.len() == 1 || (part.len() == 2 && part.as_bytes().first().is_some_and(|&b| b < b'6')))
    });
    first && sixties && count > 0 && digits(fraction)
}

/// The order of yaml.v2 (`keyList.Less`): letters behind other characters, numbers by their value.
fn by_name(a: &str, b: &str) -> Ordering {
    if less(a, b) {
        Ordering::Less
    } else if less(b, a) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

fn less(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() && !a.bytes().chain(b.bytes()).any(|byte| byte.is_ascii_digit()) {
        return less_without_digits(a.as_bytes(), b.as_bytes());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for (at, (&one, &other)) in a.iter().zip(&b).enumerate() {
        if one == other {
            continue;
        }
        let (letter, other_letter) = (one.is_alphabetic(), other.is_alphabetic());
        if letter && other_letter {
            return one < other;
        }
        if letter || other_letter {
            return other_letter;
        }
        let zeros = one == '0' || other == '0';
        let led = a.get(..at).unwrap_or(&[]).iter().rev().take_while(|c| c.is_numeric()).any(|&c| c != '0');
        let start = i64::from(zeros && led);
        let (number, end) = number_at(&a, at, start);
        let (other_number, other_end) = number_at(&b, at, start);
        if number != other_number {
            return number < other_number;
        }
        if end != other_end {
            return end < other_end;
        }
        return one < other;
    }
    a.len() < b.len()
}

fn less_without_digits(a: &[u8], b: &[u8]) -> bool {
    match a.iter().zip(b).find(|(one, other)| one != other) {
        Some((one, other)) => match (one.is_ascii_alphabetic(), other.is_ascii_alphabetic()) {
            (true, false) => false,
            (false, true) => true,
            _ => one < other,
        },
        None => a.len() < b.len(),
    }
}

fn number_at(text: &[char], from: usize, start: i64) -> (i64, usize) {
    let mut number = start;
    let mut at = from;
    while let Some(digit) = text.get(at).and_then(|digit| digit.to_digit(10)) {
        number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
        at += 1;
    }
    (number, at)
}

/// A stable sort that bears an order that is none: Go's is not transitive for all names, and
/// `slice::sort_by` may panic then.
fn merge_sort<T: Copy>(items: &mut [T], order: &impl Fn(&T, &T) -> Ordering) {
    if items.windows(2).all(|pair| order(&pair[0], &pair[1]).is_le()) {
        return;
    }
    let middle = items.len() / 2;
    let (left, right) = items.split_at_mut(middle);
    merge_sort(left, order);
    merge_sort(right, order);
    let (first, second) = (left.to_vec(), right.to_vec());
    let (mut first, mut second) = (first.iter().peekable(), second.iter().peekable());
    for slot in items {
        let takes_first = match (first.peek(), second.peek()) {
            (Some(one), Some(other)) => order(one, other).is_le(),
            (one, _) => one.is_some(),
        };
        if let Some(item) = if takes_first { first.next() } else { second.next() } {
            *slot = *item;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_order_of_go_yaml() {
        let mut names =
            ["b", "a10", "a2", "A", "_x", "a-b", "aB", "1", "10", "9", "a.b", "é", "a", "a02", "ab1"];
        merge_sort(&mut names, &|a, b| by_name(a, b));
        assert_eq!(
            names,
            ["_x", "1", "9", "10", "A", "a", "a-b", "a.b", "a2", "a02", "a10", "aB", "ab1", "b", "é"]
        );
    }

    #[test]
    fn base_60_as_yaml_1_1_had_it() {
        for (text, wanted) in [
            ("12:30:45", true),
            ("1:30", true),
            ("-1:5.2", true),
            ("1:60", false),
            ("a:1", false),
            ("12", false),
        ] {
            assert_eq!(is_base_60(text), wanted, "{text}");
        }
    }
}
