//! `scheduling/gpu-placement`: a GPU of any type, because nothing places the pods.

use mlgitops_yaml::{Lookup, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::{ClusterConfig, DeploymentMode};
use crate::finding::{Cause, Violation, field_of};
use crate::fleet::Object;
use crate::fleet::serving_runtime::Below;
use crate::kinds::gpu::{self, Amount, Limit, Placement, Resources};
use crate::kinds::kserve::{self, Container, Part, Workload};
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

/// Annotations and labels by which something else places the pods when they are admitted.
const PLACED_BY: [(&str, &str); 5] = [
    ("annotations", "opendatahub.io/hardware-profile-name"),
    ("annotations", "serving.kserve.io/gke-accelerator"),
    ("annotations", "serving.kserve.io/exp-dra-device-class"),
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
        let own = gpu::placement(workload.pod);
        let placement = strongest([own, of_runtime(object, &workload, context)].into_iter());
        if placement == Placement::Placed {
            continue;
        }
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
    const KINDS: [&str; 5] = ["Namespace", "ClusterPolicy", "Policy", "Assign", "AssignMetadata"];
    let others = KINDS.into_iter().flat_map(|kind| context.fleet.of_kind(kind));
    others.map(|other| &other.manifest).any(|other| match &*other.id.kind {
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
/// nearly every service names one, and few runtimes place (domain.md §8). Of several that may be
/// meant, the one that places counts.
fn of_runtime(object: &Object, workload: &Workload<'_>, context: &Context<'_>) -> Placement {
    match context.runtimes().below(object, workload) {
        Below::Runtime(runtime, _) => of_pods(runtime),
        Below::Unknown => {
            let runtimes = ["ServingRuntime", "ClusterServingRuntime"].into_iter();
            let runtimes = runtimes.flat_map(|kind| context.fleet.of_kind(kind));
            let candidates = runtimes.filter(|other| may_be_meant(other, workload));
            strongest(candidates.map(of_pods))
        }
        Below::Nothing | Below::Defaults => Placement::None,
    }
}

fn of_pods(runtime: &Object) -> Placement {
    strongest(kserve::workloads(&runtime.manifest).iter().map(|pods| gpu::placement(pods.pod)))
}

fn strongest(placements: impl Iterator<Item = Placement>) -> Placement {
    placements.fold(Placement::None, |one, other| match (one, other) {
        (Placement::Placed, _) | (_, Placement::Placed) => Placement::Placed,
        (Placement::None, Placement::None) => Placement::None,
        _ => Placement::Tolerated,
    })
}

/// Whether a predictor may run on a runtime: it names it, or names none and has its format.
fn may_be_meant(runtime: &Object, workload: &Workload<'_>) -> bool {
    let id = &runtime.manifest.id;
    let is_runtime = id.is(kserve::GROUP, "ServingRuntime") || id.is(kserve::GROUP, "ClusterServingRuntime");
    let Some(serving) = workload.serving.as_ref().filter(|_| is_runtime) else { return false };
    let formats = runtime.manifest.root.find(&["spec", "supportedModelFormats"]).items();
    match serving.node.get("runtime") {
        Lookup::Present(name) if !name.is_null() => name.text() == Some(&id.name),
        Lookup::Unknown(_) => true,
        _ => formats.iter().any(|one| one.get("name").text() == serving.format),
    }
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
    Some(match misplaced(object, workload, container) {
        Some(at) => {
            let field = Some(field_of(&manifest.root, &at));
            found.follows_from(Cause::field("unknown-field", field))
        }
        None => found,
    })
}

/// Whether every mode the object may run in takes a nodeSelector.
fn may_select(object: &Object, context: &Context<'_>) -> bool {
    let flagged = context.config.kserve.knative_features.iter().any(|feature| feature.value == FLAG);
    flagged || !context.facts.modes(&object.manifest).contains(&DeploymentMode::Knative)
}

/// Where a placement stands that the API server drops: with the container, with its resources, or
/// beside the predictor.
fn misplaced(object: &Object, workload: &Workload<'_>, container: &Container<'_>) -> Option<Pointer> {
    let levels = [container.path.clone(), container.path.key("resources"), Pointer::of(&["spec"])];
    let fields = levels
        .iter()
        .filter(|level| **level != workload.path)
        .flat_map(|level| ["nodeSelector", "affinity"].into_iter().map(|field| level.key(field)));
    fields.into_iter().find(|field| !object.manifest.at(field).is_absent())
}
