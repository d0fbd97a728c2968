//! Edits of YAML text that touch nothing else: comments, quotes, indentation and order stay.
//!
//! An [`Editor`] collects changes of one parsed text as replacements of bytes. [`Editor::finish`]
//! applies them to a copy and parses it: what comes out is exactly what was meant, with every
//! comment that was not deleted on purpose, or nothing is given at all.

mod entry;
mod insert;
mod model;
mod print;
mod scalar;

use std::ops::Range;

use thiserror::Error;

use crate::{NodeIndex, Shape, Text, Tree, parse};
use model::Model;

pub use print::NewValue;

/// A replacement of bytes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// The bytes to replace; empty for an insertion.
    pub range: Range<u32>,
    /// What to put there.
    pub text: String,
}

/// Why a text is not edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum EditError {
    /// It is no YAML.
    #[error("the text is no YAML")]
    Broken,
    /// What is to be changed is of another shape: an entry of a scalar, a key of a list.
    #[error("there is nothing of this shape to change")]
    Shape,
    /// It is written in a way that is not edited: block scalars, tags, complex keys.
    #[error("it is written in a form that is not edited")]
    Form,
    /// Two changes concern the same bytes.
    #[error("two changes overlap")]
    Overlap,
    /// The edited text does not read as it was meant to.
    #[error("the edited text would not read as intended")]
    Check,
}

/// A replacement as it is checked, and as it is made where that differs.
#[derive(Debug)]
struct Change {
    edit: TextEdit,
    written: Option<String>,
}

/// Changes of one text, checked together.
#[derive(Debug)]
pub struct Editor<'t> {
    tree: &'t Tree,
    parents: Vec<Option<NodeIndex>>,
    edits: Vec<Change>,
    /// What the text really is, byte for byte, where the tree is of a stand-in for it.
    written: &'t str,
    model: Model,
    /// The comments that go with what is deleted.
    dropped: Vec<Range<u32>>,
}

impl<'t> Editor<'t> {
    /// An editor of a parsed text.
    ///
    /// # Errors
    /// [`EditError::Broken`] for a text that is no YAML.
    pub fn new(tree: &'t Tree) -> Result<Self, EditError> {
        Self::standing_in(tree, tree.text().as_str())
    }

    /// An editor of a text that is no YAML itself, through one of the same length that stands in
    /// for it: a template with its actions painted over. What is moved is moved as written.
    ///
    /// # Errors
    /// [`EditError::Broken`] for a text that is no YAML, or of another length.
    pub fn standing_in(tree: &'t Tree, written: &'t str) -> Result<Self, EditError> {
        if written.len() != tree.text().len() {
            return Err(EditError::Broken);
        }
        if !tree.errors().is_empty() {
            return Err(EditError::Broken);
        }
        let mut parents = vec![None; tree.len()];
        for node in tree.all() {
            for child in tree.children(node) {
                if let Some(parent) = parents.get_mut(child.0 as usize) {
                    *parent = Some(node);
                }
            }
        }
        Ok(Self { tree, parents, edits: Vec::new(), written, model: Model::of(tree), dropped: Vec::new() })
    }

    /// The collection a node stands in.
    #[must_use]
    pub fn parent(&self, node: NodeIndex) -> Option<NodeIndex> {
        self.parents.get(node.0 as usize).copied().flatten()
    }

    /// The replacements, in order, once it is known that they do what was meant.
    ///
    /// # Errors
    /// [`EditError::Overlap`] and [`EditError::Check`].
    pub fn finish(mut self) -> Result<Vec<TextEdit>, EditError> {
        self.edits.sort_by_key(|change| (change.edit.range.start, change.edit.range.end));
        let checked: Vec<TextEdit> = self.edits.iter().map(|change| change.edit.clone()).collect();
        let edited = apply(self.source(), &checked).ok_or(EditError::Overlap)?;
        let again = parse(Text::of_shared(&edited.into()));
        if !again.errors().is_empty() || !self.model.is_read_from(&again) {
            return Err(EditError::Check);
        }
        let mut kept: Vec<&str> = Vec::new();
        for comment in self.tree.comments() {
            if !self
                .dropped
                .iter()
                .any(|gone| gone.start <= comment.range.start && comment.range.end <= gone.end)
            {
                kept.push(slice(self.source(), &comment.range));
            }
        }
        let text = again.text().as_str();
        let mut left: Vec<&str> =
            again.comments().iter().map(|comment| slice(text, &comment.range)).collect();
        kept.sort_unstable();
        left.sort_unstable();
        if kept != left {
            return Err(EditError::Check);
        }
        let meant = |change: Change| match change.written {
            Some(text) => TextEdit { text, ..change.edit },
            None => change.edit,
        };
        Ok(self.edits.into_iter().map(meant).collect())
    }

    fn source(&self) -> &'t str {
        self.tree.text().as_str()
    }

    fn replace_bytes(&mut self, range: Range<u32>, text: String) {
        self.edits.push(Change { edit: TextEdit { range, text }, written: None });
    }

    fn move_bytes(&mut self, to: u32, text: String, written: String) {
        self.edits.push(Change { edit: TextEdit { range: to..to, text }, written: Some(written) });
    }

    /// The entry or item a node is: the collection, and its place among the entries.
    fn place_of(&self, node: NodeIndex) -> Result<(NodeIndex, usize), EditError> {
        let parent = self.parent(node).ok_or(EditError::Shape)?;
        let children = self.tree.children(parent);
        let at = children.iter().position(|child| *child == node).ok_or(EditError::Shape)?;
        match self.tree.shape(parent) {
            Shape::Map if at % 2 == 0 => Ok((parent, at / 2)),
            Shape::Sequence => Ok((parent, at)),
            _ => Err(EditError::Shape),
        }
    }

    /// The line break of the text.
    fn line_break(&self) -> &'static str {
        match self.source().find('\n') {
            Some(at) if self.source().get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
            _ => "\n",
        }
    }

    /// Where the line of a byte begins.
    fn line_start(&self, at: u32) -> u32 {
        let before = self.source().get(..at as usize).unwrap_or("");
        narrow(before.rfind('\n').map_or(0, |end| end + 1))
    }

    /// Where the line of a byte ends, before its line break.
    fn line_end(&self, at: u32) -> u32 {
        let behind = self.source().get(at as usize..).unwrap_or("");
        let line = behind.split('\n').next().unwrap_or("");
        let is_last = line.len() == behind.len();
        let line = if is_last { line } else { line.strip_suffix('\r').unwrap_or(line) };
        at + narrow(line.len())
    }

    /// How many columns stand before a byte on its line.
    fn column(&self, at: u32) -> usize {
        slice(self.source(), &(self.line_start(at)..at)).chars().count()
    }

    /// Whether nothing but spaces stands before a byte on its line.
    fn begins_line(&self, at: u32) -> bool {
        slice(self.source(), &(self.line_start(at)..at)).bytes().all(|byte| byte == b' ')
    }
}

/// The text with some replacements made; `None` where they overlap, are out of order, or cut a
/// character.
#[must_use]
pub fn apply(text: &str, edits: &[TextEdit]) -> Option<String> {
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        edited.push_str(text.get(at..edit.range.start as usize)?);
        edited.push_str(&edit.text);
        at = edit.range.end as usize;
        if at < edit.range.start as usize {
            return None;
        }
    }
    edited.push_str(text.get(at..)?);
    Some(edited)
}

fn slice<'s>(source: &'s str, range: &Range<u32>) -> &'s str {
    source.get(range.start as usize..range.end as usize).unwrap_or("")
}

/// Texts are at most 32 MiB, so every offset fits.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
