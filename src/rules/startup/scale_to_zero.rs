//! `startup/scale-to-zero`: the first request after a pause is answered.

use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::start::{Covers, Start, download, enough, exceeds, is_main, shown};
use super::super::{Check, Context, Violations};
use crate::config::DeploymentMode;
use crate::finding::{Label, Location, Violation};
use crate::fleet::size::size_of;
use crate::fleet::{ModelUse, Object};
use crate::kinds::kserve;
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// How long Knative's activator keeps a request where nothing else is said
/// (knative/serving v1.23 `config/core/configmaps/defaults.yaml` `revision-timeout-seconds`).
const DEFAULT_TIMEOUT: u64 = 300;

/// The most it keeps one, where the cluster does not raise it (`max-revision-timeout-seconds`).
const MOST_TIMEOUT: u64 = 600;

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let caches = context.caches();
    for release in &fleet.releases {
        let used = fleet.uses.get(release.model_use).filter(|used| is_main(used));
        let (Some(used), Some(object)) = (used, fleet.objects.get(release.object)) else { continue };
        let Some(service) = Service::of(used, object) else { continue };
        let mode = context.facts.only_mode(&object.manifest);
        if mode == Some(DeploymentMode::Standard) {
            out.push(service.keeps_one().map(|found| service.placed(found)));
        } else if mode == Some(DeploymentMode::Knative) {
            let start = size_of(used, context.config, caches, fleet).map(|size| {
                let download = download(used, caches.of_model(used).is_some());
                let paths = fleet.paths_of(used);
                Start::of(size, download, context.config.startup(paths.iter().map(String::as_str)))
            });
            let found = start.and_then(|start| service.is_too_slow(&start));
            out.push(found.map(|found| service.placed(found)));
        }
    }
}

/// A service that may have no replica.
struct Service<'c> {
    model_use: &'c ModelUse,
    object: &'c Object,
    zero: OriginId,
}

impl<'c> Service<'c> {
    fn of(model_use: &'c ModelUse, object: &'c Object) -> Option<Self> {
        let manifest = &object.manifest;
        if !manifest.id.is(kserve::GROUP, "InferenceService") {
            return None;
        }
        let zero = manifest.root.find(&PATH).present().filter(|node| node.as_int() == Some(0))?;
        Some(Self { model_use, object, zero: zero.origin })
    }

    fn name(&self) -> &'c str {
        &self.object.manifest.id.name
    }

    /// Zero replicas in a mode that has one at least.
    fn keeps_one(&self) -> Option<Violation> {
        let manifest = &self.object.manifest;
        let class = metadata_value(&manifest.root, "annotations", "serving.kserve.io/autoscalerClass");
        // KEDA scales to zero, and whoever scales from outside may.
        if class.is_some_and(|(node, _)| node.text() != Some("hpa")) {
            return None;
        }
        let message = format!("{}{{places}} keeps one replica: its mode never scales to zero", self.name());
        let label = "one, in the mode Standard";
        let path = Pointer::of(&PATH);
        let found = Violation::in_object("keeps-one", manifest, path, self.zero, label, message)?;
        Some(
            found
                .note("a HorizontalPodAutoscaler has one replica at least")
                .help("write 1, or scale by KEDA: serving.kserve.io/autoscalerClass: keda"),
        )
    }

    /// A start that takes longer than a request is kept.
    fn is_too_slow(&self, start: &Start) -> Option<Violation> {
        let manifest = &self.object.manifest;
        let timeout = manifest.root.find(&["spec", "predictor", "timeout"]);
        if timeout.present().is_some_and(|node| node.as_int().is_none()) {
            return None;
        }
        let stated = timeout.present().and_then(Node::as_int).and_then(|seconds| u64::try_from(seconds).ok());
        let budget = stated.unwrap_or(DEFAULT_TIMEOUT);
        let (best, worst) = (start.best.whole(), start.worst.whole());
        let (case, seconds) = match () {
            () if exceeds(best, budget) => ("fails", best),
            () if exceeds(worst, budget) => ("may-fail", worst),
            () => return None,
        };
        let needs = shown(seconds, budget);
        let fails = if case == "fails" { "fails" } else { "may fail" };
        let message = format!(
            "the first request to {}{{places}} after a pause {fails}: {needs} s to start, {budget} s to wait",
            self.name()
        );
        let path = Pointer::of(&PATH);
        let found = Violation::in_object(case, manifest, path, self.zero, "no replica in a pause", message)?;
        let limit = timeout.present().and_then(|node| manifest.place(node.origin));
        let found = match limit {
            Some(at) => found.also_at(Label::new(Location::from(at), format!("{budget} s"))),
            None => found,
        };
        let found = start.size_label().into_iter().fold(found, Violation::also_at);
        let enough = enough(worst.max(best));
        let help = if enough <= MOST_TIMEOUT {
            format!("set `minReplicas: 1`, or `timeout: {enough}` beside it")
        } else {
            "set `minReplicas: 1`".to_owned()
        };
        Some(found.note(format!("{}: {}", start.bytes(), start.arithmetic(Covers::Whole))).help(help))
    }

    fn placed(&self, found: Violation) -> Violation {
        found.at_place(self.object.place).of_model(&self.model_use.model)
    }
}

/// Where the least number of replicas stands.
const PATH: [&str; 3] = ["spec", "predictor", "minReplicas"];
