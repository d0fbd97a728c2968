//! sprig's dates. The clock is never read: what needs it is unknown.

use mlgitops_yaml::OriginId;

use super::numbers::to_int;
use super::{Answer, Args, Function, nothing};
use crate::machine::Machine;
use crate::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", 0, unknown),
    Function::new("ago", 1, unknown),
    Function::new("date", 2, unknown),
    Function::new("dateInZone", 3, unknown),
    Function::new("date_in_zone", 3, unknown),
    Function::new("dateModify", 2, unknown),
    Function::new("date_modify", 2, unknown),
    Function::new("mustDateModify", 2, unknown),
    Function::new("must_date_modify", 2, unknown),
    Function::new("htmlDate", 1, unknown),
    Function::new("htmlDateInZone", 2, unknown),
    Function::new("toDate", 2, unknown),
    Function::new("mustToDate", 2, unknown),
    Function::new("unixEpoch", 1, unknown),
    Function::new("duration", 1, duration),
    Function::new("durationRound", 1, duration_round),
];

fn unknown(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let origin = machine.joined(arguments);
    Ok(Value { guard: origin, ..Value::new(Data::Unknown("it depends on the time of rendering".into())) })
}

/// Seconds as Go prints a duration: `1h2m3s`.
fn duration(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let seconds = match &value.data {
        Data::Str(text) => text.as_str().parse().unwrap_or(0),
        Data::Int(_, crate::value::IntType::Int64) => to_int(value),
        _ => 0,
    };
    let origin = machine.joined(arguments);
    let sign = if seconds < 0 { "-" } else { "" };
    let all = seconds.unsigned_abs();
    let (hours, minutes, rest) = (all / 3600, all / 60 % 60, all % 60);
    let text = match (hours, minutes) {
        (0, 0) => format!("{sign}{rest}s"),
        (0, _) => format!("{sign}{minutes}m{rest}s"),
        _ => format!("{sign}{hours}h{minutes}m{rest}s"),
    };
    Ok(Value::str(&text, origin))
}

/// The largest unit of a duration, rounded down.
fn duration_round(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let nanoseconds: f64 = match &value.data {
        Data::Str(text) => parse_duration(text.as_str()).unwrap_or(0.0) * 1e9,
        Data::Int(number, _) => *number as f64,
        _ => return unknown(machine, arguments),
    };
    let seconds = (nanoseconds.abs() / 1e9) as u64;
    let units = [(31_536_000, "y"), (2_592_000, "mo"), (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let text = units
        .iter()
        .find(|(size, _)| seconds >= *size)
        .map_or_else(|| "0s".to_owned(), |(size, name)| format!("{}{name}", seconds / size));
    let origin = machine.joined(arguments);
    let origin = if origin.is_none() { OriginId::NONE } else { origin };
    Ok(Value::str(&text, origin))
}

/// Seconds of Go's `1h2m3.5s`.
fn parse_duration(text: &str) -> Option<f64> {
    let mut rest = text.trim_start_matches(['-', '+']);
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        seconds += number
            * match rest.get(..unit)? {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = rest.get(unit..)?;
    }
    Some(seconds)
}
