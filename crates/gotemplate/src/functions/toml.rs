//! `toToml`, as the library behind it prints (`BurntSushi/toml` v1.5 `encode.go`).

use mlgitops_files::limits;

use super::Args;
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, Value};

/// What the library refuses; Helm prints it.
type Refused = &'static str;

const NIL_ELEMENT: Refused = "toml: cannot encode array with nil element";
/// What is said of a text that nobody needs: it is over the limit of a chart's output.
const TOO_LARGE: Refused = "it makes too much text";
const NO_KEY: Refused = "toml: top-level values must be Go maps or structs";

pub(super) fn to_toml(machine: &mut Machine<'_>, arguments: Args<'_>) -> Result<Value, Failure> {
    let [value] = arguments else { return Ok(Value::new(Data::Missing)) };
    let origin = machine.joined(arguments);
    let plain = machine.plain(value);
    // What is too large or too deep for a tree is so for a text.
    if machine.export(&plain).is_none() {
        return Ok(Value::str("", origin));
    }
    let mut encoder = Encoder { machine, out: String::new() };
    let encoded = encoder.document(&plain);
    let out = match encoded {
        Ok(()) => encoder.out,
        Err(TOO_LARGE) => return Err(Failure::new(crate::FailureKind::Limit, TOO_LARGE)),
        Err(message) => message.to_owned(),
    };
    machine.make(out.len())?;
    Ok(Value::str(&out, origin))
}

struct Encoder<'e, 'm> {
    machine: &'e Machine<'m>,
    out: String,
}

impl Encoder<'_, '_> {
    fn document(&mut self, value: &Value) -> Result<(), Refused> {
        match &value.data {
            Data::Map(_) => self.table(&[], value),
            Data::List(_) if self.is_tables(value)? => Err(NO_KEY),
            _ => self.element(value, 0),
        }
    }

    /// The entries of a table: first those of one line, then the tables in it.
    fn table(&mut self, path: &[&str], value: &Value) -> Result<(), Refused> {
        let Data::Map(map) = value.data else { return Ok(()) };
        if path.len() > limits::DEPTH {
            return Ok(());
        }
        let slots = self.machine.heap.map(map);
        let mut below = Vec::new();
        for (key, slot) in slots.iter().filter(|(_, slot)| !slot.value.is_nil()) {
            if self.has_header(&slot.value)? {
                below.push((key, slot));
                continue;
            }
            self.indent(path.len());
            self.out += &format!("{} = ", key_of(key));
            self.element(&slot.value, 0)?;
            self.out.push('\n');
        }
        for (key, slot) in below {
            let mut inner = path.to_vec();
            inner.push(key);
            match &slot.value.data {
                Data::List(list) => {
                    for item in self.machine.heap.list(*list) {
                        self.begin_line();
                        self.header(&inner, "[[", "]]")?;
                        self.table(&inner, item)?;
                    }
                }
                _ => {
                    if path.is_empty() {
                        self.begin_line();
                    }
                    self.header(&inner, "[", "]")?;
                    self.table(&inner, &slot.value)?;
                }
            }
        }
        Ok(())
    }

    fn header(&mut self, path: &[&str], open: &str, close: &str) -> Result<(), Refused> {
        // The whole path stands in each.
        if self.out.len() > limits::CHART_OUTPUT_BYTES {
            return Err(TOO_LARGE);
        }
        self.indent(path.len().saturating_sub(1));
        let path: Vec<String> = path.iter().map(|key| key_of(key)).collect();
        self.out += &format!("{open}{}{close}\n", path.join("."));
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    /// An empty line, but at the beginning.
    fn begin_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Whether a value stands below a line in brackets.
    fn has_header(&self, value: &Value) -> Result<bool, Refused> {
        match &value.data {
            Data::Map(_) => Ok(true),
            Data::List(_) => self.is_tables(value),
            _ => Ok(false),
        }
    }

    /// Whether a list holds tables and nothing else.
    fn is_tables(&self, value: &Value) -> Result<bool, Refused> {
        let Data::List(list) = &value.data else { return Ok(false) };
        let items = self.machine.heap.list(*list);
        if items.iter().any(Value::is_nil) {
            return Err(NIL_ELEMENT);
        }
        Ok(!items.is_empty() && items.iter().all(|item| matches!(item.data, Data::Map(_))))
    }

    /// A value that stands in a line.
    fn element(&mut self, value: &Value, depth: usize) -> Result<(), Refused> {
        match &value.data {
            _ if depth > limits::DEPTH => {}
            Data::Str(text) => self.out += &quoted(text.as_str()),
            Data::Float(_) => {
                let number = crate::print::scalar(value);
                let is_whole = !number.contains(['e', '.']);
                self.out += &number;
                self.out += if is_whole { ".0" } else { "" };
            }
            Data::List(list) => {
                self.is_tables(value)?;
                self.out.push('[');
                for (at, item) in self.machine.heap.list(*list).iter().enumerate() {
                    self.out += if at > 0 { ", " } else { "" };
                    self.element(item, depth + 1)?;
                }
                self.out.push(']');
            }
            Data::Map(map) => self.inline(*map, depth)?,
            Data::Object(object) if object.bytes().is_some() => {
                let bytes = object.bytes().map_or("", |text| text.as_str()).bytes();
                let numbers: Vec<String> = bytes.map(|byte| byte.to_string()).collect();
                self.out += &format!("[{}]", numbers.join(", "));
            }
            _ => self.out += &crate::print::scalar(value),
        }
        Ok(())
    }

    /// `{a = 1, b = {c = 2}}`
    fn inline(&mut self, map: crate::value::MapId, depth: usize) -> Result<(), Refused> {
        let slots = self.machine.heap.map(map);
        let mut known: Vec<_> = slots.iter().filter(|(_, slot)| !slot.value.is_nil()).collect();
        // Tables come last here, too; a stable sort keeps the names in order.
        known.sort_by_key(|(_, slot)| self.has_header(&slot.value) == Ok(true));
        self.out.push('{');
        for (at, (key, slot)) in known.into_iter().enumerate() {
            self.out += if at > 0 { ", " } else { "" };
            self.out += &format!("{} = ", key_of(key));
            self.element(&slot.value, depth + 1)?;
        }
        self.out.push('}');
        Ok(())
    }
}

fn key_of(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '\t' => out += "\\t",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\u{8}' => out += "\\b",
            '\u{c}' => out += "\\f",
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\0'..='\u{1f}' | '\u{7f}' => out += &format!("\\u{:04x}", u32::from(character)),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}
