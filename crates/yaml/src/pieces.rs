//! How the bytes of a scalar map to its origin.

use std::ops::Deref;

use triomphe::ThinArc;

use crate::OriginId;

/// How the bytes of a scalar map to its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pieces {
    /// Every byte comes from the whole origin.
    Whole,
    /// The bytes are those of the origin's one span, from this byte of it on.
    Verbatim(u32),
    /// One origin for each part.
    Parts(Parts),
}

/// The parts of a scalar, in order: where each ends in the text, and its origin. Cheap to clone, and
/// no wider than a pointer: a fleet has millions of scalars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts(ThinArc<(), (u32, OriginId)>);

impl Deref for Parts {
    type Target = [(u32, OriginId)];

    fn deref(&self) -> &Self::Target {
        &self.0.slice
    }
}

impl From<Vec<(u32, OriginId)>> for Parts {
    fn from(parts: Vec<(u32, OriginId)>) -> Self {
        Self(ThinArc::from_header_and_iter((), parts.into_iter()))
    }
}

impl From<(u32, OriginId)> for Parts {
    fn from(part: (u32, OriginId)) -> Self {
        Self(ThinArc::from_header_and_iter((), std::iter::once(part)))
    }
}

impl FromIterator<(u32, OriginId)> for Parts {
    fn from_iter<I: IntoIterator<Item = (u32, OriginId)>>(parts: I) -> Self {
        parts.into_iter().collect::<Vec<_>>().into()
    }
}
