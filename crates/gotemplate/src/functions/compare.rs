//! Go's own functions: comparison, `index`, `len`, `printf`; and sprig's defaults and tests.

use std::cmp::Ordering;
use std::sync::Arc;

use mlgitops_yaml::{OriginId, Text};

use super::{Answer, Args, Function, Lazy, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::print;
use crate::printf;
use crate::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "and",
        least: 1,
        most: usize::MAX,
        run: evaluated_elsewhere,
        lazy: Some(Lazy::And),
        passes_on: true,
    },
    Function {
        name: "or",
        least: 1,
        most: usize::MAX,
        run: evaluated_elsewhere,
        lazy: Some(Lazy::Or),
        passes_on: true,
    },
    Function::new("not", 1, not).passing_on(),
    Function::variadic("eq", 1, eq),
    Function::new("ne", 2, ne),
    Function::new("lt", 2, lt),
    Function::new("le", 2, le),
    Function::new("gt", 2, gt),
    Function::new("ge", 2, ge),
    Function::variadic("index", 1, index).passing_on(),
    Function::new("len", 1, len),
    Function::variadic("printf", 1, printf::printf).passing_on(),
    Function::variadic("print", 0, printf::print).passing_on(),
    Function::variadic("println", 0, printf::println).passing_on(),
    Function::variadic("default", 1, default).passing_on(),
    Function::new("empty", 1, empty).passing_on(),
    Function::variadic("coalesce", 0, coalesce).passing_on(),
    Function::new("ternary", 3, ternary).passing_on(),
    Function::new("required", 2, required).passing_on(),
    Function::new("fail", 1, fail),
    Function::variadic("call", 1, call),
    Function::variadic("html", 0, |m, a| escaped(m, a, html)),
    Function::variadic("js", 0, |m, a| escaped(m, a, js)),
];

/// `and` and `or` are evaluated where their operands are.
fn evaluated_elsewhere(_: &mut Machine<'_>, _: Args<'_>) -> Answer {
    Ok(Value::new(Data::Missing))
}

fn answer(machine: &mut Machine<'_>, value: bool, arguments: Args<'_>) -> Answer {
    let origin = machine.joined(arguments);
    Ok(Value::bool(value, origin))
}

fn not(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let truth = arguments.first().is_some_and(|value| print::truth(machine, value));
    answer(machine, !truth, arguments)
}

/// The kinds Go's comparisons tell apart.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Basic {
    Bool,
    Int,
    Float,
    Str,
    Other,
}

fn basic(value: &Value) -> Basic {
    match value.data {
        Data::Bool(_) => Basic::Bool,
        Data::Int(..) => Basic::Int,
        Data::Float(_) => Basic::Float,
        Data::Str(_) | Data::Unknown(_) => Basic::Str,
        _ => Basic::Other,
    }
}

fn equal(machine: &mut Machine<'_>, a: &Value, b: &Value) -> Result<bool, Failure> {
    if a.is_nil() || b.is_nil() {
        return Ok(a.is_nil() && b.is_nil());
    }
    let (kind_a, kind_b) = (basic(a), basic(b));
    if kind_a != kind_b {
        return Err(Failure::execute("incompatible types for comparison"));
    }
    if kind_a == Basic::Other {
        let kind = a.go_type(&machine.heap);
        return Err(Failure::execute(format!("non-comparable type {kind}")));
    }
    Ok(order(a, b) == Some(Ordering::Equal))
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (&a.data, &b.data) {
        (Data::Bool(a), Data::Bool(b)) => Some(a.cmp(b)),
        (Data::Int(a, _), Data::Int(b, _)) => Some(a.cmp(b)),
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b),
        (Data::Str(_) | Data::Unknown(_), Data::Str(_) | Data::Unknown(_)) => {
            Some(print::scalar(a).cmp(&print::scalar(b)))
        }
        _ => None,
    }
}

fn eq(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [first, rest @ ..] = arguments else { return nothing() };
    if rest.is_empty() {
        return Err(Failure::execute("missing argument for comparison"));
    }
    let mut found = false;
    for value in rest {
        found = found || equal(machine, first, value)?;
    }
    answer(machine, found, arguments)
}

fn ne(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [a, b] = arguments else { return nothing() };
    let same = equal(machine, a, b)?;
    answer(machine, !same, arguments)
}

fn compare(machine: &mut Machine<'_>, arguments: Args<'_>, wanted: fn(Ordering) -> bool) -> Answer {
    let [a, b] = arguments else { return nothing() };
    let (kind_a, kind_b) = (basic(a), basic(b));
    if kind_a == Basic::Other || kind_b == Basic::Other {
        return Err(Failure::execute("invalid type for comparison"));
    }
    if kind_a != kind_b {
        return Err(Failure::execute("incompatible types for comparison"));
    }
    if kind_a == Basic::Bool {
        return Err(Failure::execute("invalid type for comparison"));
    }
    let holds = order(a, b).is_some_and(wanted);
    answer(machine, holds, arguments)
}

fn lt(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    compare(machine, arguments, Ordering::is_lt)
}
fn le(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    compare(machine, arguments, Ordering::is_le)
}
fn gt(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    compare(machine, arguments, Ordering::is_gt)
}
fn ge(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    compare(machine, arguments, Ordering::is_ge)
}

fn index(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [container, keys @ ..] = arguments else { return nothing() };
    if container.is_nil() {
        return Err(Failure::execute("index of untyped nil"));
    }
    let mut value = machine.plain(container);
    for key in keys {
        let looked_up = key.whole(machine.origins);
        let next = index_one(machine, &value, key)?;
        value = machine.guard(next, looked_up);
    }
    Ok(value)
}

fn index_one(machine: &mut Machine<'_>, value: &Value, key: &Value) -> Answer {
    match &value.data {
        Data::Map(map) => {
            let name = match &key.data {
                Data::Str(text) => Arc::clone(text.shared()),
                Data::Unknown(_) => return Ok(key.clone()),
                Data::Nil | Data::Missing => {
                    return Err(Failure::execute("value is nil; should be of type string"));
                }
                _ => {
                    let kind = key.go_type(&machine.heap);
                    return Err(Failure::execute(format!("value has type {kind}; should be string")));
                }
            };
            match machine.heap.map(*map).get(&name) {
                Some(slot) => {
                    let found = slot.value.clone();
                    Ok(machine.guard(found, value.guard))
                }
                None => {
                    let guard = value.whole(machine.origins);
                    let missing = match machine.heap.map_type(*map) {
                        crate::value::MapType::Str => Value::str("", OriginId::NONE),
                        _ => Value::new(Data::Nil),
                    };
                    Ok(machine.guard(missing, guard))
                }
            }
        }
        Data::List(list) => {
            let at = index_number(machine, key)?;
            let items = machine.heap.list(*list);
            match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                Some(item) => {
                    let item = item.clone();
                    Ok(machine.guard(item, value.guard))
                }
                None => Err(Failure::execute(format!("index out of range: {at}"))),
            }
        }
        Data::Str(text) => {
            let at = index_number(machine, key)?;
            let byte = usize::try_from(at).ok().and_then(|at| text.as_str().as_bytes().get(at)).copied();
            match byte {
                Some(byte) => {
                    let origin = value.content(machine.origins);
                    Ok(Value::from(Data::Int(i64::from(byte), crate::value::IntType::Uint8), origin))
                }
                None => Err(Failure::execute(format!("index out of range: {at}"))),
            }
        }
        Data::Unknown(_) => Ok(value.clone()),
        Data::Nil | Data::Missing => Err(Failure::execute("index of nil pointer")),
        _ => {
            let kind = value.go_type(&machine.heap);
            Err(Failure::execute(format!("can't index item of type {kind}")))
        }
    }
}

fn index_number(machine: &mut Machine<'_>, key: &Value) -> Result<i64, Failure> {
    match &key.data {
        Data::Int(value, _) => Ok(*value),
        Data::Nil | Data::Missing => Err(Failure::execute("cannot index slice/array with nil")),
        _ => {
            let kind = key.go_type(&machine.heap);
            Err(Failure::execute(format!("cannot index slice/array with type {kind}")))
        }
    }
}

fn len(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let plain = machine.plain(value);
    let count = match &plain.data {
        Data::Str(text) => text.len(),
        Data::List(list) => machine.heap.list(*list).len(),
        Data::Map(map) => machine.heap.map(*map).len(),
        Data::Unknown(_) => return Ok(value.clone()),
        Data::Nil | Data::Missing => return Err(Failure::execute("len of untyped nil")),
        _ => {
            let kind = value.go_type(&machine.heap);
            return Err(Failure::execute(format!("len of type {kind}")));
        }
    };
    let origin = machine.joined(arguments);
    Ok(Value::int(i64::try_from(count).unwrap_or(i64::MAX), origin))
}

/// sprig's notion of emptiness, which is that of truth in templates.
pub(super) fn is_empty(machine: &mut Machine<'_>, value: &Value) -> bool {
    !print::truth(machine, value)
}

fn default(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [fallback, given @ ..] = arguments else { return nothing() };
    let Some(given) = given.first() else { return Ok(fallback.clone()) };
    if is_empty(machine, given) {
        // Passed over, it decided that the other one is taken.
        let guard = given.whole(machine.origins);
        return Ok(machine.guard(fallback.clone(), guard));
    }
    Ok(given.clone())
}

fn empty(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let is = arguments.first().is_none_or(|value| is_empty(machine, value));
    answer(machine, is, arguments)
}

fn coalesce(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut passed = OriginId::NONE;
    for value in arguments {
        if !is_empty(machine, value) {
            return Ok(machine.guard(value.clone(), passed));
        }
        let guard = value.whole(machine.origins);
        passed = machine.origins.join(passed, guard);
    }
    let nothing = Value::new(Data::Nil);
    Ok(machine.guard(nothing, passed))
}

fn ternary(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [yes, no, test] = arguments else { return nothing() };
    let Data::Bool(truth) = test.data else { return Err(machine.wrong_type(test, "bool")) };
    let guard = test.whole(machine.origins);
    let chosen = if truth { yes } else { no };
    Ok(machine.guard(chosen.clone(), guard))
}

/// Helm's `required`, helm v3 pkg/engine/engine.go; the message is the chart's own.
fn required(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [warning, value] = arguments else { return nothing() };
    let message = machine.arg_str(warning)?.to_owned();
    let refuses = match &value.data {
        Data::Nil | Data::Missing => true,
        Data::Str(text) => text.is_empty(),
        _ => false,
    };
    if refuses {
        let cause = value.whole(machine.origins);
        return Err(refused(message, cause));
    }
    Ok(value.clone())
}

fn fail(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [message] = arguments else { return nothing() };
    let text: Text = machine.arg_text(message)?;
    let cause = message.whole(machine.origins);
    let context = machine.whole_context();
    let cause = machine.origins.guard(cause, context);
    Err(refused(text.as_str().to_owned(), cause))
}

fn refused(message: String, cause: OriginId) -> Failure {
    Failure::new(crate::FailureKind::Refused, message).caused_by(cause)
}

/// No value of a chart is a function.
fn call(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [function, ..] = arguments else { return nothing() };
    if function.is_nil() {
        return Err(Failure::execute("call of nil"));
    }
    let kind = function.go_type(&machine.heap);
    Err(Failure::execute(format!("non-function of type {kind}")))
}

/// What the arguments print, each character escaped where it must be.
fn escaped(machine: &mut Machine<'_>, arguments: Args<'_>, escape: fn(char) -> Option<String>) -> Answer {
    let printed = printf::print(machine, arguments)?;
    super::words::remade(machine, std::slice::from_ref(&printed), |text| {
        text.chars().map(|c| escape(c).unwrap_or_else(|| c.to_string())).collect()
    })
}

fn html(character: char) -> Option<String> {
    Some(
        match character {
            '"' => "&#34;",
            '\'' => "&#39;",
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '\0' => "\u{FFFD}",
            _ => return None,
        }
        .to_owned(),
    )
}

fn js(character: char) -> Option<String> {
    Some(match character {
        '\\' => "\\\\".to_owned(),
        '\'' => "\\'".to_owned(),
        '"' => "\\\"".to_owned(),
        '<' | '>' | '&' | '=' => format!("\\u{:04X}", u32::from(character)),
        _ if u32::from(character) < 0x20 => format!("\\u{:04X}", u32::from(character)),
        _ => return None,
    })
}
