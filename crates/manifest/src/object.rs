//! A Kubernetes object as it will be applied, and its identity.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use mlgitops_yaml::{Lookup, Node, OriginId, OriginSpan, Origins, Pieces, Pointer, Scalar};

/// The identity of an object: what makes two manifests the same thing in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// `group/version`, or `version` for the core group.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace it names itself; `None` where the deployment decides.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectId {
    /// Reads the identity of an object; `None` for what has no apiVersion or kind and so is no
    /// Kubernetes object. A name may be missing (`generateName`, a `List`) and is empty then.
    #[must_use]
    pub fn of(root: &Node) -> Option<Self> {
        let text = |path: &[&str]| root.find(path).text().map(str::to_owned);
        Some(Self {
            api_version: text(&["apiVersion"]).filter(|version| !version.is_empty())?,
            kind: text(&["kind"]).filter(|kind| !kind.is_empty())?,
            namespace: text(&["metadata", "namespace"]).filter(|namespace| !namespace.is_empty()),
            name: text(&["metadata", "name"]).unwrap_or_default(),
        })
    }

    /// The API group, empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The version of the API group.
    #[must_use]
    pub fn version(&self) -> &str {
        self.api_version.split_once('/').map_or(&self.api_version, |(_, version)| version)
    }

    /// Whether it is of this group and kind, in any version.
    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group() == group && self.kind == kind
    }
}

impl fmt::Display for ObjectId {
    /// `InferenceService/ml/llm`, or `ClusterServingRuntime/x`: the form waivers use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

/// One object as it will be applied, every node and key with its origin. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its identity.
    pub id: ObjectId,
    /// The object.
    pub root: Arc<Node>,
    /// The origins its nodes point into: those of the job that rendered it.
    pub origins: Arc<Origins>,
}

impl Manifest {
    /// The place to edit for a node or key of this object.
    #[must_use]
    pub fn place(&self, origin: OriginId) -> Option<OriginSpan> {
        self.origins.first(origin)
    }

    /// The content of some bytes of a scalar, the place to edit first: of the pieces these bytes
    /// were joined of, or of the whole value where it is one piece.
    #[must_use]
    pub fn content_of_piece(&self, node: &Node, bytes: Range<usize>) -> Vec<OriginSpan> {
        let Some(Scalar { pieces: Pieces::Parts(parts), .. }) = node.as_scalar() else {
            return self.origins.content(node.origin);
        };
        let mut start = 0;
        let mut spans = Vec::new();
        for &(end, origin) in parts.iter() {
            if start < bytes.end && bytes.start < end as usize {
                spans.extend(self.origins.content(origin));
            }
            start = end as usize;
        }
        // The version is where one of the pieces can be edited; a literal joins the rest.
        spans.sort_by_key(|span| span.role.rank());
        if spans.is_empty() { self.origins.content(node.origin) } else { spans }
    }

    /// The value at a pointer.
    #[must_use]
    pub fn at(&self, pointer: &Pointer) -> Lookup<'_> {
        self.root.at(pointer)
    }
}

/// Something a renderer refuses, as the real tool would: a failure whose cause is in the
/// repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// A short kebab-case word for the kind of refusal, stable for tests and rules.
    pub kind: &'static str,
    /// What is wrong, in one line, lower case.
    pub message: String,
    /// The place that causes it; `None` only where no file is to blame.
    pub at: Option<OriginSpan>,
    /// Where else it shows: the action of a template that a value makes fail.
    pub also: Option<OriginSpan>,
}
