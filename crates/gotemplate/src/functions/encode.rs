//! Values to YAML and TOML and back, bytes to letters and back, digests.

use mlgitops_yaml::{OriginId, Text, TextBuilder, parse, to_yaml, to_yaml_pretty};

use super::json::{as_list, as_map};
use super::words::remade;
use super::{Answer, Args, Function, digest, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("toYaml", 1, |m, a| {
        let [value] = a else { return nothing() };
        yaml_text(m, value, false)
    })
    .passing_on(),
    Function::new("toYamlPretty", 1, |m, a| {
        let [value] = a else { return nothing() };
        let Some(node) = m.export_plainly(value) else { return Ok(Value::text(Text::default())) };
        let text = to_yaml_pretty(&node, m.origins);
        m.make(text.len())?;
        Ok(Value::text(text))
    })
    .passing_on(),
    Function::new("fromYaml", 1, |m, a| {
        let [value] = a else { return nothing() };
        let text = m.arg_text(value)?;
        let read = read_yaml(m, &text)?;
        Ok(as_map(m, value, read, IN_YAML))
    }),
    Function::new("fromYamlArray", 1, |m, a| {
        let [value] = a else { return nothing() };
        let text = m.arg_text(value)?;
        let read = read_yaml(m, &text)?;
        Ok(as_list(m, value, read, IN_YAML))
    }),
    Function::new("toToml", 1, super::toml::to_toml),
    Function::new("fromToml", 1, |m, a| {
        let [value] = a else { return nothing() };
        m.arg_str(value)?;
        let origin = m.joined(a);
        Ok(Value { guard: origin, ..Value::new(Data::Unknown("TOML is not read".into())) })
    }),
    Function::new("b64enc", 1, |m, a| remade(m, a, |text| base64(text.as_bytes()))),
    Function::new("b64dec", 1, |m, a| {
        remade(m, a, |text| match from_base64(text) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(at) => format!("illegal base64 data at input byte {at}"),
        })
    }),
    Function::new("b32enc", 1, |m, a| remade(m, a, |text| base32(text.as_bytes()))),
    Function::new("b32dec", 1, |m, a| {
        remade(m, a, |text| match from_base32(text) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(at) => format!("illegal base32 data at input byte {at}"),
        })
    }),
    Function::new("sha1sum", 1, |m, a| summed(m, a, digest::sha1)),
    Function::new("sha256sum", 1, |m, a| summed(m, a, digest::sha256)),
    Function::new("sha512sum", 1, |m, a| summed(m, a, digest::sha512)),
    Function::new("adler32sum", 1, |m, a| summed(m, a, |bytes| digest::adler32(bytes).to_string())),
];

fn summed(machine: &mut Machine<'_>, arguments: Args<'_>, sum: fn(&[u8]) -> String) -> Answer {
    if let Some(Data::Str(text)) = arguments.first().map(|value| &value.data) {
        machine.make(4 * text.len())?;
    }
    remade(machine, arguments, |text| sum(text.as_bytes()))
}

/// A value as YAML; helm trims the line break at the end, `Values.YAML` keeps it.
pub(crate) fn yaml_text(machine: &mut Machine<'_>, value: &Value, ends: bool) -> Answer {
    // helm v3 pkg/engine/funcs.go: a value that cannot be printed gives an empty text.
    let Some(node) = machine.export(value) else { return Ok(Value::text(Text::default())) };
    let text = to_yaml(&node, machine.origins);
    machine.make(text.len())?;
    if !ends {
        return Ok(Value::text(text));
    }
    let mut out = TextBuilder::default();
    out.push(&text);
    out.push_str("\n", OriginId::NONE);
    Ok(Value::text(out.build()))
}

/// What a value takes while a text is read: in the tree, as a node, and itself.
const READ: usize = 320;

/// The first document of a text, or why it is none.
pub(super) fn read_yaml(machine: &mut Machine<'_>, text: &Text) -> Result<Result<Value, String>, Failure> {
    // Each value follows a sign of its own, a line break or another.
    let separates = |byte: &&u8| matches!(byte, b',' | b':' | b'\n' | b'[' | b'{' | b'-');
    machine.fits(READ * text.as_str().as_bytes().iter().filter(separates).count())?;
    machine.make(8 * text.len())?;
    Ok(first_document(machine, text))
}

fn first_document(machine: &mut Machine<'_>, text: &Text) -> Result<Value, String> {
    let tree = parse(text.clone());
    if let Some(error) = tree.errors().first() {
        return Err(format!("error converting YAML to JSON: yaml: {}", error.message));
    }
    let Some(root) = tree.documents().first().and_then(|document| document.root) else {
        return Ok(Value::new(Data::Nil));
    };
    let node = tree.node(root, machine.origins).map_err(|error| error.to_string())?;
    Ok(machine.heap.import(&node, machine.origins))
}

/// What the YAML library says before an error of JSON.
const IN_YAML: &str = "error unmarshaling JSON: while decoding JSON: ";

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Standard base 64, padded.
fn base64(bytes: &[u8]) -> String {
    grouped(bytes, 3, 6, BASE64)
}

fn base32(bytes: &[u8]) -> String {
    grouped(bytes, 5, 5, BASE32)
}

/// Groups of bytes as digits of `bits` bits each, padded to whole groups.
fn grouped(bytes: &[u8], group: usize, bits: usize, alphabet: &[u8]) -> String {
    let digits = group * 8 / bits;
    let mut out = String::with_capacity(bytes.len().div_ceil(group) * digits);
    for chunk in bytes.chunks(group) {
        let mut value: u64 = 0;
        for at in 0..group {
            value = value << 8 | u64::from(chunk.get(at).copied().unwrap_or(0));
        }
        let used = (chunk.len() * 8).div_ceil(bits);
        for digit in 0..digits {
            let index = (value >> (bits * (digits - 1 - digit))) as usize & ((1 << bits) - 1);
            let letter = alphabet.get(index).copied().unwrap_or(b'=');
            out.push(if digit < used { char::from(letter) } else { '=' });
        }
    }
    out
}

/// The bytes, or where they cannot be read on.
fn from_base64(text: &str) -> Result<Vec<u8>, usize> {
    ungrouped(text, 4, 6, BASE64)
}

/// The same of what may hold line breaks, as YAML has it.
pub(crate) fn bytes_of_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    from_base64(&text).ok()
}

fn from_base32(text: &str) -> Result<Vec<u8>, usize> {
    ungrouped(text, 8, 5, BASE32)
}

fn ungrouped(text: &str, digits: usize, bits: usize, alphabet: &[u8]) -> Result<Vec<u8>, usize> {
    let letters: Vec<(usize, u8)> =
        text.bytes().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n')).collect();
    let end = text.len();
    let mut out = Vec::with_capacity(letters.len());
    for (index, group) in letters.chunks(digits).enumerate() {
        let last = (index + 1) * digits >= letters.len();
        let mut value: u64 = 0;
        let mut used = 0;
        for &(at, letter) in group {
            if letter == b'=' && last && used > 1 {
                break;
            }
            let digit = alphabet.iter().position(|&have| have == letter).ok_or(at)?;
            value = value << bits | digit as u64;
            used += 1;
        }
        let padding = group.iter().skip(used).all(|&(_, letter)| letter == b'=');
        if group.len() < digits || !padding {
            let at = group.iter().skip(used).find(|(_, letter)| *letter != b'=').map_or(end, |&(at, _)| at);
            return Err(if group.len() < digits { end - (group.len() % digits) } else { at });
        }
        value <<= bits * (digits - used);
        let bytes = digits * bits / 8;
        let kept = used * bits / 8;
        for at in 0..kept {
            out.push((value >> (8 * (bytes - 1 - at))) as u8);
        }
    }
    Ok(out)
}
