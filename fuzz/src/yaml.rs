//! crates/yaml: trees, nodes, scalars, pointers, files.

use std::sync::Arc;

use mlgitops_yaml::{
    Mode, Node, NodeIndex, Origins, Pointer, Role, Shape, SourceFile, Style, Text, Tree, Value, ambiguity,
    parse, resolve, resolve_key, to_yaml,
};

/// Parses and converts; every span lies in the text, children in parents, siblings in order.
pub(crate) fn tree(input: &[u8]) {
    let Ok(file) = SourceFile::new("f.yaml", input) else { return };
    let mut origins = Origins::default();
    let id = origins.add_file(&Arc::new(file));
    let text = Text::of_file(id, Role::Source, &mut origins);
    let tree = parse(text.clone());
    assert!(tree.len() <= 2 * text.len() + 1, "more nodes than the text pays for");
    for document in tree.documents() {
        let Some(root) = document.root else { continue };
        nested(&tree, root, text.as_str());
        if let Ok(node) = tree.node(root, &mut origins) {
            block_texts(&node, &mut origins);
            let _ = to_yaml(&node, &mut origins);
        }
    }
}

fn nested(tree: &Tree, node: NodeIndex, source: &str) {
    let range = tree.range(node);
    let written = source.get(range.start as usize..range.end as usize).expect("a span is whole characters");
    let mut at = range.start;
    for &child in tree.children(node) {
        let inner = tree.range(child);
        assert!(at <= inner.start, "siblings overlap");
        at = inner.end;
        nested(tree, child, source);
    }
    assert!(at <= range.end, "a child ends behind its parent");
    match tree.shape(node) {
        Shape::Null => assert!(written.is_empty()),
        Shape::Scalar { style: Style::Double, .. } => {
            assert!(written.starts_with('"') && written.ends_with('"'))
        }
        Shape::Scalar { style: Style::Single, .. } => {
            assert!(written.starts_with('\'') && written.ends_with('\''))
        }
        _ => {}
    }
}

/// The text of a scalar is the scalar, whatever runs it is made of, and is parsed in turn.
fn block_texts(node: &Node, origins: &mut Origins) {
    match &node.value {
        Value::Scalar(scalar) => {
            let text = scalar.to_text(node.origin, origins);
            assert_eq!(text.as_str(), &*scalar.text);
            if matches!(scalar.style, Style::Literal | Style::Folded) {
                let inner = parse(text);
                let roots = inner.documents().iter().filter_map(|document| document.root);
                for root in roots {
                    let _ = inner.node(root, origins);
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| block_texts(item, origins)),
        Value::Map(map) => map.iter().for_each(|(_, value)| block_texts(value, origins)),
        Value::Null | Value::Unknown(_) => {}
    }
}

/// Any text as a plain scalar and as a key, with any tag.
pub(crate) fn scalar(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for mode in [Mode::Api, Mode::Kustomize] {
        for tag in [None, Some("int"), Some("float"), Some("binary"), Some("timestamp"), Some("!")] {
            let _ = resolve(text, Style::Plain, tag, mode);
            let _ = resolve_key(text, Style::Plain, tag, mode);
        }
    }
    let _ = ambiguity(text);
}

/// A pointer that is read is printed as it was.
pub(crate) fn pointer(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(pointer) = Pointer::parse(text) {
        assert_eq!(pointer.to_string(), text);
        assert!(pointer.covers(&pointer.key("x")));
    }
}

/// Any bytes as a file: positions grow with offsets and lead back to the stored bytes.
pub(crate) fn source_file(input: &[u8]) {
    let Ok(file) = SourceFile::new("f", input) else { return };
    let end = u32::try_from(file.text().len()).expect("inputs are small");
    assert_eq!(file.raw(end), input.len());
    let mut before = file.position(0);
    for offset in 1..=end {
        let position = file.position(offset);
        assert!(before <= position, "positions go back");
        assert!(position.line <= file.line_count() + 1);
        before = position;
    }
    for line in 0..=file.line_count() + 1 {
        assert!(!file.line(line).contains('\n'));
    }
}
