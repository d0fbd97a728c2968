//! Which lists are merged, and by which keys: Kubernetes' own schema, or the one a kustomization
//! names under `openapi` (kyaml v0.21 `openapi/openapi.go`).

use std::collections::HashMap;

use mlgitops_manifest::fields::{FieldRef, FieldType, Project, tables};
use mlgitops_yaml::{Map, Node, OriginId, Origins};

use crate::origin::all_of;

/// Most references that lead from one schema to another before there is a schema.
const MOST_REFERENCES: usize = 64;

/// The schema of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Schema<'s> {
    BuiltIn(FieldRef),
    Custom(&'s Definitions, &'s Node),
}

/// The definitions of an OpenAPI document.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    by_name: HashMap<String, Node>,
    /// The definition of each kind, by apiVersion and kind.
    by_kind: HashMap<(String, String), String>,
}

/// What a build knows about lists.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    /// The document an `openapi` field names; the first one read counts.
    pub(crate) custom: Option<Definitions>,
    /// Whether some kustomization has said which schema counts.
    pub(crate) is_set: bool,
    /// Whether Kubernetes' own schema was needed before another one was named: it stays then.
    pub(crate) keeps_built_in: bool,
}

impl Schemas {
    /// The schema of a kind; custom resources mostly have none, and their lists are replaced.
    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Option<Schema<'_>> {
        if let Some(custom) = &self.custom {
            let found = custom.of_kind(api_version, kind);
            if found.is_some() || !self.keeps_built_in {
                return found;
            }
        }
        let table = tables().kind(api_version, kind)?;
        (table.project == Project::Kubernetes).then_some(Schema::BuiltIn(table.root))
    }

    /// The schema of an object, or of a value that says which kind it is.
    pub(crate) fn of(&self, node: &Node) -> Option<Schema<'_>> {
        let map = node.as_map()?;
        self.of_kind(map.get("apiVersion")?.text()?, map.get("kind")?.text()?)
    }
}

impl Definitions {
    /// Reads a document; `None` where it holds no definitions.
    pub(crate) fn of(document: &Node) -> Option<Self> {
        let mut definitions = Self::default();
        for (key, value) in document.get("definitions").present()?.as_map()?.iter() {
            for kind in value.get("x-kubernetes-group-version-kind").items() {
                let text = |field: &str| kind.get(field).text().unwrap_or_default();
                let api_version = match text("group") {
                    "" => text("version").to_owned(),
                    group => format!("{group}/{}", text("version")),
                };
                let kind = (api_version, text("kind").to_owned());
                definitions.by_kind.insert(kind, key.name().to_owned());
            }
            definitions.by_name.insert(key.name().to_owned(), value.clone());
        }
        Some(definitions)
    }

    fn of_kind(&self, api_version: &str, kind: &str) -> Option<Schema<'_>> {
        let name = self.by_kind.get(&(api_version.to_owned(), kind.to_owned()))?;
        Some(Schema::Custom(self, self.by_name.get(name)?))
    }

    /// Follows references to a schema.
    fn resolve<'s>(&'s self, mut node: &'s Node) -> Option<Schema<'s>> {
        for _ in 0..MOST_REFERENCES {
            match node.get("$ref").text() {
                None => return Some(Schema::Custom(self, node)),
                Some(reference) => {
                    node = self.by_name.get(reference.strip_prefix("#/definitions/")?)?;
                }
            }
        }
        None
    }
}

impl<'s> Schema<'s> {
    /// The schema of an entry of a map.
    pub(crate) fn child(self, name: &str) -> Option<Self> {
        match self {
            Self::BuiltIn(field) if field.kind() == FieldType::Map => field.values().map(Self::BuiltIn),
            Self::BuiltIn(field) => field.field(name).map(Self::BuiltIn),
            Self::Custom(definitions, node) => {
                let own = node.find(&["properties", name]).present();
                let any = || node.get("additionalProperties").present().filter(|any| is_map(any));
                definitions.resolve(own.or_else(any)?)
            }
        }
    }

    /// The schema of the items of a list.
    pub(crate) fn items(self) -> Option<Self> {
        match self {
            Self::BuiltIn(field) => field.items().map(Self::BuiltIn),
            Self::Custom(definitions, node) => definitions.resolve(node.get("items").present()?),
        }
    }

    /// What is written that decides how a list is merged; nothing for what is built in.
    pub(crate) fn decided_by(self, origins: &mut Origins) -> OriginId {
        let Self::Custom(_, node) = self else { return OriginId::NONE };
        let marks = ["patch-strategy", "patch-merge-key", "list-map-keys"];
        marks.iter().fold(OriginId::NONE, |all, mark| {
            let node = node.get(&format!("x-kubernetes-{mark}")).present();
            let more = node.map_or(OriginId::NONE, |node| all_of(node, origins));
            origins.join(all, more)
        })
    }

    /// The keys by which items of a list are the same; none for a set of scalars, `None` for a list
    /// that is replaced.
    pub(crate) fn merge_keys(self) -> Option<Vec<&'s str>> {
        match self {
            Self::BuiltIn(field) => merge_keys_of(field),
            Self::Custom(_, node) => {
                let strategy = node.get("x-kubernetes-patch-strategy").text()?;
                if !strategy.split(',').any(|word| word == "merge") {
                    return None;
                }
                let listed = node.get("x-kubernetes-list-map-keys");
                if listed.is_absent() {
                    return Some(node.get("x-kubernetes-patch-merge-key").text().into_iter().collect());
                }
                Some(listed.items().iter().filter_map(Node::text).collect())
            }
        }
    }
}

fn is_map(node: &Node) -> bool {
    node.as_map().is_some_and(|map: &Map| !map.is_empty())
}

fn merge_keys_of(field: FieldRef) -> Option<Vec<&'static str>> {
    let mark = field.patch()?;
    if !mark.strategy.split(',').any(|word| word == "merge") {
        return None;
    }
    // `x-kubernetes-list-map-keys` of Kubernetes' own types, where it says more than the merge key.
    Some(match mark.merge_key {
        "" => Vec::new(),
        "containerPort" => vec!["containerPort", "protocol"],
        "port" => vec!["port", "protocol"],
        "topologyKey" => vec!["topologyKey", "whenUnsatisfiable"],
        key => vec![key],
    })
}
