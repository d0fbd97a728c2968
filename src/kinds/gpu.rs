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

/// Makes KServe claim devices for every pod (managed DRA of an LLMInferenceService,
/// kserve `pkg/constants/constants.go`).
const DEVICE_CLASS: &str = "serving.kserve.io/exp-dra-device-class";

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

    /// The first GPU among the entries of a map of quantities; one of which there is some, if any.
    fn first<'n>(&self, map: &'n Node, at: &Pointer) -> Option<Amount<'n>> {
        let gpus =
            || map.as_map().into_iter().flat_map(|map| map.iter()).filter(|(key, _)| self.is_gpu(key.name()));
        let (key, value) = gpus().find(|(_, value)| value.text() != Some("0")).or_else(|| gpus().next())?;
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

    /// The same; `None` also where the amount is memory: `aliyun.com/gpu-mem` counts GiB.
    #[must_use]
    pub fn gpus(&self) -> Option<u64> {
        if self.name.ends_with("-mem") { None } else { self.count() }
    }

    /// A resource that only one type has: `nvidia.com/mig-3g.40gb`, `huawei.com/Ascend910`, or a
    /// name that the object's annotation adds.
    #[must_use]
    pub fn names_a_type(&self) -> bool {
        const ANY: [&str; 3] = ["gpu.intel.com/", "aliyun.com/gpu", "cloud-tpus.google.com/"];
        !NAMES.contains(&self.name) && !ANY.iter().any(|family| self.name.starts_with(family))
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

impl Limit<'_> {
    /// Whether the container gets a GPU, or may: what cannot be known counts for the author.
    #[must_use]
    pub fn may_give(&self) -> bool {
        match self {
            Self::Claimed | Self::Unknown => true,
            Self::Stated(amount) => amount.text.is_none() || amount.count().is_some_and(|count| count > 0),
            Self::None => false,
        }
    }
}

/// Whether KServe itself gives the pods of an object their GPUs: by managed claims, or with
/// several nodes, where it writes the limit of head and workers (kserve v0.15
/// `reconcilers/deployment/deployment_reconciler.go`).
#[must_use]
pub fn is_given_by_kserve(manifest: &Manifest) -> bool {
    metadata_value(&manifest.root, "annotations", DEVICE_CLASS).is_some()
        || !manifest.root.find(&["spec", "predictor", "workerSpec"]).is_absent()
}

/// Whether another container of the same pod gets the GPU, or may.
#[must_use]
pub fn is_given_beside(workload: &Workload<'_>, container: &Container<'_>, resources: &Resources) -> bool {
    let at = workload.path.key("containers");
    workload.pod.get("containers").items().iter().enumerate().any(|(index, node)| {
        let other = Container { node, path: at.index(index), format: None };
        other.path != container.path && limit(&other, resources).may_give()
    })
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
            match resources.first(limits, &at) {
                Some(amount) => Limit::Stated(amount),
                None if has_other_device(limits) => Limit::Unknown,
                None => Limit::None,
            }
        }
    }
}

/// A device that the lists lack: of another vendor, or renamed by the cluster's device plugin. It
/// may be a GPU; a network card is none.
fn has_other_device(limits: &Node) -> bool {
    let is_device = |name: &str| name.contains('/') && !name.starts_with("rdma/");
    limits
        .as_map()
        .is_some_and(|map| map.iter().any(|(key, value)| is_device(key.name()) && value.text() != Some("0")))
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
    /// The field above it that KServe does not have, if that is why it gives none.
    pub dropped: Option<Pointer>,
}

/// The first sign that a workload is meant to run on a GPU, beside its limits.
#[must_use]
pub fn intent(workload: &Workload<'_>, container: &Container<'_>, resources: &Resources) -> Option<Intent> {
    let found = misplaced(workload, container, resources);
    if found.is_some() || is_for_cpus(workload, container) || is_shown_by_runtime(workload, container) {
        return found;
    }
    of_arguments(container)
        .or_else(|| of_environment(container))
        .or_else(|| of_image(container))
        .or_else(|| of_selector(workload))
}

/// Whether a container says that it runs on CPUs: by its image, its device, no visible GPU, or
/// nodes without one.
fn is_for_cpus(workload: &Workload<'_>, container: &Container<'_>) -> bool {
    let image = ["image", "runtimeVersion"].iter().filter_map(|field| container.node.get(field).text());
    let device = ["args", "command"].iter().any(|list| {
        argument(container.node.get(list).items(), &["--device"]).is_some_and(|(_, _, value)| value == "cpu")
    });
    let hidden = visible_devices(container).any(|(_, _, value)| !shows(value));
    let elsewhere = workload.pod.get("nodeSelector").present().and_then(Node::as_map).is_some_and(|map| {
        map.iter().any(|(key, value)| names_gpus(key.name()) && value.text().is_some_and(denies))
    });
    device || hidden || elsewhere || image.into_iter().any(|text| words(text).any(|word| word == "cpu"))
}

/// Whether NVIDIA's container runtime shows the node's GPUs to a container that limits none, which
/// is how they are shared without a device plugin.
fn is_shown_by_runtime(workload: &Workload<'_>, container: &Container<'_>) -> bool {
    is_named(workload.pod.get("runtimeClassName"))
        && visible_devices(container).any(|(name, _, value)| name == "NVIDIA_VISIBLE_DEVICES" && shows(value))
}

/// The variables that say which GPUs a container sees: name, index, value.
fn visible_devices<'n>(container: &Container<'n>) -> impl Iterator<Item = (&'n str, usize, &'n Node)> {
    container.node.get("env").items().iter().enumerate().filter_map(|(index, variable)| {
        let name = variable.get("name").text()?;
        let value = variable.get("value").present()?;
        matches!(name, "CUDA_VISIBLE_DEVICES" | "NVIDIA_VISIBLE_DEVICES").then_some((name, index, value))
    })
}

fn shows(value: &Node) -> bool {
    let hides = |text: &str| matches!(text.trim(), "" | "-1" | "none" | "None" | "void" | "NoDevFiles");
    value.text().is_none_or(|text| !hides(text))
}

/// The words of the last part of an image's name and its tag, in lower case.
fn words(image: &str) -> impl Iterator<Item = String> {
    let name = image.rsplit('/').next().unwrap_or(image).to_lowercase();
    let words: Vec<String> = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect();
    words.into_iter()
}

/// A GPU that is requested only, or stands beside `limits`, or with the pod.
fn misplaced(workload: &Workload<'_>, container: &Container<'_>, resources: &Resources) -> Option<Intent> {
    let own = container.path.key("resources");
    let pod = workload.path.key("resources");
    let (set, shared) = (container.node.get("resources"), workload.pod.get("resources"));
    let outside = container.path.key("limits");
    let maps = [
        (set.get("requests"), own.key("requests"), None),
        (set, own, None),
        (container.node.get("limits"), outside.clone(), Some(outside)),
        (shared.get("limits"), pod.key("limits"), Some(pod.clone())),
        (shared.get("requests"), pod.key("requests"), Some(pod)),
    ];
    maps.into_iter().find_map(|(map, at, dropped)| {
        let amount = resources.first(map.present()?, &at)?;
        let is_beside = at.0.last().is_some_and(|level| level.to_string() == "resources");
        (amount.count() != Some(0)).then(|| Intent {
            what: format!("`{}`", amount.name),
            misplaced: true,
            origin: amount.key,
            dropped: dropped.or_else(|| is_beside.then(|| amount.path.clone())),
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
            dropped: None,
            origin: items.get(index)?.origin,
            path: container.path.key(list).index(index),
        })
    })
}

fn of_environment(container: &Container<'_>) -> Option<Intent> {
    let (name, index, value) =
        visible_devices(container).find(|(_, _, value)| value.text().is_some() && shows(value))?;
    Some(Intent {
        what: format!("`{name}`"),
        misplaced: false,
        dropped: None,
        origin: value.origin,
        path: container.path.key("env").index(index).key("value"),
    })
}

/// An image or a version of the runtime that is built for GPUs.
fn of_image(container: &Container<'_>) -> Option<Intent> {
    ["image", "runtimeVersion"].into_iter().find_map(|field| {
        let node = container.node.get(field).present()?;
        is_built_for_gpus(node.text()?).then(|| Intent {
            what: format!("`{field}`"),
            misplaced: false,
            dropped: None,
            origin: node.origin,
            path: container.path.key(field),
        })
    })
}

/// `vllm:0.9-cuda`, `server:2.14-gpu`; neither `barracuda` nor `server:2.14-no-gpu`.
fn is_built_for_gpus(image: &str) -> bool {
    let all: Vec<String> = words(image).collect();
    let is_denied = |word: &str| matches!(word, "no" | "non" | "without");
    all.iter().any(|word| word.starts_with("cuda") || word.starts_with("rocm"))
        || all.iter().zip(all.iter().skip(1)).any(|(before, word)| word == "gpu" && !is_denied(before))
}

/// A selector that only nodes with GPUs have.
fn of_selector(workload: &Workload<'_>) -> Option<Intent> {
    let selector = workload.pod.get("nodeSelector").present()?;
    let (key, _) = selector.as_map()?.iter().find(|(key, value)| names_gpus(key.name()) && is_set(value))?;
    Some(Intent {
        what: "`nodeSelector`".to_owned(),
        misplaced: false,
        dropped: None,
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
    value.text().is_some_and(|text| !text.is_empty() && !denies(text))
}

/// `nvidia.com/gpu.present: "false"`, `karpenter.k8s.aws/instance-gpu-count: "0"`.
fn denies(value: &str) -> bool {
    matches!(value, "false" | "0" | "none" | "no" | "cpu")
}

/// Whether a field that is one word has one, or may: `""` and null are none.
fn is_named(field: Lookup<'_>) -> bool {
    !field.is_absent() && field.text() != Some("")
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
    let is_named = ["runtimeClassName", "nodeName"].iter().any(|field| is_named(pod.get(field)));
    let claims = match pod.get("resourceClaims") {
        Lookup::Unknown(_) => true,
        claims => !claims.items().is_empty(),
    };
    if selector || affinity || is_named || claims {
        return Placement::Placed;
    }
    match pod.get("tolerations") {
        Lookup::Unknown(_) => Placement::Placed,
        Lookup::Present(node) if !node.items().is_empty() => Placement::Tolerated,
        _ => Placement::None,
    }
}

/// The types of GPU that a pod selects by name: the values of labels of nodes with GPUs.
#[must_use]
pub fn named_types(pod: &Node) -> Vec<&Node> {
    let selector = pod.get("nodeSelector").present().and_then(Node::as_map);
    let mut found: Vec<&Node> = selector
        .into_iter()
        .flat_map(|map| map.iter())
        .filter(|(key, value)| names_gpus(key.name()) && is_set(value))
        .map(|(_, value)| value)
        .collect();
    let required = pod.get("affinity").get("nodeAffinity");
    let required = required.get("requiredDuringSchedulingIgnoredDuringExecution").get("nodeSelectorTerms");
    for one in required.items().iter().flat_map(|term| term.get("matchExpressions").items()) {
        let is_named = one.get("key").text().is_some_and(names_gpus);
        if is_named && one.get("operator").text() == Some("In") {
            found.extend(one.get("values").items().iter().filter(|value| value.text().is_some()));
        }
    }
    found
}

/// Whether a nodeSelector chooses more than an architecture, a zone or a price.
fn selects(selector: &Node) -> bool {
    match &selector.value {
        Value::Map(map) => map.iter().any(|(key, value)| {
            // The label of a role has no value: `node-role.kubernetes.io/gpu: ""`.
            let is_role = key.name().starts_with("node-role.kubernetes.io/");
            chooses(key.name()) && !value.is_null() && (is_role || value.text() != Some(""))
        }),
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
