//! Which fields the built-in transformers reach (kustomize v5.8
//! `api/internal/konfig/builtinpluginconsts`), and what `configurations` add.

use std::sync::{Arc, LazyLock};

use crate::id::Gvk;
use crate::spec::FieldSpec;

/// A kind, and the fields that name objects of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameReference {
    pub(crate) target: Gvk,
    pub(crate) fields: Vec<FieldSpec>,
}

/// The fields each transformer reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<NameReference>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

/// What kustomize reaches without any configuration.
pub(crate) fn built_in() -> Arc<Config> {
    static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
        Arc::new(Config {
            name_prefix: vec![everywhere("metadata/name", false)],
            name_suffix: vec![everywhere("metadata/name", false)],
            namespace: namespaces(),
            common_labels: selectors().into_iter().chain(metadata_labels()).collect(),
            labels: Vec::new(),
            template_labels: metadata_labels(),
            common_annotations: annotations(),
            name_reference: Vec::new(),
            var_reference: Vec::new(),
            images: images(),
            replicas: ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]
                .map(|kind| of("", "", kind, "spec/replicas", true))
                .into(),
        })
    });
    Arc::clone(&CONFIG)
}

fn of(group: &str, version: &str, kind: &str, path: &str, create: bool) -> FieldSpec {
    let gvk = Gvk { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() };
    FieldSpec { gvk, path: path.to_owned(), create }
}

fn everywhere(path: &str, create: bool) -> FieldSpec {
    of("", "", "", path, create)
}

fn namespaces() -> Vec<FieldSpec> {
    let hook = "spec/conversion/webhook/clientConfig/service/namespace";
    vec![
        of("", "", "Namespace", "metadata/name", true),
        of("apiregistration.k8s.io", "", "APIService", "spec/service/namespace", true),
        of("apiextensions.k8s.io", "", "CustomResourceDefinition", hook, false),
    ]
}

fn images() -> Vec<FieldSpec> {
    let fields = ["containers[]/image", "initContainers[]/image", "volumes[]/image/reference"];
    let pods = ["spec", "spec/template/spec"].into_iter();
    pods.flat_map(|pod| fields.map(|field| everywhere(&format!("{pod}/{field}"), true))).collect()
}

/// The kinds whose pods a label or annotation reaches: group, version, kind, path to the pod.
const WORKLOADS: [(&str, &str, &str, &str); 7] = [
    ("", "v1", "ReplicationController", "spec/template"),
    ("", "", "Deployment", "spec/template"),
    ("", "", "ReplicaSet", "spec/template"),
    ("", "", "DaemonSet", "spec/template"),
    ("apps", "", "StatefulSet", "spec/template"),
    ("batch", "", "Job", "spec/template"),
    ("batch", "", "CronJob", "spec/jobTemplate"),
];

fn metadata_labels() -> Vec<FieldSpec> {
    let mut specs = vec![everywhere("metadata/labels", true)];
    for (group, version, kind, pod) in WORKLOADS {
        specs.push(of(group, version, kind, &format!("{pod}/metadata/labels"), true));
    }
    specs.push(of("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true));
    specs.push(of("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels", true));
    specs
}

fn annotations() -> Vec<FieldSpec> {
    let mut specs = vec![everywhere("metadata/annotations", true)];
    for (group, version, kind, pod) in WORKLOADS {
        // Of StatefulSets every group counts here, of the others what counts for labels.
        let group = if kind == "StatefulSet" { "" } else { group };
        specs.push(of(group, version, kind, &format!("{pod}/metadata/annotations"), true));
    }
    specs.push(of("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations", true));
    specs
}

fn selectors() -> Vec<FieldSpec> {
    let mut specs = vec![
        of("", "v1", "Service", "spec/selector", true),
        of("", "v1", "ReplicationController", "spec/selector", true),
        of("", "", "Deployment", "spec/selector/matchLabels", true),
        of("", "", "ReplicaSet", "spec/selector/matchLabels", true),
        of("", "", "DaemonSet", "spec/selector/matchLabels", true),
        of("apps", "", "StatefulSet", "spec/selector/matchLabels", true),
        of("batch", "", "Job", "spec/selector/matchLabels", false),
        of("batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
        of("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false),
    ];
    for path in ["spec/podSelector", "spec/ingress/from/podSelector", "spec/egress/to/podSelector"] {
        specs.push(of("networking.k8s.io", "", "NetworkPolicy", &format!("{path}/matchLabels"), false));
    }
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm";
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    for kind in ["Deployment", "StatefulSet"] {
        for affinity in ["podAffinity", "podAntiAffinity"] {
            for when in [preferred, required] {
                let path = format!("spec/template/spec/affinity/{affinity}/{when}/labelSelector/matchLabels");
                specs.push(of("apps", "", kind, &path, false));
            }
        }
        let spread = "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels";
        specs.push(of("apps", "", kind, spread, false));
    }
    specs
}
