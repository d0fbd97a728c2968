//! An Argo CD ApplicationSet, expanded offline (argo-cd v3.5 `applicationset/`).

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Key, Map, Node, OriginId, Origins, Pieces, Role, Scalar, Text, TextBuilder, Value};

use super::Deployments;
use crate::finding::{Code, NotChecked};

/// The parameters one element gives, by name.
type Parameters = BTreeMap<String, Text>;

/// The Applications of a set, each with origins in its element and its template.
pub(super) fn expand(set: &Manifest, all: &mut Deployments) -> Vec<Manifest> {
    let spec = set.root.get("spec");
    let Some(template) = spec.get("template").present() else { return Vec::new() };
    if let Some(flag) = spec.get("goTemplate").present().filter(|flag| flag.as_bool() != Some(false)) {
        let what = format!("ApplicationSet {}", set.id.name);
        let item = NotChecked::new(Code::Plugin, what, "its Go templates are not expanded yet");
        all.not_checked.push(item.at(set.place(flag.origin).map(Into::into)));
        return Vec::new();
    }
    let mut origins = (*set.origins).clone();
    let mut elements = Vec::new();
    for generator in spec.get("generators").items() {
        match generator.get("list").get("elements").present() {
            Some(list) => {
                elements.extend(list.items().iter().map(|element| parameters(element, &mut origins)));
            }
            None => all.not_checked.push(unsupported(set, generator)),
        }
    }
    if elements.len() > limits::APPLICATIONSET_ELEMENTS {
        let what = format!("ApplicationSet {}", set.id.name);
        let reason = format!("it has more than {} elements", limits::APPLICATIONSET_ELEMENTS);
        all.not_checked.push(NotChecked::new(Code::Limit, what, reason));
        elements.truncate(limits::APPLICATIONSET_ELEMENTS);
    }
    let template = with_role(template, Role::Deployment, &mut origins);
    let nodes: Vec<Node> =
        elements.iter().map(|element| application(&template, element, &mut origins)).collect();
    let origins = Arc::new(origins);
    let applications = nodes.into_iter().filter_map(|node| {
        let id = ObjectId::of(&node)?;
        Some(Manifest { id, root: Arc::new(node), origins: Arc::clone(&origins) })
    });
    applications.collect()
}

fn unsupported(set: &Manifest, generator: &Node) -> NotChecked {
    let name = generator.as_map().and_then(|map| map.iter().next()).map_or("", |(key, _)| key.name());
    let place = set.place(generator.origin).map(Into::into);
    let what = format!("ApplicationSet {}", set.id.name);
    NotChecked::new(Code::Plugin, what, format!("its generator `{name}` is not expanded")).at(place)
}

/// Every scalar of an element, as a parameter of its own.
fn parameters(element: &Node, origins: &mut Origins) -> Parameters {
    let mut found = Parameters::new();
    for (key, value) in element.as_map().into_iter().flat_map(Map::iter) {
        if let Some(scalar) = value.as_scalar() {
            let origin = origins.with_role(value.origin, Role::Parameter);
            found.insert(key.name().to_owned(), scalar.to_text(origin, origins));
        }
    }
    found
}

/// The Application object: the template with its tags replaced.
fn application(template: &Node, element: &Parameters, origins: &mut Origins) -> Node {
    let mut node = replace(template, element, origins);
    if let Some(map) = node.as_map_mut() {
        map.set(Key::new("apiVersion", OriginId::NONE), Node::string("argoproj.io/v1alpha1", OriginId::NONE));
        map.set(Key::new("kind", OriginId::NONE), Node::string("Application", OriginId::NONE));
    }
    node
}

fn replace(node: &Node, element: &Parameters, origins: &mut Origins) -> Node {
    let value = match &node.value {
        Value::Scalar(scalar) if scalar.text.contains("{{") => {
            return fast_template(node, scalar, element, origins);
        }
        Value::Sequence(items) => {
            Value::Sequence(items.iter().map(|item| replace(item, element, origins)).collect())
        }
        Value::Map(map) => Value::Map(Map::of(
            map.iter().map(|(key, value)| (key.clone(), replace(value, element, origins))).collect(),
        )),
        other => other.clone(),
    };
    Node { origin: node.origin, value }
}

/// `{{name}}` becomes the element's value; a tag nothing defines stays as it is
/// (argo-cd `applicationset/utils/utils.go`).
fn fast_template(node: &Node, scalar: &Scalar, element: &Parameters, origins: &mut Origins) -> Node {
    let template = scalar.to_text(node.origin, origins);
    let text = template.as_str();
    let mut out = TextBuilder::default();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        let Some(close) = text[open..].find("}}").map(|close| open + close) else { break };
        out.push_part(&template, at..open);
        match element.get(text[open + 2..close].trim()) {
            Some(value) => out.push(value),
            None => out.push_part(&template, open..close + 2),
        }
        at = close + 2;
    }
    out.push_part(&template, at..text.len());
    scalar_of(out.build(), scalar, origins)
}

/// A scalar of a text: its pieces keep their origins.
fn scalar_of(text: Text, like: &Scalar, origins: &mut Origins) -> Node {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let origin = text.origin(0..end, origins);
    let mut start = 0;
    let ends: Vec<u32> = text.runs().iter().map(|run| run.end).collect();
    let parts = ends
        .into_iter()
        .map(|end| {
            let part = (end, text.origin(start..end, origins));
            start = end;
            part
        })
        .collect();
    let scalar = Scalar { text: Arc::clone(text.shared()), pieces: Pieces::Parts(parts), ..like.clone() };
    Node::new(Value::Scalar(scalar), origin)
}

fn with_role(node: &Node, role: Role, origins: &mut Origins) -> Node {
    let value = match &node.value {
        Value::Sequence(items) => {
            Value::Sequence(items.iter().map(|item| with_role(item, role, origins)).collect())
        }
        Value::Map(map) => Value::Map(Map::of(
            map.iter()
                .map(|(key, value)| {
                    let origin = origins.with_role(key.origin, role);
                    (Key { scalar: key.scalar.clone(), origin }, with_role(value, role, origins))
                })
                .collect(),
        )),
        other => other.clone(),
    };
    Node { origin: origins.with_role(node.origin, role), value }
}
