//! `artifact/feature-contract`: a model names the features and the data it was made for.

use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;
use crate::kinds::kserve::{self, Container, Part};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// Words in place of a version that name none.
const MOVING: [&str; 6] = ["latest", "current", "main", "master", "prod", "production"];

fn check(context: &Context<'_>, out: &mut Violations) {
    let keys = &context.params.feature_contract.keys;
    let services = context.fleet.of_kind("InferenceService");
    let services: Vec<(&Object, Option<Container<'_>>)> = services
        .filter(|object| object.manifest.id.group() == kserve::GROUP)
        .map(|object| {
            let workloads = kserve::workloads(&object.manifest);
            let predictor = workloads.into_iter().find(|one| one.part == Part::Predictor);
            (object, predictor.and_then(|one| one.serving))
        })
        .collect();
    for key in keys {
        let stated: Vec<Option<Stated<'_>>> =
            services.iter().map(|(object, server)| Stated::of(object, server.as_ref(), key)).collect();
        // Where nobody names one, the house has no such convention.
        let Some(example) = stated.iter().flatten().next() else { continue };
        for ((object, _), stated) in services.iter().zip(&stated) {
            let found = match stated {
                Some(stated) => moves(object, key, stated),
                None => missing(object, key, example),
            };
            out.push(found.map(|found| found.at_place(object.place)));
        }
    }
}

/// A version that a service names under a key.
struct Stated<'n> {
    node: &'n Node,
    path: Pointer,
    /// Which of the forms: `label`, `annotation`, `variable`.
    form: &'static str,
}

impl<'n> Stated<'n> {
    /// A label or an annotation of the service or its pods whose name is the key, whatever stands
    /// before a `/`; or a variable of its server by the same words.
    fn of(object: &'n Object, server: Option<&Container<'n>>, key: &str) -> Option<Self> {
        let root = &*object.manifest.root;
        for (parent, map, form) in [
            (&["metadata"][..], "labels", "label"),
            (&["metadata"], "annotations", "annotation"),
            (&["spec", "predictor"], "labels", "label"),
            (&["spec", "predictor"], "annotations", "annotation"),
        ] {
            let entries = root.find(parent).get(map).present().and_then(Node::as_map);
            let is_it = |name: &str| name == key || name.rsplit('/').next() == Some(key);
            let entry = entries.into_iter().flat_map(|map| map.iter()).find(|(name, _)| is_it(name.name()));
            if let Some((name, node)) = entry {
                return Some(Self { node, path: Pointer::of(parent).key(map).key(name.name()), form });
            }
        }
        let variable = key.to_uppercase().replace(['-', '.'], "_");
        let serving = server?;
        let variables = serving.node.get("env").items().iter().enumerate();
        let (index, one) =
            variables.into_iter().find(|(_, one)| one.get("name").text() == Some(variable.as_str()))?;
        let node = one.get("value").present()?;
        Some(Self { node, path: serving.path.key("env").index(index).key("value"), form: "variable" })
    }
}

fn missing(object: &Object, key: &str, example: &Stated<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let name = manifest.root.find(&["metadata", "name"]).present()?;
    let message = format!("{}{{places}} does not say its `{key}`", manifest.id.name);
    let path = Pointer::of(&["metadata"]);
    let found = violation("missing", object, path, name.origin, "names none", message)?;
    Some(found.word(key).help(format!("name it as the others do: a {} `{key}`", example.form)))
}

fn moves(object: &Object, key: &str, stated: &Stated<'_>) -> Option<Violation> {
    let word = stated.node.text().filter(|text| text.is_empty() || MOVING.contains(text))?;
    let said = if word.is_empty() { "nothing".to_owned() } else { format!("`{word}`") };
    let message = format!("{}{{places}} names {said} as its `{key}`, not a version", object.manifest.id.name);
    let (path, origin) = (stated.path.clone(), stated.node.origin);
    let found = violation("moves", object, path, origin, "moves without a commit", message)?;
    Some(found.word(key).help("name the version the model was trained on"))
}

fn violation(
    case: &'static str,
    object: &Object,
    path: Pointer,
    origin: OriginId,
    label: &str,
    message: String,
) -> Option<Violation> {
    let manifest = &object.manifest;
    let cause = manifest.place(origin)?;
    let found = Violation::for_lack(case, manifest, path, cause, label, message)?;
    Some(found.note("with other features than it was trained on, a model answers, and answers wrong"))
}
