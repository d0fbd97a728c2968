//! Which runtime a predictor's container is merged over, as far as this repository tells
//! (kserve `pkg/controller/v1beta1/inferenceservice/utils` `MergeRuntimeContainers`).

use std::collections::{BTreeMap, BTreeSet};

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

/// The formats of the runtimes KServe ships, by their names (kserve v0.13 to v0.20 `config/runtimes`):
/// what any of these releases has.
const FORMATS: [(&str, &[&str]); 14] = [
    ("kserve-autogluonserver", &["autogluon"]),
    ("kserve-huggingfaceserver", &["huggingface"]),
    ("kserve-lgbserver", &["lightgbm"]),
    ("kserve-mlserver", &["sklearn", "xgboost", "lightgbm", "mlflow"]),
    ("kserve-openvino", &["openvino", "onnx", "tensorflow", "huggingface"]),
    ("kserve-paddleserver", &["paddle"]),
    ("kserve-pmmlserver", &["pmml"]),
    ("kserve-predictiveserver", &["sklearn", "xgboost", "lightgbm"]),
    ("kserve-sklearnserver", &["sklearn"]),
    ("kserve-tensorflow-serving", &["tensorflow"]),
    ("kserve-torchserve", &["pytorch"]),
    ("kserve-tritonserver", &["tensorrt", "tensorflow", "onnx", "pytorch", "triton"]),
    ("kserve-vllmserver", &["vLLM"]),
    ("kserve-xgbserver", &["xgboost"]),
];

/// The formats that a runtime of KServe's own serves; `None` for another runtime.
#[must_use]
pub fn formats_of_shipped(runtime: &str) -> Option<&'static [&'static str]> {
    FORMATS.iter().find(|(name, _)| *name == runtime).map(|(_, formats)| *formats)
}

/// Every format that some runtime of KServe's own serves.
pub fn shipped_formats() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().flat_map(|(_, formats)| formats.iter().copied())
}

/// The runtime KServe ships for a format, where no other is named or competes (kserve v0.20
/// `config/runtimes`); `None` where it ships several, or none.
#[must_use]
pub fn shipped_for(format: &str) -> Option<&'static str> {
    match format {
        "sklearn" => Some("kserve-sklearnserver"),
        "xgboost" => Some("kserve-xgbserver"),
        "lightgbm" => Some("kserve-lgbserver"),
        "pmml" => Some("kserve-pmmlserver"),
        "paddle" => Some("kserve-paddleserver"),
        "huggingface" => Some("kserve-huggingfaceserver"),
        "tensorflow" => Some("kserve-tensorflow-serving"),
        "pytorch" => Some("kserve-torchserve"),
        _ => None,
    }
}

/// The serving runtimes of the fleet: collected once, asked for every predictor. `None` as a
/// namespace is a runtime every namespace may use, or whose namespace is not known.
#[derive(Debug)]
pub struct Runtimes<'f> {
    fleet: &'f Fleet,
    /// By name, then by namespace.
    named: BTreeMap<&'f str, BTreeMap<Option<&'f str>, Vec<&'f Object>>>,
    /// The namespaces of those that KServe may select, by format.
    selectable: BTreeMap<&'f str, BTreeSet<Option<&'f str>>>,
    /// The namespaces and environments of all of them.
    anywhere: BTreeSet<(Option<&'f str>, Option<super::EnvironmentIndex>)>,
}

/// Runtimes of one name that a service of unknown namespace is asked to choose from.
const CHOICES: usize = 16;

impl<'f> Runtimes<'f> {
    /// Those of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let (named, selectable, anywhere) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut all = Self { fleet, named, selectable, anywhere };
        for object in fleet.of_kind("ServingRuntime") {
            if object.manifest.id.group() == kserve::GROUP {
                all.add(object, namespace(fleet, object));
            }
        }
        for object in fleet.of_kind("ClusterServingRuntime") {
            if object.manifest.id.group() == kserve::GROUP {
                all.add(object, None);
            }
        }
        all
    }

    fn add(&mut self, runtime: &'f Object, namespace: Option<&'f str>) {
        let name = runtime.manifest.id.name.as_str();
        self.named.entry(name).or_default().entry(namespace).or_default().push(runtime);
        self.anywhere.insert((namespace, self.environment(runtime)));
        for format in runtime.manifest.root.find(&["spec", "supportedModelFormats"]).items() {
            let is_selected = format.get("autoSelect").present().and_then(Node::as_bool) == Some(true);
            if let (true, Some(name)) = (is_selected, format.get("name").text()) {
                self.selectable.entry(name).or_default().insert(namespace);
            }
        }
    }

    /// The runtime of KServe's own that serves a predictor, by name: the one named, else that of the
    /// format. `None` where the repository, or the platform, has one of its own, and of a custom
    /// container.
    #[must_use]
    pub fn shipped<'w>(&self, object: &Object, workload: &'w Workload<'_>) -> Option<&'w str> {
        let serving = workload.serving.as_ref()?;
        if !matches!(self.below(object, workload), Below::Nothing) {
            return None;
        }
        serving.node.get("runtime").text().or_else(|| shipped_for(serving.format?))
    }

    /// Whether a service may use any runtime of this repository: who deploys some of them is taken
    /// to deploy those that are needed.
    #[must_use]
    pub fn are_known_to(&self, object: &Object) -> bool {
        let environment = self.environment(object);
        let namespaces = [namespace(self.fleet, object), None];
        let mut places = namespaces.iter().flat_map(|one| [(*one, environment), (*one, None)]);
        places.any(|place| self.anywhere.contains(&place))
    }

    /// Whether KServe may select a runtime of this repository for a format.
    #[must_use]
    pub fn may_select(&self, format: &str, object: &Object) -> bool {
        self.selectable.get(format).is_some_and(|namespaces| {
            let own = namespace(self.fleet, object);
            own.is_none() || namespaces.contains(&own) || namespaces.contains(&None)
        })
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
        let mut found = self.called(name, namespace(self.fleet, object));
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
        if self.may_select(format, object) { Below::Unknown } else { Below::Nothing }
    }

    /// Those of a name that a service of this namespace may use.
    fn called(&self, name: &str, namespace: Option<&str>) -> Vec<&'f Object> {
        let Some(by_namespace) = self.named.get(name) else { return Vec::new() };
        match namespace {
            Some(_) => {
                [namespace, None].iter().filter_map(|key| by_namespace.get(key)).flatten().copied().collect()
            }
            None => by_namespace.values().flatten().copied().take(CHOICES).collect(),
        }
    }

    fn environment(&self, object: &Object) -> Option<super::EnvironmentIndex> {
        self.fleet.place(object.place).and_then(|place| place.environment)
    }
}

fn namespace<'f>(fleet: &'f Fleet, object: &Object) -> Option<&'f str> {
    fleet.place(object.place).and_then(|place| place.namespace.as_deref())
}
