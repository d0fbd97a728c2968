//! Argo CD's Application: where it says what it deploys, and where to
//! (argo-cd v3.5 `pkg/apis/application/v1alpha1/types.go`; domain.md §3.1).

use mlgitops_yaml::{Lookup, Node, Value};

/// Argo CD's API group.
pub const GROUP: &str = "argoproj.io";

/// One entry of `sources`, or `source`.
#[derive(Debug, Clone, Copy)]
pub struct Source<'n> {
    /// The entry.
    pub node: &'n Node,
}

/// What renders a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceType {
    /// `helm`, or a Chart.yaml.
    Helm,
    /// `kustomize`, or a kustomization.
    Kustomize,
    /// `directory`, or neither of them.
    Directory,
    /// A config management plugin.
    Plugin,
}

/// The sources of an Application: what the hydrator renders, else `sources`, else `source`
/// (`GetSource`, `HasMultipleSources`).
#[must_use]
pub fn sources(application: &Node) -> Vec<Source<'_>> {
    let spec = application.get("spec");
    let dry = spec.get("sourceHydrator").get("drySource").present().filter(|dry| !dry.is_null());
    let nodes: Vec<&Node> = match (dry, spec.get("sources").items()) {
        (Some(dry), _) => vec![dry],
        (None, []) => spec.get("source").present().into_iter().collect(),
        (None, many) => many.iter().collect(),
    };
    nodes.into_iter().map(|node| Source { node }).collect()
}

impl<'n> Source<'n> {
    /// A field that is there and not null.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'n Node> {
        self.node.get(name).present().filter(|node| !node.is_null())
    }

    /// A field of `helm`, `kustomize` or `directory`.
    #[must_use]
    pub fn option(&self, tool: &str, name: &str) -> Lookup<'n> {
        self.node.get(tool).get(name)
    }

    /// Whether an option is true.
    #[must_use]
    pub fn is_set(&self, tool: &str, name: &str) -> bool {
        self.option(tool, name).present().and_then(Node::as_bool) == Some(true)
    }

    /// `repoURL`; empty where there is none.
    #[must_use]
    pub fn repo_url(&self) -> &'n str {
        self.field("repoURL").and_then(Node::text).unwrap_or("")
    }

    /// `targetRevision`; empty, which means HEAD, where there is none.
    #[must_use]
    pub fn revision(&self) -> &'n str {
        self.field("targetRevision").and_then(Node::text).unwrap_or("")
    }

    /// The version of Kubernetes that charts are told: of `helm`, else of `kustomize`, whichever
    /// renders (`GetKubeVersionOrDefault`).
    #[must_use]
    pub fn kube_version(&self) -> Option<&'n str> {
        let stated = |tool| self.option(tool, "kubeVersion").text().filter(|version| !version.is_empty());
        stated("helm").or_else(|| stated("kustomize"))
    }

    /// The API versions that charts are told of, likewise (`GetAPIVersionsOrDefault`).
    #[must_use]
    pub fn api_versions(&self) -> Vec<String> {
        let stated = |tool| -> Vec<String> {
            let items = self.option(tool, "apiVersions").items().iter();
            items.filter_map(|version| version.text().map(str::to_owned)).collect()
        };
        let of_helm = stated("helm");
        if of_helm.is_empty() { stated("kustomize") } else { of_helm }
    }

    /// `path`, where it names one.
    #[must_use]
    pub fn path(&self) -> Option<&'n Node> {
        self.field("path").filter(|path| path.text().is_some_and(|path| !path.is_empty()))
    }

    /// `chart`: the source is a repository of Helm charts.
    #[must_use]
    pub fn chart(&self) -> Option<&'n Node> {
        self.field("chart").filter(|chart| chart.text().is_some_and(|chart| !chart.is_empty()))
    }

    /// `ref`: the name by which values files of other sources read this one.
    #[must_use]
    pub fn reference(&self) -> Option<&'n str> {
        self.field("ref").and_then(Node::text).filter(|name| !name.is_empty())
    }

    /// The types its blocks name; Argo CD refuses more than one (`ExplicitType`). A block that says
    /// nothing is none: the controller takes it out (`NormalizeSource` of argo-cd v3.5
    /// `util/argo/argo.go`), as `directory: {jsonnet: {}}`, which its own exports hold.
    #[must_use]
    pub fn explicit_types(&self) -> Vec<SourceType> {
        [
            ("kustomize", SourceType::Kustomize),
            ("helm", SourceType::Helm),
            ("directory", SourceType::Directory),
            ("plugin", SourceType::Plugin),
        ]
        .into_iter()
        .filter(|(block, kind)| self.field(block).is_some_and(|node| kind.is_meant_by(node)))
        .map(|(_, kind)| kind)
        .collect()
    }
}

/// The fields that make a `helm` block more than nothing (`ApplicationSourceHelm.IsZero`).
const HELM: [&str; 15] = [
    "version",
    "releaseName",
    "valueFiles",
    "parameters",
    "fileParameters",
    "values",
    "valuesObject",
    "passCredentials",
    "ignoreMissingValueFiles",
    "skipCrds",
    "skipTests",
    "skipSchemaValidation",
    "kubeVersion",
    "apiVersions",
    "namespace",
];

/// Those of a `kustomize` block (`ApplicationSourceKustomize.IsZero`).
const KUSTOMIZE: [&str; 13] = [
    "namePrefix",
    "nameSuffix",
    "version",
    "namespace",
    "images",
    "replicas",
    "commonLabels",
    "commonAnnotations",
    "patches",
    "components",
    "kubeVersion",
    "apiVersions",
    "ignoreMissingComponents",
];

/// Those of a `directory` block (`ApplicationSourceDirectory.IsZero`).
const DIRECTORY: [&str; 5] = ["recurse", "include", "exclude", "jsonnet", "disableExtensionFilter"];

impl SourceType {
    /// Whether a block of this type says anything.
    fn is_meant_by(self, block: &Node) -> bool {
        let fields: &[&str] = match self {
            Self::Helm => &HELM,
            Self::Kustomize => &KUSTOMIZE,
            Self::Directory => &DIRECTORY,
            Self::Plugin => return true,
        };
        fields.iter().any(|field| match block.get(field) {
            Lookup::Present(value) if *field == "jsonnet" => {
                value.as_map().is_some_and(|jsonnet| jsonnet.iter().any(|(_, value)| !is_zero(value)))
            }
            Lookup::Present(value) => !is_zero(value),
            Lookup::Absent(_) => false,
            Lookup::Unknown(_) => true,
        })
    }
}

/// Whether a value is what Go has where nothing is written.
fn is_zero(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Unknown(_) => false,
        Value::Sequence(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Scalar(scalar) => scalar.text.is_empty() || node.as_bool() == Some(false),
    }
}
