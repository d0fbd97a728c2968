//! What a model reference promises: the vocabulary of the verdict.

use std::ops::Range;

/// Whether a model reference names one immutable version.
///
/// Ranges are byte ranges into the input that [`super::ModelReference::class_input`] names, on
/// character boundaries, never past its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// It names one version.
    Pinned {
        /// The bytes that name the version; of a joined name (`fraud-v47`) only the version, of
        /// `version=12` only the value.
        token: Range<usize>,
        /// What makes the version immutable.
        by: Proof,
    },
    /// It names something that moves without a commit.
    Mutable {
        /// The word that moves; where the word is missing (`hf://o/m`, `oci://r/x`) the piece
        /// that lacks it.
        word: Range<usize>,
        /// What kind of name moves.
        kind: MutableKind,
    },
    /// Nothing can be said.
    Unknown {
        /// The bytes that leave it open: the placeholder, the tag, else the whole path.
        range: Range<usize>,
        /// Why.
        why: UnknownWhy,
    },
    /// It cannot be what its author meant.
    Broken {
        /// The bytes that are wrong; where bytes are missing, their neighbours.
        range: Range<usize>,
        /// How.
        why: BrokenWhy,
    },
}

impl Class {
    /// The bytes that decided the class.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::Pinned { token, .. } => token.clone(),
            Self::Mutable { word, .. } => word.clone(),
            Self::Unknown { range, .. } | Self::Broken { range, .. } => range.clone(),
        }
    }

    /// Whether it names one version, however weakly.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        matches!(self, Self::Pinned { .. })
    }
}

/// What makes a version immutable, the strongest first (domain facts, §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// A content address: `oci://…@sha256:<64 hex>`.
    Digest,
    /// A whole Git commit: `hf://o/m:<40 hex>`, `…/resolve/<40 hex>/…`.
    Commit,
    /// An id that is unique by construction: run id, UUID, ULID, hash.
    Id,
    /// A model registry's version number or id: `models:/fraud/47`, `runs:/<32 hex>/…`.
    Registry,
    /// A path segment that is a version by convention (`v47`, `2.4.1`, a date): it can be
    /// overwritten; only the bucket's policy makes it immutable.
    Convention,
    /// Something that may be a version: a bare number, a short hash, a suffix (`fraud-v47`). It
    /// collides with the names of public models (`whisper-large-v3`): note level at most.
    ConventionWeak,
}

/// What kind of name moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutableKind {
    /// An MLflow stage: `models:/fraud/Production`.
    Stage,
    /// An MLflow alias: `models:/fraud@champion`.
    Alias,
    /// The word `latest`, in any scheme.
    Latest,
    /// Another word that moves: `production`, `current`, `challenger`.
    Word,
    /// A tag in an image registry: it can be pushed again, and with `IfNotPresent` nodes diverge.
    Tag,
    /// An image without tag or digest: the container runtime takes `latest`.
    NoTag,
    /// A named Git branch: `hf://o/m:main`.
    Branch,
    /// No revision at all: the head of the default branch.
    DefaultBranch,
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnknownWhy {
    /// The reference is the empty string.
    Empty,
    /// It holds a placeholder: `{{ … }}`, `${…}`, `$(…)`, `<NAME>`, `CHANGEME`.
    Unrendered,
    /// A path without a version in it.
    NoVersion,
    /// A medium whose content changes in place, and no version in the path: a volume, a local
    /// path.
    Medium,
    /// A scheme of the house's own, whose way of naming versions is not known.
    CustomScheme,
    /// A Git tag, a short commit or a branch of unusual name: which, cannot be told from here.
    Tag,
}

/// How a reference is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BrokenWhy {
    /// The place of the version is empty: `…/v`, `…//…`, `models:/fraud/`, `oci://r/x@`.
    EmptyVersion,
    /// A number that YAML read as a float and Go printed: `v2.0240101e+07`.
    CoercedNumber,
    /// What a template prints for a value that is not there: `<no value>`, `null`, `%!s(`.
    TemplateHole,
    /// A digest that is not `sha256:` and 64 hex digits: the kubelet refuses the image name.
    BadDigest,
}
