//! The JSON schema of `mlgitops.yaml` for editors, made of the table of keys and the names of the
//! rules.

use serde_json::{Map, Value, json};

use super::keys::{FILE, Key, Kind, Section};
use super::rules::{LEVEL_WORDS, PARAMS, param_form};
use super::scalar::Form;
use super::vocabulary::{RuleWords, Vocabulary};

/// The schema, in the draft that editors know best.
#[must_use]
pub fn schema(vocabulary: &Vocabulary) -> Value {
    let mut schema = section(&FILE, vocabulary);
    let head = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": super::FILE_NAME,
        "description": "what a repository that deploys models says about itself; everything is optional",
        "type": ["object", "null"],
    });
    if let (Value::Object(schema), Value::Object(head)) = (&mut schema, head) {
        let body = std::mem::take(schema);
        schema.extend(head);
        schema.extend(body.into_iter().filter(|(key, _)| key != "type"));
        schema.insert("definitions".to_owned(), definitions(vocabulary));
    }
    schema
}

fn section(section: &Section, vocabulary: &Vocabulary) -> Value {
    let properties: Map<String, Value> =
        section.keys.iter().map(|key| (key.name.to_owned(), property(key, vocabulary))).collect();
    let required: Vec<&str> = section.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": if required.is_empty() { json!(["object", "null"]) } else { json!("object") },
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        set(&mut schema, "required", json!(required));
    }
    schema
}

fn property(key: &Key, vocabulary: &Vocabulary) -> Value {
    let mut schema = kind(&key.kind, vocabulary);
    let meaning = match key.default {
        "" => key.meaning.to_owned(),
        default => format!("{}; default: {default}", key.meaning),
    };
    set(&mut schema, "description", json!(meaning));
    schema
}

fn set(schema: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = schema {
        map.insert(key.to_owned(), value);
    }
}

fn kind(kind_of: &Kind, vocabulary: &Vocabulary) -> Value {
    match kind_of {
        Kind::Scalar(form) => scalar(*form),
        Kind::OneOrMany(form) => {
            json!({"anyOf": [scalar(*form), {"type": "array", "items": scalar(*form)}]})
        }
        Kind::List(item) => json!({"type": ["array", "null"], "items": kind(item, vocabulary)}),
        Kind::Map(keys) => section(keys, vocabulary),
        Kind::Named(value) => {
            json!({"type": ["object", "null"], "additionalProperties": kind(value, vocabulary)})
        }
        Kind::Rules => rules(vocabulary),
    }
}

/// A single value. What YAML takes for a number or a boolean is text all the same where text is
/// asked for: it is read as it is written.
fn scalar(form: Form) -> Value {
    match form {
        Form::Text => json!({"type": ["string", "number", "boolean"]}),
        Form::Bool => json!({"type": "boolean"}),
        Form::Int(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Form::Number(least, most) => json!({"type": "number", "minimum": least, "maximum": most}),
        Form::Duration(_) => {
            json!({"type": "string", "pattern": "^([0-9]*\\.?[0-9]+(ns|us|ms|s|m|h|d|w))+$|^0$"})
        }
        Form::Size => json!({
            "type": ["string", "integer"],
            "minimum": 1,
            "pattern": "^ *[0-9]+(\\.[0-9]+)? *(B|([kKMGTPE]i?|[kKMGTPE]i?B))? *$",
        }),
        Form::Rate => {
            json!({"type": "string", "pattern": "^ *[0-9]+(\\.[0-9]+)? *(B|[kKMGTPE]i?B?)/s *$"})
        }
        Form::Date => json!({"type": "string", "format": "date", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}),
        Form::Glob => json!({"type": "string"}),
        Form::Regex => json!({"type": "string", "format": "regex"}),
        Form::Version => json!({
            "type": ["string", "number"],
            "pattern": "^v?\\d{1,4}\\.\\d{1,4}(\\.\\d{1,4})?$",
        }),
        Form::Scheme => json!({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*://$"}),
        Form::ApiVersion => json!({"type": "string", "pattern": "^[^/\\s]+(/[^/\\s]+){0,2}$"}),
        Form::Object => json!({"type": "string", "pattern": "^[^/\\s]+(/[^/\\s]+){1,2}$"}),
        Form::Path => json!({"type": "string", "pattern": "^[^/]", "not": {"pattern": "(^|/)\\.\\.(/|$)"}}),
        Form::Word(words) => json!({"enum": words}),
    }
}

fn definitions(vocabulary: &Vocabulary) -> Value {
    let levels: Vec<Value> = LEVEL_WORDS.into_iter().map(|word| json!(word)).chain([json!(false)]).collect();
    let mut definitions = Map::new();
    definitions.insert("level".to_owned(), json!({"enum": levels}));
    definitions.insert(
        "levels".to_owned(),
        json!({"anyOf": [level(), {"type": "object", "additionalProperties": level()}]}),
    );
    for rule in &vocabulary.rules {
        definitions.insert(rule.id.to_owned(), rule_schema(rule));
    }
    Value::Object(definitions)
}

fn level() -> Value {
    json!({"$ref": "#/definitions/level"})
}

/// The section `rules`: a rule by its short or long name, or a category.
fn rules(vocabulary: &Vocabulary) -> Value {
    let mut properties = Map::new();
    for rule in &vocabulary.rules {
        let reference = json!({"$ref": format!("#/definitions/{}", rule.id)});
        properties.insert(format!("{}/{}", rule.category, rule.id), reference.clone());
        properties.insert(rule.id.to_owned(), reference);
        properties.insert(rule.category.to_owned(), json!({"$ref": "#/definitions/levels"}));
    }
    properties.sort_keys();
    json!({"type": ["object", "null"], "properties": properties, "additionalProperties": false})
}

/// A severity, or severities by case and environment, and parameters. The environments are the
/// repository's own, so every other key takes a severity.
fn rule_schema(rule: &RuleWords) -> Value {
    let mut properties: Map<String, Value> =
        rule.cases.iter().map(|case| ((*case).to_owned(), json!({"$ref": "#/definitions/levels"}))).collect();
    if !rule.params.is_empty() {
        let params: Map<String, Value> = rule
            .params
            .iter()
            .map(|param| {
                let form = scalar(param_form(param));
                let mut schema = match param.kind {
                    "list" | "regexes" => json!({"type": "array", "items": form}),
                    "map" => json!({"type": "object", "additionalProperties": form}),
                    _ => form,
                };
                let meaning = format!("{}; default: {}", param.meaning, param.default);
                set(&mut schema, "description", json!(meaning));
                (param.name.to_owned(), schema)
            })
            .collect();
        let params = json!({"type": ["object", "null"], "properties": params, "additionalProperties": false});
        properties.insert(PARAMS.to_owned(), params);
    }
    json!({
        "description": rule.summary,
        "anyOf": [
            level(),
            {"type": "object", "properties": properties, "additionalProperties": level()},
        ],
    })
}
