//! Scalars as Go reads them, in the two ways the cluster's tools do.

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
    /// An integer that fits only without a sign.
    Uint(u64),
    /// A number with a fraction or an exponent, or too large for an integer.
    Float(f64),
    /// A time stamp, only in [`Mode::Kustomize`].
    Timestamp,
    /// Text.
    Str,
    /// Not representable: `.inf` and `.nan` have no JSON form and are refused.
    Refused,
}

/// Reads a scalar. `tag` is an explicit tag's suffix in the core schema (`str`, `int` …).
#[must_use]
pub fn resolve(text: &str, style: Style, tag: Option<&str>, mode: Mode) -> Resolved {
    match tag {
        Some("str" | "binary") => return Resolved::Str,
        None if style != Style::Plain => return Resolved::Str,
        _ => {}
    }
    let plain = plain(text, mode);
    match (tag, &plain) {
        (Some("float"), Resolved::Int(value)) => Resolved::Float(*value as f64),
        (Some("float"), Resolved::Uint(value)) => Resolved::Float(*value as f64),
        _ => plain,
    }
}

fn plain(text: &str, mode: Mode) -> Resolved {
    let Some(&first) = text.as_bytes().first() else { return Resolved::Null };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => word(text, mode),
        b'.' | b'+' | b'-' | b'0'..=b'9' => number_or_time(text, mode),
        _ => Resolved::Str,
    }
}

fn word(text: &str, mode: Mode) -> Resolved {
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

fn number_or_time(text: &str, mode: Mode) -> Resolved {
    if matches!(text, ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF") {
        return infinite(f64::INFINITY, mode);
    }
    if matches!(text, "-.inf" | "-.Inf" | "-.INF") {
        return infinite(f64::NEG_INFINITY, mode);
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return infinite(f64::NAN, mode);
    }
    if mode == Mode::Kustomize && is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| float(&digits)).unwrap_or(Resolved::Str)
}

fn infinite(value: f64, mode: Mode) -> Resolved {
    if mode == Mode::Api { Resolved::Refused } else { Resolved::Float(value) }
}

/// `strconv.ParseInt(text, 0, 64)` and the `0o`, `0b` and `-0b` forms of go-yaml: a leading `0`
/// is octal, underscores are gone already.
fn integer(text: &str) -> Option<Resolved> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &body[2..]),
        [b'0', b'b' | b'B', ..] => (2, &body[2..]),
        [b'0', b'o' | b'O', ..] => (8, &body[2..]),
        [b'0', _, ..] => (8, &body[1..]),
        _ => (10, body),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(magnitude)) {
        (false, Ok(value)) => Some(Resolved::Int(value)),
        (false, Err(_)) => Some(Resolved::Uint(magnitude)),
        (true, Ok(value)) => Some(Resolved::Int(-value)),
        (true, Err(_)) if magnitude == 1 << 63 => Some(Resolved::Int(i64::MIN)),
        (true, Err(_)) => None,
    }
}

/// The float pattern of go-yaml: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn float(text: &str) -> Option<Resolved> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
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
    let exponent_ok =
        exponent.is_none_or(|exponent| all_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    if !mantissa_ok || !exponent_ok {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Resolved::Float(value))
}

/// The forms go-yaml tries: `2006-01-02`, and with a time after `T`, `t` or a space.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    is_date(date, time.is_some()) && time.is_none_or(is_time)
}

fn is_date(text: &str, short_allowed: bool) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let number = |part: &str| {
        let long_enough = part.len() == 2 || (short_allowed && part.len() == 1);
        (long_enough && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u8>().unwrap_or(0))
    };
    let year = (year.len() == 4).then(|| year.parse::<u16>().ok()).flatten();
    match (year, number(month), number(day)) {
        (Some(year), Some(month @ 1..=12), Some(day)) => (1..=days_in(year, month)).contains(&day),
        _ => false,
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_time(text: &str) -> bool {
    let text = text.trim_start_matches(' ');
    let (clock, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => (text[..at].trim_end_matches(' '), &text[at..]),
        None => (text, ""),
    };
    let mut parts = clock.split(':');
    let below = |part: Option<&str>, limit: u8| {
        part.is_some_and(|part| {
            (1..=2).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse::<u8>().is_ok_and(|value| value < limit)
        })
    };
    let clock_ok = below(parts.next(), 24)
        && below(parts.next(), 60)
        && parts.next().is_some_and(|seconds| {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            below(Some(whole), 60) && !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit())
        })
        && parts.next().is_none();
    let zone_ok = zone.is_empty()
        || zone == "Z"
        || zone.get(1..).is_some_and(|offset| {
            let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
            below(Some(hours), 24) && below(Some(minutes), 60)
        });
    clock_ok && zone_ok
}
