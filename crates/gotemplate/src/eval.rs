//! Evaluates pipelines: words, fields, functions.

use std::sync::Arc;

use mlgitops_yaml::OriginId;

use crate::ast::{Arg, ArgKind, Command, Pipe};
use crate::error::Failure;
use crate::exec::Frame;
use crate::functions::{Function, Lazy};
use crate::machine::{Machine, MissingKey};
use crate::print;
use crate::value::{Data, IntType, Value};

impl Machine<'_> {
    /// The value of a pipeline, kept in its variables if it declares any.
    pub(crate) fn pipeline(
        &mut self,
        frame: &mut Frame<'_>,
        pipe: &Pipe,
        dot: &Value,
    ) -> Result<Value, Failure> {
        self.enter()?;
        let mut value: Option<Value> = None;
        for command in &pipe.commands {
            let mut result = self.command(frame, command, dot, value.take())?;
            // A nil in an interface is unwrapped to nothing at all: fields of it are missing, too.
            if matches!(result.data, Data::Nil) {
                result.data = Data::Missing;
            }
            value = Some(result);
        }
        self.leave();
        let value = value.unwrap_or_else(|| Value::new(Data::Missing));
        for name in &pipe.declares {
            if pipe.assigns {
                self.assign(frame, name, value.clone())
                    .map_err(|failure| self.locate(failure, frame.source, &pipe.span))?;
            } else {
                self.declare(frame, name, value.clone());
            }
        }
        Ok(value)
    }

    fn command(
        &mut self,
        frame: &mut Frame<'_>,
        command: &Command,
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, Failure> {
        self.step()?;
        let Some(first) = command.args.first() else { return Ok(Value::new(Data::Missing)) };
        let takes_arguments = command.args.len() > 1 || last.is_some();
        let result = match &first.kind {
            ArgKind::Function(function) => self.function(frame, function, command, dot, last),
            ArgKind::Field(path) => self.path(frame, dot.clone(), path, command, dot, last),
            ArgKind::Chain(inner, path) => match self.argument(frame, inner, dot) {
                Ok(receiver) => self.path(frame, receiver, path, command, dot, last),
                Err(failure) => Err(failure),
            },
            ArgKind::Variable(name, path) => {
                let value = frame.variable(name).cloned().unwrap_or_else(|| Value::new(Data::Missing));
                if path.is_empty() && takes_arguments {
                    Err(Failure::execute(format!("can't give argument to non-function {name}")))
                } else {
                    self.path(frame, value, path, command, dot, last)
                }
            }
            ArgKind::Nil => Err(Failure::execute("nil is not a command")),
            _ if takes_arguments => {
                let word = self.word(frame, first);
                Err(Failure::execute(format!("can't give argument to non-function {word}")))
            }
            _ => self.argument(frame, first, dot),
        };
        result.map_err(|failure| self.locate_once(failure, frame, command))
    }

    fn locate_once(&mut self, failure: Failure, frame: &Frame<'_>, command: &Command) -> Failure {
        let inner = failure
            .at
            .as_ref()
            .is_some_and(|(name, ..)| self.sources.get(frame.source).is_some_and(|s| s.parsed.name == *name));
        // A place in the same template is the more exact one.
        if inner && failure.through.is_empty() {
            failure
        } else {
            self.locate(failure, frame.source, &command.span)
        }
    }

    fn word(&self, frame: &Frame<'_>, arg: &Arg) -> String {
        let source = self.sources.get(frame.source);
        let text = source.and_then(|source| source.parsed.text.get(crate::ast::range(&arg.span)));
        text.unwrap_or("").to_owned()
    }

    /// The value of a word that stands alone.
    pub(crate) fn argument(
        &mut self,
        frame: &mut Frame<'_>,
        arg: &Arg,
        dot: &Value,
    ) -> Result<Value, Failure> {
        match &arg.kind {
            ArgKind::Dot => Ok(dot.clone()),
            ArgKind::Nil => Ok(Value::new(Data::Nil)),
            ArgKind::Bool(value) => {
                Ok(self.literal(frame.source, &arg.span, |origin| Value::bool(*value, origin)))
            }
            ArgKind::Int(value) => Ok(self.literal(frame.source, &arg.span, |origin| {
                Value::from(Data::Int(*value, IntType::Int), origin)
            })),
            ArgKind::Float(value) => {
                Ok(self.literal(frame.source, &arg.span, |origin| Value::from(Data::Float(*value), origin)))
            }
            ArgKind::String(text) => {
                Ok(self.literal(frame.source, &arg.span, |origin| Value::str(text, origin)))
            }
            ArgKind::Field(path) => self.walk(dot.clone(), path),
            ArgKind::Variable(name, path) => {
                let value = frame.variable(name).cloned().unwrap_or_else(|| Value::new(Data::Missing));
                self.walk(value, path)
            }
            ArgKind::Chain(inner, path) => {
                let receiver = self.argument(frame, inner, dot)?;
                self.walk(receiver, path)
            }
            ArgKind::Pipe(pipe) => self.pipeline(frame, pipe, dot),
            ArgKind::Function(function) => self.call(function, Vec::new()),
        }
    }

    fn walk(&mut self, mut value: Value, path: &[Arc<str>]) -> Result<Value, Failure> {
        for name in path {
            value = self.field(&value, name)?;
        }
        Ok(value)
    }

    /// A path whose last name may be a method with arguments.
    fn path(
        &mut self,
        frame: &mut Frame<'_>,
        value: Value,
        path: &[Arc<str>],
        command: &Command,
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, Failure> {
        if command.args.len() == 1 && last.is_none() {
            return self.walk(value, path);
        }
        let Some((name, before)) = path.split_last() else { return Ok(value) };
        let receiver = self.walk(value, before)?;
        let mut arguments = Vec::with_capacity(command.args.len());
        for arg in command.args.iter().skip(1) {
            arguments.push(self.argument(frame, arg, dot)?);
        }
        arguments.extend(last);
        self.method(&receiver, name, &arguments)
    }

    /// A field of a value, as `evalField` has it (Go `text/template/exec.go`).
    ///
    /// # Errors
    /// Where the value is nil, or can have no fields.
    pub fn field(&mut self, value: &Value, name: &str) -> Result<Value, Failure> {
        match &value.data {
            Data::Missing => {
                let guard = value.whole(self.origins);
                if self.missing_key == MissingKey::Error {
                    let message = format!("nil data; no entry for key {name:?}");
                    return Err(Failure::execute(message).caused_by(guard));
                }
                Ok(Value::new(Data::Missing).guarded(guard, self.origins))
            }
            Data::Unknown(_) => Ok(value.clone()),
            Data::Nil => {
                let cause = value.whole(self.origins);
                Err(Failure::execute(format!("nil pointer evaluating interface {{}}.{name}"))
                    .caused_by(cause))
            }
            Data::Map(map) => {
                if let Some(slot) = self.heap.map(*map).get(name) {
                    let found = slot.value.clone();
                    return Ok(found.guarded(value.guard, self.origins));
                }
                if let Some(result) = self.values_method(value, name, &[]) {
                    return result;
                }
                // It would be added to the map: the map decided that it is not there.
                let guard = value.whole(self.origins);
                let missing = match (self.missing_key, self.heap.map_type(*map)) {
                    (MissingKey::Error, _) => {
                        let message = format!("map has no entry for key {name:?}");
                        return Err(Failure::execute(message).caused_by(guard));
                    }
                    (MissingKey::Invalid, _) => Value::new(Data::Missing),
                    (MissingKey::Zero, crate::value::MapType::Str) => Value::str("", OriginId::NONE),
                    (MissingKey::Zero, _) => Value::new(Data::Nil),
                };
                Ok(missing.guarded(guard, self.origins))
            }
            Data::Object(object) => match Arc::clone(object).field(name, self) {
                Some(result) => result,
                None => Err(self.no_field(value, name)),
            },
            _ => Err(self.no_field(value, name)),
        }
    }

    fn no_field(&mut self, value: &Value, name: &str) -> Failure {
        let cause = value.whole(self.origins);
        let kind = value.go_type(&self.heap);
        Failure::execute(format!("can't evaluate field {name} in type {kind}")).caused_by(cause)
    }

    fn method(&mut self, receiver: &Value, name: &str, arguments: &[Value]) -> Result<Value, Failure> {
        match &receiver.data {
            Data::Object(object) => match Arc::clone(object).call(name, arguments, self) {
                Some(result) => result,
                None => Err(self.no_field(receiver, name)),
            },
            Data::Unknown(_) => Ok(receiver.clone()),
            Data::Map(map) => {
                if let Some(result) = self.values_method(receiver, name, arguments) {
                    return result;
                }
                if self.heap.map(*map).contains_key(name)
                    || self.heap.map_type(*map) == crate::value::MapType::Any
                {
                    return Err(Failure::execute(format!("{name} is not a method but has arguments")));
                }
                Err(self.no_field(receiver, name))
            }
            Data::Missing => Ok(receiver.clone()),
            _ => self.field(receiver, name),
        }
    }

    /// The methods of `chartutil.Values`, helm v3 pkg/chartutil/values.go.
    fn values_method(
        &mut self,
        value: &Value,
        name: &str,
        arguments: &[Value],
    ) -> Option<Result<Value, Failure>> {
        let Data::Map(map) = &value.data else { return None };
        if !matches!(self.heap.map_type(*map), crate::value::MapType::Named(_)) {
            return None;
        }
        match (name, arguments) {
            ("AsMap", []) => Some(Ok(value.clone())),
            ("YAML", []) => Some(crate::functions::yaml_text(self, value, true)),
            ("Table" | "PathValue", [path]) => Some(self.at_path(value, name, path)),
            _ => None,
        }
    }

    /// `Values.Table` and `Values.PathValue`: the map, or what is no map, at a dotted path.
    fn at_path(&mut self, value: &Value, method: &str, path: &Value) -> Result<Value, Failure> {
        let written = self.arg_str(path)?;
        let guard = value.whole(self.origins);
        let wants_table = method == "Table";
        let fail =
            |why: String| Err(Failure::execute(format!("error calling {method}: {why}")).caused_by(guard));
        if written.is_empty() && !wants_table {
            return fail("YAML path cannot be empty".to_owned());
        }
        let last = written.rsplit('.').next().unwrap_or("");
        let mut at = value.clone();
        for name in written.split('.') {
            let found = match &at.data {
                Data::Map(map) => self.heap.map(*map).get(name).map(|slot| slot.value.clone()),
                _ => None,
            };
            let Some(found) = found.filter(|found| !wants_table || matches!(found.data, Data::Map(_))) else {
                return fail(match wants_table {
                    true => format!("{name:?} is not a table"),
                    false => format!("{last:?} is not a value"),
                });
            };
            at = found.guarded(at.guard, self.origins);
        }
        match &at.data {
            Data::Map(_) if !wants_table => fail(format!("{last:?} is not a value")),
            Data::Map(map) => {
                let entries = self.heap.map(*map).clone();
                self.make(64 * entries.len())?;
                let table = self.heap.add_map(entries, crate::value::MapType::Named("chartutil.Values"));
                Ok(Value { data: Data::Map(table), ..at })
            }
            _ => Ok(at),
        }
    }

    fn function(
        &mut self,
        frame: &mut Frame<'_>,
        function: &'static Function,
        command: &Command,
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, Failure> {
        if let Some(lazy) = function.lazy {
            return self.short_circuit(frame, lazy, command, dot, last);
        }
        let mut arguments = Vec::with_capacity(command.args.len());
        for arg in command.args.iter().skip(1) {
            arguments.push(self.argument(frame, arg, dot)?);
        }
        arguments.extend(last);
        self.call(function, arguments)
    }

    /// `and` and `or`: the operands passed over are guards of the one taken.
    fn short_circuit(
        &mut self,
        frame: &mut Frame<'_>,
        lazy: Lazy,
        command: &Command,
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, Failure> {
        let mut passed = OriginId::NONE;
        let mut result = None;
        for arg in command.args.iter().skip(1) {
            let value = self.argument(frame, arg, dot)?;
            let truth = print::truth(self, &value);
            let guard = value.whole(self.origins);
            result = Some(self.guard(value, passed));
            if truth == (lazy == Lazy::Or) {
                return Ok(result.unwrap_or_else(|| Value::new(Data::Missing)));
            }
            passed = self.origins.join(passed, guard);
        }
        if let Some(value) = last {
            return Ok(self.guard(value, passed));
        }
        result.ok_or_else(|| {
            let name = if lazy == Lazy::Or { "or" } else { "and" };
            Failure::execute(format!("wrong number of args for {name}: want at least 1 got 0"))
        })
    }

    /// Calls a function.
    ///
    /// # Errors
    /// A wrong number of arguments, and what the function reports.
    pub fn call(&mut self, function: &'static Function, mut arguments: Vec<Value>) -> Result<Value, Failure> {
        self.step()?;
        // What it reads takes time, whatever it makes of it.
        let read = |value: &Value| if let Data::Str(text) = &value.data { text.len() } else { 0 };
        self.spend(arguments.iter().map(read).sum::<usize>() as u64 / 64)?;
        let count = arguments.len();
        if count < function.least || count > function.most {
            let want = if function.most == usize::MAX {
                format!("at least {}", function.least)
            } else {
                function.least.to_string()
            };
            let name = function.name;
            return Err(Failure::execute(format!(
                "wrong number of args for {name}: want {want} got {count}"
            )));
        }
        for argument in &mut arguments {
            if matches!(argument.data, Data::Missing) {
                argument.data = Data::Nil;
            }
        }
        if !function.passes_on
            && let Some(reason) = self.unknown_among(&arguments)
        {
            let guard = self.joined(&arguments);
            return Ok(Value { guard, ..Value::new(Data::Unknown(reason)) });
        }
        let before = self.made();
        let result = (function.run)(self, &arguments);
        if let Ok(Value { data: Data::Str(text), .. }) = &result {
            // A text costs its bytes once, whether the function counted them or not.
            self.make(text.len().saturating_sub(self.made() - before))?;
            self.weigh(text)?;
        }
        result.map_err(|mut failure| {
            if failure.at.is_none() && failure.kind == crate::FailureKind::Execute {
                failure.message = format!("error calling {}: {}", function.name, failure.message);
            }
            if failure.origin.is_none() && failure.at.is_none() {
                failure.origin = self.joined(&arguments);
            }
            failure
        })
    }
}
