//! What KServe writes anew in an InferenceService when it is stored: the object in the cluster is
//! then never the one in Git
//! (kserve v0.20 `pkg/apis/serving/v1beta1/inference_service_defaults.go`; domain.md §1.2, §3.6).

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::Release;
use mlgitops_manifest::quantity::Quantity;
use mlgitops_yaml::{Mode, Node, OriginId, Pointer, Resolved, Value};

use super::argocd_sync::key_of;
use super::kserve::{FRAMEWORKS, GROUP, MODE_ANNOTATION};
use super::kubernetes::metadata_value;

/// What becomes of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `predictor.sklearn` and its like: moved to `predictor.model`, in every release since 0.8.
    /// ModelMesh's services are left alone.
    Framework(&'static str),
    /// The value of the mode annotation: from this word to that one, from the release that has the new words on.
    Mode(String, &'static str),
    /// A quantity, written as Kubernetes prints it: from this text to that one.
    Quantity(String, String),
}

/// The first release that writes the mode anew (kserve 0.17, PR #5025).
#[must_use]
pub fn mode_since() -> Release {
    Release::new(0, 17, 0)
}

/// One field that is written anew.
#[derive(Debug, Clone)]
pub struct Rewrite {
    /// What becomes of it.
    pub kind: Kind,
    /// The field.
    pub path: Pointer,
    /// The origin of what must be edited: the key, or the value.
    pub origin: OriginId,
}

/// Everything of a service that is written anew, in the order of its fields.
#[must_use]
pub fn rewrites(manifest: &Manifest) -> Vec<Rewrite> {
    if !manifest.id.is(GROUP, "InferenceService") {
        return Vec::new();
    }
    let mut found: Vec<Rewrite> = mode(manifest).into_iter().collect();
    found.extend(frameworks(manifest));
    if let Some(spec) = manifest.root.get("spec").present() {
        quantities(spec, Pointer::of(&["spec"]), &mut found);
    }
    found
}

fn mode(manifest: &Manifest) -> Option<Rewrite> {
    let (node, path) = metadata_value(&manifest.root, "annotations", MODE_ANNOTATION)?;
    let from = node.text()?;
    let to = match from {
        "RawDeployment" => "Standard",
        "Serverless" => "Knative",
        _ => return None,
    };
    Some(Rewrite { kind: Kind::Mode(from.to_owned(), to), path, origin: node.origin })
}

fn frameworks(manifest: &Manifest) -> impl Iterator<Item = Rewrite> {
    let predictor = manifest.root.get("spec").get("predictor").present();
    FRAMEWORKS.into_iter().filter_map(move |framework| {
        let predictor = predictor?;
        predictor.get(framework).present().filter(|node| matches!(node.value, Value::Map(_)))?;
        let origin = key_of(predictor, framework)?;
        let path = Pointer::of(&["spec", "predictor", framework]);
        Some(Rewrite { kind: Kind::Framework(framework), path, origin })
    })
}

/// The quantities of every `resources` and `sizeLimit`: KServe reads the whole object and prints it
/// again.
fn quantities(spec: &Node, at: Pointer, found: &mut Vec<Rewrite>) {
    let mut open = vec![(spec, at)];
    while let Some((node, at)) = open.pop() {
        match &node.value {
            Value::Sequence(items) => {
                let items = items.iter().enumerate();
                open.extend(items.rev().map(|(index, item)| (item, at.index(index))));
            }
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    if key.name() == "resources" {
                        resources(value, &at.key("resources"), found);
                    } else if key.name() == "sizeLimit" {
                        found.extend(quantity(value, at.key("sizeLimit")));
                    }
                }
                open.extend(map.iter().rev().map(|(key, value)| (value, at.key(key.name()))));
            }
            _ => {}
        }
    }
}

fn resources(node: &Node, at: &Pointer, found: &mut Vec<Rewrite>) {
    for list in ["requests", "limits"] {
        let Some(map) = node.get(list).present().and_then(Node::as_map) else { continue };
        let entries = map.iter();
        found.extend(entries.filter_map(|(key, value)| quantity(value, at.key(list).key(key.name()))));
    }
}

fn quantity(node: &Node, path: Pointer) -> Option<Rewrite> {
    let written = number_or_text(node)?;
    let canonical = Quantity::decode(&written).ok()?.canonical().to_owned();
    if canonical == written {
        return None;
    }
    Some(Rewrite { kind: Kind::Quantity(written, canonical), path, origin: node.origin })
}

/// The text of a quantity as it is in JSON; `None` for a whole number, which differs in its type
/// alone.
fn number_or_text(node: &Node) -> Option<String> {
    let text = node.text()?;
    match node.as_scalar()?.resolve(Mode::Api) {
        Resolved::Int(_) => None,
        Resolved::Float(value) if value.fract() == 0.0 => None,
        _ => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mlgitops_manifest::ObjectId;
    use mlgitops_yaml::{Origins, SourceFile, parse_file};

    use super::*;

    fn of(text: &str) -> Vec<(String, Kind)> {
        let text = format!("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n{text}");
        let tree = parse_file(&Arc::new(SourceFile::of_text("f", &text)));
        let mut origins = Origins::default();
        let root = tree.node(tree.documents()[0].root.unwrap(), &mut origins).unwrap();
        let id = ObjectId::of(&root).unwrap();
        let manifest = Manifest { id, root: Arc::new(root), origins: Arc::new(origins) };
        rewrites(&manifest).into_iter().map(|one| (one.path.to_string(), one.kind)).collect()
    }

    #[test]
    fn quantities_are_compared_with_what_kubernetes_prints() {
        for (written, expected) in [
            ("1000m", Some("1")),
            ("\"0.5\"", Some("500m")),
            ("0.5", Some("500m")),
            ("1024Mi", Some("1Gi")),
            ("1.5Gi", Some("1536Mi")),
            ("500m", None),
            ("\"4\"", None),
            ("4", None),
            ("4.0", None),
            ("16Gi", None),
            ("null", None),
            ("many", None),
        ] {
            let found =
                of(&format!("spec: {{predictor: {{model: {{resources: {{limits: {{cpu: {written}}}}}}}}}}}"));
            let to = found.first().map(|(_, kind)| match kind {
                Kind::Quantity(_, to) => to.as_str(),
                _ => "",
            });
            assert_eq!(to, expected, "{written}");
        }
    }

    #[test]
    fn fields_are_found_wherever_they_stand() {
        let found = of("metadata: {annotations: {serving.kserve.io/deploymentMode: Serverless}}\n\
             spec:\n  predictor:\n    sklearn: {storageUri: s3://a}\n    xgboost: null\n    volumes: [{emptyDir: {sizeLimit: 1024Mi}}]\n\
             \x20 transformer: {containers: [{resources: {requests: {memory: 2048Mi}}}]}\n");
        let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/metadata/annotations/serving.kserve.io~1deploymentMode",
                "/spec/predictor/sklearn",
                "/spec/predictor/volumes/0/emptyDir/sizeLimit",
                "/spec/transformer/containers/0/resources/requests/memory",
            ]
        );
    }
}
