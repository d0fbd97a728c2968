//! Laws that hold for every text: spans lie where they should, printing and parsing are inverse,
//! and no byte of a slice, a join or a block scalar loses its place.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::ops::Range;
use std::sync::Arc;

use mlgitops_yaml::{
    Mode, NodeIndex, Origins, Pointer, Role, Shape, SourceFile, Style, Text, TextBuilder, Tree, ambiguity,
    from_node, parse, parse_file, resolve, resolve_key,
};
use proptest::prelude::*;
use serde_json::Value as Json;

/// Pieces of YAML, glued at random: most of it is broken, much of it is not.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![
            "a", "b: ", "- ", "c:\n", "  ", "    ", "\n", "\n\n", "\r\n", "\t", "[", "]", "{", "}", ", ", ": ",
            ":", "? ", "'", "\"", "\\", "|\n", ">-\n", "|+2\n", "# comment\n", " #c", "&x ", "*x", "!!str ", "!t ",
            "---\n", "...\n", "%YAML 1.2\n---\n", "<<: ", "~", "1.10", "é", "😀", "\u{feff}", "\u{2028}", "''",
            "\"\"", "{}", "[]", "key: value\n", "- item\n", "  nested: 1\n", "text: |\n  one\n\n  two\n",
            "{{ x }}", "-", "@", "`",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn tree_of(source: &str) -> (Tree, Origins) {
    let mut origins = Origins::default();
    let file = origins.add_file(&Arc::new(SourceFile::of_text("f", source)));
    let text = Text::of_file(file, Role::Source, &mut origins);
    (parse(text), origins)
}

/// The range is made of whole characters of the text.
fn assert_lies_in(source: &str, range: Range<u32>) {
    assert!(source.get(range.start as usize..range.end as usize).is_some(), "{range:?} in {source:?}");
}

fn assert_nested(tree: &Tree, node: NodeIndex, source: &str) {
    let range = tree.range(node);
    assert_lies_in(source, range.clone());
    let mut at = range.start;
    for &child in tree.children(node) {
        let inner = tree.range(child);
        assert!(at <= inner.start, "{inner:?} begins before {at} in {source:?}");
        at = inner.end;
        assert_nested(tree, child, source);
    }
    assert!(at <= range.end, "{range:?} ends before its child at {at} in {source:?}");
    assert_shape(tree, node, source);
}

/// What a scalar's span shows is the scalar.
fn assert_shape(tree: &Tree, node: NodeIndex, source: &str) {
    let range = tree.range(node);
    let written = &source[range.start as usize..range.end as usize];
    let quotes = |quote: char| written.len() >= 2 && written.starts_with(quote) && written.ends_with(quote);
    match tree.shape(node) {
        Shape::Null => assert_eq!(written, "", "{source:?}"),
        Shape::Alias(target) => {
            assert!(written.starts_with('*') && *target < node, "{written:?} in {source:?}");
        }
        Shape::Scalar { style: Style::Single, .. } => assert!(quotes('\''), "{written:?} in {source:?}"),
        Shape::Scalar { style: Style::Double, .. } => assert!(quotes('"'), "{written:?} in {source:?}"),
        Shape::Scalar { style: Style::Plain, .. } if !written.contains(['\n', '\r', '\u{feff}']) => {
            assert_eq!(tree.scalar(node), Some(written), "{source:?}");
        }
        _ => {}
    }
    if tree.is_flow(node) {
        assert!(
            written.starts_with(['[', '{', '?', '-']) || written.contains(':'),
            "{written:?} in {source:?}"
        );
    }
}

fn assert_laws(source: &str) {
    let (tree, mut origins) = tree_of(source);
    // Work is counted, not timed: nothing is made that the text does not pay for.
    assert!(tree.len() <= 2 * source.len() + 1 && tree.documents().len() <= source.len() + 1, "{source:?}");
    let mut at = 0;
    for document in tree.documents() {
        assert_lies_in(source, document.range.clone());
        assert!(at <= document.range.start, "documents overlap in {source:?}");
        at = document.range.end;
        let Some(root) = document.root else { continue };
        assert_nested(&tree, root, source);
        if let Ok(node) = tree.node(root, &mut origins) {
            let _ = from_node::<Json>(&node);
        }
    }
    let mut at = 0;
    for comment in tree.comments() {
        assert_lies_in(source, comment.range.clone());
        assert!(at <= comment.range.start, "comments overlap in {source:?}");
        assert!(source[comment.range.start as usize..].starts_with('#'), "{comment:?} in {source:?}");
        at = comment.range.end;
    }
    for error in tree.errors() {
        assert!(error.at as usize <= source.len() && error.document <= tree.documents().len(), "{source:?}");
    }
}

/// A JSON value with text of any characters, and keys that look like YAML.
fn json() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        prop::sample::select(vec![
            "yes",
            "1.10",
            "~",
            "<<",
            "",
            "- a",
            "a: b",
            "#",
            "\u{feff}x",
            "null",
            "\u{7f}"
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e15..1e15).prop_map(Json::from),
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            prop::collection::vec((text.clone(), inner), 0..8)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// Numbers as the API server has them: what has no fraction is an integer.
fn as_read(value: Json) -> Json {
    match value {
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => Json::from(float as i64),
            _ => Json::Number(number),
        },
        Json::Array(items) => items.into_iter().map(as_read).collect(),
        Json::Object(map) => map.into_iter().map(|(key, value)| (key, as_read(value))).collect(),
        other => other,
    }
}

/// JSON with the characters escaped that YAML does not take as they are.
fn printed(json: &str) -> String {
    let is_plain = |character: char| matches!(character, ' '..='~' | '\n' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..);
    let escaped = |character: char| match is_plain(character) {
        true => character.to_string(),
        false => format!("\\u{:04x}", u32::from(character)),
    };
    json.chars().map(escaped).collect()
}

fn read_back(source: &str) -> Json {
    let (tree, mut origins) = tree_of(source);
    assert_eq!(tree.errors(), [], "{source}");
    let [document] = tree.documents() else { panic!("{} documents in {source}", tree.documents().len()) };
    from_node(&tree.node(document.root.unwrap(), &mut origins).unwrap()).unwrap()
}

/// A text of several files' pieces, as renderers make them, and its origins.
fn pieced() -> impl Strategy<Value = (Text, Origins)> {
    let piece = ("[a-zé😀\n]{0,9}", any::<bool>(), 0_usize..9, 0_usize..9);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| {
        let (mut origins, mut builder) = (Origins::default(), TextBuilder::default());
        for (at, (content, is_file, from, to)) in pieces.iter().enumerate() {
            let file = origins.add_file(&Arc::new(SourceFile::of_text(&at.to_string(), content)));
            let text = Text::of_file(file, Role::Values, &mut origins);
            if *is_file {
                builder.push_part(&text, *from.min(to)..*from.max(to));
            } else {
                let whole = text.runs()[0].origin;
                builder.push_str(content, whole);
            }
        }
        (builder.build(), origins)
    })
}

/// Where each character of a text comes from.
fn places(text: &Text, origins: &mut Origins) -> Vec<String> {
    let string = text.as_str().to_owned();
    let characters =
        string.char_indices().map(|(at, character)| at as u32..(at + character.len_utf8()) as u32);
    characters
        .map(|range| {
            let origin = text.origin(range, origins);
            let spans = origins.content(origin);
            spans.iter().map(|span| format!("{}:{}..{} ", span.file.path(), span.start, span.end)).collect()
        })
        .collect()
}

/// A literal block scalar: its header and lines, as written.
fn literal() -> impl Strategy<Value = String> {
    let line = prop_oneof![4 => "[a-zé:#'\"\\[-]{1,8}( [a-z]{1,4})?", 1 => Just(String::new()), 1 => " {1,4}[a-z]{1,3}"];
    let header = prop::sample::select(vec!["|", "|-", "|+", "| # comment", "|2", "|2-"]);
    let ending = prop::sample::select(vec!["\n", "\r\n"]);
    (header, prop::collection::vec(line, 1..7), ending).prop_map(|(header, mut lines, ending)| {
        // The first line sets the indentation where the header does not.
        lines.insert(0, "first".to_owned());
        let body: String = lines
            .iter()
            .map(|line| if line.is_empty() { ending.to_owned() } else { format!("    {line}{ending}") })
            .collect();
        let header = header.replace('2', "4");
        format!("a: {header}{ending}{body}b: 1{ending}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_lie_in_the_text_and_in_each_other(source in yaml_like()) {
        assert_laws(&source);
    }

    #[test]
    fn any_text_is_parsed(source in any::<String>()) {
        assert_laws(&source);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(file) = SourceFile::new("f", &bytes) {
            let tree = parse_file(&file);
            let end = file.text().len() as u32;
            for error in tree.errors() {
                prop_assert!(file.position(error.at) <= file.position(end));
            }
            prop_assert_eq!(file.raw(end), bytes.len());
        }
    }

    #[test]
    fn json_is_read_back_as_it_was(value in json()) {
        let expected = as_read(value.clone());
        prop_assert_eq!(&read_back(&printed(&value.to_string())), &expected);
        prop_assert_eq!(&read_back(&printed(&serde_json::to_string_pretty(&value).unwrap())), &expected);
        let nested = serde_json::json!({ "a": [value] });
        prop_assert_eq!(&read_back(&printed(&nested.to_string())), &as_read(nested));
    }

    #[test]
    fn a_slice_of_a_slice_is_a_slice((text, mut origins) in pieced(), at in prop::array::uniform4(0_usize..40)) {
        let outer = text.slice(at[0].min(at[1])..at[0].max(at[1]));
        let inner = outer.slice(at[2].min(at[3])..at[2].max(at[3]));
        let start = text.slice(0..at[0].min(at[1])).len();
        let range = start + at[2].min(at[3])..start + at[2].max(at[3]).min(outer.len());
        let same = text.slice(range.start.min(range.end)..range.end);
        prop_assert_eq!(inner.as_str(), same.as_str());
        prop_assert!(inner.is_empty() || inner.runs() == same.runs());
        prop_assert_eq!(places(&inner, &mut origins), places(&same, &mut origins));
    }

    #[test]
    fn what_is_cut_and_joined_is_as_before((text, mut origins) in pieced(), at in 0_usize..60) {
        let mut joined = TextBuilder::default();
        joined.push(&text.slice(0..at));
        joined.push(&text.slice(text.slice(0..at).len()..text.len()));
        let joined = joined.build();
        prop_assert_eq!(joined.as_str(), text.as_str());
        prop_assert_eq!(places(&joined, &mut origins), places(&text, &mut origins));
    }

    #[test]
    fn every_byte_of_a_literal_block_is_a_byte_of_the_file(source in literal()) {
        let (tree, mut origins) = tree_of(&source);
        prop_assert_eq!(tree.errors(), []);
        let node = tree.node(tree.documents()[0].root.unwrap(), &mut origins).unwrap();
        let block = node.at(&Pointer::of(&["a"])).present().unwrap();
        let text = block.as_scalar().unwrap().to_text(block.origin, &mut origins);
        prop_assert_eq!(text.as_str(), &*block.as_scalar().unwrap().text);
        let content = text.as_str().to_owned();
        for (at, character) in content.char_indices().filter(|(_, character)| *character != '\n') {
            let origin = text.origin(at as u32..(at + character.len_utf8()) as u32, &mut origins);
            let span = origins.first(origin).unwrap();
            prop_assert_eq!(&source[span.start as usize..span.end as usize], character.to_string());
        }
    }

    #[test]
    fn scalars_and_pointers_take_any_text(text in prop_oneof![any::<String>(), "[-+0-9eExXoObB_.:TZ /]{0,14}"]) {
        for mode in [Mode::Api, Mode::Kustomize] {
            for tag in [None, Some("int"), Some("float"), Some("binary"), Some("timestamp"), Some("!")] {
                let _ = resolve(&text, Style::Plain, tag, mode);
                let _ = resolve_key(&text, Style::Plain, tag, mode);
            }
        }
        let _ = ambiguity(&text);
        if let Ok(pointer) = Pointer::parse(&text) {
            prop_assert_eq!(pointer.to_string(), text);
        }
    }
}
