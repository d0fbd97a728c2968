//! `traffic/scale-metric`: a service scales on what it says, in the mode it runs in.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::DeploymentMode;
use crate::finding::Violation;
use crate::fleet::Object;
use crate::kinds::kserve;
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

/// Who scales, where it is not KServe's choice (kserve v0.20 `pkg/constants/constants.go`).
const CLASS: &str = "serving.kserve.io/autoscalerClass";

/// Knative's own choice.
const KNATIVE_CLASS: &str = "autoscaling.knative.dev/class";

/// The release from which the webhook lets a metric of Knative pass in the mode Standard.
const PASSES: u16 = 15;

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    if !manifest.id.is(kserve::GROUP, "InferenceService") {
        return;
    }
    let mode = context.facts.only_mode(manifest);
    for name in ["predictor", "transformer", "explainer"] {
        let Some(node) = manifest.root.get("spec").get(name).present() else { continue };
        let part = Part { manifest, node, path: Pointer::of(&["spec", name]) };
        out.push(match mode {
            Some(DeploymentMode::Standard) => part.of_knative(context).or_else(|| part.without_room()),
            Some(DeploymentMode::Knative) => part.of_standard(),
            _ => None,
        });
    }
}

/// A part of a service that scales by itself.
struct Part<'m> {
    manifest: &'m Manifest,
    node: &'m Node,
    path: Pointer,
}

impl<'m> Part<'m> {
    fn annotation(&self, name: &str) -> Option<&'m str> {
        let own = self.node.get("annotations").get(name).text();
        own.or_else(|| metadata_value(&self.manifest.root, "annotations", name)?.0.text())
    }

    /// Whether something else than the HPA that KServe makes scales it.
    fn is_scaled_otherwise(&self) -> bool {
        self.annotation(CLASS).is_some_and(|class| class != "hpa")
            || !self.node.get("autoScaling").is_absent()
    }

    /// Concurrency and requests, which only Knative counts.
    fn of_knative(&self, context: &Context<'_>) -> Option<Violation> {
        let metric = self.node.get("scaleMetric").present()?;
        let word = metric.text().filter(|word| matches!(*word, "concurrency" | "rps"))?;
        if self.is_scaled_otherwise() {
            return None;
        }
        let name = &self.manifest.id.name;
        let is_refused = self.annotation(CLASS) == Some("hpa")
            || context.facts.kserve_minors().iter().all(|minor| *minor < PASSES);
        let (case, message, note) = if is_refused {
            let message =
                format!("{name}{{places}} is refused: `{word}` is counted in the mode Knative alone");
            ("refused", message, "the webhook of KServe refuses the object; what ran before goes on")
        } else {
            let message = format!("{name}{{places}} scales on 80 % CPU, not on `{word}`");
            ("ignored", message, "KServe gives its HPA no metric then, and Kubernetes takes CPU at 80 %")
        };
        let found = self.violation(case, "scaleMetric", metric, "of the mode Knative", message)?;
        Some(
            found
                .note(note)
                .help("name `cpu` or `memory`, with a percentage in `scaleTarget`, or scale by KEDA"),
        )
    }

    /// CPU and memory, which Knative's own autoscaler does not count.
    fn of_standard(&self) -> Option<Violation> {
        let metric = self.node.get("scaleMetric").present()?;
        let word = metric.text().filter(|word| matches!(*word, "cpu" | "memory"))?;
        if self.annotation(KNATIVE_CLASS).is_some_and(|class| class.starts_with("hpa")) {
            return None;
        }
        let name = &self.manifest.id.name;
        let message = format!("{name}{{places}} is refused: Knative's autoscaler does not count `{word}`");
        let found = self.violation("refused", "scaleMetric", metric, "of the mode Standard", message)?;
        let help = format!(
            "name `concurrency` or `rps`, or set the annotation {KNATIVE_CLASS}: hpa.autoscaling.knative.dev"
        );
        Some(found.note("the webhook of KServe refuses the object; what ran before goes on").help(help))
    }

    /// A target for scaling without room to scale.
    fn without_room(&self) -> Option<Violation> {
        let maximum = self.node.get("maxReplicas");
        let is_unset = maximum.is_absent() || maximum.present().and_then(Node::as_int) == Some(0);
        if !is_unset || self.is_scaled_otherwise() {
            return None;
        }
        let asked = ["scaleTarget", "scaleMetric"];
        let (key, node) = asked.iter().find_map(|key| Some((*key, self.node.get(key).present()?)))?;
        let name = &self.manifest.id.name;
        let message = format!("{name}{{places}} never scales: it has no `maxReplicas`");
        let found = self.violation("no-room", key, node, "asks for scaling", message)?;
        let note = "in the mode Standard its HPA goes from `minReplicas` to `minReplicas` then";
        Some(found.note(note).help("set `maxReplicas` beside it"))
    }

    fn violation(
        &self,
        case: &'static str,
        key: &str,
        node: &Node,
        label: &str,
        message: String,
    ) -> Option<Violation> {
        Violation::in_object(case, self.manifest, self.path.key(key), node.origin, label, message)
    }
}
