//! sprig's arithmetic.

use mlgitops_yaml::{OriginId, Text, TextBuilder};

use super::lists::of_ints;
use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::literal::integer;
use crate::machine::Machine;
use crate::value::{Data, IntType, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("int", 1, |m, a| Ok(whole(m, a, a.first().map_or(0, to_int), IntType::Int))),
    Function::new("int64", 1, |m, a| Ok(whole(m, a, a.first().map_or(0, to_int), IntType::Int64))),
    Function::new("float64", 1, |m, a| Ok(real(m, a, a.first().map_or(0.0, to_float)))),
    Function::new("atoi", 1, |m, a| {
        let [text] = a else { return nothing() };
        let number = m.arg_str(text)?.parse().unwrap_or(0);
        Ok(whole(m, a, number, IntType::Int))
    }),
    Function::new("toDecimal", 1, |m, a| {
        let [value] = a else { return nothing() };
        let text = m.to_text(value)?;
        let number = i64::from_str_radix(text.as_str(), 8).unwrap_or(0);
        Ok(whole(m, a, number, IntType::Int64))
    }),
    Function::variadic("add", 0, |m, a| Ok(fold(m, a, 0, 0, i64::wrapping_add))),
    Function::new("add1", 1, |m, a| Ok(fold(m, a, 1, 0, i64::wrapping_add))),
    Function::new("sub", 2, |m, a| {
        let [first, second] = a else { return nothing() };
        Ok(whole(m, a, to_int(first).wrapping_sub(to_int(second)), IntType::Int64))
    }),
    Function::new("div", 2, |m, a| divided(m, a, i64::wrapping_div)),
    Function::new("mod", 2, |m, a| divided(m, a, i64::wrapping_rem)),
    Function::variadic("mul", 1, |m, a| Ok(fold(m, a, 1, 0, i64::wrapping_mul))),
    Function::variadic("max", 1, |m, a| Ok(extreme(m, a, i64::max))),
    Function::variadic("biggest", 1, |m, a| Ok(extreme(m, a, i64::max))),
    Function::variadic("min", 1, |m, a| Ok(extreme(m, a, i64::min))),
    Function::variadic("maxf", 1, |m, a| Ok(extreme_float(m, a, f64::max))),
    Function::variadic("minf", 1, |m, a| Ok(extreme_float(m, a, f64::min))),
    Function::variadic("addf", 0, |m, a| Ok(decimal(m, a, 0, Decimal::add, |a, b| a + b))),
    Function::new("add1f", 1, |m, a| {
        let one = Value::int(1, OriginId::NONE);
        let all: Vec<Value> = a.iter().cloned().chain([one]).collect();
        Ok(decimal(m, &all, 1, Decimal::add, |a, b| a + b))
    }),
    Function::variadic("subf", 1, |m, a| Ok(decimal(m, a, 1, Decimal::sub, |a, b| a - b))),
    Function::variadic("mulf", 1, |m, a| Ok(decimal(m, a, 1, Decimal::mul, |a, b| a * b))),
    Function::variadic("divf", 1, |m, a| {
        if a.iter().skip(1).any(|value| to_float(value) == 0.0) {
            return Err(Failure::execute("decimal division by 0"));
        }
        Ok(decimal(m, a, 1, Decimal::div, |a, b| a / b))
    }),
    Function::new("ceil", 1, |m, a| Ok(real(m, a, a.first().map_or(0.0, to_float).ceil()))),
    Function::new("floor", 1, |m, a| Ok(real(m, a, a.first().map_or(0.0, to_float).floor()))),
    Function::variadic("round", 2, round),
    Function::new("until", 1, |m, a| {
        let [count] = a else { return nothing() };
        let count = m.arg_int(count)?;
        stepped(m, a, 0, count, if count < 0 { -1 } else { 1 })
    }),
    Function::new("untilStep", 3, |m, a| {
        let [start, stop, step] = a else { return nothing() };
        let (start, stop, step) = (m.arg_int(start)?, m.arg_int(stop)?, m.arg_int(step)?);
        stepped(m, a, start, stop, step)
    }),
    Function::variadic("seq", 0, seq),
    Function::new("plural", 3, |m, a| {
        let [one, many, count] = a else { return nothing() };
        let number = m.arg_int(count)?;
        let text = m.arg_text(if number == 1 { one } else { many })?;
        Ok(m.decided(Value::text(text), &[count]))
    }),
];

fn whole(machine: &mut Machine<'_>, arguments: Args<'_>, number: i64, kind: IntType) -> Value {
    let origin = machine.joined(arguments);
    Value::from(Data::Int(number, kind), origin)
}

fn real(machine: &mut Machine<'_>, arguments: Args<'_>, number: f64) -> Value {
    let origin = machine.joined(arguments);
    Value::from(Data::Float(number), origin)
}

/// spf13/cast 1.7 `ToInt64`: text in any base, a fraction of zeros dropped; 0 for what is none.
pub(super) fn to_int(value: &Value) -> i64 {
    match &value.data {
        Data::Int(number, _) => *number,
        // Go's conversion of what does not fit gives the smallest number on amd64.
        Data::Float(number) if number.is_nan() || number.abs() >= 9_223_372_036_854_775_808.0 => i64::MIN,
        Data::Float(number) => *number as i64,
        Data::Bool(flag) => i64::from(*flag),
        Data::Str(text) => integer(without_zero_fraction(text.as_str())).unwrap_or(0),
        _ => 0,
    }
}

fn without_zero_fraction(text: &str) -> &str {
    let zeros = text.trim_end_matches('0');
    match zeros.strip_suffix('.') {
        Some(whole) if zeros.len() < text.len() => whole,
        _ => text,
    }
}

/// spf13/cast 1.7 `ToFloat64`.
pub(super) fn to_float(value: &Value) -> f64 {
    match &value.data {
        Data::Int(number, _) => *number as f64,
        Data::Float(number) => *number,
        Data::Bool(flag) => f64::from(u8::from(*flag)),
        Data::Str(text) => text.as_str().parse().unwrap_or(0.0),
        _ => 0.0,
    }
}

fn fold(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    start: i64,
    skipped: usize,
    step: fn(i64, i64) -> i64,
) -> Value {
    let number = arguments.iter().skip(skipped).map(to_int).fold(start, step);
    whole(machine, arguments, number, IntType::Int64)
}

fn divided(machine: &mut Machine<'_>, arguments: Args<'_>, divide: fn(i64, i64) -> i64) -> Answer {
    let [first, second] = arguments else { return nothing() };
    let (first, second) = (to_int(first), to_int(second));
    if second == 0 {
        let cause = machine.joined(arguments);
        return Err(Failure::execute("runtime error: integer divide by zero").caused_by(cause));
    }
    Ok(whole(machine, arguments, divide(first, second), IntType::Int64))
}

fn extreme(machine: &mut Machine<'_>, arguments: Args<'_>, choose: fn(i64, i64) -> i64) -> Value {
    let number = arguments.iter().map(to_int).reduce(choose).unwrap_or(0);
    whole(machine, arguments, number, IntType::Int64)
}

fn extreme_float(machine: &mut Machine<'_>, arguments: Args<'_>, choose: fn(f64, f64) -> f64) -> Value {
    let number = arguments.iter().map(to_float).reduce(choose).unwrap_or(0.0);
    real(machine, arguments, number)
}

/// shopspring/decimal computes in base 10, quotients to 16 places.
fn decimal(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    first: usize,
    step: fn(Decimal, Decimal) -> Option<Decimal>,
    rough: fn(f64, f64) -> f64,
) -> Value {
    let start = if first == 0 { 0.0 } else { arguments.first().map_or(0.0, to_float) };
    let number = arguments.iter().skip(first).map(to_float).fold(start, |a, b| {
        let exact = Decimal::of(a).zip(Decimal::of(b)).and_then(|(a, b)| step(a, b));
        exact.and_then(Decimal::to_float).unwrap_or_else(|| rough(a, b))
    });
    real(machine, arguments, number)
}

/// `digits` times ten to the power of minus `places`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    places: u32,
}

impl Decimal {
    /// The shortest decimal that reads as the number.
    fn of(number: f64) -> Option<Self> {
        let text = number.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { digits, places: u32::try_from(fraction.len()).ok()? })
    }

    fn to_float(self) -> Option<f64> {
        format!("{}e-{}", self.digits, self.places).parse().ok()
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let places = self.places.max(other.places);
        let scale = |one: Self| one.digits.checked_mul(10_i128.checked_pow(places - one.places)?);
        Some((scale(self)?, scale(other)?, places))
    }

    fn add(self, other: Self) -> Option<Self> {
        let (a, b, places) = self.aligned(other)?;
        Some(Self { digits: a.checked_add(b)?, places })
    }

    fn sub(self, other: Self) -> Option<Self> {
        let (a, b, places) = self.aligned(other)?;
        Some(Self { digits: a.checked_sub(b)?, places })
    }

    fn mul(self, other: Self) -> Option<Self> {
        Some(Self { digits: self.digits.checked_mul(other.digits)?, places: self.places + other.places })
    }

    fn div(self, other: Self) -> Option<Self> {
        let (a, b, _) = self.aligned(other)?;
        let scaled = a.checked_mul(10_i128.pow(17))?.checked_div(b)?;
        let rounded = (scaled + if scaled < 0 { -5 } else { 5 }) / 10;
        Some(Self { digits: rounded, places: 16 })
    }
}

fn round(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value, places, rest @ ..] = arguments else { return nothing() };
    let places = machine.arg_int(places)?;
    let limit = rest.first().map_or(0.5, to_float);
    let power = 10f64.powi(i32::try_from(places).unwrap_or(if places < 0 { i32::MIN } else { i32::MAX }));
    let digit = power * to_float(value);
    let rounded = if digit.fract() >= limit { digit.ceil() } else { digit.floor() };
    Ok(real(machine, arguments, rounded / power))
}

fn steps(machine: &mut Machine<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Failure> {
    let mut numbers = Vec::new();
    if (stop < start && step >= 0) || (stop >= start && step <= 0) {
        return Ok(numbers);
    }
    let mut at = start;
    while if step > 0 { at < stop } else { at > stop } {
        machine.step()?;
        machine.fits(numbers.len() * size_of::<Value>())?;
        numbers.push(at);
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(numbers)
}

fn stepped(machine: &mut Machine<'_>, arguments: Args<'_>, start: i64, stop: i64, step: i64) -> Answer {
    let numbers = steps(machine, start, stop, step)?;
    let origin = machine.joined(arguments);
    let origin = if machine.is_literal(origin) { OriginId::NONE } else { origin };
    Ok(of_ints(machine, numbers, origin))
}

fn seq(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut given = Vec::with_capacity(arguments.len());
    for value in arguments {
        given.push(machine.arg_int(value)?);
    }
    let toward = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let numbers = match given[..] {
        [end] => steps(machine, 1, end.saturating_add(toward(1, end)), toward(1, end))?,
        [start, end] => {
            let step = toward(start, end);
            steps(machine, start, end.saturating_add(step), step)?
        }
        [start, step, end] if end >= start || step <= 0 => {
            steps(machine, start, end.saturating_add(toward(start, end)), step)?
        }
        _ => Vec::new(),
    };
    let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
    let origin = machine.joined(arguments);
    let mut out = TextBuilder::default();
    out.push_str(&words.join(" "), origin);
    let text: Text = out.build();
    Ok(Value::text(text))
}
