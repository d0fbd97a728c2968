//! Why a template gives no text.

use std::fmt;
use std::sync::Arc;

use mlgitops_yaml::OriginId;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The text is no template.
    Parse,
    /// An action cannot be evaluated.
    Execute,
    /// The chart itself refuses (`fail`, `required`).
    Refused,
    /// One of the limits was passed.
    Limit,
    /// More of the stack is needed than the caller gave: run it again with [`crate::Limits::depth`]
    /// larger, in a thread with a larger stack.
    Stack,
}

/// A failure, with the place in the template.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// Go's words for it, without the place.
    pub message: String,
    /// The template's name, and line and column (from 1, in bytes as Go counts) in it.
    pub at: Option<(Arc<str>, u32, u32)>,
    /// The action, as it is written.
    pub action: Option<String>,
    /// What caused it: the values that flowed in, and the bytes of the action.
    pub origin: OriginId,
    /// The templates it passed through on the way out, innermost first: name, line, column.
    pub through: Vec<(Arc<str>, u32, u32)>,
}

impl Failure {
    /// A failure whose place is still to be found.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            at: None,
            action: None,
            origin: OriginId::NONE,
            through: Vec::new(),
        }
    }

    /// An action that cannot be evaluated.
    #[must_use]
    pub fn execute(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Execute, message)
    }

    /// The offset of its place in the text of the template it stands in.
    #[must_use]
    pub fn offset(&self, text: &str) -> u32 {
        let Some((_, line, column)) = &self.at else { return 0 };
        let before: usize =
            text.split_inclusive('\n').take((*line as usize).saturating_sub(1)).map(str::len).sum();
        u32::try_from(before + (*column as usize).saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn caused_by(mut self, origin: OriginId) -> Self {
        self.origin = origin;
        self
    }
}

/// What went wrong in which action, without the place: [`Failure::at`] and [`Failure::origin`] say it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(action) = &self.action {
            write!(f, "at <{action}>: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
