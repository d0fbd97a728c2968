//! The fields of a kustomization and their types (kustomize v5.8 `api/types/kustomization.go`), and
//! the check that Go's JSON decoder makes: unknown fields and other types are refused, and names
//! match in any case.

use mlgitops_yaml::{Key, Map, Mode, Node, OriginId, Resolved, Scalar, Value};

/// What may stand at a place of a kustomization.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Type {
    Text,
    Bool,
    Int,
    Any,
    List(&'static Type),
    Map(&'static Type),
    Struct(&'static [(&'static str, Type)]),
}

use Type::{Any, Bool, Int, Struct, Text};

const TEXTS: Type = Type::List(&Text);
const TEXT_MAP: Type = Type::Map(&Text);

const SELECTOR: Type = Struct(&[
    ("group", Text),
    ("version", Text),
    ("kind", Text),
    ("name", Text),
    ("namespace", Text),
    ("annotationSelector", Text),
    ("labelSelector", Text),
]);
pub(crate) const FIELD_SPEC: Type =
    Struct(&[("group", Text), ("version", Text), ("kind", Text), ("path", Text), ("create", Bool)]);
const FIELD_SPECS: Type = Type::List(&FIELD_SPEC);
const PATCHES: Type = Type::List(&Struct(&[
    ("path", Text),
    ("patch", Text),
    ("target", SELECTOR),
    ("options", Struct(&[("allowNameChange", Bool), ("allowKindChange", Bool)])),
]));
const IMAGES: Type = Type::List(&Struct(&[
    ("name", Text),
    ("newName", Text),
    ("tagSuffix", Text),
    ("newTag", Text),
    ("digest", Text),
]));
const GENERATOR_OPTIONS: Type = Struct(&[
    ("labels", TEXT_MAP),
    ("annotations", TEXT_MAP),
    ("disableNameSuffixHash", Bool),
    ("immutable", Bool),
]);
const CONFIG_MAPS: Type = Type::List(&Struct(&[
    ("namespace", Text),
    ("name", Text),
    ("behavior", Text),
    ("literals", TEXTS),
    ("files", TEXTS),
    ("envs", TEXTS),
    ("env", Text),
    ("options", GENERATOR_OPTIONS),
]));
const SECRETS: Type = Type::List(&Struct(&[
    ("namespace", Text),
    ("name", Text),
    ("behavior", Text),
    ("literals", TEXTS),
    ("files", TEXTS),
    ("envs", TEXTS),
    ("env", Text),
    ("type", Text),
    ("options", GENERATOR_OPTIONS),
]));
const FIELD_OPTIONS: Type =
    Struct(&[("delimiter", Text), ("index", Int), ("encoding", Text), ("create", Bool)]);
const REPLACEMENTS: Type = Type::List(&REPLACEMENT);
/// One replacement, also as a file of its own holds it.
pub(crate) const REPLACEMENT: Type = Struct(&[
    ("path", Text),
    (
        "source",
        Struct(&[
            ("group", Text),
            ("version", Text),
            ("kind", Text),
            ("name", Text),
            ("namespace", Text),
            ("fieldPath", Text),
            ("options", FIELD_OPTIONS),
        ]),
    ),
    ("sourceValue", Text),
    (
        "targets",
        Type::List(&Struct(&[
            ("select", SELECTOR),
            ("reject", Type::List(&SELECTOR)),
            ("fieldPaths", TEXTS),
            ("options", FIELD_OPTIONS),
        ])),
    ),
]);
const VARS: Type = Type::List(&Struct(&[
    ("name", Text),
    (
        "objref",
        Struct(&[
            ("apiVersion", Text),
            ("group", Text),
            ("version", Text),
            ("kind", Text),
            ("name", Text),
            ("namespace", Text),
        ]),
    ),
    ("fieldref", Struct(&[("fieldPath", Text)])),
]));
const LABELS: Type = Type::List(&Struct(&[
    ("pairs", TEXT_MAP),
    ("includeSelectors", Bool),
    ("includeTemplates", Bool),
    ("fields", FIELD_SPECS),
]));
/// A file of `configurations` (kustomize v5.8 `builtinconfig/transformerconfig.go`).
pub(crate) const CONFIGURATION: Type = Struct(&[
    ("namePrefix", FIELD_SPECS),
    ("nameSuffix", FIELD_SPECS),
    ("namespace", FIELD_SPECS),
    ("commonLabels", FIELD_SPECS),
    ("labels", FIELD_SPECS),
    ("templateLabels", FIELD_SPECS),
    ("commonAnnotations", FIELD_SPECS),
    (
        "nameReference",
        Type::List(&Struct(&[
            ("group", Text),
            ("version", Text),
            ("kind", Text),
            ("fieldSpecs", FIELD_SPECS),
        ])),
    ),
    ("varReference", FIELD_SPECS),
    ("images", FIELD_SPECS),
    ("replicas", FIELD_SPECS),
]);
const SORT: Type =
    Struct(&[("order", Text), ("legacySortOptions", Struct(&[("orderFirst", TEXTS), ("orderLast", TEXTS)]))]);
const CHARTS: Type = Type::List(&Struct(&[
    ("name", Text),
    ("version", Text),
    ("repo", Text),
    ("releaseName", Text),
    ("namespace", Text),
    ("additionalValuesFiles", TEXTS),
    ("valuesFile", Text),
    ("valuesInline", Type::Map(&Any)),
    ("valuesMerge", Text),
    ("includeCRDs", Bool),
    ("skipHooks", Bool),
    ("apiVersions", TEXTS),
    ("kubeVersion", Text),
    ("nameTemplate", Text),
    ("skipTests", Bool),
    ("debug", Bool),
    ("devel", Bool),
]));

/// The whole file.
pub(crate) const KUSTOMIZATION: Type = Struct(&[
    ("apiVersion", Text),
    ("kind", Text),
    (
        "metadata",
        Struct(&[("name", Text), ("namespace", Text), ("labels", TEXT_MAP), ("annotations", TEXT_MAP)]),
    ),
    ("openapi", TEXT_MAP),
    ("namePrefix", Text),
    ("nameSuffix", Text),
    ("namespace", Text),
    ("commonLabels", TEXT_MAP),
    ("labels", LABELS),
    ("commonAnnotations", TEXT_MAP),
    ("patchesStrategicMerge", TEXTS),
    ("patchesJson6902", PATCHES),
    ("patches", PATCHES),
    ("images", IMAGES),
    ("imageTags", IMAGES),
    ("replacements", REPLACEMENTS),
    ("replicas", Type::List(&Struct(&[("name", Text), ("count", Int)]))),
    ("vars", VARS),
    ("sortOptions", SORT),
    ("resources", TEXTS),
    ("components", TEXTS),
    ("crds", TEXTS),
    ("bases", TEXTS),
    ("configMapGenerator", CONFIG_MAPS),
    ("secretGenerator", SECRETS),
    ("helmGlobals", Struct(&[("chartHome", Text), ("configHome", Text)])),
    ("helmCharts", CHARTS),
    ("helmChartInflationGenerator", Type::List(&Any)),
    ("generatorOptions", GENERATOR_OPTIONS),
    ("configurations", TEXTS),
    ("generators", TEXTS),
    ("transformers", TEXTS),
    ("validators", TEXTS),
    ("buildMetadata", TEXTS),
]);

/// Why a kustomization does not decode, and the key or value that is to blame.
pub(crate) struct Mismatch {
    pub(crate) message: String,
    pub(crate) at: OriginId,
}

/// Checks a value against its type, writes its field names as they are declared, and drops nulls,
/// which the decoder takes for nothing.
pub(crate) fn decode(node: &mut Node, wanted: Type, path: &str) -> Result<(), Mismatch> {
    if node.is_null() {
        node.value = Value::Null;
        return Ok(());
    }
    match (wanted, &mut node.value) {
        (Any, _) => Ok(()),
        (Struct(fields), Value::Map(map)) => decode_fields(map, fields, path),
        (Type::Map(values), Value::Map(map)) => {
            map.iter_mut().try_for_each(|(key, value)| decode(value, *values, &joined(path, key.name())))
        }
        (Type::List(items), Value::Sequence(list)) => {
            list.iter_mut().try_for_each(|item| decode(item, *items, path))
        }
        (scalar @ (Text | Bool | Int), Value::Scalar(value)) if fits(value, scalar) => Ok(()),
        (_, value) => {
            let message = format!("`{path}` is {}, and takes {}", found(value), word(wanted));
            Err(Mismatch { message, at: node.origin })
        }
    }
}

fn decode_fields(map: &mut Map, fields: &[(&'static str, Type)], path: &str) -> Result<(), Mismatch> {
    let entries = std::mem::take(map);
    let mut decoded = Vec::new();
    for (key, value) in entries.iter() {
        let (mut key, mut value) = (key.clone(), value.clone());
        let exact = fields.iter().find(|(name, _)| *name == key.name());
        let any_case = || fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key.name()));
        let Some((name, wanted)) = exact.or_else(any_case) else {
            let message = format!("`{}` is no field kustomize knows", joined(path, key.name()));
            return Err(Mismatch { message, at: key.origin });
        };
        key = Key { scalar: Scalar { text: (*name).into(), ..key.scalar }, ..key };
        decode(&mut value, *wanted, &joined(path, name))?;
        if value.value != Value::Null {
            decoded.push((key, value));
        }
    }
    *map = Map::of(decoded);
    Ok(())
}

fn fits(scalar: &Scalar, wanted: Type) -> bool {
    match (scalar.resolve(Mode::Api), wanted) {
        (Resolved::Str, Text) | (Resolved::Bool(_), Bool) | (Resolved::Int(_), Int) => true,
        (Resolved::Float(number), Int) => number.fract() == 0.0,
        _ => false,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn word(wanted: Type) -> &'static str {
    match wanted {
        Text => "text",
        Bool => "true or false",
        Int => "a whole number",
        Any => "anything",
        Type::List(_) => "a list",
        Type::Map(_) | Struct(_) => "a map",
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Map(_) => "a map",
        Value::Sequence(_) => "a list",
        Value::Scalar(scalar) => match scalar.resolve(Mode::Api) {
            Resolved::Bool(_) => "a boolean",
            Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_) => "a number",
            _ => "text",
        },
        Value::Null | Value::Unknown(_) => "nothing",
    }
}
