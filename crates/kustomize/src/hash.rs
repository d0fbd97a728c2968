//! The suffix of generated names: a hash of the content (kustomize v5.8 `api/hasher/hasher.go`).

use std::fmt::Write as _;

use mlgitops_yaml::{Mode, Node, Resolved, Value};
use sha2::{Digest, Sha256};

/// Ten characters that stand for the content of an object.
pub(crate) fn suffix(node: &Node) -> String {
    let mut content = String::from("{");
    let field = |name: &str| node.get(name).present();
    match node.get("kind").text() {
        Some("ConfigMap") => {
            if let Some(binary) = field("binaryData").filter(|node| node.as_map().is_some()) {
                content.push_str("\"binaryData\":");
                json(binary, &mut content);
                content.push(',');
            }
            content.push_str("\"data\":");
            or_empty(field("data"), &mut content);
            // The name is looked up in a way that never finds it.
            content.push_str(",\"kind\":\"ConfigMap\",\"name\":\"\"");
        }
        _ => {
            content.push_str("\"data\":");
            or_empty(field("data"), &mut content);
            content.push_str(",\"kind\":\"Secret\",\"name\":\"\"");
            if let Some(text) = field("stringData").filter(|node| node.as_map().is_some()) {
                content.push_str(",\"stringData\":");
                json(text, &mut content);
            }
            content.push_str(",\"type\":");
            quote(node.get("type").text().unwrap_or_default(), &mut content);
        }
    }
    content.push('}');
    let mut hex = String::new();
    for byte in Sha256::digest(content.as_bytes()).iter().take(5) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    // Letters that could spell words, and digits that look like them, are replaced.
    hex.chars().map(harmless).collect()
}

fn harmless(character: char) -> char {
    match character {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    }
}

fn or_empty(node: Option<&Node>, out: &mut String) {
    match node {
        Some(node) => json(node, out),
        None => out.push_str("\"\""),
    }
}

/// JSON as Go prints it: keys sorted, `<`, `>` and `&` escaped.
fn json(node: &Node, out: &mut String) {
    match &node.value {
        Value::Null | Value::Unknown(_) => out.push_str("null"),
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                quote(key.name(), out);
                out.push(':');
                json(value, out);
            }
            out.push('}');
        }
        Value::Sequence(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json(item, out);
            }
            out.push(']');
        }
        Value::Scalar(scalar) => match scalar.resolve(Mode::Kustomize) {
            Resolved::Null => out.push_str("null"),
            Resolved::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Resolved::Int(value) => out.push_str(&value.to_string()),
            Resolved::Uint(value) => out.push_str(&value.to_string()),
            Resolved::Float(value) => out.push_str(&mlgitops_yaml::go_float(value)),
            _ => quote(&scalar.text, out),
        },
    }
}

/// A document printed again as the text it was read from: JSON in one line or several, else YAML.
pub(crate) fn structured(document: &Node, before: &str) -> String {
    let mut out = String::new();
    if !before.trim_start().starts_with(['{', '[']) {
        crate::print::yaml(document, 0, false, &mut out);
        return out.trim().to_owned();
    }
    if before.contains('\n') && before.contains("  ") {
        pretty(document, 0, &mut out);
    } else {
        json(document, &mut out);
    }
    out
}

/// JSON with two spaces a level, as Go indents it.
fn pretty(node: &Node, depth: usize, out: &mut String) {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                quote(key.name(), out);
                out.push_str(": ");
                pretty(value, depth + 1, out);
            }
            line(depth, out);
            out.push('}');
        }
        Value::Sequence(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                pretty(item, depth + 1, out);
            }
            line(depth, out);
            out.push(']');
        }
        _ => json(node, out),
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Base64, broken into lines of 70 characters where it is longer (kyaml `yaml/datamap.go`).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const LINE: usize = 70;
    let mut encoded = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for at in 0..4 {
            if at > chunk.len() {
                encoded.push('=');
            } else {
                let index = (bits >> (18 - 6 * at)) & 63;
                encoded.push(ALPHABET.get(index as usize).map_or('=', |byte| char::from(*byte)));
            }
        }
    }
    if encoded.len() < LINE {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for (at, character) in encoded.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded_and_broken_into_lines() {
        let cases = [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj")];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        let long = base64(&[0; 60]);
        assert_eq!(long, format!("{}\n{}\n", "A".repeat(70), "A".repeat(10)));
    }
}
