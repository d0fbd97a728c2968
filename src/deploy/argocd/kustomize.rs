//! `source.kustomize` of an Application: what Argo CD sets in the kustomization before it builds it
//! (argo-cd v3.5 `util/kustomize/kustomize.go`).

use mlgitops_yaml::{Node, Origins};

use super::Tree;
use super::application_env::Environment;
use super::application_path::Folder;
use crate::kinds::argocd::Source;
use crate::render::{Given, GivenNode, Kustomize};

/// Fields that are set as they stand.
const AS_THEY_STAND: [&str; 5] = ["namePrefix", "nameSuffix", "namespace", "patches", "replicas"];

/// What an Application sets in the kustomization of a folder.
pub(super) fn read(
    source: Source<'_>,
    folder: &Folder,
    environment: &Environment,
    tree: &Tree<'_>,
    origins: &mut Origins,
) -> Kustomize {
    let options = source.node.get("kustomize");
    let mut fields = Vec::new();
    for field in AS_THEY_STAND {
        let value = options.get(field).present().and_then(|node| GivenNode::of(node, origins));
        fields.extend(value.filter(|value| *value != GivenNode::Null).map(|value| (field.to_owned(), value)));
    }
    let components = components(source, folder, tree).into_iter();
    let components: Vec<GivenNode> = components.filter_map(|node| GivenNode::of(node, origins)).collect();
    if !components.is_empty() {
        fields.push(("components".to_owned(), GivenNode::List(components)));
    }
    let images = options.get("images").items().iter();
    let images: Vec<GivenNode> =
        images.filter_map(|image| Some(entry(&environment.expand(&Given::of(image, origins)?)))).collect();
    if !images.is_empty() {
        fields.push(("images".to_owned(), GivenNode::List(images)));
    }
    let substitutes = source.is_set("kustomize", "commonAnnotationsEnvsubst");
    let annotations = pairs(options.get("commonAnnotations").present(), substitutes, environment, origins);
    fields.extend(annotations.map(|annotations| ("commonAnnotations".to_owned(), annotations)));
    fields.extend(labels(source, environment, origins));
    Kustomize {
        fields,
        files_anywhere: false,
        flux: None,
        kube_version: source.kube_version().map(str::to_owned),
        api_versions: source.api_versions(),
    }
}

/// The components; those that are not there are left out where the source says so.
fn components<'n>(source: Source<'n>, folder: &Folder, tree: &Tree<'_>) -> Vec<&'n Node> {
    let is_there = |node: &&Node| {
        let path = node.text().and_then(|text| folder.path.join(text).ok());
        path.is_some_and(|path| tree.trees.files().kind(&path).is_some())
    };
    let all = source.option("kustomize", "components").items().iter();
    let ignores = source.is_set("kustomize", "ignoreMissingComponents");
    all.filter(|node| !ignores || is_there(node)).collect()
}

/// Labels or annotations, with the variables of the build environment replaced or not.
fn pairs(
    node: Option<&Node>,
    substitutes: bool,
    environment: &Environment,
    origins: &mut Origins,
) -> Option<GivenNode> {
    let map = node?.as_map().filter(|map| !map.is_empty())?;
    let entries = map.iter().filter_map(|(key, value)| {
        let given = Given::of(value, origins)?;
        let given = if substitutes { environment.expand(&given) } else { given };
        Some((key.name().to_owned(), GivenNode::Scalar(given, true)))
    });
    Some(GivenNode::Map(entries.collect()))
}

/// `commonLabels`, which reach selectors unless `labelWithoutSelector` says otherwise.
fn labels(
    source: Source<'_>,
    environment: &Environment,
    origins: &mut Origins,
) -> Option<(String, GivenNode)> {
    let written = source.option("kustomize", "commonLabels").present();
    let pairs = pairs(written, true, environment, origins)?;
    if !source.is_set("kustomize", "labelWithoutSelector") {
        return Some(("commonLabels".to_owned(), pairs));
    }
    let mut entry = vec![("pairs".to_owned(), pairs)];
    if source.is_set("kustomize", "labelIncludeTemplates") {
        entry.push(("includeTemplates".to_owned(), GivenNode::Scalar(Given::builtin("true"), false)));
    }
    Some(("labels".to_owned(), GivenNode::List(vec![GivenNode::Map(entry)])))
}

/// `name=new:tag`, `name:tag` or `name@digest` as an entry of `images`.
fn entry(image: &Given) -> GivenNode {
    let text = &*image.text;
    let (name, rest) = match text.find('=') {
        Some(at) => (Some(image.slice(0..at)), at + 1),
        None => (None, 0),
    };
    let path = text.get(rest..).and_then(|rest| rest.rfind('/')).map_or(rest, |slash| rest + slash);
    let mark = text.get(path..).and_then(|rest| rest.find([':', '@'])).map(|at| path + at);
    let own = image.slice(rest..mark.unwrap_or(text.len()));
    let mut entry = Vec::new();
    let mut add = |field: &str, value: Given| {
        entry.push((field.to_owned(), GivenNode::Scalar(value, true)));
    };
    match name {
        Some(name) => {
            add("name", name);
            add("newName", own);
        }
        None => add("name", own),
    }
    if let Some(mark) = mark {
        let is_digest = text.get(mark..).is_some_and(|rest| rest.starts_with('@'));
        add(if is_digest { "digest" } else { "newTag" }, image.slice(mark + 1..text.len()));
    }
    GivenNode::Map(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_entry(text: &str) -> Vec<(String, String)> {
        let GivenNode::Map(entry) = entry(&Given::builtin(text)) else { return Vec::new() };
        let value = |value: GivenNode| match value {
            GivenNode::Scalar(given, _) => given.text.to_string(),
            _ => String::new(),
        };
        entry.into_iter().map(|(field, node)| (field, value(node))).collect()
    }

    #[test]
    fn images_of_an_application() {
        let cases: [(&str, &[(&str, &str)]); 4] = [
            ("nginx:1.2", &[("name", "nginx"), ("newTag", "1.2")]),
            ("reg:5000/a/b:v1", &[("name", "reg:5000/a/b"), ("newTag", "v1")]),
            ("a=reg:5000/b:v2", &[("name", "a"), ("newName", "reg:5000/b"), ("newTag", "v2")]),
            ("a@sha256:ff", &[("name", "a"), ("digest", "sha256:ff")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect();
            assert_eq!(read_entry(text), expected, "{text}");
        }
    }
}
