//! `postBuild` of a Flux Kustomization: which variables there are, and which line gives each its
//! value (fluxcd/pkg v1.9 `kustomize/kustomize_varsub.go`).

use std::collections::BTreeMap;

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, OriginId, Origins};

use super::objects::Asker;
use super::{World, lacking};
use crate::render::{Given, PostBuild};

/// What `postBuild` says.
pub(super) enum Found {
    /// The variables, and what of them only the cluster knows: the words, and the entry.
    Read(PostBuild, Vec<(String, OriginId)>),
    /// It names a ConfigMap that nothing rendered so far.
    Waiting,
}

/// Reads `postBuild`; `None` where there is none.
pub(super) fn read(manifest: &Manifest, world: &World<'_>, origins: &mut Origins) -> Option<Found> {
    let post_build = manifest.root.get("spec").get("postBuild").present().filter(|node| !node.is_null())?;
    let mut values: BTreeMap<String, Given> = BTreeMap::new();
    let mut missing = Vec::new();
    let mut more_in_cluster = false;
    let mut looked_in = Vec::new();
    let namespace = manifest.id.namespace.as_deref();
    for entry in post_build.get("substituteFrom").items() {
        let (kind, name) = (entry.get("kind").text().unwrap_or(""), entry.get("name").text().unwrap_or(""));
        looked_in.extend(entry.get("name").present().and_then(|node| Given::of(node, origins)));
        let is_optional = entry.get("optional").present().and_then(Node::as_bool) == Some(true);
        if kind == "Secret" {
            more_in_cluster = true;
            missing.push((format!("the values of Secret `{name}` are not read"), entry.origin));
            continue;
        }
        match world.objects.config_map(name, Asker { namespace, ..world.asker() }) {
            Some(data) => {
                for (key, value) in &data.values {
                    let value =
                        without_breaks(value).guarded_by(entry.get("name").present().into_iter(), origins);
                    values.insert(key.clone(), value);
                }
                // A value that is encrypted, or a variable itself, is one all the same.
                for key in &data.unknown {
                    values.remove(key);
                    more_in_cluster = true;
                    missing.push((format!("`{key}` of ConfigMap `{name}` is not known"), entry.origin));
                }
            }
            None if !world.is_last => return Some(Found::Waiting),
            None => {
                // What is optional and nowhere in Git is taken to be nowhere.
                more_in_cluster |= !is_optional;
                let mut words = lacking("ConfigMap", name, namespace);
                if is_optional {
                    words += ", and is optional: taken as absent";
                }
                missing.push((words, entry.origin));
            }
        }
    }
    let inline = post_build.get("substitute").present().and_then(Node::as_map);
    for (key, value) in inline.into_iter().flat_map(|map| map.iter()) {
        match Given::of(value, origins) {
            Some(given) => drop(values.insert(key.name().to_owned(), without_breaks(&given))),
            None => {
                values.remove(key.name());
                more_in_cluster |= !value.is_null();
            }
        }
    }
    let is_always = post_build.get("substituteStrategy").text() == Some("Always");
    let values = values.into_iter().collect();
    let looked_in = Given::concat(&looked_in);
    Some(Found::Read(PostBuild { values, is_always, more_in_cluster, looked_in }, missing))
}

/// The value in one line: the controller takes every line break out.
fn without_breaks(value: &Given) -> Given {
    if !value.text.contains('\n') {
        return value.clone();
    }
    let mut pieces = Vec::new();
    let mut from = 0;
    for line in value.text.split('\n') {
        pieces.push(value.slice(from..from + line.len()));
        from += line.len() + 1;
    }
    Given::concat(&pieces)
}
