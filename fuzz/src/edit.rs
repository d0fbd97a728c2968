//! crates/yaml: edits of any text.

use std::sync::Arc;

use mlgitops_yaml::edit::{Editor, NewValue, apply};
use mlgitops_yaml::{NodeIndex, Shape, Text, Tree, parse};

/// The first line says what to do and where, the rest is a text. Whatever the text, an edit is
/// refused, or its result is YAML in which everything else is written as it was.
pub(crate) fn edit(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (order, source) = text.split_once('\n').unwrap_or(("", text));
    let tree = parse(Text::of_shared(&Arc::from(source)));
    let Ok(mut editor) = Editor::new(&tree) else { return };
    let mut words = order.split(' ');
    let (what, at) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let (value, to) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let Some(node) = nth(&tree, at) else { return };
    let value = match value.split_once('=') {
        Some((key, value)) => NewValue::Map(vec![(key.to_owned(), NewValue::text(value))]),
        None => NewValue::text(value),
    };
    let done = match what {
        "set" => editor.replace(node, &value),
        "insert" => editor.insert(node, to, &value),
        "append" => editor.append(node, &value),
        "remove" => editor.remove(node),
        "rename" => editor.rename(node, to),
        _ => editor.move_entry(node, nth(&tree, to).unwrap_or(node)),
    };
    if done.is_err() {
        return;
    }
    let Ok(edits) = editor.finish() else { return };
    let edited = apply(source, &edits).expect("edits that are finished can be made");
    let again = parse(Text::of_shared(&Arc::from(edited.as_str())));
    assert!(again.errors().is_empty(), "{source:?} became {edited:?}");
    let first = edits.first().map_or(0, |edit| edit.range.start as usize);
    assert_eq!(edited.get(..first), source.get(..first), "what stands before is as it was");
    let behind = |tree: &Tree| tree.all().filter(|node| *tree.shape(*node) == Shape::Map).count();
    assert!(behind(&again) <= behind(&tree) + 2, "an edit brings what it was told to");
}

/// The node whose number a word is, as far as there are nodes.
fn nth(tree: &Tree, word: &str) -> Option<NodeIndex> {
    let count = tree.len().max(1);
    tree.all().nth(word.parse::<usize>().unwrap_or(0) % count)
}
