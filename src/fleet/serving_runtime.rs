//! Which runtime a predictor's container is merged over, as far as this repository tells
//! (kserve `pkg/controller/v1beta1/inferenceservice/utils` `MergeRuntimeContainers`).

use mlgitops_yaml::Node;

use super::{Fleet, Object};
use crate::kinds::kserve::{self, Container, Workload};

/// What stands below a predictor's container.
#[derive(Debug, Clone)]
pub enum Below<'f> {
    /// Nothing that adds a probe: a custom container, or a single-node runtime as KServe ships it
    /// (kserve `config/runtimes`, v0.11 to v0.20; domain.md §2.3).
    Nothing,
    /// A runtime of this repository, and the container of it that serves.
    Runtime(&'f Object, Container<'f>),
    /// The templates KServe keeps for an LLMInferenceService, which hold a startupProbe from v0.17
    /// on, and whatever its `baseRefs` name.
    Defaults,
    /// A runtime that is not in this repository, or one of several.
    Unknown,
}

/// The single-node runtimes KServe ships without any probe, by name.
const SHIPPED: [&str; 11] = [
    "kserve-huggingfaceserver",
    "kserve-lgbserver",
    "kserve-mlserver",
    "kserve-paddleserver",
    "kserve-pmmlserver",
    "kserve-sklearnserver",
    "kserve-tensorflow-serving",
    "kserve-torchserve",
    "kserve-tritonserver",
    "kserve-xgbserver",
    "kserve-openvino",
];

/// The serving runtimes of the fleet: collected once, asked for every predictor.
#[derive(Debug)]
pub struct Runtimes<'f> {
    fleet: &'f Fleet,
    all: Vec<&'f Object>,
}

impl<'f> Runtimes<'f> {
    /// Those of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let is_runtime = |object: &&Object| {
            let id = &object.manifest.id;
            id.is(kserve::GROUP, "ServingRuntime") || id.is(kserve::GROUP, "ClusterServingRuntime")
        };
        Self { fleet, all: fleet.objects.iter().filter(is_runtime).collect() }
    }

    /// What stands below the serving container of a predictor.
    #[must_use]
    pub fn below(&self, object: &Object, workload: &Workload<'_>) -> Below<'f> {
        let Some(serving) = &workload.serving else { return Below::Nothing };
        if object.manifest.id.kind == "LLMInferenceService" {
            let bases = object.manifest.root.find(&["spec", "baseRefs"]);
            return if bases.is_absent() { Below::Defaults } else { Below::Unknown };
        }
        let is_custom = workload.pod.get("model").is_absent() && serving.format.is_none();
        if is_custom {
            return Below::Nothing;
        }
        match serving.node.get("runtime").text() {
            Some(name) => self.named(name, object),
            None if !serving.node.get("runtime").is_absent() => Below::Unknown,
            None => self.selected(serving.format.unwrap_or_default(), object),
        }
    }

    fn named(&self, name: &str, object: &Object) -> Below<'f> {
        let visible = self.visible(object).filter(|runtime| runtime.manifest.id.name == name);
        let mut found: Vec<&'f Object> = visible.collect();
        if found.len() > 1 {
            let environment = self.environment(object);
            found.retain(|runtime| self.environment(runtime) == environment);
        }
        match found.as_slice() {
            [only] => {
                let mut pods = kserve::workloads(&only.manifest);
                // With workers, each node loads a part.
                let is_single_node = pods.len() == 1;
                match pods.pop().and_then(|pods| pods.serving) {
                    Some(container) if is_single_node => Below::Runtime(only, container),
                    _ => Below::Unknown,
                }
            }
            [] if SHIPPED.contains(&name) => Below::Nothing,
            _ => Below::Unknown,
        }
    }

    /// The runtime KServe selects for a format is known only where nothing here competes with
    /// what it ships.
    fn selected(&self, format: &str, object: &Object) -> Below<'f> {
        // From v0.20 on KServe ships a runtime for it with a startupProbe.
        if format.eq_ignore_ascii_case("vllm") {
            return Below::Unknown;
        }
        let supports = |runtime: &&'f Object| {
            let formats = runtime.manifest.root.find(&["spec", "supportedModelFormats"]).items().iter();
            formats.into_iter().any(|one| {
                one.get("name").text() == Some(format)
                    && one.get("autoSelect").present().and_then(Node::as_bool) == Some(true)
            })
        };
        if self.visible(object).any(|runtime| supports(&runtime)) { Below::Unknown } else { Below::Nothing }
    }

    /// Those an object may use: of its own namespace, and those of the cluster.
    fn visible<'r>(&'r self, object: &'r Object) -> impl Iterator<Item = &'f Object> + 'r {
        let namespace = self.namespace(object);
        self.all.iter().copied().filter(move |runtime| {
            let is_cluster_wide = runtime.manifest.id.kind == "ClusterServingRuntime";
            let own = self.namespace(runtime);
            is_cluster_wide || own.is_none() || namespace.is_none() || own == namespace
        })
    }

    fn namespace<'o>(&'o self, object: &'o Object) -> Option<&'o str> {
        self.fleet.place(object.place).and_then(|place| place.namespace.as_deref())
    }

    fn environment(&self, object: &Object) -> Option<super::EnvironmentIndex> {
        self.fleet.place(object.place).and_then(|place| place.environment)
    }
}
