//! Whatever is read straight is read as the parser reads it.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn both(source: &str, comments: bool) -> (Option<Tree>, Tree) {
    let text = || Text::of_shared(&Arc::from(source));
    (direct::read(text(), source, comments).ok(), events::read(text(), source, comments))
}

fn shown(tree: &Tree) -> String {
    let Tree { text: _, nodes, children, documents, comments, duplicates, errors } = tree;
    let nodes: String = nodes.iter().map(|node| format!("{node:?}\n")).collect();
    format!("{nodes}{children:?}\n{documents:?}\n{duplicates:?}\n{comments:?}\n{errors:?}")
}

fn assert_same(source: &str) -> bool {
    let mut is_read = false;
    for comments in [true, false] {
        let (direct, parsed) = both(source, comments);
        if let Some(direct) = direct {
            is_read = true;
            let (direct, parsed) = (shown(&direct), shown(&parsed));
            assert!(direct == parsed, "{source:?}\nstraight:\n{direct}\nparsed:\n{parsed}");
        }
    }
    is_read
}

#[test]
fn what_is_mostly_written_is_read_straight() {
    for source in [
        "",
        "\n  \n",
        "a: 1\n",
        "a: 1",
        "a:\n",
        "a:\nb:\n",
        "a: b c  \n",
        "a:\n  b: 1\n  c: 2\nd: 3\n",
        "a:\n- 1\n- 2\nb:\n  - 3\n",
        "- a\n- b: 1\n  c: 2\n- - d\n  - e\n-\n  f: 1\n-\n",
        "a:\n- b:\n  - c\n  d: e\n- f\ng: h\n",
        "a: 'b: c'\nd: \"e # f\"\n'g': \"\"\n\"h\": ''\n",
        "a: {b: c, d: [e, 'f', \"g\"], h: {}}\ni: []\nj: { k: 1 , l: [ 2 , 3 ] }\n",
        "- {a: b}\n- [c]\n- 'd'\n- -1\n- --flag=x\n",
        "url: s3://bucket/a:b#c\n",
        "---\na: 1\n---\nb: 2\n",
        "--- \n- a\n",
        "a: |\n  one\n   two\n\n  three\nb: |-\n  four\n\n\nc: 1\n",
        "a:\n- |\n  b\n- c\n",
        "key with blanks: value\n",
        "ä: ö\n",
        "app.kubernetes.io/name: x\n<<: y\n",
        "a: 1\na: 2\n",
    ] {
        assert!(assert_same(source), "{source:?} is left to the parser");
    }
}

#[test]
fn comments_of_a_text_that_was_made_are_passed_over() {
    let source =
        "# a\n---\n# b\nc: d # e\nf: # g\n  # h\n  - i # j\n  -   # k\n    l: {m: n} # o\np: 'q' # r\n# s\n";
    for source in [source, "- a # x\n- # c\n- b\n", "a: # x\n# y\nb: 1\n", "- # a\n# b\n- c\n"] {
        let (direct, parsed) = both(source, false);
        assert_eq!(shown(&direct.unwrap()), shown(&parsed), "{source:?}");
        assert!(both(source, true).0.is_none());
    }
}

#[test]
fn what_needs_more_of_yaml_is_left_to_the_parser() {
    for source in [
        "a",
        "'a'",
        "{a: b}",
        "a: b: c",
        "a: b:",
        "a: &x 1",
        "a: *x",
        "a: !!str 1",
        "a: >\n  b\n",
        "a: |2\n  b\n",
        "a: |+\n  b\n",
        "a: |\n  b",
        "a: |\n\n  b\n",
        "a: |\nb: c\n",
        "a: \"b\\n\"",
        "a: 'it''s'",
        "a: 'b\n  c'",
        "a: b\n  c\n",
        "a: [b,\n  c]",
        "a: [b, ]",
        "a: {b}",
        "a: {b: }",
        "a: {\"b\":1}",
        "a: [b: c]",
        "a: [b]c",
        "a: 'b'c",
        "a: 'b'#c",
        "? a\n: b",
        "a\t: b",
        "a: b\r\n",
        "a : b",
        "- a\nb: c",
        "a: b\n- c",
        "a:\n    b: 1\n  c: 2",
        "  a: 1\nb: 2",
        "---",
        "---\n---\na: 1",
        "--- a",
        "a: 1\n...\n",
        "%YAML 1.2\n---\na: 1",
        "a: @b",
        "a: - b",
        "\u{feff}a: 1",
        "a: \u{2028}",
        "a: \u{85}",
    ] {
        assert!(!assert_same(source), "{source:?} is read straight");
    }
}

/// Lines of block YAML at any indentation: much of it is YAML, and much nearly so.
fn lines() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "",
        "",
        "b",
        "b c",
        " 'd'",
        "\"e\"",
        "{}",
        "[]",
        "{a: b}",
        "[a, b]",
        "{a: {b: c}, d: [1]}",
        "[a: b]",
        "{a}",
        "{a:b, c: d}",
        "[-1, - a]",
        "|",
        "|-",
        ">",
        "# c",
        "x # c",
        "x#c",
        "'it''s'",
        "\"\\n\"",
        "a: b",
        "a:b",
        "-",
        "- a",
        "- a: b",
        "-1",
        "?",
        "~",
        "&a b",
        "*a",
        "!t a",
        "é",
        "'a' b",
        "{a: b}#",
        "{a: b} #",
        "[a]: b",
        "{",
        "]",
        ",",
        "\"a\": b",
        "'a':b",
        "%",
        "@",
        "`",
        "a\t",
        "http://x:80/",
        "a:",
        "|2",
        "--- ",
        "...",
        "\u{a0}",
        "😀",
        "''",
        "\"\"",
        "[[a], [b]]",
        "[\"a\", 'b' ]",
        "{ a: b , c: d }",
        "[a ,b]",
        "[a#b]",
        "[a #b]",
        "{'a': b}",
        "{\"a\" : b}",
        "[a:b]",
        "[a, ]",
    ]);
    let lead = prop::sample::select(vec![
        "a: ",
        "b: ",
        "c:",
        "'d': ",
        "- ",
        "- a: ",
        "- - ",
        "",
        "# ",
        "---\n",
        "a : ",
        "-",
        "  - ",
        "long key: ",
    ]);
    let line = (0..5usize, lead, value, prop::sample::select(vec!["\n", "\n", "\n", "\n\n", " \n", ""]));
    let line =
        line.prop_map(|(indent, lead, value, end)| format!("{}{lead}{value}{end}", " ".repeat(indent)));
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// A document of nested maps and lists, as a program prints it.
fn tidy() -> impl Strategy<Value = String> {
    let line = (
        prop::sample::select(vec!["", "  ", "    "]),
        prop::sample::select(vec!["a: 1", "b:", "c: {d: e}", "- f", "- g: h", "-", "i: |", "j: 'k'", "# l"]),
    );
    prop::collection::vec(line, 0..10)
        .prop_map(|lines| lines.iter().map(|(indent, line)| format!("{indent}{line}\n")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn lines_are_read_as_the_parser_reads_them(source in lines()) {
        assert_same(&source);
    }

    #[test]
    fn tidy_lines_are_read_as_the_parser_reads_them(source in tidy()) {
        assert_same(&source);
    }

    #[test]
    fn any_text_is_read_as_the_parser_reads_it(source in "[ -~\n]{0,40}") {
        assert_same(&source);
    }

    #[test]
    fn any_character_is_read_as_the_parser_reads_it(c in any::<char>()) {
        assert_same(&format!("a: b{c}d\n{c}: 1\n"));
    }
}

#[test]
fn quoted_texts_need_no_indentation() {
    let source = "a:\n  'k': 'it''s one\n  two: \"three\n\n  # four'\n  c: \"x \\\"\n\n  y\" # said\nd: 'e\nf'\ng: h\n";
    let tree = parse(Text::of_shared(&Arc::from(source)));
    assert_eq!(tree.errors(), []);
    let root = tree.documents()[0].root.unwrap();
    let a = tree.get(root, "a").unwrap();
    let table = [
        (a, "k", "it's one two: \"three\n# four", "'it''s one\n  two: \"three\n\n  # four'"),
        (a, "c", "x \"\ny", "\"x \\\"\n\n  y\""),
        (root, "d", "e f", "'e\nf'"),
        (root, "g", "h", "h"),
    ];
    for (map, key, value, written) in table {
        let node = tree.get(map, key).unwrap();
        let range = tree.range(node);
        assert_eq!(tree.scalar(node), Some(value), "{key}");
        assert_eq!(&source[range.start as usize..range.end as usize], written, "{key}");
    }
    let said: Vec<&str> =
        tree.comments().iter().map(|one| &source[one.range.start as usize..one.range.end as usize]).collect();
    assert_eq!(said, ["# said"]);
    for wrong in ["a:\n  b: 'c\n  d\n", "a:\n  b: 'c\n  d'\n e: 1\n"] {
        assert!(!parse(Text::of_shared(&Arc::from(wrong))).errors().is_empty(), "{wrong}");
    }
}

#[test]
fn quoted_texts_that_lack_too_much_indentation_are_errors() {
    let read = |source: &str| parse(Text::of_shared(&Arc::from(source)));
    // A marker ends the document wherever it stands.
    for marker in ["---", "...", "--- d"] {
        assert!(!read(&format!("a:\n  b: 'c\n{marker}\n  d'\n")).errors().is_empty(), "{marker}");
    }
    // However many there are, and whatever stands between them.
    let many = "- k: 'a\n  b'\n  l: |\n    c: 'd\n   # e\n- m: >-\n    it's\n".repeat(1_000);
    let tree = read(&many);
    assert_eq!(tree.errors(), []);
    let items = tree.children(tree.documents()[0].root.unwrap()).to_vec();
    let value = |at: usize, key: &str| tree.get(items[at], key).and_then(|node| tree.scalar(node));
    assert_eq!((value(0, "k"), value(0, "l")), (Some("a b"), Some("c: 'd\n")));
    assert_eq!((value(1_998, "k"), value(1_999, "m")), (Some("a b"), Some("it's")));
    // What is put in is counted before it is made.
    let bomb = format!("data:\n{}b: 'x{}'\n", " ".repeat(3_000), "\ny".repeat(30_000));
    assert!(!read(&bomb).errors().is_empty());
    // Nothing is mended of lines that end otherwise.
    assert!(!read("a:\r  b: 'c\r  d'\r").errors().is_empty());
}
