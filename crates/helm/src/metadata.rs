//! Chart.yaml: what `.Chart` shows of it, and what Helm refuses in it (helm v3 pkg/chart/metadata.go, dependency.go).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops_gotemplate::functions::semver::Version;
use mlgitops_gotemplate::{Data, ListType, Machine, MapType, Slot, Value};
use mlgitops_yaml::{Mode, Node, OriginId, Resolved, Scalar, Value as NodeValue, go_float};

use crate::dependencies::{Requirement, Unit};
use crate::objects::Struct;

/// A field of a Go struct: Go's name, the file's name, and its type.
type Field = (&'static str, &'static str, Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `string`, its spaces and controls cleaned.
    Text,
    /// `string`, as it stands.
    Raw,
    /// `bool`
    Flag,
    /// `[]string`
    Texts,
    /// `map[string]string`
    TextMap,
    /// `[]interface {}`
    Any,
    /// A slice of pointers to structs of the name.
    Structs(&'static str, &'static [Field]),
}

const METADATA: &[Field] = &[
    ("Name", "name", Kind::Text),
    ("Home", "home", Kind::Text),
    ("Sources", "sources", Kind::Texts),
    ("Version", "version", Kind::Raw),
    ("Description", "description", Kind::Text),
    ("Keywords", "keywords", Kind::Texts),
    ("Maintainers", "maintainers", Kind::Structs("Maintainer", MAINTAINER)),
    ("Icon", "icon", Kind::Text),
    ("APIVersion", "apiVersion", Kind::Raw),
    ("Condition", "condition", Kind::Text),
    ("Tags", "tags", Kind::Text),
    ("AppVersion", "appVersion", Kind::Text),
    ("Deprecated", "deprecated", Kind::Flag),
    ("Annotations", "annotations", Kind::TextMap),
    ("KubeVersion", "kubeVersion", Kind::Text),
    ("Dependencies", "dependencies", Kind::Structs("Dependency", DEPENDENCY)),
    ("Type", "type", Kind::Raw),
];

const MAINTAINER: &[Field] =
    &[("Name", "name", Kind::Text), ("Email", "email", Kind::Text), ("URL", "url", Kind::Text)];

const DEPENDENCY: &[Field] = &[
    ("Name", "name", Kind::Text),
    ("Version", "version", Kind::Text),
    ("Repository", "repository", Kind::Text),
    ("Condition", "condition", Kind::Text),
    ("Tags", "tags", Kind::Texts),
    ("Enabled", "enabled", Kind::Flag),
    ("ImportValues", "import-values", Kind::Any),
    ("Alias", "alias", Kind::Raw),
];

/// The JSON names of [`METADATA`], and what Helm adds.
const METADATA_ORDER: &[&str] = &[
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
    "IsRoot",
];
const MAINTAINER_ORDER: &[&str] = &["name", "email", "url"];
const DEPENDENCY_ORDER: &[&str] =
    &["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];

/// `.Chart`.
pub(crate) fn chart(machine: &mut Machine<'_>, unit: &Unit, name: &Value, is_root: bool) -> Value {
    let file = unit.metadata.as_ref();
    let (mut fields, mut plain) = structure(machine, file, METADATA);
    let none = |value: Value| Slot { key: OriginId::NONE, value };
    if !unit.requirements.is_empty() {
        let left = left_dependencies(machine, unit);
        fields.insert("Dependencies".into(), none(left.clone()));
        match is_zero(machine, &left) {
            true => plain.remove("dependencies"),
            false => plain.insert("dependencies".into(), none(left)),
        };
    }
    fields.insert("Name".into(), none(name.clone()));
    plain.insert("name".into(), none(name.clone()));
    // helm v3 pkg/chart/loader/load.go: charts of Helm 2 did not say it.
    if !plain.contains_key("apiVersion") {
        let guard = file.map_or(OriginId::NONE, |node| node.origin);
        let value = machine.guard(Value::str("v1", OriginId::NONE), guard);
        fields.insert("APIVersion".into(), none(value.clone()));
        plain.insert("apiVersion".into(), none(value));
    }
    // The struct that `.Chart` embeds can be named, too.
    let inner = Struct {
        type_name: "chart.Metadata",
        fields: machine.heap.add_map(fields.clone(), MapType::Any),
        plain: machine.heap.add_map(plain.clone(), MapType::Any),
        order: METADATA_ORDER,
    };
    fields.insert("Metadata".into(), none(Value::new(Data::Object(Arc::new(inner)))));
    let root = Value::bool(is_root, OriginId::NONE);
    fields.insert("IsRoot".into(), none(root.clone()));
    plain.insert("IsRoot".into(), none(root));
    let fields = machine.heap.add_map(fields, MapType::Any);
    let plain = machine.heap.add_map(plain, MapType::Any);
    let type_name = "struct { chart.Metadata; IsRoot bool }";
    Value::new(Data::Object(Arc::new(Struct { type_name, fields, plain, order: METADATA_ORDER })))
}

/// `.Chart.Dependencies` as Helm's own work on them leaves them (helm v3
/// pkg/chartutil/dependencies.go): switched-off ones are gone, a name is the alias, and what is
/// imported is written in full.
fn left_dependencies(machine: &mut Machine<'_>, unit: &Unit) -> Value {
    let mut items = Vec::new();
    for one in unit.requirements.iter().filter(|one| one.enabled.0) {
        let (mut fields, mut plain) = structure(machine, Some(&one.node), DEPENDENCY);
        let at = |name: &str| one.node.get(name).present().map(|node| node.origin);
        let alias = at(if one.node.get("alias").text().unwrap_or("").is_empty() { "name" } else { "alias" });
        let imports = imported(machine, one, at("import-values").unwrap_or(one.origin));
        let enabled = Value::bool(true, OriginId::NONE).guarded(one.enabled.1, machine.origins);
        // What an entry does not say would stand in it.
        let repository = Value::str(&one.repository, at("repository").unwrap_or(OriginId::NONE));
        let set = [
            ("Name", "name", Value::str(one.known_as(), alias.unwrap_or(one.origin))),
            ("Repository", "repository", repository.guarded(one.origin, machine.origins)),
            ("Enabled", "enabled", enabled.guarded(one.origin, machine.origins)),
            ("ImportValues", "import-values", imports),
        ];
        for (go, json, value) in set {
            let slot = Slot { key: OriginId::NONE, value };
            // The Go field of these two is printed even where it is empty.
            if matches!(json, "name" | "repository") || !is_zero(machine, &slot.value) {
                plain.insert(json.into(), slot.clone());
            }
            fields.insert(go.into(), slot);
        }
        let fields = machine.heap.add_map(fields, MapType::Any);
        let plain = machine.heap.add_map(plain, MapType::Any);
        let object = Struct { type_name: "*chart.Dependency", fields, plain, order: DEPENDENCY_ORDER };
        items.push(Value::from(Data::Object(Arc::new(object)), one.origin));
    }
    let of = if items.is_empty() { ListType::Nil } else { ListType::Any };
    // Those that were switched off have a part in how many are left.
    let mut decided = unit.decided;
    for one in &unit.requirements {
        decided = machine.origins.join(decided, one.origin);
    }
    let list = Value::new(Data::List(machine.heap.add_list(items, of)));
    machine.guard(list, decided)
}

/// What a dependency hands up, each with both its paths.
fn imported(machine: &mut Machine<'_>, one: &Requirement, at: OriginId) -> Value {
    let mut items = Vec::new();
    for import in &one.imports {
        let path = |path: &str, origin| Slot { key: OriginId::NONE, value: Value::str(path, origin) };
        let both = [
            ("child".into(), path(&import.child, import.origins.0)),
            ("parent".into(), path(&import.parent, import.origins.1)),
        ];
        items.push(Value::from(Data::Map(machine.heap.add_map(both.into(), MapType::Str)), at));
    }
    let of = if items.is_empty() { ListType::Nil } else { ListType::Any };
    Value::new(Data::List(machine.heap.add_list(items, of)))
}

type Slots = BTreeMap<Arc<str>, Slot>;

/// The fields of a struct under Go's names, and what is printed of them: none that is empty.
fn structure(machine: &mut Machine<'_>, node: Option<&Node>, of: &[Field]) -> (Slots, Slots) {
    let (mut fields, mut plain) = (BTreeMap::new(), BTreeMap::new());
    for (go, json, kind) in of {
        let found = node.and_then(Node::as_map).and_then(|map| map.entry(json));
        let value = match found.filter(|(_, node)| !node.is_null()) {
            Some((key, node)) => {
                let value = value(machine, node, *kind);
                if !is_zero(machine, &value) {
                    plain.insert(Arc::from(*json), Slot { key: key.origin, value: value.clone() });
                }
                value
            }
            None => {
                let guard = node.map_or(OriginId::NONE, |node| node.origin);
                let value = absent(machine, *kind);
                machine.guard(value, guard)
            }
        };
        fields.insert(Arc::from(*go), Slot { key: OriginId::NONE, value });
    }
    (fields, plain)
}

fn is_zero(machine: &Machine<'_>, value: &Value) -> bool {
    match &value.data {
        Data::Str(text) => text.is_empty(),
        Data::Bool(flag) => !flag,
        Data::List(list) => machine.heap.list(*list).is_empty(),
        Data::Map(map) => machine.heap.map(*map).is_empty(),
        _ => false,
    }
}

fn value(machine: &mut Machine<'_>, node: &Node, kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::Raw => text(machine, node, kind),
        Kind::Flag | Kind::Any => machine.heap.import(node, machine.origins),
        Kind::Texts => {
            let items = node.items().iter().map(|item| text(machine, item, Kind::Text)).collect();
            Value::from(Data::List(machine.heap.add_list(items, ListType::Str)), node.origin)
        }
        Kind::TextMap => {
            let mut entries = BTreeMap::new();
            for (key, value) in node.as_map().into_iter().flat_map(|map| map.iter()) {
                let Ok(name) = key.resolved_name(Mode::Api) else { continue };
                let value = text(machine, value, Kind::Raw);
                entries.insert(Arc::from(&*name), Slot { key: key.origin, value });
            }
            Value::from(Data::Map(machine.heap.add_map(entries, MapType::Str)), node.origin)
        }
        Kind::Structs(name, of) => {
            let mut items = Vec::new();
            for item in node.items() {
                let (fields, plain) = structure(machine, Some(item), of);
                let fields = machine.heap.add_map(fields, MapType::Any);
                let plain = machine.heap.add_map(plain, MapType::Any);
                let (type_name, order) = match name {
                    "Maintainer" => ("*chart.Maintainer", MAINTAINER_ORDER),
                    _ => ("*chart.Dependency", DEPENDENCY_ORDER),
                };
                let object = Struct { type_name, fields, plain, order };
                items.push(Value::from(Data::Object(Arc::new(object)), item.origin));
            }
            Value::from(Data::List(machine.heap.add_list(items, ListType::Any)), node.origin)
        }
    }
}

/// A field that Go declares as a string has the text of a number: `version: 1.10` is `1.1`.
fn text(machine: &mut Machine<'_>, node: &Node, kind: Kind) -> Value {
    let Some(scalar) = node.as_scalar() else { return Value::str("", node.origin) };
    if let Some(printed) = printed_number(scalar) {
        return Value::str(&printed, node.origin);
    }
    let is_clean =
        |character: char| !character.is_control() && (character == ' ' || !character.is_whitespace());
    if kind == Kind::Text && !scalar.text.chars().all(is_clean) {
        // `sanitizeString`: blanks become spaces, what cannot be printed goes.
        let clean: String = scalar
            .text
            .chars()
            .map(|character| if character.is_whitespace() { ' ' } else { character })
            .filter(|character| !character.is_control())
            .collect();
        return Value::str(&clean, node.origin);
    }
    match scalar.resolve(Mode::Api) {
        Resolved::Null => Value::str("", node.origin),
        _ => machine.heap.import(node, machine.origins),
    }
}

/// What `sigs.k8s.io/yaml` makes of a scalar that is no string where Go wants one.
fn printed_number(scalar: &Scalar) -> Option<String> {
    match scalar.resolve(Mode::Api) {
        Resolved::Bool(value) => Some(value.to_string()),
        Resolved::Int(value) => Some(value.to_string()),
        Resolved::Uint(value) => Some(value.to_string()),
        Resolved::Float(value) => Some(go_float(value)),
        _ => None,
    }
}

fn absent(machine: &mut Machine<'_>, kind: Kind) -> Value {
    match kind {
        Kind::Texts | Kind::Any | Kind::Structs(..) => {
            Value::new(Data::List(machine.heap.add_list(Vec::new(), ListType::Nil)))
        }
        Kind::TextMap => Value::new(Data::Map(machine.heap.add_map(BTreeMap::new(), MapType::Str))),
        Kind::Flag => Value::bool(false, OriginId::NONE),
        Kind::Text | Kind::Raw => Value::str("", OriginId::NONE),
    }
}

/// Why Helm does not load a chart, and where that is written.
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) origin: OriginId,
}

impl Refusal {
    fn new(message: impl Into<String>, origin: OriginId) -> Self {
        Self { message: message.into(), origin }
    }
}

/// What Helm refuses in Chart.yaml, and in requirements.yaml if there is one.
pub(crate) fn check(file: &Node, requirements: Option<&Node>) -> Result<(), Refusal> {
    decoded(file, METADATA, "Metadata", "Chart.yaml")?;
    if let Some(requirements) = requirements {
        decoded(requirements, METADATA, "Metadata", "requirements.yaml")?;
    }
    let at = |name: &str| file.get(name).present().map_or(file.origin, |node| node.origin);
    let refuse = |message: String, name: &str| Err(Refusal::new(format!("validation: {message}"), at(name)));
    let field = |name: &str| file.get(name).text().unwrap_or("");
    let name = field("name");
    if name.is_empty() {
        return refuse("chart.metadata.name is required".to_owned(), "name");
    }
    if matches!(name, "." | "..") {
        return refuse(format!("chart.metadata.name {name:?} is not allowed"), "name");
    }
    if name.contains('/') {
        return refuse(format!("chart.metadata.name {name:?} is invalid"), "name");
    }
    let version = file.get("version").present().and_then(Node::as_scalar);
    let version = version.map(|scalar| printed_number(scalar).unwrap_or_else(|| scalar.text.to_string()));
    match version.filter(|version| !version.is_empty()) {
        None => return refuse("chart.metadata.version is required".to_owned(), "version"),
        Some(version) if Version::parse(&version).is_err() => {
            return refuse(format!("chart.metadata.version {version:?} is invalid"), "version");
        }
        Some(_) => {}
    }
    if !matches!(field("type"), "" | "application" | "library") {
        return refuse("chart.metadata.type must be application or library".to_owned(), "type");
    }
    if let Some(nobody) = file.get("maintainers").items().iter().find(|node| node.is_null()) {
        let message = "validation: maintainers must not contain empty or null nodes";
        return Err(Refusal::new(message, nobody.origin));
    }
    let listed = requirements.filter(|file| !file.get("dependencies").is_absent()).unwrap_or(file);
    dependencies(listed.get("dependencies").items())
}

fn dependencies(items: &[Node]) -> Result<(), Refusal> {
    let mut known = BTreeSet::new();
    for item in items {
        if item.is_null() {
            let message = "validation: dependencies must not contain empty or null nodes";
            return Err(Refusal::new(message, item.origin));
        }
        let name = item.get("name").text().unwrap_or("");
        let alias = item.get("alias").text().unwrap_or("");
        if !alias.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'))
        {
            let at = item.get("alias").present().map_or(item.origin, |node| node.origin);
            let message = format!("validation: dependency {name:?} has disallowed characters in the alias");
            return Err(Refusal::new(message, at));
        }
        let key = if alias.is_empty() { name } else { alias };
        if !known.insert(key) {
            let message = format!("validation: more than one dependency with name or alias {key:?}");
            return Err(Refusal::new(message, item.origin));
        }
    }
    Ok(())
}

/// What `encoding/json` refuses to put into the struct.
fn decoded(node: &Node, of: &[Field], type_name: &str, file: &str) -> Result<(), Refusal> {
    let wrong = |value: &Node, field: &str, wanted: &str| {
        let message = format!(
            "cannot load {file}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go {field}{wanted}",
            json_kind(value)
        );
        Err(Refusal::new(message, value.origin))
    };
    let Some(map) = node.as_map() else {
        return match node.is_null() {
            true => Ok(()),
            false => wrong(node, "value of type ", &format!("chart.{type_name}")),
        };
    };
    for (_, json, kind) in of {
        let Some(value) = map.get(json).filter(|value| !value.is_null()) else { continue };
        let field = format!("struct field {type_name}.{json} of type ");
        let texts = |mut items: Box<dyn Iterator<Item = &Node> + '_>| {
            items.find(|item| item.as_scalar().is_none() && !item.is_null()).cloned()
        };
        match kind {
            Kind::Text | Kind::Raw if value.as_scalar().is_none() => return wrong(value, &field, "string"),
            Kind::Flag if value.as_bool().is_none() => return wrong(value, &field, "bool"),
            Kind::Texts => match &value.value {
                NodeValue::Sequence(items) => {
                    if let Some(item) = texts(Box::new(items.iter())) {
                        return wrong(&item, &field, "string");
                    }
                }
                _ => return wrong(value, &field, "[]string"),
            },
            Kind::TextMap => match &value.value {
                NodeValue::Map(map) => {
                    if let Some(item) = texts(Box::new(map.iter().map(|(_, value)| value))) {
                        return wrong(&item, &field, "string");
                    }
                }
                _ => return wrong(value, &field, "map[string]string"),
            },
            Kind::Any if !matches!(value.value, NodeValue::Sequence(_)) => {
                return wrong(value, &field, "[]interface {}");
            }
            Kind::Structs(name, of) => match &value.value {
                NodeValue::Sequence(items) => {
                    for item in items {
                        decoded(item, of, name, file)?;
                    }
                }
                _ => return wrong(value, &field, &format!("[]*chart.{name}")),
            },
            _ => {}
        }
    }
    Ok(())
}

/// What `encoding/json` calls the kind of a value.
pub(crate) fn json_kind(node: &Node) -> &'static str {
    match &node.value {
        NodeValue::Map(_) => "object",
        NodeValue::Sequence(_) => "array",
        NodeValue::Null | NodeValue::Unknown(_) => "null",
        NodeValue::Scalar(scalar) => match scalar.resolve(Mode::Api) {
            Resolved::Null => "null",
            Resolved::Bool(_) => "bool",
            Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_) => "number",
            _ => "string",
        },
    }
}
