//! Plain scalars that do not mean what they look like: what the cluster's tools make of them.

use crate::scalar::go_json_number;
use crate::{Mode, Resolved, Style, go_float, go_time, resolve};

/// What is surprising about a plain scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AmbiguityKind {
    /// `yes`, `no`, `on`, `off`, `y`, `n` in their spellings: a boolean for kubectl and Helm, text
    /// for Kustomize.
    Word,
    /// A zero before other digits: octal (`047` is 39) where all digits are, else dropped (`08`).
    LeadingZero,
    /// `0x1F`, `0b11`, `0o14`.
    Base,
    /// `1_000`: the underscores are dropped.
    Underscore,
    /// `1e3`, and a Git hash such as `1234567e8`.
    Exponent,
    /// `1.10` is 1.1, `1.0` is 1.
    DroppedZeros,
    /// More digits than Go prints of a float64: `20240101` is 2.0240101e+07 where a template
    /// prints it, and digits after the sixteenth are lost.
    ManyDigits,
    /// Another spelling of a number: `+5`, `.5`, `-0`.
    Spelling,
    /// `12:30`: text for Go, the number 750 for readers of YAML 1.1 in other languages.
    Sexagesimal,
    /// `2001-01-01`: text for kubectl and Helm, a time stamp for Kustomize.
    Date,
    /// `.inf` and `.nan`: JSON has no such number, the document is refused.
    NoJson,
}

/// What Go makes of a plain scalar that looks like something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguity {
    /// What is surprising.
    pub kind: AmbiguityKind,
    /// As a Helm template prints it (`%v`); `None` where kubectl and Helm refuse it.
    pub helm: Option<String>,
    /// As `kustomize build` writes it, without quotes; `None` where Kustomize refuses it.
    pub kustomize: Option<String>,
}

/// What is surprising about the text of a plain scalar without a tag; `None` if it reads as it
/// looks. Words for null are not counted.
#[must_use]
pub fn ambiguity(text: &str) -> Option<Ambiguity> {
    // Most texts begin as neither a number nor a word for yes and no does.
    let may_surprise = |first: &u8| {
        matches!(
            first,
            b'0'..=b'9'
                | b'+'
                | b'-'
                | b'.'
                | b'y'
                | b'Y'
                | b'n'
                | b'N'
                | b't'
                | b'T'
                | b'f'
                | b'F'
                | b'o'
                | b'O'
        )
    };
    text.as_bytes().first().filter(|first| may_surprise(first))?;
    let api = resolve(text, Style::Plain, None, Mode::Api);
    let kustomize = resolve(text, Style::Plain, None, Mode::Kustomize);
    let kind = match (&api, &kustomize) {
        (Resolved::Bool(_), Resolved::Str) => AmbiguityKind::Word,
        (Resolved::Refused, _) => AmbiguityKind::NoJson,
        (_, Resolved::Timestamp) => AmbiguityKind::Date,
        (Resolved::Str, Resolved::Str) if is_sexagesimal(text) => AmbiguityKind::Sexagesimal,
        (_, Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_)) => number_kind(text),
        _ => return None,
    };
    let (helm, kustomize) = (printed(text, &api), written(text, &kustomize));
    let as_it_looks = helm.as_deref() == Some(text) && kustomize.as_deref() == Some(text);
    (!as_it_looks || kind == AmbiguityKind::Sexagesimal).then_some(Ambiguity { kind, helm, kustomize })
}

/// What a template prints: every number has become a float64.
fn printed(text: &str, value: &Resolved) -> Option<String> {
    match value {
        Resolved::Refused => None,
        Resolved::Bool(value) => Some(value.to_string()),
        Resolved::Int(value) => Some(go_float(*value as f64)),
        Resolved::Uint(value) => Some(go_float(*value as f64)),
        Resolved::Float(value) => Some(go_float(*value)),
        Resolved::Null | Resolved::Timestamp | Resolved::Str => Some(text.to_owned()),
    }
}

/// What `kustomize build` writes: it goes through JSON, and integers keep their digits.
fn written(text: &str, value: &Resolved) -> Option<String> {
    match value {
        Resolved::Refused => None,
        Resolved::Bool(value) => Some(value.to_string()),
        Resolved::Int(value) => Some(value.to_string()),
        Resolved::Uint(value) => Some(value.to_string()),
        Resolved::Float(value) if !value.is_finite() => None,
        Resolved::Float(value) => Some(go_json_number(*value)),
        Resolved::Timestamp => go_time(text),
        Resolved::Null | Resolved::Str => Some(text.to_owned()),
    }
}

/// Why a number is not printed as it is written; the most telling reason first.
fn number_kind(text: &str) -> AmbiguityKind {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(whole, rest)| (whole, Some(rest)));
    match body.as_bytes() {
        [b'0', b'x' | b'X' | b'b' | b'B' | b'o' | b'O', ..] => AmbiguityKind::Base,
        _ if body.contains(['e', 'E']) => AmbiguityKind::Exponent,
        _ if body.contains('_') => AmbiguityKind::Underscore,
        [b'0', b'0'..=b'9', ..] => AmbiguityKind::LeadingZero,
        _ if whole.is_empty() || text.starts_with('+') || body == "0" => AmbiguityKind::Spelling,
        _ if fraction.is_some_and(|digits| digits.is_empty() || digits.ends_with('0')) => {
            AmbiguityKind::DroppedZeros
        }
        _ => AmbiguityKind::ManyDigits,
    }
}

/// The base-60 numbers of YAML 1.1: `[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+`, with a fraction or not.
fn is_sexagesimal(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (body, fraction) = body.split_once('.').unwrap_or((body, ""));
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or("");
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut rest = parts.peekable();
    first.starts_with(|first: char| first.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.peek().is_some()
        && rest.all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}
