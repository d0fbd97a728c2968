//! Builds small repositories and compares with what the real kustomize said of them.
//!
//! A case is a file: `build FOLDER`, then `=== PATH` before each file of the repository, then
//! `=== output` or `=== refused` with what kustomize v5.8.1 printed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod case;

use case::{Case, Expected};
use mlgitops_kustomize::{LeftOutKind, Overrides, build};
use mlgitops_yaml::{Mode, Node, Origins, Reader, Resolved, SourceFile, Value, parse_file};

#[test]
fn every_case_is_built_as_kustomize_builds_it() {
    let mut wrong = Vec::new();
    let cases = Case::all();
    assert!(cases.len() > 5, "the cases are found");
    for case in cases {
        if let Err(difference) = check(&case) {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ\n{}", wrong.len(), wrong.join("\n"));
}

fn check(case: &Case) -> Result<(), String> {
    let mut origins = Origins::default();
    let built = build(Reader::new(&case.files()), &case.folder, &Overrides::default(), &mut origins);
    let problems: Vec<_> = built.problems.iter().map(|problem| problem.message.clone()).collect();
    match &case.expected {
        // Kustomize runs no programs unless it is told to; what a deployment tells it is not known.
        Expected::Refused(said) if said.contains("unable to load external plugin") => {
            let left_out = built.left_out.iter().any(|left| left.kind == LeftOutKind::Plugin);
            if left_out { Ok(()) } else { Err("the plugin is not left out".to_owned()) }
        }
        Expected::Refused(_) if built.problems.is_empty() => Err("is not refused".to_owned()),
        Expected::Refused(_) => {
            let placed = built.problems.iter().all(|problem| problem.at.is_some());
            if placed { Ok(()) } else { Err(format!("refused nowhere: {problems:?}")) }
        }
        Expected::Output(_) if !problems.is_empty() => Err(format!("is refused: {problems:?}")),
        Expected::Output(text) => {
            let expected = documents(text);
            let got: Vec<String> = built.objects.iter().map(|node| json(node, Mode::Api)).collect();
            if got == expected { Ok(()) } else { Err(difference(&got, &expected)) }
        }
    }
}

fn difference(got: &[String], expected: &[String]) -> String {
    let first = got.iter().zip(expected).find(|(got, expected)| got != expected);
    match first {
        Some((got, expected)) => format!("\n  got      {got}\n  expected {expected}"),
        None => format!("{} objects, expected {}", got.len(), expected.len()),
    }
}

fn documents(text: &str) -> Vec<String> {
    let file = SourceFile::of_text("output", text);
    let tree = parse_file(&file);
    assert!(tree.errors().is_empty(), "{:?}", tree.errors());
    let roots = tree.documents().iter().filter_map(|document| document.root);
    roots.map(|root| json(&tree.node(root, &mut Origins::default()).unwrap(), Mode::Api)).collect()
}

/// A value as JSON with sorted keys.
fn json(node: &Node, mode: Mode) -> String {
    match &node.value {
        Value::Null | Value::Unknown(_) => "null".to_owned(),
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| format!("{:?}:{}", key.name(), json(value, mode)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| json(item, mode)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Scalar(scalar) => match scalar.resolve(mode) {
            Resolved::Null => "null".to_owned(),
            Resolved::Bool(value) => value.to_string(),
            Resolved::Int(value) => value.to_string(),
            Resolved::Uint(value) => value.to_string(),
            Resolved::Float(value) => value.to_string(),
            Resolved::Str | Resolved::Timestamp | Resolved::Refused => format!("{:?}", scalar.text),
        },
    }
}

/// A case ends every file with a line break, so this one stands here; kustomize v5.8.1 prints
/// `text` for the one and `text` with a line break for the other.
#[test]
fn a_block_at_the_end_of_a_file_without_a_line_break() {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n";
    let one = format!("{}data:\n  a: |\n    text", head.replace("NAME", "one"));
    let two = format!("{}data:\n  a: |\n    text\n# end", head.replace("NAME", "two"));
    let case = Case::of(&[
        ("kustomization.yaml", "resources: [1.yaml, 2.yaml]"),
        ("1.yaml", &one),
        ("2.yaml", &two),
    ]);
    let files = case.files();
    let built = build(Reader::new(&files), &case.folder, &Overrides::default(), &mut Origins::default());
    let texts: Vec<_> = built.objects.iter().map(|node| node.find(&["data", "a"]).text()).collect();
    assert_eq!(texts, [Some("text"), Some("text\n")]);
}
