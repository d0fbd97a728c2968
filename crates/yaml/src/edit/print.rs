//! New values as text, as the text around them is written.

use crate::{Key, Mode, Node, Resolved, Style, Value, resolve};

/// A value that an edit brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// Nothing.
    Null,
    /// A scalar without quotes, whose text decides its type: `true`, `600`.
    Plain(String),
    /// A string, quoted where it would read as something else.
    Text(String),
    /// A list.
    List(Vec<NewValue>),
    /// A map, in this order.
    Map(Vec<(String, NewValue)>),
}

impl NewValue {
    /// A string.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A scalar without quotes.
    #[must_use]
    pub fn plain(text: impl ToString) -> Self {
        Self::Plain(text.to_string())
    }

    /// A map of entries in this order.
    #[must_use]
    pub fn map<const N: usize>(entries: [(&str, NewValue); N]) -> Self {
        Self::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// What a node is; `None` for one that cannot be known.
    #[must_use]
    pub fn of(node: &Node) -> Option<Self> {
        Some(match &node.value {
            Value::Null => Self::Null,
            Value::Scalar(scalar) => match scalar.resolve(Mode::Api) {
                Resolved::Str => Self::Text(scalar.text.to_string()),
                _ => Self::Plain(scalar.text.to_string()),
            },
            Value::Sequence(items) => Self::List(items.iter().map(Self::of).collect::<Option<_>>()?),
            Value::Map(map) => {
                let entry = |(key, value): (&Key, &Node)| Some((key.name().to_owned(), Self::of(value)?));
                Self::Map(map.iter().map(entry).collect::<Option<_>>()?)
            }
            Value::Unknown(_) => return None,
        })
    }

    /// The value in one line: `{a: 1, b: [x]}`.
    #[must_use]
    pub fn to_flow(&self) -> String {
        Form::Flow.print(self)
    }
}

/// How a value is written on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Behind a key or a dash of block style.
    Block,
    /// Inside `{}` or `[]`.
    Flow,
    /// As JSON.
    Json,
}

impl Form {
    pub(super) fn print(self, value: &NewValue) -> String {
        let inner = if self == Self::Json { Self::Json } else { Self::Flow };
        match value {
            NewValue::Null => "null".to_owned(),
            NewValue::Plain(text) => text.clone(),
            NewValue::Text(text) => self.string(text),
            NewValue::List(items) => {
                let items: Vec<String> = items.iter().map(|item| inner.print(item)).collect();
                format!("[{}]", items.join(", "))
            }
            NewValue::Map(entries) => {
                let entry = |(name, value): &(String, NewValue)| {
                    format!("{}: {}", inner.string(name), inner.print(value))
                };
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    pub(super) fn string(self, text: &str) -> String {
        match self {
            Self::Json => double(text),
            _ if is_plain_string(text, self == Self::Flow) => text.to_owned(),
            _ if text.contains(['"', '\\']) && !text.chars().any(char::is_control) => single(text),
            _ => double(text),
        }
    }
}

/// A value as lines behind something that stands at `column`: the first goes on that line, the
/// others stand on their own. `under_key` says that it follows a key, `list` how far its items
/// stand in from there.
pub(super) fn block(value: &NewValue, column: usize, under_key: bool, list: usize) -> Vec<String> {
    match value {
        NewValue::Map(entries) if !entries.is_empty() => {
            let inner = column + 2;
            let pad = " ".repeat(inner);
            let mut lines = Vec::new();
            for (name, value) in entries {
                let name = Form::Block.string(name);
                lines.extend(
                    entry(&name, value, inner, list)
                        .into_iter()
                        .enumerate()
                        .map(|(at, line)| if at == 0 { format!("{pad}{line}") } else { line }),
                );
            }
            lead(lines, under_key)
        }
        NewValue::List(items) if !items.is_empty() => {
            let inner = if under_key { column + list } else { column + 2 };
            let pad = " ".repeat(inner);
            let mut lines = Vec::new();
            for item in items {
                let mut of_item = block(item, inner, false, list).into_iter();
                lines.push(format!("{pad}- {}", of_item.next().unwrap_or_default()));
                lines.extend(of_item);
            }
            lead(lines, under_key)
        }
        scalar => vec![Form::Block.print(scalar)],
    }
}

/// Below a key a collection begins on the next line; behind a dash on the same one.
fn lead(mut lines: Vec<String>, under_key: bool) -> Vec<String> {
    if under_key {
        lines.insert(0, String::new());
    } else if let Some(first) = lines.first_mut() {
        *first = first.trim_start().to_owned();
    }
    lines
}

/// `name: value` as lines; the first without its indentation, which is `column`.
pub(super) fn entry(name: &str, value: &NewValue, column: usize, list: usize) -> Vec<String> {
    let mut lines = block(value, column, true, list);
    if let Some(first) = lines.first_mut() {
        *first = format!("{name}: {first}").trim_end().to_owned();
    }
    lines
}

/// Whether a text without quotes is read as a string, and as this one.
pub(super) fn is_plain_string(text: &str, in_flow: bool) -> bool {
    const FIRST: [char; 21] = [
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '=',
        '<',
    ];
    let is_word = |mode| resolve(text, Style::Plain, None, mode) == Resolved::Str;
    // A dash or a colon may begin a word that goes on: `-v`, `:8080`.
    let begins = match text.chars().next() {
        Some('-') => {
            text.chars().nth(1).is_some_and(|next| !next.is_whitespace()) && !text.starts_with("---")
        }
        Some(first) => !(FIRST.contains(&first) || text.starts_with("...")),
        None => false,
    };
    begins
        && text.trim() == text
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !text.chars().any(|character| character.is_control() || !is_printable(character))
        && !(in_flow && text.contains([',', '[', ']', '{', '}', '?', '"', '\'']))
        && !(in_flow && text.contains(':') && text.contains(":,"))
        && is_word(Mode::Api)
        && is_word(Mode::Kustomize)
}

fn is_printable(character: char) -> bool {
    !matches!(character, '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

pub(super) fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) fn double(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            odd if odd.is_control() || !is_printable(odd) => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(odd)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
