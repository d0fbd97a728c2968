//! The end of a build: order, annotations as text, local objects left out.

use std::cmp::Ordering;
use std::collections::HashMap;

use mlgitops_yaml::{Node, Scalar, Style, Value};

use crate::build::{Builder, Step};
use crate::id::Gvk;
use crate::read::Kustomization;
use crate::resource::Resource;

/// Kinds that come first where nothing says otherwise (kustomize v5.8
/// `api/internal/builtins/SortOrderTransformer.go`).
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
/// Annotations kustomize keeps its books with, and takes away wherever they come from.
const OWN_ANNOTATIONS: [&str; 18] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];
/// Kinds that come last.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

impl Builder<'_> {
    /// Puts objects in the order `sortOptions` asks for; without it, in the order of kinds.
    pub(crate) fn sort(&mut self, kustomization: &Kustomization, resources: &mut [Resource]) -> Step<()> {
        let options = kustomization.root.get("sortOptions");
        let lists = options.get("legacySortOptions");
        match options.present().map(|_| options.get("order")) {
            None => sort_by_kind(resources, &ranks(&FIRST, &LAST)),
            Some(order) => match order.text() {
                Some("fifo") => {
                    if let Some(lists) = lists.present() {
                        let message = "`legacySortOptions` counts only with the order `legacy`";
                        return Err(self.refuse("sort-options", message, lists.origin));
                    }
                }
                Some("legacy") if lists.present().is_some() => {
                    let names = |field: &str| -> Vec<String> {
                        lists
                            .get(field)
                            .items()
                            .iter()
                            .filter_map(|name| Some(name.text()?.to_owned()))
                            .collect()
                    };
                    let (first, last) = (names("orderFirst"), names("orderLast"));
                    let first: Vec<&str> = first.iter().map(String::as_str).collect();
                    let last: Vec<&str> = last.iter().map(String::as_str).collect();
                    sort_by_kind(resources, &ranks(&first, &last));
                }
                Some("legacy") => sort_by_kind(resources, &ranks(&FIRST, &LAST)),
                _ => {
                    let at = order
                        .present()
                        .or(options.present())
                        .map_or(kustomization.root.origin, |node| node.origin);
                    return Err(self.refuse("sort-options", "the order is `legacy` or `fifo`", at));
                }
            },
        }
        Ok(())
    }
}

fn ranks<'k>(first: &[&'k str], last: &[&'k str]) -> HashMap<&'k str, i64> {
    let mut ranks = HashMap::new();
    for (at, kind) in first.iter().rev().enumerate() {
        ranks.insert(*kind, -1 - i64::try_from(at).unwrap_or(i64::MAX - 1));
    }
    for (at, kind) in last.iter().enumerate() {
        ranks.insert(*kind, 1 + i64::try_from(at).unwrap_or(i64::MAX - 1));
    }
    ranks
}

fn sort_by_kind(resources: &mut [Resource], ranks: &HashMap<&str, i64>) {
    resources.sort_by_cached_key(|resource| {
        let gvk = resource.gvk();
        let rank = ranks.get(gvk.kind.as_str()).copied().unwrap_or_default();
        SortKey { rank, gvk, namespace: resource.namespace().to_owned(), name: resource.name().to_owned() }
    });
}

#[derive(PartialEq, Eq)]
struct SortKey {
    rank: i64,
    gvk: Gvk,
    namespace: String,
    name: String,
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        let kinds = |gvk: &Gvk| format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), gvk.kind);
        let by_kind = kinds(&self.gvk).cmp(&kinds(&other.gvk));
        // Of namespaces of several groups the core one comes first.
        let is_core = |gvk: &Gvk| gvk.kind == "Namespace" && gvk.group.is_empty();
        let by_kind = if is_core(&self.gvk) || is_core(&other.gvk) { by_kind.reverse() } else { by_kind };
        let names = |key: &Self| format!("{}|{}", or(&key.namespace, "~X"), or(&key.name, "~N"));
        self.rank.cmp(&other.rank).then(by_kind).then_with(|| names(self).cmp(&names(other)))
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether an object is meant for tools alone: kustomize reads it and does not print it
/// (`config.kubernetes.io/local-config`, any value but `false`).
pub(crate) fn is_local(node: &Node) -> bool {
    let annotation = node.find(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
    annotation.present().is_some_and(|value| value.text() != Some("false"))
}

/// Kustomize writes all annotations anew, as text; an empty map of them goes.
pub(crate) fn annotations_as_text(node: &mut Node) {
    let Some(metadata) = node.as_map_mut().and_then(|map| map.get_mut("metadata")) else { return };
    let Some(metadata) = metadata.as_map_mut() else { return };
    let Some(annotations) = metadata.get_mut("annotations") else { return };
    if let Some(map) = annotations.as_map_mut() {
        OWN_ANNOTATIONS.iter().for_each(|name| drop(map.remove(name)));
        for (_, value) in map.iter_mut() {
            value.value = match std::mem::replace(&mut value.value, Value::Null) {
                Value::Scalar(scalar) if scalar.style == Style::Plain => {
                    Value::Scalar(Scalar { style: Style::Double, tag: None, ..scalar })
                }
                Value::Null => Value::Scalar(Scalar::string("")),
                other => other,
            };
        }
    }
    if annotations.as_map().is_none_or(mlgitops_yaml::Map::is_empty) {
        metadata.remove("annotations");
    }
}
