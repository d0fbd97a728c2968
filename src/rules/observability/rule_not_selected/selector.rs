//! What the Prometheus objects and charts of a repository select of its rules
//! (prometheus-operator v0.93 `pkg/apis/monitoring/v1/prometheus_types.go`; domain.md §6).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, OriginId};

use crate::finding::{Label, Location};
use crate::fleet::{Fleet, Object};
use crate::kinds::prometheus::{GROUP, Selected, selects};

/// Why no Prometheus of the repository takes a PrometheusRule.
pub(super) struct Why {
    /// The case of the rule.
    pub case: &'static str,
    /// The field of its metadata that decides.
    pub field: &'static str,
    /// What is said of the alerts.
    pub what: String,
    /// What stands there, a few words.
    pub label: String,
    /// Where it is asked for.
    pub selector: Option<Label>,
    /// The mechanism.
    pub note: &'static str,
    /// What to type.
    pub help: String,
}

/// Everything in a repository that evaluates rules.
pub(super) struct Selectors<'f> {
    fleet: &'f Fleet,
    /// Prometheus and ThanosRuler objects.
    objects: Vec<&'f Object>,
    /// Deployments of the chart kube-prometheus-stack: where, and the label it asks for; `None`
    /// where its values say something else.
    charts: Vec<(&'f Manifest, Option<String>, OriginId)>,
}

/// The chart that installs the operator and a Prometheus.
const CHART: &str = "kube-prometheus-stack";

impl<'f> Selectors<'f> {
    pub(super) fn of(fleet: &'f Fleet) -> Self {
        let objects = ["Prometheus", "ThanosRuler"].into_iter().flat_map(|kind| fleet.of_kind(kind));
        let objects = objects.filter(|one| one.manifest.id.group() == GROUP).collect();
        let deployed = fleet.deployments.iter().map(|one| &one.manifest);
        // What deploys from elsewhere gives no objects, and is one itself.
        let releases = ["HelmRelease", "Application"].into_iter().flat_map(|kind| fleet.of_kind(kind));
        let releases = releases.map(|one| &one.manifest);
        let charts = deployed.chain(releases).filter_map(chart).collect();
        Self { fleet, objects, charts }
    }

    /// Why none of them takes a rule; `None` where one does, or may, or there is none.
    pub(super) fn refusal(&self, rule: &Object) -> Option<Why> {
        let mut first = None;
        for prometheus in self.objects.iter().filter(|one| self.may_watch(one, rule)) {
            let why = self.of_object(prometheus, rule)?;
            first = first.or(Some(why));
        }
        for (manifest, label, origin) in &self.charts {
            let why = of_chart(manifest, label.as_deref()?, *origin, rule)?;
            first = first.or(Some(why));
        }
        first
    }

    /// A Prometheus of another environment watches another cluster.
    fn may_watch(&self, prometheus: &Object, rule: &Object) -> bool {
        let environment =
            |object: &Object| self.fleet.place(object.place).and_then(|place| place.environment);
        let (own, other) = (environment(rule), environment(prometheus));
        own.is_none() || other.is_none() || own == other
    }

    fn namespace<'o>(&'o self, object: &'o Object) -> Option<&'o str> {
        let of_place = || self.fleet.place(object.place)?.namespace.as_deref();
        object.manifest.id.namespace.as_deref().or_else(of_place)
    }

    fn of_object(&self, prometheus: &Object, rule: &Object) -> Option<Why> {
        let manifest = &prometheus.manifest;
        let (kind, name) = (&manifest.id.kind, &manifest.id.name);
        let spec = manifest.root.get("spec").present()?;
        let at = |node: &Node, text: &str| {
            Some(Label::new(Location::from(manifest.place(node.origin)?), text.to_owned()))
        };
        let Some(selector) = spec.get("ruleSelector").present().filter(|node| !node.is_null()) else {
            // Rules may be given as files.
            return (spec.get("ruleSelector").is_absent()).then(|| Why {
                case: "labels",
                field: "name",
                what: format!("{kind} {name} selects no rules"),
                label: "selected by nothing here".to_owned(),
                selector: at(spec, "no `ruleSelector`"),
                note: "a selector that is absent selects nothing, an empty one everything; the rule exists, and nobody evaluates it",
                help: "write `ruleSelector: {}`, or the labels of your rules, to its `spec`".to_owned(),
            });
        };
        if let Selected::No(wanted) = selects(selector, &|key| label(rule, key)) {
            return Some(Why {
                case: "labels",
                field: "labels",
                what: format!("{kind} {name} does not select them"),
                label: format!("not `{wanted}`"),
                selector: at(selector, "asks for it"),
                note: "the operator leaves rules out without a word: the rule exists, and nobody evaluates it",
                help: format!("add the label `{wanted}`"),
            });
        }
        let own = self.namespace(prometheus)?;
        let of_rule = self.namespace(rule)?;
        let of_namespace = |key: &str| (key == "kubernetes.io/metadata.name").then(|| of_rule.to_owned());
        let of_namespaces = spec.get("ruleNamespaceSelector");
        let (taken, node) = match of_namespaces.present().filter(|node| !node.is_null()) {
            None if of_namespaces.is_absent() => (own == of_rule, spec),
            None => return None,
            Some(node) if only_names(node) => (selects(node, &of_namespace) == Selected::Yes, node),
            Some(_) => return None,
        };
        (!taken).then(|| Why {
            case: "namespace",
            field: "namespace",
            what: format!("{kind} {name} does not look into namespace {of_rule}"),
            label: format!("{name} does not look here"),
            selector: at(node, "decides which namespaces count"),
            note: "without a `ruleNamespaceSelector` only rules in the namespace of the Prometheus itself are read",
            help: format!("let `ruleNamespaceSelector` take {of_rule}; `{{}}` takes every namespace"),
        })
    }
}

/// Whether a selector of namespaces asks for nothing but their names: other labels are not in sight.
fn only_names(selector: &Node) -> bool {
    let labels = selector.get("matchLabels").present().and_then(Node::as_map);
    let mut labels = labels.into_iter().flat_map(|map| map.iter()).map(|(key, _)| key.name());
    let mut keys = selector.get("matchExpressions").items().iter().map(|one| one.get("key").text());
    let is_name = |key: &str| key == "kubernetes.io/metadata.name";
    labels.all(is_name) && keys.all(|key| key.is_some_and(is_name))
}

fn label(object: &Object, key: &str) -> Option<String> {
    object.manifest.root.find(&["metadata", "labels", key]).text().map(str::to_owned)
}

/// A deployment of the chart, and the `release` label that its Prometheus asks for
/// (`ruleSelectorNilUsesHelmValues`); no label where its values may say otherwise.
fn chart(manifest: &Manifest) -> Option<(&Manifest, Option<String>, OriginId)> {
    let spec = manifest.root.get("spec").present()?;
    if manifest.id.kind == "HelmRelease" {
        let chart = spec.find(&["chart", "spec", "chart"]).present()?;
        if chart.text() != Some(CHART) {
            return None;
        }
        let release = spec.get("releaseName").text().unwrap_or(&manifest.id.name).to_owned();
        let is_open = !spec.get("valuesFrom").is_absent() || says_otherwise(spec.get("values").present());
        return Some((manifest, (!is_open).then_some(release), chart.origin));
    }
    let one = spec.get("source").present();
    let source = spec.get("sources").items().iter().chain(one);
    let source = source.into_iter().find(|source| source.get("chart").text() == Some(CHART))?;
    let helm = source.get("helm");
    let release = helm.get("releaseName").text().unwrap_or(&manifest.id.name).to_owned();
    let is_open = says_otherwise(helm.get("valuesObject").present())
        || ["valueFiles", "parameters", "fileParameters"].iter().any(|key| !helm.get(key).is_absent())
        || helm.get("values").text().is_some_and(|text| text.contains("uleSelector"));
    Some((manifest, (!is_open).then_some(release), source.get("chart").present()?.origin))
}

/// Whether values of the chart decide what its Prometheus selects.
fn says_otherwise(values: Option<&Node>) -> bool {
    let Some(values) = values else { return false };
    let spec = values.get("prometheus").get("prometheusSpec");
    ["ruleSelector", "ruleSelectorNilUsesHelmValues"].iter().any(|key| !spec.get(key).is_absent())
}

fn of_chart(manifest: &Manifest, release: &str, origin: OriginId, rule: &Object) -> Option<Why> {
    if label(rule, "release").as_deref() == Some(release) {
        return None;
    }
    let at = manifest.place(origin).map(|at| Label::new(Location::from(at), "asks for it"));
    Some(Why {
        case: "labels",
        field: "labels",
        what: format!("the Prometheus of {} does not select them", manifest.id.name),
        label: format!("not `release: {release}`"),
        selector: at,
        note: "the chart's Prometheus reads only rules with the label of its own release; the others exist, and nobody evaluates them",
        help: format!(
            "add the label `release: {release}`, or set \
             `prometheus.prometheusSpec.ruleSelectorNilUsesHelmValues: false`"
        ),
    })
}
