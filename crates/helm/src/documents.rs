//! The documents of a template's output, cut as Helm cuts them (helm v3 pkg/releaseutil/manifest.go).

use std::ops::Range;
use std::sync::Arc;

use mlgitops_yaml::{Text, Tree};

use crate::order::{self, Hook};
use crate::render::Document;

/// The documents of a parsed output. `heads` are kind and hook of each document of the tree that
/// has a root, in their order.
pub(crate) fn of_output(template: &Arc<str>, tree: &Tree, heads: &[Head]) -> Vec<Document> {
    let text = tree.text().as_str();
    let mut documents = Vec::new();
    let mut left = heads;
    for range in split(text) {
        left = left.get(left.partition_point(|head| (head.start as usize) < range.start)..).unwrap_or(&[]);
        let head = left.first().filter(|head| range.contains(&(head.start as usize)));
        let is_hook = match head.map(|head| &head.hook) {
            Some(Hook::Unknown) => continue,
            Some(Hook::Yes(_)) => true,
            Some(Hook::No) | None => false,
        };
        let text = text.get(range).unwrap_or("").to_owned();
        let kind = head.map_or_else(String::new, |head| head.kind.clone());
        documents.push(Document { template: Arc::clone(template), text, kind, is_hook });
    }
    documents
}

/// What of an object decides where it is printed.
pub(crate) struct Head {
    /// Where its content begins.
    pub(crate) start: u32,
    pub(crate) kind: String,
    pub(crate) hook: Hook,
}

/// Sorts as objects are sorted.
pub(crate) fn sort(documents: &mut [Document]) {
    documents.sort_by_cached_key(|document| order::key(&document.kind, document.is_hook));
}

/// The documents of an output, each by itself, where YAML would not cut it as Helm does: behind `---`
/// on the same line, at directives, and where blanks at the end count.
pub(crate) fn pieces(text: Text) -> Vec<Text> {
    let string = text.as_str();
    let is_same = |(at, _): (usize, &str)| {
        let line = string.get(at + 3..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let begins = string.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
        !begins || line.is_empty() || line.starts_with(' ') && matches!(line.trim(), "" | "#")
    };
    let is_cut_alike = !string.contains(['\t', '%', '+'])
        && (!string.trim_start().starts_with("---") || string.starts_with("---") || string.starts_with('\n'))
        && string.match_indices("---").all(is_same);
    match is_cut_alike {
        true => vec![text],
        false => split(string).into_iter().map(|range| text.slice(range)).collect(),
    }
}

/// Cuts at `---` at the begin of a line, whatever follows on it, as the expression
/// `(?:^|\s*\n)---\s*` does; trimmed, without the empty ones.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices("---") {
        let begins_line = text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
        let is_first = text.get(..at).is_some_and(|before| before.trim().is_empty());
        if at < start || !(begins_line || is_first) {
            continue;
        }
        ranges.push(start..at);
        start = at + 3;
    }
    ranges.push(start..text.len());
    let trimmed = |range: Range<usize>| {
        let piece = text.get(range.clone()).unwrap_or("");
        let start = range.start + (piece.len() - piece.trim_start().len());
        let range = start..start + piece.trim().len();
        (!range.is_empty()).then_some(range)
    };
    ranges.into_iter().filter_map(trimmed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_where_helm_cuts_them() {
        for (text, expected) in [
            ("a: 1", &["a: 1"][..]),
            ("---\na: 1\n---\nb: 2\n", &["a: 1", "b: 2"]),
            ("\n  ---\na: 1\n", &["a: 1"]),
            ("a: 1\n--- # more\nb: 2", &["a: 1", "# more\nb: 2"]),
            ("a: |\n  ---\n  x\n", &["a: |\n  ---\n  x"]),
            ("---\n---\n\n# nothing\n---\n", &["# nothing"]),
            ("a: ---\n", &["a: ---"]),
        ] {
            let cut: Vec<&str> = split(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(cut, expected, "{text:?}");
        }
    }
}
