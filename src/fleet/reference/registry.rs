//! Model hubs and image registries: references whose version is a Git revision, a tag or a digest.

use std::ops::Range;

use super::class::{BrokenWhy, Class, MutableKind, Proof, UnknownWhy};
use super::moving_tag::is_moving_tag;
use super::{classify, slice, token, words};

/// A Git revision: a commit, a branch, or what may be either.
pub(super) fn revision_class(text: &str, range: Range<usize>) -> Class {
    let revision = slice(text, &range);
    if let Some(broken) = broken_word(revision, &range) {
        broken
    } else if token::is_commit(revision) {
        Class::Pinned { token: range, by: Proof::Commit }
    } else if words::is_mutable(revision) {
        Class::Mutable { word: range, kind: MutableKind::Branch }
    } else {
        Class::Unknown { range, why: UnknownWhy::Tag }
    }
}

/// A tag or a revision that a template left empty, null or coerced.
fn broken_word(word: &str, range: &Range<usize>) -> Option<Class> {
    let broken = |range, why| Some(Class::Broken { range, why });
    if word.is_empty() || matches!(word, "v" | "V") {
        // An empty word has no byte of its own: the colon in front of it is the one to look at.
        let start = range.start - usize::from(word.is_empty() && range.start > 0);
        return broken(start..range.end, BrokenWhy::EmptyVersion);
    }
    if classify::is_null(word) {
        return broken(range.clone(), BrokenWhy::TemplateHole);
    }
    let found = classify::coerced(word)?;
    let start = range.start;
    broken(start + found.start..start + found.end, BrokenWhy::CoercedNumber)
}

/// The pieces of `owner/model[:revision]`.
pub(super) struct HubReference {
    pub(super) owner: Option<Range<usize>>,
    pub(super) model: Range<usize>,
    pub(super) revision: Option<Range<usize>>,
    /// Behind an `@`, which no hub takes for a revision: it becomes part of the name.
    pub(super) at_revision: Option<Range<usize>>,
    /// Exactly an owner and a model, as `_download_hf` demands.
    pub(super) well_formed: bool,
}

/// Splits `text[range]` as kserve's `_download_hf` does: at `/`, then the last part at `:`.
pub(super) fn hub(text: &str, range: &Range<usize>) -> HubReference {
    let body = slice(text, range);
    let first_slash = body.find('/');
    let owner = first_slash.map(|at| range.start..range.start + at);
    let model_start = first_slash.map_or(range.start, |at| range.start + at + 1);
    let model_part = slice(text, &(model_start..range.end));
    let colon = model_part.find(':').map(|at| model_start + at);
    let name = model_start..colon.unwrap_or(range.end);
    let at_revision = slice(text, &name).find('@').map(|at| name.start + at + 1..name.end);
    let has_owner = owner.as_ref().is_some_and(|owner| !owner.is_empty());
    HubReference {
        well_formed: has_owner && !name.is_empty() && !model_part.contains('/'),
        owner,
        model: name,
        revision: colon.map(|at| at + 1..range.end),
        at_revision,
    }
}

/// The class of a hub reference.
pub(super) fn hub_class(text: &str, parts: &HubReference) -> Class {
    match &parts.revision {
        _ if parts.model.is_empty() => Class::Broken {
            range: parts.model.start.saturating_sub(1)..parts.model.end,
            why: BrokenWhy::EmptyVersion,
        },
        Some(revision) => revision_class(text, revision.clone()),
        None => Class::Mutable { word: parts.model.clone(), kind: MutableKind::DefaultBranch },
    }
}

/// The pieces of `[registry/]repository[:tag][@digest]`.
pub(super) struct ImageReference {
    pub(super) registry: Option<Range<usize>>,
    pub(super) repository: Range<usize>,
    pub(super) tag: Option<Range<usize>>,
    pub(super) digest: Option<Range<usize>>,
}

/// Splits an image reference as the container runtimes do: the part before the first `/` is a
/// registry if it holds a dot or a colon or is `localhost`.
pub(super) fn image(text: &str, range: &Range<usize>) -> ImageReference {
    let body = slice(text, range);
    let at = |offset: usize| range.start + offset;
    let (named, digest) = match body.find('@') {
        Some(sign) => (sign, Some(at(sign + 1)..range.end)),
        None => (body.len(), None),
    };
    let name = body.get(..named).unwrap_or_default();
    let last_slash = name.rfind('/').map_or(0, |slash| slash + 1);
    let colon = name.get(last_slash..).and_then(|last| last.find(':')).map(|colon| last_slash + colon);
    let registry = name
        .find('/')
        .filter(|slash| {
            let host = name.get(..*slash).unwrap_or_default();
            host.contains(['.', ':']) || host == "localhost"
        })
        .map(|slash| range.start..at(slash));
    let start = registry.as_ref().map_or(range.start, |host| host.end + 1);
    ImageReference {
        registry,
        repository: start..at(colon.unwrap_or(named)),
        tag: colon.map(|colon| at(colon + 1)..at(named)),
        digest,
    }
}

/// The class of an image reference: only a digest is immutable.
pub(super) fn image_class(text: &str, parts: &ImageReference) -> Class {
    if let Some(digest) = &parts.digest {
        return digest_class(text, digest);
    }
    let Some(tag) = &parts.tag else {
        return Class::Mutable { word: parts.repository.clone(), kind: MutableKind::NoTag };
    };
    let word = slice(text, tag);
    broken_word(word, tag).unwrap_or_else(|| Class::Mutable {
        word: tag.clone(),
        kind: if word.eq_ignore_ascii_case("latest") {
            MutableKind::Latest
        } else if is_moving_tag(word) {
            MutableKind::Word
        } else {
            MutableKind::Tag
        },
    })
}

fn digest_class(text: &str, range: &Range<usize>) -> Class {
    let digest = slice(text, range);
    let why = if token::is_digest(digest) {
        return Class::Pinned { token: range.clone(), by: Proof::Digest };
    } else if digest.is_empty() || matches!(digest, "sha256" | "sha256:") {
        BrokenWhy::EmptyVersion
    } else {
        BrokenWhy::BadDigest
    };
    Class::Broken { range: range.start.saturating_sub(1)..range.end, why }
}
