//! Writes the graph as the blob `crates/manifest/src/fields/blob.rs` describes.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::graph::{Graph, Shape};

/// The bytes of the blob.
pub(crate) fn encode(graph: &Graph) -> Result<Vec<u8>, Failure> {
    let strings = Strings::of(graph)?;
    let mut sections = Sections::default();
    strings.write(&mut sections)?;
    for release in &graph.releases {
        sections.releases.extend(release.0.iter().flat_map(|part| part.to_le_bytes()));
    }
    for (strategy, key) in &graph.patches {
        put_u16(&mut sections.patches, strings.id(strategy)?);
        put_u16(&mut sections.patches, strings.id(key)?);
    }
    for shape in &graph.nodes {
        put_u32(&mut sections.node_index, sections.nodes.len())?;
        node(&mut sections.nodes, shape, &strings)?;
    }
    for kind in &graph.kinds {
        for text in [&kind.group, &kind.kind, &kind.version] {
            put_u16(&mut sections.kinds, strings.id(text)?);
        }
        sections.kinds.extend([kind.first, kind.last]);
        put_u16(&mut sections.kinds, kind.node);
    }
    sections.join()
}

/// Every string once, sorted, so that the blob does not depend on the order of discovery.
struct Strings<'g>(BTreeMap<&'g str, u16>);

impl<'g> Strings<'g> {
    fn of(graph: &'g Graph) -> Result<Self, Failure> {
        let mut all = BTreeSet::new();
        for shape in &graph.nodes {
            all.extend(shape.fields.iter().map(|field| field.name.as_str()));
            all.extend(
                [&shape.required, &shape.choices, &shape.list_keys].into_iter().flatten().map(String::as_str),
            );
            all.extend(
                [&shape.pattern, &shape.format, &shape.default].into_iter().flatten().map(String::as_str),
            );
        }
        for kind in &graph.kinds {
            all.extend([kind.group.as_str(), kind.kind.as_str(), kind.version.as_str()]);
        }
        all.extend(graph.patches.iter().flat_map(|(strategy, key)| [strategy.as_str(), key.as_str()]));
        let ids = all.into_iter().enumerate().map(|(id, text)| Ok((text, u16::try_from(id)?)));
        Ok(Self(ids.collect::<Result<_, Failure>>()?))
    }

    fn id(&self, text: &str) -> Result<u16, Failure> {
        self.0.get(text).copied().ok_or_else(|| format!("`{text}` was not collected").into())
    }

    fn write(&self, sections: &mut Sections) -> Result<(), Failure> {
        for text in self.0.keys() {
            put_u32(&mut sections.string_index, sections.strings.len())?;
            put_u16(&mut sections.strings, u16::try_from(text.len())?);
            sections.strings.extend(text.as_bytes());
        }
        Ok(())
    }
}

fn node(into: &mut Vec<u8>, shape: &Shape, strings: &Strings<'_>) -> Result<(), Failure> {
    let texts = [&shape.pattern, &shape.format, &shape.default];
    let lists = [&shape.required, &shape.choices, &shape.list_keys];
    let lengths = [shape.min_length, shape.max_length, shape.min_items];
    let present = [!shape.fields.is_empty(), shape.items.is_some(), shape.values.is_some()]
        .into_iter()
        .chain(lists.map(|list| !list.is_empty()))
        .chain(texts.map(Option::is_some))
        .chain([shape.minimum.is_some(), shape.maximum.is_some()])
        .chain(lengths.map(|length| length.is_some()))
        .chain([shape.open]);
    let flags = present.enumerate().fold(0_u16, |flags, (bit, is)| flags | (u16::from(is) << bit));
    into.push(shape.kind);
    put_u16(into, flags);
    if !shape.fields.is_empty() {
        put_u16(into, u16::try_from(shape.fields.len())?);
    }
    for field in &shape.fields {
        into.extend(field.name.bytes().chain([0, 0]).take(2));
        put_u16(into, strings.id(&field.name)?);
        put_u16(into, field.node);
        into.extend([field.since, field.until, field.patch]);
    }
    [shape.items, shape.values].into_iter().flatten().for_each(|child| put_u16(into, child));
    for list in lists.into_iter().filter(|list| !list.is_empty()) {
        into.push(u8::try_from(list.len())?);
        for text in list {
            put_u16(into, strings.id(text)?);
        }
    }
    for text in texts.into_iter().flatten() {
        put_u16(into, strings.id(text)?);
    }
    [shape.minimum, shape.maximum].into_iter().flatten().for_each(|bound| into.extend(bound.to_le_bytes()));
    lengths.into_iter().flatten().for_each(|length| into.extend(length.to_le_bytes()));
    Ok(())
}

/// The parts of the blob, in its order.
#[derive(Default)]
struct Sections {
    string_index: Vec<u8>,
    strings: Vec<u8>,
    releases: Vec<u8>,
    patches: Vec<u8>,
    node_index: Vec<u8>,
    nodes: Vec<u8>,
    kinds: Vec<u8>,
}

impl Sections {
    fn join(self) -> Result<Vec<u8>, Failure> {
        let parts = [
            self.string_index,
            self.strings,
            self.releases,
            self.patches,
            self.node_index,
            self.nodes,
            self.kinds,
        ];
        let mut blob = b"FLD1".to_vec();
        let mut at = blob.len() + 4 * (parts.len() + 1);
        put_u32(&mut blob, at)?;
        for part in &parts {
            at += part.len();
            put_u32(&mut blob, at)?;
        }
        blob.extend(parts.into_iter().flatten());
        Ok(blob)
    }
}

fn put_u16(into: &mut Vec<u8>, value: u16) {
    into.extend(value.to_le_bytes());
}

fn put_u32(into: &mut Vec<u8>, value: usize) -> Result<(), Failure> {
    into.extend(u32::try_from(value)?.to_le_bytes());
    Ok(())
}
