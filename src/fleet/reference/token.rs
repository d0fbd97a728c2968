//! Which version, if any, one segment of a path names (STRONG and WEAK of domain facts, §7.3).

use std::ops::Range;

use super::class::Proof;
use super::{stamp, words};

/// No object name is longer (S3: 1024 bytes a key; file systems: 255 a name); the bound keeps
/// the search for joined suffixes linear in the input.
const LONGEST: usize = 255;

/// What a version looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Unique by construction.
    Id,
    /// A date or a time.
    Stamp,
    /// `version=…`, `run-7`.
    Keyed,
    /// `v47`.
    Version,
    /// `2.4.1`.
    Semver,
    /// `47`.
    Number,
    /// `1.0`.
    Dotted,
    /// `a1b2c3d`, `2024-05`, `checkpoint-500`: something, but not much.
    Vague,
    /// `fraud-v47`.
    Joined,
}

impl Shape {
    /// Whether it is a version wherever it stands alone.
    pub(super) fn is_strong(self) -> bool {
        matches!(self, Self::Id | Self::Stamp | Self::Keyed | Self::Version | Self::Semver)
    }

    /// What a strong shape proves.
    pub(super) fn proof(self) -> Proof {
        match self {
            Self::Id => Proof::Id,
            _ if self.is_strong() => Proof::Convention,
            _ => Proof::ConventionWeak,
        }
    }
}

/// A version within a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Bytes of the segment that name the version.
    pub(super) range: Range<usize>,
    pub(super) shape: Shape,
}

/// The version that `segment` names.
pub(super) fn recognise(segment: &str) -> Option<Token> {
    if segment.is_empty() || segment.len() > LONGEST {
        return None;
    }
    let whole = |shape| Token { range: 0..segment.len(), shape };
    if is_id(segment) {
        return Some(whole(Shape::Id));
    }
    key_value(segment)
        .or_else(|| strong_shape(segment).map(whole))
        .or_else(|| weak_shape(segment).map(whole))
        .or_else(|| joined(segment))
}

fn strong_shape(text: &str) -> Option<Shape> {
    if is_id(text) {
        Some(Shape::Id)
    } else if stamp::is_stamp(text) {
        Some(Shape::Stamp)
    } else if is_v_form(text) {
        Some(Shape::Version)
    } else if is_semver(text) {
        Some(Shape::Semver)
    } else if is_counted(text, &COUNTED_STRONG) {
        Some(Shape::Keyed)
    } else {
        None
    }
}

fn weak_shape(text: &str) -> Option<Shape> {
    if all_digits(text) {
        Some(Shape::Number)
    } else if is_dotted(text) {
        Some(Shape::Dotted)
    } else if stamp::is_month_or_week(text) || is_short_hex(text, 7..=64) || is_counted(text, &COUNTED_WEAK) {
        Some(Shape::Vague)
    } else {
        None
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Hex with a digit and a letter: `a1b2c3d`, but neither `decades` nor `1234567`.
fn is_short_hex(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && is_hex(text)
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// A whole Git commit.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && is_hex(text)
}

/// An MLflow run id.
pub(super) fn is_run_id(text: &str) -> bool {
    text.len() == 32 && is_hex(text)
}

/// An MLflow 3 model id: `m-` and 32 hex digits.
pub(super) fn is_logged_model(text: &str) -> bool {
    text.strip_prefix("m-").is_some_and(is_run_id)
}

/// A digest as registries write it.
pub(super) fn is_digest(text: &str) -> bool {
    match text.split_once(':') {
        Some(("sha256", hex)) => hex.len() == 64 && is_hex(hex),
        Some(("sha512", hex)) => hex.len() == 128 && is_hex(hex),
        _ => false,
    }
}

fn is_id(text: &str) -> bool {
    let prefixed_hash = text
        .strip_prefix("sha256")
        .and_then(|rest| rest.strip_prefix([':', '=', '-']))
        .is_some_and(|hex| hex.len() == 64 && is_hex(hex));
    let hash = matches!(text.len(), 32 | 40 | 64) && is_hex(text);
    hash || prefixed_hash || is_logged_model(text) || is_uuid(text) || is_ulid(text)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// 26 characters of Crockford's alphabet; in lower case only with the first digit a time of this
/// age has, so that no word is taken for one.
fn is_ulid(text: &str) -> bool {
    let alphabet =
        |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'L' | b'O' | b'U'));
    let upper = text.bytes().all(alphabet);
    let lower = matches!(text.as_bytes(), [b'0'..=b'7', ..])
        && text.bytes().all(|b| !b.is_ascii_uppercase() && alphabet(b.to_ascii_uppercase()));
    text.len() == 26 && (upper || lower)
}

fn after_digits(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.get(end..)).flatten()
}

/// The text behind `v` and its number.
fn after_v(text: &str) -> Option<&str> {
    text.strip_prefix(['v', 'V']).and_then(after_digits)
}

/// `v47`, `v2.4.1`, `v2.5.0-rc1`, `v47-int8`; not `v2-latest`, which moves.
fn is_v_form(text: &str) -> bool {
    after_v(text).is_some_and(is_suffix)
}

/// Nothing, or a separator and something behind it.
fn is_suffix(rest: &str) -> bool {
    let Some(suffix) = rest.strip_prefix(['-', '+', '.', '_']) else {
        return rest.is_empty();
    };
    let last = suffix.rsplit(['-', '+', '.', '_']).next().unwrap_or("");
    !last.is_empty()
        && !last.eq_ignore_ascii_case("latest")
        && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.' | b'_'))
}

/// How many numbers joined by dots the text begins with, and what follows them.
fn dotted_numbers(text: &str) -> (usize, &str) {
    let mut count = 0;
    let mut rest = text;
    loop {
        let number = if count == 0 { Some(rest) } else { rest.strip_prefix('.') };
        match number.and_then(after_digits) {
            Some(after) => {
                count += 1;
                rest = after;
            }
            None => return (count, rest),
        }
    }
}

/// `2.4.1`, `1.2.3.4`, `2.4.1-rc1`, `1.2.0rc1`, `1.2.0.dev3`.
fn is_semver(text: &str) -> bool {
    let (count, rest) = dotted_numbers(text);
    count >= 3 && (is_suffix(rest) || is_prerelease(rest))
}

/// `1.0`, `1.0-rc1`.
fn is_dotted(text: &str) -> bool {
    let (count, rest) = dotted_numbers(text);
    let before_release = || rest.strip_prefix(['-', '+', '.', '_']).is_some_and(is_prerelease);
    count == 2 && (rest.is_empty() || before_release())
}

/// Words that come behind a version number without being a name.
const PRERELEASE: [&str; 17] = [
    "rc", "alpha", "beta", "dev", "pre", "preview", "post", "a", "b", "snapshot", "build", "hotfix", "patch",
    "p", "r", "rev", "final",
];

/// Whether a suffix only counts further: `rc1`, `4-1`, `beta.2`, `post3`.
pub(super) fn is_prerelease(text: &str) -> bool {
    !text.is_empty()
        && text.split(['-', '+', '.', '_']).all(|part| {
            let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
            (word.is_empty() && !part.is_empty()) || PRERELEASE.iter().any(|w| w.eq_ignore_ascii_case(word))
        })
}

const COUNTED_STRONG: [&str; 8] = ["version", "ver", "revision", "rev", "build", "run", "iter", "release"];
const COUNTED_WEAK: [&str; 9] =
    ["checkpoint", "ckpt", "epoch", "step", "exp", "experiment", "trial", "job", "iteration"];

/// A word and a number: `run-7`, `build_47`, `version12`, `release-2.4.1`.
fn is_counted(text: &str, counted: &[&str]) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let number = rest.strip_prefix(['-', '_', '=']).unwrap_or(rest);
    let (count, suffix) = dotted_numbers(number);
    counted.iter().any(|known| known.eq_ignore_ascii_case(word))
        && count > 0
        && (suffix.is_empty() || is_suffix(suffix))
}

/// Keys whose value names the version, whatever it looks like.
const VERSION_KEYS: [&str; 5] = ["version", "run_id", "model_version", "model_id", "revision"];

/// `version=12`, `run_id=abc`, `dt=2024-05-01`.
fn key_value(segment: &str) -> Option<Token> {
    let (key, value) = segment.split_once('=')?;
    let range = key.len() + 1..segment.len();
    if value.is_empty() || words::is_mutable(value) {
        return None;
    }
    if VERSION_KEYS.iter().any(|k| k.eq_ignore_ascii_case(key)) {
        return Some(Token { range, shape: Shape::Keyed });
    }
    let shape = match strong_shape(value) {
        Some(Shape::Id) => Shape::Id,
        Some(_) => Shape::Keyed,
        None => weak_shape(value)?,
    };
    Some(Token { range, shape })
}

/// The version behind a name: `fraud-v47`, `name_20240501`, `model-a1b2c3d`. The longest tail
/// wins, so that `fraud-2024-05-01` names a day and not a number.
fn joined(segment: &str) -> Option<Token> {
    let mut tails = segment.match_indices(['-', '_', '@']).map(|(at, _)| at + 1);
    let start = tails.find(|start| segment.get(*start..).is_some_and(is_joined_tail))?;
    Some(Token { range: start..segment.len(), shape: Shape::Joined })
}

fn is_joined_tail(tail: &str) -> bool {
    let counts_on =
        |rest: &str| rest.is_empty() || rest.strip_prefix(['-', '+', '.', '_']).is_some_and(is_prerelease);
    let (count, rest) = dotted_numbers(tail);
    after_v(tail).is_some_and(counts_on)
        || (count >= 3 && counts_on(rest))
        || is_id(tail)
        || stamp::is_stamp(tail)
        || ((7..=64).contains(&tail.len()) && is_hex(tail) && tail.bytes().any(|b| b.is_ascii_digit()))
}

/// A word that moves, as a whole segment or as the value of a key that names a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moving {
    /// Bytes of the segment that move.
    pub(super) range: Range<usize>,
    /// It moves wherever it stands; the others are folders unless they stand last.
    pub(super) anywhere: bool,
    pub(super) latest: bool,
}

/// Keys whose value, if it is a word that moves, moves the reference.
const MOVING_KEYS: [&str; 9] =
    ["version", "model_version", "ver", "revision", "rev", "stage", "alias", "tag", "release"];

/// The word of `segment` that moves; `house` are further words of the configuration.
pub(super) fn moving(segment: &str, house: &[String]) -> Option<Moving> {
    if segment.len() > LONGEST {
        return None;
    }
    let at = |range: Range<usize>, anywhere| {
        let latest = segment.get(range.clone()).is_some_and(|word| word.eq_ignore_ascii_case("latest"));
        Some(Moving { range, anywhere, latest })
    };
    if house.iter().any(|word| word.eq_ignore_ascii_case(segment)) {
        return at(0..segment.len(), true);
    }
    if words::is_mutable(segment) {
        return at(0..segment.len(), words::is_pointer(segment));
    }
    if let Some((key, value)) = segment.split_once('=') {
        let names_version = MOVING_KEYS.iter().any(|k| k.eq_ignore_ascii_case(key));
        return (names_version && words::is_mutable(value))
            .then(|| at(key.len() + 1..segment.len(), true))
            .flatten();
    }
    let name = segment.len().checked_sub("latest".len())?;
    let joined = segment.get(name..).is_some_and(|tail| tail.eq_ignore_ascii_case("latest"))
        && segment.get(..name).is_some_and(|head| head.ends_with(['-', '_', '.', '@']) && head.len() > 1);
    joined.then(|| at(name..segment.len(), true)).flatten()
}

/// Whether a tag or a revision looks like one version, so that two of them may be compared.
pub(super) fn looks_like_version(text: &str) -> bool {
    recognise(text).is_some()
}
