//! `templatePatch`: a text that is filled in for each element, read as YAML and merged over the
//! Application (argo-cd `applicationset/controllers/template/patch.go`, Kubernetes'
//! `strategicpatch`; no list of an Application has a merge key, so that lists replace lists).

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_manifest::fields::{FieldRef, FieldType, tables};
use mlgitops_yaml::{Key, Map, Mode, Node, OriginId, Origins, Resolved, Role, Value, parse};

use super::expansion::Expansion;
use super::parameters::word;
use super::refusal::Stop;
use super::template::{Filling, Template};

const KIND: &str = "appset-patch";

/// The patch of a set, compiled.
pub(super) struct Patch {
    template: Template,
    origin: OriginId,
}

impl Expansion<'_> {
    /// The set's `templatePatch`, if it has one.
    pub(super) fn patch(&mut self) -> Result<Option<Patch>, Stop> {
        let set = self.set;
        let Some(node) = set.root.get("spec").get("templatePatch").present() else { return Ok(None) };
        let Some(scalar) = node.as_scalar().filter(|_| !node.is_null()) else { return Ok(None) };
        let origin = match self.machine.origins.exact(node.origin) {
            Some((Role::Source, _)) => self.machine.origins.with_role(node.origin, Role::Patch),
            _ => node.origin,
        };
        let text = scalar.to_text(origin, self.machine.origins);
        Ok(Some(Patch { template: self.compile_text(text)?, origin }))
    }

    /// The Application with the patch over it.
    pub(super) fn patched(
        &mut self,
        application: Node,
        patch: &Patch,
        filling: &Filling<'_>,
    ) -> Result<Node, Stop> {
        let text = self.fill_text(&patch.template, patch.origin, filling)?;
        self.machine.make(text.len()).map_err(|failure| Stop::failure(&failure))?;
        let tree = parse(text.clone());
        if let Some(error) = tree.errors().first() {
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            let at = error.at.min(end.saturating_sub(1));
            let place = text.origin(at..at.saturating_add(1), self.machine.origins);
            let message = format!("its templatePatch is no YAML: {}", error.message);
            return Err(Stop::refused(KIND, message, place));
        }
        let root = tree.documents().first().and_then(|document| document.root);
        let Some(root) = root else { return Ok(application) };
        let over = tree.node(root, self.machine.origins);
        let over =
            over.map_err(|error| Stop::refused(KIND, format!("its templatePatch: {error}"), patch.origin))?;
        if over.is_null() {
            return Ok(application);
        }
        if over.as_map().is_none() {
            let message = format!("its templatePatch is {}, not a map", word(&over));
            return Err(Stop::refused(KIND, message, over.origin));
        }
        if let Some(table) = tables().kind("argoproj.io/v1alpha1", "Application") {
            check_types(&over, table.root, &mut Vec::new())?;
        }
        let project = application.get("spec").get("project").present().cloned();
        let merged = merge(application, over, false, self.machine.origins)?;
        let mut merged = merged.unwrap_or_else(|| Node::new(Value::Map(Map::default()), patch.origin));
        keep_project(&mut merged, project);
        Ok(merged)
    }
}

/// The project is the template's, whatever the patch says.
fn keep_project(application: &mut Node, project: Option<Node>) {
    let Some(map) = application.as_map_mut() else { return };
    if map.get("spec").is_none_or(Node::is_null) && project.is_some() {
        map.set(Key::new("spec", OriginId::NONE), Node::new(Value::Map(Map::default()), OriginId::NONE));
    }
    let Some(spec) = map.get_mut("spec").and_then(Node::as_map_mut) else { return };
    spec.remove("project");
    if let Some(project) = project {
        spec.set(Key::new("project", OriginId::NONE), project);
    }
}

/// What the patch gives must be of the types an Application has.
fn check_types<'n>(node: &'n Node, field: FieldRef, path: &mut Vec<&'n str>) -> Result<(), Stop> {
    if node.is_null() {
        return Ok(());
    }
    let resolved = node.as_scalar().map(|scalar| scalar.resolve(Mode::Api));
    let fits = match (field.kind(), &node.value) {
        (_, Value::Unknown(_)) | (FieldType::Any, _) => true,
        (FieldType::Object | FieldType::Map, value) => matches!(value, Value::Map(_)),
        (FieldType::Array, value) => matches!(value, Value::Sequence(_)),
        (FieldType::String, _) => matches!(resolved, Some(Resolved::Str)),
        (FieldType::Boolean, _) => matches!(resolved, Some(Resolved::Bool(_))),
        (FieldType::Integer, _) => node.as_int().is_some(),
        (FieldType::Number, _) => {
            matches!(resolved, Some(Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_)))
        }
        (FieldType::IntOrString, _) => resolved.is_some(),
    };
    if !fits {
        let message = format!(
            "its templatePatch gives `{}` {}, and it takes {}",
            path.join("."),
            word(node),
            taken(field.kind())
        );
        return Err(Stop::refused(KIND, message, node.origin));
    }
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                let Some(field) = field.field(key.name()).or_else(|| field.values()) else { continue };
                path.push(key.name());
                check_types(value, field, path)?;
                path.pop();
            }
        }
        Value::Sequence(items) => {
            for item in items {
                if let Some(field) = field.items() {
                    check_types(item, field, path)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn taken(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Object | FieldType::Map => "a map",
        FieldType::Array => "a list",
        FieldType::String => "a string",
        FieldType::Integer => "a whole number",
        FieldType::Number => "a number",
        FieldType::Boolean => "a boolean",
        FieldType::IntOrString => "a number or a string",
        FieldType::Any => "anything",
    }
}

/// A map merged over a map; `None` where the patch takes it away. Inside `valuesObject` the
/// library knows no fields, so that it fails where two containers meet.
fn merge(base: Node, over: Node, is_raw: bool, origins: &mut Origins) -> Result<Option<Node>, Stop> {
    let (origin, over_origin) = (base.origin, over.origin);
    let (Value::Map(mut below), Value::Map(mut above)) = (base.value, over.value) else { return Ok(None) };
    match above.remove("$patch").map(|(_, directive)| directive) {
        None => {}
        Some(directive) => match directive.text().unwrap_or("") {
            "replace" => return Ok(Some(Node::new(Value::Map(above), over_origin))),
            "delete" => return Ok(None),
            "merge" => {}
            other => {
                let message = format!("its templatePatch has the directive `$patch: {other}`, which is none");
                return Err(Stop::refused(KIND, message, directive.origin));
            }
        },
    }
    retain_keys(&mut below, &mut above)?;
    // The order of a list that replaces another is its own.
    take_out(&mut above, |key| key.name().starts_with("$setElementOrder/"));
    let taken = |node: &mut Node| std::mem::replace(node, Node::new(Value::Null, OriginId::NONE));
    let mut entries: Vec<Option<(Key, Node)>> = Vec::with_capacity(below.len() + above.len());
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (key, value) in below.iter_mut() {
        places.insert(key.name().to_owned(), entries.len());
        entries.push(Some((key.clone(), taken(value))));
    }
    for (key, value) in above.iter_mut() {
        let value = taken(value);
        let Some(entry) = places.get(key.name()).and_then(|&place| entries.get_mut(place)) else {
            if !value.is_null() {
                entries.push(Some((key.clone(), value)));
            }
            continue;
        };
        let Some((known_key, known)) = entry.take() else { continue };
        if value.is_null() {
            continue;
        }
        let both_maps = known.as_map().is_some() && value.as_map().is_some();
        let both_lists = matches!((&known.value, &value.value), (Value::Sequence(_), Value::Sequence(_)));
        if is_raw && (both_maps || both_lists) {
            let message = format!(
                "its templatePatch changes `{}` inside valuesObject, where only whole scalars can be replaced: unable to find api field in struct RawExtension for the json field \"{}\"",
                key.name(),
                key.name()
            );
            return Err(Stop::refused(KIND, message, key.origin));
        }
        *entry = if both_maps {
            let inner = is_raw || key.name() == "valuesObject";
            merge(known, value, inner, origins)?.map(|merged| (known_key, merged))
        } else {
            Some((known_key, over_base(value, known.origin, origins)))
        };
    }
    Ok(Some(Node::new(Value::Map(Map::of(entries.into_iter().flatten().collect())), origin)))
}

/// `$retainKeys`: takes away what it does not name, and lets the patch set nothing else (Kubernetes
/// `strategicpatch` `applyRetainKeysDirective`).
fn retain_keys(below: &mut Map, above: &mut Map) -> Result<(), Stop> {
    let Some((_, kept)) = above.remove("$retainKeys") else { return Ok(()) };
    let names: BTreeSet<&str> = kept.as_lookup().items().iter().filter_map(Node::text).collect();
    let is_kept = |key: &Key| names.contains(key.name());
    let is_directive = |key: &Key| key.name().starts_with('$');
    let stranger = above.iter().find(|(key, value)| !value.is_null() && !is_directive(key) && !is_kept(key));
    if !matches!(kept.value, Value::Sequence(_)) || stranger.is_some() {
        let message = match stranger {
            Some((key, _)) => {
                format!("its templatePatch sets `{}`, which its `$retainKeys` does not name", key.name())
            }
            None => format!("its templatePatch gives `$retainKeys` {}, and it takes a list", word(&kept)),
        };
        return Err(Stop::refused(KIND, message, stranger.map_or(kept.origin, |(key, _)| key.origin)));
    }
    take_out(below, |key| !is_kept(key));
    Ok(())
}

/// Takes some entries out of a map.
fn take_out(map: &mut Map, is_out: impl Fn(&Key) -> bool) {
    let out: Vec<String> =
        map.iter().filter(|(key, _)| is_out(key)).map(|(key, _)| key.name().to_owned()).collect();
    out.iter().for_each(|name| drop(map.remove(name)));
}

/// What a patch sets, with what was there before as its guard.
fn over_base(mut value: Node, base: OriginId, origins: &mut Origins) -> Node {
    let base = origins.with_role(base, Role::Base);
    value.origin = origins.guard(value.origin, base);
    value
}
