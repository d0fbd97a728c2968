//! Scalars as Go reads them, in the two ways the cluster's tools do.

use std::borrow::Cow;

use thiserror::Error;

use crate::timestamp::is_timestamp;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes: the only style whose text decides its type.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// A block scalar after `|`.
    Literal,
    /// A block scalar after `>`.
    Folded,
}

/// Which Go library reads the scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `sigs.k8s.io/yaml`: the API server, kubectl, Helm values.
    Api,
    /// `go.yaml.in/yaml/v3` into an untyped value: Kustomize.
    Kustomize,
}

/// What a scalar is once its type is decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// `null`, `~`, or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// An integer that fits only without a sign; a float in [`Mode::Api`].
    Uint(u64),
    /// A number with a fraction or an exponent, or too large for an integer.
    Float(f64),
    /// A time stamp, only in [`Mode::Kustomize`].
    Timestamp,
    /// Text.
    Str,
    /// Not representable: the Go library ends with an error. `.inf` and `.nan` have no JSON form;
    /// `!!int x` is no integer; `!!binary` takes base64.
    Refused,
}

/// Reads a scalar as `sigs.k8s.io/yaml` v1.6 and `go.yaml.in/yaml/v3` do; `tests/scalars.tsv` is
/// what they were measured to say. `tag` is an explicit tag: its suffix in the core schema
/// (`str`, `int` …), or the whole of another one.
#[must_use]
pub fn resolve(text: &str, style: Style, tag: Option<&str>, mode: Mode) -> Resolved {
    match (mode, decode(text, style, tag, mode)) {
        (Mode::Api, Resolved::Float(value)) if !value.is_finite() => Resolved::Refused,
        (Mode::Api, Resolved::Uint(value)) => Resolved::Float(value as f64),
        (_, value) => value,
    }
}

/// What go-yaml itself decodes, before [`Mode::Api`] sends it through JSON.
fn decode(text: &str, style: Style, tag: Option<&str>, mode: Mode) -> Resolved {
    let quoted = style != Style::Plain;
    match tag {
        None if quoted => Resolved::Str,
        None => untagged(text, mode),
        // yaml.v3 takes the non-specific tag of a plain scalar for none, yaml.v2 for `!!str`.
        Some("!") if quoted || mode == Mode::Api => Resolved::Str,
        Some("!") => untagged(text, mode),
        Some("binary") if !is_base64(text) => Resolved::Refused,
        Some("timestamp") if !is_timestamp(text) => Resolved::Refused,
        Some("timestamp") => timestamp(mode),
        Some(wanted @ ("bool" | "int" | "float" | "null")) => tagged(text, wanted, mode),
        Some(_) => Resolved::Str,
    }
}

/// A key as the text under which the map holds it, `style` and `tag` as in [`resolve`].
///
/// `sigs.k8s.io/yaml` v1.6 resolves a key like a value and prints it again (`y` is `true`, `1.0`
/// is `1`); Kustomize keeps the text.
///
/// # Errors
/// [`KeyError`] for keys that have no such text.
pub fn resolve_key<'t>(
    text: &'t str,
    style: Style,
    tag: Option<&str>,
    mode: Mode,
) -> Result<Cow<'t, str>, KeyError> {
    let made = match decode(text, style, tag, mode) {
        Resolved::Refused => return Err(KeyError::Refused),
        Resolved::Null => return Err(KeyError::Null),
        _ if tag == Some("binary") => return Err(KeyError::Binary),
        Resolved::Bool(value) if mode == Mode::Api => value.to_string(),
        Resolved::Int(value) if mode == Mode::Api => value.to_string(),
        Resolved::Uint(_) if mode == Mode::Api => return Err(KeyError::TooLarge),
        Resolved::Float(value) if mode == Mode::Api => key_of_float(value),
        _ => return Ok(text.into()),
    };
    Ok(made.into())
}

/// Why a key has no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum KeyError {
    /// `null`, `~` or nothing: kubectl and Helm refuse the document, Kustomize drops the entry.
    #[error("null is no key: kubectl and Helm refuse it, Kustomize drops the entry")]
    Null,
    /// An integer that fits only without a sign: kubectl and Helm refuse it.
    #[error("an integer over 9223372036854775807 is no key for kubectl and Helm")]
    TooLarge,
    /// `!!binary`, whose bytes need not be text.
    #[error("`!!binary` is not read as a key")]
    Binary,
    /// Text that does not fit its explicit tag.
    #[error("the text of the key does not fit its tag")]
    Refused,
}

/// `convertToJSONableObject` prints a float key with 32 bits, and go-yaml's words for what is no
/// number.
fn key_of_float(value: f64) -> String {
    let value = value as f32;
    match value {
        _ if value.is_nan() => ".nan".to_owned(),
        f32::INFINITY => ".inf".to_owned(),
        f32::NEG_INFINITY => "-.inf".to_owned(),
        _ => shortest(&format!("{value:e}")),
    }
}

/// A number as Go's `%v` prints a float64: what a template makes of one that is not quoted.
#[must_use]
pub fn go_float(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => shortest(&format!("{value:e}")),
    }
}

/// A finite number as `encoding/json` writes it: an exponent only below 1e-6 and from 1e21 on.
pub(crate) fn go_json_number(value: f64) -> String {
    if value == 0.0 || (1e-6..1e21).contains(&value.abs()) {
        return value.to_string();
    }
    // `1e-09` is shortened to `1e-9`.
    go_float(value).replace("e-0", "e-")
}

/// From Rust's `1.5e-7` to Go's shortest `g`: from a million on, and below a ten-thousandth, with an
/// exponent of at least two digits.
fn shortest(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let places = exponent.unsigned_abs() as usize;
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{places:02}");
    }
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(places - 1));
    }
    match digits.split_at_checked(places + 1) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits:0<width$}", width = places + 1),
    }
}

/// A plain scalar without a tag.
fn untagged(text: &str, mode: Mode) -> Resolved {
    if is_timestamp(text) { timestamp(mode) } else { typed(text, mode) }
}

/// yaml.v2 keeps the text of a time stamp.
fn timestamp(mode: Mode) -> Resolved {
    if mode == Mode::Kustomize { Resolved::Timestamp } else { Resolved::Str }
}

/// A scalar with the tag of a type its text must fit; an integer fits `!!float`.
fn tagged(text: &str, wanted: &str, mode: Mode) -> Resolved {
    match (wanted, typed(text, mode)) {
        ("null", Resolved::Null) => Resolved::Null,
        ("bool", Resolved::Bool(value)) => Resolved::Bool(value),
        ("int", value @ (Resolved::Int(_) | Resolved::Uint(_))) => value,
        ("float", Resolved::Float(value)) => Resolved::Float(value),
        ("float", Resolved::Int(value)) => Resolved::Float(value as f64),
        _ => Resolved::Refused,
    }
}

/// The type the text alone has in go-yaml, time stamps left out.
fn typed(text: &str, mode: Mode) -> Resolved {
    let Some(&first) = text.as_bytes().first() else { return Resolved::Null };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => word(text, mode),
        b'.' | b'+' | b'-' | b'0'..=b'9' => number(text, mode),
        _ => Resolved::Str,
    }
}

fn word(text: &str, mode: Mode) -> Resolved {
    if text.len() > "false".len() {
        return Resolved::Str;
    }
    match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        _ if mode == Mode::Kustomize => Resolved::Str,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        _ => Resolved::Str,
    }
}

fn number(text: &str, mode: Mode) -> Resolved {
    if let Some(value) = not_finite(text) {
        return Resolved::Float(value);
    }
    // `strconv.ParseFloat` reads what begins with a dot, and wants a digit on both sides of `_`.
    if text.starts_with('.') && !underscores_between_digits(text) {
        return Resolved::Str;
    }
    let digits = without_underscores(text);
    if !text.starts_with('.')
        && let Some(value) = integer(&digits, mode)
    {
        return value;
    }
    float(&digits).map_or(Resolved::Str, Resolved::Float)
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { text.replace('_', "").into() } else { text.into() }
}

fn underscores_between_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b'_', bytes).all(|at| digit(at.checked_sub(1)) && digit(Some(at + 1)))
}

fn not_finite(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        _ => None,
    }
}

/// `strconv.ParseInt(text, 0, 64)`, `ParseUint` where that is too small, and the binary and octal
/// forms go-yaml adds; a leading `0` is octal, underscores are gone already.
fn integer(text: &str, mode: Mode) -> Option<Resolved> {
    let (sign, body) = split_sign(text);
    let (radix, digits) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &body[2..]),
        [b'0', b'b' | b'B', ..] => (2, &body[2..]),
        [b'0', b'o' | b'O', ..] => (8, &body[2..]),
        [b'0', _, ..] => (8, &body[1..]),
        _ => (10, body),
    };
    if let Some(value) = signed(sign, digits, radix) {
        return Some(value);
    }
    // go-yaml hands what follows `0b` (v3: `0o` too) to ParseInt once more, sign and all.
    let again = text.strip_prefix("0b").map(|rest| (rest, 2));
    let (rest, radix) = match mode {
        Mode::Api => again?,
        Mode::Kustomize => again.or_else(|| text.strip_prefix("0o").map(|rest| (rest, 8)))?,
    };
    let (sign, digits) = split_sign(rest);
    if sign.is_some() { signed(sign, digits, radix) } else { None }
}

fn split_sign(text: &str) -> (Option<char>, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (Some('-'), &text[1..]),
        Some(b'+') => (Some('+'), &text[1..]),
        _ => (None, text),
    }
}

/// Digits of one base; over 2^63 only without any sign.
fn signed(sign: Option<char>, digits: &str, radix: u32) -> Option<Resolved> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (sign, i64::try_from(magnitude)) {
        (Some('-'), Ok(value)) => Some(Resolved::Int(-value)),
        (Some('-'), Err(_)) => (magnitude == 1 << 63).then_some(Resolved::Int(i64::MIN)),
        (_, Ok(value)) => Some(Resolved::Int(value)),
        (None, Err(_)) => Some(Resolved::Uint(magnitude)),
        (Some(_), Err(_)) => None,
    }
}

/// The float pattern of go-yaml: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; too large
/// a number is none.
fn float(text: &str) -> Option<f64> {
    let (_, body) = split_sign(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && (fraction.is_empty() || all_digits(fraction)),
        None => all_digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|exponent| all_digits(split_sign(exponent).1));
    if !mantissa_ok || !exponent_ok {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether Go's `base64.StdEncoding` decodes it: whole groups of four, padded, line breaks ignored.
fn is_base64(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = digits.iter().rev().take_while(|&&byte| byte == b'=').count();
    let body = digits.len() - padding;
    digits.len().is_multiple_of(4)
        && padding <= 2
        && digits.iter().take(body).all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}
