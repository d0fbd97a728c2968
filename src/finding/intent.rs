//! What a rule wants to be different in an object, whatever file says it.

use std::sync::Arc;

use mlgitops_manifest::ObjectId;
use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Node, Pointer};

use crate::finding::PlaceIndex;

/// One change of an object as it will be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// A scalar has another value.
    Set {
        /// The scalar.
        path: Pointer,
        /// Its value.
        value: NewValue,
    },
    /// A field is there that was not; maps above it that are missing come with it.
    Insert {
        /// The field.
        path: Pointer,
        /// Its value.
        value: NewValue,
    },
    /// A list has one item more, at its end; a list that is missing comes with it.
    Append {
        /// The list.
        path: Pointer,
        /// The item.
        value: NewValue,
    },
    /// A field or an item is gone.
    Remove {
        /// The field or item.
        path: Pointer,
    },
    /// A field has another name.
    Rename {
        /// The field.
        path: Pointer,
        /// Its name.
        name: String,
    },
    /// A field stands in another map.
    Move {
        /// The field.
        path: Pointer,
        /// The map.
        into: Pointer,
    },
}

impl Intent {
    /// A scalar has another value.
    #[must_use]
    pub fn set(path: Pointer, value: NewValue) -> Self {
        Self::Set { path, value }
    }

    /// A field is there that was not.
    #[must_use]
    pub fn insert(path: Pointer, value: NewValue) -> Self {
        Self::Insert { path, value }
    }

    /// A list has one item more.
    #[must_use]
    pub fn append(path: Pointer, value: NewValue) -> Self {
        Self::Append { path, value }
    }

    /// A field or an item is gone.
    #[must_use]
    pub fn remove(path: Pointer) -> Self {
        Self::Remove { path }
    }

    /// A field has another name.
    #[must_use]
    pub fn rename(path: Pointer, name: impl Into<String>) -> Self {
        Self::Rename { path, name: name.into() }
    }

    /// A field stands in another map.
    #[must_use]
    pub fn move_into(path: Pointer, into: Pointer) -> Self {
        Self::Move { path, into }
    }

    /// The field it is about, as it is called before.
    #[must_use]
    pub fn path(&self) -> &Pointer {
        match self {
            Self::Set { path, .. }
            | Self::Insert { path, .. }
            | Self::Append { path, .. }
            | Self::Remove { path }
            | Self::Rename { path, .. }
            | Self::Move { path, .. } => path,
        }
    }
}

/// What ends a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// What it does, in a few words: `end the path in `/``.
    pub title: String,
    /// The changes of the object, made together.
    pub intents: Vec<Intent>,
    /// Whether they are what becomes of the object anyway when it is stored: no pod changes.
    pub is_stored: bool,
}

impl Remedy {
    /// A remedy of these changes.
    #[must_use]
    pub fn new(title: impl Into<String>, intents: impl Into<Vec<Intent>>) -> Self {
        Self { title: title.into(), intents: intents.into(), is_stored: false }
    }
}

/// A remedy, and the object it is for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the object runs; `None` for what runs nowhere.
    pub place: Option<PlaceIndex>,
    /// The object.
    pub object: ObjectId,
    /// The object itself: two may bear one name.
    pub root: Arc<Node>,
    /// What ends the violation there.
    pub remedy: Remedy,
}
