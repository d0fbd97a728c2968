//! The parser of Go's text/template: from text to [`Parsed`].

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::ast::{Arg, ArgKind, Body, Branch, Bytes, Command, Node, Parsed, Pipe};
use crate::error::{Failure, FailureKind};
use crate::functions::Functions;
use crate::lex::{SPACE, Token, token};
use crate::literal;

/// Deepest nesting of parentheses and bodies in one template.
const NESTING: usize = 250;

/// Parses a template. `functions` decides which names are functions, as in Go: a name that is none
/// is an error here, not when the action runs.
///
/// # Errors
/// [`Failure`] of kind [`FailureKind::Parse`], or [`FailureKind::Limit`] where it nests too deep.
pub fn parse(name: &str, text: &Arc<str>, functions: &Functions) -> Result<Parsed, Failure> {
    let mut parser = Parser {
        name,
        text,
        at: 0,
        functions,
        variables: vec!["$".into()],
        defines: Vec::new(),
        defined: BTreeSet::new(),
        comments: Vec::new(),
        depth: 0,
        ranges: 0,
    };
    let (root, stop) = parser.body()?;
    match stop {
        Stop::EndOfText => {}
        Stop::End(at) => return Err(parser.fail(at, "unexpected {{end}}")),
        Stop::Else(at) => return Err(parser.fail(at, "unexpected {{else}}")),
    }
    Ok(Parsed {
        name: name.into(),
        text: Arc::clone(text),
        root: Arc::new(root),
        defines: parser.defines,
        comments: parser.comments,
    })
}

/// The line and column (from 1, in bytes) of an offset.
pub(crate) fn position(text: &str, at: usize) -> (u32, u32) {
    let before = text.as_bytes().get(..at.min(text.len())).unwrap_or(&[]);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let column = at - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1) + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

struct Parser<'t> {
    name: &'t str,
    text: &'t str,
    at: usize,
    functions: &'t Functions,
    variables: Vec<Arc<str>>,
    defines: Vec<(Arc<str>, Arc<Body>)>,
    /// The names of those that are not blank.
    defined: BTreeSet<Arc<str>>,
    comments: Vec<Bytes>,
    depth: usize,
    /// How many `range` bodies are open: where `break` may stand.
    ranges: usize,
}

/// What ended a body, and where.
enum Stop {
    EndOfText,
    End(usize),
    /// Behind the word `else`, still inside the action.
    Else(usize),
}

type Parse<T> = Result<T, Failure>;

impl Parser<'_> {
    fn fail(&self, at: usize, message: impl Into<String>) -> Failure {
        let (line, column) = position(self.text, at);
        let mut failure = Failure::new(FailureKind::Parse, message);
        failure.at = Some((self.name.into(), line, column));
        failure
    }

    fn enter(&mut self) -> Parse<()> {
        self.depth += 1;
        if self.depth > NESTING {
            let mut failure = self.fail(self.at, format!("nested deeper than {NESTING} levels"));
            failure.kind = FailureKind::Limit;
            return Err(failure);
        }
        Ok(())
    }

    fn span(&self, start: usize) -> Bytes {
        bytes(start..self.at)
    }

    fn body(&mut self) -> Parse<(Body, Stop)> {
        self.enter()?;
        let mut body = Body::default();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = memchr::memmem::find(rest.as_bytes(), b"{{") else {
                self.push_text(&mut body, self.text.len(), false);
                self.at = self.text.len();
                self.depth -= 1;
                return Ok((body, Stop::EndOfText));
            };
            let open = self.at + length;
            let inside = &self.text[open + 2..];
            let trims = inside.starts_with('-') && inside[1..].starts_with(SPACE);
            self.push_text(&mut body, open, trims);
            self.at = open + 2 + if trims { 2 } else { 0 };
            if self.text[self.at..].starts_with("/*") {
                self.comment(open)?;
            } else if let Some(stop) = self.action(open, &mut body)? {
                self.depth -= 1;
                return Ok((body, stop));
            }
        }
    }

    fn push_text(&self, body: &mut Body, end: usize, trims: bool) {
        let text = &self.text[self.at..end];
        let text = if trims { text.trim_end_matches(SPACE) } else { text };
        if !text.is_empty() {
            body.nodes.push(Node::Text(bytes(self.at..self.at + text.len())));
        }
    }

    fn comment(&mut self, open: usize) -> Parse<()> {
        let Some(length) = self.text[self.at..].find("*/") else {
            return Err(self.fail(open, "unclosed comment"));
        };
        self.at += length + 2;
        let rest = &self.text[self.at..];
        if rest.starts_with("}}") {
            self.at += 2;
        } else if rest.starts_with(SPACE) && rest[1..].starts_with("-}}") {
            self.at += 4;
            self.comments.push(bytes(open..self.at));
            self.skip_space();
            return Ok(());
        } else {
            return Err(self.fail(open, "comment ends before closing delimiter"));
        }
        self.comments.push(bytes(open..self.at));
        Ok(())
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(SPACE).len();
    }

    // Words.

    fn peek(&self) -> Parse<(Token, Range<usize>)> {
        token(self.text, self.at).map_err(|error| self.fail(error.at, error.message))
    }

    fn next(&mut self) -> Parse<(Token, Range<usize>)> {
        let (token, at) = self.peek()?;
        self.at = at.end;
        Ok((token, at))
    }

    fn peek_word(&mut self) -> Parse<(Token, Range<usize>)> {
        while let (Token::Space, at) = self.peek()? {
            self.at = at.end;
        }
        self.peek()
    }

    fn next_word(&mut self) -> Parse<(Token, Range<usize>)> {
        let (token, at) = self.peek_word()?;
        self.at = at.end;
        Ok((token, at))
    }

    fn unexpected(&self, at: &Range<usize>, context: &str) -> Failure {
        let word = self.text.get(at.clone()).unwrap_or("");
        self.fail(at.start, format!("unexpected {word:?} in {context}"))
    }

    /// Takes the delimiter that ends the action, and the space it trims.
    fn close(&mut self, context: &str) -> Parse<()> {
        let (token, at) = self.next_word()?;
        if token != Token::End {
            return Err(self.unexpected(&at, context));
        }
        Ok(())
    }

    fn trim_after_action(&mut self) {
        if self.text[..self.at].ends_with("-}}") && self.text[..self.at - 3].ends_with(SPACE) {
            self.skip_space();
        }
    }

    // Actions.

    /// Reads one action; `Some` where it ends the body it stands in.
    fn action(&mut self, open: usize, body: &mut Body) -> Parse<Option<Stop>> {
        let (token, at) = self.peek_word()?;
        let keyword = if token == Token::Name { &self.text[at.clone()] } else { "" };
        match keyword {
            "end" => {
                self.at = at.end;
                self.close("end")?;
                self.trim_after_action();
                return Ok(Some(Stop::End(open)));
            }
            "else" => {
                self.at = at.end;
                return Ok(Some(Stop::Else(open)));
            }
            "if" | "with" | "range" => {
                self.at = at.end;
                let node = self.control(keyword)?;
                body.nodes.push(node);
            }
            "define" => {
                self.at = at.end;
                self.define(open)?;
            }
            "block" | "template" => {
                self.at = at.end;
                let node = self.call(keyword == "block", open)?;
                body.nodes.push(node);
            }
            "break" | "continue" => {
                self.at = at.end;
                if self.ranges == 0 {
                    return Err(self.fail(open, format!("{{{{{keyword}}}}} outside {{{{range}}}}")));
                }
                self.close(keyword)?;
                self.trim_after_action();
                body.nodes.push(if keyword == "break" { Node::Break } else { Node::Continue });
            }
            _ => {
                let pipe = self.pipeline("command", Token::End)?;
                let span = self.span(open);
                self.trim_after_action();
                body.nodes.push(Node::Action { pipe, span });
            }
        }
        Ok(None)
    }

    fn control(&mut self, keyword: &str) -> Parse<Node> {
        let scope = self.variables.len();
        let pipe = self.pipeline(keyword, Token::End)?;
        self.trim_after_action();
        self.ranges += usize::from(keyword == "range");
        let (body, stop) = self.body()?;
        self.ranges -= usize::from(keyword == "range");
        let otherwise = match stop {
            Stop::End(_) => None,
            Stop::Else(_) => Some(self.otherwise(keyword)?),
            Stop::EndOfText => return Err(self.fail(self.text.len(), "unexpected EOF")),
        };
        self.variables.truncate(scope);
        let mut assigned = Vec::new();
        collect_assigned(&body, &mut assigned);
        if let Some(otherwise) = &otherwise {
            collect_assigned(otherwise, &mut assigned);
        }
        let changing = [body.changing(), otherwise.as_ref().map(Body::changing).unwrap_or_default()];
        let branch = Branch { pipe, body, otherwise, assigned, changing };
        Ok(match keyword {
            "if" => Node::If(branch),
            "with" => Node::With(branch),
            _ => Node::Range(branch),
        })
    }

    /// What follows `else`: a body, or `else if` and `else with`, whose `end` ends both.
    fn otherwise(&mut self, keyword: &str) -> Parse<Body> {
        let (token, at) = self.peek_word()?;
        let chained = if token == Token::Name { &self.text[at.clone()] } else { "" };
        if chained == keyword && keyword != "range" {
            self.at = at.end;
            self.enter()?;
            let node = self.control(chained)?;
            self.depth -= 1;
            return Ok(Body { nodes: vec![node] });
        }
        self.close("else")?;
        self.trim_after_action();
        match self.body()? {
            (body, Stop::End(_)) => Ok(body),
            (_, Stop::Else(at)) => Err(self.fail(at, "expected end; found {{else}}")),
            (_, Stop::EndOfText) => Err(self.fail(self.text.len(), "unexpected EOF")),
        }
    }

    fn template_name(&mut self, context: &str) -> Parse<Arc<str>> {
        let (token, at) = self.next_word()?;
        let word = &self.text[at.clone()];
        match token {
            Token::Quoted | Token::Raw => literal::unquote(word)
                .map(Into::into)
                .ok_or_else(|| self.fail(at.start, format!("invalid syntax in {word}"))),
            _ => Err(self.unexpected(&at, context)),
        }
    }

    fn define(&mut self, open: usize) -> Parse<()> {
        // Go reads a definition anywhere but only keeps those at the top; one inside a body is an
        // error there.
        if self.depth > 1 {
            return Err(self.fail(open, "unexpected {{define}}"));
        }
        let name = self.template_name("define clause")?;
        self.close("define clause")?;
        self.trim_after_action();
        let body = self.definition(open, "define clause")?;
        self.add_definition(open, name, body)
    }

    /// The body of a definition: its own variables, and its `end`.
    fn definition(&mut self, open: usize, context: &str) -> Parse<Body> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, stop) = self.body()?;
        self.variables = variables;
        self.ranges = ranges;
        match stop {
            Stop::End(_) => Ok(body),
            Stop::Else(at) => Err(self.fail(at, format!("unexpected {{{{else}}}} in {context}"))),
            Stop::EndOfText => Err(self.fail(open, format!("unexpected EOF in {context}"))),
        }
    }

    /// A later definition replaces a blank one of the same text; of two that print something Go
    /// refuses the second (go1.26 text/template/parse, `Tree.add`).
    fn add_definition(&mut self, open: usize, name: Arc<str>, body: Body) -> Parse<()> {
        if !body.is_blank(self.text) && !self.defined.insert(Arc::clone(&name)) {
            return Err(self.fail(open, format!("template: multiple definition of template {name:?}")));
        }
        self.defines.push((name, Arc::new(body)));
        Ok(())
    }

    fn call(&mut self, is_block: bool, open: usize) -> Parse<Node> {
        let context = if is_block { "block clause" } else { "template clause" };
        let name = self.template_name(context)?;
        let pipe = match self.peek_word()? {
            (Token::End, at) if !is_block => {
                self.at = at.end;
                None
            }
            _ => Some(self.pipeline(context, Token::End)?),
        };
        let span = self.span(open);
        self.trim_after_action();
        if is_block {
            let body = self.definition(open, context)?;
            self.add_definition(open, Arc::clone(&name), body)?;
        }
        Ok(Node::Template { name, pipe, span })
    }

    // Pipelines.

    fn pipeline(&mut self, context: &str, stop: Token) -> Parse<Pipe> {
        self.enter()?;
        self.peek_word()?;
        let start = self.at;
        let mut pipe =
            Pipe { declares: Vec::new(), assigns: false, commands: Vec::new(), span: bytes(start..start) };
        self.declarations(&mut pipe, context)?;
        loop {
            let (token, at) = self.peek_word()?;
            if token == Token::End || token == Token::Close {
                if token != stop {
                    let message = if token == Token::Close {
                        "unexpected right paren".to_owned()
                    } else {
                        "unclosed left paren".to_owned()
                    };
                    return Err(self.fail(at.start, message));
                }
                pipe.span = self.span(start);
                self.at = at.end;
                self.check(&pipe, start, context)?;
                self.depth -= 1;
                return Ok(pipe);
            }
            match token {
                Token::Assign | Token::Declare | Token::Comma | Token::Pipe => {
                    return Err(self.unexpected(&at, context));
                }
                _ => {
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
            }
        }
    }

    /// `$x :=`, `$x =`, and in a range `$k, $v :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parse<()> {
        loop {
            let (Token::Variable, at) = self.peek_word()? else { return Ok(()) };
            let back = self.at;
            self.at = at.end;
            let name = &self.text[at.clone()];
            let (after, _) = self.peek_word()?;
            match after {
                Token::Declare | Token::Assign => {
                    self.next()?;
                    pipe.assigns = after == Token::Assign;
                    self.declare(pipe, name, &at)?;
                    return Ok(());
                }
                Token::Comma => {
                    self.next()?;
                    if context != "range" || !pipe.declares.is_empty() {
                        let message = format!("too many declarations in {context}");
                        return Err(self.fail(at.start, message));
                    }
                    self.declare(pipe, name, &at)?;
                    if self.peek_word()?.0 != Token::Variable {
                        return Err(self.fail(self.at, "range can only initialize variables"));
                    }
                }
                _ if !pipe.declares.is_empty() => {
                    // `range $k, $v` without `:=`.
                    return Err(self.fail(at.start, "range can only initialize variables"));
                }
                _ => {
                    self.at = back;
                    return Ok(());
                }
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, name: &str, _at: &Range<usize>) -> Parse<()> {
        let name: Arc<str> = name.into();
        self.variables.push(Arc::clone(&name));
        pipe.declares.push(name);
        Ok(())
    }

    fn check(&self, pipe: &Pipe, start: usize, context: &str) -> Parse<()> {
        if pipe.commands.is_empty() {
            return Err(self.fail(start, format!("missing value for {context}")));
        }
        for (at, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.args.first().map(|arg| &arg.kind);
            if matches!(
                first,
                Some(
                    ArgKind::Bool(_)
                        | ArgKind::Dot
                        | ArgKind::Nil
                        | ArgKind::Int(_)
                        | ArgKind::Float(_)
                        | ArgKind::String(_)
                )
            ) {
                let message = format!("non executable command in pipeline stage {}", at + 1);
                return Err(self.fail(command.span.start as usize, message));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parse<Command> {
        let start = self.peek_word()?.1.start;
        let mut args = Vec::new();
        loop {
            self.peek_word()?;
            if let Some(arg) = self.operand()? {
                args.push(arg);
            }
            let end = self.at;
            let (token, at) = self.peek()?;
            match token {
                Token::Space => self.at = at.end,
                Token::End | Token::Close => return self.command_of(args, start, end),
                Token::Pipe => {
                    self.at = at.end;
                    return self.command_of(args, start, end);
                }
                _ => return Err(self.unexpected(&at, "operand")),
            }
        }
    }

    fn command_of(&self, args: Vec<Arg>, start: usize, end: usize) -> Parse<Command> {
        if args.is_empty() {
            return Err(self.fail(start, "empty command"));
        }
        let end = args.last().map_or(end, |arg| arg.span.end as usize);
        Ok(Command { args, span: bytes(start..end) })
    }

    /// A term and the fields behind it without a space.
    fn operand(&mut self) -> Parse<Option<Arg>> {
        let start = self.at;
        let Some(term) = self.term()? else { return Ok(None) };
        let mut fields: Vec<Arc<str>> = Vec::new();
        while let (Token::Field, at) = self.peek()? {
            self.at = at.end;
            fields.push(self.text[at.start + 1..at.end].into());
        }
        if fields.is_empty() {
            if self.peek()?.0 == Token::Dot {
                return Err(self.fail(self.at, "unexpected . after term"));
            }
            return Ok(Some(term));
        }
        let span = self.span(start);
        let kind = match term.kind {
            ArgKind::Field(mut path) => {
                path.append(&mut fields);
                ArgKind::Field(path)
            }
            ArgKind::Variable(name, mut path) => {
                path.append(&mut fields);
                ArgKind::Variable(name, path)
            }
            ArgKind::Bool(_)
            | ArgKind::String(_)
            | ArgKind::Int(_)
            | ArgKind::Float(_)
            | ArgKind::Nil
            | ArgKind::Dot => {
                let word = self.text.get(start..term.span.end as usize).unwrap_or("");
                return Err(self.fail(start, format!("unexpected . after term {word:?}")));
            }
            _ => ArgKind::Chain(Box::new(term), fields),
        };
        Ok(Some(Arg { kind, span }))
    }

    fn term(&mut self) -> Parse<Option<Arg>> {
        let (token, at) = self.peek_word()?;
        let word = &self.text[at.clone()];
        let kind = match token {
            Token::Name => match word {
                "true" => ArgKind::Bool(true),
                "false" => ArgKind::Bool(false),
                "nil" => ArgKind::Nil,
                "if" | "else" | "end" | "range" | "with" | "define" | "template" | "block" | "break"
                | "continue" => return Err(self.fail(at.start, format!("unexpected <{word}> in operand"))),
                _ => match self.functions.find(word) {
                    Some(function) => ArgKind::Function(function),
                    None => return Err(self.fail(at.start, format!("function {word:?} not defined"))),
                },
            },
            Token::Dot => ArgKind::Dot,
            Token::Variable => {
                if !self.variables.iter().any(|have| **have == *word) {
                    return Err(self.fail(at.start, format!("undefined variable {word:?}")));
                }
                ArgKind::Variable(word.into(), Vec::new())
            }
            Token::Field => ArgKind::Field(vec![word[1..].into()]),
            Token::Number => match literal::number(word) {
                Some(literal::Number::Int(value)) => ArgKind::Int(value),
                Some(literal::Number::Float(value)) => ArgKind::Float(value),
                None => return Err(self.fail(at.start, format!("illegal number syntax: {word:?}"))),
            },
            Token::Char => match literal::character(word) {
                Some(value) => ArgKind::Int(value),
                None => return Err(self.fail(at.start, format!("malformed character constant: {word}"))),
            },
            Token::Quoted | Token::Raw => match literal::unquote(word) {
                Some(value) => ArgKind::String(value.into()),
                None => return Err(self.fail(at.start, "invalid syntax")),
            },
            Token::Open => {
                self.at = at.end;
                let pipe = self.pipeline("parenthesized pipeline", Token::Close)?;
                return Ok(Some(Arg { kind: ArgKind::Pipe(Box::new(pipe)), span: self.span(at.start) }));
            }
            _ => return Ok(None),
        };
        self.at = at.end;
        Ok(Some(Arg { kind, span: bytes(at) }))
    }
}

fn collect_assigned(body: &Body, found: &mut Vec<Arc<str>>) {
    let mut add = |names: &[Arc<str>]| {
        for name in names {
            if !found.contains(name) {
                found.push(Arc::clone(name));
            }
        }
    };
    for node in &body.nodes {
        match node {
            Node::Action { pipe, .. } if pipe.assigns => add(&pipe.declares),
            // What the bodies inside assign was collected when they were parsed.
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => add(&branch.assigned),
            _ => {}
        }
    }
}

/// Templates are files, of at most 16 MiB.
fn bytes(range: Range<usize>) -> Bytes {
    u32::try_from(range.start).unwrap_or(u32::MAX)..u32::try_from(range.end).unwrap_or(u32::MAX)
}
