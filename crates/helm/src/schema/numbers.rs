//! Numbers of schemas and values, compared as what is written, not as what a float holds.

use mlgitops_gotemplate::{Data, Value};
use mlgitops_yaml::{Mode, Node, Resolved, go_float};

/// The number a keyword says.
pub(super) fn of_node(node: Option<&Node>) -> Option<f64> {
    match node?.as_scalar()?.resolve(Mode::Api) {
        Resolved::Int(value) => Some(value as f64),
        Resolved::Uint(value) => Some(value as f64),
        Resolved::Float(value) => Some(value),
        _ => None,
    }
}

/// The number a value is.
pub(super) fn of_value(value: &Value) -> Option<f64> {
    match value.data {
        Data::Int(value, _) => Some(value as f64),
        Data::Float(value) => Some(value),
        _ => None,
    }
}

/// A count a keyword says: a whole number that is not negative.
pub(super) fn count(node: Option<&Node>) -> Option<usize> {
    let number = of_node(node)?;
    (number >= 0.0 && number.fract() == 0.0 && number < 1e15).then_some(number as usize)
}

/// Whether `number` is a multiple of `step`, as their decimal digits say: 0.3 is one of 0.1.
pub(super) fn is_multiple(number: f64, step: f64) -> bool {
    let quotient = number / step;
    let near = (quotient - quotient.round()).abs() <= quotient.abs().max(1.0) * 4.0 * f64::EPSILON;
    near && (number.abs() < 1e15 || quotient.fract() == 0.0)
}

/// A number as `golang.org/x/text` prints it in English.
pub(super) fn printed(number: f64) -> String {
    if !(1e-4..1e15).contains(&number.abs()) {
        return go_float(number);
    }
    let plain = number.to_string();
    let (sign, digits) = plain.strip_prefix('-').map_or(("", &*plain), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    format!("{sign}{}{rest}", grouped(whole))
}

/// Digits in groups of three.
pub(super) fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_english() {
        for (number, wanted) in [(0.0, "0"), (7.0, "7"), (1234.5, "1,234.5"), (-1_234_567.0, "-1,234,567")] {
            assert_eq!(printed(number), wanted);
        }
    }

    #[test]
    fn multiples_by_their_digits() {
        for (number, step, wanted) in
            [(0.3, 0.1, true), (0.35, 0.1, false), (9.0, 3.0, true), (10.0, 3.0, false), (0.0, 5.0, true)]
        {
            assert_eq!(is_multiple(number, step), wanted, "{number} of {step}");
        }
    }
}
