//! JSON as `encoding/json` reads it into interfaces, and what it says of a text that is none (Go
//! `encoding/json`, scanner.go and decode.go).

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_yaml::Text;

use crate::exchange::NODE;
use crate::machine::Machine;
use crate::value::{Data, ListType, MapType, Slot, Value};

/// What a text holds.
pub(super) struct Read {
    pub(super) value: Value,
    /// What Go could not take, though it is JSON: a number that is too large. The rest is there.
    pub(super) refused: Option<String>,
}

/// Reads a text that is one value.
pub(super) fn read(machine: &mut Machine<'_>, text: &Text) -> Result<Read, String> {
    machine.make(text.len()).map_err(|failure| failure.message)?;
    let mut reader = Reader { text, bytes: text.as_str().as_bytes(), at: 0, refused: None };
    let value = reader.value(machine, 0)?;
    reader.blanks();
    match reader.peek() {
        Some(_) => Err(reader.unexpected("after top-level value")),
        None => Ok(Read { value, refused: reader.refused }),
    }
}

struct Reader<'t> {
    text: &'t Text,
    bytes: &'t [u8],
    at: usize,
    refused: Option<String>,
}

/// What Go says of a byte: a byte above ASCII is a letter of Latin-1 to it.
fn refused(byte: u8, place: &str) -> String {
    let quoted = match byte {
        b'\'' => r"\'".to_owned(),
        b'\\' => r"\\".to_owned(),
        b'\n' => r"\n".to_owned(),
        b'\r' => r"\r".to_owned(),
        b'\t' => r"\t".to_owned(),
        0x07 => r"\a".to_owned(),
        0x08 => r"\b".to_owned(),
        0x0b => r"\v".to_owned(),
        0x0c => r"\f".to_owned(),
        0x00..=0x1f | 0x7f => format!(r"\x{byte:02x}"),
        0x80..=0xa0 | 0xad => format!(r"\u{byte:04x}"),
        _ => char::from(byte).to_string(),
    };
    format!("invalid character '{quoted}' {place}")
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// What is wrong with the next byte: Go looks at bytes, not at characters.
    fn unexpected(&self, place: &str) -> String {
        match self.peek() {
            Some(byte) => refused(byte, place),
            None => "unexpected end of JSON input".to_owned(),
        }
    }

    /// The same inside a word, a number or an escape, where Go takes the end for a space.
    fn cut_short(&self, place: &str) -> String {
        refused(self.peek().unwrap_or(b' '), place)
    }

    /// Takes the next byte if it is this one.
    fn takes(&mut self, wanted: u8) -> bool {
        let is = self.peek() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    fn value(&mut self, machine: &mut Machine<'_>, depth: usize) -> Result<Value, String> {
        machine.step().and_then(|()| machine.make(NODE)).map_err(|failure| failure.message)?;
        if depth > limits::DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.blanks();
        let start = self.at;
        let mut value = match self.peek() {
            Some(b'{') => self.map(machine, depth)?,
            Some(b'[') => self.list(machine, depth)?,
            Some(b'"') => {
                let string = self.string()?;
                let origin = machine.origin_of(self.text, start, self.at);
                // One of several pieces keeps each of them.
                let is_as_written = string.len() + 2 == self.at - start;
                return Ok(match machine.origins.exact(origin) {
                    None if is_as_written => Value::text(self.text.slice(start + 1..self.at - 1)),
                    _ => Value::str(&string, origin),
                });
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Data::Bool(true))?,
            Some(b'f') => self.word("false", Data::Bool(false))?,
            Some(b'n') => self.word("null", Data::Nil)?,
            _ => return Err(self.unexpected("looking for beginning of value")),
        };
        value.origin = machine.origin_of(self.text, start, self.at);
        Ok(value)
    }

    fn map(&mut self, machine: &mut Machine<'_>, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut entries = BTreeMap::new();
        self.blanks();
        if !self.takes(b'}') {
            loop {
                self.blanks();
                let start = self.at;
                if self.peek() != Some(b'"') {
                    return Err(self.unexpected("looking for beginning of object key string"));
                }
                let name = self.string()?;
                let key = machine.origin_of(self.text, start, self.at);
                self.blanks();
                if !self.takes(b':') {
                    return Err(self.unexpected("after object key"));
                }
                let value = self.value(machine, depth + 1)?;
                // Of a key that stands twice the last one counts.
                entries.insert(Arc::from(name), Slot { key, value });
                self.blanks();
                if self.takes(b'}') {
                    break;
                }
                if !self.takes(b',') {
                    return Err(self.unexpected("after object key:value pair"));
                }
            }
        }
        Ok(Value::new(Data::Map(machine.heap.add_map(entries, MapType::Any))))
    }

    fn list(&mut self, machine: &mut Machine<'_>, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if !self.takes(b']') {
            loop {
                items.push(self.value(machine, depth + 1)?);
                self.blanks();
                if self.takes(b']') {
                    break;
                }
                if !self.takes(b',') {
                    return Err(self.unexpected("after array element"));
                }
            }
        }
        Ok(Value::new(Data::List(machine.heap.add_list(items, ListType::Any))))
    }

    fn word(&mut self, word: &str, data: Data) -> Result<Value, String> {
        for letter in word.bytes() {
            if !self.takes(letter) {
                let letter = char::from(letter);
                return Err(self.cut_short(&format!("in literal {word} (expecting '{letter}')")));
            }
        }
        Ok(Value::new(data))
    }

    fn digits(&mut self, place: &str) -> Result<(), String> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.cut_short(place)) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits("in numeric literal")?;
        }
        if self.takes(b'.') {
            self.digits("after decimal point in numeric literal")?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'+') || self.takes(b'-');
            self.digits("in exponent of numeric literal")?;
        }
        let written = self.text.as_str().get(start..self.at).unwrap_or("");
        let data = match written.parse::<f64>() {
            Ok(number) if number.is_finite() => Data::Float(number),
            _ => {
                let message =
                    format!("json: cannot unmarshal number {written} into Go value of type float64");
                self.refused.get_or_insert(message);
                Data::Nil
            }
        };
        Ok(Value::new(data))
    }

    /// A string, from its quote on.
    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            // Only ASCII ends the loop, so that both ends are between characters.
            out.push_str(self.text.as_str().get(start..self.at).unwrap_or(""));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, String> {
        let character = match self.peek() {
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(byte @ (b'\\' | b'/' | b'"')) => char::from(byte),
            Some(b'u') => {
                self.at += 1;
                return self.code();
            }
            _ => return Err(self.cut_short("in string escape code")),
        };
        self.at += 1;
        Ok(character)
    }

    /// Four hexadecimal digits, or a pair of them that is one character.
    fn code(&mut self) -> Result<char, String> {
        let first = self.hexadecimal()?;
        if (0xd800..0xdc00).contains(&first)
            && self.bytes.get(self.at..).is_some_and(|b| b.starts_with(b"\\u"))
        {
            let before = self.at;
            self.at += 2;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.cut_short("in \\u hexadecimal character escape"));
            };
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}
