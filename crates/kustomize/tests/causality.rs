//! The place to edit is right: other bytes there, and another value here.
//!
//! For every scalar of every case, the bytes of its first origin are replaced by another value of
//! the same type and the case is built again: the value must change and hold the new bytes, or the
//! build must end. Then every scalar of every patch and base is changed, and each value that moves
//! must name it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod case;

use std::collections::BTreeMap;

use case::{Case, Expected};
use mlgitops_kustomize::{Build, Overrides, build};
use mlgitops_yaml::{Node, OriginSpan, Origins, Pieces, Reader, Role, Value, resolve};

/// A scalar of an output: object, path, text, and its origins.
struct Leaf {
    object: usize,
    path: String,
    text: String,
    spans: Vec<OriginSpan>,
}

fn built(case: &Case) -> (Build, Origins) {
    let mut origins = Origins::default();
    let built = build(Reader::new(&case.files()), &case.folder, &Overrides::default(), &mut origins);
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

/// Other text of the same type, written as the bytes are, and what a value then has to show.
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
    // What is escaped in quotes is shown without its escapes.
    let shown = if open.is_empty() || !inner.contains('\\') { new.clone() } else { "zq".to_owned() };
    Some((format!("{open}{new}{open}"), shown))
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

/// Here the keys of every item decide which items of the list are lost, and in which order the
/// others stand: a value names its own place, not those of its neighbours' keys.
const KEYS_DECIDE_THE_LIST: &str = "merge-ports";

fn cases() -> Vec<Case> {
    let is_tested =
        |case: &Case| matches!(case.expected, Expected::Output(_)) && case.name != KEYS_DECIDE_THE_LIST;
    Case::all().into_iter().filter(is_tested).collect()
}

/// The object of a changed build each object became: the one with its identity, else the one at
/// its place that is new.
fn matched(first: &Build, second: &Build) -> Vec<Option<usize>> {
    let identity = |node: &Node| {
        let text = |path: &[&str]| node.find(path).text().unwrap_or_default().to_owned();
        [
            text(&["apiVersion"]),
            text(&["kind"]),
            text(&["metadata", "namespace"]),
            text(&["metadata", "name"]),
        ]
    };
    let before: Vec<_> = first.objects.iter().map(identity).collect();
    let after: Vec<_> = second.objects.iter().map(identity).collect();
    let found = |(at, id): (usize, &[String; 4])| {
        let same = after.iter().position(|other| other == id);
        same.or_else(|| after.get(at).filter(|new| !before.contains(new)).map(|_| at))
    };
    before.iter().enumerate().map(found).collect()
}

/// How many items each list on the way to a value has.
fn lengths(object: &Node, path: &str) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut node = object;
    for step in path.split('/') {
        let next = match &node.value {
            Value::Sequence(items) => {
                lengths.push(items.len());
                step.parse::<usize>().ok().and_then(|at| items.get(at))
            }
            Value::Map(map) => map.get(step),
            _ => None,
        };
        let Some(next) = next else { break };
        node = next;
    }
    lengths
}

/// A share as a percentage.
fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all as f64
}

#[test]
fn the_first_origin_is_the_place_to_edit() {
    let (mut tested, mut wrong, mut nowhere) = (0, Vec::new(), Vec::new());
    for case in cases() {
        let (first, origins) = built(&case);
        let names: Vec<&str> =
            first.objects.iter().filter_map(|node| node.find(&["metadata", "name"]).text()).collect();
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
            let Some(object) = matched(&first, &second)[leaf.object] else { continue };
            let after = leaves(&second, &second_origins);
            let Some(after) = after.iter().find(|other| other.object == object && other.path == leaf.path)
            else {
                continue;
            };
            // The key of a list item may move it.
            let before = lengths(&first.objects[leaf.object], &leaf.path);
            if before != lengths(&second.objects[object], &leaf.path) {
                continue;
            }
            // What names an object leaves the references to its old name alone.
            let named = bytes.trim_matches(['"', '\'']);
            let is_name = names.iter().any(|name| name.contains(named)) && leaf.text.contains(named);
            let shows = holds(&after.text, &new) || is_name || SWITCHES.contains(&bytes.as_str());
            if after.text == leaf.text || !shows {
                wrong.push(format!("{name}: {file} {start}..{end} {bytes:?} {:?}", span.role));
            }
        }
    }
    let share = percent(tested - wrong.len(), tested);
    println!("first origins: {} of {tested} are causal: {share:.2} %", tested - wrong.len());
    assert!(tested > 1_000, "{tested} were tested");
    assert!(nowhere.is_empty(), "{} have no origin\n{}", nowhere.len(), nowhere.join("\n"));
    assert!(share >= 99.5, "{} of {tested} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// Words that turn on what kustomize itself writes.
const SWITCHES: [&str; 3] = ["managedByLabel", "originAnnotations", "transformerAnnotations"];

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
    let (mut pairs, mut shifted, mut missed) = (0, 0, Vec::new());
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
            let objects = matched(&first, &second);
            let after: BTreeMap<_, _> = leaves(&second, &second_origins)
                .into_iter()
                .map(|leaf| ((leaf.object, leaf.path), leaf.text))
                .collect();
            for leaf in &before {
                let Some(object) = objects[leaf.object] else { continue };
                let Some(text) = after.get(&(object, leaf.path.clone())) else { continue };
                if *text == leaf.text {
                    continue;
                }
                let items = lengths(&first.objects[leaf.object], &leaf.path);
                if items != lengths(&second.objects[object], &leaf.path) {
                    shifted += 1;
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
    let share = percent(missed.len(), pairs);
    println!("effects: {} of {pairs} are missed: {share:.2} % ({shifted} more shift a list)", missed.len());
    assert!(pairs > 1_000, "{pairs} moved");
    assert!(share <= 0.1, "{} of {pairs} are missed\n{}", missed.len(), missed.join("\n"));
}

/// Every scalar value of every YAML file of a case.
fn scalars(case: &Case) -> Vec<(String, usize, usize, String)> {
    let mut all = Vec::new();
    for (path, text) in &case.contents {
        let is_yaml = [".yaml", ".yml", ".json", "Kustomization"].iter().any(|end| path.ends_with(end));
        if !is_yaml || path.contains("/templates/") {
            continue;
        }
        let file = std::sync::Arc::new(mlgitops_yaml::SourceFile::of_text(path, text));
        let tree = mlgitops_yaml::parse_file(&file);
        let mut origins = Origins::default();
        let id = origins.add_file(&file);
        for root in tree.documents().iter().filter_map(|document| document.root) {
            // What is a generator's data need be no YAML.
            let Ok(node) = tree.node_of(root, id, Role::Source, &mut origins) else { continue };
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
