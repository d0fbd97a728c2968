//! What Helm's YAML refuses though YAML allows it, or has no place for in JSON (go.yaml.in/yaml v2,
//! `sigs.k8s.io/yaml`).

use mlgitops_yaml::{Mode, Node, NodeIndex, OriginId, Resolved, Scalar, Shape, Style, Tree, Value};

/// The first place of a text that Go's YAML does not read, and what it says there.
pub(crate) fn place(tree: &Tree) -> Option<(u32, &'static str)> {
    let text = tree.text().as_str();
    let tab = if text.contains('\t') { tab(tree) } else { None };
    let question = if text.contains('?') { question(tree) } else { None };
    match (tab, question) {
        (Some(tab), Some(question)) => Some(if tab.0 <= question.0 { tab } else { question }),
        (one, other) => one.or(other),
    }
}

/// A tab in the first column of a line that is blank beside it, or a comment: outside of quotes,
/// brackets and literal blocks it would be indentation. At the ends of a document Helm takes blanks
/// away.
fn tab(tree: &Tree) -> Option<(u32, &'static str)> {
    let text = tree.text().as_str();
    let mut inside: Option<Vec<(usize, usize)>> = None;
    let mut start = 0;
    let mut is_first = true;
    // Up to where it is known that more of the document follows.
    let mut goes_on = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        if line.starts_with("---") {
            is_first = true;
            continue;
        }
        let body = line.trim();
        let is_blank = body.is_empty() || body.starts_with('#');
        if line.starts_with('\t') && is_blank && !is_first {
            if start > goes_on {
                let rest = text.get(start..).unwrap_or("");
                let behind = rest.trim_start();
                if behind.is_empty() || behind.starts_with("---") {
                    is_first = true;
                    continue;
                }
                goes_on = text.len() - behind.len();
            }
            let inside = inside.get_or_insert_with(|| multiline(tree));
            let before = inside.partition_point(|(begin, _)| *begin <= at);
            // The ranges stand in each other or apart: what covers a place begins nearest, or holds that.
            if inside.get(..before).and_then(<[_]>::last).is_none_or(|(_, end)| *end <= at) {
                let at = u32::try_from(at).unwrap_or(u32::MAX);
                return Some((at, "found a tab character that violates indentation"));
            }
        }
        is_first &= is_blank;
    }
    None
}

/// Where tabs mean nothing: quoted scalars, literal blocks and bracketed collections, the outermost,
/// in order.
fn multiline(tree: &Tree) -> Vec<(usize, usize)> {
    let is_free = |node: &NodeIndex| match tree.shape(*node) {
        Shape::Scalar { style, .. } => *style != Style::Plain,
        _ => tree.is_flow(*node),
    };
    let mut ranges: Vec<(usize, usize)> = tree
        .all()
        .filter(is_free)
        .map(|node| (tree.range(node).start as usize, tree.range(node).end as usize))
        .collect();
    ranges.sort_unstable();
    let mut end = 0;
    ranges.retain(|range| {
        let is_outer = range.1 > end;
        end = end.max(range.1);
        is_outer
    });
    ranges
}

/// A `?` inside a plain scalar between brackets: Go begins a key there.
fn question(tree: &Tree) -> Option<(u32, &'static str)> {
    let text = tree.text().as_str();
    let mut found = None;
    for node in tree.all().filter(|node| tree.is_flow(*node)) {
        for child in tree.children(node) {
            let Shape::Scalar { style: Style::Plain, .. } = tree.shape(*child) else { continue };
            let range = tree.range(*child);
            let body = text.get(range.start as usize..range.end as usize).unwrap_or("");
            let at = body.find('?').map(|at| range.start + u32::try_from(at).unwrap_or(0));
            found = [found, at].into_iter().flatten().min();
        }
    }
    found.map(|at| (at, "did not find expected ',' or ']'"))
}

/// What a node holds that JSON has no word for, or that is not what its tag says: what Go says of it,
/// and where it stands.
pub(crate) fn value(node: &Node) -> Option<(String, OriginId)> {
    match &node.value {
        Value::Scalar(scalar) => scalar_word(scalar).map(|word| (word, node.origin)),
        Value::Sequence(items) => items.iter().find_map(value),
        Value::Map(map) => map.iter().find_map(|(key, inner)| match is_null(&key.scalar) {
            true => Some(("unsupported map key of type: nil".to_owned(), key.origin)),
            false => value(inner),
        }),
        _ => None,
    }
}

fn is_null(scalar: &Scalar) -> bool {
    scalar.style == Style::Plain && matches!(&*scalar.text, "" | "~" | "null" | "Null" | "NULL")
}

fn scalar_word(scalar: &Scalar) -> Option<String> {
    // The longest number without a word is `-.inf`.
    let may_be = scalar.tag.is_some() || scalar.text.len() <= 5 && scalar.text.contains('.');
    if !may_be || scalar.resolve(Mode::Api) != Resolved::Refused {
        return None;
    }
    let text = &*scalar.text;
    let number = match &*text.to_ascii_lowercase() {
        ".nan" => "NaN",
        "-.inf" => "-Inf",
        ".inf" | "+.inf" => "+Inf",
        _ => {
            let tag = scalar.tag.as_deref().unwrap_or("str");
            return Some(format!("yaml: cannot decode !!str `{text}` as a !!{tag}"));
        }
    };
    Some(format!("json: unsupported value: {number}"))
}
