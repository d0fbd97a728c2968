//! Sizes in bytes and rates in bytes a second, as people write them: `14GB`, `2GiB`, `400MiB/s`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

/// A number of bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub u64);

/// Why a text is no size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SizeError {
    /// It does not begin with a number.
    #[error("a size is a number and a unit, such as `14GB` or `2GiB`")]
    Number,
    /// There is no such unit.
    #[error("a size has one of the units B kB MB GB TB PB EB, KiB MiB GiB TiB PiB EiB")]
    Unit,
    /// It is more than 2^64 - 1 bytes.
    #[error("the size is too large")]
    TooLarge,
    /// It is a size where a rate is asked for.
    #[error("a rate is a size a second, such as `400MiB/s`")]
    NoRate,
}

const DECIMAL: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const BINARY: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

impl FromStr for Size {
    type Err = SizeError;

    /// Reads `14GB` (thousands) and `2GiB` (1024s), with a fraction and a space if wished, and the
    /// suffixes of Kubernetes (`14G`, `2Gi`). A number alone is bytes. Parts of a byte round up.
    /// `KB` is `kB`; no other unit may change its case, for `m` is not `M`.
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let text = text.trim();
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
            return Err(SizeError::Number);
        }
        let factor = factor(unit.trim_start()).ok_or(SizeError::Unit)?;
        let whole: u128 = whole.parse::<u64>().map_err(|_| SizeError::TooLarge)?.into();
        let bytes = whole * u128::from(factor) + part(fraction, factor);
        u64::try_from(bytes).map(Self).map_err(|_| SizeError::TooLarge)
    }
}

/// What a decimal fraction of a unit is in bytes, rounded up.
fn part(fraction: &str, factor: u64) -> u128 {
    // A quintillionth of the largest unit is about a byte.
    let digits: String = fraction.chars().take(18).collect();
    let scale = 10_u128.pow(u32::try_from(digits.len()).unwrap_or_default());
    (digits.parse::<u128>().unwrap_or_default() * u128::from(factor)).div_ceil(scale)
}

fn factor(unit: &str) -> Option<u64> {
    let of = |units: &[&str], base: u64, cut: &str| {
        let power = units.iter().position(|known| *known == unit || known.strip_suffix(cut) == Some(unit))?;
        base.checked_pow(u32::try_from(power).ok()?)
    };
    match unit {
        "KB" => Some(1000),
        _ => of(&DECIMAL, 1000, "B").or_else(|| of(&BINARY, 1024, "B")),
    }
}

impl fmt::Display for Size {
    /// `14 GB` where that says it exactly, else `2 GiB`, else about `1.5 GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = Scaled::of(self.0, 1000, &DECIMAL);
        let binary = Scaled::of(self.0, 1024, &BINARY);
        if decimal.exact { decimal.fmt(f) } else { binary.fmt(f) }
    }
}

/// A size in the largest unit it reaches, in tenths.
struct Scaled {
    tenths: u128,
    exact: bool,
    unit: &'static str,
}

impl Scaled {
    fn of(bytes: u64, base: u64, units: &[&'static str; 7]) -> Self {
        let mut factor = 1;
        let mut unit = "B";
        for &larger in units.iter().skip(1) {
            // The largest unit is below 2^64.
            let next = factor * base;
            if bytes < next {
                break;
            }
            (factor, unit) = (next, larger);
        }
        let (bytes, factor) = (u128::from(bytes) * 10, u128::from(factor));
        Self { tenths: (bytes + factor / 2) / factor, exact: bytes % factor == 0, unit }
    }
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenths % 10 {
            0 => write!(f, "{} {}", self.tenths / 10, self.unit),
            tenth => write!(f, "{}.{tenth} {}", self.tenths / 10, self.unit),
        }
    }
}

impl FromStr for Rate {
    type Err = SizeError;

    /// Reads a [`Size`] and `/s`.
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let size = text.trim().strip_suffix("/s").ok_or(SizeError::NoRate)?;
        Ok(Self(size.parse::<Size>()?.0))
    }
}

impl fmt::Display for Rate {
    /// `400 MiB/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Size(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, bytes, shown) in [
            ("14GB", 14_000_000_000, "14 GB"),
            ("14 GB", 14_000_000_000, "14 GB"),
            ("14G", 14_000_000_000, "14 GB"),
            ("1.5GB", 1_500_000_000, "1.5 GB"),
            ("2GiB", 2_147_483_648, "2 GiB"),
            ("2Gi", 2_147_483_648, "2 GiB"),
            ("1.5GiB", 1_610_612_736, "1.5 GiB"),
            ("1536MiB", 1_610_612_736, "1.5 GiB"),
            ("400MiB", 419_430_400, "400 MiB"),
            ("1.23GB", 1_230_000_000, "1.1 GiB"),
            ("0", 0, "0 B"),
            ("512", 512, "512 B"),
            ("512B", 512, "512 B"),
            ("1023", 1023, "1023 B"),
            ("1024", 1024, "1 KiB"),
            ("5kB", 5_000, "5 kB"),
            ("5KB", 5_000, "5 kB"),
            ("5k", 5_000, "5 kB"),
            ("3TB", 3_000_000_000_000, "3 TB"),
            ("16EiB", u64::MAX, ""),
            ("15EiB", 17_293_822_569_102_704_640, "15 EiB"),
            ("0.1B", 1, "1 B"),
            ("0.3KiB", 308, "308 B"),
            (" 7MB ", 7_000_000, "7 MB"),
            ("18446744073709551615", u64::MAX, "16 EiB"),
        ] {
            let size = text.parse::<Size>();
            if shown.is_empty() {
                assert_eq!(size, Err(SizeError::TooLarge), "{text}");
            } else {
                assert_eq!((size, Size(bytes).to_string().as_str()), (Ok(Size(bytes)), shown), "{text}");
            }
        }
    }

    #[test]
    fn refuses() {
        for (text, error) in [
            ("", SizeError::Number),
            ("GB", SizeError::Number),
            ("-1GB", SizeError::Number),
            (".5GB", SizeError::Number),
            ("5.GB", SizeError::Number),
            ("1.2.3GB", SizeError::Number),
            ("14gb", SizeError::Unit),
            ("14m", SizeError::Unit),
            ("14Gb", SizeError::Unit),
            ("14GiBs", SizeError::Unit),
            ("14 GB/s", SizeError::Unit),
            ("1e3", SizeError::Unit),
            ("99999999999999999999", SizeError::TooLarge),
            ("20EB", SizeError::TooLarge),
        ] {
            assert_eq!(text.parse::<Size>(), Err(error), "{text}");
        }
    }

    #[test]
    fn rates() {
        for (text, shown) in [("400MiB/s", "400 MiB/s"), ("1.5 GB/s", "1.5 GB/s"), ("50M/s", "50 MB/s")] {
            assert_eq!(text.parse::<Rate>().map(|rate| rate.to_string()), Ok(shown.to_owned()));
        }
        assert_eq!("400MiB".parse::<Rate>(), Err(SizeError::NoRate));
        assert_eq!("400MiB/min".parse::<Rate>(), Err(SizeError::NoRate));
    }
}
