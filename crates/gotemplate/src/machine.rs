//! One rendering: the templates it knows, its values, its limits.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use mlgitops_yaml::{OriginId, Origins, Role, Text, TextBuilder};
use rapidhash::fast::RapidHasher;

use crate::ast::{Body, Bytes, Parsed, range};
use crate::error::{Failure, FailureKind};
use crate::functions::Functions;
use crate::parse::{parse, position};
use crate::value::{Data, Heap, Value};

/// What a rendering may use; passing one ends it with a failure of kind `Limit`, but for
/// [`Limits::depth`], which ends it with `Stack`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most steps: nodes run, functions called, and one for each 64 bytes made.
    pub steps: u64,
    /// Most bytes that all texts made, and the values that are held, may have together.
    pub bytes: usize,
    /// Deepest nesting of bodies, parentheses and calls: a question of the stack. About 2 KiB of
    /// stack are used for each level, 8 KiB in a build without optimisation.
    pub depth: usize,
}

/// What a template gets for a key that is not in a map: Go's option `missingkey`
/// (Go `text/template` `Template.Option`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// Nothing at all: it prints as `<no value>`, and so does every field of it. Go's own default.
    Invalid,
    /// The zero value of what the map holds: nil, or an empty string. Helm's choice.
    #[default]
    Zero,
    /// A failure.
    Error,
}

/// Runs templates. Everything it makes is freed with it.
pub struct Machine<'o> {
    /// The job's origins.
    pub origins: &'o mut Origins,
    /// Slices and maps.
    pub heap: Heap,
    functions: &'o Functions,
    limits: Limits,
    /// How many origins the job had before.
    origins_before: usize,
    steps: u64,
    bytes: usize,
    pub(crate) depth: usize,
    pub(crate) sources: Vec<Source>,
    templates: HashMap<Arc<str>, Defined, Fast>,
    /// What `tpl` parsed, by its text.
    parsed: HashMap<Arc<str>, Result<Arc<Parsed>, Failure>, Fast>,
    pub(crate) context: Vec<Level>,
    including: HashMap<Arc<str>, u32, Fast>,
    pub(crate) regexes: crate::functions::RegexCache,
    /// What a key that is not in a map gives.
    pub missing_key: MissingKey,
    /// The action that runs, if one does: its source, and where it stands there.
    pub(crate) running: Option<(usize, Bytes)>,
    /// Why the first value that was printed without being known is not.
    pub(crate) unknown: Option<Arc<str>>,
}

type Fast = BuildHasherDefault<RapidHasher<'static>>;

/// A template's text in this job.
pub(crate) struct Source {
    pub(crate) parsed: Arc<Parsed>,
    pub(crate) text: Text,
    /// Literals and actions met so far, by where they start.
    literals: HashMap<u32, Value, Fast>,
    actions: HashMap<u32, OriginId, Fast>,
}

/// A template under its name.
#[derive(Clone)]
pub(crate) struct Defined {
    pub(crate) body: Arc<Body>,
    pub(crate) source: usize,
}

/// A condition that is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    /// The condition.
    pub(crate) guard: OriginId,
    /// It and those around it, up to the call of the template.
    pub(crate) local: OriginId,
    /// It and all around it, calls included.
    pub(crate) all: OriginId,
}

/// What a piece of a text takes beside its bytes: two shared blocks, one of them with a run, and
/// the value that holds it, twice while it is made.
const PIECE: usize = 96 + 2 * size_of::<Value>();
/// What is kept of a text that is run: a source, and its tree for each byte.
const TPL: usize = 512;
const PARSED: usize = 24;
/// What a run of a text takes, where it is made and where it is kept.
const RUN: usize = 64;
/// What an origin takes.
const ORIGIN: usize = 64;

/// Most calls of one name inside each other: Helm's `recursionMaxNums`, helm v3 pkg/engine.
const INCLUDES: u32 = 1000;

impl<'o> Machine<'o> {
    /// A machine that knows no template yet.
    #[must_use]
    pub fn new(origins: &'o mut Origins, functions: &'o Functions, limits: Limits) -> Self {
        Self {
            origins_before: origins.len(),
            origins,
            heap: Heap::default(),
            functions,
            limits,
            steps: 0,
            bytes: 0,
            depth: 0,
            sources: Vec::new(),
            templates: HashMap::default(),
            parsed: HashMap::default(),
            context: Vec::new(),
            including: HashMap::default(),
            regexes: HashMap::default(),
            missing_key: MissingKey::Zero,
            running: None,
            unknown: None,
        }
    }

    /// Adds a parsed file under a name, and what it defines. `text` is its text with origins. A
    /// blank template replaces none that is not, as in Go.
    pub fn add(&mut self, name: Arc<str>, parsed: &Arc<Parsed>, text: Text) {
        let source = self.add_source(parsed, text);
        for (name, body) in &parsed.defines {
            self.define(name, body, source);
        }
        self.define(&name, &parsed.root, source);
    }

    fn add_source(&mut self, parsed: &Arc<Parsed>, text: Text) -> usize {
        self.sources.push(Source {
            parsed: Arc::clone(parsed),
            text,
            literals: HashMap::default(),
            actions: HashMap::default(),
        });
        self.sources.len() - 1
    }

    fn define(&mut self, name: &Arc<str>, body: &Arc<Body>, source: usize) {
        let blank = self.sources.get(source).is_some_and(|source| body.is_blank(&source.parsed.text));
        if blank && self.templates.contains_key(name) {
            return;
        }
        self.templates.insert(Arc::clone(name), Defined { body: Arc::clone(body), source });
    }

    /// Whether a template of the name is known.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.templates.contains_key(name)
    }

    /// Runs a template.
    ///
    /// # Errors
    /// [`Failure`], with its place.
    pub fn execute(&mut self, name: &str, dot: &Value) -> Result<Text, Failure> {
        let Some(defined) = self.templates.get(name).cloned() else {
            return Err(Failure::execute(format!("template {name:?} not defined")));
        };
        let mut out = TextBuilder::default();
        self.run(&defined, dot, &mut out)?;
        Ok(out.build())
    }

    /// Runs a template for its text, as Helm's `include` does.
    ///
    /// # Errors
    /// [`Failure`], also where it includes itself more than a thousand times.
    pub fn include(&mut self, name: &str, dot: &Value) -> Result<Text, Failure> {
        let Some((key, defined)) = self.templates.get_key_value(name) else {
            return Err(Failure::execute(format!("no template {name:?} associated with template \"gotpl\"")));
        };
        let (key, defined) = (Arc::clone(key), defined.clone());
        let count = self.including.entry(Arc::clone(&key)).or_default();
        *count += 1;
        if *count > INCLUDES {
            return Err(Failure::execute(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            )));
        }
        let mut out = TextBuilder::default();
        let all = self.context.last().map_or(OriginId::NONE, |level| level.all);
        self.context.push(Level { guard: OriginId::NONE, local: OriginId::NONE, all });
        let result = self.run(&defined, dot, &mut out);
        self.context.pop();
        if let Some(count) = self.including.get_mut(&key) {
            *count -= 1;
        }
        result?;
        Ok(out.build())
    }

    /// Parses a text and runs it, as Helm's `tpl` does: what it defines is known inside it only.
    ///
    /// # Errors
    /// [`Failure`] of the text or of running it.
    pub fn execute_text(&mut self, name: &str, text: &Text, dot: &Value) -> Result<Text, Failure> {
        if !text.as_str().contains("{{") {
            return Ok(text.clone());
        }
        self.make(TPL + PARSED * text.len())?;
        let parsed = match self.parsed.get(text.as_str()) {
            Some(known) => known.clone(),
            None => {
                let parsed = parse(name, text.shared(), self.functions).map(Arc::new);
                self.parsed.insert(Arc::clone(text.shared()), parsed.clone());
                parsed
            }
        };
        let parsed = parsed?;
        let source = self.add_source(&parsed, text.clone());
        let before: Vec<(Arc<str>, Option<Defined>)> = parsed
            .defines
            .iter()
            .map(|(name, _)| (Arc::clone(name), self.templates.get(name).cloned()))
            .collect();
        for (name, body) in &parsed.defines {
            self.define(name, body, source);
        }
        let mut out = TextBuilder::default();
        let all = self.context.last().map_or(OriginId::NONE, |level| level.all);
        self.context.push(Level { guard: OriginId::NONE, local: OriginId::NONE, all });
        let defined = Defined { body: Arc::clone(&parsed.root), source };
        let result = self.run(&defined, dot, &mut out);
        self.context.pop();
        for (name, defined) in before.into_iter().rev() {
            match defined {
                Some(defined) => self.templates.insert(name, defined),
                None => self.templates.remove(&name),
            };
        }
        result?;
        Ok(out.build())
    }

    /// Runs a template into an output.
    pub(crate) fn run(
        &mut self,
        defined: &Defined,
        dot: &Value,
        out: &mut TextBuilder,
    ) -> Result<(), Failure> {
        self.enter()?;
        let result = self.run_body(defined, dot, out);
        self.leave();
        result
    }

    pub(crate) fn template(&self, name: &str) -> Option<Defined> {
        self.templates.get(name).cloned()
    }

    // Limits.

    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Failure::new(
                FailureKind::Stack,
                format!("templates nest deeper than {} levels", self.limits.depth),
            ));
        }
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts one step.
    ///
    /// # Errors
    /// A failure of kind `Limit` after too many.
    pub fn step(&mut self) -> Result<(), Failure> {
        self.spend(1)
    }

    /// Counts steps.
    ///
    /// # Errors
    /// A failure of kind `Limit` after too many.
    pub fn spend(&mut self, steps: u64) -> Result<(), Failure> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps {
            let message = format!("the templates take more than {} steps", self.limits.steps);
            return Err(Failure::new(FailureKind::Limit, message));
        }
        self.fits(0)
    }

    /// Counts items of lists that are about to be made.
    ///
    /// # Errors
    /// A failure of kind `Limit` after too many steps, or where they do not fit.
    pub(crate) fn room_for(&mut self, items: usize) -> Result<(), Failure> {
        self.fits(items.saturating_mul(size_of::<Value>()))?;
        self.spend(items as u64)
    }

    /// Counts texts that one is about to be cut into: each takes memory beside its bytes.
    ///
    /// # Errors
    /// A failure of kind `Limit` where they do not fit.
    pub fn cut_into(&mut self, pieces: usize) -> Result<(), Failure> {
        self.make(pieces.saturating_mul(PIECE))
    }

    /// Whether so many bytes more fit: all texts that were made, and the values that are held.
    ///
    /// # Errors
    /// A failure of kind `Limit` where they do not.
    pub(crate) fn fits(&self, more: usize) -> Result<(), Failure> {
        let origins = ORIGIN * self.origins.len().saturating_sub(self.origins_before);
        let all = self.bytes.saturating_add(self.heap.weight() + origins).saturating_add(more);
        if all <= self.limits.bytes {
            return Ok(());
        }
        let of_what = if self.bytes > self.limits.bytes { "text" } else { "text and values" };
        let message = format!("the templates make more than {} bytes of {of_what}", self.limits.bytes);
        Err(Failure::new(FailureKind::Limit, message))
    }

    /// Counts bytes that are about to be made. Every function whose result can be much larger than
    /// its arguments asks here first.
    ///
    /// # Errors
    /// A failure of kind `Limit` after too many.
    pub fn make(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(bytes);
        self.spend(bytes as u64 / 64)
    }

    /// The bytes made so far.
    pub(crate) fn made(&self) -> usize {
        self.bytes
    }

    /// Counts the pieces of a text: each costs memory and time beyond its bytes.
    pub(crate) fn weigh(&mut self, text: &Text) -> Result<(), Failure> {
        self.make(RUN * text.runs().len())
    }

    /// Whether the pieces of a text that is about to be made fit.
    ///
    /// # Errors
    /// A failure of kind `Limit` where they do not.
    pub(crate) fn fits_runs(&self, runs: usize) -> Result<(), Failure> {
        self.fits(runs.saturating_mul(RUN))
    }

    /// The same of a text that is about to be put in quotes: what is escaped is a piece, and what
    /// stands between, with an origin.
    pub(crate) fn fits_escapes(&self, text: &Text) -> Result<(), Failure> {
        let may_be_escaped =
            |byte: &&u8| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&');
        self.fits_runs(3 * text.as_str().as_bytes().iter().filter(may_be_escaped).count())
    }

    // Places.

    /// A literal, with its bytes in the template as its origin.
    pub(crate) fn literal(
        &mut self,
        source: usize,
        at: &Bytes,
        make: impl FnOnce(OriginId) -> Value,
    ) -> Value {
        if let Some(known) = self.sources.get(source).and_then(|source| source.literals.get(&at.start)) {
            return known.clone();
        }
        let origin = self.place(source, at);
        let origin = match self.origins.exact(origin) {
            Some((Role::Template, span)) => self.origins.span(Role::Literal, span),
            _ => origin,
        };
        let value = make(origin);
        if let Some(source) = self.sources.get_mut(source) {
            source.literals.insert(at.start, value.clone());
        }
        value
    }

    /// The bytes of an action.
    pub(crate) fn action(&mut self, source: usize, at: &Bytes) -> OriginId {
        if let Some(known) = self.sources.get(source).and_then(|source| source.actions.get(&at.start)) {
            return *known;
        }
        let origin = self.place(source, at);
        if let Some(source) = self.sources.get_mut(source) {
            source.actions.insert(at.start, origin);
        }
        origin
    }

    /// Whether no byte of a text comes from a file.
    pub(crate) fn is_nameless(&self, text: &Text) -> bool {
        text.runs().iter().all(|run| !self.origins.has_content(run.origin))
    }

    /// The place of what is inside a value and comes from no file: the action that prints it, as it
    /// is where a whole value comes from none.
    pub(crate) fn placed(&mut self, origin: OriginId) -> OriginId {
        match self.running.clone() {
            Some((source, at)) if !self.origins.has_content(origin) => {
                let action = self.action(source, &at);
                self.origins.guard(action, origin)
            }
            _ => origin,
        }
    }

    /// The same for a text: it has to come from somewhere.
    pub(crate) fn placed_text(&mut self, text: &Text) -> Text {
        if self.running.is_none() || !self.is_nameless(text) {
            return text.clone();
        }
        let mut out = TextBuilder::default();
        out.push_str(text.as_str(), self.placed(OriginId::NONE));
        self.guard_by_runs(&mut out, 0, text);
        out.build()
    }

    /// What decided about the runs of a text decides about all that is printed of it.
    pub(crate) fn guard_by_runs(&mut self, out: &mut TextBuilder, since: usize, text: &Text) {
        for run in text.runs() {
            let guard = self.origins.join(run.origin, run.context);
            out.guard_since(since, guard, self.origins);
        }
    }

    /// The origin of bytes of a template.
    pub(crate) fn place(&mut self, source: usize, at: &Bytes) -> OriginId {
        let Some(source) = self.sources.get(source) else { return OriginId::NONE };
        source.text.origin(at.clone(), self.origins)
    }

    /// Gives a failure its place, unless a deeper one gave it already.
    pub(crate) fn locate(&mut self, mut failure: Failure, source: usize, at: &Bytes) -> Failure {
        let Some((parsed, origin)) =
            self.sources.get(source).map(|source| Arc::clone(&source.parsed)).map(|parsed| {
                let origin = self.place(source, at);
                (parsed, origin)
            })
        else {
            return failure;
        };
        let (line, column) = position(&parsed.text, at.start as usize);
        if failure.at.is_some() {
            if failure.through.len() < 20 {
                failure.through.push((Arc::clone(&parsed.name), line, column));
            }
            return failure;
        }
        failure.at = Some((Arc::clone(&parsed.name), line, column));
        let word = parsed.text.get(range(at)).unwrap_or("");
        failure.action = Some(word.to_owned());
        failure.origin = self.origins.join(failure.origin, origin);
        failure
    }

    // Conditions.

    /// Opens a condition: what is printed until it is closed is there because of it.
    pub(crate) fn open(&mut self, guard: OriginId) {
        let (local, all) = match self.context.last() {
            Some(level) => (level.local, level.all),
            None => (OriginId::NONE, OriginId::NONE),
        };
        let local = self.origins.join(local, guard);
        let all = self.origins.join(all, guard);
        self.context.push(Level { guard, local, all });
    }

    /// What decided that the present action runs, inside its template.
    pub(crate) fn local_context(&self) -> OriginId {
        self.context.last().map_or(OriginId::NONE, |level| level.local)
    }

    /// What decided that the present action runs, calls included: what a change to a shared map
    /// depends on.
    #[must_use]
    pub fn whole_context(&self) -> OriginId {
        self.context.last().map_or(OriginId::NONE, |level| level.all)
    }

    // Values.

    /// Why some of what was printed cannot be known; such text holds [`crate::UNKNOWN`].
    #[must_use]
    pub fn unknown(&self) -> Option<&Arc<str>> {
        self.unknown.as_ref()
    }

    /// What makes the result of a function unknown, if an argument does.
    pub(crate) fn unknown_among(&self, arguments: &[Value]) -> Option<Arc<str>> {
        arguments.iter().find_map(|value| match &value.data {
            Data::Unknown(reason) => Some(Arc::clone(reason)),
            Data::Str(text) => {
                let reason = self.unknown.as_ref()?;
                text.as_str().contains(crate::UNKNOWN).then(|| Arc::clone(reason))
            }
            _ => None,
        })
    }

    /// A value decided by one thing more.
    pub fn guard(&mut self, value: Value, guard: OriginId) -> Value {
        value.guarded(guard, self.origins)
    }

    /// The origin of all arguments together, in order: of a result none of whose bytes are theirs.
    pub fn joined(&mut self, arguments: &[Value]) -> OriginId {
        let mut whole = OriginId::NONE;
        for value in arguments {
            let origin = value.whole(self.origins);
            whole = self.origins.join(whole, origin);
        }
        whole
    }

    /// Whether an origin is a literal of a template and nothing else.
    #[must_use]
    pub fn is_literal(&self, origin: OriginId) -> bool {
        origin.is_none() || matches!(self.origins.exact(origin), Some((Role::Literal, _)))
    }

    /// An object as the plain value it stands for.
    pub fn plain(&mut self, value: &Value) -> Value {
        match &value.data {
            Data::Object(object) => {
                let plain = Arc::clone(object).plain(self);
                let origin = value.whole(self.origins);
                plain.guarded(origin, self.origins)
            }
            _ => value.clone(),
        }
    }
}
