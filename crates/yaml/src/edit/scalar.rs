//! Scalars and keys get another text.

use crate::{NodeIndex, Shape, Style};

use super::print::{Form, double, is_plain_string, single};
use super::{EditError, Editor, NewValue};

impl Editor<'_> {
    /// Gives a scalar, or a value that is not written, another value. Quotes stay as they are
    /// where the new value can stand in them, and come where it needs them.
    ///
    /// # Errors
    /// [`EditError::Shape`] for a collection or an alias, [`EditError::Form`] for a block scalar
    /// and a scalar with a tag, and for a value that is no scalar.
    pub fn replace(&mut self, scalar: NodeIndex, value: &NewValue) -> Result<(), EditError> {
        if matches!(value, NewValue::List(_) | NewValue::Map(_)) {
            return Err(EditError::Form);
        }
        let range = self.tree.range(scalar);
        let text = match self.tree.shape(scalar) {
            Shape::Null if self.parent(scalar).is_some() => {
                let before = super::slice(self.source(), &(0..range.start));
                let pad = if before.ends_with([' ', '\n']) { "" } else { " " };
                format!("{pad}{}", self.form_in(scalar).print(value))
            }
            Shape::Scalar { style, .. } if self.tree.tag(scalar).is_none() => {
                self.in_style(scalar, *style, value)?
            }
            Shape::Scalar { .. } => return Err(EditError::Form),
            _ => return Err(EditError::Shape),
        };
        self.model.set(scalar, value);
        self.replace_bytes(range, text);
        Ok(())
    }

    /// Gives a key another name; its quotes stay.
    ///
    /// # Errors
    /// [`EditError::Shape`] for what is no key, [`EditError::Form`] for a key that is no plain or
    /// quoted scalar.
    pub fn rename(&mut self, key: NodeIndex, name: &str) -> Result<(), EditError> {
        let (map, _) = self.place_of(key)?;
        if *self.tree.shape(map) != Shape::Map {
            return Err(EditError::Shape);
        }
        self.replace(key, &NewValue::text(name))
    }

    fn in_style(&self, scalar: NodeIndex, style: Style, value: &NewValue) -> Result<String, EditError> {
        let NewValue::Text(text) = value else {
            return match style {
                Style::Literal | Style::Folded => Err(EditError::Form),
                _ => Ok(self.form_in(scalar).print(value)),
            };
        };
        Ok(match style {
            Style::Plain if is_plain_string(text, self.is_in_flow(scalar)) => text.clone(),
            Style::Plain => self.form_in(scalar).string(text),
            Style::Single if !text.chars().any(char::is_control) => single(text),
            Style::Single | Style::Double => double(text),
            Style::Literal | Style::Folded => return Err(EditError::Form),
        })
    }

    /// Whether a node stands inside `{}` or `[]`.
    fn is_in_flow(&self, node: NodeIndex) -> bool {
        self.parent(node).is_some_and(|parent| self.tree.is_flow(parent))
    }

    /// How something new is written where a node stands.
    pub(super) fn form_in(&self, node: NodeIndex) -> Form {
        match self.parent(node) {
            Some(parent) => self.form_of(parent),
            None => Form::Block,
        }
    }

    /// How something new is written as an entry of a collection.
    pub(super) fn form_of(&self, collection: NodeIndex) -> Form {
        if !self.tree.is_flow(collection) {
            return Form::Block;
        }
        let is_json =
            |key: NodeIndex| matches!(self.tree.shape(key), Shape::Scalar { style: Style::Double, .. });
        match self.tree.entries(collection).next() {
            Some((key, _)) if is_json(key) => Form::Json,
            Some(_) => Form::Flow,
            None => self.parent(collection).map_or(Form::Flow, |outer| self.form_of(outer).inside()),
        }
    }
}

impl Form {
    /// Inside a collection in braces.
    fn inside(self) -> Self {
        if self == Self::Json { Self::Json } else { Self::Flow }
    }
}
