//! `reconcile/frozen-application`: what an ApplicationSet says reaches only the Applications it makes
//! anew.

use std::collections::BTreeSet;

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, OriginId, Pointer, Value};

use super::super::argocd::Set;
use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, ReadTree, Violation};
use crate::fleet::{Deployment, Object};
use crate::kinds::argocd_ignore::{Ignored, entry};
use crate::kinds::jq_path::Covers;
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check)];

/// The policies under which Applications that exist are never updated (argo-cd v3.5
/// `pkg/apis/application/v1alpha1/applicationset_types.go`, `AllowUpdate`).
const NEVER_UPDATES: [&str; 2] = ["create-only", "create-delete"];

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let Some(set) = context.facts.argocd.set_of(&deployment.manifest) else { return };
    let spec = set.manifest.root.get("spec");
    let policy = spec.get("syncPolicy").get("applicationsSync").present();
    let frozen = policy.filter(|policy| policy.text().is_some_and(|text| NEVER_UPDATES.contains(&text)));
    if let Some(policy) = frozen {
        let brings = !version_fields(deployment, context).is_empty();
        out.push(never_updated(deployment, set, policy, brings, context));
        return;
    }
    let name = &deployment.manifest.id.name;
    for item in spec.get("ignoreApplicationDifferences").items() {
        let holds = item.get("name").text().is_none_or(|wanted| wanted.is_empty() || wanted == name);
        if holds {
            for ignored in &entry(item, Pointer::default()).ignored {
                out.push(kept(deployment, set, ignored, context));
            }
        }
    }
}

fn never_updated(
    deployment: &Deployment,
    set: &Set,
    policy: &Node,
    brings: bool,
    context: &Context<'_>,
) -> Option<Violation> {
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let text = policy.text().unwrap_or("");
    let (case, message) = if brings {
        (
            "version",
            format!(
                "Argo CD will not deploy a new version of {subject}{{places}}: `{text}` updates no Application"
            ),
        )
    } else {
        (
            "template",
            format!("no fix of the template reaches {subject}{{places}}: `{text}` updates no Application"),
        )
    };
    let found = at_set(
        case,
        deployment,
        set,
        policy.origin,
        "makes Applications and leaves them as they are",
        message,
    )?;
    let note = if brings {
        "the version stands in the set; the Application keeps the one it was made with, Synced and Healthy"
    } else {
        "the Applications keep the source, the sync policy and the ignored fields they were made with"
    };
    Some(found.note(note).help("applicationsSync: create-update, which deletes none; or take it out"))
}

fn kept(
    deployment: &Deployment,
    set: &Set,
    ignored: &Ignored<'_>,
    context: &Context<'_>,
) -> Option<Violation> {
    let covers = |field: &Pointer| ignored.covers(&deployment.manifest, field) == Covers::Yes;
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let text = ignored.text;
    if let Some(field) = version_fields(deployment, context).into_iter().find(|field| covers(field)) {
        let message =
            format!("Argo CD will not deploy a new version of {subject}{{places}}: the set ignores `{text}`");
        let label = format!("covers {field}, which says the version");
        let found = at_set("version", deployment, set, ignored.node.origin, &label, message)?;
        return Some(
            found
                .note("the controller leaves an ignored field of an Application as it is in the cluster")
                .help("ignore only what people change by hand, and no field that names a version"),
        );
    }
    let heals = Pointer::of(&["spec", "syncPolicy", "automated", "selfHeal"]);
    if !covers(&heals) || deployment.manifest.at(&heals).present().and_then(Node::as_bool) != Some(true) {
        return None;
    }
    let message = format!(
        "`selfHeal` of {subject}{{places}}, once switched off by hand, stays off: the set ignores `{text}`"
    );
    let found = at_set("self-heal", deployment, set, ignored.node.origin, "covers selfHeal", message)?;
    Some(
        found
            .note("the controller leaves an ignored field of an Application as it is in the cluster")
            .help("right where people pause Applications by hand: waive it then; else take it out"),
    )
}

/// A violation of an Application, in the set it was made of.
fn at_set(
    case: &'static str,
    deployment: &Deployment,
    set: &Set,
    origin: OriginId,
    label: &str,
    message: String,
) -> Option<Violation> {
    let at = Location::from(set.manifest.place(origin)?);
    let mut found = Violation::in_file(case, Label::new(at, label), message);
    found.object = Some(deployment.manifest.id.clone());
    Some(found)
}

/// The fields of an Application that say which version its models have: those whose bytes are in a
/// model reference, and the revision where another one than this is read.
fn version_fields(deployment: &Deployment, context: &Context<'_>) -> Vec<Pointer> {
    let application = &deployment.manifest;
    let objects = context.fleet.objects_of(deployment);
    let places: BTreeSet<(String, u32, u32)> = objects.iter().flat_map(reference_places).collect();
    let is_elsewhere = places.iter().any(|(file, _, _)| ReadTree::of(&context.fleet.trees, file).is_some());
    let mut fields = Vec::new();
    let spec = application.root.get("spec");
    for name in ["source", "sources"] {
        if let Some(node) = spec.get(name).present() {
            let at = Pointer::of(&["spec", name]);
            leaves(node, &at, &mut |node, at| {
                let is_revision = is_elsewhere && at.0.last() == Pointer::of(&["targetRevision"]).0.last();
                if is_revision || spans(application, node.origin).any(|place| places.contains(&place)) {
                    fields.push(at.clone());
                }
            });
        }
    }
    fields
}

/// The bytes that model references are made of.
fn reference_places(object: &Object) -> Vec<(String, u32, u32)> {
    let manifest = &object.manifest;
    let references = kserve::model_references(manifest).into_iter();
    references.flat_map(|reference| spans(manifest, reference.origin).collect::<Vec<_>>()).collect()
}

fn spans(manifest: &Manifest, origin: OriginId) -> impl Iterator<Item = (String, u32, u32)> {
    let content = manifest.origins.content(origin).into_iter();
    content.map(|span| (span.file.path().to_string(), span.start, span.end))
}

/// Every scalar of a value; documents are at most 128 levels deep.
fn leaves(node: &Node, at: &Pointer, visit: &mut dyn FnMut(&Node, &Pointer)) {
    match &node.value {
        Value::Map(map) => map.iter().for_each(|(key, value)| leaves(value, &at.key(key.name()), visit)),
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &at.index(index), visit));
        }
        _ => visit(node, at),
    }
}
