//! The grammar of model references: does this string name one immutable version?
//!
//! Pure functions over strings. The facts are those of §7 (grammar, truth table), §1.3 and §1.4
//! (what KServe takes and how it fetches) and §1.7 (LLMInferenceService) of the domain facts. Two
//! principles decide what those leave open: a bucket or host never says which version is meant,
//! and where a reading is doubtful the one that reports less is taken.

mod artifact;
mod class;
mod classify;
mod locate;
mod mlflow;
mod moving_tag;
mod order;
mod path;
mod placeholder;
mod registry;
mod scheme;
mod stamp;
mod token;
mod web;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

use regex::Regex;

pub use class::{BrokenWhy, Class, MutableKind, Proof, UnknownWhy};
pub use moving_tag::is_moving_tag;
pub use order::compare_versions;
pub use path::{S3Key, s3_prefix_collides};
pub use scheme::{Consumer, Release, Scheme, SchemePattern, Support, scheme_support};

/// Which field or argument the reference stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form<'a> {
    /// `storageUri`, `storageUris[].uri`, `sourceModelUri`.
    #[default]
    StorageUri,
    /// `storage.path`: a path in a bucket that a Secret names.
    StoragePath {
        /// From `storage.parameters.type`; `None` where only the Secret says it.
        scheme: Option<Scheme>,
    },
    /// `--model_id=…` of the Hugging Face runtime.
    ModelId {
        /// The value of `--model_revision`, if the argument is there.
        revision: Option<&'a str>,
    },
    /// The variable `STORAGE_URI` of a custom predictor container.
    CustomContainer,
    /// `spec.model.uri` or a LoRA adapter's `uri` of an LLMInferenceService.
    LlmModelUri,
    /// The image of a custom predictor that has its model in it.
    Image,
}

/// What must be known beside the string to read it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Which field the string stands in.
    pub form: Form<'a>,
    /// The model format is Triton's or TensorFlow's: a last segment of digits numbers a folder
    /// inside the model, it is not its version.
    pub numeric_leaf: bool,
    /// Schemes that a ClusterStorageContainer or the configuration adds.
    pub extra_schemes: &'a [SchemePattern],
    /// `versions: [regex]` of the configuration. An expression must match a whole segment (or a
    /// file's name without extension); one that holds a `/` is searched in the whole path. The
    /// version is its group `version`, else its first group, else the match.
    pub house_versions: &'a [Regex],
    /// Further words that move, compared without case.
    pub mutable_words: &'a [String],
}

/// Which of the two inputs a range points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// The reference itself.
    Reference,
    /// The `--model_revision` beside a `--model_id`.
    Revision,
}

/// Why no release of KServe fetches a reference, whatever its version. Which releases take a known
/// scheme is [`scheme_support`]'s answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unsupported {
    /// It has no `://`, so KServe takes it for a local path; the init container fails with "Cannot
    /// recognize storage type" while Argo CD says Synced: `models:/fraud/47`, `s3:/b/k`.
    TakenForLocalPath,
    /// No scheme KServe knows (it compares in lower case): the controller refuses it in status.
    UnknownScheme,
    /// An Azure host in a form its check refuses: `https://<account>.blob.core.windows.net/<path>`
    /// is the only one.
    AzureForm,
    /// Not exactly `owner/model` (kserve `kserve_storage.py`, `_download_hf`).
    HubForm,
}

/// A model reference, read. Ranges are byte ranges into [`Self::text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelReference {
    text: String,
    revision: Option<String>,
    /// How the model is reached.
    pub scheme: Scheme,
    /// The scheme's name, without colon; empty for a path.
    pub scheme_name: Range<usize>,
    /// Bucket, host (with an Azure container or a path-style bucket), claim, registry, or the owner
    /// on a hub.
    pub authority: Option<Range<usize>>,
    /// What remains: the key without leading slash, the path, the repository, the model's name.
    pub path: Range<usize>,
    /// Whether it names one version.
    pub class: Class,
    /// Which input the ranges of `class` point into.
    pub class_input: Input,
    /// S3 only: KServe lists by string prefix, and this key ends neither in `/` nor in a file, so
    /// `…/v4` takes `…/v47` too (kserve#3776). Independent of `class`.
    pub prefix_ambiguous: bool,
    /// `versionId=…` of an `s3://` reference: KServe drops the query, the newest object is taken.
    pub version_id_ignored: Option<Range<usize>>,
    /// `#…` of an `s3://` or `gs://` reference: no generation is ever read from it.
    pub fragment_ignored: Option<Range<usize>>,
    /// `@…` of a hub reference: it becomes part of the name, the revision stands behind a colon.
    pub at_revision_ignored: Option<Range<usize>>,
    /// The parameter that makes a link a presigned one: a secret in Git, and it ends.
    pub presigned: Option<Range<usize>>,
    /// Set where no release of KServe fetches it.
    pub unsupported_by_kserve: Option<Unsupported>,
}

impl ModelReference {
    /// Reads a reference. Every string is one, if a broken one; time is linear in its length.
    #[must_use]
    pub fn parse(text: &str, context: &Context<'_>) -> Self {
        let mut reference = locate::locate(text, context);
        if let Some((class, input)) = reference.unreadable() {
            reference.class = class;
            reference.class_input = input;
            reference.prefix_ambiguous = false;
        }
        reference
    }

    /// What template engines leave behind decides before any grammar.
    fn unreadable(&self) -> Option<(Class, Input)> {
        let inputs =
            [(Some(self.text.as_str()), Input::Reference), (self.revision.as_deref(), Input::Revision)];
        let holes = inputs.iter().filter_map(|(text, input)| {
            let range = placeholder::hole((*text)?)?;
            let why = BrokenWhy::TemplateHole;
            Some((Class::Broken { range, why }, *input))
        });
        let open = inputs.iter().filter_map(|(text, input)| {
            let range = placeholder::unrendered((*text)?)?;
            let why = UnknownWhy::Unrendered;
            Some((Class::Unknown { range, why }, *input))
        });
        holes.chain(open).next()
    }

    /// The reference as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a range of this reference.
    #[must_use]
    pub fn piece(&self, range: &Range<usize>) -> &str {
        slice(&self.text, range)
    }

    /// The bytes that decided the class, as text.
    #[must_use]
    pub fn class_text(&self) -> &str {
        let input = match self.class_input {
            Input::Reference => &self.text,
            Input::Revision => self.revision.as_deref().unwrap_or_default(),
        };
        slice(input, &self.class.range())
    }

    /// The version, for comparing: the token without a `v` in front of a digit. Of a tag (image or
    /// Git) only if it looks like a version; it is no proof that the content is the same.
    #[must_use]
    pub fn version_token(&self) -> Option<&str> {
        let token = self.class_text();
        match self.class {
            Class::Pinned { .. } => Some(order::without_v(token)),
            Class::Mutable { kind: MutableKind::Tag, .. } | Class::Unknown { why: UnknownWhy::Tag, .. } => {
                token::looks_like_version(token).then(|| order::without_v(token))
            }
            _ => None,
        }
    }

    /// The bytes of the version in [`Self::text`], if it stands there.
    fn version_range(&self) -> Option<Range<usize>> {
        let here = self.class_input == Input::Reference && self.version_token().is_some();
        here.then(|| self.class.range())
    }

    /// The reference without bucket, environment words and version, for promotion proofs: two
    /// references may be the same artifact only if these are equal. `environments` are the names of
    /// the configuration, beside the usual ones.
    #[must_use]
    pub fn artifact_path(&self, environments: &[&str]) -> String {
        artifact::artifact_path(self, environments)
    }

    /// Whether the two differ in nothing but the version: siblings in one bucket.
    #[must_use]
    pub fn same_artifact_any_version(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.fixed_authority() == other.fixed_authority()
            && artifact::without_versions(self) == artifact::without_versions(other)
    }

    /// The authority, unless it carries the version (`pvc://fraud-v47`).
    fn fixed_authority(&self) -> Option<&str> {
        let authority = self.authority.clone()?;
        let versioned = self
            .version_range()
            .is_some_and(|token| authority.start <= token.start && token.end <= authority.end);
        (!versioned).then(|| self.piece(&authority))
    }

    /// Bucket and key of an `s3://` reference that can be compared with others.
    #[must_use]
    pub fn s3_key(&self) -> Option<S3Key<'_>> {
        let unrendered = matches!(
            self.class,
            Class::Unknown { why: UnknownWhy::Unrendered, .. }
                | Class::Broken { why: BrokenWhy::TemplateHole, .. }
        );
        let bucket = self.piece(self.authority.as_ref()?);
        let key = self.piece(&self.path).trim_start_matches('/');
        (self.scheme == Scheme::S3 && !unrendered && !key.is_empty()).then_some(S3Key { bucket, key })
    }

    /// The part of an S3 key in front of its version (`fraud-detector/` of `fraud-detector/v47`):
    /// where its siblings are.
    #[must_use]
    pub fn s3_key_prefix(&self) -> Option<S3Key<'_>> {
        let whole = self.s3_key()?;
        let token = self.version_range()?;
        let before = self.path.start..token.start.max(self.path.start);
        let key = self.piece(&before).trim_start_matches('/');
        Some(S3Key { key, ..whole })
    }
}

/// `text[range]`; empty where the range is none of its own, which no caller here makes.
fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}
