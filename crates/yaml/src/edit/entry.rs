//! Entries and items go, or go elsewhere, with their comments.

use std::ops::Range;

use crate::{NodeIndex, Shape};

use super::{EditError, Editor, NewValue, slice};

impl Editor<'_> {
    /// Deletes an entry, by its key, or an item of a sequence, with the comments on its lines and
    /// directly above it. A collection that loses its last entry is written `{}` or `[]`.
    ///
    /// # Errors
    /// [`EditError::Shape`] for what is neither.
    pub fn remove(&mut self, entry: NodeIndex) -> Result<(), EditError> {
        let (collection, _) = self.place_of(entry)?;
        let (range, text) = self.deletion(entry)?;
        self.drop_comments(&range);
        self.model.take(collection, entry);
        self.replace_bytes(range, text);
        Ok(())
    }

    /// Moves an entry, by its key, to the end of another map, with its comments and as it is
    /// written.
    ///
    /// # Errors
    /// [`EditError::Shape`] for what is no entry of a map, a map that has the key, and a map
    /// inside the entry.
    pub fn move_entry(&mut self, key: NodeIndex, into: NodeIndex) -> Result<(), EditError> {
        let (from, _) = self.place_of(key)?;
        let value = self.value_of(from, key)?;
        let has_key =
            self.tree.entries(into).any(|(have, _)| self.tree.scalar(have) == self.tree.scalar(key));
        let mut outer = Some(into);
        while let Some(node) = outer {
            if node == value {
                return Err(EditError::Shape);
            }
            outer = self.parent(node);
        }
        if has_key || !matches!(self.tree.shape(into), Shape::Map | Shape::Null) {
            return Err(EditError::Shape);
        }
        let is_block = |map| !self.tree.is_flow(map) && *self.tree.shape(map) == Shape::Map;
        if !is_block(from) || !is_block(into) || !self.begins_line(self.tree.range(key).start) {
            return self.move_value(key, value, into);
        }
        let (range, text) = self.deletion(key)?;
        let lines = self.lines_of(key, value);
        let shift = self.entry_column(into)?;
        let column = self.column(self.tree.range(key).start);
        let moved = |text| format!("{}{}", self.line_break(), shifted(slice(text, &lines), column, shift));
        let (checked, written) = (moved(self.source()), moved(self.written));
        let end = self.line_end(self.tree.range(into).end);
        if let Some(entry) = self.model.take(from, key) {
            self.model.put(into, entry);
        }
        self.replace_bytes(range, text);
        self.move_bytes(end, checked, written);
        Ok(())
    }

    /// Moves an entry between maps that are written in different ways, as a new value.
    fn move_value(&mut self, key: NodeIndex, value: NodeIndex, into: NodeIndex) -> Result<(), EditError> {
        let name = self.tree.scalar(key).ok_or(EditError::Form)?.to_owned();
        let lines = self.lines_of(key, value);
        // A value that is written anew has no place for comments.
        if self.tree.comments().iter().any(|one| lines.start <= one.range.start && one.range.end <= lines.end)
        {
            return Err(EditError::Form);
        }
        let value = self.new_value(value)?;
        self.insert(into, &name, &value)?;
        self.remove(key)
    }

    fn new_value(&self, node: NodeIndex) -> Result<NewValue, EditError> {
        let range = self.tree.range(node);
        // What stands in for something else is no value.
        if self.tree.tag(node).is_some() || slice(self.source(), &range) != slice(self.written, &range) {
            return Err(EditError::Form);
        }
        Ok(match self.tree.shape(node) {
            Shape::Null => NewValue::Null,
            Shape::Alias(_) => return Err(EditError::Form),
            Shape::Scalar { style, .. } => {
                let text = self.tree.scalar(node).unwrap_or("").to_owned();
                if *style == crate::Style::Plain { NewValue::Plain(text) } else { NewValue::Text(text) }
            }
            Shape::Sequence => {
                let items: Result<_, _> =
                    self.tree.children(node).iter().map(|item| self.new_value(*item)).collect();
                NewValue::List(items?)
            }
            Shape::Map => {
                let entry = |(key, value)| {
                    let name = self.tree.scalar(key).ok_or(EditError::Form)?;
                    Ok((name.to_owned(), self.new_value(value)?))
                };
                NewValue::Map(self.tree.entries(node).map(entry).collect::<Result<_, EditError>>()?)
            }
        })
    }

    fn value_of(&self, map: NodeIndex, key: NodeIndex) -> Result<NodeIndex, EditError> {
        let found = self.tree.entries(map).find(|(have, _)| *have == key);
        found.map(|(_, value)| value).ok_or(EditError::Shape)
    }

    fn drop_comments(&mut self, range: &Range<u32>) {
        self.dropped.push(range.clone());
    }

    /// The bytes that go with an entry or an item, and what stands there instead.
    fn deletion(&self, entry: NodeIndex) -> Result<(Range<u32>, String), EditError> {
        let (collection, at) = self.place_of(entry)?;
        let is_map = *self.tree.shape(collection) == Shape::Map;
        let step = if is_map { 2 } else { 1 };
        let children = self.tree.children(collection);
        let end_of = |at: usize| children.get(at * step + step - 1).map(|node| self.tree.range(*node).end);
        let start_of = |at: usize| children.get(at * step).map(|node| self.tree.range(*node).start);
        let (Some(start), Some(end)) = (start_of(at), end_of(at)) else { return Err(EditError::Shape) };
        if self.tree.is_flow(collection) {
            return Ok((
                self.deletion_in_braces(start..end, at.checked_sub(1).and_then(end_of), start_of(at + 1)),
                String::new(),
            ));
        }
        if children.len() == step {
            return self.deletion_of_all(collection, is_map);
        }
        let value = children.get(at * step + step - 1).copied().unwrap_or(entry);
        let dash_or_key = self.entry_column(collection)?;
        if self.begins_line(self.line_start(start) + super::narrow(dash_or_key)) {
            return Ok((self.whole_lines(&self.lines_of(entry, value)), String::new()));
        }
        // The first entry of a map that stands behind a dash: the next one takes its place.
        match start_of(at + 1) {
            Some(next) if is_map && at == 0 => Ok((start..next, String::new())),
            _ => Err(EditError::Form),
        }
    }

    fn deletion_in_braces(&self, own: Range<u32>, before: Option<u32>, next: Option<u32>) -> Range<u32> {
        match (before, next) {
            (_, Some(next)) => own.start..next,
            (Some(before), None) => before..own.end,
            (None, None) => own,
        }
    }

    /// The last entry goes: the collection is there still, and empty.
    fn deletion_of_all(
        &self,
        collection: NodeIndex,
        is_map: bool,
    ) -> Result<(Range<u32>, String), EditError> {
        let range = self.tree.range(collection);
        let empty = if is_map { "{}" } else { "[]" };
        let before = slice(self.source(), &(0..range.start));
        let kept = before.trim_end_matches([' ', '\n', '\r', '-']);
        match self.parent(collection) {
            Some(outer) if *self.tree.shape(outer) == Shape::Map && kept.ends_with(':') => {
                Ok((super::narrow(kept.len())..range.end, format!(" {empty}")))
            }
            _ => Ok((range, empty.to_owned())),
        }
    }

    /// From the first comment directly above an entry to the end of its last line.
    fn lines_of(&self, entry: NodeIndex, value: NodeIndex) -> Range<u32> {
        let start = self.tree.range(entry).start;
        let end = self.line_end(self.tree.range(value).end.max(self.tree.range(entry).end));
        self.with_comments_above(self.line_start(start))..end
    }

    /// Where the comments begin that stand directly above a line, as far in as it does. Those at
    /// the top of the file speak of the file.
    pub(super) fn with_comments_above(&self, line: u32) -> u32 {
        let indent = |text: &str| text.len() - text.trim_start_matches(' ').len();
        let own = indent(slice(self.source(), &(line..self.line_end(line))));
        let mut first = line;
        while let Some(above) = first.checked_sub(1).map(|end| self.line_start(end)) {
            let text = slice(self.source(), &(above..first));
            if !text.trim_start().starts_with('#') || indent(text) != own {
                break;
            }
            first = above;
        }
        if first == 0 && line > 0 { line } else { first }
    }

    /// Lines with one of the line breaks around them.
    fn whole_lines(&self, lines: &Range<u32>) -> Range<u32> {
        let before = slice(self.source(), &(0..lines.start));
        let kept = before.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
        match kept {
            Some(kept) => super::narrow(kept.len())..lines.end,
            None => {
                let behind = slice(self.source(), &(lines.end..super::narrow(self.source().len())));
                let line_break = behind.find('\n').map_or(0, |at| at + 1);
                lines.start..lines.end + super::narrow(line_break)
            }
        }
    }
}

/// Lines that stood at one column, at another.
fn shifted(lines: &str, from: usize, to: usize) -> String {
    let shift = |line: &str| {
        let indent = line.len() - line.trim_start_matches(' ').len();
        match line.trim().is_empty() {
            true => line.trim_start_matches(' ').to_owned(),
            false => {
                let indent = (indent + to).saturating_sub(from);
                format!("{}{}", " ".repeat(indent), line.trim_start_matches(' '))
            }
        }
    };
    lines.split('\n').map(shift).collect::<Vec<_>>().join("\n")
}
