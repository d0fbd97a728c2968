//! What decides a canary: Argo Rollouts' analysis templates and Flagger's canaries
//! (argo-rollouts v1.10 `pkg/apis/rollouts/v1alpha1/analysis_types.go`, flagger v1.44
//! `pkg/apis/flagger/v1beta1/canary.go`; domain.md §6).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer};

/// One metric that an analysis measures.
#[derive(Debug, Clone)]
pub struct Metric<'n> {
    /// Its fields.
    pub node: &'n Node,
    /// Where it stands.
    pub path: Pointer,
    /// Its name.
    pub name: &'n str,
    /// Its query, where it has one, and where that stands.
    pub query: Option<(&'n Node, Pointer)>,
}

/// Providers whose measurements only conditions judge; a job, and Kayenta, judge by themselves.
const MEASURE: [&str; 9] = [
    "prometheus",
    "datadog",
    "newRelic",
    "wavefront",
    "web",
    "cloudWatch",
    "graphite",
    "influxdb",
    "skywalking",
];

/// Whether an object is an analysis of Argo Rollouts: a template, or a run of its own.
#[must_use]
pub fn is_analysis(manifest: &Manifest) -> bool {
    ["AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"]
        .iter()
        .any(|kind| manifest.id.is("argoproj.io", kind))
}

/// Whether an object is a canary of Flagger's.
#[must_use]
pub fn is_canary(manifest: &Manifest) -> bool {
    manifest.id.is("flagger.app", "Canary")
}

/// The metrics of an analysis or a canary, in order; none of any other object.
#[must_use]
pub fn metrics(manifest: &Manifest) -> Vec<Metric<'_>> {
    let keys: &[&str] = match (is_analysis(manifest), is_canary(manifest)) {
        (true, _) => &["spec", "metrics"],
        (_, true) => &["spec", "analysis", "metrics"],
        _ => return Vec::new(),
    };
    let at = Pointer::of(keys);
    let metrics = manifest.root.find(keys).items().iter().enumerate();
    let metrics = metrics.filter_map(|(index, node)| {
        let path = at.index(index);
        let name = node.get("name").text()?;
        let own = node.get("query").present().map(|query| (query, path.key("query")));
        let query = own.or_else(|| {
            let keys = ["provider", "prometheus", "query"];
            let node = node.find(&keys).present()?;
            Some((node, keys.iter().fold(path.clone(), |path, key| path.key(key))))
        });
        Some(Metric { node, path, name, query })
    });
    metrics.collect()
}

impl Metric<'_> {
    /// Whether a measurement can be one that fails; `None` where that cannot be known.
    #[must_use]
    pub fn decides(&self) -> Option<bool> {
        let provider = self.node.get("provider").present()?.as_map()?;
        if !provider.iter().all(|(key, _)| MEASURE.contains(&key.name())) {
            return None;
        }
        let has = |key: &str| !self.node.get(key).is_absent();
        Some(has("successCondition") || has("failureCondition"))
    }

    /// Whether it is measured again and again without an end.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        let is_absent = |key: &str| self.node.get(key).is_absent();
        !is_absent("interval") && is_absent("count") && is_absent("consecutiveSuccessLimit")
    }
}

/// A template that a Rollout waits for, by name, and whether it lies in no namespace.
#[must_use]
pub fn awaited_templates(rollout: &Manifest) -> Vec<(&str, bool)> {
    let spec = rollout.root.get("spec");
    let strategy = spec.get("strategy");
    let steps = strategy.get("canary").get("steps").items().iter().map(|step| step.get("analysis"));
    let blue_green = strategy.get("blueGreen");
    let others = [blue_green.get("prePromotionAnalysis"), blue_green.get("postPromotionAnalysis")];
    let analyses = steps.chain(others);
    let templates = analyses.flat_map(|analysis| analysis.get("templates").items());
    let named = templates.filter_map(|one| {
        let is_wide = one.get("clusterScope").present().and_then(Node::as_bool) == Some(true);
        Some((one.get("templateName").text()?, is_wide))
    });
    named.collect()
}
