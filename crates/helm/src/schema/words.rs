//! The words of `github.com/santhosh-tekuri/jsonschema/v6`, which people find when they search for them.

use mlgitops_gotemplate::{Data, Value};
use mlgitops_yaml::{Mode, Node, Resolved, Value as NodeValue, go_float};

/// The types of JSON, in the order they are named.
pub(super) const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

/// A text in single quotes.
pub(super) fn quote(text: &str) -> String {
    let quoted = format!("{text:?}").replace("\\\"", "\"").replace("\\'", "'").replace('\'', "\\'");
    format!("'{}'", quoted.get(1..quoted.len() - 1).unwrap_or(""))
}

/// Texts in single quotes, with commas.
pub(super) fn quoted<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// A scalar of a schema; what holds others has no words.
pub(super) fn node(node: &Node) -> Option<String> {
    match &node.value {
        NodeValue::Null => Some("<nil>".to_owned()),
        NodeValue::Scalar(scalar) => Some(match scalar.resolve(Mode::Api) {
            Resolved::Str | Resolved::Timestamp | Resolved::Refused => quote(&scalar.text),
            Resolved::Null => "<nil>".to_owned(),
            _ => scalar.text.to_string(),
        }),
        _ => None,
    }
}

/// A value.
pub(super) fn value(value: &Value) -> String {
    match &value.data {
        Data::Str(text) => quote(text.as_str()),
        Data::Bool(flag) => flag.to_string(),
        Data::Int(number, _) => number.to_string(),
        Data::Float(number) => go_float(*number),
        Data::List(_) | Data::Map(_) => "value".to_owned(),
        _ => "<nil>".to_owned(),
    }
}

/// What JSON calls the type of a value.
pub(super) fn type_of(value: &Value) -> &'static str {
    match &value.data {
        Data::Str(_) => "string",
        Data::Bool(_) => "boolean",
        Data::Int(..) | Data::Float(_) => "number",
        Data::List(_) => "array",
        Data::Map(_) => "object",
        _ => "null",
    }
}

/// A path as a JSON pointer.
pub(super) fn pointer(path: &[String]) -> String {
    path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}
