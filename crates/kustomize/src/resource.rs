//! One object on its way through a build: its node, and the names it had.

use mlgitops_yaml::{Node, OriginId};

use crate::effect::Effect;
use crate::id::{Gvk, Id, effective_namespace};
use crate::provenance::Provenance;
use crate::shared::Shared;

/// A name an object had before a transformer changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Previous {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// An object and what the build remembers of it.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) node: Node,
    /// Earlier names, the first one first.
    pub(crate) previous: Vec<Previous>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    /// Whether a hash of its content is added to its name.
    pub(crate) needs_hash: bool,
    /// Whether a chart rendered it.
    pub(crate) is_from_helm: bool,
    /// What was done to it in silence.
    pub(crate) effects: Vec<Effect>,
    /// The variables that read a field of it.
    pub(crate) var_names: Vec<String>,
    /// The entry of a kustomization that brought it.
    pub(crate) entry: OriginId,
    /// Where it comes from, and what it passed, where the root asks for that.
    pub(crate) provenance: Option<Provenance>,
    pub(crate) transformations: Vec<Provenance>,
    /// Values that several places show.
    pub(crate) shared: Vec<Shared>,
}

impl Resource {
    pub(crate) fn new(node: Node, entry: OriginId) -> Self {
        Self {
            node,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            is_from_helm: false,
            effects: Vec::new(),
            var_names: Vec::new(),
            entry,
            provenance: None,
            transformations: Vec::new(),
            shared: Vec::new(),
        }
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::of(&self.node)
    }

    pub(crate) fn name(&self) -> &str {
        self.node.find(&["metadata", "name"]).text().unwrap_or_default()
    }

    pub(crate) fn namespace(&self) -> &str {
        self.node.find(&["metadata", "namespace"]).text().unwrap_or_default()
    }

    /// Its identity now.
    pub(crate) fn id(&self) -> Id {
        let gvk = self.gvk();
        let namespace = effective_namespace(&gvk, self.namespace());
        Id { gvk, namespace, name: self.name().to_owned() }
    }

    /// Its identities before, the first one first.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = Id> {
        let now = self.gvk();
        self.previous.iter().map(move |previous| {
            let gvk = Gvk { kind: previous.kind.clone(), ..now.clone() };
            let namespace = effective_namespace(&gvk, &previous.namespace);
            Id { gvk, namespace, name: previous.name.clone() }
        })
    }

    /// The identity it was written with.
    pub(crate) fn original_id(&self) -> Id {
        self.previous_ids().next().unwrap_or_else(|| self.id())
    }

    /// Whether it has, or had, an identity.
    pub(crate) fn any_id(&self, holds: impl Fn(&Id) -> bool) -> bool {
        self.previous_ids().any(|id| holds(&id)) || holds(&self.id())
    }

    /// Whether it has, or had, this identity; most are told apart by their names alone.
    pub(crate) fn has_or_had(&self, id: &Id) -> bool {
        let named = |previous: &Previous| previous.name == id.name;
        (self.name() == id.name || self.previous.iter().any(named)) && self.any_id(|have| have == id)
    }

    /// Keeps the identity it has before a change.
    pub(crate) fn remember(&mut self) {
        self.unshare_annotations();
        let id = self.id();
        self.previous.push(Previous { kind: id.gvk.kind, namespace: id.namespace, name: id.name });
    }
}
