//! The functions Helm adds to those of templates (helm v3 pkg/engine/funcs.go and engine.go).

use std::sync::LazyLock;

use mlgitops_gotemplate::{Data, Failure, Function, Functions, Machine, MapType, Value};

/// Every function a chart may call.
pub(crate) fn all() -> &'static Functions {
    static ALL: LazyLock<Functions> = LazyLock::new(|| {
        let mut functions = Functions::standard().clone();
        functions.extend(FUNCTIONS);
        functions
    });
    &ALL
}

const FUNCTIONS: &[Function] = &[
    Function::new("include", 2, include).passing_on(),
    Function::new("tpl", 2, tpl).passing_on(),
    Function::new("lookup", 4, lookup),
];

type Answer = Result<Value, Failure>;

fn include(machine: &mut Machine<'_>, arguments: &[Value]) -> Answer {
    let [name, data] = arguments else { return Ok(Value::new(Data::Missing)) };
    let guard = name.whole(machine.origins);
    let name = machine.arg_str(name)?;
    let text = machine.include(name, data)?;
    // A literal name decides nothing that could be edited.
    let value = Value::text(text);
    Ok(if machine.is_literal(guard) { value } else { machine.guard(value, guard) })
}

fn tpl(machine: &mut Machine<'_>, arguments: &[Value]) -> Answer {
    let [given, data] = arguments else { return Ok(Value::new(Data::Missing)) };
    let text = machine.arg_text(given)?;
    let made = machine.execute_text("gotpl", &text, data)?;
    let made = Value::text(crate::output::without_no_value(made, machine.origins));
    if !text.as_str().contains("{{") {
        return Ok(made);
    }
    // What its actions print is there because the text has them.
    let guard = given.whole(machine.origins);
    Ok(if machine.is_literal(guard) { made } else { machine.guard(made, guard) })
}

/// Nothing is in the cluster, as `helm template` has it.
fn lookup(machine: &mut Machine<'_>, arguments: &[Value]) -> Answer {
    for value in arguments {
        machine.arg_str(value)?;
    }
    let map = machine.heap.add_map(Default::default(), MapType::Any);
    Ok(Value::new(Data::Map(map)))
}
