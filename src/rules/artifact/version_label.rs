//! `artifact/version-label`: the version people read is the version that is served.

use mlgitops_yaml::{NodeIndex, Pointer, Role, Tree};

use super::super::{Check, Context, Violations};
use crate::discover::Found;
use crate::finding::{Label, Location, Violation};
use crate::fleet::reference::{self, ModelReference};
use crate::fleet::{ModelUse, Object};
use crate::kinds::kserve::{Form, Part};

pub(super) const CHECKS: &[Check] = &[Check::ModelReference(labels), Check::ValuesFile(values)];

/// The labels that speak of the model; `app.kubernetes.io/version` speaks of the application.
const LABELS: [&str; 2] = ["model-version", "version"];

const NOTE: &str = "dashboards, alerts and people read the one; the other is what runs";

fn labels(model_use: &ModelUse, object: &Object, _: &Context<'_>, out: &mut Violations) {
    let reference = &model_use.reference;
    if reference.part != Part::Predictor || reference.form == Form::CacheUri {
        return;
    }
    let Some(served) = model_use.parsed.version_token() else { return };
    let manifest = &object.manifest;
    for name in LABELS {
        let path = Pointer::of(&["metadata", "labels", name]);
        let Some(node) = manifest.at(&path).present() else { continue };
        let Some(said) = node.text().filter(|said| differs(said, served)) else { continue };
        let model = &model_use.model;
        let message = format!("{model}{{places}} says it is {said}, and serves {served}");
        let found = Violation::in_object("label", manifest, path, node.origin, "what people read", message);
        out.push(found.map(|found| {
            let found = found.note(NOTE).help(help(said, served));
            match manifest.place(reference.origin) {
                Some(place) => found.also_at(Label::new(place, "what is served")),
                None => found,
            }
        }));
    }
}

/// Whether two tokens are different versions. A word is no version, and a label cannot hold every
/// character of one: `v2-5-0` is `2.5.0`.
fn differs(said: &str, served: &str) -> bool {
    let plain = |token: &str| {
        let token = token.trim().trim_start_matches(['v', 'V']);
        token.replace(['-', '_', '+'], ".").to_lowercase()
    };
    let (said, served) = (plain(said), plain(served));
    said.starts_with(|first: char| first.is_ascii_digit()) && said != served
}

/// The version in the style of what stands there.
fn help(said: &str, served: &str) -> String {
    let has_v = |token: &str| token.starts_with(['v', 'V']);
    let v = if has_v(said.trim()) && !has_v(served) { "v" } else { "" };
    format!("write {v}{served} here, or put the model reference back")
}

fn values(found: &Found, _: &Context<'_>, out: &mut Violations) {
    for root in found.tree.documents().iter().filter_map(|document| document.root) {
        walk(found, &found.tree, root, out);
    }
}

fn walk(found: &Found, tree: &Tree, root: NodeIndex, out: &mut Violations) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        open.extend(tree.children(node));
        let (Some(uri), Some(version)) = (tree.get(node, "storageUri"), tree.get(node, "version")) else {
            continue;
        };
        let (Some(text), Some(said)) = (tree.scalar(uri), tree.scalar(version)) else { continue };
        let parsed = ModelReference::parse(text, &reference::Context::default());
        let Some(served) = parsed.version_token().filter(|served| differs(said, served)) else { continue };
        let at = |node| Location::new(&found.file, tree.range(node), Role::Values);
        let message = format!("`version` says {said}, and `storageUri` beside it serves {served}");
        let violation = Violation::in_file("values", Label::new(at(version), "what people read"), message);
        out.push(
            violation.also_at(Label::new(at(uri), "what is served")).note(NOTE).help(help(said, served)),
        );
    }
}
