//! Every path of every schema the tables were made of is found again, with the same attributes.
//! Needs the schemas beside the checkout; `field_facts.rs` holds what must be true without them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mlgitops_manifest::fields::{FieldRef, FieldType, Release, tables};
use serde_json::Value;

fn schemas() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/schemas");
    folder.is_dir().then_some(folder)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What came with a patch release, which the schemas count to the next minor: the kind, where that
/// stands in its file, and the release (kserve `install/`).
const CAME_LATE: [(&str, &str, &str); 7] = [
    (
        "ServingRuntime",
        "/versions/v1alpha1/fields/spec/fields/supportedModelFormats/items/fields/priority/since",
        "v0.11.1",
    ),
    (
        "ClusterServingRuntime",
        "/versions/v1alpha1/fields/spec/fields/supportedModelFormats/items/fields/priority/since",
        "v0.11.1",
    ),
    (
        "InferenceGraph",
        "/versions/v1alpha1/fields/spec/fields/nodes/values/fields/steps/items/fields/dependency/since",
        "v0.11.1",
    ),
    ("ClusterStorageContainer", "/releases/0", "v0.11.1"),
    (
        "InferenceService",
        "/versions/v1beta1/fields/spec/fields/predictor/fields/logger/fields/metadataAnnotations/since",
        "v0.15.1",
    ),
    (
        "InferenceService",
        "/versions/v1beta1/fields/spec/fields/transformer/fields/logger/fields/metadataAnnotations/since",
        "v0.15.1",
    ),
    (
        "InferenceService",
        "/versions/v1beta1/fields/spec/fields/explainer/fields/logger/fields/metadataAnnotations/since",
        "v0.15.1",
    ),
];

#[derive(Clone, Copy)]
struct Inherited {
    since: Option<Release>,
    until: Option<Release>,
}

/// Compares a level of a custom resource's schema with the table's, and goes down. Gives back the
/// number of levels compared.
fn compare(source: &Value, table: FieldRef, inherited: Inherited, path: &str) -> usize {
    let release = |key: &str| source[key].as_str().map(|text| text.parse::<Release>().unwrap());
    let since = release("since").max(inherited.since);
    let until = [release("until"), inherited.until].into_iter().flatten().min();
    assert_eq!((table.since(), table.until()), (since, until), "{path}");
    assert_eq!(table.kind(), kind(source), "{path}");
    assert_eq!(table.is_open(), source["open"] == true || source.get("type").is_none(), "{path}");
    texts(source, table, path);
    numbers(source, table, path);
    let mut levels = 1;
    let inherited = Inherited { since, until };
    let root = !path.contains('.');
    let names = |map: &Value| -> BTreeSet<String> {
        map.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    };
    let mut known = names(&source["fields"]);
    if root {
        known.insert("status".to_owned());
    }
    assert_eq!(table.fields().map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>(), known, "{path}");
    assert!(table.fields().map(|(name, _)| name).is_sorted(), "{path}");
    for (name, child) in source["fields"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let field = table.field(name).unwrap_or_else(|| panic!("{path} is not found"));
        if root && name == "metadata" {
            assert!(field.field("labels").is_some(), "{path}");
        } else {
            levels += compare(child, field, inherited, &path);
        }
    }
    for (key, child) in [("items", table.items()), ("values", table.values())] {
        let path = format!("{path}.{key}");
        assert_eq!(child.is_some(), source.get(key).is_some(), "{path}");
        levels += child.map_or(0, |child| compare(&source[key], child, inherited, &path));
    }
    levels
}

fn kind(source: &Value) -> FieldType {
    match source["type"].as_str() {
        Some("object") if source.get("values").is_some() => FieldType::Map,
        Some("object") => FieldType::Object,
        Some("array") => FieldType::Array,
        Some("string") => FieldType::String,
        Some("integer") => FieldType::Integer,
        Some("number") => FieldType::Number,
        Some("boolean") => FieldType::Boolean,
        Some("int-or-string") => FieldType::IntOrString,
        Some("any") | None => FieldType::Any,
        Some(other) => panic!("type {other}"),
    }
}

fn texts(source: &Value, table: FieldRef, path: &str) {
    let list = |key: &str| -> Vec<String> {
        let items = source[key].as_array().into_iter().flatten();
        items.map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
    };
    let mut required = list("required");
    required.sort();
    assert_eq!(table.required().collect::<Vec<_>>(), required, "{path}");
    assert_eq!(table.enum_values().collect::<Vec<_>>(), list("enum"), "{path}");
    assert_eq!(table.list_keys().collect::<Vec<_>>(), list("listKeys"), "{path}");
    assert_eq!(table.pattern(), source["pattern"].as_str(), "{path}");
    assert_eq!(table.format(), source["format"].as_str(), "{path}");
    let default = table.default_json().map(|text| serde_json::from_str::<Value>(text).unwrap());
    assert_eq!(default.as_ref(), source.get("default"), "{path}");
}

fn numbers(source: &Value, table: FieldRef, path: &str) {
    let number = |key: &str| source[key].as_i64();
    assert_eq!(table.minimum(), number("minimum"), "{path}");
    assert_eq!(table.maximum(), number("maximum"), "{path}");
    assert_eq!(table.min_length().map(i64::from), number("minLength"), "{path}");
    assert_eq!(table.max_length().map(i64::from), number("maxLength"), "{path}");
    assert_eq!(table.min_items().map(i64::from), number("minItems"), "{path}");
}

#[test]
fn custom_resources() {
    let Some(folder) = schemas() else { return };
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "json") && !path.ends_with("kubernetes.json"));
    let mut levels = 0;
    for path in &files {
        let mut file = read(path);
        for (_, pointer, came) in
            CAME_LATE.iter().filter(|(kind, ..)| file["kind"] == **kind).collect::<Vec<_>>()
        {
            *file.pointer_mut(pointer).unwrap() = Value::from(*came);
        }
        let (group, kind) = (file["group"].as_str().unwrap(), file["kind"].as_str().unwrap());
        for (version, source) in file["versions"].as_object().unwrap() {
            let table = tables().kind(&format!("{group}/{version}"), kind).unwrap();
            let release = |end: &Value| end.as_str().unwrap().parse::<Release>().unwrap();
            let ends: Vec<Release> = file["releases"].as_array().unwrap().iter().map(release).collect();
            assert_eq!([table.first, table.last].as_slice(), ends, "{kind}");
            levels += compare(source, table.root, Inherited { since: None, until: None }, kind);
        }
    }
    assert!(files.len() >= 20 && levels > 40_000, "{} files, {levels} levels", files.len());
}

#[test]
fn kubernetes() {
    let Some(folder) = schemas() else { return };
    let file = read(&folder.join("kubernetes.json"));
    let definitions = file["definitions"].as_object().unwrap();
    let mut walk = Walk { definitions, seen: BTreeSet::new() };
    let mut kinds = 0;
    for (name, definition) in definitions {
        for id in definition["gvk"].as_array().into_iter().flatten() {
            let (api_version, kind) = id.as_str().unwrap().rsplit_once('/').unwrap();
            let table = tables().kind(api_version, kind).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(format!("v{}", table.first), file["release"].as_str().unwrap());
            assert_eq!(table.api_version(), api_version);
            walk.definition(name, table.root, kind);
            kinds += 1;
        }
    }
    let missed = definitions.keys().filter(|name| !walk.seen.contains(name.as_str())).count();
    assert!(kinds >= 180 && missed < 10, "{kinds} kinds, {missed} definitions not reached");
}

struct Walk<'v> {
    definitions: &'v serde_json::Map<String, Value>,
    seen: BTreeSet<&'v str>,
}

impl<'v> Walk<'v> {
    fn definition(&mut self, name: &'v str, table: FieldRef, path: &str) {
        if !self.seen.insert(name) {
            return;
        }
        let definition = &self.definitions[name];
        let mut required: Vec<_> =
            definition["required"].as_array().into_iter().flatten().map(|n| n.as_str().unwrap()).collect();
        required.sort_unstable();
        assert_eq!(table.required().collect::<Vec<_>>(), required, "{path}");
        let known = definition["fields"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(table.fields().count(), known, "{path}");
        for (key, field) in definition["fields"].as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            let child = table.field(key).unwrap_or_else(|| panic!("{path} is not found"));
            assert_eq!(child.patch_strategy(), field["patchStrategy"].as_str(), "{path}");
            assert_eq!(child.merge_key(), field["patchMergeKey"].as_str(), "{path}");
            match field["ref"].as_str() {
                Some(name) => self.named(name, child, &path),
                None => self.inline(field, child, &path),
            }
        }
    }

    fn inline(&mut self, field: &'v Value, table: FieldRef, path: &str) {
        assert_eq!(table.kind(), kind(field), "{path}");
        for (key, child) in [("items", table.items()), ("values", table.values())] {
            assert_eq!(child.is_some(), field.get(key).is_some(), "{path}.{key}");
            if let Some(child) = child {
                self.named(field[key].as_str().unwrap(), child, &format!("{path}.{key}"));
            }
        }
    }

    fn named(&mut self, name: &'v str, table: FieldRef, path: &str) {
        let Some(definition) = self.definitions.get(name) else {
            return assert_eq!(table.kind(), kind(&serde_json::json!({"type": name})), "{path}");
        };
        let expected = match definition["type"].as_str() {
            None => (FieldType::Object, None, false),
            Some("date-time") => (FieldType::String, Some("date-time"), false),
            Some("object") => (FieldType::Object, None, true),
            Some(_) if name.ends_with(".Quantity") => (FieldType::IntOrString, Some("quantity"), false),
            Some(_) => (kind(definition), None, kind(definition) == FieldType::Any),
        };
        assert_eq!((table.kind(), table.format(), table.is_open()), expected, "{path}");
        self.definition(name, table, path);
    }
}
