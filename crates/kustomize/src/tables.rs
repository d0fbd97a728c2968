//! Which fields the built-in transformers reach (kustomize v5.8
//! `api/internal/konfig/builtinpluginconsts`), and what `configurations` add.

use std::sync::{Arc, LazyLock};

use mlgitops_yaml::OriginId;

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
            name_reference: name_references(),
            var_reference: var_references(),
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
    FieldSpec { gvk, path: path.to_owned(), create, at: OriginId::NONE }
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

/// The workloads whose pods name other objects, in the order they are looked at: kind, version of
/// the core kinds, path to the pod's spec.
const PODS: [(&str, &str, &str); 8] = [
    ("Pod", "v1", "spec"),
    ("PodTemplate", "", "template/spec"),
    ("Deployment", "", "spec/template/spec"),
    ("ReplicaSet", "", "spec/template/spec"),
    ("DaemonSet", "", "spec/template/spec"),
    ("StatefulSet", "", "spec/template/spec"),
    ("Job", "", "spec/template/spec"),
    ("CronJob", "", "spec/jobTemplate/spec/template/spec"),
];

/// Workloads whose pods name service accounts, claims and priority classes.
const WITH_ACCOUNTS: [(&str, &str); 7] = [
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
];

fn gvk(group: &str, version: &str, kind: &str) -> Gvk {
    Gvk { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
}

fn in_pods(fields: &[&str]) -> Vec<FieldSpec> {
    let of_pod = |(kind, version, pod): &(&str, &str, &str)| {
        fields.iter().map(|field| of("", version, kind, &format!("{pod}/{field}"), false)).collect::<Vec<_>>()
    };
    PODS.iter().flat_map(of_pod).collect()
}

fn by_workloads(field: &str) -> Vec<FieldSpec> {
    WITH_ACCOUNTS.iter().map(|(kind, pod)| of("", "", kind, &format!("{pod}/{field}"), false)).collect()
}

/// Fields of kinds, none of which is created.
fn at(fields: &[(&str, &str, &str)]) -> Vec<FieldSpec> {
    fields.iter().map(|(group, kind, path)| of(group, "", kind, path, false)).collect()
}

fn reference(target: Gvk, fields: Vec<FieldSpec>) -> NameReference {
    NameReference { target, fields }
}

fn name_references() -> Vec<NameReference> {
    const RBAC: &str = "rbac.authorization.k8s.io";
    const ADMISSION: &str = "admissionregistration.k8s.io";
    let scaled = |kind| {
        reference(gvk("", "", kind), at(&[("", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]))
    };
    let mut references: Vec<NameReference> =
        ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]
            .into_iter()
            .map(scaled)
            .collect();
    references.push(config_maps());
    references.push(secrets());
    references.push(reference(
        gvk("", "v1", "Service"),
        at(&[
            ("apps", "StatefulSet", "spec/serviceName"),
            ("", "Ingress", "spec/rules/http/paths/backend/serviceName"),
            ("", "Ingress", "spec/backend/serviceName"),
            ("", "Ingress", "spec/rules/http/paths/backend/service/name"),
            ("", "Ingress", "spec/defaultBackend/service/name"),
            ("apiregistration.k8s.io", "APIService", "spec/service/name"),
            (ADMISSION, "ValidatingWebhookConfiguration", "webhooks/clientConfig/service"),
            (ADMISSION, "MutatingWebhookConfiguration", "webhooks/clientConfig/service"),
        ]),
    ));
    references.push(reference(gvk(RBAC, "", "Role"), at(&[(RBAC, "RoleBinding", "roleRef/name")])));
    let bindings = [(RBAC, "RoleBinding", "roleRef/name"), (RBAC, "ClusterRoleBinding", "roleRef/name")];
    references.push(reference(gvk(RBAC, "", "ClusterRole"), at(&bindings)));
    let mut accounts = at(&[(RBAC, "RoleBinding", "subjects"), (RBAC, "ClusterRoleBinding", "subjects")]);
    accounts.extend(by_workloads("serviceAccountName"));
    references.push(reference(gvk("", "v1", "ServiceAccount"), accounts));
    let claims = by_workloads("volumes/persistentVolumeClaim/claimName");
    references.push(reference(gvk("", "v1", "PersistentVolumeClaim"), claims));
    let volumes =
        [("", "PersistentVolumeClaim", "spec/volumeName"), ("", "ClusterRole", "rules/resourceNames")];
    references.push(reference(gvk("", "v1", "PersistentVolume"), at(&volumes)));
    references.push(reference(
        gvk("storage.k8s.io", "v1", "StorageClass"),
        at(&[
            ("", "PersistentVolume", "spec/storageClassName"),
            ("", "PersistentVolumeClaim", "spec/storageClassName"),
            ("", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ]),
    ));
    references
        .push(reference(gvk("scheduling.k8s.io", "v1", "PriorityClass"), by_workloads("priorityClassName")));
    // The group of kustomize's own entry for IngressClass holds a version, so that it never matches.
    let policies = [(ADMISSION, "ValidatingAdmissionPolicyBinding", "spec/policyName")];
    references.push(reference(gvk(ADMISSION, "", "ValidatingAdmissionPolicy"), at(&policies)));
    references
}

fn config_maps() -> NameReference {
    let mut fields = in_pods(&[
        "volumes/configMap/name",
        "containers/env/valueFrom/configMapKeyRef/name",
        "initContainers/env/valueFrom/configMapKeyRef/name",
        "containers/envFrom/configMapRef/name",
        "initContainers/envFrom/configMapRef/name",
        "volumes/projected/sources/configMap/name",
    ]);
    fields.extend(at(&[
        ("", "Node", "spec/configSource/configMap"),
        ("", "Role", "rules/resourceNames"),
        ("", "ClusterRole", "rules/resourceNames"),
        ("", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"),
    ]));
    reference(gvk("", "v1", "ConfigMap"), fields)
}

fn secrets() -> NameReference {
    let mut fields = in_pods(&[
        "volumes/secret/secretName",
        "containers/env/valueFrom/secretKeyRef/name",
        "initContainers/env/valueFrom/secretKeyRef/name",
        "containers/envFrom/secretRef/name",
        "initContainers/envFrom/secretRef/name",
        "imagePullSecrets/name",
        "volumes/projected/sources/secret/name",
    ]);
    fields.extend(at(&[
        ("", "Ingress", "spec/tls/secretName"),
        ("", "Ingress", "metadata/annotations/ingress.kubernetes.io\\/auth-secret"),
        ("", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret"),
        ("", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret"),
        ("", "ServiceAccount", "imagePullSecrets/name"),
        ("", "StorageClass", "parameters/secretName"),
        ("", "StorageClass", "parameters/adminSecretName"),
        ("", "StorageClass", "parameters/userSecretName"),
        ("", "StorageClass", "parameters/secretRef"),
        ("", "Role", "rules/resourceNames"),
        ("", "ClusterRole", "rules/resourceNames"),
        ("", "PersistentVolume", "spec/azureFile/secretName"),
    ]));
    let knative = "spec/template/spec/containers/env/valueFrom/secretKeyRef/name";
    fields.push(of("serving.knative.dev", "v1", "Service", knative, false));
    reference(gvk("", "v1", "Secret"), fields)
}

/// Where variables are replaced.
fn var_references() -> Vec<FieldSpec> {
    let containers = ["args", "command", "env/value", "volumeMounts/mountPath"];
    let mut specs = Vec::new();
    for (kind, _, pod) in PODS.iter().filter(|(kind, ..)| *kind != "PodTemplate") {
        for list in ["containers", "initContainers"] {
            for field in containers {
                specs.push(of("", "", kind, &format!("{pod}/{list}/{field}"), false));
            }
        }
    }
    let nfs = |kind, path| of("", "", kind, path, false);
    for kind in ["DaemonSet", "Deployment", "Job", "ReplicaSet"] {
        specs.push(nfs(kind, "spec/template/spec/volumes/nfs/server"));
    }
    specs.push(nfs("CronJob", "spec/jobTemplate/spec/template/volumes/nfs/server"));
    specs.push(nfs("Pod", "spec/volumes/nfs/server"));
    specs.push(nfs("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"));
    specs.push(nfs("PersistentVolume", "spec/nfs/server"));
    specs.extend(at(&[
        ("", "Deployment", "spec/template/metadata/annotations"),
        ("", "Ingress", "spec/rules/host"),
        ("", "Ingress", "spec/tls/hosts"),
        ("", "Ingress", "spec/tls/secretName"),
        ("", "Service", "spec/ports/port"),
        ("", "Service", "spec/ports/targetPort"),
        ("", "", "metadata/labels"),
        ("", "", "metadata/annotations"),
    ]));
    specs
}
