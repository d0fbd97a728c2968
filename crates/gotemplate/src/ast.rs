//! What parsing a template gives: a tree of byte ranges, free of any job, shared by all of them.

use std::ops::Range;
use std::sync::Arc;

use crate::functions::Function;

/// Bytes of the template's text.
pub type Bytes = Range<u32>;

/// One parsed template file, or one string given to `tpl`.
#[derive(Debug)]
pub struct Parsed {
    /// The name it was parsed under; errors name it.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// What stands outside every `define`.
    pub(crate) root: Arc<Body>,
    /// The templates it defines, in order, blocks included.
    pub(crate) defines: Vec<(Arc<str>, Arc<Body>)>,
    /// The comments, with their delimiters.
    pub comments: Vec<Bytes>,
}

impl Parsed {
    /// The same text, parsed under another name.
    #[must_use]
    pub fn under(&self, name: &str) -> Self {
        Self {
            name: name.into(),
            text: Arc::clone(&self.text),
            root: Arc::clone(&self.root),
            defines: self.defines.clone(),
            comments: self.comments.clone(),
        }
    }
}

/// A list of nodes that runs together.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<Node>,
}

impl Body {
    /// Whether nothing but space stands in it: such a definition replaces no other.
    pub(crate) fn is_blank(&self, text: &str) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text(at) => text.get(range(at)).is_none_or(|text| text.trim().is_empty()),
            _ => false,
        })
    }
}

/// One thing that prints or decides.
#[derive(Debug)]
pub(crate) enum Node {
    /// Text outside actions, trimmed.
    Text(Bytes),
    /// A pipeline whose value is printed, or kept in a variable.
    Action { pipe: Pipe, span: Bytes },
    /// `if`.
    If(Branch),
    /// `with`.
    With(Branch),
    /// `range`.
    Range(Branch),
    /// `template`, and the place of a `block`.
    Template { name: Arc<str>, pipe: Option<Pipe>, span: Bytes },
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// A node with bodies.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) body: Body,
    pub(crate) otherwise: Option<Body>,
    /// The variables assigned anywhere in the two bodies: the condition decides about them.
    pub(crate) assigned: Vec<Arc<str>>,
    /// Which nodes of the body, and of the other one, change maps that are there before.
    pub(crate) changing: [Vec<usize>; 2],
}

impl Pipe {
    /// The map a pipeline changes, where its first word says so.
    pub(crate) fn changed(&self) -> Option<&Arg> {
        let [first, target, ..] = self.commands.first()?.args.as_slice() else { return None };
        let ArgKind::Function(function) = &first.kind else { return None };
        CHANGING.contains(&function.name).then_some(target)
    }
}

/// The functions that change their first argument.
const CHANGING: [&str; 6] = ["set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"];

impl Body {
    /// Which of its nodes change maps.
    pub(crate) fn changing(&self) -> Vec<usize> {
        let changes = |node: &Node| match node {
            Node::Action { pipe, .. } => pipe.changed().is_some(),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                branch.changing.iter().any(|nodes| !nodes.is_empty())
            }
            _ => false,
        };
        self.nodes.iter().enumerate().filter(|(_, node)| changes(node)).map(|(at, _)| at).collect()
    }
}

/// Commands, each given the value of the one before.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) declares: Vec<Arc<str>>,
    /// Whether the variables are there already (`=`).
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
    pub(crate) span: Bytes,
}

/// One word and its arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) args: Vec<Arg>,
    pub(crate) span: Bytes,
}

/// One word of a command.
#[derive(Debug)]
pub(crate) struct Arg {
    pub(crate) kind: ArgKind,
    pub(crate) span: Bytes,
}

#[derive(Debug)]
pub(crate) enum ArgKind {
    /// `.`
    Dot,
    /// `nil`
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Quotes and escapes resolved.
    String(Arc<str>),
    /// `.a.b`
    Field(Vec<Arc<str>>),
    /// `$x.a.b`
    Variable(Arc<str>, Vec<Arc<str>>),
    /// `(…).a.b`
    Chain(Box<Arg>, Vec<Arc<str>>),
    Function(&'static Function),
    Pipe(Box<Pipe>),
}

/// A range that indexes.
pub(crate) fn range(at: &Bytes) -> Range<usize> {
    at.start as usize..at.end as usize
}
