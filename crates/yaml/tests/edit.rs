//! Edits change what they are meant to and nothing else: tables of before and after.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use mlgitops_yaml::edit::{EditError, Editor, NewValue, apply};
use mlgitops_yaml::{NodeIndex, Shape, Text, Tree, parse};

fn tree_of(source: &str) -> Tree {
    parse(Text::of_shared(&Arc::from(source)))
}

/// The node at a path of keys and indices.
fn at(tree: &Tree, path: &str) -> NodeIndex {
    let mut node = tree.documents()[0].root.unwrap();
    for step in path.split('/').filter(|step| !step.is_empty()) {
        node = match tree.shape(node) {
            Shape::Map => tree.get(node, step).unwrap_or_else(|| panic!("no {step} of {path}")),
            _ => tree.children(node)[step.parse::<usize>().unwrap()],
        };
    }
    node
}

/// The key, or the item, at a path.
fn entry(tree: &Tree, path: &str) -> NodeIndex {
    let (outer, name) = path.rsplit_once('/').unwrap_or(("", path));
    let collection = at(tree, outer);
    match tree.shape(collection) {
        Shape::Map => tree.entries(collection).find(|(key, _)| tree.scalar(*key) == Some(name)).unwrap().0,
        _ => tree.children(collection)[name.parse::<usize>().unwrap()],
    }
}

fn edited(
    source: &str,
    change: impl FnOnce(&Tree, &mut Editor<'_>) -> Result<(), EditError>,
) -> Result<String, EditError> {
    let tree = tree_of(source);
    let mut editor = Editor::new(&tree)?;
    change(&tree, &mut editor)?;
    Ok(apply(source, &editor.finish()?).unwrap())
}

fn text(text: &str) -> NewValue {
    NewValue::text(text)
}

#[test]
fn a_scalar_is_replaced_in_its_quotes() {
    let plain = |text: &str| NewValue::plain(text);
    for (before, path, value, after) in [
        ("a: x # why\n", "a", text("w"), "a: w # why\n"),
        ("a: \"x\"\n", "a", text("y \"z\""), "a: \"y \\\"z\\\"\"\n"),
        ("a: 'x'\n", "a", text("it's"), "a: 'it''s'\n"),
        ("a: 'x'\n", "a", text("two\nlines"), "a: \"two\\nlines\"\n"),
        ("a: 1.1\n", "a", text("1.10"), "a: \"1.10\"\n"),
        ("a: x\n", "a", text("true"), "a: \"true\"\n"),
        ("a: x\n", "a", text("a: b"), "a: \"a: b\"\n"),
        ("a: x\n", "a", text("s3://b/v4/"), "a: s3://b/v4/\n"),
        ("a: {b: x}\n", "a/b", text("y, z"), "a: {b: \"y, z\"}\n"),
        ("{\"a\": \"x\"}\n", "a", text("w"), "{\"a\": \"w\"}\n"),
        ("a: false\n", "a", plain("true"), "a: true\n"),
        ("a: \"false\"\n", "a", plain("true"), "a: true\n"),
        ("a:   # none\nb: 1\n", "a", text("x"), "a: x   # none\nb: 1\n"),
        ("a:\n", "a", plain("3"), "a: 3\n"),
        ("- x\n- y\r\n", "1", text("z"), "- x\n- z\r\n"),
        ("a: x", "a", text("\\d \"q\""), "a: \\d \"q\""),
    ] {
        let got = edited(before, |tree, editor| editor.replace(at(tree, path), &value));
        assert_eq!(got.as_deref(), Ok(after), "{before:?}");
    }
    for (before, path, error) in [
        ("a: |\n  x\n", "a", EditError::Form),
        ("a: !!str 1\n", "a", EditError::Form),
        ("a: {b: 1}\n", "a", EditError::Shape),
    ] {
        let got = edited(before, |tree, editor| editor.replace(at(tree, path), &text("new")));
        assert_eq!(got, Err(error), "{before:?}");
    }
}

#[test]
fn an_entry_is_inserted_where_the_others_stand() {
    let on = NewValue::plain("true");
    let deep = NewValue::map([
        ("a", NewValue::plain("1")),
        ("l", NewValue::List(vec![text("x"), NewValue::map([("k", text("v"))])])),
    ]);
    for (before, path, name, value, after) in [
        ("a:\n  b: 1 # one\nc: 2\n", "a", "m", &on, "a:\n  b: 1 # one\n  m: true\nc: 2\n"),
        ("a:\r\n    b: 1\r\nc: 2\r\n", "a", "m", &on, "a:\r\n    b: 1\r\n    m: true\r\nc: 2\r\n"),
        ("a: 1", "", "m", &on, "a: 1\nm: true"),
        ("- a: 1\n  b: 2\n- c\n", "0", "m", &on, "- a: 1\n  b: 2\n  m: true\n- c\n"),
        ("a: {b: 1} # flow\n", "a", "m", &on, "a: {b: 1, m: true} # flow\n"),
        ("a: {b: 1,}\n", "a", "m", &on, "a: {b: 1, m: true}\n"),
        ("a: {}\n", "a", "m", &on, "a: {m: true}\n"),
        ("a: null\n", "a", "m", &on, "a: {m: true}\n"),
        ("a:  # nothing yet\nb: 1\n", "a", "m", &on, "a:  # nothing yet\n  m: true\nb: 1\n"),
        ("x:\n  a:\n", "x/a", "m", &on, "x:\n  a:\n    m: true\n"),
        ("{\n  \"a\": 1\n}\n", "", "m", &on, "{\n  \"a\": 1,\n  \"m\": true\n}\n"),
        (
            "a:\n  b:\n    c: |\n      text\n\n\nd: 1\n",
            "a/b",
            "m",
            &on,
            "a:\n  b:\n    c: |\n      text\n    m: true\n\n\nd: 1\n",
        ),
        ("a:\n  b: 1\n", "a", "m", &deep, "a:\n  b: 1\n  m:\n    a: 1\n    l:\n      - x\n      - k: v\n"),
        (
            "z:\n- 1\na:\n  b: 1\n",
            "a",
            "m",
            &deep,
            "z:\n- 1\na:\n  b: 1\n  m:\n    a: 1\n    l:\n    - x\n    - k: v\n",
        ),
        ("a: {b: 1}\n", "a", "m", &deep, "a: {b: 1, m: {a: 1, l: [x, {k: v}]}}\n"),
        ("a:\n  b: 1\n---\nc: 2\n", "a", "m", &on, "a:\n  b: 1\n  m: true\n---\nc: 2\n"),
    ] {
        let got = edited(before, |tree, editor| editor.insert(at(tree, path), name, value));
        assert_eq!(got.as_deref(), Ok(after), "{before:?}");
    }
    let again = edited("a: {m: 1}\n", |tree, editor| editor.insert(at(tree, "a"), "m", &on));
    assert_eq!(again, Err(EditError::Shape), "a key is not written twice");
    let kept = edited("a: |+\n  text\n\n", |tree, editor| editor.insert(at(tree, ""), "m", &on));
    assert_eq!(kept, Err(EditError::Check), "the blank lines are part of the text");
}

#[test]
fn an_entry_is_inserted_before_the_others() {
    let on = NewValue::plain("true");
    for (before, path, after) in [
        ("a:\n  # of b\n  b: 1\n", "a", Ok("a:\n  m: true\n  # of b\n  b: 1\n")),
        ("# of the file\na: 1\n", "", Ok("# of the file\nm: true\na: 1\n")),
        ("- a: 1\n", "0", Err(EditError::Form)),
        ("a: {b: 1}\n", "a", Err(EditError::Shape)),
        ("m: 1\n", "", Err(EditError::Shape)),
    ] {
        let got = edited(before, |tree, editor| editor.insert_first(at(tree, path), "m", &on));
        assert_eq!(got.as_deref(), after.as_deref(), "{before:?}");
    }
}

#[test]
fn an_item_is_appended() {
    let map = NewValue::map([("k", text("v")), ("l", NewValue::List(vec![text("/a")]))]);
    for (before, path, value, after) in [
        ("a:\n- x # one\nb: 1\n", "a", text("w"), "a:\n- x # one\n- w\nb: 1\n"),
        ("a:\n  - x\n", "a", map.clone(), "a:\n  - x\n  - k: v\n    l:\n      - /a\n"),
        ("a: [x]\n", "a", text("w"), "a: [x, w]\n"),
        ("a: []\n", "a", map, "a: [{k: v, l: [/a]}]\n"),
        ("- - x\n", "0", text("w"), "- - x\n  - w\n"),
    ] {
        let got = edited(before, |tree, editor| editor.append(at(tree, path), &value));
        assert_eq!(got.as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn an_entry_is_deleted_with_its_comments() {
    for (before, path, after) in [
        ("a: 1\n# of b\nb: 2 # too\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a: 1\nb:\n  c: 2\n  # last of b\n", "b", "a: 1\n  # last of b\n"),
        ("# of the file\na: 1\nb: 2\n", "a", "# of the file\nb: 2\n"),
        ("a: 1\n\n# of b\nb: 2\n", "b", "a: 1\n\n"),
        ("x:\n  # of a\n  a: 1\n  b: 2\n", "x/a", "x:\n  b: 2\n"),
        ("x:\n  a: 1\n", "x/a", "x: {}\n"),
        ("- a: 1\n  b: 2\n", "0/a", "- b: 2\n"),
        ("- x\n# of y\n- y\n- z\n", "1", "- x\n- z\n"),
        ("a: {b: 1, c: 2}\n", "a/b", "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", "a/c", "a: {b: 1}\n"),
        ("a: {b: 1}\n", "a/b", "a: {}\n"),
        ("a:\r\n  b: 1\r\n  c: 2\r\n", "a/c", "a:\r\n  b: 1\r\n"),
    ] {
        let got = edited(before, |tree, editor| editor.remove(entry(tree, path)));
        assert_eq!(got.as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn a_key_is_renamed() {
    for (before, path, after) in [
        ("sklearn: {storageUri: x} # c\n", "sklearn", "model: {storageUri: x} # c\n"),
        ("\"a\": 1\n", "a", "\"model\": 1\n"),
        ("{'a': 1}\n", "a", "{'model': 1}\n"),
    ] {
        let got = edited(before, |tree, editor| editor.rename(entry(tree, path), "model"));
        assert_eq!(got.as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn an_entry_is_moved_as_it_is_written() {
    for (before, from, into, after) in [
        (
            "p:\n  m:\n    # where\n    s: # gpu\n      k: |\n        text\n    u: 1\n  r: 2\n",
            "p/m/s",
            "p",
            "p:\n  m:\n    u: 1\n  r: 2\n  # where\n  s: # gpu\n    k: |\n      text\n",
        ),
        ("p:\n  m:\n    u: 1\n    s: 2\n", "p/m/s", "p", "p:\n  m:\n    u: 1\n  s: 2\n"),
        ("p:\n  m: {u: 1, s: {k: v}}\n", "p/m/s", "p", "p:\n  m: {u: 1}\n  s:\n    k: v\n"),
        ("p: {a: 1}\nq: 2\n", "q", "p", "p: {a: 1, q: 2}\n"),
        ("p:\n  m:\n    s: 1\n", "p/m/s", "p", "p:\n  m: {}\n  s: 1\n"),
    ] {
        let got = edited(before, |tree, editor| editor.move_entry(entry(tree, from), at(tree, into)));
        assert_eq!(got.as_deref(), Ok(after), "{before:?}");
    }
    let inside =
        edited("a:\n  b: {c: 1}\n", |tree, editor| editor.move_entry(entry(tree, "a"), at(tree, "a/b")));
    assert_eq!(inside, Err(EditError::Shape));
}

#[test]
fn changes_of_one_text_are_made_together() {
    let before = "p:\n  sklearn:\n    uri: s3://x/v1\nq: 1 # kept\n";
    let got = edited(before, |tree, editor| {
        editor.rename(entry(tree, "p/sklearn"), "model")?;
        editor.insert(at(tree, "p/sklearn"), "modelFormat", &NewValue::map([("name", text("sklearn"))]))?;
        editor.replace(at(tree, "p/sklearn/uri"), &text("s3://x/v1/"))?;
        editor.remove(entry(tree, "q"))
    });
    let after = "p:\n  model:\n    uri: s3://x/v1/\n    modelFormat:\n      name: sklearn\n";
    assert_eq!(got.as_deref(), Ok(after));
    let twice = edited("a: x\n", |tree, editor| {
        editor.replace(at(tree, "a"), &text("w"))?;
        editor.remove(entry(tree, "a"))
    });
    assert_eq!(twice, Err(EditError::Overlap));
}

#[test]
fn what_is_no_yaml_is_left_alone() {
    assert_eq!(edited("a: [1\n", |_, _| Ok(())), Err(EditError::Broken));
}
