//! Kubernetes' own definitions: named, linked by reference, and some of them recursive.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::graph::{self, Edge, Graph, Kind, NodeId, Shape};
use super::{Failure, known, member, object, sorted, string, strings};

const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";

/// Adds every kind of the file and what it reaches; gives back the node of ObjectMeta.
pub(crate) fn add(graph: &mut Graph, file: &Map<String, Value>) -> Result<NodeId, Failure> {
    known(file, &["definitions", "release"])?;
    let release = graph.release(string(member(file, "release")?)?)?;
    let definitions = object(member(file, "definitions")?)?;
    let recursive = recursive(definitions);
    let mut reader = Definitions { graph, definitions, recursive, done: BTreeMap::new() };
    for (name, definition) in definitions {
        let Some(gvk) = definition.get("gvk") else { continue };
        let node = reader.definition(name)?;
        for id in strings(gvk)? {
            let (api_version, kind) = id.rsplit_once('/').ok_or("a gvk is group/version/Kind")?;
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            let (group, kind, version) = (group.to_owned(), kind.to_owned(), version.to_owned());
            reader.graph.kinds.insert(Kind { group, kind, version, first: release, last: release, node });
        }
    }
    reader.definition(METADATA)
}

struct Definitions<'g> {
    graph: &'g mut Graph,
    definitions: &'g Map<String, Value>,
    recursive: BTreeSet<&'g str>,
    done: BTreeMap<String, NodeId>,
}

impl Definitions<'_> {
    /// A definition's node. Recursion ends: a definition that reaches itself has its id before its
    /// fields are read, and the others form no cycle.
    fn definition(&mut self, name: &str) -> Result<NodeId, Failure> {
        if let Some(&id) = self.done.get(name) {
            return Ok(id);
        }
        let definition = object(member(self.definitions, name)?)?;
        let reserved = if self.recursive.contains(name) { Some(self.graph.reserve()?) } else { None };
        if let Some(id) = reserved {
            self.done.insert(name.to_owned(), id);
        }
        let shape = self.shape(name, definition)?;
        let id = match reserved {
            Some(id) => {
                self.graph.fill(id, shape);
                id
            }
            None => self.graph.node(shape)?,
        };
        self.done.insert(name.to_owned(), id);
        Ok(id)
    }

    fn shape(&mut self, name: &str, definition: &Map<String, Value>) -> Result<Shape, Failure> {
        known(definition, &["fields", "required", "gvk", "type"])?;
        if let Some(named) = definition.get("type") {
            return opaque(name, string(named)?);
        }
        let mut fields = Vec::new();
        for (name, field) in object(member(definition, "fields")?)? {
            fields.push(self.edge(name, object(field)?)?);
        }
        fields.sort();
        let required = definition.get("required").map_or(Ok(Vec::new()), strings)?;
        Ok(Shape { kind: graph::OBJECT, fields, required: sorted(required), ..Shape::default() })
    }

    fn edge(&mut self, name: &str, field: &Map<String, Value>) -> Result<Edge, Failure> {
        known(field, &["ref", "type", "items", "values", "patchStrategy", "patchMergeKey"])?;
        let text = |key| field.get(key).map_or(Ok(""), string);
        let patch = self.graph.patch(text("patchStrategy")?, text("patchMergeKey")?)?;
        let node = match field.get("ref") {
            Some(name) => self.definition(string(name)?)?,
            None => self.inline(field)?,
        };
        Ok(Edge { name: name.to_owned(), node, since: 0, until: 0, patch })
    }

    fn inline(&mut self, field: &Map<String, Value>) -> Result<NodeId, Failure> {
        let items = field.get("items").map(|name| self.named(string(name)?)).transpose()?;
        let values = field.get("values").map(|name| self.named(string(name)?)).transpose()?;
        let kind =
            if values.is_some() { graph::MAP } else { graph::kind_of(string(member(field, "type")?)?)? };
        self.graph.node(Shape { kind, items, values, ..Shape::default() })
    }

    /// The node of a definition's name or of a plain type's.
    fn named(&mut self, name: &str) -> Result<NodeId, Failure> {
        if self.definitions.contains_key(name) {
            return self.definition(name);
        }
        self.graph.node(Shape { kind: graph::kind_of(name)?, ..Shape::default() })
    }
}

/// A definition without fields. An object among them (RawExtension, FieldsV1) keeps what it is
/// given. A Quantity is written as text in the schema, but its decoder takes numbers too
/// (`k8s.io/apimachinery pkg/api/resource/quantity.go`, UnmarshalJSON).
fn opaque(name: &str, named: &str) -> Result<Shape, Failure> {
    let shape = Shape::default();
    Ok(match (name, named) {
        (QUANTITY, _) => Shape { kind: graph::INT_OR_STRING, format: Some("quantity".into()), ..shape },
        (_, "date-time") => Shape { kind: graph::STRING, format: Some("date-time".into()), ..shape },
        (_, "object") => Shape { kind: graph::OBJECT, open: true, ..shape },
        (_, named) => Shape { kind: graph::kind_of(named)?, ..shape },
    })
}

/// The definitions that reach themselves.
fn recursive(definitions: &Map<String, Value>) -> BTreeSet<&str> {
    let reaches_itself = |start: &str| {
        let mut seen = BTreeSet::new();
        let mut next = links(definitions, start);
        while let Some(name) = next.pop() {
            if name == start {
                return true;
            }
            if seen.insert(name) {
                next.extend(links(definitions, name));
            }
        }
        false
    };
    definitions.keys().map(String::as_str).filter(|name| reaches_itself(name)).collect()
}

fn links<'v>(definitions: &'v Map<String, Value>, name: &str) -> Vec<&'v str> {
    let fields = definitions.get(name).and_then(|definition| definition.get("fields")?.as_object());
    let fields = fields.into_iter().flat_map(Map::values);
    fields
        .flat_map(|field| ["ref", "items", "values"].map(|key| field.get(key)?.as_str()))
        .flatten()
        .collect()
}
