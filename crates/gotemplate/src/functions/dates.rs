//! sprig's dates. The clock is never read: what needs it is unknown, as is what only the machine
//! knows of zones. The local zone is UTC.

use std::any::Any;
use std::sync::Arc;

use mlgitops_yaml::OriginId;

use super::instant::{Instant, JSON, STRING, Unread};
use super::numbers::to_int;
use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, Object, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", 0, unknown),
    Function::new("ago", 1, unknown),
    Function::new("date", 2, |m, a| printed(m, a, a.first(), a.get(1), None)),
    Function::new("dateInZone", 3, |m, a| printed(m, a, a.first(), a.get(1), a.get(2))),
    Function::new("date_in_zone", 3, |m, a| printed(m, a, a.first(), a.get(1), a.get(2))),
    Function::new("dateModify", 2, |m, a| modified(m, a, false)),
    Function::new("date_modify", 2, |m, a| modified(m, a, false)),
    Function::new("mustDateModify", 2, |m, a| modified(m, a, true)),
    Function::new("must_date_modify", 2, |m, a| modified(m, a, true)),
    Function::new("htmlDate", 1, |m, a| printed(m, a, None, a.first(), None)),
    Function::new("htmlDateInZone", 2, |m, a| printed(m, a, None, a.first(), a.get(1))),
    Function::new("toDate", 2, |m, a| read(m, a, false)),
    Function::new("mustToDate", 2, |m, a| read(m, a, true)),
    Function::new("unixEpoch", 1, epoch),
    Function::new("duration", 1, duration),
    Function::new("durationRound", 1, duration_round),
];

fn unknown(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let origin = machine.joined(arguments);
    Ok(Value { guard: origin, ..Value::new(Data::Unknown("it depends on the time of rendering".into())) })
}

fn of_zone(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let origin = machine.joined(arguments);
    let reason = "it depends on what the machine knows of time zones".into();
    Ok(Value { guard: origin, ..Value::new(Data::Unknown(reason)) })
}

/// `time.Time` as templates see it.
#[derive(Debug)]
struct Shown {
    instant: Instant,
    origin: OriginId,
}

impl Shown {
    fn value(instant: Instant, origin: OriginId) -> Value {
        Value::from(Data::Object(Arc::new(Self { instant, origin })), origin)
    }
}

/// The instant that a value is, if it is a `time.Time`.
fn instant(value: &Value) -> Option<Instant> {
    let Data::Object(object) = &value.data else { return None };
    let object: &dyn Any = &**object;
    object.downcast_ref::<Shown>().map(|shown| shown.instant)
}

/// The same where Go takes nothing else.
fn wanted(machine: &Machine<'_>, value: &Value) -> Result<Instant, Failure> {
    instant(value).ok_or_else(|| {
        let got = value.go_type(&machine.heap);
        Failure::execute(format!("wrong type for value; expected time.Time; got {got}"))
    })
}

impl Object for Shown {
    fn type_name(&self) -> &str {
        "time.Time"
    }

    fn field(&self, name: &str, _machine: &mut Machine<'_>) -> Option<Result<Value, Failure>> {
        let civil = self.instant.civil();
        let number = |number: i64| Value::int(number, self.origin);
        let long = |number: i64| Value::from(Data::Int(number, crate::value::IntType::Int64), self.origin);
        Some(Ok(match name {
            "Year" => number(civil.year),
            "Day" => number(civil.day),
            "Hour" => number(civil.hour),
            "Minute" => number(civil.minute),
            "Second" => number(civil.second),
            "Nanosecond" => number(i64::from(self.instant.nanos)),
            "YearDay" => number(self.instant.year_day()),
            "Unix" => long(self.instant.seconds),
            "IsZero" => Value::bool(Instant { offset: 0, ..self.instant } == Instant::ZERO, self.origin),
            "UTC" | "Local" => Self::value(Instant { offset: 0, ..self.instant }, self.origin),
            "String" => Value::str(&self.instant.format(STRING), self.origin),
            "Month" | "Weekday" | "Location" | "UnixMilli" | "UnixMicro" | "UnixNano" => {
                let reason = format!("`{name}` of a date is not computed").into();
                Value { guard: self.origin, ..Value::new(Data::Unknown(reason)) }
            }
            _ => return None,
        }))
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Value],
        machine: &mut Machine<'_>,
    ) -> Option<Result<Value, Failure>> {
        let given = machine.joined(arguments);
        let origin = machine.origins.join(self.origin, given);
        Some(match (name, arguments) {
            ("Format", [layout]) => layout_of(machine, Some(layout))
                .map(|layout| Value::str(&self.instant.format(&layout), origin)),
            ("AddDate", [years, months, days]) => self.later(machine, [years, months, days], origin),
            ("Before" | "After" | "Equal", [other]) => wanted(machine, other).map(|other| {
                let at = |instant: Instant| (instant.seconds, instant.nanos);
                let order = at(self.instant).cmp(&at(other));
                let is = match name {
                    "Before" => order.is_lt(),
                    "After" => order.is_gt(),
                    _ => order.is_eq(),
                };
                Value::bool(is, origin)
            }),
            _ => return None,
        })
    }

    fn encoded(&self, _machine: &mut Machine<'_>) -> Value {
        Value::str(&self.instant.format(JSON), self.origin)
    }

    fn plain(&self, _machine: &mut Machine<'_>) -> Value {
        Value::str(&self.instant.format(STRING), self.origin)
    }
}

impl Shown {
    fn later(&self, machine: &mut Machine<'_>, by: [&Value; 3], origin: OriginId) -> Answer {
        let mut civil = self.instant.civil();
        let [years, months, days] = by;
        civil.year += bounded(machine.arg_int(years)?)?;
        civil.month += bounded(machine.arg_int(months)?)?;
        civil.day += bounded(machine.arg_int(days)?)?;
        let later = Instant::of_civil(civil, self.instant.nanos, self.instant.offset);
        Ok(Self::value(Instant { seconds: limited(later.seconds)?, ..later }, origin))
    }
}

/// No date is further away than can be counted.
fn bounded(number: i64) -> Result<i64, Failure> {
    match number {
        -1_000_000_000..=1_000_000_000 => Ok(number),
        _ => Err(Failure::execute("the date is out of range")),
    }
}

/// A layout, bounded as what it prints is.
fn layout_of(machine: &mut Machine<'_>, layout: Option<&Value>) -> Result<String, Failure> {
    let Some(layout) = layout else { return Ok("2006-01-02".to_owned()) };
    let layout = machine.arg_str(layout)?.to_owned();
    // Every byte of it is looked at for each of the chunks.
    machine.make(64 * layout.len())?;
    Ok(layout)
}

/// `dateInZone` and its kin; without a layout the one of HTML.
fn printed(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    layout: Option<&Value>,
    date: Option<&Value>,
    zone: Option<&Value>,
) -> Answer {
    let Some(date) = date else { return nothing() };
    let layout = layout_of(machine, layout)?;
    if let Some(zone) = zone
        && !matches!(machine.arg_str(zone)?, "" | "UTC" | "Local")
    {
        return of_zone(machine, arguments);
    }
    let seconds = match &date.data {
        Data::Int(number, kind) if *kind != crate::value::IntType::Uint8 => Some(*number),
        _ => None,
    };
    let at = |seconds| Instant { seconds, nanos: 0, offset: 0 };
    let instant = match (instant(date), seconds) {
        (Some(instant), _) => instant,
        (None, Some(seconds)) => at(limited(seconds)?),
        // Anything else is the present.
        (None, None) => return unknown(machine, arguments),
    };
    let origin = machine.joined(arguments);
    Ok(Value::str(&Instant { offset: 0, ..instant }.format(&layout), origin))
}

/// Seconds that the calendar has room for.
fn limited(seconds: i64) -> Result<i64, Failure> {
    match seconds {
        -1_000_000_000_000_000..=1_000_000_000_000_000 => Ok(seconds),
        _ => Err(Failure::execute("the date is out of range")),
    }
}

fn read(machine: &mut Machine<'_>, arguments: Args<'_>, must: bool) -> Answer {
    let [layout, text] = arguments else { return nothing() };
    let layout = layout_of(machine, Some(layout))?;
    let text = machine.arg_str(text)?;
    let origin = machine.joined(arguments);
    match Instant::parse(&layout, text) {
        Ok(instant) => Ok(Shown::value(instant, origin)),
        Err(Unread::Zone) => of_zone(machine, arguments),
        Err(Unread::Wrong) if must => {
            Err(Failure::execute(format!("parsing time {text:?} as {layout:?}: cannot parse it")))
        }
        Err(Unread::Wrong) => Ok(Shown::value(Instant::ZERO, origin)),
    }
}

fn modified(machine: &mut Machine<'_>, arguments: Args<'_>, must: bool) -> Answer {
    let [by, date] = arguments else { return nothing() };
    let written = machine.arg_str(by)?;
    let instant = wanted(machine, date)?;
    let origin = machine.joined(arguments);
    let seconds = parse_duration(written).filter(|_| written.contains(|c: char| c.is_ascii_digit()));
    // `time.Duration` holds 292 years.
    let Some(seconds) = seconds.filter(|seconds| *seconds < 9_223_372_036.0) else {
        return match must {
            true => Err(Failure::execute(format!("time: invalid duration {written:?}"))),
            false => Ok(Shown::value(instant, origin)),
        };
    };
    let sign = if written.starts_with('-') { -1 } else { 1 };
    let nanos = i64::from(instant.nanos) + sign * (seconds.fract() * 1e9).round() as i64;
    let whole = instant.seconds + sign * seconds.trunc() as i64 + nanos.div_euclid(1_000_000_000);
    let nanos = u32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or(0);
    Ok(Shown::value(Instant { seconds: limited(whole)?, nanos, ..instant }, origin))
}

fn epoch(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [date] = arguments else { return nothing() };
    let seconds = wanted(machine, date)?.seconds;
    let origin = machine.joined(arguments);
    Ok(Value::str(&seconds.to_string(), origin))
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
