//! Maps get entries, and sequences items, behind those they have.

use crate::{NodeIndex, Shape, Style};

use super::print::{Form, block, entry};
use super::{EditError, Editor, NewValue, slice};

/// What is added.
#[derive(Clone, Copy)]
enum Added<'a> {
    Entry(&'a str, &'a NewValue),
    Item(&'a NewValue),
}

impl Editor<'_> {
    /// Adds an entry at the end of a map, or makes a map of a value that is not written.
    ///
    /// # Errors
    /// [`EditError::Shape`] where no map stands, or one that has the key.
    pub fn insert(&mut self, map: NodeIndex, name: &str, value: &NewValue) -> Result<(), EditError> {
        let has_key = self.tree.entries(map).any(|(key, _)| self.tree.scalar(key) == Some(name));
        if has_key {
            return Err(EditError::Shape);
        }
        self.add(map, Added::Entry(name, value))?;
        let fresh = self.model.add(value);
        self.model.push_entry(map, name, fresh);
        Ok(())
    }

    /// Adds an entry before the first one of a map in block style, above its comments.
    ///
    /// # Errors
    /// [`EditError::Shape`] where no such map stands, or one that has the key; [`EditError::Form`]
    /// where the first entry begins no line.
    pub fn insert_first(&mut self, map: NodeIndex, name: &str, value: &NewValue) -> Result<(), EditError> {
        let first = self.tree.children(map).first().copied().ok_or(EditError::Shape)?;
        let has_key = self.tree.entries(map).any(|(key, _)| self.tree.scalar(key) == Some(name));
        if has_key || self.tree.is_flow(map) || *self.tree.shape(map) != Shape::Map {
            return Err(EditError::Shape);
        }
        let start = self.tree.range(first).start;
        if !self.begins_line(start) {
            return Err(EditError::Form);
        }
        let column = self.column(start);
        let lines = entry(&Form::Block.string(name), value, column, self.list_indent());
        let line_break = self.line_break();
        let text = format!("{}{}{line_break}", " ".repeat(column), lines.join(line_break));
        let at = self.with_comments_above(self.line_start(start));
        self.replace_bytes(at..at, text);
        let fresh = self.model.add(value);
        self.model.push_first(map, name, fresh);
        Ok(())
    }

    /// Adds an item at the end of a sequence, or makes a sequence of a value that is not written.
    ///
    /// # Errors
    /// [`EditError::Shape`] where no sequence stands.
    pub fn append(&mut self, sequence: NodeIndex, value: &NewValue) -> Result<(), EditError> {
        self.add(sequence, Added::Item(value))?;
        let fresh = self.model.add(value);
        self.model.push_item(sequence, fresh);
        Ok(())
    }

    fn add(&mut self, into: NodeIndex, added: Added<'_>) -> Result<(), EditError> {
        let is_fit = match (self.tree.shape(into), added) {
            (Shape::Map, Added::Entry(..)) | (Shape::Sequence, Added::Item(_)) => true,
            (Shape::Null, _) => return self.add_to_nothing(into, added),
            (Shape::Scalar { style: Style::Plain, .. }, _) if self.is_written_null(into) => {
                let text = Form::Flow.print(&added.alone());
                self.replace_bytes(self.tree.range(into), text);
                return Ok(());
            }
            _ => false,
        };
        match is_fit {
            false => Err(EditError::Shape),
            true if self.tree.is_flow(into) => self.add_in_braces(into, added),
            true => self.add_line(into, added),
        }
    }

    fn is_written_null(&self, node: NodeIndex) -> bool {
        matches!(self.tree.scalar(node), Some("~" | "null" | "Null" | "NULL"))
            && self.tree.tag(node).is_none()
    }

    /// `key:` with nothing behind it gets a collection on the lines below.
    fn add_to_nothing(&mut self, into: NodeIndex, added: Added<'_>) -> Result<(), EditError> {
        let map = self.parent(into).ok_or(EditError::Form)?;
        let range = self.tree.range(into);
        if self.tree.is_flow(map) {
            let text = format!(" {}", self.form_of(map).print(&added.alone()));
            self.replace_bytes(range, text);
            return Ok(());
        }
        let children = self.tree.children(map);
        let at = children.iter().position(|child| *child == into).ok_or(EditError::Shape)?;
        let key = children.get(at.wrapping_sub(1)).filter(|_| *self.tree.shape(map) == Shape::Map);
        let column = self.column(self.tree.range(*key.ok_or(EditError::Form)?).start);
        let lines = block(&added.alone(), column, true, self.list_indent());
        let text = lines.join(self.line_break());
        let end = self.line_end(range.end);
        self.replace_bytes(end..end, text);
        Ok(())
    }

    fn add_in_braces(&mut self, into: NodeIndex, added: Added<'_>) -> Result<(), EditError> {
        let form = self.form_of(into);
        let text = match added {
            Added::Entry(name, value) => format!("{}: {}", form.string(name), form.print(value)),
            Added::Item(value) => form.print(value),
        };
        let range = self.tree.range(into);
        let Some(last) = self.tree.children(into).last() else {
            self.replace_bytes(range.start + 1..range.end.saturating_sub(1), text);
            return Ok(());
        };
        let end = self.tree.range(*last).end;
        let behind = slice(self.source(), &(end..range.end.saturating_sub(1)));
        // A comment may hold anything; what stands before it is enough to know.
        let comma = behind.split('#').next().and_then(|text| text.find(','));
        let step = if *self.tree.shape(into) == Shape::Map { 2 } else { 1 };
        let children = self.tree.children(into);
        let first_of_last =
            children.get(children.len().saturating_sub(step)).map_or(end, |key| self.tree.range(*key).start);
        let gap = match self.begins_line(first_of_last) {
            true => format!("{}{}", self.line_break(), " ".repeat(self.column(first_of_last))),
            false => " ".to_owned(),
        };
        let (at, text) = match comma {
            Some(comma) => (end + super::narrow(comma) + 1, format!("{gap}{text}")),
            None => (end, format!(",{gap}{text}")),
        };
        self.replace_bytes(at..at, text);
        Ok(())
    }

    fn add_line(&mut self, into: NodeIndex, added: Added<'_>) -> Result<(), EditError> {
        let column = self.entry_column(into)?;
        let pad = " ".repeat(column);
        let mut lines = match added {
            Added::Entry(name, value) => entry(&Form::Block.string(name), value, column, self.list_indent()),
            Added::Item(value) => {
                let mut lines = block(value, column, false, self.list_indent());
                if let Some(first) = lines.first_mut() {
                    *first = format!("- {first}");
                }
                lines
            }
        };
        if let Some(first) = lines.first_mut() {
            *first = format!("{pad}{first}");
        }
        let line_break = self.line_break();
        let end = self.line_end(self.tree.range(into).end);
        self.replace_bytes(end..end, format!("{line_break}{}", lines.join(line_break)));
        Ok(())
    }

    /// The column in which the entries of a block collection begin.
    pub(super) fn entry_column(&self, collection: NodeIndex) -> Result<usize, EditError> {
        let first = self.tree.children(collection).first().ok_or(EditError::Form)?;
        let start = self.tree.range(*first).start;
        if *self.tree.shape(collection) == Shape::Map {
            return Ok(self.column(start));
        }
        let before = slice(self.source(), &(self.line_start(start)..start));
        let dash = before.rfind('-').ok_or(EditError::Form)?;
        Ok(before.get(..dash).unwrap_or("").chars().count())
    }

    /// How far items stand in from their key in this text: as its first list does, else two.
    fn list_indent(&self) -> usize {
        for map in self.tree.all().filter(|node| !self.tree.is_flow(*node)) {
            for (key, value) in self.tree.entries(map) {
                if *self.tree.shape(value) == Shape::Sequence && !self.tree.is_flow(value) {
                    let key = self.column(self.tree.range(key).start);
                    return self.entry_column(value).map_or(2, |column| column.saturating_sub(key).min(2));
                }
            }
        }
        2
    }
}

impl Added<'_> {
    /// The collection that holds this alone.
    fn alone(self) -> NewValue {
        match self {
            Self::Entry(name, value) => NewValue::Map(vec![(name.to_owned(), value.clone())]),
            Self::Item(value) => NewValue::List(vec![value.clone()]),
        }
    }
}
