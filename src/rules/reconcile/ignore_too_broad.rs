//! `reconcile/ignore-too-broad`: what is ignored holds a field that promotions change.

#[path = "ignore_too_broad/flux.rs"]
mod flux;

use std::collections::BTreeSet;

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Pointer, Step};

use super::super::{Check, Context, Violations};
use crate::finding::{Code, Intent, Label, Location, NotChecked, Remedy, Violation};
use crate::fleet::{Deployment, Object};
use crate::kinds::argocd_ignore::{Entry, Ignored, What, entries};
use crate::kinds::argocd_sync::respects_ignored;
use crate::kinds::jq_path::Covers;
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check), Check::Flux(flux::check)];

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let application = &deployment.manifest;
    if !application.id.is(crate::kinds::argocd::GROUP, "Application") {
        return;
    }
    for entry in entries(&application.root) {
        let objects = objects_of(&entry, deployment, context);
        for ignored in &entry.ignored {
            match promoted(ignored, &objects) {
                Found::Fields(fields) => {
                    let found = promoted_violation(deployment, ignored, &fields, Place::Application);
                    out.push(found.map(|found| Violation { remedy: remedy(&entry, ignored), ..found }));
                }
                Found::Maybe(field, name) => out.not_checked(unread(deployment, ignored, &field, &name)),
                Found::None => {
                    if let Some(what) = wide(ignored, &entry, &objects) {
                        out.push(wide_violation(deployment, ignored, what, context, Place::Application));
                    }
                }
            }
        }
    }
    check_system(deployment, context, out);
}

/// The same of what Argo CD ignores in every Application.
fn check_system(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    for ignoring in context.facts.argocd.system.ignoring() {
        let entry = ignoring.entry();
        let objects = objects_of(&entry, deployment, context);
        for ignored in &entry.ignored {
            let Some(at) = ignoring.place(ignored).map(Location::from) else { continue };
            let place = |label: String| Place::System(Label::new(at.clone(), label));
            match promoted(ignored, &objects) {
                Found::Fields(fields) => {
                    out.push(promoted_violation(deployment, ignored, &fields, place));
                }
                Found::Maybe(field, name) => {
                    let what = format!("whether Argo CD deploys a new `{field}` of {name}");
                    let reason = format!("`{}` is more than a path, and is not executed", ignored.text);
                    out.not_checked(NotChecked::new(Code::Plugin, what, reason).at(Some(at.clone())));
                }
                Found::None => {
                    if let Some(what) = wide(ignored, &entry, &objects) {
                        out.push(wide_violation(deployment, ignored, what, context, place));
                    }
                }
            }
        }
    }
}

/// Where something is ignored.
enum Place {
    /// In the Application; the words of the label.
    Application(String),
    /// For all Applications.
    System(Label),
}

/// A violation at the place where a field is ignored.
fn found_at(
    case: &'static str,
    deployment: &Deployment,
    ignored: &Ignored<'_>,
    place: Place,
    message: String,
) -> Option<Violation> {
    let application = &deployment.manifest;
    match place {
        Place::Application(label) => {
            Violation::in_object(case, application, ignored.at.clone(), ignored.node.origin, label, message)
        }
        Place::System(label) => {
            let mut found = Violation::in_file(case, label, format!("{message}, in every Application"));
            found.object = Some(application.id.clone());
            Some(found.word(ignored.text))
        }
    }
}

/// The objects of a deployment that an entry holds for.
fn objects_of<'c>(entry: &Entry<'_>, deployment: &Deployment, context: &'c Context<'_>) -> Vec<&'c Object> {
    let fleet = context.fleet;
    let holds = |object: &&Object| {
        let namespace = fleet.place(object.place).and_then(|place| place.namespace.as_deref());
        entry.is_for(&object.manifest.id, namespace)
    };
    fleet.objects_of(deployment).iter().filter(holds).collect()
}

/// What of the promoted fields something covers.
enum Found {
    /// These, each with the name of its object.
    Fields(Vec<(String, String)>),
    /// A condition decides about this one.
    Maybe(String, String),
    None,
}

fn promoted(ignored: &Ignored<'_>, objects: &[&Object]) -> Found {
    let (mut found, mut maybe) = (Vec::new(), None);
    for object in objects {
        for field in promoted_fields(object) {
            let named = || (word(object, &field), object.manifest.id.name.clone());
            let covers = match ignored.what {
                What::Manager if writes_from_git(ignored.text) => Covers::Yes,
                _ => ignored.covers(&object.manifest, &field),
            };
            match covers {
                Covers::Yes => found.push(named()),
                Covers::Maybe => maybe = maybe.or_else(|| Some(named())),
                Covers::No => {}
            }
        }
    }
    match maybe {
        _ if !found.is_empty() => Found::Fields(found),
        Some((field, name)) => Found::Maybe(field, name),
        None => Found::None,
    }
}

/// The field managers under which Argo CD and kubectl write what Git says: what they own is
/// everything (argo-cd `util/argo/managedfields`).
fn writes_from_git(manager: &str) -> bool {
    manager == "argocd-controller" || manager.starts_with("kubectl")
}

/// The fields by which a new version of a model, or of what runs it, is rolled out.
fn promoted_fields(object: &Object) -> Vec<Pointer> {
    let manifest = &object.manifest;
    let mut fields: Vec<Pointer> =
        kserve::model_references(manifest).into_iter().map(|reference| reference.path).collect();
    for workload in kserve::workloads(manifest) {
        let serving = workload.serving.iter();
        let own = serving.flat_map(|one| ["image", "runtimeVersion"].map(|field| one.path.key(field)));
        let containers = 0..workload.pod.get("containers").items().len();
        let images = containers.map(|index| workload.path.key("containers").index(index).key("image"));
        for field in own.chain(images) {
            if manifest.at(&field).present().is_some() && !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    fields
}

/// What a field is called in a message: its last key, or the variable or argument it is.
fn word(object: &Object, field: &Pointer) -> String {
    let last = field.0.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    match last {
        Some("value") => {
            let parent = Pointer(field.0.iter().take(field.0.len() - 1).cloned().collect());
            object.manifest.at(&parent).get("name").text().unwrap_or("value").to_owned()
        }
        other => other.unwrap_or("").to_owned(),
    }
}

fn promoted_violation(
    deployment: &Deployment,
    ignored: &Ignored<'_>,
    fields: &[(String, String)],
    place: impl FnOnce(String) -> Place,
) -> Option<Violation> {
    let words: BTreeSet<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
    let names: BTreeSet<&str> = fields.iter().map(|(_, name)| name.as_str()).collect();
    let what = if words.iter().all(|word| matches!(*word, "image" | "runtimeVersion")) {
        "a new image"
    } else {
        "a new model version"
    };
    let ignores = match ignored.what {
        What::Manager => format!("it ignores what `{}` wrote", ignored.text),
        _ => format!("it ignores `{}`", ignored.text),
    };
    let message = format!("Argo CD will not deploy {what}{{places}}: {ignores}");
    let label = match ignored.what {
        What::Manager => "wrote all that Git says".to_owned(),
        _ => format!("covers {} of {}", list(&words), list(&names)),
    };
    let found = found_at("promoted", deployment, ignored, place(label), message)?;
    let help = "ignore only what KServe itself rewrites; from 0.17 on, that is one field:";
    let found = found.help_then(help, format!("- {REWRITTEN}"));
    let with = "a promotion or a revert merges, the Application stays Synced and Healthy, and what runs \
                stays as it was";
    let without = "a commit that changes nothing else leaves the Application Synced: no sync begins until \
                   another field changes";
    Some(with_option(found, deployment, with, without))
}

/// What KServe itself rewrites.
const REWRITTEN: &str = "/metadata/annotations/serving.kserve.io~1deploymentMode";

/// The field that is rewritten, in the place of one that holds more.
fn remedy(entry: &Entry<'_>, ignored: &Ignored<'_>) -> Option<Remedy> {
    let right = match ignored.what {
        What::Pointer(_) => REWRITTEN,
        What::Paths(_) => ".metadata.annotations[\"serving.kserve.io/deploymentMode\"]",
        What::Manager => return None,
    };
    if entry.kind != "InferenceService" {
        return None;
    }
    // What is ignored already is not written twice.
    let intent = match entry.ignored.iter().any(|other| other.text == right) {
        true => Intent::remove(ignored.at.clone()),
        false => Intent::set(ignored.at.clone(), NewValue::text(right)),
    };
    Some(Remedy::new("ignore only what KServe rewrites", [intent]))
}

/// What comes of an ignored field with the option beside it, and without.
fn with_option(found: Violation, deployment: &Deployment, with: &str, without: &str) -> Violation {
    let application = &deployment.manifest;
    match respects_ignored(&application.root) {
        Some(option) => {
            let found = found.note(with);
            match application.place(option.node.origin) {
                Some(at) => found.also_at(Label::new(at, "a sync keeps the live value, not the one in Git")),
                None => found,
            }
        }
        None => found.note(without),
    }
}

fn list(words: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = words.iter().take(SHOWN).copied().collect();
    match (shown.as_slice(), words.len().saturating_sub(SHOWN)) {
        ([rest @ .., last], 0) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (all, 0) => all.join(", "),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

/// What else is so wide that changes in Git are lost in it.
fn wide(ignored: &Ignored<'_>, entry: &Entry<'_>, objects: &[&Object]) -> Option<&'static str> {
    let covers = |object: &&&Object, keys: &[&str]| {
        ignored.covers(&object.manifest, &Pointer::of(keys)) == Covers::Yes
    };
    let models = || objects.iter().filter(|object| kserve::is_model_kind(&object.manifest));
    let secrets = || objects.iter().filter(|object| object.manifest.id.is("", "Secret"));
    if models().any(|object| covers(&object, &["metadata", "annotations"])) {
        return Some("every annotation");
    }
    if models().any(|object| covers(&object, &["metadata", "labels"])) {
        return Some("every label");
    }
    // A Secret by its name is one that a controller fills in.
    let all = entry.name.is_empty();
    let is_data = |object: &&&Object| covers(object, &["data"]) || covers(object, &["stringData"]);
    if all && secrets().any(|object| is_data(&object)) {
        return Some("the data of every Secret");
    }
    let is_kserve = matches!(ignored.what, What::Manager) && ignored.text == "manager";
    (is_kserve && models().next().is_some()).then_some("what a controller wrote")
}

fn wide_violation(
    deployment: &Deployment,
    ignored: &Ignored<'_>,
    what: &str,
    context: &Context<'_>,
    place: impl FnOnce(String) -> Place,
) -> Option<Violation> {
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let message = format!("a commit may not reach {subject}{{places}}: Argo CD ignores {what}");
    let found = found_at("wide", deployment, ignored, place("covers all of them".to_owned()), message)?;
    let help = match what {
        "the data of every Secret" => "name the one Secret that a controller fills in: `name: …`",
        "what a controller wrote" => "name the fields: `jsonPointers`",
        _ => "name the one that is rewritten: /metadata/annotations/serving.kserve.io~1deploymentMode",
    };
    let with =
        "a commit that changes them merges, the Application stays Synced, and the cluster keeps its own";
    let without = "a commit that changes nothing else leaves the Application Synced: no sync begins";
    Some(with_option(found.help(help), deployment, with, without))
}

/// A jq program is never executed: what it would delete is not known.
fn unread(deployment: &Deployment, ignored: &Ignored<'_>, field: &str, name: &str) -> NotChecked {
    let application = &deployment.manifest;
    let what = format!("whether Argo CD deploys a new `{field}` of {name}");
    let reason = format!("`{}` is more than a path, and is not executed", ignored.text);
    NotChecked::new(Code::Plugin, what, reason).at(application.place(ignored.node.origin).map(Into::into))
}
