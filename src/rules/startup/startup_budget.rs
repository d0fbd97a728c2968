//! `startup/startup-budget`: a model has loaded before anything gives up on it.

#[path = "startup_budget/deadline.rs"]
mod deadline;
#[path = "startup_budget/flux.rs"]
mod flux;
#[path = "startup_budget/harmless.rs"]
mod harmless;
#[path = "startup_budget/probe.rs"]
mod probe;
#[path = "startup_budget/sync.rs"]
mod sync;

use std::collections::BTreeSet;

use super::super::start::{Start, download, is_main};
use super::super::{Check, Context, Violations};
use crate::config::DeploymentMode;
use crate::finding::{Code, NotChecked, Violation};
use crate::fleet::serving_runtime::{Below, Runtimes};
use crate::fleet::size::size_of;
use crate::fleet::{ModelUse, Object};
use crate::kinds::kserve::{self, Form, Part, Workload};
use crate::kinds::kubernetes::metadata_value;
use deadline::Deadline;
use sync::SyncTimeout;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// A service with this annotation runs no pods (kserve v0.15.2).
const STOPPED: &str = "serving.kserve.io/stop";

/// Every model is asked about here and not one by one: those of unknown size are one line.
fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let (runtimes, caches) = (context.runtimes(), context.caches());
    let cluster = Deadline::of_cluster(context);
    let sync = SyncTimeout::of(context);
    let (mut all, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for release in &fleet.releases {
        let (Some(model_use), Some(object)) =
            (fleet.uses.get(release.model_use), fleet.objects.get(release.object))
        else {
            continue;
        };
        let Some(service) = Service::of(model_use, object, runtimes, context) else { continue };
        all.insert(release.model.as_str());
        match size_of(model_use, context.config, caches, fleet) {
            Some(size) => {
                let download = download(model_use, caches.of_model(model_use).is_some());
                let paths = fleet.paths_of(model_use);
                let rates = context.config.startup(paths.iter().map(String::as_str));
                let start = Start::of(size, download, rates);
                let killed = service.judge(&start, &cluster);
                if killed.is_none() {
                    out.push(service.of_readiness(&start).map(|found| service.placed(found)));
                }
                out.push(killed.map(|found| service.placed(found)));
                out.push(service.of_fixed_deadline(&start).map(|found| service.placed(found)));
                out.push(service.of_flux(&start, release.object, context).map(|found| service.placed(found)));
                let of_sync = |sync| service.of_sync(&start, sync, release.object, fleet);
                out.push(sync.as_ref().and_then(of_sync).map(|found| service.placed(found)));
            }
            None => {
                // An image that is pulled has its model in it.
                if model_use.reference.form != Form::Image {
                    unknown.insert(release.model.as_str());
                }
                out.push(service.of_short_liveness().map(|found| service.placed(found)));
            }
        }
    }
    if let Some(first) = unknown.first() {
        out.not_checked(size_unknown(first, unknown.len(), all.len()));
    }
}

fn size_unknown(first: &str, unknown: usize, all: usize) -> NotChecked {
    let (what, name) = match unknown {
        1 => (first.to_owned(), first),
        _ => (format!("{unknown} of {all} models"), "NAME"),
    };
    NotChecked::new(Code::InCluster, format!("start-up budget of {what}"), "size unknown")
        .help(format!("models.{name}.size in mlgitops.yaml, or a LocalModelCache with modelSize"))
}

/// A service whose start is judged: one model in one process a pod.
struct Service<'c> {
    model_use: &'c ModelUse,
    object: &'c Object,
    workload: Workload<'c>,
    below: Below<'c>,
    /// The mode it runs in, where only one is possible.
    mode: Option<DeploymentMode>,
}

/// A link of the chain that gives up before the model serves.
struct Broken {
    /// How many seconds it gives.
    budget: u64,
    violation: Violation,
}

impl<'c> Service<'c> {
    fn of(
        model_use: &'c ModelUse,
        object: &'c Object,
        runtimes: &Runtimes<'c>,
        context: &Context<'_>,
    ) -> Option<Self> {
        let manifest = &object.manifest;
        let stopped = metadata_value(&manifest.root, "annotations", STOPPED);
        let modes = context.facts.modes(manifest);
        if stopped.is_some_and(|(node, _)| node.text() == Some("true"))
            || modes.contains(&DeploymentMode::ModelMesh)
            || !is_main(model_use)
        {
            return None;
        }
        let reference = &model_use.reference;
        let mut workloads = kserve::workloads(manifest);
        // Each of several nodes loads a part, and nobody says how large.
        if workloads.iter().any(|workload| workload.part == Part::Worker) {
            return None;
        }
        workloads.retain(|workload| {
            workload.part == reference.part
                && (reference.form == Form::LlmUri || workload.path.covers(&reference.path))
        });
        let workload = workloads.into_iter().next()?;
        let below = runtimes.below(object, &workload);
        let mode = modes.first().copied().filter(|_| modes.len() == 1);
        Some(Self { model_use, object, workload, below, mode })
    }

    /// The violation of the link that gives up first. One that kills for certain comes before one
    /// that is likely to; the other one is shown beside it.
    fn judge(&self, start: &Start, cluster: &Deadline) -> Option<Violation> {
        let mut broken: Vec<Broken> =
            [self.of_probe(start), self.of_deadline(start, cluster)].into_iter().flatten().collect();
        broken.sort_by_key(|one| (one.violation.case != "certain", one.budget));
        let mut broken = broken.into_iter().map(|one| one.violation);
        let mut first = broken.next()?;
        first.related.extend(broken.map(|other| other.primary));
        first.related.extend(start.size_label());
        Some(first)
    }

    /// A violation where the service runs, wherever its field stands.
    fn placed(&self, found: Violation) -> Violation {
        found.at_place(self.object.place).of_model(&self.model_use.model)
    }
}
