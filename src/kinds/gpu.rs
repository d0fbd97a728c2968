//! GPUs: which resources are one, how many a container gets, and what else says that one is meant
//! (domain.md §8).

use mlgitops_manifest::Manifest;
use mlgitops_manifest::quantity::Quantity;
use mlgitops_yaml::{Lookup, Node, OriginId, Pointer, Value};

use super::kserve::{Container, Workload, argument};
use super::kubernetes::metadata_value;

/// Extended resources of device plugins, and how the names of families begin.
const NAMES: [&str; 9] = [
    "nvidia.com/gpu",
    "nvidia.com/gpu.shared",
    "amd.com/gpu",
    "intel.com/gpu",
    "habana.ai/gaudi",
    "aws.amazon.com/neuron",
    "aws.amazon.com/neuroncore",
    "aws.amazon.com/neurondevice",
    "google.com/tpu",
];
const FAMILIES: [&str; 5] =
    ["nvidia.com/mig-", "gpu.intel.com/", "huawei.com/Ascend", "aliyun.com/gpu", "cloud-tpus.google.com/"];

/// Names further resources that are GPUs, as a JSON list (kserve `pkg/constants/constants.go`).
const RESOURCE_TYPES: &str = "serving.kserve.io/gpu-resource-types";

/// The names that are GPUs for one object.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    further: Vec<String>,
}

impl Resources {
    /// The usual names, and those an object's annotation adds.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let listed = metadata_value(&manifest.root, "annotations", RESOURCE_TYPES);
        let text = listed.and_then(|(node, _)| node.text());
        Self { further: text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default() }
    }

    /// Whether a resource is a GPU.
    #[must_use]
    pub fn is_gpu(&self, name: &str) -> bool {
        NAMES.contains(&name)
            || FAMILIES.iter().any(|family| name.starts_with(family))
            || self.further.iter().any(|further| further == name)
    }

    /// The first GPU among the entries of a map of quantities.
    fn first<'n>(&self, map: &'n Node, at: &Pointer) -> Option<Amount<'n>> {
        let (key, value) = map.as_map()?.iter().find(|(key, _)| self.is_gpu(key.name()))?;
        Some(Amount { name: key.name(), text: value.text(), key: key.origin, path: at.key(key.name()) })
    }
}

/// An entry such as `nvidia.com/gpu: 1`.
#[derive(Debug, Clone)]
pub struct Amount<'n> {
    /// The resource.
    pub name: &'n str,
    /// The amount as it is written; `None` where it cannot be known.
    pub text: Option<&'n str>,
    /// The origin of its key.
    pub key: OriginId,
    /// Where it stands.
    pub path: Pointer,
}

impl Amount<'_> {
    /// How many whole GPUs; `None` where the amount cannot be known, or is no whole number, which
    /// the API server refuses for extended resources.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        const NANO: i128 = 1_000_000_000;
        let nanos = Quantity::decode(self.text?).ok()?.nanos();
        (nanos % NANO == 0).then(|| u64::try_from(nanos / NANO).ok()).flatten()
    }

    /// A part of a GPU that only one type has: `nvidia.com/mig-3g.40gb`.
    #[must_use]
    pub fn names_a_type(&self) -> bool {
        self.name.starts_with("nvidia.com/mig-")
    }
}

/// What a container is given.
#[derive(Debug, Clone)]
pub enum Limit<'n> {
    /// A GPU stands in its limits; the amount may be zero.
    Stated(Amount<'n>),
    /// A claim of dynamic resource allocation stands for it.
    Claimed,
    /// None.
    None,
    /// It cannot be known.
    Unknown,
}

/// The GPU among the limits of a container.
#[must_use]
pub fn limit<'n>(container: &Container<'n>, resources: &Resources) -> Limit<'n> {
    let set = container.node.get("resources");
    if !set.get("claims").items().is_empty() {
        return Limit::Claimed;
    }
    match set.get("limits") {
        Lookup::Unknown(_) => Limit::Unknown,
        Lookup::Absent(_) => Limit::None,
        Lookup::Present(limits) => {
            let at = container.path.key("resources").key("limits");
            resources.first(limits, &at).map_or(Limit::None, Limit::Stated)
        }
    }
}

/// Why a GPU is meant though no limit gives one.
#[derive(Debug, Clone)]
pub struct Intent {
    /// What says so, for people: `requests`, `the image`.
    pub what: String,
    /// Whether it is the GPU itself, at a level or in an amount that gives none.
    pub misplaced: bool,
    /// The origin of what says so.
    pub origin: OriginId,
    /// Where it stands.
    pub path: Pointer,
}

/// The first sign that a workload is meant to run on a GPU, beside its limits.
#[must_use]
pub fn intent(workload: &Workload<'_>, container: &Container<'_>, resources: &Resources) -> Option<Intent> {
    misplaced(workload, container, resources)
        .or_else(|| of_arguments(container))
        .or_else(|| of_environment(container))
        .or_else(|| of_image(container))
        .or_else(|| of_selector(workload))
}

/// A GPU that is requested only, or stands beside `limits`, or with the pod.
fn misplaced(workload: &Workload<'_>, container: &Container<'_>, resources: &Resources) -> Option<Intent> {
    let own = container.path.key("resources");
    let pod = workload.path.key("resources");
    let maps = [
        (container.node.get("resources").get("requests"), own.key("requests")),
        (container.node.get("resources"), own),
        (workload.pod.get("resources").get("limits"), pod.key("limits")),
        (workload.pod.get("resources").get("requests"), pod.key("requests")),
    ];
    maps.into_iter().find_map(|(map, at)| {
        let amount = resources.first(map.present()?, &at)?;
        (amount.count() != Some(0)).then(|| Intent {
            what: format!("`{}`", amount.name),
            misplaced: true,
            origin: amount.key,
            path: amount.path.clone(),
        })
    })
}

/// Arguments that a runtime only takes with GPUs. `--dtype` is none: vLLM has it on CPUs too.
fn of_arguments(container: &Container<'_>) -> Option<Intent> {
    const MEMORY: [&str; 2] = ["--gpu-memory-utilization", "--gpu_memory_utilization"];
    const PARALLEL: [&str; 2] = ["--tensor-parallel-size", "--tensor_parallel_size"];
    ["args", "command"].into_iter().find_map(|list| {
        let items = container.node.get(list).items();
        let parallel = argument(items, &PARALLEL)
            .filter(|(_, _, value)| value.parse::<u32>().is_ok_and(|gpus| gpus > 1))
            .map(|found| (PARALLEL[0], found));
        let (name, (index, _, _)) =
            parallel.or_else(|| argument(items, &MEMORY).map(|found| (MEMORY[0], found)))?;
        Some(Intent {
            what: format!("`{name}`"),
            misplaced: false,
            origin: items.get(index)?.origin,
            path: container.path.key(list).index(index),
        })
    })
}

fn of_environment(container: &Container<'_>) -> Option<Intent> {
    let variables = container.node.get("env").items().iter().enumerate();
    variables.into_iter().find_map(|(index, variable)| {
        let name = variable.get("name").text()?;
        let value = variable.get("value").present()?;
        let shows = !matches!(value.text()?.trim(), "" | "-1" | "none" | "None" | "void" | "NoDevFiles");
        (matches!(name, "CUDA_VISIBLE_DEVICES" | "NVIDIA_VISIBLE_DEVICES") && shows).then(|| Intent {
            what: format!("`{name}`"),
            misplaced: false,
            origin: value.origin,
            path: container.path.key("env").index(index).key("value"),
        })
    })
}

/// An image or a version of the runtime that is built for GPUs.
fn of_image(container: &Container<'_>) -> Option<Intent> {
    ["image", "runtimeVersion"].into_iter().find_map(|field| {
        let node = container.node.get(field).present()?;
        let text = node.text()?.to_lowercase();
        let tag = text.rsplit('/').next().unwrap_or(&text);
        ["-gpu", "cuda", "rocm"].iter().any(|word| tag.contains(word)).then(|| Intent {
            what: format!("`{field}`"),
            misplaced: false,
            origin: node.origin,
            path: container.path.key(field),
        })
    })
}

/// A selector that only nodes with GPUs have.
fn of_selector(workload: &Workload<'_>) -> Option<Intent> {
    let selector = workload.pod.get("nodeSelector").present()?;
    let (key, _) = selector.as_map()?.iter().find(|(key, value)| names_gpus(key.name()) && is_set(value))?;
    Some(Intent {
        what: "`nodeSelector`".to_owned(),
        misplaced: false,
        origin: key.origin,
        path: workload.path.key("nodeSelector").key(key.name()),
    })
}

/// Whether a label is of nodes with GPUs: `nvidia.com/gpu.product`, `…/gke-accelerator`.
fn names_gpus(label: &str) -> bool {
    label.contains("gpu") || label.contains("accelerator")
}

/// A label without a value selects nothing that is meant; `"false"` selects what has none.
fn is_set(value: &Node) -> bool {
    value.text().is_some_and(|text| !matches!(text, "" | "false"))
}

/// What keeps the pods of a workload on one type of GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Something does, or may: what cannot be known counts for the author.
    Placed,
    /// Only a toleration: it admits nodes, and chooses none.
    Tolerated,
    /// Nothing.
    None,
}

/// What the fields of a pod say about its placement.
#[must_use]
pub fn placement(pod: &Node) -> Placement {
    let selector = match pod.get("nodeSelector") {
        Lookup::Unknown(_) => true,
        Lookup::Present(node) => selects(node),
        Lookup::Absent(_) => false,
    };
    let affinity = match pod.get("affinity").get("nodeAffinity") {
        Lookup::Unknown(_) => true,
        Lookup::Present(node) => requires(node),
        Lookup::Absent(_) => false,
    };
    let named = ["runtimeClassName", "nodeName", "resourceClaims"]
        .iter()
        .any(|field| !matches!(pod.get(field), Lookup::Absent(_)));
    if selector || affinity || named {
        return Placement::Placed;
    }
    match pod.get("tolerations") {
        Lookup::Unknown(_) => Placement::Placed,
        Lookup::Present(node) if !node.items().is_empty() => Placement::Tolerated,
        _ => Placement::None,
    }
}

/// Whether a nodeSelector chooses more than an architecture, a zone or a price.
fn selects(selector: &Node) -> bool {
    match &selector.value {
        Value::Map(map) => map.iter().any(|(key, value)| chooses(key.name()) && value.text() != Some("")),
        _ => false,
    }
}

/// Whether some required term of a node affinity does.
fn requires(affinity: &Node) -> bool {
    let terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution").get("nodeSelectorTerms");
    terms.items().iter().any(|term| {
        let labels = term.get("matchExpressions").items().iter();
        labels.filter_map(|one| one.get("key").text()).any(chooses)
            || !term.get("matchFields").items().is_empty()
    })
}

/// Whether a label can tell one type of GPU from another.
fn chooses(label: &str) -> bool {
    const ANY: [&str; 8] = [
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "karpenter.sh/capacity-type",
    ];
    !ANY.contains(&label)
}
