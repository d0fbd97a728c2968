//! KServe's kinds: where their workloads and their model references stand
//! (kserve v0.20 `pkg/apis/serving`; domain.md §1.1).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Lookup, Node, OriginId, Pointer, Value};

use super::gpu;
use crate::config::DeploymentMode;

/// KServe's API group.
pub const GROUP: &str = "serving.kserve.io";

/// The old framework fields of a component, moved to `model` by the defaulting webhook
/// (kserve `inference_service_defaults.go`).
pub const FRAMEWORKS: [&str; 10] = [
    "sklearn",
    "xgboost",
    "tensorflow",
    "pytorch",
    "triton",
    "onnx",
    "huggingface",
    "pmml",
    "lightgbm",
    "paddle",
];

/// The annotation that names the deployment mode.
pub const MODE_ANNOTATION: &str = "serving.kserve.io/deploymentMode";

/// Whether an object deploys or describes a model to KServe.
#[must_use]
pub fn is_model_kind(manifest: &Manifest) -> bool {
    manifest.id.group() == GROUP
        && matches!(manifest.id.kind.as_str(), "InferenceService" | "LLMInferenceService" | "TrainedModel")
}

/// A part of a service that runs pods of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// `spec.predictor`, and `spec.template` of an LLMInferenceService.
    Predictor,
    /// `spec.transformer`.
    Transformer,
    /// `spec.explainer`.
    Explainer,
    /// `spec.canary[].predictor` (KServe 0.20).
    Canary,
    /// `workerSpec` of a multi-node predictor, `spec.worker` of an LLMInferenceService.
    Worker,
    /// `spec.prefill` of an LLMInferenceService.
    Prefill,
    /// The pods a ServingRuntime describes.
    Runtime,
}

/// The pods of one part: the node that holds the pod's fields, and the containers in it.
#[derive(Debug, Clone)]
pub struct Workload<'n> {
    /// Which part.
    pub part: Part,
    /// The node with `nodeSelector`, `affinity`, `tolerations`, `containers` …
    pub pod: &'n Node,
    /// Where that node stands.
    pub path: Pointer,
    /// The container that serves the model: `model`, a framework, or the first container.
    pub serving: Option<Container<'n>>,
}

/// One container and where it stands.
#[derive(Debug, Clone)]
pub struct Container<'n> {
    /// The container's fields.
    pub node: &'n Node,
    /// Where it stands.
    pub path: Pointer,
    /// The model format, from `modelFormat.name` or the framework's own field.
    pub format: Option<&'n str>,
}

/// Every workload an object of KServe's describes; none for other objects.
#[must_use]
pub fn workloads(manifest: &Manifest) -> Vec<Workload<'_>> {
    let spec = manifest.root.get("spec");
    let Some(spec) = spec.present() else { return Vec::new() };
    let at = Pointer::of(&["spec"]);
    if manifest.id.group() != GROUP {
        return Vec::new();
    }
    match manifest.id.kind.as_str() {
        "InferenceService" => inference_service(spec, &at),
        "LLMInferenceService" | "LLMInferenceServiceConfig" => llm_inference_service(spec, &at),
        "ServingRuntime" | "ClusterServingRuntime" => {
            let mut found: Vec<_> = workload(Part::Runtime, spec, at.clone()).into_iter().collect();
            if let Some(worker) = spec.get("workerSpec").present() {
                found.extend(workload(Part::Worker, worker, at.key("workerSpec")));
            }
            found
        }
        _ => Vec::new(),
    }
}

fn inference_service<'n>(spec: &'n Node, at: &Pointer) -> Vec<Workload<'n>> {
    let mut found = Vec::new();
    for (name, part) in
        [("predictor", Part::Predictor), ("transformer", Part::Transformer), ("explainer", Part::Explainer)]
    {
        if let Some(node) = spec.get(name).present() {
            found.extend(workload(part, node, at.key(name)));
            if let Some(worker) = node.get("workerSpec").present() {
                found.extend(workload(Part::Worker, worker, at.key(name).key("workerSpec")));
            }
        }
    }
    for (index, canary) in spec.get("canary").items().iter().enumerate() {
        if let Some(node) = canary.get("predictor").present() {
            found.extend(workload(Part::Canary, node, at.key("canary").index(index).key("predictor")));
        }
    }
    found
}

fn llm_inference_service<'n>(spec: &'n Node, at: &Pointer) -> Vec<Workload<'n>> {
    let mut found = Vec::new();
    for (keys, part) in [
        (&["template"][..], Part::Predictor),
        (&["worker"][..], Part::Worker),
        (&["prefill", "template"][..], Part::Prefill),
        (&["prefill", "worker"][..], Part::Worker),
    ] {
        if let Some(node) = spec.find(keys).present() {
            let path = keys.iter().fold(at.clone(), |path, key| path.key(key));
            found.extend(workload(part, node, path));
        }
    }
    found
}

fn workload(part: Part, pod: &Node, path: Pointer) -> Option<Workload<'_>> {
    matches!(pod.value, Value::Map(_)).then(|| Workload {
        part,
        serving: serving_container(pod, &path),
        pod,
        path,
    })
}

fn serving_container<'n>(pod: &'n Node, path: &Pointer) -> Option<Container<'n>> {
    if let Some(node) = pod.get("model").present() {
        let format = node.get("modelFormat").get("name").text();
        return Some(Container { node, path: path.key("model"), format });
    }
    for framework in FRAMEWORKS {
        if let Some(node) = pod.get(framework).present() {
            return Some(Container { node, path: path.key(framework), format: Some(framework) });
        }
    }
    let containers = pod.get("containers").items();
    let named = |name: &str| containers.iter().position(|one| one.get("name").text() == Some(name));
    let index = named("kserve-container").or_else(|| named("main")).unwrap_or(0);
    let node = containers.get(index)?;
    Some(Container { node, path: path.key("containers").index(index), format: None })
}

/// How a model reference is written, which decides how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `storageUri`, and an entry of `storageUris`.
    StorageUri,
    /// `storage.path`: only the path is in Git.
    StoragePath,
    /// The variable `STORAGE_URI` of a custom container.
    Environment,
    /// The argument `--model_id`, with `--model_revision` beside it.
    Argument,
    /// `spec.model.uri` of an LLMInferenceService.
    LlmUri,
    /// `sourceModelUri` of a LocalModelCache.
    CacheUri,
    /// The image of a custom predictor that has its model in it.
    Image,
}

/// A place in an object that says which artifact is served.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReference {
    /// How it is written.
    pub form: Form,
    /// Which part serves it.
    pub part: Part,
    /// The reference as KServe reads it: for an argument, what follows `--model_id=`.
    pub text: String,
    /// The byte of the node's text at which `text` begins.
    pub offset: usize,
    /// The node's origin.
    pub origin: OriginId,
    /// Where it stands.
    pub path: Pointer,
    /// The model format, if one is named.
    pub format: Option<String>,
    /// For an argument: the revision named beside it.
    pub revision: Option<String>,
}

/// Every model reference of an object, in the order of the kind's fields.
#[must_use]
pub fn model_references(manifest: &Manifest) -> Vec<ModelReference> {
    if manifest.id.group() != GROUP {
        return Vec::new();
    }
    let root = &*manifest.root;
    match manifest.id.kind.as_str() {
        "InferenceService" => workloads(manifest).iter().flat_map(workload_references).collect(),
        "LLMInferenceService" => llm_references(root),
        "TrainedModel" => {
            field(root, &["spec", "model", "storageUri"], Form::StorageUri).into_iter().collect()
        }
        "LocalModelCache" | "LocalModelNamespaceCache" | "ClusterLocalModel" => {
            field(root, &["spec", "sourceModelUri"], Form::CacheUri).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn field(root: &Node, keys: &[&str], form: Form) -> Option<ModelReference> {
    reference(root.find(keys).present()?, Pointer::of(keys), form, Part::Predictor, None)
}

fn reference(
    node: &Node,
    path: Pointer,
    form: Form,
    part: Part,
    format: Option<&str>,
) -> Option<ModelReference> {
    let text = node.as_scalar()?.text.to_string();
    Some(ModelReference {
        form,
        part,
        text,
        offset: 0,
        origin: node.origin,
        path,
        format: format.map(str::to_owned),
        revision: None,
    })
}

fn workload_references(workload: &Workload<'_>) -> Vec<ModelReference> {
    let mut found = Vec::new();
    if let Some(container) = &workload.serving {
        found.extend(container_references(container, workload.part));
    }
    found.extend(list_references(workload.pod, &workload.path, workload.part));
    if let Some(container) = baked(workload).filter(|_| found.is_empty()) {
        let image = container.node.get("image").present();
        let path = container.path.key("image");
        found.extend(image.and_then(|image| reference(image, path, Form::Image, Part::Predictor, None)));
    }
    found
}

/// What of an environment variable's name says that the server fetches its model itself.
const OF_MODEL: [&str; 8] = ["MODEL", "HF_", "S3_", "BUCKET", "MLFLOW", "ARTIFACT", "WEIGHTS", "CHECKPOINT"];

/// Servers that come without a model, by what their images are called.
const SERVERS: [&str; 14] = [
    "vllm",
    "text-generation-inference",
    "text-embeddings-inference",
    "sglang",
    "tritonserver",
    "lmdeploy",
    "llama",
    "ollama",
    "huggingfaceserver",
    "mlserver",
    "torchserve",
    "model_server",
    "serving",
    "infinity",
];

/// The container of a custom predictor that has its model in its image: nothing names one, and nothing
/// is mounted that could hold one.
#[must_use]
pub fn baked<'w, 'n>(workload: &'w Workload<'n>) -> Option<&'w Container<'n>> {
    let serving = workload.serving.as_ref().filter(|_| workload.part == Part::Predictor)?;
    let node = serving.node;
    let is_custom = workload.pod.get("model").is_absent() && serving.format.is_none();
    let arguments = ["args", "command"].iter().flat_map(|list| node.get(list).items());
    // `--model_name` is what the server calls it.
    let names_a_model = |text: &str| {
        let rest = ["--model_name", "--model-name"].iter().find_map(|name| text.strip_prefix(name));
        rest.unwrap_or(text).contains("model") || text.contains("://")
    };
    let variables = node.get("env").items().iter().filter_map(|one| one.get("name").text());
    let image = node.get("image").text()?;
    let name = image.rsplit('/').next().unwrap_or(image).split([':', '@']).next().unwrap_or("");
    let is_baked = is_custom
        && ["volumeMounts", "envFrom", "storageUri", "storage"]
            .iter()
            .all(|field| node.get(field).is_absent())
        && workload.pod.get("storageUris").is_absent()
        && !SERVERS.iter().any(|server| name.contains(server))
        && !arguments.filter_map(Node::text).any(names_a_model)
        && !variables.into_iter().any(|name| OF_MODEL.iter().any(|word| name.contains(word)));
    is_baked.then_some(serving)
}

fn container_references(container: &Container<'_>, part: Part) -> Vec<ModelReference> {
    let Container { node, path, format } = container;
    let mut found = Vec::new();
    if let Some(uri) = node.get("storageUri").present() {
        found.extend(reference(uri, path.key("storageUri"), Form::StorageUri, part, *format));
    }
    if let Some(stored) = node.get("storage").get("path").present() {
        let at = path.key("storage").key("path");
        found.extend(reference(stored, at, Form::StoragePath, part, *format));
    }
    for (index, variable) in node.get("env").items().iter().enumerate() {
        if variable.get("name").text() == Some("STORAGE_URI")
            && let Some(value) = variable.get("value").present()
        {
            let at = path.key("env").index(index).key("value");
            found.extend(reference(value, at, Form::Environment, part, *format));
        }
    }
    found.extend(argument_references(container, part));
    found
}

fn list_references(pod: &Node, path: &Pointer, part: Part) -> Vec<ModelReference> {
    let items = pod.get("storageUris").items().iter().enumerate();
    items
        .filter_map(|(index, item)| {
            let at = path.key("storageUris").index(index).key("uri");
            reference(item.get("uri").present()?, at, Form::StorageUri, part, None)
        })
        .collect()
}

/// `--model_id=org/name` or `--model_id org/name`, in `args` or `command`.
fn argument_references(container: &Container<'_>, part: Part) -> Option<ModelReference> {
    for list in ["args", "command"] {
        let items = container.node.get(list).items();
        let Some((index, offset, text)) = argument(items, &["--model_id", "--model-id"]) else { continue };
        let node = items.get(index)?;
        let revision = argument(items, &["--model_revision", "--model-revision", "--revision"]);
        return Some(ModelReference {
            form: Form::Argument,
            part,
            text,
            offset,
            origin: node.origin,
            path: container.path.key(list).index(index),
            format: container.format.map(str::to_owned),
            revision: revision.map(|(_, _, text)| text),
        });
    }
    None
}

/// The value of a command-line argument: the item it stands in, the byte it begins at, its text.
pub(crate) fn argument(items: &[Node], names: &[&str]) -> Option<(usize, usize, String)> {
    items.iter().enumerate().find_map(|(index, item)| {
        let text = item.text()?;
        names.iter().find_map(|name| {
            let rest = text.strip_prefix(name)?;
            match rest.strip_prefix('=') {
                Some(value) => Some((index, name.len() + 1, value.to_owned())),
                None if rest.is_empty() => {
                    items.get(index + 1)?.text().map(|value| (index + 1, 0, value.to_owned()))
                }
                None => None,
            }
        })
    })
}

fn llm_references(root: &Node) -> Vec<ModelReference> {
    let mut found: Vec<_> = field(root, &["spec", "model", "uri"], Form::LlmUri).into_iter().collect();
    let adapters = root.find(&["spec", "model", "lora", "adapters"]).items();
    for (index, adapter) in adapters.iter().enumerate() {
        if let Some(uri) = adapter.get("uri").present() {
            let at = Pointer::of(&["spec", "model", "lora", "adapters"]).index(index).key("uri");
            found.extend(reference(uri, at, Form::LlmUri, Part::Predictor, None));
        }
    }
    found
}

/// The deployment mode an object names itself: both spellings (kserve v0.16
/// `pkg/constants/constants.go`), with the node that names it; `None` where it names none, or a word
/// KServe does not know.
#[must_use]
pub fn named_mode(manifest: &Manifest) -> Option<(DeploymentMode, &Node)> {
    let node = manifest.root.find(&["metadata", "annotations", MODE_ANNOTATION]).present()?;
    Some((DeploymentMode::parse(node.text()?)?, node))
}

/// How a service answers: how many pods, with how much of the traffic, on how many GPUs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Serving {
    /// `minReplicas`, or `replicas` of an LLMInferenceService; `None` where KServe's default of 1
    /// holds or the number cannot be known.
    pub min_replicas: Option<i64>,
    /// `maxReplicas`; `None` where none is stated or the number cannot be known.
    pub max_replicas: Option<i64>,
    /// `canaryTrafficPercent`: the share of the newest revision, in per cent.
    pub canary_percent: Option<i64>,
    /// GPUs of one pod of the predictor; `None` where no limit states them.
    pub gpu: Option<u64>,
}

/// How the predictor of a service answers.
#[must_use]
pub fn serving(manifest: &Manifest) -> Serving {
    let spec = manifest.root.get("spec");
    let whole = |lookup: Lookup<'_>| lookup.present().and_then(Node::as_int);
    let gpu = gpus_of_predictor(manifest);
    if manifest.id.kind == "LLMInferenceService" {
        let replicas = whole(spec.get("replicas"));
        return Serving { min_replicas: replicas, max_replicas: None, canary_percent: None, gpu };
    }
    let predictor = spec.get("predictor");
    Serving {
        min_replicas: whole(predictor.get("minReplicas")),
        max_replicas: whole(predictor.get("maxReplicas")),
        canary_percent: whole(predictor.get("canaryTrafficPercent")),
        gpu,
    }
}

/// The share of the newest revision, and where it stands.
#[must_use]
pub fn canary_percent(manifest: &Manifest) -> Option<(&Node, Pointer)> {
    let keys = ["spec", "predictor", "canaryTrafficPercent"];
    Some((manifest.root.find(&keys).present()?, Pointer::of(&keys)))
}

fn gpus_of_predictor(manifest: &Manifest) -> Option<u64> {
    let workloads = workloads(manifest);
    let predictor = workloads.iter().find(|workload| workload.part == Part::Predictor)?;
    match gpu::limit(predictor.serving.as_ref()?, &gpu::Resources::of(manifest)) {
        gpu::Limit::Stated(amount) => amount.gpus(),
        _ => None,
    }
}
