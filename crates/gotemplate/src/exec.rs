//! Runs the bodies of templates: text, conditions, loops, calls.

use std::sync::Arc;

use mlgitops_yaml::{OriginId, Text, TextBuilder};

use crate::ast::{Arg, ArgKind, Body, Branch, Bytes, Node, Pipe};
use crate::error::Failure;
use crate::machine::{Defined, Machine};
use crate::print;
use crate::value::{Data, IntType, Value};

/// One call of a template.
pub(crate) struct Frame<'f> {
    pub(crate) source: usize,
    pub(crate) out: &'f mut TextBuilder,
    pub(crate) variables: Vec<Variable>,
}

/// A variable in scope.
pub(crate) struct Variable {
    name: Arc<str>,
    value: Value,
    /// How many conditions were open where it was declared.
    level: usize,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
}

impl Frame<'_> {
    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.iter().rev().find(|variable| *variable.name == *name).map(|variable| &variable.value)
    }
}

impl Machine<'_> {
    /// Runs a template's body with its own variables.
    pub(crate) fn run_body(
        &mut self,
        defined: &Defined,
        dot: &Value,
        out: &mut TextBuilder,
    ) -> Result<(), Failure> {
        let root = Variable { name: "$".into(), value: dot.clone(), level: self.context.len() };
        let mut frame = Frame { source: defined.source, out, variables: vec![root] };
        self.body(&mut frame, &defined.body, dot).map(|_| ())
    }

    fn body(&mut self, frame: &mut Frame<'_>, body: &Body, dot: &Value) -> Result<Flow, Failure> {
        for node in &body.nodes {
            self.step()?;
            let flow = match node {
                Node::Text(at) => self.print_text(frame, at)?,
                Node::Action { pipe, span } => self.print_action(frame, pipe, span, dot)?,
                Node::If(branch) => self.choose(frame, branch, dot, false)?,
                Node::With(branch) => self.choose(frame, branch, dot, true)?,
                Node::Range(branch) => self.repeat(frame, branch, dot)?,
                Node::Template { name, pipe, span } => {
                    self.call_template(frame, name, pipe.as_ref(), span, dot)?
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn print_text(&mut self, frame: &mut Frame<'_>, at: &Bytes) -> Result<Flow, Failure> {
        self.make((at.end - at.start) as usize)?;
        let since = frame.out.run_count();
        if let Some(source) = self.sources.get(frame.source) {
            frame.out.push_part(&source.text, at.start as usize..at.end as usize);
        }
        let context = self.local_context();
        frame.out.guard_since(since, context, self.origins);
        Ok(Flow::Next)
    }

    fn print_action(
        &mut self,
        frame: &mut Frame<'_>,
        pipe: &Pipe,
        span: &Bytes,
        dot: &Value,
    ) -> Result<Flow, Failure> {
        let before = self.running.replace((frame.source, span.clone()));
        let value = self.pipeline(frame, pipe, dot);
        self.running = before;
        let value = value?;
        if !pipe.declares.is_empty() {
            return Ok(Flow::Next);
        }
        let text = print::text(self, &value).map_err(|failure| self.locate(failure, frame.source, span))?;
        self.make(text.len())?;
        self.weigh(&text)?;
        let since = frame.out.run_count();
        if self.is_nameless(&text) {
            // Nothing flowed but what the tool supplies: the action itself is the place.
            let action = self.action(frame.source, span);
            let prints = !text.is_empty() && !value.is_nil();
            let is_placed = !prints || self.origins.has_content(value.origin);
            let origin = if is_placed { value.origin } else { self.origins.guard(action, value.origin) };
            frame.out.push_str(text.as_str(), origin);
            self.guard_by_runs(frame.out, since, &text);
        } else if lines_lack_a_place(&text) {
            self.print_placed(frame, &text, span);
        } else {
            frame.out.push(&text);
        }
        let context = self.local_context();
        let guard = self.origins.join(value.guard, context);
        frame.out.guard_since(since, guard, self.origins);
        Ok(Flow::Next)
    }

    /// Prints a text whose pieces of no origin come from the action.
    fn print_placed(&mut self, frame: &mut Frame<'_>, text: &Text, span: &Bytes) {
        let action = self.action(frame.source, span);
        let (mut start, mut from) = (0, 0);
        for run in text.runs() {
            let end = run.end as usize;
            let piece = text.as_str().get(start..end).unwrap_or("");
            if run.origin.is_none() && is_word(piece) {
                frame.out.push_part(text, from..start);
                let since = frame.out.run_count();
                frame.out.push_str(piece, action);
                frame.out.guard_since(since, run.context, self.origins);
                from = end;
            }
            start = end;
        }
        frame.out.push_part(text, from..text.len());
    }

    /// `if` and `with`.
    fn choose(
        &mut self,
        frame: &mut Frame<'_>,
        branch: &Branch,
        dot: &Value,
        rebinds: bool,
    ) -> Result<Flow, Failure> {
        let scope = frame.variables.len();
        let value = self.pipeline(frame, &branch.pipe, dot)?;
        let truth = print::truth(self, &value);
        let guard = value.whole(self.origins);
        let body = if truth { Some(&branch.body) } else { branch.otherwise.as_ref() };
        let flow = match body {
            Some(body) => {
                let dot = if truth && rebinds { &value } else { dot };
                self.guarded_body(frame, body, dot, guard)?
            }
            None => {
                self.mark(frame, guard);
                Flow::Next
            }
        };
        frame.variables.truncate(scope);
        self.guard_assigned(frame, branch, guard);
        self.pass_over(frame, branch, usize::from(truth), Some(dot), guard)?;
        Ok(flow)
    }

    fn guarded_body(
        &mut self,
        frame: &mut Frame<'_>,
        body: &Body,
        dot: &Value,
        guard: OriginId,
    ) -> Result<Flow, Failure> {
        self.enter()?;
        let level = self.context.len();
        self.open(guard);
        let result = self.body(frame, body, dot);
        self.context.truncate(level);
        self.leave();
        result
    }

    /// Leaves a run of no bytes: something could have been printed here.
    fn mark(&mut self, frame: &mut Frame<'_>, guard: OriginId) {
        let since = frame.out.run_count();
        frame.out.push_str("", OriginId::NONE);
        let context = self.local_context();
        let guard = self.origins.join(guard, context);
        frame.out.guard_since(since, guard, self.origins);
    }

    /// A variable that a body assigns has its value because of the condition, whichever way it went.
    fn guard_assigned(&mut self, frame: &mut Frame<'_>, branch: &Branch, guard: OriginId) {
        for name in &branch.assigned {
            if let Some(variable) = frame.variables.iter_mut().rev().find(|variable| variable.name == *name) {
                variable.value.guard = self.origins.join(variable.value.guard, guard);
            }
        }
    }

    /// A body that was not run, the first or the other one, could have changed maps: the condition
    /// decided that they are what they are. `dot` is none where another would have been set.
    fn pass_over(
        &mut self,
        frame: &mut Frame<'_>,
        branch: &Branch,
        which: usize,
        dot: Option<&Value>,
        guard: OriginId,
    ) -> Result<(), Failure> {
        let body = if which == 0 { Some(&branch.body) } else { branch.otherwise.as_ref() };
        let (Some(body), Some(nodes)) = (body, branch.changing.get(which)) else { return Ok(()) };
        for node in nodes.iter().filter_map(|&at| body.nodes.get(at)) {
            self.step()?;
            match node {
                Node::Action { pipe, .. } => {
                    if let Some(target) = pipe.changed() {
                        self.guard_changed(frame, target, dot, guard);
                    }
                }
                Node::If(inner) | Node::With(inner) | Node::Range(inner) => {
                    let same = if matches!(node, Node::If(_)) { dot } else { None };
                    self.pass_over(frame, inner, 0, same, guard)?;
                    self.pass_over(frame, inner, 1, dot, guard)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Guards a map under the name it would have been changed by.
    fn guard_changed(&mut self, frame: &mut Frame<'_>, target: &Arg, dot: Option<&Value>, guard: OriginId) {
        let (base, path) = match &target.kind {
            ArgKind::Field(path) => (dot, path),
            ArgKind::Variable(name, path) => {
                let variable = frame.variables.iter_mut().rev().find(|variable| variable.name == *name);
                let Some(variable) = variable else { return };
                if path.is_empty() {
                    variable.value.guard = self.origins.join(variable.value.guard, guard);
                    return;
                }
                (Some(&variable.value), path)
            }
            _ => return,
        };
        let (Some(base), Some((last, before))) = (base, path.split_last()) else { return };
        let mut data = base.data.clone();
        for name in before {
            let Data::Map(map) = data else { return };
            let Some(slot) = self.heap.map(map).get(name) else { return };
            data = slot.value.data.clone();
        }
        let Data::Map(map) = data else { return };
        if let Some(mut slot) = self.heap.map(map).get(last).cloned() {
            slot.value.guard = self.origins.join(slot.value.guard, guard);
            self.heap.set(map, Arc::clone(last), slot);
        }
    }

    fn repeat(&mut self, frame: &mut Frame<'_>, branch: &Branch, dot: &Value) -> Result<Flow, Failure> {
        let scope = frame.variables.len();
        let value = self.pipeline(frame, &branch.pipe, dot)?;
        let value = self.plain(&value);
        let guard = value.whole(self.origins);
        let after_pipe = frame.variables.len();
        let mut turns = 0_u64;
        match &value.data {
            Data::List(list) => {
                let count = self.heap.list(*list).len();
                for index in 0..count {
                    let Some(item) = self.heap.list(*list).get(index).cloned() else { break };
                    turns += 1;
                    let key = Value::int(index as i64, OriginId::NONE);
                    let item = self.guard(item, value.guard);
                    if self.turn(frame, branch, (key, item), guard, after_pipe)? == Flow::Break {
                        break;
                    }
                }
            }
            Data::Map(map) => {
                let keys: Vec<Arc<str>> = self.heap.map(*map).keys().cloned().collect();
                self.spend(keys.len() as u64)?;
                for key in keys {
                    let Some(slot) = self.heap.map(*map).get(&key).cloned() else { continue };
                    turns += 1;
                    let name = Value::str(&key, slot.key);
                    let item = self.guard(slot.value, value.guard);
                    let item = self.guard(item, slot.key);
                    if self.turn(frame, branch, (name, item), guard, after_pipe)? == Flow::Break {
                        break;
                    }
                }
            }
            Data::Int(count, _) if branch.pipe.declares.len() > 1 => {
                let message = format!("can't use {count} to iterate over more than one variable");
                let failure = Failure::execute(message).caused_by(guard);
                return Err(self.locate(failure, frame.source, &branch.pipe.span));
            }
            Data::Int(count, kind) => {
                for index in 0..*count {
                    turns += 1;
                    let number = Value::from(Data::Int(index, *kind), OriginId::NONE);
                    let pair = (number.clone(), number);
                    if self.turn(frame, branch, pair, guard, after_pipe)? == Flow::Break {
                        break;
                    }
                }
            }
            Data::Missing | Data::Nil | Data::Unknown(_) => {}
            Data::Str(_) | Data::Bool(_) | Data::Float(_) | Data::Object(_) => {
                let shown = print::shown(self, &value);
                let failure = Failure::execute(format!("range can't iterate over {shown}")).caused_by(guard);
                return Err(self.locate(failure, frame.source, &branch.pipe.span));
            }
        }
        frame.variables.truncate(scope);
        if turns == 0 {
            self.pass_over(frame, branch, 0, None, guard)?;
            match &branch.otherwise {
                Some(body) => {
                    let flow = self.guarded_body(frame, body, dot, guard)?;
                    self.guard_assigned(frame, branch, guard);
                    return Ok(flow);
                }
                None => self.mark(frame, guard),
            }
        }
        self.guard_assigned(frame, branch, guard);
        Ok(Flow::Next)
    }

    /// One turn of a loop.
    fn turn(
        &mut self,
        frame: &mut Frame<'_>,
        branch: &Branch,
        (key, item): (Value, Value),
        guard: OriginId,
        scope: usize,
    ) -> Result<Flow, Failure> {
        self.step()?;
        let declared = branch.pipe.declares.len();
        // The pipeline itself declared its variables with the whole value.
        let first = scope.saturating_sub(if branch.pipe.assigns { 0 } else { declared });
        match (branch.pipe.assigns, declared) {
            (true, 1) => self.assign(frame, &branch.pipe.declares[0], item.clone())?,
            (true, 2) => {
                self.assign(frame, &branch.pipe.declares[0], key)?;
                self.assign(frame, &branch.pipe.declares[1], item.clone())?;
            }
            (false, 1) => set_slot(frame, first, item.clone()),
            (false, 2) => {
                set_slot(frame, first, key);
                set_slot(frame, first + 1, item.clone());
            }
            _ => {}
        }
        let flow = self.guarded_body(frame, &branch.body, &item, guard)?;
        frame.variables.truncate(scope);
        Ok(flow)
    }

    fn call_template(
        &mut self,
        frame: &mut Frame<'_>,
        name: &Arc<str>,
        pipe: Option<&Pipe>,
        span: &Bytes,
        dot: &Value,
    ) -> Result<Flow, Failure> {
        let argument = match pipe {
            Some(pipe) => self.pipeline(frame, pipe, dot)?,
            None => Value::new(Data::Missing),
        };
        let Some(defined) = self.template(name) else {
            let failure = Failure::execute(format!("template {name:?} not defined"));
            return Err(self.locate(failure, frame.source, span));
        };
        self.run(&defined, &argument, frame.out)
            .map_err(|failure| self.locate(failure, frame.source, span))?;
        Ok(Flow::Next)
    }

    /// Declares a variable.
    pub(crate) fn declare(&mut self, frame: &mut Frame<'_>, name: &Arc<str>, value: Value) {
        frame.variables.push(Variable { name: Arc::clone(name), value, level: self.context.len() });
    }

    /// Assigns a variable: the conditions between the assignment and the declaration decided it.
    pub(crate) fn assign(
        &mut self,
        frame: &mut Frame<'_>,
        name: &str,
        mut value: Value,
    ) -> Result<(), Failure> {
        let variable = frame.variables.iter_mut().rev().find(|variable| *variable.name == *name);
        let Some(variable) = variable else {
            return Err(Failure::execute(format!("undefined variable: {name}")));
        };
        for level in self.context.iter().skip(variable.level) {
            value.guard = self.origins.join(value.guard, level.guard);
        }
        variable.value = value;
        Ok(())
    }
}

/// Whether a text of several lines, which may become as many values, has a piece of no origin that is
/// more than indentation and signs.
fn lines_lack_a_place(text: &Text) -> bool {
    let mut start = 0;
    text.as_str().contains('\n')
        && text.runs().iter().any(|run| {
            let range = start..run.end as usize;
            start = range.end;
            run.origin.is_none() && text.as_str().get(range).is_some_and(is_word)
        })
}

fn is_word(piece: &str) -> bool {
    piece.contains(|character: char| character.is_alphanumeric())
}

fn set_slot(frame: &mut Frame<'_>, at: usize, value: Value) {
    if let Some(variable) = frame.variables.get_mut(at) {
        variable.value = value;
    }
}

impl Value {
    /// An integer as `range` counts with it.
    #[must_use]
    pub fn counter(value: i64) -> Self {
        Self::from(Data::Int(value, IntType::Int), OriginId::NONE)
    }
}
