//! The same in Flux: `ignore` of a Kustomization leaves out of an apply what changed and is ignored;
//! `driftDetection.ignore` of a HelmRelease hides what somebody changed by hand
//! (fluxcd/pkg v1.9 `ssa/manager_apply.go`, helm-controller v1.6 `internal/action/diff.go`).

use std::collections::BTreeSet;

use mlgitops_kustomize::Target;
use mlgitops_manifest::fields::Availability;
use mlgitops_yaml::{Node, Pointer};

use super::super::super::flux::IGNORE_SINCE;
use super::super::super::subject::models;
use super::super::super::{Context, Violations};
use super::{list, promoted_fields, word};
use crate::finding::{Code, NotChecked, Violation};
use crate::fleet::{Deployment, Object};
use crate::kinds::flux::is_helm_release;
use crate::kinds::jq_path::{self, Covers, Path};
use crate::kinds::kserve;

/// One path of one rule.
struct Ignored<'n> {
    node: &'n Node,
    at: Pointer,
    path: Path,
    /// What the rule holds for; `None`: for every object.
    target: Option<&'n Node>,
}

pub(super) fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let by = &deployment.manifest;
    let spec = by.root.get("spec");
    let (rules, at) = if is_helm_release(&by.id) {
        let detection = spec.get("driftDetection");
        // What is not looked at is not ignored.
        if !matches!(detection.get("mode").text(), Some("enabled" | "warn")) {
            return;
        }
        (detection.get("ignore"), Pointer::of(&["spec", "driftDetection", "ignore"]))
    } else {
        if context.facts.flux.since(IGNORE_SINCE) == Availability::Never {
            return;
        }
        (spec.get("ignore"), Pointer::of(&["spec", "ignore"]))
    };
    if rules.items().is_empty() {
        return;
    }
    let all: Vec<Covered<'_>> = context.fleet.objects_of(deployment).iter().map(covered).collect();
    for (index, rule) in rules.items().iter().enumerate() {
        let target = rule.get("target").present().filter(|node| !node.is_null());
        let objects = match target.map(Target::of).transpose() {
            Ok(target) => meant(&all, target.as_ref(), context),
            Err(why) => {
                let what = format!("what {} {} ignores", by.id.kind, by.id.name);
                let place = target.and_then(|node| by.place(node.origin)).map(Into::into);
                out.not_checked(NotChecked::new(Code::InCluster, what, why).at(place));
                continue;
            }
        };
        for (number, node) in rule.get("paths").items().iter().enumerate() {
            let Some(path) = node.text().and_then(|text| Pointer::parse(text).ok()) else { continue };
            let path = jq_path::of_pointer(&path);
            let ignored = Ignored { node, at: at.index(index).key("paths").index(number), path, target };
            out.push(judge(&ignored, &objects, deployment, context));
        }
    }
}

/// An object, and its fields that a promotion changes.
struct Covered<'c> {
    object: &'c Object,
    fields: Vec<Pointer>,
}

fn covered(object: &Object) -> Covered<'_> {
    Covered { object, fields: promoted_fields(object) }
}

fn meant<'o, 'c>(
    all: &'o [Covered<'c>],
    target: Option<&Target>,
    context: &Context<'_>,
) -> Vec<&'o Covered<'c>> {
    let is_meant = |one: &&Covered<'_>| {
        let namespace = context.fleet.place(one.object.place).and_then(|place| place.namespace.as_deref());
        target.is_none_or(|target| target.selects(&one.object.manifest, namespace.unwrap_or_default()))
    };
    all.iter().filter(is_meant).collect()
}

fn covers(ignored: &Ignored<'_>, object: &Object, field: &Pointer) -> bool {
    jq_path::covers(&ignored.path, &object.manifest.root, field) == Covers::Yes
}

fn judge(
    ignored: &Ignored<'_>,
    objects: &[&Covered<'_>],
    deployment: &Deployment,
    context: &Context<'_>,
) -> Option<Violation> {
    let mut words = BTreeSet::new();
    let mut names = BTreeSet::new();
    for Covered { object, fields } in objects {
        for field in fields.iter().filter(|field| covers(ignored, object, field)) {
            words.insert(word(object, field));
            names.insert(object.manifest.id.name.as_str());
        }
    }
    if words.is_empty() {
        let what = wide(ignored, objects)?;
        return of_wide(ignored, what, deployment, context);
    }
    let words: BTreeSet<&str> = words.iter().map(String::as_str).collect();
    let label = format!("covers {} of {}", list(&words), list(&names));
    of_promoted(ignored, &words, &label, deployment, context)
}

/// What a path is called: the empty one is the whole object.
fn called(ignored: &Ignored<'_>) -> String {
    match ignored.node.text() {
        None | Some("") => "the whole object".to_owned(),
        Some(text) => format!("`{text}`"),
    }
}

/// Without a target a rule holds for every object, which people do not see in it.
fn of_all(ignored: &Ignored<'_>) -> &'static str {
    if ignored.target.is_none() { " of every object" } else { "" }
}

fn of_promoted(
    ignored: &Ignored<'_>,
    words: &BTreeSet<&str>,
    label: &str,
    deployment: &Deployment,
    context: &Context<'_>,
) -> Option<Violation> {
    let by = &deployment.manifest;
    let (what, all) = (called(ignored), of_all(ignored));
    let at = |case: &'static str, message: String| {
        Violation::in_object(case, by, ignored.at.clone(), ignored.node.origin, label, message)
    };
    if is_helm_release(&by.id) {
        let models = models(deployment, context);
        let message = format!(
            "another model put in by hand stays in {models}{{places}}: drift detection ignores {what}{all}"
        );
        let note =
            "an upgrade writes the version that Git names; until there is one, nobody sees that another runs";
        return Some(at("wide", message)?.note(note).help(HELP));
    }
    let is_image = words.iter().all(|word| matches!(*word, "image" | "runtimeVersion"));
    let new = if is_image { "a new image" } else { "a new model version" };
    let message = format!("Flux will not deploy {new}{{places}}: {} ignores {what}{all}", by.id.name);
    let note = "an object that is there keeps its own value of what is ignored, whatever else is applied: a promotion \
                or a revert merges, the Kustomization says Ready, and what runs stays as it was";
    Some(at("promoted", message)?.note(note).help(HELP))
}

const HELP: &str =
    "ignore only what another controller writes: `paths: [/spec/replicas]` with `target: {kind: …}`";

/// What else is so wide that changes in Git, or by hand, are lost in it.
fn wide(ignored: &Ignored<'_>, objects: &[&Covered<'_>]) -> Option<&'static str> {
    let objects = || objects.iter().map(|one| one.object);
    let covers = |object: &Object, keys: &[&str]| covers(ignored, object, &Pointer::of(keys));
    let models = || objects().filter(|object| kserve::is_model_kind(&object.manifest));
    if models().any(|object| covers(object, &["metadata", "annotations"])) {
        return Some("every annotation");
    }
    if models().any(|object| covers(object, &["metadata", "labels"])) {
        return Some("every label");
    }
    let is_named = ignored.target.is_some_and(|target| target.get("name").text().is_some());
    let is_data = |object: &Object| covers(object, &["data"]) || covers(object, &["stringData"]);
    let mut secrets = objects().filter(|object| object.manifest.id.is("", "Secret"));
    (!is_named && secrets.any(is_data)).then_some("the data of every Secret")
}

fn of_wide(
    ignored: &Ignored<'_>,
    what: &str,
    deployment: &Deployment,
    context: &Context<'_>,
) -> Option<Violation> {
    let by = &deployment.manifest;
    let models = models(deployment, context);
    let (message, note) = match is_helm_release(&by.id) {
        true => (
            format!("a change by hand of {models}{{places}} may stay: drift detection ignores {what}"),
            "what somebody changes there is not seen until an upgrade writes it anew",
        ),
        false => (
            format!("a commit may not reach {models}{{places}}: {} ignores {what}", by.id.name),
            "a commit that changes them merges, the Kustomization says Ready, and the cluster keeps its own",
        ),
    };
    let help = match what {
        "the data of every Secret" => {
            "name the one Secret that a controller fills in: `target: {kind: Secret, name: …}`"
        }
        _ => "name the one that is rewritten: /metadata/annotations/serving.kserve.io~1deploymentMode",
    };
    let label = "covers all of them";
    let found = Violation::in_object("wide", by, ignored.at.clone(), ignored.node.origin, label, message)?;
    Some(found.note(note).help(help))
}
