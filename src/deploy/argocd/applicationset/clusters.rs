//! The cluster generator, over the clusters that the configuration says Argo CD knows
//! (argo-cd `applicationset/generators/cluster.go`; in a cluster they are Secrets).

use std::collections::BTreeMap;

use mlgitops_yaml::{Key, Map, Node, OriginId, Role, Span, Unknown, Value};

use super::expansion::{Expansion, Language, Unmatched};
use super::functions::sanitize;
use super::parameters::{Entry, Kind, Parameters};
use super::refusal::Stop;
use super::selector::Selector;
use super::values::Values;
use crate::config::{ClusterConfig, Stated};
use crate::finding::Code;

/// The cluster Argo CD itself runs in, as its API calls it.
const IN_CLUSTER: (&str, &str) = ("in-cluster", "https://kubernetes.default.svc");

/// The label that makes a Secret a cluster.
const SECRET_TYPE: (&str, &str) = ("argocd.argoproj.io/secret-type", "cluster");

impl Expansion<'_> {
    /// The clusters a generator selects, in the order they are stated; Argo CD's is none.
    pub(super) fn clusters(&mut self, body: &Node) -> Result<Vec<Parameters>, Stop> {
        let clusters = self.tree.clusters;
        if clusters.is_empty() {
            let reason =
                "its generator `clusters` asks which clusters Argo CD knows, and nothing states them";
            let help = "state them in mlgitops.yaml: argocd.clusters, each with name, server and labels";
            let item = self.not_known(Code::InCluster, reason, body.origin).help(help);
            return Err(Stop::NotChecked(Box::new(item)));
        }
        let selector = match body.get("selector").present() {
            Some(node) => Selector::of(node)?,
            None => Selector::everything(),
        };
        let values = Values::of(body, self)?;
        let mut found = Vec::new();
        for cluster in clusters.iter().filter(|cluster| selector.matches(&labels(cluster))) {
            if !self.take() {
                break;
            }
            found.push(self.cluster(cluster));
        }
        // Without a Secret it has no labels, so that no selector could name it.
        let is_stated = |cluster: &ClusterConfig| {
            cluster.server.as_ref().is_some_and(|server| server.value == IN_CLUSTER.1)
                || cluster.name.value == IN_CLUSTER.0
        };
        if selector.is_empty() && !clusters.iter().any(is_stated) {
            found.push(in_cluster());
        }
        for element in &mut found {
            values.append(element, self)?;
        }
        if !selector.is_empty() {
            let at = body.get("selector").present().map_or(body.origin, |node| node.origin);
            self.note_generator(body.origin, !found.is_empty(), || Unmatched {
                kind: "appset-no-cluster",
                message: "no cluster that mlgitops.yaml states has these labels".to_owned(),
                at,
            });
        }
        if body.get("flatList").present().and_then(Node::as_bool) == Some(true) {
            return Ok(vec![flat_list(&found)]);
        }
        Ok(found)
    }

    fn cluster(&mut self, cluster: &ClusterConfig) -> Parameters {
        let mut parameters = Parameters::default();
        let name = self.stated(&cluster.name);
        let normalized = Node::string(&sanitize(&cluster.name.value), name.origin);
        let server = match &cluster.server {
            Some(server) => self.stated(server),
            None => {
                let reason =
                    format!("mlgitops.yaml states no server of the cluster `{}`", cluster.name.value);
                Node::new(Value::Unknown(Unknown { reason: reason.into() }), name.origin)
            }
        };
        // A Secret may name a project; none that is stated does.
        let project = Node::string("", OriginId::NONE);
        for (field, node) in
            [("name", name), ("nameNormalized", normalized), ("server", server), ("project", project)]
        {
            parameters.set(field, node.origin, node);
        }
        let mut metadata = Vec::new();
        for (field, stated) in [("annotations", &cluster.annotations), ("labels", &cluster.labels)] {
            let mut entries: Vec<(Key, Node)> = Vec::new();
            for (name, value) in stated {
                let node = self.stated(value);
                entries.push((Key::new(name, node.origin), node));
            }
            if field == "labels" && !stated.contains_key(SECRET_TYPE.0) {
                let label = Node::string(SECRET_TYPE.1, OriginId::NONE);
                entries.push((Key::new(SECRET_TYPE.0, OriginId::NONE), label));
            }
            if self.language == Language::Fast {
                for (key, node) in entries {
                    parameters.set(&format!("metadata.{field}.{}", key.name()), key.origin, node);
                }
            } else if !entries.is_empty() {
                let map = Node::new(Value::Map(Map::of(entries)), OriginId::NONE);
                metadata.push((Key::new(field, OriginId::NONE), map));
            }
        }
        if self.language == Language::Go {
            let value = Node::new(Value::Map(Map::of(metadata)), OriginId::NONE);
            parameters.set_entry("metadata", Entry { key: OriginId::NONE, value, kind: Kind::MapsOfStrings });
        }
        parameters
    }

    /// A value of the configuration as a parameter.
    fn stated(&mut self, stated: &Stated<String>) -> Node {
        let at = &stated.location;
        let file = self.machine.origins.add_file(&at.file);
        let span = Span { file, start: at.start, end: at.end };
        Node::string(&stated.value, self.machine.origins.span(Role::Parameter, span))
    }
}

fn labels(cluster: &ClusterConfig) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> =
        cluster.labels.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect();
    labels.insert(SECRET_TYPE.0.to_owned(), SECRET_TYPE.1.to_owned());
    labels
}

fn in_cluster() -> Parameters {
    let mut parameters = Parameters::default();
    let fields =
        [("name", IN_CLUSTER.0), ("nameNormalized", IN_CLUSTER.0), ("server", IN_CLUSTER.1), ("project", "")];
    for (field, text) in fields {
        parameters.set(field, OriginId::NONE, Node::string(text, OriginId::NONE));
    }
    parameters
}

/// All clusters as one element (`flatList`).
fn flat_list(clusters: &[Parameters]) -> Parameters {
    let as_map = |cluster: &Parameters| {
        let entries = cluster.iter().map(|(name, entry)| (Key::new(name, entry.key), entry.value.clone()));
        Node::new(Value::Map(Map::of(entries.collect())), OriginId::NONE)
    };
    let list = Value::Sequence(clusters.iter().map(as_map).collect());
    let mut parameters = Parameters::default();
    parameters.set("clusters", OriginId::NONE, Node::new(list, OriginId::NONE));
    parameters
}
