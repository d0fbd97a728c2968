//! `scheduling/gpu-placement`: a GPU of any type, because nothing places the pods.

use mlgitops_yaml::{Lookup, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::{ClusterConfig, DeploymentMode};
use crate::finding::{Cause, Violation, field_of};
use crate::fleet::Object;
use crate::fleet::serving_runtime::{Below, Runtimes};
use crate::kinds::gpu::{self, Amount, Limit, Placement, Resources};
use crate::kinds::kserve::{self, Container, Part, Workload};
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

/// Annotations and labels by which something else places the pods when they are admitted.
const PLACED_BY: [(&str, &str); 4] = [
    ("annotations", "opendatahub.io/hardware-profile-name"),
    ("annotations", "serving.kserve.io/gke-accelerator"),
    ("labels", "kueue.x-k8s.io/queue-name"),
    ("annotations", "kueue.x-k8s.io/queue-name"),
];

/// Knative takes a nodeSelector only with this flag (knative `config-features`).
const FLAG: &str = "kubernetes.podspec-nodeselector";

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    let by_another = PLACED_BY.iter().any(|(map, name)| metadata_value(&manifest.root, map, name).is_some());
    if !kserve::is_model_kind(manifest) || by_another || has_one_type(object, context) {
        return;
    }
    // What it inherits is not in sight.
    if !matches!(manifest.root.get("spec").get("baseRefs"), Lookup::Absent(_)) {
        return;
    }
    let resources = Resources::of(manifest);
    for workload in kserve::workloads(manifest) {
        let serves = matches!(workload.part, Part::Predictor | Part::Canary | Part::Worker | Part::Prefill);
        let Some(container) = workload.serving.as_ref().filter(|_| serves) else { continue };
        let Limit::Stated(amount) = gpu::limit(container, &resources) else { continue };
        if amount.names_a_type() || amount.count().is_none_or(|count| count == 0) {
            continue;
        }
        let placement = match (gpu::placement(workload.pod), of_runtime(object, &workload, context)) {
            (Placement::Placed, _) | (_, Placement::Placed) => continue,
            (Placement::None, Placement::None) => Placement::None,
            _ => Placement::Tolerated,
        };
        if !is_placed_by_namespace(object, context) {
            out.push(violation(object, &workload, container, &amount, placement, context));
        }
    }
}

/// Whether the clusters the object may run on have one type of GPU, as the configuration says.
fn has_one_type(object: &Object, context: &Context<'_>) -> bool {
    let cluster = context.fleet.place(object.place).and_then(|place| place.cluster.as_deref());
    let is_it = |config: &&ClusterConfig| {
        cluster.is_none_or(|cluster| {
            config.name.value == cluster || config.server.as_ref().is_some_and(|url| url.value == cluster)
        })
    };
    let mut candidates = context.config.argocd.clusters.iter().filter(is_it).peekable();
    candidates.peek().is_some() && candidates.all(|config| config.gpus.len() == 1)
}

/// Whether a Namespace in the repository selects the nodes of its pods, or a policy adds selectors.
fn is_placed_by_namespace(object: &Object, context: &Context<'_>) -> bool {
    const SELECTOR: &str = "scheduler.alpha.kubernetes.io/node-selector";
    let namespace = context.fleet.place(object.place).and_then(|place| place.namespace.as_deref());
    context.fleet.objects.iter().map(|other| &other.manifest).any(|other| match &*other.id.kind {
        "Namespace" => {
            Some(&*other.id.name) == namespace
                && metadata_value(&other.root, "annotations", SELECTOR).is_some()
        }
        "ClusterPolicy" | "Policy" => {
            let rules = other.root.get("spec").get("rules").items();
            rules.iter().any(|rule| !rule.get("mutate").is_absent())
        }
        "Assign" | "AssignMetadata" => other.id.group() == "mutations.gatekeeper.sh",
        _ => false,
    })
}

/// What the pod fields of the runtime say. One that is not in sight is believed to place nothing:
/// nearly every service names one, and few runtimes place (domain.md §8).
fn of_runtime(object: &Object, workload: &Workload<'_>, context: &Context<'_>) -> Placement {
    let Below::Runtime(runtime, _) = Runtimes::of(context.fleet).below(object, workload) else {
        return Placement::None;
    };
    let pods = kserve::workloads(&runtime.manifest);
    pods.first().map_or(Placement::None, |pods| gpu::placement(pods.pod))
}

fn violation(
    object: &Object,
    workload: &Workload<'_>,
    container: &Container<'_>,
    amount: &Amount<'_>,
    placement: Placement,
    context: &Context<'_>,
) -> Option<Violation> {
    let manifest = &object.manifest;
    let name = &manifest.id.name;
    let pod = mlgitops_manifest::fields::dotted(&workload.path);
    let is_certain = may_select(object, context);
    let (case, message) = match placement {
        Placement::Tolerated => (
            "toleration-only",
            format!("{name}{{places}} takes a GPU of any type: it tolerates nodes and selects none"),
        ),
        _ if is_certain => (
            "none",
            format!("{name}{{places}} takes a GPU of any type: no `nodeSelector` and no node affinity"),
        ),
        _ => (
            "mode",
            format!("{name}{{places}} takes a GPU of any type, and Knative may refuse a `nodeSelector`"),
        ),
    };
    let label = "keeps it off nodes without a GPU, no more";
    let found = Violation::in_object(case, manifest, amount.path.clone(), amount.key, label, message)?;
    let note = "where nodes have several types, the scheduler takes any: with too little memory, or the \
                dearest";
    let help = if is_certain {
        format!(
            "name the type in `{pod}.nodeSelector`, such as `nvidia.com/gpu.product: NVIDIA-A10G`; or say \
             that there is one: `argocd.clusters[].gpus` in mlgitops.yaml"
        )
    } else {
        format!(
            "turn on Knative's flag `{FLAG}` first, say so in `kserve.knative-features` of mlgitops.yaml, \
             then select in `{pod}`; or say `kserve: {{mode: Standard}}`"
        )
    };
    let found = found.note(note).help(help);
    Some(match misplaced(workload, container) {
        Some(at) => {
            let field = Some(field_of(&manifest.root, &at));
            found.follows_from(Cause { rule: "unknown-field", field })
        }
        None => found,
    })
}

/// Whether every mode the object may run in takes a nodeSelector.
fn may_select(object: &Object, context: &Context<'_>) -> bool {
    let flagged = context.config.kserve.knative_features.iter().any(|feature| feature.value == FLAG);
    flagged || !context.facts.modes(&object.manifest).contains(&DeploymentMode::Knative)
}

/// Where a placement stands that the API server drops, as part of the container.
fn misplaced(workload: &Workload<'_>, container: &Container<'_>) -> Option<Pointer> {
    let field =
        ["nodeSelector", "affinity"].into_iter().find(|field| !container.node.get(field).is_absent())?;
    (container.path != workload.path).then(|| container.path.key(field))
}
