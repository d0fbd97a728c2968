//! What type a value has.

use mlgitops_yaml::OriginId;

use super::{Answer, Args, Function, nothing};
use crate::machine::Machine;
use crate::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("typeOf", 1, |m, a| named(m, a, false)).passing_on(),
    Function::new("kindOf", 1, |m, a| named(m, a, true)).passing_on(),
    Function::new("typeIs", 2, |m, a| is(m, a, |wanted, kind, _| wanted == kind)).passing_on(),
    Function::new("typeIsLike", 2, |m, a| {
        is(m, a, |wanted, kind, _| wanted == kind || kind.strip_prefix('*') == Some(wanted))
    })
    .passing_on(),
    Function::new("kindIs", 2, |m, a| is(m, a, |wanted, _, kind| wanted == kind)).passing_on(),
];

fn named(machine: &mut Machine<'_>, arguments: Args<'_>, kind: bool) -> Answer {
    let [value] = arguments else { return nothing() };
    let name = if kind { value.go_kind().to_owned() } else { value.go_type(&machine.heap) };
    // No byte of it is one of the value's, and another value of the type changes nothing.
    let guard = machine.joined(arguments);
    let name = Value::str(&name, OriginId::NONE);
    Ok(machine.guard(name, guard))
}

fn is(machine: &mut Machine<'_>, arguments: Args<'_>, test: impl Fn(&str, &str, &str) -> bool) -> Answer {
    let [wanted, value] = arguments else { return nothing() };
    let wanted = machine.arg_str(wanted)?;
    let answer = match &value.data {
        // Nothing is known of it but that it will be a string.
        Data::Unknown(_) => test(wanted, "string", "string"),
        _ => test(wanted, &value.go_type(&machine.heap), value.go_kind()),
    };
    let origin = machine.joined(arguments);
    Ok(Value::bool(answer, origin))
}
