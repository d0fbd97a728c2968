//! Argo CD's sync timeout: a sync that waits for a model to be Healthy is ended before it is, and
//! what comes after the model is never applied (domain.md §2.2, B11; argo-cd v3.5
//! `controller/appcontroller.go`).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::super::Context;
use super::super::super::start::{Covers, Start, enough, exceeds, shown};
use super::Service;
use crate::finding::{Label, Location, Violation};
use crate::fleet::{Fleet, Object};
use crate::kinds::argocd;
use crate::kinds::kubernetes::metadata_value;

/// The key of `argocd-cmd-params-cm`; 0 is none, and the default.
const KEY: &str = "controller.sync.timeout.seconds";

/// The timeout, where the repository states one.
pub(super) struct SyncTimeout<'c> {
    object: &'c Object,
    seconds: u64,
    path: Pointer,
    origin: OriginId,
}

impl<'c> SyncTimeout<'c> {
    pub(super) fn of(context: &Context<'c>) -> Option<Self> {
        let mut stated = context.fleet.of_kind("ConfigMap");
        stated.find_map(|object| {
            let id = &object.manifest.id;
            if id.group() != "" || id.name != "argocd-cmd-params-cm" {
                return None;
            }
            let path = Pointer::of(&["data", KEY]);
            let node = object.manifest.at(&path).present()?;
            let seconds: u64 = node.text()?.trim().parse().ok().filter(|seconds| *seconds > 0)?;
            Some(Self { object, seconds, path, origin: node.origin })
        })
    }
}

impl Service<'_> {
    /// The sync of an Application that something of it makes wait for the model.
    pub(super) fn of_sync(
        &self,
        start: &Start,
        timeout: &SyncTimeout<'_>,
        index: usize,
        fleet: &Fleet,
    ) -> Option<Violation> {
        let budget = timeout.seconds;
        let best = start.best.whole();
        if !exceeds(best, budget) {
            return None;
        }
        let (waiting, why) = waiting(self.object, index, fleet)?;
        let (model, size, takes) = (&self.model_use.model, start.bytes(), shown(best, budget));
        let message = format!(
            "the sync of {model}{{places}} is ended before it serves: {size} take {takes} s at best, a sync gets {budget} s"
        );
        let manifest = &timeout.object.manifest;
        let label = "ends every sync that takes longer";
        let mut found = Violation::in_object(
            "sync-timeout",
            manifest,
            timeout.path.clone(),
            timeout.origin,
            label,
            message,
        )?;
        let id = &waiting.manifest.id;
        let at = waiting.manifest.place(waiting.manifest.root.origin).map(Location::from);
        found.related.extend(at.map(|at| Label::new(at, format!("{} {} waits: {why}", id.kind, id.name))));
        found.related.extend(start.size_label());
        let sum = start.best_arithmetic(Covers::Whole);
        let note = format!("{sum}; what comes after the model is not applied, and the sync is a failed one");
        let help = format!("{KEY}: \"{}\"", enough(start.worst.whole()).div_ceil(60).saturating_mul(60));
        Some(found.note(note).help(help))
    }
}

/// An object of the same Application that is applied once the service is Healthy.
fn waiting<'f>(service: &Object, index: usize, fleet: &'f Fleet) -> Option<(&'f Object, &'static str)> {
    let after = fleet.deployments.partition_point(|one| one.objects.end <= index);
    let deployment = fleet.deployments.get(after).filter(|one| one.objects.contains(&index))?;
    if !deployment.manifest.id.is(argocd::GROUP, "Application") {
        return None;
    }
    let own = wave(&service.manifest);
    fleet.objects_of(deployment).iter().find_map(|object| {
        let hook = metadata_value(&object.manifest.root, "annotations", "argocd.argoproj.io/hook");
        let hook = hook.and_then(|(node, _)| node.text());
        match hook {
            Some(hook) => hook.split(',').any(|one| one.trim() == "PostSync").then_some((object, "PostSync")),
            None => (wave(&object.manifest) > own).then_some((object, "a later wave")),
        }
    })
}

/// The wave of an object; 0 where none is written, or none that is a number.
fn wave(manifest: &Manifest) -> i64 {
    let stated = metadata_value(&manifest.root, "annotations", "argocd.argoproj.io/sync-wave");
    stated.and_then(|(node, _): (&Node, _)| node.text()?.trim().parse().ok()).unwrap_or(0)
}
