//! `${variables}` in the text of an object, as Flux replaces them after a build
//! (fluxcd/pkg v1.9 `envsubst`, `kustomize/kustomize_varsub.go`).
//!
//! The text is the object printed as YAML, so that a value is read anew where it lands: a number
//! becomes a number. Each character of the result knows whether the text or a variable put it there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use mlgitops_yaml::{OriginId, Origins, Text, TextBuilder};

use super::functions::{self, Cut};

/// How deep functions nest in the defaults of others.
const DEPTH: usize = 100;
/// Bytes that the text of one object may become: no API server takes a request that is longer
/// (k8s.io/apiserver `pkg/server/config.go`, `MaxRequestBodyBytes`).
pub(super) const OUTPUT: usize = 3 << 20;
/// Steps that the variables of one build may take together.
const STEPS: usize = 16 << 20;
/// What a variable costs beside the length of its value: its place is kept.
const COST: usize = 64;
/// How many variables a text has at most: no more can be paid for.
const VARIABLES: usize = STEPS / COST;

/// Stands for text that cannot be known; a character nobody types.
pub(crate) const UNKNOWN: char = '\u{e0f1}';

/// The variables of one build.
#[derive(Debug, Clone)]
pub(crate) struct Variables {
    /// Those whose values are known, by name.
    pub(crate) values: BTreeMap<String, Text>,
    /// Whether a variable that has no value and no default is an error; else it becomes empty.
    pub(crate) is_strict: bool,
    /// Whether others have values that only the cluster knows.
    pub(crate) more_in_cluster: bool,
    /// What names the places that were looked in for each.
    pub(crate) looked_in: OriginId,
}

/// A variable without a value and without a default: it became empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undefined {
    /// Its name.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) at: OriginId,
}

/// Why nothing can be replaced: the controller stops at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Which kind.
    pub(crate) kind: RefusalKind,
    /// Where it stands in the text.
    pub(crate) at: Range<usize>,
}

/// The kinds of refusal, in the words of `envsubst` where it has any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    /// `bad substitution`, and its kin.
    Syntax(&'static str),
    /// A variable is not set, and strictness asks for it.
    Missing(String),
    /// The controller panics: a substring whose end lies before its start.
    Panic,
    /// A cut in the middle of a character leaves no UTF-8.
    Encoding,
    /// The object becomes longer than an API server takes.
    TooLong,
    /// It passes a limit of this program.
    Limit(&'static str),
}

const TOO_MANY: RefusalKind = RefusalKind::Limit("the variables of this build take too many steps");

/// What is left of the steps of a build.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: STEPS }
    }
}

impl Budget {
    /// Takes some steps.
    pub(super) fn take(&mut self, steps: usize) -> Result<(), RefusalKind> {
        let left = self.steps.checked_sub(steps);
        self.steps = left.ok_or(TOO_MANY)?;
        Ok(())
    }
}

/// What replacing gave.
#[derive(Debug)]
pub(crate) struct Replaced {
    /// The text.
    pub(crate) text: Text,
    /// The variables that became empty.
    pub(crate) undefined: Vec<Undefined>,
}

/// Replaces the variables of a text.
pub(crate) fn substitute(
    text: &Text,
    variables: &Variables,
    budget: &mut Budget,
    origins: &mut Origins,
) -> Result<Replaced, Refusal> {
    let mut parser = Parser { source: text.as_str(), pos: 0, depth: 0, variables: 0 };
    let nodes = parser.text()?;
    let mut evaluation = Evaluation { source: text, variables, budget, origins, undefined: Vec::new() };
    let mut out = TextBuilder::default();
    for node in &nodes {
        evaluation.node(node, &mut out)?;
    }
    Ok(Replaced { text: out.build(), undefined: evaluation.undefined })
}

/// A part of a text.
enum Node {
    /// Literal text: pieces of the source, what escaped others left out.
    Literal(Vec<Range<usize>>),
    /// `${name}` with what is done to it.
    Function(Function),
}

struct Function {
    name: Range<usize>,
    /// The operator: nothing, `:=`, `#`, `//` …
    operator: Range<usize>,
    arguments: Vec<Node>,
    whole: Range<usize>,
}

/// Reads a text from left to right, as `envsubst/parse` does; its quirks are what people get.
struct Parser<'s> {
    source: &'s str,
    pos: usize,
    depth: usize,
    variables: usize,
}

/// Which characters an escape may stand before.
#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    None,
    /// `$$`
    Dollar,
    /// `$$`, `\/` and `\\`
    All,
}

impl Parser<'_> {
    fn refuse<T>(&self, words: &'static str, from: usize) -> Result<T, Refusal> {
        let end = self.source.len().min(from + 1).max(self.pos.min(self.source.len()));
        Err(Refusal { kind: RefusalKind::Syntax(words), at: from..end })
    }

    fn rest(&self) -> &str {
        self.source.get(self.pos..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The whole text.
    fn text(&mut self) -> Result<Vec<Node>, Refusal> {
        let mut nodes = Vec::new();
        while self.pos < self.source.len() {
            if self.rest().starts_with("${") {
                nodes.push(Node::Function(self.function()?));
            } else {
                nodes.extend(self.literal(Escapes::Dollar, |_, _| true).map(Node::Literal));
            }
        }
        Ok(nodes)
    }

    /// Characters as long as they are accepted, by how many bytes they end behind the start; up to
    /// `${`. `None` where the first is not.
    fn literal(
        &mut self,
        escapes: Escapes,
        accepts: impl Fn(char, usize) -> bool,
    ) -> Option<Vec<Range<usize>>> {
        let start = self.pos;
        let (mut pieces, mut from): (Vec<Range<usize>>, usize) = (Vec::new(), start);
        while let Some(character) = self.peek() {
            if self.rest().starts_with("${") {
                break;
            }
            let next = self.rest().as_bytes().get(1).copied();
            let is_escape = match character {
                '$' => escapes != Escapes::None && next == Some(b'$'),
                '\\' => escapes == Escapes::All && matches!(next, Some(b'/' | b'\\')),
                _ => false,
            };
            if is_escape {
                pieces.push(from..self.pos);
                from = self.pos + 1;
                self.pos += 2;
                continue;
            }
            let end = self.pos + character.len_utf8();
            if !accepts(character, end - start) {
                break;
            }
            self.pos = end;
        }
        if self.pos == start {
            return None;
        }
        pieces.push(from..self.pos);
        pieces.retain(|piece| !piece.is_empty());
        Some(pieces)
    }

    /// The bytes that are accepted, none of them escaped.
    fn word(&mut self, accepts: impl Fn(char, usize) -> bool) -> Option<Range<usize>> {
        let start = self.pos;
        while let Some(character) = self.peek() {
            let end = self.pos + character.len_utf8();
            if !accepts(character, end - start) {
                break;
            }
            self.pos = end;
        }
        (self.pos > start).then_some(start..self.pos)
    }

    /// `${…}`.
    fn function(&mut self) -> Result<Function, Refusal> {
        let start = self.pos;
        if self.depth == DEPTH {
            let kind = RefusalKind::Limit("functions nest too deep");
            return Err(Refusal { kind, at: start..start + 2 });
        }
        if self.variables == VARIABLES {
            return Err(Refusal { kind: TOO_MANY, at: start..start + 2 });
        }
        self.variables += 1;
        self.depth += 1;
        self.pos += 2;
        let function = match self.peek() {
            Some('#') => self.length(start),
            _ => self.named(start),
        };
        self.depth -= 1;
        function
    }

    /// `${#name}`.
    fn length(&mut self, start: usize) -> Result<Function, Refusal> {
        let operator = self.pos..self.pos + 1;
        self.pos += 1;
        let Some(name) = self.word(is_of_name) else { return self.refuse("bad substitution", start) };
        self.close(name, operator, Vec::new(), start)
    }

    fn named(&mut self, start: usize) -> Result<Function, Refusal> {
        let Some(name) = self.word(is_of_name) else {
            return self.refuse("unable to parse variable name", start);
        };
        match self.peek() {
            Some(':') => match self.rest().as_bytes().get(1) {
                Some(b'=' | b'-' | b'?' | b'+') => self.default(name, 2, start),
                _ => self.substring(name, start),
            },
            Some('=') => self.default(name, 1, start),
            Some(',' | '^') => {
                let operator = self.word(|character, end| matches!(character, ',' | '^') && end < 3);
                self.close(name, operator.unwrap_or_default(), Vec::new(), start)
            }
            Some('/') => self.replacement(name, start),
            Some(mark @ ('#' | '%')) => {
                let operator = self.word(|character, end| character == mark && end < 3);
                let argument = self.argument(Escapes::None, |character, _| character != '}', start)?;
                self.close(name, operator.unwrap_or_default(), vec![argument], start)
            }
            Some('}') => {
                let operator = self.pos..self.pos;
                self.close(name, operator, Vec::new(), start)
            }
            _ => self.refuse("missing closing brace", start),
        }
    }

    /// `${name:=default}` and its kin; the default holds text and further functions.
    fn default(&mut self, name: Range<usize>, length: usize, start: usize) -> Result<Function, Refusal> {
        let operator = self.pos..self.pos + length;
        self.pos += length;
        let mut arguments = Vec::new();
        while self.peek() != Some('}') {
            arguments.push(self.argument(Escapes::None, |character, _| character != '}', start)?);
        }
        self.close(name, operator, arguments, start)
    }

    /// `${name:from}` and `${name:from:length}`.
    fn substring(&mut self, name: Range<usize>, start: usize) -> Result<Function, Refusal> {
        let operator = self.pos..self.pos + 1;
        self.pos += 1;
        let stops = |character: char, _: usize| !matches!(character, ':' | '}');
        let mut arguments = vec![self.argument(Escapes::None, stops, start)?];
        match self.peek() {
            Some('}') => {}
            Some(':') => {
                self.word(|character, _| character == ':');
                arguments.push(self.argument(Escapes::None, |character, _| character != '}', start)?);
            }
            _ => return self.refuse("bad substitution", start),
        }
        self.close(name, operator, arguments, start)
    }

    /// `${name/what/with}`, `//`, `/#`, `/%`. What is replaced goes on to the next `/`, wherever in
    /// the text that is.
    fn replacement(&mut self, name: Range<usize>, start: usize) -> Result<Function, Refusal> {
        let accepts = |character: char, end: usize| {
            (end == 1 && character == '/') || (end == 2 && matches!(character, '/' | '#' | '%'))
        };
        let operator = self.word(accepts).unwrap_or_default();
        let what = self.argument(Escapes::All, |character, _| character != '/', start)?;
        if self.word(|character, _| character == '/').is_none() {
            return self.refuse("bad substitution", start);
        }
        let mut arguments = vec![what];
        if self.peek() != Some('}') {
            arguments.push(self.argument(Escapes::All, |character, _| character != '}', start)?);
        }
        self.close(name, operator, arguments, start)
    }

    /// One argument: a function, or text.
    fn argument(
        &mut self,
        escapes: Escapes,
        accepts: impl Fn(char, usize) -> bool,
        start: usize,
    ) -> Result<Node, Refusal> {
        if self.rest().starts_with("${") {
            return self.function().map(Node::Function);
        }
        match self.literal(escapes, accepts) {
            Some(pieces) => Ok(Node::Literal(pieces)),
            None => self.refuse("unable to parse substitution within function", start),
        }
    }

    fn close(
        &mut self,
        name: Range<usize>,
        operator: Range<usize>,
        arguments: Vec<Node>,
        start: usize,
    ) -> Result<Function, Refusal> {
        if self.peek() != Some('}') {
            return self.refuse("bad substitution", start);
        }
        self.pos += 1;
        Ok(Function { name, operator, arguments, whole: start..self.pos })
    }
}

fn is_of_name(character: char, _: usize) -> bool {
    character.is_alphabetic() || character.is_numeric() || character == '_'
}

/// Puts values in.
struct Evaluation<'e> {
    source: &'e Text,
    variables: &'e Variables,
    budget: &'e mut Budget,
    origins: &'e mut Origins,
    undefined: Vec<Undefined>,
}

impl Evaluation<'_> {
    fn node(&mut self, node: &Node, out: &mut TextBuilder) -> Result<(), Refusal> {
        match node {
            Node::Literal(pieces) => {
                for piece in pieces {
                    out.push_part(self.source, piece.clone());
                }
                Ok(())
            }
            Node::Function(function) => self.function(function, out),
        }
    }

    fn function(&mut self, function: &Function, out: &mut TextBuilder) -> Result<(), Refusal> {
        let refuse = |kind| Refusal { kind, at: function.whole.clone() };
        let mut arguments = Vec::new();
        for argument in &function.arguments {
            let mut text = TextBuilder::default();
            self.node(argument, &mut text)?;
            // It is copied once for each function that it stands in.
            self.budget.take(text.len()).map_err(refuse)?;
            arguments.push(text.build());
        }
        let source = Arc::clone(self.source.shared());
        let name = source.get(function.name.clone()).unwrap_or("");
        let operator = source.get(function.operator.clone()).unwrap_or("");
        let own = self.origin_of(&function.whole);
        let since = out.run_count();
        let value = self.variables.values.get(name);
        if value.is_none() && self.variables.more_in_cluster {
            out.push_str(&UNKNOWN.to_string(), own);
            return Ok(());
        }
        let gives_default = matches!(operator, "=" | ":=" | ":-" | ":+" | ":?");
        if value.is_none() && !gives_default {
            if self.variables.is_strict {
                return Err(refuse(RefusalKind::Missing(name.to_owned())));
            }
            self.undefined.push(Undefined { name: name.to_owned(), at: own });
        }
        // What is not set is empty; the place that asks for it is the one to edit.
        let nothing = Text::opaque("", own);
        let looked_in = if value.is_none() { self.variables.looked_in } else { OriginId::NONE };
        let value = value.unwrap_or(&nothing);
        self.budget.take(COST + value.len()).map_err(refuse)?;
        match functions::apply(operator, value.as_str(), &arguments, self.budget) {
            Ok(Cut::Part(range)) => out.push_part(value, range),
            Ok(Cut::Arguments) => {
                match arguments.iter().all(Text::is_empty) {
                    true => out.push_str("", own),
                    false => arguments.iter().for_each(|argument| out.push(argument)),
                }
                // That a variable is empty, or that it is not, has put its default there.
                let end = u32::try_from(value.len()).unwrap_or(u32::MAX);
                let passed_over = value.origin(0..end, self.origins);
                out.guard_since(since, passed_over, self.origins);
            }
            Ok(Cut::New(text)) => {
                let from = u32::try_from(value.len()).unwrap_or(u32::MAX);
                let mut origin = value.origin(0..from, self.origins);
                for argument in &arguments {
                    let end = u32::try_from(argument.len()).unwrap_or(u32::MAX);
                    let of_argument = argument.origin(0..end, self.origins);
                    origin = self.origins.join(origin, of_argument);
                }
                out.push_str(&text, origin);
            }
            Err(kind) => return Err(refuse(kind)),
        }
        out.guard_since(since, own, self.origins);
        out.guard_since(since, looked_in, self.origins);
        if out.len() > OUTPUT {
            return Err(refuse(RefusalKind::TooLong));
        }
        Ok(())
    }

    fn origin_of(&mut self, range: &Range<usize>) -> OriginId {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.source.origin(narrow(range.start)..narrow(range.end), self.origins)
    }
}

#[cfg(test)]
#[path = "substitute/tests.rs"]
mod tests;
