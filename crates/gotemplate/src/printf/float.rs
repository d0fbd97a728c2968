//! Floats by Go's verbs (Go `strconv` `FormatFloat`, `fmt` `fmtFloat`).

use mlgitops_yaml::go_float;

use super::Spec;

/// A float by a verb, with the zeros that lead it; `None` where the verb is for none.
pub(super) fn float_verb(value: f64, verb: char, spec: &Spec) -> Option<String> {
    if !value.is_finite() {
        return Some(signed(&go_float(value), spec));
    }
    let text = match verb {
        'b' => binary_float(value),
        'f' | 'F' => fixed(value, spec.precision.unwrap_or(6)),
        'e' | 'E' => go_exponent(&scientific(value, spec.precision.unwrap_or(6))),
        'g' | 'G' => match spec.precision {
            None => go_float(value),
            Some(precision) => general(value, precision.max(1)),
        },
        'x' | 'X' => hex_float(value, spec.precision),
        _ => return None,
    };
    let text = if spec.sharp && verb != 'b' { with_point(&text, verb, spec.precision) } else { text };
    let text = if verb.is_ascii_uppercase() { text.to_uppercase() } else { text };
    let text = signed(&text, spec);
    if !spec.zero {
        return Some(text);
    }
    let (sign, digits) = match text.strip_prefix(['-', '+', ' ']) {
        Some(digits) => (text.get(..1).unwrap_or(""), digits),
        None => ("", text.as_str()),
    };
    let pad = "0".repeat(spec.width.unwrap_or(0).saturating_sub(text.len()));
    Some(format!("{sign}{pad}{digits}"))
}

fn signed(number: &str, spec: &Spec) -> String {
    if number.starts_with(['-', '+']) {
        number.to_owned()
    } else if spec.plus {
        format!("+{number}")
    } else if spec.space {
        format!(" {number}")
    } else {
        number.to_owned()
    }
}

/// What `#` adds: a point, and for some verbs zeros up to the precision, six where none is given.
/// The characters of `0x` count as digits, for Go counts them.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text),
    };
    let exponent = if matches!(verb, 'x' | 'X') { 'p' } else { 'e' };
    let (number, tail) = number.find(exponent).map_or((number, ""), |at| number.split_at(at));
    let has_point = number.contains('.');
    let seen = number.chars().filter(|c| *c != '.').skip_while(|c| *c == '0').count();
    let seen = if number == "0" { 1 } else { seen };
    let wanted = if matches!(verb, 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let point = if has_point { "" } else { "." };
    format!("{sign}{number}{point}{}{tail}", "0".repeat(wanted.saturating_sub(seen)))
}

/// `%b` of a float: its 53 bits as a whole number, and the power of two it is multiplied by.
fn binary_float(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let fraction = bits & 0x000f_ffff_ffff_ffff;
    let (whole, exponent) = match i64::try_from(bits >> 52 & 0x7ff).unwrap_or(0) {
        0 => (fraction, -1_074),
        biased => (fraction | 1 << 52, biased - 1_075),
    };
    format!("{sign}{whole}p{exponent:+}")
}

/// No float has more digits than this; Rust's formatting panics at 65,536 of them.
const DIGITS: usize = 1_100;

/// `%.3f`.
fn fixed(value: f64, precision: usize) -> String {
    let mut text = format!("{value:.*}", precision.min(DIGITS));
    text.extend(std::iter::repeat_n('0', precision.saturating_sub(DIGITS)));
    text
}

/// `%.3e`, its exponent as Rust writes it.
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.*e}", precision.min(DIGITS));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}{}e{exponent}", "0".repeat(precision.saturating_sub(DIGITS)))
}

/// `%x` of a float: `0x1.8p+03`; with a precision, so many digits behind the point, rounded to the
/// nearest and from the middle to the even one.
fn hex_float(value: f64, precision: Option<usize>) -> String {
    /// Bits behind the point, and how many digits they are.
    const BITS: u32 = 52;
    const ALL: usize = 13;
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let mut fraction = bits & ((1 << BITS) - 1);
    let mut lead = 1;
    let mut exponent = i64::try_from(bits >> BITS & 0x7ff).unwrap_or(0) - 1023;
    if value == 0.0 {
        (lead, exponent) = (0, 0);
    } else if exponent == -1023 {
        let shift = fraction.leading_zeros() - (63 - BITS);
        fraction = fraction << shift & ((1 << BITS) - 1);
        exponent = -1022 - i64::from(shift);
    }
    if let Some(kept) = precision.filter(|kept| *kept < ALL) {
        let dropped = 4 * u32::try_from(ALL - kept).unwrap_or(0);
        let all: u64 = lead << BITS | fraction;
        let (mut whole, rest) = (all >> dropped, all & ((1 << dropped) - 1));
        let half = 1 << (dropped - 1);
        if rest > half || rest == half && whole & 1 == 1 {
            whole += 1;
        }
        let rounded = whole << dropped;
        (lead, fraction) = (rounded >> BITS, rounded & ((1 << BITS) - 1));
        if lead == 2 {
            (lead, exponent) = (1, exponent + 1);
        }
    }
    let digits = format!("{fraction:013x}");
    let digits = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(kept) => digits.chars().chain(std::iter::repeat('0')).take(kept).collect(),
    };
    let dot = if digits.is_empty() { "" } else { "." };
    let mark = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{lead}{dot}{digits}p{mark}{:02}", exponent.abs())
}

/// `%.3g`.
fn general(value: f64, precision: usize) -> String {
    let precision = precision.min(DIGITS);
    let scientific = format!("{value:.*e}", precision - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= limit {
        return go_exponent(&format!("{}e{exponent}", trimmed(mantissa)));
    }
    let places = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    trimmed(&format!("{value:.places$}"))
}

/// From `1.5e7` to `1.5e+07`.
fn go_exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}
