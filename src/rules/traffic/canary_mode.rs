//! `traffic/canary-mode`: a canary gets the share that is written, in the mode the service runs in.

use mlgitops_yaml::{Lookup, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::DeploymentMode;
use crate::finding::{Label, Violation};
use crate::fleet::Object;
use crate::history::Review;
use crate::kinds::kserve;
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check), Check::Review(first_deploy)];

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    if !object.manifest.id.is(kserve::GROUP, "InferenceService") {
        return;
    }
    out.push(annotated(object, context));
    let only = context.facts.only_mode(&object.manifest);
    if only == Some(DeploymentMode::Standard) {
        out.push(ignored(object, context));
    } else if context.facts.modes(&object.manifest).contains(&DeploymentMode::Knative) {
        out.push(rolls_back(object));
    }
    let has_list = context.facts.kserve_minors().iter().all(|minor| *minor >= CANARY_LIST);
    if only == Some(DeploymentMode::Knative) && has_list {
        out.push(refused(object));
    }
}

/// A share in a mode that knows none (kserve v0.20: only the Knative reconciler reads it).
fn ignored(object: &Object, context: &Context<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let percent = kserve::serving(manifest).canary_percent.filter(|percent| *percent < 100)?;
    let (node, path) = kserve::canary_percent(manifest)?;
    let name = &manifest.id.name;
    let message = match percent {
        0 => format!("{name}{{places}} is not rolled back: its mode knows no canary"),
        _ => format!("{name}{{places}} gets all traffic at once, not {percent} %"),
    };
    let label = "ignored in the mode Standard";
    let mut found = Violation::in_object("ignored", manifest, path, node.origin, label, message)?;
    let stated = context.facts.stated_modes(manifest).into_iter().find_map(|(_, at)| at);
    if let Some(at) = stated {
        found = found.also_at(Label::new(at, "the mode it runs in"));
    }
    let note =
        "a Deployment replaces its pods one by one; KServe reads `canaryTrafficPercent` only for Knative";
    let help = match percent {
        0 => "name the version of before in `storageUri`",
        _ => instead(context),
    };
    Some(found.note(note).help(help))
}

/// What shares traffic in the mode Standard (kserve v0.20 `spec.canary`, by routes of the Gateway
/// API alone).
fn instead(context: &Context<'_>) -> &'static str {
    if context.facts.kserve_minors().iter().all(|minor| *minor >= CANARY_LIST) {
        "write the new version as an entry of `spec.canary`, which KServe shares by the Gateway API; or split with a \
         route between two services"
    } else {
        "run the mode Knative, or split with a route between two services"
    }
}

/// The release that brought `spec.canary`.
const CANARY_LIST: u16 = 20;

/// The share as an annotation, which it was never read from: KServe's own group, and that of before.
const ANNOTATIONS: [&str; 2] =
    ["serving.kserve.io/canaryTrafficPercent", "serving.kubeflow.org/canaryTrafficPercent"];

/// A share that stands where nothing reads it (kserve v0.7 to v0.20: a field of the predictor).
fn annotated(object: &Object, context: &Context<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let root = &manifest.root;
    let mode = metadata_value(root, "annotations", kserve::MODE_ANNOTATION);
    // ModelMesh is another controller.
    let is_read_by_another = mode.is_some_and(|(node, _)| node.text() == Some("ModelMesh"));
    let shares = kserve::canary_percent(manifest).is_some() || !root.find(&["spec", "canary"]).is_absent();
    if is_read_by_another || shares {
        return None;
    }
    let (node, path) = ANNOTATIONS.iter().find_map(|name| metadata_value(root, "annotations", name))?;
    let percent: i64 = node.text()?.parse().ok()?;
    let name = &manifest.id.name;
    let message = match percent {
        0 => format!("{name}{{places}} is not rolled back: its share stands in an annotation"),
        1..100 => format!("{name}{{places}} gets all traffic at once, not {percent} %"),
        _ => return None,
    };
    let found =
        Violation::in_object("annotation", manifest, path, node.origin, "nothing reads this", message)?;
    let help = match (percent, context.facts.only_mode(manifest)) {
        (0, _) => "name the version of before in `storageUri`",
        (_, Some(DeploymentMode::Standard)) => instead(context),
        _ => "set `canaryTrafficPercent` in `spec.predictor`, with the number alone",
    };
    Some(found.note("KServe reads the share from `spec.predictor`, in the mode Knative").help(help))
}

/// A share of 0 keeps the revision of before.
fn rolls_back(object: &Object) -> Option<Violation> {
    let manifest = &object.manifest;
    kserve::serving(manifest).canary_percent.filter(|percent| *percent == 0)?;
    let (node, path) = kserve::canary_percent(manifest)?;
    let name = &manifest.id.name;
    let message = format!("{name}{{places}} serves the version of before, not the one written here");
    let found = Violation::in_object("rolls-back", manifest, path, node.origin, "0 is a rollback", message)?;
    Some(found.note("0 pins the revision that was rolled out last").help("to promote, take the field out"))
}

/// `spec.canary` in a mode whose webhook refuses it (kserve v0.20 `inference_service_validation.go`).
fn refused(object: &Object) -> Option<Violation> {
    let manifest = &object.manifest;
    let Lookup::Present(node) = manifest.root.find(&["spec", "canary"]) else { return None };
    if node.items().is_empty() {
        return None;
    }
    let name = &manifest.id.name;
    let path = Pointer::of(&["spec", "canary"]);
    let message = format!("{name}{{places}} is refused: `spec.canary` is of the mode Standard");
    let found =
        Violation::in_object("refused", manifest, path, node.origin, "not in the mode Knative", message)?;
    Some(found.help("set `canaryTrafficPercent` in `predictor` instead"))
}

/// A service that does not run yet has no revision to share with.
fn first_deploy(review: &Review, context: &Context<'_>, out: &mut Violations) {
    // Where the base is missing, `ran-in-staging` says so.
    let Ok(base) = review.base() else { return };
    for (release, running) in review.releases() {
        let ran = |object: &str| {
            base.iter().any(|old| old.object == object && old.environment == running.environment)
        };
        let release = context.fleet.releases.get(release);
        let object = release.and_then(|release| context.fleet.objects.get(release.object));
        let Some(object) = object.filter(|_| !ran(&running.object)) else { continue };
        if !context.facts.modes(&object.manifest).contains(&DeploymentMode::Knative) {
            continue;
        }
        out.push(first(object));
    }
}

fn first(object: &Object) -> Option<Violation> {
    let manifest = &object.manifest;
    let percent = kserve::serving(manifest).canary_percent.filter(|percent| (1..100).contains(percent))?;
    let (node, path) = kserve::canary_percent(manifest)?;
    let name = &manifest.id.name;
    let message = format!("{name}{{places}} gets all traffic on its first deploy, not {percent} %");
    let label = "there is no revision to share with";
    let found = Violation::in_object("first-deploy", manifest, path, node.origin, label, message)?;
    Some(
        found
            .at_place(object.place)
            .note("KServe shares between two revisions of one service; a second service has none of its own"),
    )
}
