//! What `format` asks of a string, in the drafts that compare it: 4, 6 and 7.

use mlgitops_gotemplate::functions::Functions;
use mlgitops_gotemplate::functions::semver::Version;
use mlgitops_gotemplate::{Data, Failure, FailureKind, Machine, Value};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether a value has a format; a format nobody knows holds for everything.
pub(super) fn holds(machine: &mut Machine<'_>, format: &str, value: &Value) -> Result<bool, Failure> {
    let Data::Str(text) = &value.data else { return Ok(true) };
    let text = text.as_str();
    Ok(match format {
        "regex" => is_regex(machine, value)?,
        "date" => is_date(text),
        "time" => is_time(text),
        "date-time" => text.split_once(['T', 't']).is_some_and(|(date, time)| is_date(date) && is_time(time)),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "hostname" => is_hostname(text),
        "email" => is_email(text),
        "uuid" => is_uuid(text),
        "uri" | "iri" => is_uri(text) && has_scheme(text),
        "uri-reference" | "iri-reference" => is_uri(text),
        "json-pointer" => is_pointer(text),
        "relative-json-pointer" => is_relative_pointer(text),
        "duration" => is_duration(text),
        "semver" => text.split('.').count() >= 3 && Version::parse(text).is_ok() && !text.starts_with('v'),
        _ => true,
    })
}

fn is_regex(machine: &mut Machine<'_>, pattern: &Value) -> Result<bool, Failure> {
    let Some(function) = Functions::standard().find("mustRegexMatch") else { return Ok(true) };
    let empty = Value::str("", mlgitops_yaml::OriginId::NONE);
    match machine.call(function, vec![pattern.clone(), empty]) {
        Ok(_) => Ok(true),
        Err(failure) if failure.kind == FailureKind::Execute => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// A number of so many digits, in a range.
fn digits(text: &str, count: usize, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && range.contains(number))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let (Some(year), Some(month), Some(day)) =
        (digits(year, 4, 0..=9999), digits(month, 2, 1..=12), digits(day, 2, 1..=31))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    day <= longest
}

/// RFC 3339, with its leap seconds.
fn is_time(text: &str) -> bool {
    let Some((clock, rest)) = text.split_at_checked(8) else { return false };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else { return false };
    let (Some(hour), Some(minute), Some(second)) =
        (digits(hour, 2, 0..=23), digits(minute, 2, 0..=59), digits(second, 2, 0..=60))
    else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if after.len() == fraction.len() {
                return false;
            }
            after
        }
        None => rest,
    };
    let offset = match rest {
        "Z" | "z" => 0,
        _ => {
            let Some((sign, zone)) = rest.split_at_checked(1) else { return false };
            let Some((hours, minutes)) = zone.split_once(':') else { return false };
            match (sign, digits(hours, 2, 0..=23), digits(minutes, 2, 0..=59)) {
                ("+", Some(hours), Some(minutes)) => -(i64::from(hours * 60 + minutes)),
                ("-", Some(hours), Some(minutes)) => i64::from(hours * 60 + minutes),
                _ => return false,
            }
        }
    };
    // A leap second is the last of a day in UTC.
    let in_utc = (i64::from(hour * 60 + minute) + offset).rem_euclid(24 * 60);
    second < 60 || in_utc == 23 * 60 + 59
}

fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    if text.len() > 254 || local.is_empty() || local.len() > 64 {
        return false;
    }
    if local.len() > 1 && local.starts_with('"') && local.ends_with('"') {
        return true;
    }
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let has_words = local.split('.').all(|word| !word.is_empty() && word.bytes().all(is_word));
    let address = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_domain = match address {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(six) => six.parse::<Ipv6Addr>().is_ok(),
            None => address.parse::<Ipv4Addr>().is_ok(),
        },
        None => is_hostname(domain),
    };
    has_words && is_domain
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5
        && parts
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// What Go's `net/url` reads.
fn is_uri(text: &str) -> bool {
    let first = text.split('/').next().unwrap_or("");
    let bad_start = text.starts_with(':') || (first.contains(':') && !has_scheme(text));
    let is_escape =
        |rest: &str| rest.get(..2).is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let escapes = text.split('%').skip(1).all(is_escape);
    !bad_start && escapes && !text.chars().any(|c| c.is_control() || c == ' ' || c == '\\')
}

fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/'))
        && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

fn is_relative_pointer(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &text[..text.len() - rest.len()];
    !number.is_empty() && (number == "0" || !number.starts_with('0')) && (rest == "#" || is_pointer(rest))
}

/// ISO 8601: `P1DT2H`, `P3W`.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    let units = |text: &str, allowed: &str| -> bool {
        let mut allowed = allowed;
        let mut text = text;
        while !text.is_empty() {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            let Some(unit) = rest.chars().next().filter(|_| rest.len() < text.len()) else { return false };
            let Some(at) = allowed.find(unit) else { return false };
            allowed = &allowed[at + 1..];
            text = &rest[1..];
        }
        true
    };
    match (date, time) {
        ("", None) | (_, Some("")) => false,
        (date, None) if date.ends_with('W') => units(date, "W"),
        (date, time) => units(date, "YMD") && time.is_none_or(|time| units(time, "HMS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlgitops_gotemplate::Limits;
    use mlgitops_yaml::{OriginId, Origins};

    #[test]
    fn strings_that_have_a_format_and_strings_that_have_not() {
        let table: [(&str, &[&str], &[&str]); 13] = [
            ("date", &["2024-02-29"], &["2023-02-29", "24-1-1", "2024-13-01"]),
            ("time", &["10:20:30Z", "10:20:30.5+02:00", "23:59:60Z"], &["10:20", "24:00:00Z", "12:00:60Z"]),
            ("date-time", &["2024-01-01T00:00:00Z"], &["2024-01-01 00:00:00Z", "now"]),
            ("ipv4", &["10.0.0.1"], &["10.0.0", "256.0.0.1", "01.0.0.1"]),
            ("ipv6", &["::1", "fe80::1"], &["1", ":::1"]),
            ("hostname", &["a", "a-b.c"], &["-a", "a..b", "a_b", ""]),
            ("email", &["a@b", "a.b@c.de", "\"a b\"@c"], &["a", "@b", "a@", "a b@c"]),
            ("uuid", &["123e4567-e89b-12d3-a456-426614174000"], &["123e4567", ""]),
            ("uri", &["https://a/b?c#d", "urn:x"], &["a/b", "", "http://a b", "1:x"]),
            ("uri-reference", &["a/b", "", "https://a"], &["a b", "%zz", ":a"]),
            ("json-pointer", &["", "/a/~0"], &["a", "/~2"]),
            ("relative-json-pointer", &["0", "1/a", "2#"], &["", "01", "a"]),
            ("duration", &["P1D", "PT2H", "P3W", "P1Y2M3DT4H5M6S"], &["P", "1D", "PT", "P1S", "PD"]),
        ];
        let mut origins = Origins::default();
        let limits = Limits { steps: 1_000_000, bytes: 1_000_000, depth: 10 };
        let mut machine = Machine::new(&mut origins, Functions::standard(), limits);
        for (format, good, bad) in table {
            for (texts, wanted) in [(good, true), (bad, false)] {
                for text in texts {
                    let value = Value::str(text, OriginId::NONE);
                    assert_eq!(holds(&mut machine, format, &value), Ok(wanted), "{format} {text:?}");
                }
            }
        }
    }
}
