//! Prints nodes as Go's `sigs.k8s.io/yaml` does: sorted keys, unindented sequences.

use crate::{Mode, Node, OriginId, Origins, Resolved, Scalar, Text, TextBuilder, Value, resolve};

/// Prints a node, each scalar and key with its origin. No line break at the end.
pub fn to_yaml(node: &Node, origins: &mut Origins) -> Text {
    let mut printer = Printer { out: TextBuilder::default(), origins };
    printer.value(node, 0, false);
    printer.out.build()
}

struct Printer<'o> {
    out: TextBuilder,
    origins: &'o mut Origins,
}

impl Printer<'_> {
    /// Prints a value; `inline` says that a key or a dash stands before it on the line.
    fn value(&mut self, node: &Node, indent: usize, inline: bool) {
        match &node.value {
            Value::Null | Value::Unknown(_) => self.out.push_str("null", node.origin),
            Value::Scalar(scalar) => self.scalar(scalar, node.origin),
            Value::Sequence(items) if items.is_empty() => self.out.push_str("[]", node.origin),
            Value::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 || inline {
                        self.line_break(indent);
                    }
                    self.out.push_str("- ", OriginId::NONE);
                    self.value(item, indent + 2, false);
                }
            }
            Value::Map(map) if map.is_empty() => self.out.push_str("{}", node.origin),
            Value::Map(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
                for (at, (key, value)) in entries.into_iter().enumerate() {
                    if at > 0 || inline {
                        self.line_break(indent);
                    }
                    self.scalar(&Scalar::string(key.name()), key.origin);
                    self.out.push_str(":", OriginId::NONE);
                    let nested = match &value.value {
                        Value::Map(map) => !map.is_empty(),
                        Value::Sequence(items) => !items.is_empty(),
                        _ => false,
                    };
                    let is_map = matches!(value.value, Value::Map(_));
                    if !nested {
                        self.out.push_str(" ", OriginId::NONE);
                    }
                    self.value(value, if is_map { indent + 2 } else { indent }, nested);
                }
            }
        }
    }

    fn line_break(&mut self, indent: usize) {
        self.out.push_str("\n", OriginId::NONE);
        self.out.push_str(&" ".repeat(indent), OriginId::NONE);
    }

    fn scalar(&mut self, scalar: &Scalar, origin: OriginId) {
        let plain_type = scalar.resolve(Mode::Api);
        if plain_type != Resolved::Str {
            let text = scalar.to_text(origin, self.origins);
            self.out.push(&text);
            return;
        }
        let text = scalar.to_text(origin, self.origins);
        if needs_quotes(&scalar.text) {
            self.out.push_str(&quoted(&scalar.text), origin);
        } else {
            self.out.push(&text);
        }
    }
}

fn needs_quotes(text: &str) -> bool {
    let starts_badly = text.starts_with([
        ' ', '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`',
    ]);
    text.is_empty()
        || starts_badly
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || text.chars().any(char::is_control)
        || resolve(text, crate::Style::Plain, None, Mode::Api) != Resolved::Str
        || resolve(text, crate::Style::Plain, None, Mode::Kustomize) != Resolved::Str
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other if other.is_control() => out.push_str(&format!("\\x{:02X}", u32::from(other))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
