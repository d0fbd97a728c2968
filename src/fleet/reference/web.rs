//! `https://` and `http://`: Git hosts, object stores behind their own hosts, presigned links.

use std::ops::Range;

use super::class::{Class, MutableKind, Proof};
use super::{path, registry, slice, token};

/// Where the bucket ends: object stores behind one host carry it as the first segment.
pub(super) fn authority_end(text: &str, host: &Range<usize>, path: &Range<usize>) -> usize {
    let name = slice(text, host).to_ascii_lowercase();
    let azure = name.ends_with(".core.windows.net") || name.ends_with(".storage.azure.net");
    let s3_path_style =
        (name.starts_with("s3.") || name.starts_with("s3-")) && name.ends_with("amazonaws.com");
    let gcs = name == "storage.googleapis.com" || name == "storage.cloud.google.com";
    if !(azure || s3_path_style || gcs) {
        return host.end;
    }
    let length = slice(text, path).find('/').unwrap_or(path.len());
    path.start + length
}

/// Whether KServe's check for Azure (`https://(.+?).blob.core.windows.net/(.+)`) refuses the
/// reference.
pub(super) fn is_refused_azure(text: &str) -> bool {
    const HOST: &str = "blob.core.windows.net";
    let Some(at) = text.find(HOST) else {
        return false;
    };
    let account = text.find("https://").map(|start| start + "https://".len());
    let has_account = account.is_some_and(|start| start + 1 < at);
    let after = text.get(at + HOST.len()..).unwrap_or_default();
    !(has_account && after.len() > 1 && after.starts_with('/'))
}

/// The class of what a Git host serves; `None` where the path is an ordinary one.
pub(super) fn git_class(text: &str, host: &Range<usize>, path: &Range<usize>) -> Option<Class> {
    let segments = path::segments(text, path);
    let name = |at: usize| segments.get(at).map_or("", |range| slice(text, range));
    if let Some(last) = segments.last() {
        let repository = slice(text, last);
        if repository.ends_with(".git") || repository.contains(".git@") {
            return Some(Class::Mutable { word: last.clone(), kind: MutableKind::DefaultBranch });
        }
    }
    let host = slice(text, host).to_ascii_lowercase();
    if host == "raw.githubusercontent.com" {
        return reference(text, &segments, 2);
    }
    let keyword = (0..segments.len()).find(|at| match name(*at) {
        "resolve" => *at >= 1,
        "raw" | "blob" => *at >= 2,
        _ => false,
    })?;
    let revision = keyword + 1;
    let is_git_host = ["github.com", "gitlab.com", "huggingface.co", "hf.co", "modelscope.cn"]
        .iter()
        .any(|known| host == *known || host.strip_suffix(known).is_some_and(|h| h.ends_with('.')))
        || host == "hf-mirror.com"
        || name(keyword.saturating_sub(1)) == "-";
    if is_git_host || token::is_commit(name(revision)) { reference(text, &segments, revision) } else { None }
}

/// The revision at `index`, which may be spelt `refs/heads/main`.
fn reference(text: &str, segments: &[Range<usize>], index: usize) -> Option<Class> {
    let name = |at: usize| segments.get(at).map(|range| slice(text, range));
    let (kind, index) = match (name(index)?, name(index + 1)) {
        ("refs", Some(kind @ ("heads" | "tags"))) => (kind, index + 2),
        _ => ("", index),
    };
    let word = segments.get(index)?.clone();
    Some(if kind == "heads" {
        Class::Mutable { word, kind: MutableKind::Branch }
    } else {
        registry::revision_class(text, word)
    })
}

/// Names of query parameters that make a link a presigned one: a secret in Git, and it ends.
const SIGNATURES: [&str; 7] =
    ["X-Amz-Signature", "X-Goog-Signature", "sig", "Signature", "Expires", "X-Amz-Expires", "X-Goog-Expires"];

/// The parameter that shows that the link is presigned.
pub(super) fn presigned(text: &str, query: &Range<usize>) -> Option<Range<usize>> {
    SIGNATURES.iter().find_map(|name| parameter(text, query, name)).map(|(whole, _)| whole)
}

/// A parameter of the query: `name=value`, and its value.
pub(super) fn parameter(
    text: &str,
    query: &Range<usize>,
    wanted: &str,
) -> Option<(Range<usize>, Range<usize>)> {
    let mut start = query.start;
    for piece in slice(text, query).split('&') {
        let end = start + piece.len();
        let name = piece.split('=').next().unwrap_or_default();
        if name.eq_ignore_ascii_case(wanted) {
            return Some((start..end, (start + name.len() + 1).min(end)..end));
        }
        start = end + 1;
    }
    None
}

/// The version of an object that a web request, unlike KServe's own S3 client, does ask for.
pub(super) fn object_version(text: &str, query: &Range<usize>) -> Option<Class> {
    ["versionId", "generation"]
        .iter()
        .find_map(|name| parameter(text, query, name))
        .filter(|(_, value)| !value.is_empty())
        .map(|(_, token)| Class::Pinned { token, by: Proof::Id })
}
