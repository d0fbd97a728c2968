//! `startup/cache-miss`: the version that runs is the version that is cached.

use std::collections::BTreeMap;

use super::super::start::{download, is_main};
use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::reference::Input;
use crate::fleet::startup_time::Download;
use crate::fleet::{Fleet, ModelUse, Object};
use crate::kinds::kserve::{self, Form};
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// A service with this annotation takes no cache (kserve v0.20
/// `pkg/apis/serving/v1beta1/inference_service_defaults.go`).
const DISABLED: &str = "serving.kserve.io/disable-localmodel";

/// Caches of one artifact that are looked at.
const CHOICES: usize = 16;

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let caches = context.caches();
    let mut by_artifact: BTreeMap<String, Vec<&ModelUse>> = BTreeMap::new();
    for cache in fleet.uses.iter().filter(|used| used.reference.form == Form::CacheUri) {
        by_artifact.entry(cache.parsed.artifact_path(&[])).or_default().push(cache);
    }
    if by_artifact.is_empty() {
        return;
    }
    for release in &fleet.releases {
        let used = fleet.uses.get(release.model_use).filter(|used| is_main(used));
        let (Some(used), Some(object)) = (used, fleet.objects.get(release.object)) else { continue };
        let is_off = metadata_value(&object.manifest.root, "annotations", DISABLED).is_some();
        let is_downloaded = download(used, caches.of_model(used).is_some()) == Download::Before;
        if is_off || !is_downloaded || !object.manifest.id.is(kserve::GROUP, "InferenceService") {
            continue;
        }
        let siblings = by_artifact.get(&used.parsed.artifact_path(&[])).into_iter().flatten().take(CHOICES);
        let holds_another = |cache: &&ModelUse| {
            may_hold(fleet, cache, object) && cache.parsed.same_artifact_any_version(&used.parsed)
        };
        let versioned = used.parsed.version_token().is_some();
        let cache = siblings.copied().filter(holds_another).last().filter(|_| versioned);
        out.push(cache.and_then(|cache| judge(used, object, cache, fleet)));
    }
}

/// Whether a cache is there for the services at a place: one of a namespace for that namespace, any
/// for its own environment.
fn may_hold(fleet: &Fleet, cache: &ModelUse, service: &Object) -> bool {
    let Some(object) = fleet.object_of(cache) else { return false };
    let (Some(here), Some(there)) = (fleet.place(object.place), fleet.place(service.place)) else {
        return false;
    };
    let is_same = |one: &Option<String>, other: &Option<String>| one.is_none() || one == other;
    let is_of_namespace = object.manifest.id.kind == "LocalModelNamespaceCache";
    (here.environment.is_none() || here.environment == there.environment)
        && is_same(&here.cluster, &there.cluster)
        && (!is_of_namespace || here.namespace == there.namespace)
}

fn judge(used: &ModelUse, object: &Object, cache: &ModelUse, fleet: &Fleet) -> Option<Violation> {
    let (runs, cached) = (used.parsed.class_text(), cache.parsed.class_text());
    let message =
        format!("{}{{places}} downloads {runs} into every new pod: the cache holds {cached}", used.model);
    let reference = &used.reference;
    let range = match used.parsed.class_input {
        Input::Reference => used.parsed.class.range(),
        Input::Revision => 0..reference.text.len(),
    };
    let bytes = range.start + reference.offset..range.end + reference.offset;
    let (manifest, path) = (&object.manifest, reference.path.clone());
    let found = Violation::in_piece("other-version", manifest, path, bytes, "in no cache", message)?;
    let held = fleet.object_of(cache)?;
    let found = match held.manifest.place(cache.reference.origin) {
        Some(at) => found.also_at(Label::new(Location::from(at), format!("{cached} is cached"))),
        None => found,
    };
    let kind = &held.manifest.id.kind;
    Some(
        found
            .note(
                "a cache serves what its `sourceModelUri` names, and that never changes; for anything else \
                 KServe downloads, and says nothing",
            )
            .help(format!(
                "add a {kind} for {runs} beside it, and drop that of {cached} when nothing runs it"
            ))
            .at_place(object.place)
            .of_model(&used.model),
    )
}
