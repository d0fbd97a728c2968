//! Schemas that are none: keywords of the wrong shape, and references that lead nowhere.

use mlgitops_yaml::{Mode, Node, OriginId, Resolved, Value};

use super::refs::{Draft, Schemas, Target};
use super::{numbers, words};

/// What a keyword holds.
#[derive(Clone, Copy)]
enum Shape {
    Schema,
    Schemas,
    SchemaMap,
    /// A schema, or a list of them (`items` before 2020-12).
    SchemaOrList,
    /// By name, a schema or a list of names.
    Dependencies,
    Text,
    Flag,
    Number,
    /// A number, and for draft 4 a flag.
    Exclusive,
    Count,
    Names,
    NameMap,
    Type,
    List,
}

const KEYWORDS: &[(&str, Shape)] = &[
    ("$ref", Shape::Text),
    ("$id", Shape::Text),
    ("$anchor", Shape::Text),
    ("additionalItems", Shape::Schema),
    ("additionalProperties", Shape::Schema),
    ("allOf", Shape::Schemas),
    ("anyOf", Shape::Schemas),
    ("contains", Shape::Schema),
    ("definitions", Shape::SchemaMap),
    ("$defs", Shape::SchemaMap),
    ("dependencies", Shape::Dependencies),
    ("dependentRequired", Shape::NameMap),
    ("dependentSchemas", Shape::SchemaMap),
    ("description", Shape::Text),
    ("else", Shape::Schema),
    ("enum", Shape::List),
    ("exclusiveMaximum", Shape::Exclusive),
    ("exclusiveMinimum", Shape::Exclusive),
    ("format", Shape::Text),
    ("if", Shape::Schema),
    ("items", Shape::SchemaOrList),
    ("maxItems", Shape::Count),
    ("maxLength", Shape::Count),
    ("maxProperties", Shape::Count),
    ("maximum", Shape::Number),
    ("minItems", Shape::Count),
    ("minLength", Shape::Count),
    ("minProperties", Shape::Count),
    ("minimum", Shape::Number),
    ("multipleOf", Shape::Number),
    ("not", Shape::Schema),
    ("oneOf", Shape::Schemas),
    ("pattern", Shape::Text),
    ("patternProperties", Shape::SchemaMap),
    ("prefixItems", Shape::Schemas),
    ("properties", Shape::SchemaMap),
    ("propertyNames", Shape::Schema),
    ("required", Shape::Names),
    ("then", Shape::Schema),
    ("title", Shape::Text),
    ("type", Shape::Type),
    ("unevaluatedItems", Shape::Schema),
    ("unevaluatedProperties", Shape::Schema),
    ("uniqueItems", Shape::Flag),
];

/// The first thing that makes a file no schema, and where it is written; else its expressions,
/// which somebody else has to try.
pub(super) fn checked<'s>(schemas: &Schemas<'s>) -> Result<Vec<(&'s str, OriginId)>, (String, OriginId)> {
    let mut patterns = Vec::new();
    let Some(found) = schema(schemas, schemas.root, &mut Vec::new(), &mut patterns) else {
        return Ok(patterns);
    };
    let message = format!(
        "\"file:///values.schema.json#\" is not valid against metaschema: at {}: {}",
        words::quote(&words::pointer(&found.path)),
        found.message
    );
    Err((message, found.origin))
}

type Patterns<'s> = Vec<(&'s str, OriginId)>;

struct Wrong {
    path: Vec<String>,
    message: String,
    origin: OriginId,
}

fn schema<'s>(
    schemas: &Schemas<'s>,
    node: &'s Node,
    path: &mut Vec<String>,
    patterns: &mut Patterns<'s>,
) -> Option<Wrong> {
    let refuse = |node: &Node, path: &[String], wanted: &str| {
        let message = format!("got {}, want {wanted}", kind(node));
        Some(Wrong { path: path.to_vec(), message, origin: node.origin })
    };
    let Some(map) = node.as_map() else {
        let is_bool = node.as_bool().is_some() && schemas.draft > Draft::V4;
        return if is_bool { None } else { refuse(node, path, "boolean or object") };
    };
    if let Some(reference) = map.get("$ref")
        && let Some(name) = reference.text()
    {
        if matches!(schemas.find(node, name), Target::Nowhere) {
            let message = format!("{} not found", words::quote(name));
            return Some(Wrong { path: path.clone(), message, origin: reference.origin });
        }
        // Beside `$ref` nothing counts before 2019-09.
        if schemas.draft < Draft::V2019 {
            return None;
        }
    }
    for (name, shape) in KEYWORDS {
        let Some(value) = map.get(name) else { continue };
        if *name == "pattern"
            && let Some(pattern) = value.text()
        {
            patterns.push((pattern, value.origin));
        }
        if *name == "patternProperties" {
            let keys = value.as_map().into_iter().flat_map(|map| map.iter());
            patterns.extend(keys.map(|(key, _)| (key.name(), key.origin)));
        }
        path.push((*name).to_owned());
        let found = match shape {
            Shape::Schema => match (*name, value.as_bool()) {
                ("additionalProperties" | "additionalItems", Some(_)) => None,
                _ => schema(schemas, value, path, patterns),
            },
            Shape::SchemaOrList if !value.items().is_empty() => list(schemas, value, path, patterns),
            Shape::SchemaOrList => schema(schemas, value, path, patterns),
            Shape::Schemas if matches!(value.value, Value::Sequence(_)) => {
                list(schemas, value, path, patterns)
            }
            Shape::Schemas => refuse(value, path, "array"),
            Shape::SchemaMap | Shape::Dependencies | Shape::NameMap => match value.as_map() {
                None => refuse(value, path, "object"),
                Some(_) => entries(schemas, value, *shape, path, patterns),
            },
            Shape::Text if !is_text(value) => refuse(value, path, "string"),
            Shape::Flag if value.as_bool().is_none() => refuse(value, path, "boolean"),
            Shape::Number if numbers::of_node(Some(value)).is_none() => refuse(value, path, "number"),
            Shape::Exclusive if schemas.draft == Draft::V4 && value.as_bool().is_none() => {
                refuse(value, path, "boolean")
            }
            Shape::Exclusive if schemas.draft > Draft::V4 && numbers::of_node(Some(value)).is_none() => {
                refuse(value, path, "number")
            }
            Shape::Count if numbers::count(Some(value)).is_none() => match numbers::of_node(Some(value)) {
                Some(number) if number < 0.0 => {
                    let message = format!("minimum: got {}, want 0", numbers::printed(number));
                    Some(Wrong { path: path.clone(), message, origin: value.origin })
                }
                _ => refuse(value, path, "integer"),
            },
            Shape::Names => names(value, path),
            Shape::Type => types(value, path),
            Shape::List if !matches!(value.value, Value::Sequence(_)) => refuse(value, path, "array"),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        path.pop();
    }
    None
}

fn list<'s>(
    schemas: &Schemas<'s>,
    node: &'s Node,
    path: &mut Vec<String>,
    patterns: &mut Patterns<'s>,
) -> Option<Wrong> {
    for (at, item) in node.items().iter().enumerate() {
        path.push(at.to_string());
        let found = schema(schemas, item, path, patterns);
        if found.is_some() {
            return found;
        }
        path.pop();
    }
    None
}

fn entries<'s>(
    schemas: &Schemas<'s>,
    node: &'s Node,
    shape: Shape,
    path: &mut Vec<String>,
    patterns: &mut Patterns<'s>,
) -> Option<Wrong> {
    for (key, value) in node.as_map().into_iter().flat_map(|map| map.iter()) {
        path.push(key.name().to_owned());
        let is_list = matches!(value.value, Value::Sequence(_));
        let found = match shape {
            Shape::NameMap => names(value, path),
            Shape::Dependencies if is_list => names(value, path),
            _ => schema(schemas, value, path, patterns),
        };
        if found.is_some() {
            return found;
        }
        path.pop();
    }
    None
}

/// A list of texts.
fn names(node: &Node, path: &[String]) -> Option<Wrong> {
    let refuse = |node: &Node, path: Vec<String>, wanted: &str| {
        let message = format!("got {}, want {wanted}", kind(node));
        Some(Wrong { path, message, origin: node.origin })
    };
    let Value::Sequence(items) = &node.value else { return refuse(node, path.to_vec(), "array") };
    let (at, item) = items.iter().enumerate().find(|(_, item)| !is_text(item))?;
    let path = path.iter().cloned().chain([at.to_string()]).collect();
    refuse(item, path, "string")
}

/// The name of a type, or several.
fn types(node: &Node, path: &[String]) -> Option<Wrong> {
    let one = |node: &Node| is_text(node) && node.text().is_some_and(|name| words::TYPES.contains(&name));
    let unknown = match &node.value {
        Value::Sequence(items) => items.iter().find(|item| !one(item))?,
        _ if one(node) => return None,
        _ => node,
    };
    let message = format!("value must be one of {}", words::quoted(words::TYPES));
    Some(Wrong { path: path.to_vec(), message, origin: unknown.origin })
}

fn is_text(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| {
        matches!(scalar.resolve(Mode::Api), Resolved::Str | Resolved::Timestamp | Resolved::Refused)
    })
}

/// What JSON calls the kind of a node.
fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Map(_) => "object",
        Value::Sequence(_) => "array",
        Value::Null | Value::Unknown(_) => "null",
        Value::Scalar(_) if node.as_bool().is_some() => "boolean",
        Value::Scalar(_) if is_text(node) => "string",
        Value::Scalar(_) => "number",
    }
}
