//! Constants as Go writes them: quoted strings, characters and numbers.

/// The text of a quoted or raw string, as `strconv.Unquote` reads it.
pub(crate) fn unquote(word: &str) -> Option<String> {
    if let Some(raw) = word.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        return Some(raw.replace('\r', ""));
    }
    let body = word.strip_prefix('"')?.strip_suffix('"')?;
    if !body.contains('\\') {
        return Some(body.to_owned());
    }
    // Escapes may name single bytes of a character.
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(first) = rest.chars().next() {
        if first == '\\' {
            let (piece, after) = escape(rest, '"')?;
            match piece {
                Piece::Byte(byte) => out.push(byte),
                Piece::Char(character) => out.extend(character.to_string().bytes()),
            }
            rest = after;
        } else {
            out.extend(first.to_string().bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

enum Piece {
    Byte(u8),
    Char(char),
}

fn escape(text: &str, quote: char) -> Option<(Piece, &str)> {
    let mut characters = text[1..].chars();
    let kind = characters.next()?;
    let rest = characters.as_str();
    let digits = |count: usize, radix: u32| {
        let digits = rest.get(..count)?;
        let valid = digits.chars().all(|digit| digit.is_digit(radix));
        if valid { Some((u32::from_str_radix(digits, radix).ok()?, &rest[count..])) } else { None }
    };
    let simple = |byte: u8| Some((Piece::Byte(byte), rest));
    match kind {
        'a' => simple(7),
        'b' => simple(8),
        'f' => simple(12),
        'n' => simple(b'\n'),
        'r' => simple(b'\r'),
        't' => simple(b'\t'),
        'v' => simple(11),
        '\\' => simple(b'\\'),
        '\'' | '"' if kind == quote => Some((Piece::Char(kind), rest)),
        'x' => digits(2, 16).map(|(value, rest)| (Piece::Byte(value as u8), rest)),
        'u' => digits(4, 16).and_then(|(value, rest)| Some((Piece::Char(char::from_u32(value)?), rest))),
        'U' => digits(8, 16).and_then(|(value, rest)| Some((Piece::Char(char::from_u32(value)?), rest))),
        '0'..='7' => {
            let digits = text.get(1..4).filter(|digits| digits.chars().all(|digit| digit.is_digit(8)))?;
            let value = u8::try_from(u32::from_str_radix(digits, 8).ok()?).ok()?;
            Some((Piece::Byte(value), &text[4..]))
        }
        _ => None,
    }
}

/// The code point of `'x'`.
pub(crate) fn character(word: &str) -> Option<i64> {
    let body = word.strip_prefix('\'')?.strip_suffix('\'')?;
    if body.starts_with('\\') {
        let (piece, rest) = escape(body, '\'')?;
        return rest.is_empty().then_some(match piece {
            Piece::Byte(byte) => i64::from(byte),
            Piece::Char(character) => i64::from(u32::from(character)),
        });
    }
    let mut characters = body.chars();
    let first = characters.next()?;
    characters.next().is_none().then_some(i64::from(u32::from(first)))
}

/// A number as an ideal constant becomes a value.
#[derive(Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

/// A number as Go reads it: an integer of any base unless a dot or an exponent is written.
pub(crate) fn number(word: &str) -> Option<Number> {
    let is_hex = word.trim_start_matches(['+', '-']).to_ascii_lowercase().starts_with("0x");
    let is_float = word.contains('.') || (!is_hex && word.contains(['e', 'E'])) || word.contains(['p', 'P']);
    if is_float { float(word).map(Number::Float) } else { integer(word).map(Number::Int) }
}

/// `strconv.ParseInt(word, 0, 64)`.
pub(crate) fn integer(word: &str) -> Option<i64> {
    let (negative, body) = match word.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let lower = body.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let prefixed = digits.len() < lower.len();
    if !underscores_separate(digits, prefixed) {
        return None;
    }
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(&digits, radix).ok()?;
    match (negative, i64::try_from(magnitude)) {
        (true, Ok(value)) => Some(-value),
        (true, Err(_)) => (magnitude == 1 << 63).then_some(i64::MIN),
        (false, value) => value.ok(),
    }
}

/// Underscores stand between digits, or behind the prefix of a base.
fn underscores_separate(digits: &str, prefixed: bool) -> bool {
    !(digits.ends_with('_') || digits.contains("__") || (digits.starts_with('_') && !prefixed))
}

fn float(word: &str) -> Option<f64> {
    let lower = word.to_ascii_lowercase();
    let unsigned = lower.trim_start_matches(['+', '-']);
    if let Some(hex) = unsigned.strip_prefix("0x") {
        let value = hex_float(hex)?;
        return Some(if lower.starts_with('-') { -value } else { value });
    }
    let text = lower.replace('_', "");
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `1.8p3`, in base 16.
fn hex_float(text: &str) -> Option<f64> {
    let text = text.replace('_', "");
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = exponent.parse().ok()?;
    let shift = exponent.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    Some(value * 2f64.powi(shift)).filter(|value| value.is_finite())
}
