//! Durations as Go reads them (`1h30m`), and as people write them in our configuration (`3d`).

use std::fmt;

use thiserror::Error;

/// A duration in nanoseconds, as Go holds one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DurationError {
    /// A number is missing, or what stands there is none.
    #[error("a duration is numbers with units, such as `90s` or `1h30m`")]
    Number,
    /// A number has no unit.
    #[error("the duration has a number without a unit, such as `s`, `m` or `h`")]
    NoUnit,
    /// There is no such unit.
    #[error("a duration has the units {0}")]
    Unit(&'static str),
    /// It is more than about 292 years.
    #[error("the duration is too large")]
    TooLarge,
    /// It is negative where only a length makes sense.
    #[error("the duration is negative")]
    Negative,
}

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The magnitude of the least i64.
const MOST: u64 = 1 << 63;

impl Duration {
    /// Reads a duration as Go's `time.ParseDuration` does, which is what Kubernetes, Knative, Argo
    /// and Flux read durations with. `600` is an error there: only `0` needs no unit.
    ///
    /// # Errors
    /// [`DurationError`] for what Go refuses.
    pub fn parse_go(text: &str) -> Result<Self, DurationError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if unsigned == "0" {
            return Ok(Self(0));
        }
        let nanos = sum(unsigned, go_unit, "ns us µs ms s m h")?;
        match (negative, i64::try_from(nanos)) {
            (false, Ok(nanos)) => Ok(Self(nanos)),
            (true, Ok(nanos)) => Ok(Self(-nanos)),
            (true, Err(_)) if nanos == MOST => Ok(Self(i64::MIN)),
            (_, Err(_)) => Err(DurationError::TooLarge),
        }
    }

    /// Reads a duration of our configuration: as Go does, and `d` for 24 hours and `w` for seven
    /// days, but no negative one.
    ///
    /// # Errors
    /// [`DurationError`] for any other text.
    pub fn parse_config(text: &str) -> Result<Self, DurationError> {
        if text.starts_with('-') {
            return Err(DurationError::Negative);
        }
        if text == "0" {
            return Ok(Self(0));
        }
        let unit = |name: &str| match name {
            "d" => Some(DAY),
            "w" => Some(7 * DAY),
            _ => go_unit(name),
        };
        let nanos = sum(text, unit, "ms s m h d w")?;
        i64::try_from(nanos).map(Self).map_err(|_| DurationError::TooLarge)
    }

    /// A duration of whole seconds; saturates.
    #[must_use]
    pub fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// The whole seconds in it, towards zero.
    #[must_use]
    pub fn as_secs(self) -> i64 {
        self.0 / 1_000_000_000
    }

    /// The seconds in it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an i64 of nanoseconds keeps microseconds over centuries")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

fn go_unit(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        // The micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        _ => return None,
    })
}

/// Adds up numbers with units. What is finer than a nanosecond is dropped.
fn sum(text: &str, unit: impl Fn(&str) -> Option<u64>, units: &'static str) -> Result<u64, DurationError> {
    let mut total = 0_u64;
    let mut rest = text;
    if rest.is_empty() {
        return Err(DurationError::Number);
    }
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(DurationError::Number);
        }
        let end = after.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(after.len());
        let (name, next) = after.split_at(end);
        if name.is_empty() {
            return Err(DurationError::NoUnit);
        }
        let whole = if whole.is_empty() { 0 } else { bounded(whole.parse().ok())? };
        let factor = unit(name).ok_or(DurationError::Unit(units))?;
        let part = bounded(whole.checked_mul(factor))?;
        let part = bounded(part.checked_add(fraction_of(fraction, factor)))?;
        total = bounded(total.checked_add(part))?;
        rest = next;
    }
    Ok(total)
}

/// A number that Go's duration, with its sign, can hold.
fn bounded(number: Option<u64>) -> Result<u64, DurationError> {
    number.filter(|&number| number <= MOST).ok_or(DurationError::TooLarge)
}

/// A decimal fraction of a unit, computed in floating point as Go does it: from the digits that fit
/// in 63 bits.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn fraction_of(fraction: &str, factor: u64) -> u64 {
    let (mut number, mut scale) = (0_u64, 1.0_f64);
    for digit in fraction.bytes().map(|byte| u64::from(byte.saturating_sub(b'0'))) {
        if number > (MOST - 1) / 10 || number * 10 + digit > MOST {
            break;
        }
        number = number * 10 + digit;
        scale *= 10.0;
    }
    (number as f64 * (factor as f64 / scale)) as u64
}

/// The decimal digits a text begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

impl fmt::Display for Duration {
    /// The two largest units, the rest cut off: `30 s`, `10 min`, `20 h 48 min`, `3 d 4 h`, `1.5 s`,
    /// `250 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let pairs = [(DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", SECOND, "s")];
        if let Some((large, name, small, smaller)) = pairs.into_iter().find(|pair| nanos >= pair.0) {
            write!(f, "{} {name}", nanos / large)?;
            return match nanos % large / small {
                0 => Ok(()),
                rest => write!(f, " {rest} {smaller}"),
            };
        }
        let units = [(SECOND, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns")];
        let (unit, name) = units.into_iter().find(|unit| nanos >= unit.0).unwrap_or((SECOND, "s"));
        write!(f, "{}", nanos / unit)?;
        let thousandths = nanos % unit * 1000 / unit;
        if thousandths > 0 {
            write!(f, ".{}", format!("{thousandths:03}").trim_end_matches('0'))?;
        }
        write!(f, " {name}")
    }
}
