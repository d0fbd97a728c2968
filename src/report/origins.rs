//! Why every scalar has its value: one JSON object a line.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Mode, Node, OriginSpan, Origins, Pieces, Pointer, Resolved, Value, Via};
use serde::Serialize;

use super::display::visible_json;
use crate::finding::Location;

/// One line of the report.
#[derive(Serialize)]
struct Line<'m> {
    object: Object<'m>,
    path: String,
    value: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'m str>,
    origins: Vec<Origin>,
    /// The pieces of a scalar that was joined of several, by bytes of the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartOut>,
}

#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
struct Object<'m> {
    api_version: &'m str,
    kind: &'m str,
    namespace: Option<&'m str>,
    name: &'m str,
}

/// Lines and columns from 1, columns in code points; `start` and `end` are byte offsets of the file
/// as stored.
#[derive(Serialize)]
struct Origin {
    role: &'static str,
    via: &'static str,
    file: String,
    line: u32,
    column: u32,
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct PartOut {
    start: u32,
    end: u32,
    origins: Vec<Origin>,
}

/// The scalars of some manifests; with `guards` also what decided about them.
#[must_use]
pub fn lines(manifests: &[Manifest], guards: bool) -> String {
    let mut out = String::new();
    for manifest in manifests {
        let id = &manifest.id;
        let object = Object {
            api_version: &id.api_version,
            kind: &id.kind,
            namespace: id.namespace.as_deref(),
            name: &id.name,
        };
        let walk = Walk { origins: &manifest.origins, object, guards };
        walk.node(&manifest.root, &Pointer::default(), &mut out);
    }
    out
}

struct Walk<'m> {
    origins: &'m Origins,
    object: Object<'m>,
    guards: bool,
}

impl<'m> Walk<'m> {
    /// Documents are at most 128 levels deep.
    fn node(&self, node: &'m Node, at: &Pointer, out: &mut String) {
        match &node.value {
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    self.node(value, &at.key(key.name()), out);
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &at.index(index), out);
                }
            }
            Value::Scalar(_) | Value::Null | Value::Unknown(_) => self.scalar(node, at, out),
        }
    }

    fn scalar(&self, node: &'m Node, at: &Pointer, out: &mut String) {
        let unknown = match &node.value {
            Value::Unknown(unknown) => Some(&*unknown.reason),
            _ => None,
        };
        let line = Line {
            object: self.object,
            path: at.to_string(),
            value: json_value(node),
            unknown,
            origins: self.origins_of(self.origins.all(node.origin)),
            parts: self.parts(node),
        };
        // The line holds texts and numbers, which JSON can always hold.
        out.push_str(&visible_json(&serde_json::to_string(&line).unwrap_or_default()));
        out.push('\n');
    }

    fn parts(&self, node: &Node) -> Vec<PartOut> {
        let Some(Pieces::Parts(parts)) = node.as_scalar().map(|scalar| &scalar.pieces) else {
            return Vec::new();
        };
        // One piece is the whole.
        if parts.len() < 2 {
            return Vec::new();
        }
        let mut start = 0;
        let mut out = Vec::with_capacity(parts.len());
        for (end, origin) in parts.iter() {
            out.push(PartOut { start, end: *end, origins: self.origins_of(self.origins.all(*origin)) });
            start = *end;
        }
        out
    }

    fn origins_of(&self, spans: Vec<OriginSpan>) -> Vec<Origin> {
        let kept = spans.into_iter().filter(|span| self.guards || span.via == Via::Content);
        kept.map(|span| {
            let via = if span.via == Via::Content { "content" } else { "guard" };
            let at = Location::from(span);
            let position = at.position();
            Origin {
                role: at.role.word(),
                via,
                file: at.path().to_owned(),
                line: position.line,
                column: position.column,
                start: at.file.raw(at.start),
                end: at.file.raw(at.end),
            }
        })
        .collect()
    }
}

/// A scalar as the API server reads it; null for what cannot be known.
fn json_value(node: &Node) -> serde_json::Value {
    use serde_json::Value as Json;
    let Some(scalar) = node.as_scalar() else { return Json::Null };
    match scalar.resolve(Mode::Api) {
        Resolved::Null => Json::Null,
        Resolved::Bool(value) => value.into(),
        Resolved::Int(value) => value.into(),
        Resolved::Uint(value) => value.into(),
        Resolved::Float(value) => value.into(),
        Resolved::Timestamp | Resolved::Str | Resolved::Refused => Json::from(&*scalar.text),
    }
}
