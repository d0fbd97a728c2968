//! Trees against the events of `saphyr-parser`, an independent reader of YAML 1.2: over every YAML
//! and JSON file beside the project, and over small texts that try one thing each.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mlgitops_yaml::{NodeIndex, Shape, SourceFile, Text, Tree, parse};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

/// One line a node, parents before children: what both readers must agree on. An alias shows how
/// many nodes of the text stand before its target.
type Documents = Vec<String>;

fn ours(tree: &Tree) -> (Documents, bool) {
    let first_error = tree.errors().iter().map(|error| error.document).min();
    let readable = first_error.unwrap_or(usize::MAX);
    let documents = tree.documents().iter().take(readable).filter_map(|document| document.root);
    let documents = documents.map(|root| {
        let mut lines = String::new();
        print(tree, root, 0, &mut lines);
        lines
    });
    (documents.collect(), first_error.is_some())
}

fn print(tree: &Tree, node: NodeIndex, depth: usize, lines: &mut String) {
    let indent = "  ".repeat(depth);
    let tag = match tree.tag(node) {
        None => String::new(),
        Some(tag) if tag.starts_with('!') => " <other>".to_owned(),
        Some(tag) => format!(" <{tag}>"),
    };
    match tree.shape(node) {
        Shape::Null => writeln!(lines, "{indent}null").unwrap(),
        Shape::Alias(target) => writeln!(lines, "{indent}*{}", ordinal(*target)).unwrap(),
        Shape::Scalar { style, .. } => {
            writeln!(lines, "{indent}{style:?}{tag} {:?}", tree.scalar(node).unwrap()).unwrap();
        }
        Shape::Sequence => writeln!(lines, "{indent}sequence{tag}").unwrap(),
        Shape::Map => writeln!(lines, "{indent}map{tag}").unwrap(),
    }
    for &child in tree.children(node) {
        print(tree, child, depth + 1, lines);
    }
}

fn ordinal(node: NodeIndex) -> usize {
    let shown = format!("{node:?}");
    shown.trim_start_matches("NodeIndex(").trim_end_matches(')').parse().unwrap()
}

/// The same of saphyr, and the words of the error that stopped it.
fn theirs(source: &str) -> (Documents, Option<String>) {
    let (mut documents, mut lines, mut depth, mut count) = (Vec::new(), String::new(), 0_usize, 0_usize);
    let mut anchors = HashMap::new();
    for event in Parser::new_from_str(source) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => return (documents, Some(error.info().to_owned())),
        };
        let indent = "  ".repeat(depth);
        let mut anchor = |id: usize| {
            if id != 0 {
                anchors.insert(id, count);
            }
            count += 1;
        };
        match event {
            Event::DocumentEnd => documents.push(std::mem::take(&mut lines)),
            Event::Scalar(value, style, id, found) => {
                anchor(id);
                writeln!(lines, "{indent}{}", scalar(&value, style, found.as_deref(), &span)).unwrap();
            }
            Event::SequenceStart(id, found) => {
                anchor(id);
                writeln!(lines, "{indent}sequence{}", tag(found.as_deref())).unwrap();
                depth += 1;
            }
            Event::MappingStart(id, found) => {
                anchor(id);
                writeln!(lines, "{indent}map{}", tag(found.as_deref())).unwrap();
                depth += 1;
            }
            Event::SequenceEnd | Event::MappingEnd => depth -= 1,
            Event::Alias(id) => {
                count += 1;
                writeln!(lines, "{indent}*{}", anchors[&id]).unwrap();
            }
            _ => {}
        }
    }
    (documents, None)
}

fn scalar(value: &str, style: ScalarStyle, found: Option<&Tag>, span: &Span) -> String {
    let is_made = style == ScalarStyle::Plain && value == "~" && span.start == span.end;
    let value = if is_made { "" } else { value };
    if style == ScalarStyle::Plain && value.is_empty() && found.is_none() {
        return "null".to_owned();
    }
    let style = match style {
        ScalarStyle::Plain => "Plain",
        ScalarStyle::SingleQuoted => "Single",
        ScalarStyle::DoubleQuoted => "Double",
        ScalarStyle::Literal => "Literal",
        ScalarStyle::Folded => "Folded",
    };
    format!("{style}{} {value:?}", tag(found))
}

fn tag(tag: Option<&Tag>) -> String {
    let Some(Tag { handle, suffix }) = tag else { return String::new() };
    match format!("{handle}{suffix}").strip_prefix("tag:yaml.org,2002:") {
        Some(core) => format!(" <{core}>"),
        None => " <other>".to_owned(),
    }
}

/// What the two disagree about; saphyr stops at its first error, so only what is before counts.
fn difference(source: &str) -> Option<String> {
    let tree = parse(Text::of_shared(&source.into()));
    let (ours, failed) = ours(&tree);
    let (theirs, error) = theirs(source);
    if failed != error.is_some() {
        return Some(format!("ours: {:?}\ntheirs: {error:?}", tree.errors()));
    }
    (ours != theirs).then(|| format!("ours:\n{}theirs:\n{}", ours.join("---\n"), theirs.join("---\n")))
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let is_yaml =
            ["yaml", "yml", "json"].iter().any(|&end| path.extension().is_some_and(|have| have == end));
        if path.is_dir() && !path.ends_with(".git") {
            files_below(&path, found);
        } else if is_yaml {
            found.push(path);
        }
    }
}

/// `../shared` is there while the project is built, and not in every clone; `fixtures` is.
#[test]
fn every_file_at_hand_is_read_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["fixtures", "../shared", "rules"] {
        files_below(&root.join(folder), &mut files);
    }
    for path in files {
        let Ok(file) = SourceFile::new("f", &std::fs::read(&path).unwrap()) else { continue };
        if let Some(difference) = difference(file.text()) {
            panic!("{}\n{difference}", path.display());
        }
    }
}

#[test]
fn every_small_text_is_read_alike() {
    let differences: String = SMALL
        .iter()
        .filter_map(|&text| difference(text).map(|found| format!("{text:?}\n{found}\n")))
        .collect();
    assert_eq!(differences, "");
}

/// Where the two differ, ours is what Go does or the specification says.
#[test]
fn the_known_differences_are_these() {
    for (text, we_read_it, why) in [
        ("a: [1,\n2]\n", true, "Go reads a flow collection that goes on at column 0"),
        ("a:\tb\n", true, "Go takes a tab behind a colon"),
        ("a: \"\\ud83d\\ude00\"\n", true, "JSON writes characters above U+FFFF so, though Go refuses it"),
        ("--- &x a\n--- *x\n", false, "an anchor ends with its document"),
        ("a: \u{7}\n", false, "Go refuses control characters"),
        ("a: \"\u{1}\"\n", false, "Go refuses control characters"),
    ] {
        let tree = parse(Text::of_shared(&text.into()));
        assert_eq!(tree.errors().is_empty(), we_read_it, "{text:?}: {why}");
        assert!(difference(text).is_some(), "{text:?}: no difference any more");
    }
}

/// Each tries one thing: structure, styles, properties, documents, white space, and what is wrong.
const SMALL: &[&str] = &[
    "",
    "\n",
    "# only a comment",
    "# one\n\n# two\n",
    "---\n",
    "---\n# c\n",
    "---\n---\n",
    "...\n",
    "---\n...\n---\n",
    "a\n...\n# c\n...\nb\n",
    "--- a\n--- b\n",
    "--- |\n text\n--- >\n folded\n",
    "---\ta\n",
    "a\n---b\n",
    "%YAML 1.2\n---\na: 1\n",
    "%YAML 1.1\n---\na: yes\n...\n%YAML 1.2\n---\nb\n",
    "%TAG !e! tag:example.com,2000:\n---\n!e!x a\n",
    "%TAG ! tag:example.com,2000:\n---\n!x a\n",
    "%TAG !! tag:example.com,2000:\n---\n!!int 5\n",
    "%RESERVED x\n---\na\n",
    "%YAML 1.2\na: 1\n",
    "%YAML 1.2\n%YAML 1.2\n---\na\n",
    "a: 1\n%YAML 1.2\n",
    "a: b",
    "a: b: c",
    "a:\n  b: c\n d: e\n",
    "a:\n- b\n- c\nd: e\n",
    "a:\n  - b\n  - - c\n    - d\n",
    "- a: 1\n  b: 2\n-\n  c: 3\n-\n- d\n",
    "- - - x\n",
    "-\n-\n  - \n",
    "a:\nb:\n",
    "a: # c\n  b # d\n",
    "a: b #c\n",
    "a: b#c\n",
    "a: 'b' #c\n",
    "a: 'b'#c\n",
    "#a: b\nc: d\n",
    "a: 1 # x\n# y\nb: 2\n",
    "a:\n  # inside\n  b: 1\n# out\nc: 2\n",
    "- a\n  # deeper\n- b\n",
    "- a\n   # comment after a plain scalar\n- b\n",
    "a: one\n  two\n\n  three\n",
    "a: one\n  # no\n  two\n",
    "one\ntwo\n\n\nthree",
    "a: 'it''s'\n",
    "a: 'one\n  two\n\n  three '\n",
    "a: \"x\\ty\\u00e9\\U0001F600\\x41\\/\\\\\"\n",
    "a: \"\\q\"\n",
    "a: \"one\n  two \\\n  three\\\n   \\ four\n\n  five\"\n",
    "\"a\": 1\n'b': 2\n",
    "\"a\":1\n",
    "{\"a\":1,b: 2,c:3}\n",
    "{a, b: , ? c : d, ? e}\n",
    "[a, [b, {c: d}], ]\n",
    "[a, , b]\n",
    "[a: b, c]\n",
    "[? a : b]\n",
    "{a: [1, 2\n, 3], b:\n {c: d}}\n",
    "[a, b\n",
    "[a]]\n",
    "{a: 1}}\n",
    "[a}\n",
    "{a: b}: c\n",
    "[a, b]: c\n",
    "? a\n: b\n? c\n",
    "? [a, b]\n: {c: d}\n",
    "? - a\n  - b\n: - c\n",
    "? a: 1\n  b: 2\n: c\n",
    "? |\n  key\n: value\n",
    ": a\n",
    "- : a\n",
    "a: |\n  one\n   two\n\n  three\n\n\nb: 1\n",
    "a: |-\n  one\n\nb: >-\n  two\n  three\n\n   four\n  five\n",
    "a: |+\n  one\n\n\nb: >+\n  two\n\n\n",
    "a: |2\n   one\n  two\n",
    "a: |1-\n  one\n",
    "a: |0\n  one\n",
    "a: |\n\tone\n",
    "a: |\n",
    "a: |\nb: >\n",
    "a: |  # comment\n  text # not\n",
    "a: |x\n  text\n",
    "a: >\n\n  one\n\n  two\n  \tthree\n",
    "- |\n one\n- >\n two\n",
    "a: |\n  x\n y: 1\n",
    "a: |\r\n  one\r\n  two\r\nb: c\r\n",
    "a: b\r\nc:\r\n  - d\r\n",
    "a: b\rc: d\r",
    "a: \"one\r\n  two\"\r\n",
    "a: b\t# c\n",
    "\ta: b\n",
    "a:\n\tb: c\n",
    "a:\n  b: c\n\td: e\n",
    "-\ta\n",
    "- \t- a\n",
    "[\ta,\tb\t]\n",
    "{\n\t\"a\": 1\n}\n",
    "a: b \t\n",
    "&a a: &b b\nc: *a\nd: *b\n",
    "a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n",
    "a: &x\n  b: 1\nc: *x\n",
    "&x\na: 1\n",
    "a: &x\nb: *x\n",
    "a: &x !!str 5\nb: !!int &y 6\nc: [*x, *y]\n",
    "*a : 1\n",
    "a: *b\n",
    "a: *x\nb: &x 1\n",
    "a: & b\n",
    "a: &x *y\n",
    "a: &x &y b\n",
    "a: &anchor-with-signs_1 b\nc: *anchor-with-signs_1\n",
    "[&a a, &b b, *a, *b]\n",
    "{*a : 1}\n",
    "!!map {a: !!seq [b, !!null ]}\n",
    "!local a\n",
    "! a\n",
    "!<tag:example.com,2000:x> a\n",
    "!<tag:yaml.org,2002:str> 5\n",
    "!e!x a\n",
    "a: !!binary aGVsbG8=\n",
    "!!set {a, b}\n",
    "a: !!str\nb: !!null\n",
    "- !!str\n- !!int 5\n- !x\n",
    "<<: {a: 1}\n",
    "a: <<\n",
    "a: @b\n",
    "a: `b`\n",
    "a: %b\n",
    "a: -\n",
    "a: - b\n",
    "a: ?\n",
    "a: ? b\n",
    "a: -b\nc: ?d\ne: :f\n",
    "a: b:\n",
    "a: http://x:80/y\n",
    "a:b: c\n",
    "a : b\n",
    "a: {b: c}d\n",
    "a: 'b' c\n",
    "a: [b]c\n",
    "'a'\n'b'\n",
    "a\nb: c\n",
    "a: b\nc\n",
    "a: 1\n- b\n",
    "- a\nb: 1\n",
    "é: ü\n日本: \"😀\"\n",
    "\u{feff}a: 1\n",
    "a: \u{feff}b\n",
    "a: b\u{85}c\n",
    "a: b\u{2028}c\n",
    "{{ .Values.x }}\n",
    "a: {{ .Values.x }}\n",
    "a: \"{{ .Values.x }}\"\n",
    "{{- if .Values.x }}\na: 1\n{{- end }}\n",
    "${{ values.name }}: 1\n",
];
