//! Laws of edits, over random texts: what is edited reads as it was meant to, whatever it was; what
//! was not edited is there byte for byte; and a value that is set twice is set once.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use mlgitops_yaml::edit::{Editor, NewValue, TextEdit, apply};
use mlgitops_yaml::{NodeIndex, Origins, Shape, Text, Tree, from_node, parse};
use proptest::prelude::*;
use serde_json::Value as Json;

fn tree_of(source: &str) -> Tree {
    parse(Text::of_shared(&Arc::from(source)))
}

/// Lines of YAML as people write it: nested, commented, quoted, in flow and in block style.
fn document() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "1",
        "1.10",
        "\"quoted\"",
        "'it''s'",
        "plain text",
        "s3://b/v4",
        "true",
        "~",
        "",
        "{}",
        "[]",
        "{a: 1}",
        "[x, {k: v}]",
        "|\n@  block\n@\n@  text",
        ">-\n@  folded",
        "&anchor z",
        "x # comment",
        "\"a # b\"",
    ]);
    let key = prop::sample::select(vec!["alpha", "beta", "\"gamma\"", "delta-1", "e/f", "zeta"]);
    let leaf = (key.clone(), scalar.clone()).prop_map(|(key, value)| format!("@{key}: {value}\n"));
    let item = scalar.prop_map(|value| format!("@- {value}\n"));
    let comment = Just("@# a comment\n".to_owned());
    let line = prop_oneof![5 => leaf, 1 => comment];
    let map = prop::collection::vec(line, 1..5).prop_map(|lines| lines.concat());
    let list = prop::collection::vec(item, 1..4).prop_map(|lines| lines.concat());
    let level = prop_oneof![3 => map, 1 => list];
    let nested = level.prop_recursive(3, 12, 4, move |inner| {
        prop::collection::vec((key.clone(), inner), 1..4).prop_map(|entries| {
            entries
                .into_iter()
                .map(|(key, value)| format!("@{key}:\n{}", value.replace('@', "@  ")))
                .collect()
        })
    });
    (nested, any::<bool>()).prop_map(|(text, crlf)| {
        let text = text.replace('@', "");
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

fn new_scalar() -> impl Strategy<Value = NewValue> {
    prop_oneof![
        prop::sample::select(vec![
            "true", "1.10", "x: y", "a # b", "- x", "it's", "\"q\"", "", " lead", "tab\t", "ü", "[", "<<"
        ])
        .prop_map(NewValue::text),
        "[ -~]{0,12}".prop_map(NewValue::text),
        prop::sample::select(vec!["true", "600", "0.5", "null"]).prop_map(NewValue::plain),
    ]
}

fn new_value() -> impl Strategy<Value = NewValue> {
    new_scalar().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(NewValue::List),
            prop::collection::vec(("[a-z]{1,4}|true|1", inner), 0..3).prop_map(|mut entries| {
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                entries.dedup_by(|(a, _), (b, _)| a == b);
                NewValue::Map(entries)
            }),
        ]
    })
}

fn value(value: &NewValue) -> Json {
    match value {
        NewValue::Null => Json::Null,
        NewValue::Plain(text) => serde_json::from_str(text).unwrap(),
        NewValue::Text(text) => Json::from(text.as_str()),
        NewValue::List(items) => items.iter().map(self::value).collect(),
        NewValue::Map(entries) => entries.iter().map(|(key, one)| (key.clone(), self::value(one))).collect(),
    }
}

/// A node as JSON; `None` where it has none.
fn read(tree: &Tree, node: NodeIndex) -> Option<Json> {
    from_node(&tree.node(node, &mut Origins::default()).ok()?).ok()
}

fn root(tree: &Tree) -> Option<NodeIndex> {
    match tree.documents() {
        [document] if tree.errors().is_empty() => document.root,
        _ => None,
    }
}

/// What lies outside the edits is in the edited text, in the same order.
fn assert_rest_is_kept(source: &str, edits: &[TextEdit], edited: &str) {
    let (mut at, mut from) = (0, 0);
    for edit in edits {
        let kept = &source[at..edit.range.start as usize];
        let place = edited[from..].find(kept).unwrap_or_else(|| panic!("{kept:?} is gone from {edited:?}"));
        from += place + kept.len();
        at = edit.range.end as usize;
    }
    assert!(edited.ends_with(&source[at..]), "{source:?} became {edited:?}");
}

fn pick(nodes: &[NodeIndex], at: prop::sample::Index) -> Option<NodeIndex> {
    (!nodes.is_empty()).then(|| nodes[at.index(nodes.len())])
}

fn nodes(tree: &Tree, fits: impl Fn(&Shape) -> bool) -> Vec<NodeIndex> {
    tree.all().filter(|node| fits(tree.shape(*node))).collect()
}

fn keys(tree: &Tree) -> Vec<NodeIndex> {
    tree.all().flat_map(|map| tree.entries(map).map(|(key, _)| key).collect::<Vec<_>>()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scalar_reads_as_it_was_set(source in document(), new in new_scalar(), at in any::<prop::sample::Index>()) {
        let tree = tree_of(&source);
        prop_assume!(root(&tree).is_some());
        let scalars = nodes(&tree, |shape| matches!(shape, Shape::Scalar { .. } | Shape::Null));
        let Some(node) = pick(&scalars, at) else { return Ok(()) };
        let mut editor = Editor::new(&tree).unwrap();
        if editor.replace(node, &new).is_err() {
            return Ok(());
        }
        let Ok(edits) = editor.finish() else { return Ok(()) };
        let edited = apply(&source, &edits).unwrap();
        assert_rest_is_kept(&source, &edits, &edited);
        let again = tree_of(&edited);
        let same = again.all().nth(tree.all().position(|one| one == node).unwrap()).unwrap();
        if !keys(&tree).contains(&node) {
            prop_assert_eq!(read(&again, same), Some(value(&new)), "{:?} became {:?}", source, edited);
        }
        // Set again, it stays as it is.
        let mut editor = Editor::new(&again).unwrap();
        prop_assert_eq!(editor.replace(same, &new), Ok(()));
        prop_assert_eq!(apply(&edited, &editor.finish().unwrap()).unwrap(), edited);
    }

    #[test]
    fn an_entry_that_is_inserted_is_read(source in document(), new in new_value(), at in any::<prop::sample::Index>()) {
        let tree = tree_of(&source);
        prop_assume!(root(&tree).is_some());
        let maps = nodes(&tree, |shape| *shape == Shape::Map);
        let Some(map) = pick(&maps, at) else { return Ok(()) };
        let Some(Json::Object(mut expected)) = read(&tree, map) else { return Ok(()) };
        let mut editor = Editor::new(&tree).unwrap();
        prop_assert_eq!(editor.insert(map, "inserted", &new), Ok(()));
        let Ok(edits) = editor.finish() else { return Ok(()) };
        let edited = apply(&source, &edits).unwrap();
        assert_rest_is_kept(&source, &edits, &edited);
        expected.insert("inserted".to_owned(), value(&new));
        let again = tree_of(&edited);
        let found = nodes(&again, |shape| *shape == Shape::Map).into_iter().find(|map| again.get(*map, "inserted").is_some());
        prop_assert_eq!(read(&again, found.unwrap()), Some(Json::Object(expected)), "{:?} became {:?}", source, edited);
    }

    #[test]
    fn an_entry_that_is_deleted_is_gone_alone(source in document(), at in any::<prop::sample::Index>()) {
        let tree = tree_of(&source);
        prop_assume!(root(&tree).is_some());
        let Some(key) = pick(&keys(&tree), at) else { return Ok(()) };
        let mut editor = Editor::new(&tree).unwrap();
        let map = editor.parent(key).unwrap();
        let name = tree.scalar(key).unwrap_or("").to_owned();
        let count = tree.entries(map).filter(|(other, _)| tree.scalar(*other) == Some(&name)).count();
        if count > 1 || editor.remove(key).is_err() {
            return Ok(());
        }
        let Ok(edits) = editor.finish() else { return Ok(()) };
        let edited = apply(&source, &edits).unwrap();
        assert_rest_is_kept(&source, &edits, &edited);
        let all = |tree: &Tree| keys(tree).into_iter().filter_map(|key| tree.scalar(key).map(str::to_owned)).collect::<Vec<_>>();
        prop_assert!(all(&tree_of(&edited)).len() < all(&tree).len(), "{:?} became {:?}", source, edited);
    }

    #[test]
    fn an_entry_that_is_moved_keeps_its_value(
        source in document(), at in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
    ) {
        let tree = tree_of(&source);
        prop_assume!(root(&tree).is_some());
        let (key, map) = (pick(&keys(&tree), at), pick(&nodes(&tree, |shape| *shape == Shape::Map), to));
        let (Some(key), Some(map)) = (key, map) else { return Ok(()) };
        let mut editor = Editor::new(&tree).unwrap();
        let from = editor.parent(key).unwrap();
        if from == map || editor.move_entry(key, map).is_err() {
            return Ok(());
        }
        let Ok(edits) = editor.finish() else { return Ok(()) };
        let edited = apply(&source, &edits).unwrap();
        let again = tree_of(&edited);
        prop_assert!(again.errors().is_empty());
        let values = |tree: &Tree| {
            let scalars = nodes(tree, |shape| matches!(shape, Shape::Scalar { .. }));
            let mut texts: Vec<String> = scalars.iter().filter_map(|node| tree.scalar(*node).map(str::to_owned)).collect();
            texts.sort();
            texts
        };
        prop_assert_eq!(values(&again), values(&tree), "{:?} became {:?}", source, edited);
        prop_assert_eq!(again.comments().len(), tree.comments().len());
    }
}
