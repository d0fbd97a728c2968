//! The place to edit is right: other bytes there, and another value here.
//!
//! For every scalar of every case, the bytes of its first origin are replaced by another value of
//! the same type and the case is built again: the value must change and hold the new bytes, or the
//! build must end. Then every scalar of every patch and base is changed, and each value that moves
//! must name it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod case;

use std::collections::BTreeMap;

use case::{Case, Expected};
use mlgitops_kustomize::{Build, Overrides, Unparsed, build};
use mlgitops_yaml::{Node, OriginSpan, Origins, Pieces, Role, Value, resolve};

/// A scalar of an output: object, path, text, and its origins.
struct Leaf {
    object: usize,
    path: String,
    text: String,
    spans: Vec<OriginSpan>,
}

fn built(case: &Case) -> (Build, Origins) {
    let mut origins = Origins::default();
    let built = build(&case.files(), &Unparsed, &case.folder, &Overrides::default(), &mut origins);
    (built, origins)
}

fn leaves(built: &Build, origins: &Origins) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (object, node) in built.objects.iter().enumerate() {
        collect(node, &mut Vec::new(), object, origins, &mut leaves);
    }
    leaves
}

fn collect(node: &Node, path: &mut Vec<String>, object: usize, origins: &Origins, leaves: &mut Vec<Leaf>) {
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                path.push(key.name().to_owned());
                collect(value, path, object, origins, leaves);
                path.pop();
            }
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                collect(item, path, object, origins, leaves);
                path.pop();
            }
        }
        Value::Scalar(scalar) => {
            let mut spans = origins.all(node.origin);
            if let Pieces::Parts(parts) = &scalar.pieces {
                spans.extend(parts.iter().flat_map(|(_, origin)| origins.all(*origin)));
            }
            let leaf = Leaf { object, path: path.join("/"), text: scalar.text.to_string(), spans };
            leaves.push(leaf);
        }
        Value::Null | Value::Unknown(_) => {}
    }
}

/// Other text of the same type, written as the bytes are.
fn other(bytes: &str) -> Option<(String, String)> {
    use mlgitops_yaml::{Mode, Resolved, Style};
    let (open, inner) = match bytes.as_bytes().first()? {
        b'"' => ("\"", bytes.trim_matches('"')),
        b'\'' => ("'", bytes.trim_matches('\'')),
        b'{' | b'[' | b'|' | b'>' | b'&' | b'*' | b'!' => return None,
        _ => ("", bytes),
    };
    let new = match resolve(inner, Style::Plain, None, Mode::Kustomize) {
        _ if !open.is_empty() => format!("{inner}zq"),
        Resolved::Int(value) => (value + 1).to_string(),
        Resolved::Bool(value) => (!value).to_string(),
        Resolved::Str if inner.is_empty() || inner.contains('\n') => return None,
        Resolved::Str => format!("{inner}zq"),
        _ => return None,
    };
    Some((format!("{open}{new}{open}"), new))
}

fn with_bytes(case: &Case, file: &str, start: usize, end: usize, new: &str) -> Case {
    let mut contents = case.contents.clone();
    let text = contents.get_mut(file).unwrap();
    text.replace_range(start..end, new);
    Case {
        name: case.name.clone(),
        folder: case.folder.clone(),
        contents,
        expected: Expected::Output(String::new()),
    }
}

fn cases() -> Vec<Case> {
    // Objects are matched by position, and these are about the order.
    let about_order = ["sort-", "list-kind", "patch-service-ports", "patch-finalizers"];
    let in_order = |case: &Case| !about_order.iter().any(|name| case.name.starts_with(name));
    let built = |case: &Case| matches!(case.expected, Expected::Output(_));
    Case::all().into_iter().filter(|case| built(case) && in_order(case)).collect()
}

#[test]
fn the_first_origin_is_the_place_to_edit() {
    let (mut tested, mut wrong, mut nowhere) = (0, Vec::new(), Vec::new());
    for case in cases() {
        let (first, origins) = built(&case);
        for leaf in leaves(&first, &origins) {
            let name = format!("{} {} /{} = {:?}", case.name, leaf.object, leaf.path, leaf.text);
            let Some(span) = leaf.spans.first() else {
                nowhere.push(name);
                continue;
            };
            // Identity moves objects: design.md leaves it out.
            if matches!(leaf.path.as_str(), "apiVersion" | "kind" | "metadata/name" | "metadata/namespace") {
                continue;
            }
            let file = span.file.path();
            let (start, end) = (span.start as usize, span.end as usize);
            let bytes = case.contents[&**file].get(start..end).unwrap().to_owned();
            let Some((written, new)) = other(&bytes) else { continue };
            tested += 1;
            let changed = with_bytes(&case, file, start, end, &written);
            let (second, second_origins) = built(&changed);
            if !second.problems.is_empty() {
                continue;
            }
            let after = leaves(&second, &second_origins);
            let same = after.iter().find(|other| other.object == leaf.object && other.path == leaf.path);
            let moved = second.objects.len() != first.objects.len();
            let is_right =
                moved || same.is_none_or(|after| after.text != leaf.text && holds(&after.text, &new));
            if !is_right {
                wrong.push(format!("{name}: {file} {start}..{end} {bytes:?} {:?}", span.role));
            }
        }
    }
    assert!(tested > 200, "{tested} were tested");
    assert!(nowhere.is_empty(), "{} have no origin\n{}", nowhere.len(), nowhere.join("\n"));
    let share = wrong.len() * 1000 / tested;
    assert!(share <= 5, "{} of {tested} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether a value shows the new bytes; base64 and hashes do not.
fn holds(text: &str, new: &str) -> bool {
    text.contains(new)
        || text.contains(new.rsplit(['=', ':', '/', '.']).next().unwrap_or(new))
        || is_opaque(text)
}

fn is_opaque(text: &str) -> bool {
    text.len() > 3
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "+/=\n-".contains(character))
}

#[test]
fn every_value_that_moves_names_what_moved_it() {
    let (mut pairs, mut missed) = (0, Vec::new());
    for case in cases() {
        let (first, origins) = built(&case);
        let before = leaves(&first, &origins);
        for (file, start, end, bytes) in scalars(&case) {
            let Some((written, _)) = other(&bytes) else { continue };
            let changed = with_bytes(&case, &file, start, end, &written);
            let (second, second_origins) = built(&changed);
            if !second.problems.is_empty() || second.objects.len() != first.objects.len() {
                continue;
            }
            let after: BTreeMap<_, _> = leaves(&second, &second_origins)
                .into_iter()
                .map(|leaf| ((leaf.object, leaf.path), leaf.text))
                .collect();
            for leaf in &before {
                let Some(text) = after.get(&(leaf.object, leaf.path.clone())) else { continue };
                if *text == leaf.text {
                    continue;
                }
                pairs += 1;
                let named = leaf.spans.iter().any(|span| {
                    **span.file.path() == *file && (span.start as usize) < end && start < span.end as usize
                });
                if !named {
                    missed
                        .push(format!("{} {file} {bytes:?} moved {} /{}", case.name, leaf.object, leaf.path));
                }
            }
        }
    }
    assert!(pairs > 300, "{pairs} moved");
    let share = missed.len() * 1000 / pairs;
    assert!(share <= 5, "{} of {pairs} are missed\n{}", missed.len(), missed.join("\n"));
}

/// Every scalar value of every YAML file of a case.
fn scalars(case: &Case) -> Vec<(String, usize, usize, String)> {
    let mut all = Vec::new();
    for (path, text) in &case.contents {
        if !path.ends_with(".yaml") || path.contains("/templates/") {
            continue;
        }
        let file = std::sync::Arc::new(mlgitops_yaml::SourceFile::of_text(path, text));
        let tree = mlgitops_yaml::parse_file(&file);
        let mut origins = Origins::default();
        let id = origins.add_file(&file);
        for root in tree.documents().iter().filter_map(|document| document.root) {
            let node = tree.node_of(root, id, Role::Source, &mut origins).unwrap();
            spans_of(&node, &mut Vec::new(), &origins, &mut |start, end| {
                all.push((path.clone(), start, end, text[start..end].to_owned()));
            });
        }
    }
    all
}

fn spans_of(node: &Node, path: &mut Vec<String>, origins: &Origins, add: &mut dyn FnMut(usize, usize)) {
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                path.push(key.name().to_owned());
                // Identity moves objects.
                if !matches!(
                    path.join("/").as_str(),
                    "apiVersion" | "kind" | "metadata/name" | "metadata/namespace"
                ) {
                    spans_of(value, path, origins, add);
                }
                path.pop();
            }
        }
        Value::Sequence(items) => {
            for item in items {
                path.push(String::new());
                spans_of(item, path, origins, add);
                path.pop();
            }
        }
        Value::Scalar(_) => {
            if let Some(span) = origins.first(node.origin) {
                add(span.start as usize, span.end as usize);
            }
        }
        Value::Null | Value::Unknown(_) => {}
    }
}
