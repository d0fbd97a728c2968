//! What two references share when one is a promotion of the other (domain facts, §11 I4).

use std::ops::Range;

use super::{ModelReference, Scheme, path, slice, words};

/// What stands between a name and its version, and is nothing without it.
const JOINTS: [char; 5] = ['-', '_', '@', ':', '='];

/// The reference without bucket, environment words and version.
pub(super) fn artifact_path(reference: &ModelReference, environments: &[&str]) -> String {
    let mut parts = Vec::new();
    for range in named_segments(reference) {
        let name = without_version(reference, &range);
        if let Some(name) = without_environment(&name, environments) {
            parts.push(name.to_owned());
        }
    }
    parts.join("/")
}

/// Everything that says where the model is, except its version.
pub(super) fn without_versions(reference: &ModelReference) -> String {
    let names = named_segments(reference)
        .into_iter()
        .map(|range| without_version(reference, &range))
        .filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join("/")
}

/// The path's segments; of a hub also the owner, and of a volume the claim if it carries the
/// version: there the authority is part of the name.
fn named_segments(reference: &ModelReference) -> Vec<Range<usize>> {
    let text = reference.text();
    let is_hub = matches!(reference.scheme, Scheme::Hf | Scheme::ModelScope);
    let version = reference.version_range();
    let named = reference.authority.clone().filter(|authority| {
        is_hub
            || version
                .as_ref()
                .is_some_and(|token| authority.start <= token.start && token.end <= authority.end)
    });
    let mut segments: Vec<_> = named.into_iter().collect();
    segments.extend(path::segments(text, &reference.path));
    segments
}

fn without_version(reference: &ModelReference, segment: &Range<usize>) -> String {
    let text = reference.text();
    let Some(token) = reference.version_range() else {
        return slice(text, segment).to_owned();
    };
    if token.end <= segment.start || segment.end <= token.start {
        return slice(text, segment).to_owned();
    }
    let before = slice(text, &(segment.start..token.start.max(segment.start)));
    let after = slice(text, &(token.end.min(segment.end)..segment.end));
    let mut name = before.trim_end_matches(JOINTS).to_owned();
    name.push_str(after);
    name
}

/// The segment without an environment's name: as a whole, or as its first or last word.
fn without_environment<'a>(segment: &'a str, environments: &[&str]) -> Option<&'a str> {
    let is_environment =
        |word: &str| words::is_environment(word) || environments.iter().any(|e| e.eq_ignore_ascii_case(word));
    if segment.is_empty() || is_environment(segment) {
        return None;
    }
    let mut name = segment;
    if let Some((rest, last)) = name.rsplit_once(['-', '_'])
        && is_environment(last)
    {
        name = rest;
    }
    if let Some((first, rest)) = name.split_once(['-', '_'])
        && is_environment(first)
    {
        name = rest;
    }
    (!name.is_empty() && !is_environment(name)).then_some(name)
}
