//! `traffic/canary-mode`: a canary gets the share that is written, in the mode the service runs in.

use mlgitops_yaml::{Lookup, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::DeploymentMode;
use crate::finding::{Label, Violation};
use crate::fleet::Object;
use crate::history::Review;
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check), Check::Review(first_deploy)];

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    if !object.manifest.id.is(kserve::GROUP, "InferenceService") {
        return;
    }
    let only = context.facts.only_mode(&object.manifest);
    if only == Some(DeploymentMode::Standard) {
        out.push(ignored(object, context));
    } else if context.facts.modes(&object.manifest).contains(&DeploymentMode::Knative) {
        out.push(rolls_back(object));
    }
    if only == Some(DeploymentMode::Knative) && context.facts.kserve_minors().iter().all(|minor| *minor >= 20)
    {
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
        0 => "name the version of before in `storageUri`".to_owned(),
        _ => "run the mode Knative, or split with a route between two services".to_owned(),
    };
    Some(found.note(note).help(help))
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
    for (release, running, _) in review.guarded() {
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
