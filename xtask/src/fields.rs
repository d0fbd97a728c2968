//! `cargo xtask fields`: turns the published schemas into the one blob of field tables.
//!
//! The source folder's own `README.md` describes what is read. What is written is described where
//! it is read again, `crates/manifest/src/fields/blob.rs`. Nothing of the source is dropped but the
//! Kubernetes definitions that no kind reaches; an attribute this file does not know is an error,
//! so that a richer source never loses anything in silence.

mod corrections;
mod encode;
mod graph;
mod kubernetes;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use graph::{Edge, Graph, Kind, NodeId, Release, Shape};

/// What every step here fails with: a line for the person at the terminal.
pub(crate) type Failure = Box<dyn Error>;

/// The contract of `design.md`: the blob stays under 400 kB.
const LIMIT: usize = 400_000;

/// Writes `crates/manifest/data/fields.bin` and says how large it became.
pub(crate) fn run(args: &[String]) -> Result<String, Failure> {
    let from = match args {
        [] => schemas(),
        [flag, path] if flag == "--from" => PathBuf::from(path),
        _ => return Err("usage: cargo xtask fields [--from FOLDER]".into()),
    };
    let graph = read(&from)?;
    let blob = encode::encode(&graph)?;
    if blob.len() >= LIMIT {
        return Err(format!("the blob has {} bytes, {LIMIT} are allowed", blob.len()).into());
    }
    let to = root().join("crates/manifest/data/fields.bin");
    fs::write(&to, &blob)?;
    Ok(format!("{} kinds in {} nodes, {} bytes", graph.kinds.len(), graph.nodes.len(), blob.len()))
}

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the schemas lie beside a checkout.
fn schemas() -> PathBuf {
    root().join("../shared/schemas")
}

/// Reads every table of a folder, in the order of the file names.
fn read(folder: &Path) -> Result<Graph, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    let (core, crds): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|path| path.ends_with("kubernetes.json"));
    let core = core.first().ok_or("there is no kubernetes.json")?;
    let core = parse(core)?;
    let mut crds = crds.iter().map(|path| parse(path)).collect::<Result<Vec<_>, _>>()?;
    crds.iter_mut().try_for_each(corrections::correct)?;

    let mut releases = BTreeSet::new();
    crds.iter().chain([&core]).try_for_each(|file| collect_releases(file, &mut releases))?;
    let mut graph = Graph::new(releases);
    let metadata = kubernetes::add(&mut graph, object(&core)?)?;
    for file in &crds {
        let mut reader = Reader { graph: &mut graph, metadata };
        reader.file(object(file)?)?;
    }
    Ok(graph)
}

fn parse(path: &Path) -> Result<Value, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Every release a file names, so that releases are numbered in their order before any node is built.
fn collect_releases(value: &Value, into: &mut BTreeSet<Release>) -> Result<(), Failure> {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("since" | "until" | "release", Value::String(text)) => {
                        into.insert(Release::parse(text)?);
                    }
                    ("releases", Value::Array(ends)) => {
                        for end in ends {
                            into.insert(Release::parse(string(end)?)?);
                        }
                    }
                    _ => collect_releases(value, into)?,
                }
            }
        }
        Value::Array(items) => items.iter().try_for_each(|item| collect_releases(item, into))?,
        _ => {}
    }
    Ok(())
}

/// Reads one custom resource's file into the graph.
struct Reader<'g> {
    graph: &'g mut Graph,
    metadata: NodeId,
}

/// The releases a level inherits from the field it stands in, as indices; 0 is none.
#[derive(Clone, Copy)]
struct Span {
    since: u8,
    until: u8,
}

impl Reader<'_> {
    fn file(&mut self, file: &Map<String, Value>) -> Result<(), Failure> {
        known(file, &["group", "kind", "releases", "versions"])?;
        let (group, kind) = (string(member(file, "group")?)?, string(member(file, "kind")?)?);
        let [first, last] = array(member(file, "releases")?)?.as_slice() else {
            return Err(format!("{kind}: `releases` is not [first, last]").into());
        };
        let first = self.graph.release(string(first)?)?;
        let last = self.graph.release(string(last)?)?;
        for (version, node) in object(member(file, "versions")?)? {
            let node = self.kind_root(object(node)?)?;
            let (group, kind, version) = (group.to_owned(), kind.to_owned(), version.clone());
            self.graph.kinds.insert(Kind { group, kind, version, first, last, node });
        }
        Ok(())
    }

    /// A kind's root: `metadata`, which a CRD leaves bare, is what the API server makes of it, an
    /// ObjectMeta; `status`, which the source leaves out, is legal and open.
    fn kind_root(&mut self, node: &Map<String, Value>) -> Result<NodeId, Failure> {
        let mut shape = self.shape(node, Span { since: 0, until: 0 })?;
        let edge = |name: &str, node| Edge { name: name.into(), node, since: 0, until: 0, patch: 0 };
        for field in &mut shape.fields {
            if field.name == "metadata" {
                field.node = self.metadata;
            }
        }
        if !shape.fields.iter().any(|field| field.name == "status") {
            let open = self.graph.node(Shape { kind: graph::OBJECT, open: true, ..Shape::default() })?;
            shape.fields.push(edge("status", open));
        }
        shape.fields.sort();
        self.graph.node(shape)
    }

    fn node(&mut self, node: &Map<String, Value>, inherited: Span) -> Result<NodeId, Failure> {
        let shape = self.shape(node, inherited)?;
        self.graph.node(shape)
    }

    fn shape(&mut self, node: &Map<String, Value>, inherited: Span) -> Result<Shape, Failure> {
        let mut shape = Shape { kind: kind_of(node)?, ..Shape::default() };
        for (key, value) in node {
            match key.as_str() {
                "type" | "since" | "until" => {}
                "fields" => shape.fields = self.edges(object(value)?, inherited)?,
                "items" => shape.items = Some(self.node(object(value)?, inherited)?),
                "values" => shape.values = Some(self.node(object(value)?, inherited)?),
                "open" => shape.open = value == &Value::Bool(true),
                "required" => shape.required = sorted(strings(value)?),
                "listKeys" => shape.list_keys = strings(value)?,
                "enum" => shape.choices = array(value)?.iter().map(plain_text).collect(),
                "minimum" => shape.minimum = Some(integer(value)?),
                "maximum" => shape.maximum = Some(integer(value)?),
                "minLength" => shape.min_length = Some(u32::try_from(integer(value)?)?),
                "maxLength" => shape.max_length = Some(u32::try_from(integer(value)?)?),
                "minItems" => shape.min_items = Some(u32::try_from(integer(value)?)?),
                "pattern" => shape.pattern = Some(string(value)?.into()),
                "format" => shape.format = Some(string(value)?.into()),
                "default" => shape.default = Some(value.to_string()),
                other => return Err(format!("no attribute `{other}` is known").into()),
            }
        }
        Ok(shape)
    }

    fn edges(&mut self, fields: &Map<String, Value>, inherited: Span) -> Result<Vec<Edge>, Failure> {
        let mut edges = Vec::new();
        for (name, node) in fields {
            let node = object(node)?;
            let own = |key| node.get(key).map_or(Ok(0), |text| self.graph.release(string(text)?));
            let span = Span {
                since: own("since")?.max(inherited.since),
                until: earlier(own("until")?, inherited.until),
            };
            // Only what differs from the level above is kept: a subtree that came as a whole is
            // then the same as one that was always there.
            let since = if span.since == inherited.since { 0 } else { span.since };
            let until = if span.until == inherited.until { 0 } else { span.until };
            edges.push(Edge { name: name.clone(), node: self.node(node, span)?, since, until, patch: 0 });
        }
        edges.sort();
        Ok(edges)
    }
}

/// The earlier of two releases where 0 is "none".
fn earlier(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 { a.max(b) } else { a.min(b) }
}

fn kind_of(node: &Map<String, Value>) -> Result<u8, Failure> {
    let Some(name) = node.get("type") else { return Ok(graph::ANY) };
    match string(name)? {
        "object" if node.contains_key("values") => Ok(graph::MAP),
        name => graph::kind_of(name),
    }
}

/// The text of an enum's value; the type of the node says whether it is a number.
fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

fn known(map: &Map<String, Value>, keys: &[&str]) -> Result<(), Failure> {
    match map.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("no key `{key}` is known beside {keys:?}").into()),
        None => Ok(()),
    }
}

fn member<'v>(map: &'v Map<String, Value>, key: &str) -> Result<&'v Value, Failure> {
    map.get(key).ok_or_else(|| format!("no `{key}`").into())
}

fn object(value: &Value) -> Result<&Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| format!("no object: {value}").into())
}

fn array(value: &Value) -> Result<&Vec<Value>, Failure> {
    value.as_array().ok_or_else(|| format!("no array: {value}").into())
}

fn string(value: &Value) -> Result<&str, Failure> {
    value.as_str().ok_or_else(|| format!("no string: {value}").into())
}

fn strings(value: &Value) -> Result<Vec<String>, Failure> {
    array(value)?.iter().map(|item| Ok(string(item)?.to_owned())).collect()
}

fn integer(value: &Value) -> Result<i64, Failure> {
    value.as_i64().ok_or_else(|| format!("no integer: {value}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The committed blob is what the schemas beside the checkout give, byte for byte.
    #[test]
    fn the_committed_blob_is_current() {
        if !schemas().is_dir() {
            return;
        }
        let once = encode::encode(&read(&schemas()).unwrap()).unwrap();
        let again = encode::encode(&read(&schemas()).unwrap()).unwrap();
        assert!(once == again, "two runs differ");
        let committed = fs::read(root().join("crates/manifest/data/fields.bin")).unwrap();
        assert!(once == committed, "run `cargo xtask fields`");
    }

    #[test]
    fn an_unknown_attribute_is_an_error() {
        let file = serde_json::json!({"type": "string", "maxItems": 3});
        let mut graph = Graph::new(BTreeSet::new());
        let mut reader = Reader { graph: &mut graph, metadata: 0 };
        let error = reader.node(file.as_object().unwrap(), Span { since: 0, until: 0 }).unwrap_err();
        assert_eq!(error.to_string(), "no attribute `maxItems` is known");
    }
}
