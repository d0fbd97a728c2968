//! Explicit tags.

use std::ops::Deref;
use std::sync::Arc;

/// An explicit tag, as [`crate::resolve`] takes it. Hardly a scalar has one: it is no wider than a
/// pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(Arc<Box<str>>);

impl Deref for Tag {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Tag {
    fn from(text: &str) -> Self {
        Self(Arc::new(text.into()))
    }
}
