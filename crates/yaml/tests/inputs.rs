//! Whole files as people and attackers write them: encodings, line ends, directives, sizes.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_yaml::{
    ConvertErrorKind, Mode, Node, Origins, Placement, Position, Resolved, Role, SourceFile, SyntaxErrorKind,
    Text, Tree, from_node, parse,
};
use serde_json::{Value as Json, json};

fn read(bytes: &[u8]) -> (Tree, Origins, Arc<SourceFile>) {
    let mut origins = Origins::default();
    let file = Arc::new(SourceFile::new("f.yaml", bytes).unwrap());
    let id = origins.add_file(&file);
    let text = Text::of_file(id, Role::Source, &mut origins);
    (parse(text), origins, file)
}

fn documents(bytes: &[u8]) -> Vec<Json> {
    let (tree, mut origins, _) = read(bytes);
    assert_eq!(tree.errors(), []);
    let roots = tree.documents().iter().filter_map(|document| document.root);
    roots.map(|root| from_node(&tree.node(root, &mut origins).unwrap()).unwrap()).collect()
}

fn only(source: &str) -> Node {
    let (tree, mut origins, _) = read(source.as_bytes());
    assert_eq!(tree.errors(), []);
    tree.node(tree.documents()[0].root.unwrap(), &mut origins).unwrap()
}

#[test]
fn every_encoding_gives_one_tree_and_the_bytes_of_the_file() {
    let text = "# é\nname: \"😀\"\r\nlist:\r\n- a\r\n";
    let mut little = vec![0xFF, 0xFE];
    little.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let mut big = vec![0xFE, 0xFF];
    big.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    let marked = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
    for (bytes, raw) in [(text.as_bytes().to_vec(), 11), (marked, 14), (little, 22), (big, 22)] {
        assert_eq!(documents(&bytes), [json!({"name": "😀", "list": ["a"]})]);
        let (tree, mut origins, file) = read(&bytes);
        let node = tree.node(tree.documents()[0].root.unwrap(), &mut origins).unwrap();
        let name = node.get("name").present().unwrap();
        let span = origins.first(name.origin).unwrap();
        assert_eq!(file.position(span.start), Position { line: 2, column: 7 });
        assert_eq!(file.raw(span.start), raw);
    }
}

/// Go refuses it too, as a control character.
#[test]
fn a_mark_inside_the_text_is_an_error() {
    let (tree, _, _) = read("a: \u{feff}b\n".as_bytes());
    assert_eq!((tree.errors().len(), tree.errors()[0].at), (1, 3));
}

#[test]
fn line_ends_are_one_line_feed_in_a_value() {
    let source = "a: |\r\n  one\r\n  two\r\nb: \"x\r\n  y\"\r\nc: >\r\n  p\r\n  q\r\n";
    assert_eq!(documents(source.as_bytes()), [json!({"a": "one\ntwo\n", "b": "x y", "c": "p q\n"})]);
}

#[test]
fn what_holds_no_document_is_no_error() {
    for source in ["", "\n", " \n\t\n", "# a\n", "# a\n\n  # b", "\u{feff}", "...\n"] {
        let (tree, _, _) = read(source.as_bytes());
        assert_eq!(tree.errors(), [], "{source:?}");
        assert_eq!(tree.documents().iter().filter_map(|document| document.root).count(), 0, "{source:?}");
        assert_eq!(tree.comments().len(), source.matches('#').count(), "{source:?}");
    }
}

#[test]
fn documents_end_where_their_markers_say() {
    let source = "%YAML 1.1\n---\na: 1\n...\n# between\n---\n---\nb: 2 # end\n";
    let (tree, _, _) = read(source.as_bytes());
    assert_eq!(tree.errors(), []);
    let shown: Vec<&str> = tree
        .documents()
        .iter()
        .map(|document| source[document.range.start as usize..document.range.end as usize].trim_end())
        .collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown[0].contains("a: 1") && !shown[0].contains("between"), "{shown:?}");
    assert!(shown[2].contains("b: 2") && !shown[1].contains("b: 2"), "{shown:?}");
    let placements: Vec<_> = tree.comments().iter().map(|comment| comment.placement).collect();
    assert_eq!(placements.last(), Some(&Placement::Right));
}

#[test]
fn a_document_that_cannot_be_read_begins_behind_the_one_before() {
    // The error points at the colon, which ends the first one.
    let (tree, ..) = read(b"  ?  #c|\n: ");
    let ranges: Vec<_> = tree.documents().iter().map(|document| document.range.clone()).collect();
    assert_eq!(ranges, [2..10, 10..10]);
}

#[test]
fn a_tab_that_indents_is_an_error_at_its_place() {
    let (tree, _, file) = read(b"a:\n  b: 1\n\tc: 2\n");
    assert_eq!(tree.errors()[0].kind, SyntaxErrorKind::Syntax);
    assert_eq!(file.position(tree.errors()[0].at), Position { line: 3, column: 1 });
    assert_eq!(documents(b"{\n\t\"a\": [\n\t\t1\n\t]\n}\n"), [json!({"a": [1]})]);
}

#[test]
fn size_alone_is_no_error() {
    let long = "x".repeat(100_000);
    assert_eq!(documents(format!("a: {long}").as_bytes()), [json!({"a": long})]);
    assert_eq!(
        documents(format!("{{\"a\":[{}1]}}", "1,".repeat(50_000)).as_bytes())[0]["a"]
            .as_array()
            .unwrap()
            .len(),
        50_001
    );
    let many: String = (0..10_000).map(|number| format!("---\nat: {number}\n")).collect();
    let read = documents(many.as_bytes());
    assert_eq!((read.len(), &read[9_999]), (10_000, &json!({"at": 9_999})));
    let anchor = "n".repeat(100_000);
    assert_eq!(documents(format!("a: &{anchor} 1\nb: *{anchor}\n").as_bytes()), [json!({"a": 1, "b": 1})]);
}

#[test]
fn depth_has_a_limit_and_the_documents_around_are_read() {
    let nested = |depth: usize| format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
    let (tree, mut origins, _) = read(nested(limits::DEPTH).as_bytes());
    assert!(tree.errors().is_empty() && tree.node(tree.documents()[0].root.unwrap(), &mut origins).is_ok());
    let (tree, _, _) = read(format!("a: 1\n---\n{}\n---\nb: 2\n", nested(limits::DEPTH + 1)).as_bytes());
    assert_eq!((tree.errors()[0].kind, tree.errors()[0].document), (SyntaxErrorKind::TooDeep, 1));
    let readable: Vec<bool> = tree.documents().iter().map(|document| document.root.is_some()).collect();
    assert_eq!(readable, [true, false, true]);
    // Aliases add their depth where they are used.
    let half = limits::DEPTH / 2;
    let source = format!("a: &a {}\nb: {}*a{}\n", nested(half), "[".repeat(half), " ]".repeat(half));
    let (tree, mut origins, _) = read(source.as_bytes());
    let error = tree.node(tree.documents()[0].root.unwrap(), &mut origins).unwrap_err();
    assert_eq!(error.kind, ConvertErrorKind::TooDeep);
}

#[test]
fn a_text_of_too_many_values_is_read_up_to_them() {
    let list = |items: usize| format!("a: 1\n---\n[{}]\n", "a,".repeat(items));
    assert_eq!(read(list(limits::NODES - 10).as_bytes()).0.errors(), []);
    let (tree, _, _) = read(list(limits::NODES).as_bytes());
    assert_eq!(tree.errors()[0].kind, SyntaxErrorKind::TooLarge);
    let readable: Vec<bool> = tree.documents().iter().map(|document| document.root.is_some()).collect();
    assert_eq!(readable, [true, false]);
}

#[test]
fn errors_are_counted_up_to_a_limit() {
    let (tree, _, _) = read("---\n]\n".repeat(1_000).as_bytes());
    assert_eq!(tree.errors().len(), 101);
    assert_eq!(tree.errors()[100].kind, SyntaxErrorKind::TooMany);
}

#[test]
fn keys_may_be_explicit_and_must_be_scalars() {
    assert_eq!(documents(b"? a\n: 1\n? b\n? |\n  c\n: - d\n"), [json!({"a": 1, "b": null, "c\n": ["d"]})]);
    for source in ["? [a]\n: 1\n", "? {a: b}\n: 1\n", "x: &x [a]\n*x : 1\n"] {
        let (tree, mut origins, _) = read(source.as_bytes());
        let error = tree.node(tree.documents()[0].root.unwrap(), &mut origins).unwrap_err();
        assert_eq!(error.kind, ConvertErrorKind::Key, "{source}");
    }
    assert_eq!(documents(b"x: &x k\n*x : 1\n"), [json!({"x": "k", "k": 1})]);
}

#[test]
fn explicit_types_decide_what_a_scalar_is() {
    let node = only(
        "a: !!binary aGVsbG8=\nb: !!str 5\nc: !!int \"5\"\nd: !!float 1\ne: !!int x\nf: !!set {p, q}\ng: !own 5\n",
    );
    let resolved = |name: &str| node.get(name).present().unwrap().as_scalar().unwrap().resolve(Mode::Api);
    assert_eq!(resolved("a"), Resolved::Str);
    assert_eq!(resolved("b"), Resolved::Str);
    assert_eq!(resolved("c"), Resolved::Int(5));
    assert_eq!(resolved("d"), Resolved::Float(1.0));
    assert_eq!(resolved("e"), Resolved::Refused);
    assert_eq!(node.find(&["f", "q"]).present().map(Node::is_null), Some(true));
    assert_eq!(resolved("g"), Resolved::Str);
}
