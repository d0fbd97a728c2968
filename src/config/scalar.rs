//! Single values of `mlgitops.yaml`: what each form is, and how a text is read as one.

use std::time::Duration;

use globset::Glob;
use mlgitops_files::RepoPath;
use mlgitops_manifest::duration;
use mlgitops_manifest::size::{Rate, Size};
use mlgitops_yaml::{Mode, Resolved, Scalar};
use regex::Regex;

use super::nearest::nearest;

/// A day, in seconds.
pub(super) const DAY: u64 = 24 * 3600;
/// The longest anybody waits, in seconds.
pub(super) const YEAR: u64 = 366 * DAY;
/// The largest artifact that is believed, in bytes: a petabyte.
const MOST_BYTES: u64 = 1_000_000_000_000_000;

/// The form of a single value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Any text; numbers and booleans are taken as they are written.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number between two bounds.
    Int(i64, i64),
    /// A number between two bounds.
    Number(f64, f64),
    /// A duration of at most so many seconds.
    Duration(u64),
    /// A size in bytes.
    Size,
    /// Bytes a second.
    Rate,
    /// A day.
    Date,
    /// A glob over paths or names.
    Glob,
    /// A regular expression.
    Regex,
    /// `0.17` or `0.17.1`.
    Version,
    /// The scheme of a URI, with `://`.
    Scheme,
    /// `v1`, `group/version`, or `group/version/Kind`.
    ApiVersion,
    /// `Kind/name` or `Kind/namespace/name`.
    Object,
    /// A path inside the repository.
    Path,
    /// One of some words.
    Word(&'static [&'static str]),
}

/// A value that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Single {
    /// Text of any form that stays text.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Number(f64),
    /// A duration.
    Duration(Duration),
    /// Bytes, or bytes a second.
    Bytes(u64),
    /// A day.
    Date(jiff::civil::Date),
}

/// Why a text is not of its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What follows the name of the key: ``takes a duration, not `tomorrow` ``.
    pub(super) what: String,
    /// How it is written instead.
    pub(super) help: String,
}

impl Form {
    /// What it is called: `a duration`.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Bool => "true or false",
            Self::Int(..) => "a whole number",
            Self::Number(..) => "a number",
            Self::Duration(_) => "a duration",
            Self::Size => "a size",
            Self::Rate => "a rate",
            Self::Date => "a day",
            Self::Glob => "a glob",
            Self::Regex => "a regular expression",
            Self::Version => "a version",
            Self::Scheme => "a scheme",
            Self::ApiVersion => "an API version",
            Self::Object => "an object",
            Self::Path => "a path inside the repository",
            Self::Word(_) => "one of a few words",
        }
    }

    /// How it is written, for help.
    pub(super) fn written(self) -> String {
        let text = match self {
            Self::Text => "write it as text, on one line",
            Self::Bool => "write `true` or `false`, without quotes",
            Self::Int(..) => "write it in digits, without quotes, such as `50000`",
            Self::Number(..) => "write it in digits, without quotes, such as `1.5`",
            Self::Duration(_) => "write it with units, such as `90s`, `30m`, `24h` or `3d`",
            Self::Size => "write it with a unit, such as `14GB` or `2GiB`",
            Self::Rate => "write it with a unit and `/s`, such as `400MiB/s`",
            Self::Date => "write it as year, month and day, such as `2027-01-31`",
            Self::Glob => "write it as a glob, such as `overlays/prod/**`",
            Self::Regex => "write it as a regular expression, such as `build-[0-9]+`",
            Self::Version => "write it as `0.17` or `0.17.1`",
            Self::Scheme => "write it with `://`, such as `ntnx://`",
            Self::ApiVersion => "write it as `group/version`, such as `monitoring.coreos.com/v1`",
            Self::Object => "write it as `InferenceService/name` or `InferenceService/namespace/name`",
            Self::Path => "write it relative to the root, with `/` and without `..`, such as `vendor/charts`",
            Self::Word(words) => return format!("write one of {}", list(words)),
        };
        text.to_owned()
    }

    /// Reads a scalar.
    pub(super) fn read(self, scalar: &Scalar) -> Result<Single, Refusal> {
        let text: &str = &scalar.text;
        let refused = || Refusal {
            what: format!("takes {}, not `{}`", self.noun(), shown(text)),
            help: self.written(),
        };
        match self {
            Self::Text => Ok(Single::Text(text.to_owned())),
            Self::Bool => match scalar.resolve(Mode::Api) {
                Resolved::Bool(value) => Ok(Single::Bool(value)),
                _ => Err(refused()),
            },
            Self::Int(least, most) => match scalar.resolve(Mode::Api) {
                Resolved::Int(value) => within(value, least, most).map(Single::Int),
                Resolved::Uint(_) => Err(above(text, most)),
                _ => Err(refused()),
            },
            Self::Number(least, most) => number(scalar, least, most).unwrap_or_else(|| Err(refused())),
            Self::Duration(most) => duration(text, most, refused),
            Self::Size => match text.parse::<Size>() {
                Ok(size) => bytes(size.0, text, &Size(MOST_BYTES)),
                Err(error) => Err(Refusal { help: error.to_string(), ..refused() }),
            },
            Self::Rate => match text.parse::<Rate>() {
                Ok(rate) => bytes(rate.0, text, &Rate(MOST_BYTES)),
                Err(error) => Err(Refusal { help: error.to_string(), ..refused() }),
            },
            Self::Date => date(text).map(Single::Date).ok_or_else(refused),
            Self::Glob => match Glob::new(text) {
                Ok(_) => Ok(Single::Text(text.to_owned())),
                Err(error) => Err(Refusal { help: error.kind().to_string(), ..refused() }),
            },
            Self::Regex => match Regex::new(text) {
                Ok(_) => Ok(Single::Text(text.to_owned())),
                Err(error) => Err(Refusal { help: last_line(&error.to_string()), ..refused() }),
            },
            Self::Version => version(text).map(Single::Text).ok_or_else(refused),
            Self::Word(words) if !words.contains(&text) => {
                let near = nearest(text, words.iter().copied());
                let help = near.map(|word| format!("did you mean `{word}`?"));
                Err(Refusal {
                    what: format!("takes {}, not `{}`", list(words), shown(text)),
                    help: help.unwrap_or_else(|| self.written()),
                })
            }
            _ if self.holds(text) => Ok(Single::Text(text.to_owned())),
            _ => Err(refused()),
        }
    }

    /// Whether a text that stays text is of its form.
    fn holds(self, text: &str) -> bool {
        let filled = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        match self {
            Self::Scheme => text.strip_suffix("://").is_some_and(|scheme| {
                scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
            }),
            Self::ApiVersion => (1..=3).contains(&text.split('/').count()) && text.split('/').all(filled),
            Self::Object => (2..=3).contains(&text.split('/').count()) && text.split('/').all(filled),
            Self::Path => RepoPath::parse(text).is_ok(),
            _ => true,
        }
    }
}

fn number(scalar: &Scalar, least: f64, most: f64) -> Option<Result<Single, Refusal>> {
    let value = match scalar.resolve(Mode::Api) {
        #[expect(clippy::cast_precision_loss, reason = "far beyond every upper bound")]
        Resolved::Int(value) => value as f64,
        Resolved::Float(value) => value,
        _ => return None,
    };
    Some(within(value, least, most).map(Single::Number))
}

fn within<N: PartialOrd + std::fmt::Display + Copy>(value: N, least: N, most: N) -> Result<N, Refusal> {
    if value < least {
        return Err(below(value, least));
    }
    if value > most {
        return Err(above(value, most));
    }
    Ok(value)
}

fn below(value: impl std::fmt::Display, least: impl std::fmt::Display) -> Refusal {
    Refusal { what: format!("is {value}, the least is {least}"), help: format!("write {least} or more") }
}

fn above(value: impl std::fmt::Display, most: impl std::fmt::Display) -> Refusal {
    Refusal { what: format!("is {value}, the most is {most}"), help: format!("write {most} or less") }
}

fn duration(text: &str, most: u64, refused: impl Fn() -> Refusal) -> Result<Single, Refusal> {
    let read = duration::Duration::parse_config(text)
        .map_err(|error| Refusal { help: error.to_string(), ..refused() })?;
    let longest = duration::Duration::from_secs(i64::try_from(most).unwrap_or(i64::MAX));
    if read > longest {
        return Err(above(read, longest));
    }
    // A duration of the configuration is never negative.
    Ok(Single::Duration(Duration::from_nanos(u64::try_from(read.0).unwrap_or(0))))
}

fn bytes(bytes: u64, text: &str, most: &dyn std::fmt::Display) -> Result<Single, Refusal> {
    match bytes {
        0 => Err(Refusal { what: "is 0 bytes".to_owned(), help: "leave it out where it is unknown".into() }),
        MOST_BYTES.. => Err(above(shown(text), most)),
        _ => Ok(Single::Bytes(bytes)),
    }
}

/// `2027-01-31`, and nothing shorter, longer or impossible.
pub(super) fn date(text: &str) -> Option<jiff::civil::Date> {
    let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    shape.then(|| text.parse().ok()).flatten()
}

/// Two or three numbers; a `v` in front of them is dropped.
fn version(text: &str) -> Option<String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let parts: Vec<&str> = text.split('.').collect();
    let is_number =
        |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    ((2..=3).contains(&parts.len()) && parts.iter().all(is_number)).then(|| text.to_owned())
}

/// Words in backticks: `` `a`, `b` or `c` ``.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// A text from the file as it can be shown in a message: one short line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut out: String =
        text.chars().take(MOST).map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

/// The last line of a message of several, which says what is wrong.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or(message);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
