//! YAML inside text, printed again as kyaml prints it: keys in their order, two spaces a level.

use mlgitops_yaml::{Mode, Node, Resolved, Scalar, Style, Value, resolve};

/// Prints a value; `inline` says that a key or a dash stands before it on the line.
pub(crate) fn yaml(node: &Node, indent: usize, inline: bool, out: &mut String) {
    match &node.value {
        Value::Null | Value::Unknown(_) => out.push_str("null"),
        Value::Scalar(text) => scalar(text, indent, out),
        Value::Sequence(items) if items.is_empty() => out.push_str("[]"),
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 || inline {
                    line(indent, out);
                }
                out.push_str("- ");
                yaml(item, indent + 2, false, out);
            }
        }
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::Map(map) => {
            for (at, (key, value)) in map.iter().enumerate() {
                if at > 0 || inline {
                    line(indent, out);
                }
                scalar(&key.scalar, indent, out);
                out.push(':');
                match &value.value {
                    Value::Map(map) if !map.is_empty() => yaml(value, indent + 2, true, out),
                    // Lists stand at the column of their key.
                    Value::Sequence(items) if !items.is_empty() => yaml(value, indent, true, out),
                    _ => {
                        out.push(' ');
                        yaml(value, indent, false, out);
                    }
                }
            }
        }
    }
}

fn line(indent: usize, out: &mut String) {
    out.push('\n');
    out.push_str(&" ".repeat(indent));
}

fn scalar(scalar: &Scalar, indent: usize, out: &mut String) {
    match scalar.style {
        Style::Plain if is_plain(&scalar.text) => out.push_str(&scalar.text),
        Style::Single => {
            out.push('\'');
            out.push_str(&scalar.text.replace('\'', "''"));
            out.push('\'');
        }
        Style::Literal => {
            out.push_str(if scalar.text.ends_with('\n') { "|" } else { "|-" });
            for text in scalar.text.trim_end_matches('\n').split('\n') {
                line(if text.is_empty() { 0 } else { indent + 2 }, out);
                out.push_str(text);
            }
        }
        _ => {
            out.push('"');
            out.push_str(&scalar.text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
            out.push('"');
        }
    }
}

/// Whether a text may stand without quotes and reads the same.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains('\n')
        && !text.ends_with(':')
        && !text.starts_with(|first: char| "-?:,[]{}#&*!|>\'\"%@` ".contains(first) && text.len() == 1)
        && resolve(text, Style::Plain, None, Mode::Kustomize) != Resolved::Refused
}
