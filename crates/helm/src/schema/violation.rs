//! What breaks a schema: in words, and at its place.

use mlgitops_yaml::{OriginId, Origins};

use super::words;

/// What breaks a schema.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) path: Vec<String>,
    pub(super) message: String,
    /// The values entry; none where the value has no place.
    pub(super) value: OriginId,
    /// The keyword of the schema.
    pub(super) keyword: OriginId,
    pub(super) causes: Vec<Violation>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword's own.
    Own,
    /// Several of one schema.
    Group,
    /// What a reference leads to.
    Reference,
}

impl Violation {
    /// Its words, with those of what caused it.
    pub(super) fn words(&self) -> String {
        if self.kind == Kind::Group || (self.kind == Kind::Reference && self.causes.len() == 1) {
            return self.causes.iter().map(Self::words).collect::<Vec<_>>().join(", ");
        }
        let at = format!("at {}: {}", words::quote(&words::pointer(&self.path)), self.message);
        let causes: Vec<String> = self.causes.iter().map(Self::words).collect();
        if causes.is_empty() { at } else { format!("{at} ({})", causes.join(", ")) }
    }

    /// The same, without its path.
    pub(super) fn at_root(self) -> Self {
        let causes = self.causes.into_iter().map(Self::at_root).collect();
        Self { path: Vec::new(), causes, ..self }
    }

    /// The values entry to edit, else the line of the schema.
    pub(super) fn place(&self, origins: &mut Origins) -> OriginId {
        match self.causes.first() {
            Some(first) if self.kind != Kind::Own => first.place(origins),
            _ if origins.first(self.value).is_some() => origins.guard(self.value, self.keyword),
            _ => self.keyword,
        }
    }
}
