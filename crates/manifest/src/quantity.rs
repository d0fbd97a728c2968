//! Kubernetes quantities (`1500m`, `16Gi`, `12e6`), read, compared and written as Kubernetes does.
//!
//! The rules are those of `k8s.io/apimachinery v0.37 pkg/api/resource`, with their oddities: what
//! the API server stores is what `canonical` says, not what would be tidy.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// An exact amount of something: cores, bytes, GPUs.
///
/// Two quantities are equal where their amounts are, however they are written. Amounts of more than
/// 38 significant digits are compared by those 38.
#[derive(Debug, Clone)]
pub struct Quantity {
    /// The amount is `mantissa * 10^exponent`; the mantissa does not end in 0, unless it is 0.
    mantissa: i128,
    exponent: i64,
    canonical: Box<str>,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// It is not a number and a suffix.
    #[error("a quantity is a number and a suffix, such as `500m` or `16Gi`")]
    Format,
    /// There is no such suffix.
    #[error("a quantity has one of the suffixes n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent")]
    Suffix,
    /// It has a suffix, but no number.
    #[error("the quantity has no number")]
    Number,
}

/// How an amount is scaled, and in which of the three forms it is written again.
#[derive(Debug, Clone, Copy)]
enum Scale {
    /// A power of ten, by suffix.
    Decimal(i64),
    /// A power of ten, by exponent.
    Exponent(i64),
    /// This many times 1024.
    Binary(u32),
}

const DECIMAL: [(&str, i64); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Smaller parts of one are rounded up.
const NANO: i64 = -9;
/// Digits up to which Go keeps a number in an int64, and with it the text it was written as.
const SMALL: usize = 18;
/// The most an amount with a binary suffix can be: 2^63 - 1.
const MOST: &[u8] = b"9223372036854775807";

impl Quantity {
    /// Reads a quantity as the API server reads the JSON value of a field: white space around it is
    /// dropped. A number's text is read like a string's.
    ///
    /// # Errors
    /// [`QuantityError`] for what the API server refuses.
    pub fn decode(text: &str) -> Result<Self, QuantityError> {
        text.trim().parse()
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// The amount in thousand-millionths, which hold any quantity exactly; saturates at about
    /// 1.7 * 10^29 whole units.
    #[must_use]
    pub fn nanos(&self) -> i128 {
        let shift = u32::try_from(self.exponent - NANO).unwrap_or(u32::MAX);
        let power = 10_i128.checked_pow(shift);
        let most = if self.mantissa < 0 { i128::MIN } else { i128::MAX };
        let nanos = power.and_then(|power| self.mantissa.checked_mul(power)).unwrap_or(most);
        if self.is_zero() { 0 } else { nanos }
    }

    /// The amount in whole units, as a number of bytes: rounded up, 0 for what is negative,
    /// saturating.
    #[must_use]
    pub fn as_bytes(&self) -> u64 {
        let nanos = self.nanos().max(0);
        let whole = nanos / 1_000_000_000 + i128::from(nanos % 1_000_000_000 != 0);
        u64::try_from(whole).unwrap_or(u64::MAX)
    }

    /// What a Kubernetes program writes for it: `1000m` becomes `1`, `0.5` becomes `500m`, `1024Mi`
    /// becomes `1Gi`, `1.5Gi` becomes `1536Mi`.
    ///
    /// Oddities of apimachinery included: what it takes for canonical it keeps as written (`1.500`,
    /// `+5`, `007`), and a suffix it does not have it leaves out (`1000E` becomes `1`).
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// Reads a quantity as `resource.ParseQuantity` does.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let written = Written::scan(text).ok_or(QuantityError::Format)?;
        let scale = Scale::of(written.suffix).ok_or(QuantityError::Suffix)?;
        let kept = written.is_small(scale);
        if !kept && !written.number.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(QuantityError::Number);
        }
        let amount = written.amount(scale);
        let (mantissa, exponent) = amount.number();
        let kept = kept && written.looks_canonical(scale);
        let canonical = if kept { text.into() } else { amount.canonical(scale).into() };
        Ok(Self { mantissa, exponent, canonical })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.mantissa.signum().cmp(&other.mantissa.signum());
        let magnitudes = self.magnitude().cmp(&other.magnitude());
        signs.then(if self.mantissa < 0 { magnitudes.reverse() } else { magnitudes })
    }
}

impl Quantity {
    /// The absolute amount in a form that orders by itself: how many digits stand before the point,
    /// then the digits, filled up to 38.
    fn magnitude(&self) -> (i64, u128) {
        let digits = self.mantissa.unsigned_abs().checked_ilog10().map_or(0, |log| log + 1);
        let filled = self.mantissa.unsigned_abs().saturating_mul(10_u128.pow(38_u32.saturating_sub(digits)));
        if self.is_zero() { (0, 0) } else { (self.exponent + i64::from(digits), filled) }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quantity {}

impl Scale {
    fn of(suffix: &str) -> Option<Self> {
        if let Some((_, exponent)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
            return Some(Self::Decimal(*exponent));
        }
        if let Some(times) = BINARY.iter().position(|known| *known == suffix) {
            return u32::try_from(times).ok().map(Self::Binary);
        }
        let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
        // Go keeps the low 32 bits and says nothing.
        #[expect(clippy::cast_possible_truncation)]
        let exponent = exponent as i32;
        Some(Self::Exponent(i64::from(exponent)))
    }

    /// The power of ten.
    fn exponent(self) -> i64 {
        match self {
            Self::Decimal(exponent) | Self::Exponent(exponent) => exponent,
            Self::Binary(_) => 0,
        }
    }
}

/// The parts of a text that may be a quantity.
struct Written<'t> {
    negative: bool,
    /// Sign, digits and point as they stand.
    number: &'t str,
    /// The digits before the point without leading zeros.
    whole: &'t str,
    /// The digits after it.
    fraction: &'t str,
    suffix: &'t str,
}

impl<'t> Written<'t> {
    fn scan(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, mut suffix) = digits(unsigned.trim_start_matches('0'));
        let mut fraction = "";
        if let Some(rest) = suffix.strip_prefix('.') {
            (fraction, suffix) = digits(rest);
        }
        let exponent = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let number = text.strip_suffix(suffix)?;
        let negative = text.starts_with('-');
        digits(exponent).1.is_empty().then_some(Self { negative, number, whole, fraction, suffix })
    }

    /// Whether Go would hold it in an int64, on which hangs what it writes.
    fn is_small(&self, scale: Scale) -> bool {
        let whole = self.whole.len().max(1);
        match scale {
            Scale::Binary(times) => self.fraction.is_empty() && whole + 3 * (times as usize) < 15,
            Scale::Decimal(_) | Scale::Exponent(_) => {
                whole + self.fraction.len() <= SMALL && self.places(scale) >= NANO
            }
        }
    }

    /// The power of ten of the last digit written.
    fn places(&self, scale: Scale) -> i64 {
        scale.exponent() - i64::try_from(self.fraction.len()).unwrap_or(i64::MAX / 2)
    }

    /// Whether Go takes it for canonical, and so keeps it; asked of small ones only.
    fn looks_canonical(&self, scale: Scale) -> bool {
        match scale {
            Scale::Binary(_) => self.whole.parse::<u64>().is_ok_and(|value| value % 8 != 0),
            Scale::Decimal(_) | Scale::Exponent(_) => {
                let zeros = [self.whole, self.fraction].concat().ends_with("000");
                self.places(scale) % 3 == 0 && !zeros && !self.whole.is_empty()
            }
        }
    }

    fn amount(&self, scale: Scale) -> Amount {
        let digits = [self.whole, self.fraction].concat().bytes().map(|byte| byte - b'0').collect();
        let mut amount = Amount { negative: self.negative, digits, exponent: self.places(scale) };
        if let Scale::Binary(times) = scale {
            (0..times).for_each(|_| amount.times_1024());
        }
        amount.round_up();
        amount.strip();
        if matches!(scale, Scale::Binary(_)) {
            amount.cap();
        }
        amount
    }
}

/// The decimal digits a text begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// An exact amount of any size: decimal digits, 0 to 9, and the power of ten of the last.
struct Amount {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Amount {
    fn times_1024(&mut self) {
        let mut digits: Vec<u8> = Vec::with_capacity(self.digits.len() + 4);
        let mut carried = 0;
        for &digit in self.digits.iter().rev() {
            let sum = u32::from(digit) * 1024 + carried;
            carried = sum / 10;
            digits.push(last_digit(sum));
        }
        while carried > 0 {
            digits.push(last_digit(carried));
            carried /= 10;
        }
        digits.reverse();
        self.digits = digits;
    }

    /// Rounds what is finer than a nano away from zero.
    fn round_up(&mut self) {
        let drop = usize::try_from(NANO - self.exponent).unwrap_or(0);
        if drop == 0 {
            return;
        }
        let keep = self.digits.len().saturating_sub(drop);
        let rest = self.digits.split_off(keep).iter().any(|&digit| digit != 0);
        self.exponent = NANO;
        if rest {
            self.increment();
        }
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }

    /// Drops zeros at both ends; zero has no digits.
    fn strip(&mut self) {
        let zeros = self.digits.iter().take_while(|&&digit| digit == 0).count();
        self.digits.drain(..zeros);
        let kept = self.digits.iter().rposition(|&digit| digit != 0).map_or(0, |last| last + 1);
        self.exponent += i64::try_from(self.digits.len() - kept).unwrap_or(i64::MAX / 2);
        self.digits.truncate(kept);
    }

    /// Caps a stripped amount at 2^63 - 1.
    fn cap(&mut self) {
        let most = || MOST.iter().map(|byte| byte - b'0');
        let before_point = self.before_point();
        let size = i64::try_from(MOST.len()).unwrap_or(i64::MAX);
        if before_point > size || before_point == size && most().lt(self.digits.iter().copied()) {
            self.digits = most().collect();
            self.exponent = 0;
        }
    }

    /// How many digits a stripped amount has before the point.
    fn before_point(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX / 2).saturating_add(self.exponent)
    }

    /// The first 38 digits as a number, and the power of ten of its last.
    fn number(&self) -> (i128, i64) {
        let kept = self.digits.iter().take(38);
        // 38 digits are below 2^127.
        let number = kept.clone().fold(0_i128, |number, &digit| number * 10 + i128::from(digit));
        let cut = i64::try_from(self.digits.len() - kept.len()).unwrap_or(i64::MAX / 2);
        (if self.negative { -number } else { number }, self.exponent + cut)
    }

    /// What Go writes for a stripped amount.
    fn canonical(mut self, scale: Scale) -> String {
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        let binary = if matches!(scale, Scale::Binary(_)) { self.binary() } else { None };
        if let Some(text) = binary {
            return text;
        }
        while self.exponent % 3 != 0 {
            self.digits.push(0);
            self.exponent -= 1;
        }
        let sign = if self.negative { "-" } else { "" };
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        match scale {
            Scale::Exponent(_) if self.exponent != 0 => format!("{sign}{digits}e{}", self.exponent),
            Scale::Exponent(_) => format!("{sign}{digits}"),
            Scale::Decimal(_) | Scale::Binary(_) => {
                let known = DECIMAL.iter().find(|(_, exponent)| *exponent == self.exponent);
                format!("{sign}{digits}{}", known.map_or("", |(suffix, _)| suffix))
            }
        }
    }

    /// A whole amount of 1024 or more, which is capped and so fits, with a binary suffix.
    fn binary(&self) -> Option<String> {
        let (mantissa, exponent) = self.number();
        let mut amount = mantissa.checked_mul(10_i128.checked_pow(u32::try_from(exponent).ok()?)?)?;
        let mut suffixes = BINARY.iter();
        let mut suffix = suffixes.next()?;
        if amount.abs() < 1024 {
            return None;
        }
        while amount % 1024 == 0 {
            suffix = suffixes.next()?;
            amount /= 1024;
        }
        Some(format!("{amount}{suffix}"))
    }
}

fn last_digit(number: u32) -> u8 {
    // What is left of a division by ten fits.
    u8::try_from(number % 10).unwrap_or_default()
}
