//! What `$ref` and its kin name inside one schema file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_yaml::{Node, Value};

/// Which version of JSON Schema a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    V4,
    V6,
    V7,
    V2019,
    V2020,
}

/// Where a reference leads.
pub(super) enum Target<'s> {
    /// To a schema of the file.
    Here(&'s Node),
    /// To another file or server.
    Elsewhere,
    /// Nowhere: the file has nothing of the name.
    Nowhere,
}

/// The address Helm gives to the file.
const BASE: &str = "file:///values.schema.json";

/// A schema file, and the addresses inside it.
pub(super) struct Schemas<'s> {
    pub(super) root: &'s Node,
    pub(super) draft: Draft,
    /// Schemas by `$id`, and by `$id#anchor`.
    named: BTreeMap<String, &'s Node>,
    /// The base address of each schema that has one of its own, by its place in memory.
    bases: BTreeMap<usize, String>,
    /// The entries of large maps by name: a search from the start for each of them takes their
    /// square.
    indexes: RefCell<BTreeMap<usize, Arc<Index<'s>>>>,
}

type Index<'s> = BTreeMap<&'s str, &'s Node>;

/// Maps up to here are searched from the start.
const SMALL: usize = 32;

/// A schema's identity, while the file is borrowed.
pub(super) fn identity(schema: &Node) -> usize {
    std::ptr::from_ref(schema) as usize
}

impl<'s> Schemas<'s> {
    /// Reads the addresses of a file.
    pub(super) fn new(root: &'s Node) -> Self {
        let draft = match root.get("$schema").text().unwrap_or("").trim_end_matches('#') {
            word if word.contains("draft-04") => Draft::V4,
            word if word.contains("draft-06") => Draft::V6,
            word if word.contains("draft-07") => Draft::V7,
            word if word.contains("2019-09") => Draft::V2019,
            _ => Draft::V2020,
        };
        let mut schemas =
            Self { root, draft, named: BTreeMap::new(), bases: BTreeMap::new(), indexes: RefCell::default() };
        schemas.named.insert(BASE.to_owned(), root);
        schemas.collect(root, BASE);
        schemas
    }

    fn collect(&mut self, node: &'s Node, base: &str) {
        let mut base = base.to_owned();
        let keyword = if self.draft == Draft::V4 { "id" } else { "$id" };
        if let Some(id) = node.get(keyword).text() {
            let (address, anchor) = id.split_once('#').unwrap_or((id, ""));
            if !address.is_empty() {
                base = joined(&base, address);
                self.named.insert(base.clone(), node);
            }
            if !anchor.is_empty() {
                self.named.insert(format!("{base}#{anchor}"), node);
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = node.get(keyword).text() {
                self.named.insert(format!("{base}#{anchor}"), node);
            }
        }
        if base != BASE {
            self.bases.insert(identity(node), base.clone());
        }
        match &node.value {
            Value::Map(map) => map.iter().for_each(|(_, value)| self.collect(value, &base)),
            Value::Sequence(items) => items.iter().for_each(|item| self.collect(item, &base)),
            _ => {}
        }
    }

    /// The entry of a map of the file.
    pub(super) fn entry(&self, node: &'s Node, name: &str) -> Option<&'s Node> {
        let map = node.as_map()?;
        if map.len() <= SMALL {
            return map.get(name);
        }
        let known = self.indexes.borrow().get(&identity(node)).cloned();
        let index = known.unwrap_or_else(|| {
            let made: Arc<Index<'s>> = Arc::new(map.iter().map(|(key, value)| (key.name(), value)).collect());
            self.indexes.borrow_mut().insert(identity(node), Arc::clone(&made));
            made
        });
        index.get(name).copied()
    }

    /// The schema a reference in another schema names.
    pub(super) fn find(&self, from: &Node, reference: &str) -> Target<'s> {
        let base = self.bases.get(&identity(from)).map_or(BASE, String::as_str);
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let address = if address.is_empty() { base.to_owned() } else { joined(base, address) };
        let Some(resource) = self.named.get(&address) else { return Target::Elsewhere };
        let fragment = unescaped(fragment);
        if fragment.is_empty() {
            return Target::Here(resource);
        }
        let found = match fragment.strip_prefix('/') {
            Some(pointer) => self.at(resource, pointer),
            None => self.named.get(&format!("{address}#{fragment}")).copied(),
        };
        found.map_or(Target::Nowhere, Target::Here)
    }

    /// The node at a JSON pointer, without its first `/`.
    fn at(&self, from: &'s Node, pointer: &str) -> Option<&'s Node> {
        let mut node = from;
        for step in pointer.split('/') {
            let step = step.replace("~1", "/").replace("~0", "~");
            node = match &node.value {
                Value::Map(_) => self.entry(node, &step)?,
                Value::Sequence(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }
}

/// A fragment with `%2F` and its like read.
fn unescaped(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or(&[]);
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An address relative to another (RFC 3986, as far as files and servers go).
fn joined(base: &str, address: &str) -> String {
    let is_whole = address.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    });
    if is_whole {
        return address.to_owned();
    }
    let authority = base.find("://").map_or(0, |at| at + 3);
    let path = base.get(authority..).and_then(|rest| rest.find('/')).map_or(base.len(), |at| authority + at);
    if address.starts_with('/') {
        return format!("{}{address}", base.get(..path).unwrap_or(base));
    }
    let folder = base.rfind('/').filter(|&at| at >= path).map_or(base.len(), |at| at + 1);
    let address = address.strip_prefix("./").unwrap_or(address);
    format!("{}{address}", base.get(..folder).unwrap_or(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let table = [
            ("http://a/b/c.json", "d.json", "http://a/b/d.json"),
            ("http://a/b/c.json", "/d.json", "http://a/d.json"),
            ("http://a/b/c.json", "https://x/y", "https://x/y"),
            (BASE, "other.json", "file:///other.json"),
        ];
        for (base, address, wanted) in table {
            assert_eq!(joined(base, address), wanted);
        }
        assert_eq!(unescaped("/a%2Fb%"), "/a/b%");
    }
}
