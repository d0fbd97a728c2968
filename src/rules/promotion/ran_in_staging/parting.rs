//! What gives an environment a version of its own, where it shares one: the patch or the value to
//! write, and where.

use mlgitops_yaml::{NodeIndex, Role, Tree, Value};

use super::super::super::Context;
use super::parts;
use crate::discover::{FileKind, Found};
use crate::finding::Location;
use crate::fleet::{Deployable, Fleet, ModelUse, Object, Release};
use crate::render::Tool;

/// Where something is written, and what.
pub(super) struct Parting {
    /// `overlays/staging/kustomization.yaml:4`.
    pub(super) place: String,
    /// What stands there then, line by line.
    pub(super) lines: Vec<String>,
}

/// What gives a release the version it has, whatever the bytes say that it shares; `None` where
/// nothing of its own renders it.
pub(super) fn parting(context: &Context<'_>, fleet: &Fleet, release: &Release) -> Option<Parting> {
    let (used, object) = parts(fleet, release)?;
    let deployable = fleet.deployables.get(object.deployable)?;
    match &deployable.job.tool {
        Tool::Kustomize(_) => in_kustomization(kustomization(context, deployable)?, used, object),
        Tool::Helm(helm) => {
            let own = helm.value_files.last()?;
            let line = value(context, used, object, own.as_str())?;
            Some(Parting { place: format!("`{own}`"), lines: vec![line] })
        }
        Tool::Plain(_) => None,
    }
}

/// The first item of the first of some lists of a deployable's kustomization.
pub(super) fn own_list(context: &Context<'_>, deployable: &Deployable, lists: &[&str]) -> Option<Location> {
    let found = kustomization(context, deployable)?;
    let list = list(found, lists)?;
    let first = found.tree.children(list).first().copied()?;
    Some(Location::new(&found.file, found.tree.range(first), Role::Source))
}

fn kustomization<'c>(context: &Context<'c>, deployable: &Deployable) -> Option<&'c Found> {
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    names.iter().find_map(|name| context.discovery.files.get(&deployable.job.path.join(name).ok()?))
}

/// The first of some fields that a kustomization has.
fn list(found: &Found, lists: &[&str]) -> Option<NodeIndex> {
    let root = found.tree.documents().first()?.root?;
    lists.iter().find_map(|name| found.tree.get(root, name))
}

/// One more operation in the patch that the object has, else a patch of its own.
fn in_kustomization(found: &Found, used: &ModelUse, object: &Object) -> Option<Parting> {
    let operations = operations(used, object);
    let name = name_before(found, object);
    let at = |node: NodeIndex| {
        let at = Location::new(&found.file, found.tree.range(node), Role::Source);
        format!("`{}:{}`", at.path(), at.position().line)
    };
    let patches = list(found, &["patches"]);
    let items = patches.map_or(&[][..], |list| found.tree.children(list));
    let own = items.iter().find_map(|&item| patch_of(&found.tree, item, object, name));
    if let Some(patch) = own {
        let lines = operations.iter().map(|operation| format!("- {operation}")).collect();
        return Some(Parting { place: at(patch), lines });
    }
    let id = &object.manifest.id;
    let item =
        format!("{{target: {{kind: {}, name: {name}}}, patch: '[{}]'}}", id.kind, operations.join(", "));
    Some(match items.first() {
        Some(first) => Parting { place: at(*first), lines: vec![format!("- {item}")] },
        None => {
            let first = found.tree.children(list(found, &["resources", "bases"])?).first()?;
            Parting { place: at(*first), lines: vec![format!("patches: [{item}]")] }
        }
    })
}

/// What an object is called when the patches of a kustomization are applied: its own prefix and suffix
/// come after them.
fn name_before<'o>(found: &Found, object: &'o Object) -> &'o str {
    let name = object.manifest.id.name.as_str();
    let part = |field| list(found, &[field]).and_then(|node| found.tree.scalar(node)).unwrap_or_default();
    let name = name.strip_prefix(part("namePrefix")).unwrap_or(name);
    name.strip_suffix(part("nameSuffix")).unwrap_or(name)
}

/// The operations of a patch, where its target selects an object.
fn patch_of(tree: &Tree, item: NodeIndex, object: &Object, name: &str) -> Option<NodeIndex> {
    let target = tree.get(item, "target")?;
    let id = &object.manifest.id;
    let is = |key: &str, own: &str| {
        tree.get(target, key).and_then(|node| tree.scalar(node)).is_none_or(|stated| stated == own)
    };
    let patch = tree.get(item, "patch")?;
    let is_list = tree.scalar(patch).is_some_and(|text| text.trim_start().starts_with(['-', '[']));
    (is("kind", &id.kind) && is("name", name) && is_list).then_some(patch)
}

/// What sets the reference, and the labels that say its version.
fn operations(used: &ModelUse, object: &Object) -> Vec<String> {
    let replace = |path: &str, value: &str| format!("{{op: replace, path: {path}, value: \"{value}\"}}");
    let mut operations = Vec::new();
    let version = used.parsed.version_token().unwrap_or_default();
    let labels = object.manifest.root.find(&["metadata", "labels"]);
    if let Some(Value::Map(labels)) = labels.present().map(|labels| &labels.value) {
        for (name, value) in labels.iter() {
            let says_it = |text: &&str| !version.is_empty() && text.trim_start_matches('v') == version;
            let name = name.name().replace('~', "~0").replace('/', "~1");
            let said = value.text().filter(says_it);
            operations.extend(said.map(|text| replace(&format!("/metadata/labels/{name}"), text)));
        }
    }
    operations.push(replace(&used.reference.path.to_string(), &used.reference.text));
    operations
}

/// `model: {uri: "…"}`: the value that both read, for the values file of one of them.
fn value(context: &Context<'_>, used: &ModelUse, object: &Object, own: &str) -> Option<String> {
    let node = object.manifest.at(&used.reference.path).present()?;
    let span = object.manifest.content_of_piece(node, super::version_bytes(used)).into_iter().next()?;
    let mut files = context.discovery.files.values();
    let found =
        files.find(|found| found.path.as_str() == &**span.file.path() && found.kind == FileKind::Values)?;
    if found.path.as_str() == own {
        return None;
    }
    let root = found.tree.documents().first()?.root?;
    let mut open = vec![(root, Vec::new())];
    while let Some((node, path)) = open.pop() {
        for (key, child) in found.tree.entries(node) {
            let range = found.tree.range(child);
            if !(range.start <= span.start && span.end <= range.end) {
                continue;
            }
            let path = [path.as_slice(), &[found.tree.scalar(key)?.to_owned()]].concat();
            if let Some(text) = found.tree.scalar(child) {
                return Some(nested(&path, text));
            }
            open.push((child, path));
        }
    }
    None
}

fn nested(path: &[String], value: &str) -> String {
    let inner =
        path.iter().skip(1).rev().fold(format!("\"{value}\""), |inner, key| format!("{{{key}: {inner}}}"));
    path.first().map_or(inner.clone(), |first| format!("{first}: {inner}"))
}
