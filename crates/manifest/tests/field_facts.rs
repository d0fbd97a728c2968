//! Facts of the field tables that rules and renderers stand on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use mlgitops_manifest::fields::{
    Availability, FieldRef, FieldTables, FieldType, KindLookup, Project, Release, ReleaseSet, did_you_mean,
    dotted, nearest_home, nearest_homes, tables,
};
use mlgitops_yaml::Pointer;

const BLOB: &[u8] = include_bytes!("../data/fields.bin");

fn root(api_version: &str, kind: &str) -> FieldRef {
    tables().kind(api_version, kind).unwrap_or_else(|| panic!("{api_version} {kind}")).root
}

fn isvc() -> FieldRef {
    root("serving.kserve.io/v1beta1", "InferenceService")
}

fn pod() -> FieldRef {
    root("v1", "Pod")
}

fn path(dots: &str) -> Vec<&str> {
    dots.split('.').collect()
}

fn pointer(dots: &str) -> Pointer {
    Pointer::of(&path(dots))
}

/// The fields of an InferenceService (`kserve v0.20 config/crd/full`): present with their type and
/// the releases that have them, or absent.
#[test]
fn inference_service() {
    use FieldType::{Array, Boolean, IntOrString, Integer, Map, Object, String};
    let present = [
        ("metadata.labels", Map, None, None),
        ("metadata.annotations.serving:kserve:io/x", String, None, None),
        ("spec.predictor", Object, None, None),
        ("spec.predictor.nodeSelector", Map, None, None),
        ("spec.predictor.nodeSelector.accelerator", String, None, None),
        ("spec.predictor.tolerations", Array, None, None),
        ("spec.predictor.tolerations.0.key", String, None, None),
        ("spec.predictor.serviceAccountName", String, None, None),
        ("spec.predictor.minReplicas", Integer, None, None),
        ("spec.predictor.autoScaling", Object, Some("0.15"), None),
        ("spec.predictor.canaryTrafficPercent", Integer, None, None),
        ("spec.predictor.resources", Object, Some("0.15"), None),
        ("spec.predictor.resources.limits", Map, Some("0.15"), None),
        ("spec.predictor.workerSpec", Object, Some("0.14"), None),
        ("spec.predictor.storageUris", Array, Some("0.16"), None),
        ("spec.predictor.name", String, Some("0.20"), None),
        ("spec.predictor.model.storageUri", String, None, None),
        ("spec.predictor.model.modelFormat.name", String, None, None),
        ("spec.predictor.model.resources.limits.nvidia:com/gpu", IntOrString, None, None),
        ("spec.predictor.model.runtimeVersion", String, None, None),
        ("spec.predictor.model.readinessProbe.periodSeconds", Integer, None, None),
        ("spec.predictor.sklearn.storageUri", String, None, None),
        ("spec.predictor.containers", Array, None, None),
        ("spec.predictor.containers.0.env.1.valueFrom.secretKeyRef.key", String, None, None),
        ("spec.predictor.automountServiceAccountToken", Boolean, None, None),
        ("spec.transformer.containers.0.image", String, None, None),
        ("spec.canary", Array, Some("0.20"), None),
        ("spec.canary.0.trafficPercent", Integer, Some("0.20"), None),
        ("spec.canary.0.predictor.minReplicas", Integer, Some("0.20"), None),
        ("spec.explainer.alibi", Object, None, Some("0.12")),
        ("spec.explainer.alibi.storageUri", String, None, Some("0.12")),
        ("status", Object, None, None),
    ];
    let release = |text: Option<&str>| text.map(|text| text.parse::<Release>().unwrap());
    for (dots, kind, since, until) in present {
        let text = dots.replace(':', "\u{0}");
        let keys: Vec<_> = text.split('.').map(|key| key.replace('\u{0}', ".")).collect();
        let keys: Vec<_> = keys.iter().map(std::string::String::as_str).collect();
        let field = isvc().find(&keys).unwrap_or_else(|| panic!("{dots}"));
        assert_eq!(field.kind(), kind, "{dots}");
        assert_eq!((field.since(), field.until()), (release(since), release(until)), "{dots}");
        assert!(isvc().at(&Pointer::of(&keys)).is_some(), "{dots}");
    }
    let absent = [
        "spec.predictor.model.nodeSelector",
        "spec.predictor.model.tolerations",
        "spec.predictor.model.serviceAccountName",
        "spec.predictor.model.minReplicas",
        "spec.predictor.model.modelUri",
        "spec.predictor.mlflow",
        "spec.predictor.replicas",
        "spec.predictor.autoscaling",
        "spec.predictor.containers.image",
        "spec.predictor.sklearn.modelFormat",
        "spec.predictor.sklearn.runtime",
        "spec.storageUri",
        "metadata.storageUri",
        "",
    ];
    for dots in absent {
        assert!(isvc().find(&path(dots)).is_none(), "{dots}");
    }
}

#[test]
fn constraints() {
    let scale = isvc().find(&["spec", "predictor", "scaleMetric"]).unwrap();
    assert_eq!(scale.enum_values().collect::<Vec<_>>(), ["cpu", "memory", "concurrency", "rps"]);
    let port = isvc().find(&["spec", "predictor", "model", "ports"]).unwrap();
    assert_eq!(port.list_keys().collect::<Vec<_>>(), ["containerPort", "protocol"]);
    let protocol = port.items().unwrap().field("protocol").unwrap();
    assert_eq!(protocol.default_json(), Some("\"TCP\""));
    let limits = isvc().find(&["spec", "predictor", "model", "resources", "limits"]).unwrap();
    assert!(limits.values().unwrap().pattern().unwrap().contains("[KMGTPE]i"));
    let weight = root("networking.istio.io/v1", "VirtualService").find(&["spec", "http"]).unwrap();
    assert_eq!(weight.items().unwrap().find(&["route", "0", "weight"]).unwrap().format(), Some("int32"));
    let app = root("argoproj.io/v1alpha1", "Application");
    assert_eq!(app.required().collect::<Vec<_>>(), ["metadata", "spec"]);
    assert_eq!(app.field("spec").unwrap().required().collect::<Vec<_>>(), ["destination", "project"]);
    let uri = isvc().find(&["spec", "predictor", "storageUris"]).unwrap();
    assert_eq!(uri.min_items(), Some(1));
}

/// Strategy and merge key of Kubernetes' own types (`k8s.io/kubernetes v1.34 api/openapi-spec`).
#[test]
fn patch_marks() {
    let cases = [
        ("spec.containers", Some("merge"), Some("name")),
        ("spec.initContainers", Some("merge"), Some("name")),
        ("spec.containers.0.env", Some("merge"), Some("name")),
        ("spec.containers.0.ports", Some("merge"), Some("containerPort")),
        ("spec.containers.0.volumeMounts", Some("merge"), Some("mountPath")),
        ("spec.volumes", Some("merge,retainKeys"), Some("name")),
        ("spec.imagePullSecrets", Some("merge"), Some("name")),
        ("spec.hostAliases", Some("merge"), Some("ip")),
        ("metadata.finalizers", Some("merge"), None),
        ("metadata.ownerReferences", Some("merge"), Some("uid")),
        ("spec.tolerations", None, None),
        ("spec.containers.0.command", None, None),
        ("spec.containers.0", None, None),
    ];
    for (dots, strategy, key) in cases {
        let field = pod().find(&path(dots)).unwrap();
        assert_eq!((field.patch_strategy(), field.merge_key()), (strategy, key), "{dots}");
    }
    let strategy = root("apps/v1", "Deployment").find(&["spec", "strategy"]).unwrap();
    assert_eq!((strategy.patch_strategy(), strategy.merge_key()), (Some("retainKeys"), None));
    let template = root("apps/v1", "Deployment").find(&["spec", "template", "spec", "containers"]).unwrap();
    assert_eq!(template.merge_key(), Some("name"));
    let custom = isvc().find(&["spec", "predictor", "containers"]).unwrap();
    assert_eq!(custom.patch(), None, "the server merges no list of a custom resource by patch marks");
}

#[test]
fn kubernetes_types() {
    let cases = [
        ("spec.containers.0.resources.limits.cpu", FieldType::IntOrString, Some("quantity")),
        ("spec.containers.0.livenessProbe.httpGet.port", FieldType::IntOrString, None),
        ("metadata.creationTimestamp", FieldType::String, Some("date-time")),
        ("metadata.labels.app", FieldType::String, None),
        ("spec.nodeSelector.zone", FieldType::String, None),
    ];
    for (dots, kind, format) in cases {
        let field = pod().find(&path(dots)).unwrap();
        assert_eq!((field.kind(), field.format()), (kind, format), "{dots}");
    }
    let crd = root("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    let mut schema = crd.find(&["spec", "versions", "0", "schema", "openAPIV3Schema"]).unwrap();
    for _ in 0..100 {
        schema = schema.find(&["properties", "spec"]).unwrap();
    }
    assert!(schema.field("required").is_some(), "a schema holds schemas, without end");
    assert!(schema.find(&["additionalProperties"]).unwrap().is_open());
    let raw = root("apps/v1", "ControllerRevision").field("data").unwrap();
    assert!(raw.is_open(), "a RawExtension keeps what it is given");
    assert!(!pod().find(&["spec"]).unwrap().is_open());
}

#[test]
fn kinds() {
    for (api_version, kind, project, first, last) in [
        ("serving.kserve.io/v1beta1", "InferenceService", Project::KServe, "0.11", "0.20"),
        ("serving.kserve.io/v1alpha1", "ServingRuntime", Project::KServe, "0.11", "0.20"),
        ("serving.kserve.io/v1alpha1", "LocalModelCache", Project::KServe, "0.15", "0.20"),
        ("argoproj.io/v1alpha1", "Application", Project::ArgoCd, "2.9", "3.5"),
        ("argoproj.io/v1alpha1", "Rollout", Project::ArgoRollouts, "1.6", "1.9"),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", Project::HelmController, "0.36", "1.6"),
        ("networking.istio.io/v1beta1", "VirtualService", Project::Istio, "1.20", "1.30"),
        ("v1", "Pod", Project::Kubernetes, "1.34.2", "1.34.2"),
        ("batch/v1", "Job", Project::Kubernetes, "1.34.2", "1.34.2"),
    ] {
        let table = tables().kind(api_version, kind).unwrap();
        assert_eq!(table.project, project, "{kind}");
        assert_eq!((table.first.to_string(), table.last.to_string()), (first.into(), last.into()), "{kind}");
        assert_eq!(table.api_version(), api_version);
    }
    let known = |api_version, kind| match tables().lookup(api_version, kind) {
        KindLookup::OtherVersion { known } => known,
        other => panic!("{other:?}"),
    };
    assert_eq!(known("serving.kserve.io/v1", "InferenceService"), ["v1beta1"]);
    assert_eq!(known("networking.istio.io/v2", "VirtualService"), ["v1", "v1alpha3", "v1beta1"]);
    assert_eq!(known("v2", "Pod"), ["v1"]);
}

#[test]
fn a_kind_nobody_knows() {
    for (api_version, kind) in [
        ("serving.kserve.io/v1beta1", "InferenceServce"),
        ("example.com/v1", "Pod"),
        ("kserve.io/v1beta1", "InferenceService"),
        ("", ""),
    ] {
        assert!(
            matches!(tables().lookup(api_version, kind), KindLookup::UnknownKind),
            "{api_version} {kind}"
        );
    }
}

#[test]
fn the_tables_hold_every_kind() {
    assert!(FieldTables::open(BLOB).is_ok());
    let kinds: Vec<_> = tables().kinds().map(|kind| (kind.group, kind.kind, kind.version)).collect();
    assert!(kinds.len() > 200 && kinds.is_sorted(), "{}", kinds.len());
    for kind in tables().kinds() {
        assert!(tables().kind(&kind.api_version(), kind.kind).is_some(), "{} {}", kind.group, kind.kind);
    }
}

/// The contract of `design.md`.
#[test]
fn the_blob_is_small() {
    assert!(BLOB.len() < 400_000, "{} bytes", BLOB.len());
}

#[test]
fn availability() {
    use Availability::{Always, Never, Partly};
    let release = |text: &str| Some(text.parse::<Release>().unwrap());
    let resources = Partly { since: release("0.15"), until: None };
    let alibi = Partly { since: None, until: release("0.12") };
    let cases: [(&str, &[&str], Availability); 12] = [
        ("spec.predictor.nodeSelector", &[], Always),
        ("spec.predictor.nodeSelector", &["0.11"], Always),
        ("spec.predictor.resources", &[], resources),
        ("spec.predictor.resources", &["0.14"], Never),
        ("spec.predictor.resources", &["v0.14.1"], Never),
        ("spec.predictor.resources", &["0.15"], Always),
        ("spec.predictor.resources", &["0.15.0-rc1"], Always),
        ("spec.predictor.resources", &["0.14", "0.15"], resources),
        ("spec.predictor.resources", &["0"], resources),
        ("spec.explainer.alibi.storageUri", &["0.12"], Always),
        ("spec.explainer.alibi.storageUri", &["0.13.0"], Never),
        ("spec.explainer.alibi.storageUri", &[], alibi),
    ];
    for (dots, releases, expected) in cases {
        let mut set = ReleaseSet::all();
        releases.iter().for_each(|text| set.add(text).unwrap());
        let field = isvc().find(&path(dots)).unwrap();
        assert_eq!(field.availability(&set), expected, "{dots} on {releases:?}");
    }
    // What came with a patch release (kserve `install/v0.11.1`, `install/v0.15.1`).
    let logger = isvc().find(&path("spec.predictor.logger.metadataAnnotations")).unwrap();
    let runtime = |kind| tables().kind("serving.kserve.io/v1alpha1", kind).unwrap().root;
    let formats =
        runtime("ServingRuntime").field("spec").and_then(|spec| spec.field("supportedModelFormats"));
    let priority = formats.and_then(|formats| formats.items()?.field("priority")).unwrap();
    for (field, release, expected) in [
        (priority, "0.11.0", Never),
        (priority, "0.11.1", Always),
        (priority, "0.12", Always),
        (logger, "0.15.0", Never),
        (logger, "0.15.1", Always),
        (logger, "0.16", Always),
    ] {
        assert_eq!(field.availability(&release.parse().unwrap()), expected, "{release}");
    }
    let container = tables().kind("serving.kserve.io/v1alpha1", "ClusterStorageContainer").unwrap();
    assert_eq!(container.availability(&"0.11.0".parse().unwrap()), Never);
    assert_eq!(container.availability(&"0.11.1".parse().unwrap()), Always);
    let cache = tables().kind("serving.kserve.io/v1alpha1", "LocalModelCache").unwrap();
    assert_eq!(cache.availability(&"0.14".parse().unwrap()), Never);
    assert_eq!(cache.availability(&"0.21".parse().unwrap()), Always, "nothing says it went away");
    let runtime = tables().kind("serving.kserve.io/v1alpha1", "ServingRuntime").unwrap();
    assert_eq!(runtime.availability(&ReleaseSet::all()), Always);
}

#[test]
fn releases() {
    for (text, shown) in
        [("v0.15.0", "0.15"), ("0.15", "0.15"), ("v3.5", "3.5"), ("1.34.2", "1.34.2"), ("2", "2.0")]
    {
        assert_eq!(text.parse::<Release>().unwrap().to_string(), shown);
    }
    assert!("0.9".parse::<Release>().unwrap() < "0.10".parse::<Release>().unwrap());
    for text in ["", "v", "latest", "0.x", "1..2", "1.2.3.4", "+1.2", "1.-2", "99999.1", " 1.2"] {
        assert!(text.parse::<Release>().is_err(), "{text}");
        assert!(text.parse::<ReleaseSet>().is_err(), "{text}");
    }
}

/// Where a field belongs that stands at the wrong level; `in` are the levels the object has.
#[test]
fn homes() {
    let cases: [(&str, &str, &[&str], Option<&str>); 12] = [
        ("spec.predictor.model", "nodeSelector", &[], Some("spec.predictor")),
        ("spec.predictor.model", "tolerations", &[], Some("spec.predictor")),
        ("spec.predictor.model", "minReplicas", &[], Some("spec.predictor")),
        ("spec.predictor.model.resources", "nodeSelector", &[], Some("spec.predictor")),
        ("spec.predictor.containers.0", "serviceAccountName", &[], Some("spec.predictor")),
        ("spec.predictor.workerSpec.containers.0", "nodeSelector", &[], Some("spec.predictor.workerSpec")),
        ("spec.predictor", "storageUri", &["spec.predictor.model"], Some("spec.predictor.model")),
        ("spec.predictor", "storageUri", &[], None),
        ("spec", "nodeSelector", &["spec.predictor"], Some("spec.predictor")),
        ("spec", "annotations", &["spec.predictor"], Some("spec.predictor")),
        ("", "annotations", &[], Some("metadata")),
        ("spec.predictor", "noSuchThing", &[], None),
    ];
    for (level, name, has, expected) in cases {
        let level = if level.is_empty() { Pointer::default() } else { pointer(level) };
        let present = |home: &Pointer| has.iter().any(|path| dotted(home) == *path);
        let home = nearest_home(isvc(), &level, name, &ReleaseSet::all(), present);
        assert_eq!(home.as_ref().map(dotted).as_deref(), expected, "{name} in {}", dotted(&level));
    }
    let models: Vec<_> = nearest_homes(isvc(), &pointer("spec.predictor"), "storageUri", &ReleaseSet::all())
        .iter()
        .map(dotted)
        .collect();
    assert!(models.len() > 5 && models.contains(&"spec.predictor.model".into()), "{models:?}");
    let names = nearest_homes(pod(), &pointer("spec"), "name", &ReleaseSet::all());
    assert_eq!(names.iter().map(dotted).collect::<Vec<_>>(), ["spec.os"], "an object before a list");
    let image = nearest_homes(pod(), &pointer("spec"), "imagePullPolicy", &ReleaseSet::all());
    let image: Vec<_> = image.iter().map(dotted).collect();
    assert_eq!(image, ["spec.containers[0]", "spec.ephemeralContainers[0]", "spec.initContainers[0]"]);
    let canary = |releases: &str| {
        let set = releases.parse().unwrap();
        nearest_homes(isvc(), &pointer("spec.predictor"), "canary", &set).len()
    };
    assert_eq!((canary("0.20"), canary("0.19")), (1, 0), "only what the release has is a home");
}

#[test]
fn misspellings() {
    let predictor = isvc().find(&["spec", "predictor"]).unwrap();
    for (name, expected) in [
        ("autoscaling", Some("autoScaling")),
        ("NODESELECTOR", Some("nodeSelector")),
        ("nodeSelecter", Some("nodeSelector")),
        ("nodeSelectors", Some("nodeSelector")),
        ("tolaratoins", Some("tolerations")),
        ("minReplica", Some("minReplicas")),
        ("modle", Some("model")),
        ("medol", None),
        ("mlflow", None),
        ("replicas", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(did_you_mean(predictor, name, &ReleaseSet::all()), expected, "{name}");
    }
    assert_eq!(did_you_mean(predictor, &"n".repeat(100_000), &ReleaseSet::all()), None);
    assert_eq!(did_you_mean(predictor, "autoscaling", &"0.14".parse().unwrap()), None);
}

#[test]
fn paths_as_people_write_them() {
    let pointer = Pointer::of(&["metadata", "annotations", "serving.kserve.io/x"]);
    assert_eq!(dotted(&pointer), "metadata.annotations[\"serving.kserve.io/x\"]");
    assert_eq!(dotted(&Pointer::of(&["spec", "containers"]).index(2).key("env")), "spec.containers[2].env");
    assert_eq!(dotted(&Pointer::default()), "");
}

/// Reads everything a damaged blob offers, to a depth.
fn read_all(level: FieldRef, depth: usize, budget: &mut usize) {
    *budget = budget.saturating_sub(1);
    if depth == 0 || *budget == 0 {
        return;
    }
    let texts = level.required().chain(level.enum_values()).chain(level.list_keys());
    let _ = (texts.count(), level.pattern(), level.format(), level.default_json(), level.patch());
    let _ = (level.minimum(), level.maximum(), level.min_length(), level.max_length(), level.min_items());
    let _ = (level.since(), level.until(), level.is_open(), level.kind(), level.field("spec"));
    for (_, child) in level.fields() {
        read_all(child, depth - 1, budget);
    }
    for child in [level.items(), level.values()].into_iter().flatten() {
        read_all(child, depth - 1, budget);
    }
}

/// Damage costs facts, never a panic: every byte of the header, and bytes throughout the rest.
#[test]
fn a_damaged_blob_never_panics() {
    let mut opened = 0;
    let mut step = 0;
    let mut at = 0;
    while at < BLOB.len() {
        for value in [0x00, 0xff, 0x7f] {
            let mut bytes = BLOB.to_vec();
            bytes[at] = value;
            opened += usize::from(read(bytes));
        }
        step += if at < 64 { 0 } else { 37 };
        at += 1 + step;
    }
    for length in (0..BLOB.len()).step_by(4099) {
        assert!(!read(BLOB[..length].to_vec()), "cut to {length} bytes");
    }
    assert!(opened > 100, "{opened}");
}

/// Whether damaged bytes still open; what they hold is read.
fn read(bytes: Vec<u8>) -> bool {
    let Ok(tables) = FieldTables::open(Vec::leak(bytes)) else { return false };
    let tables: &'static FieldTables = Box::leak(Box::new(tables));
    for kind in tables.kinds().take(70_000).step_by(9) {
        read_all(kind.root, 5, &mut 500);
        let _ = kind.since();
    }
    let _ = tables.lookup("serving.kserve.io/v1beta1", "InferenceService");
    true
}
