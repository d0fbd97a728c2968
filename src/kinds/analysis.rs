//! What decides a canary: Argo Rollouts' analysis templates and Flagger's canaries
//! (argo-rollouts v1.10 `pkg/apis/rollouts/v1alpha1/analysis_types.go`, flagger v1.44
//! `pkg/apis/flagger/v1beta1/canary.go`; domain.md §6).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Lookup, Node, Pointer};

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

    /// Whether it is measured again and again without an end that a Rollout could wait for: an
    /// `interval` without a `count`, or with one of 0 (argo-rollouts v1.9 `EffectiveCount`, which
    /// knows no other end). `args` are those of its template.
    #[must_use]
    pub fn is_endless(&self, args: &[Node]) -> bool {
        if self.node.get("interval").is_absent() {
            return false;
        }
        match self.node.get("count") {
            Lookup::Absent(_) => true,
            Lookup::Unknown(_) => false,
            Lookup::Present(count) => count.text().is_some_and(|text| is_nothing(text, args)),
        }
    }

    /// Whether enough successes in a row end it, whatever its count (argo-rollouts since v1.8).
    #[must_use]
    pub fn ends_by_success(&self) -> bool {
        !self.node.get("consecutiveSuccessLimit").is_absent()
    }

    /// The field that decides how often it is measured, and where it stands.
    #[must_use]
    pub fn repeats(&self) -> Option<(&Node, Pointer)> {
        let own = |key: &str| self.node.get(key).present().map(|node| (node, self.path.key(key)));
        own("count").or_else(|| own("interval"))
    }
}

/// Whether a count reads as 0: Rollouts take an argument for what the template itself gives it, and
/// for a word where it gives none, whatever the Rollout passes (argo-rollouts v1.9
/// `setArgValuePlaceHolder`; argo-rollouts#3243).
fn is_nothing(count: &str, args: &[Node]) -> bool {
    let is_zero = |text: &str| text.parse::<i64>().is_ok_and(|count| count == 0);
    let named = count.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    let Some(name) = named.and_then(|name| name.trim().strip_prefix("args.")) else { return is_zero(count) };
    let Some(own) = args.iter().find(|one| one.get("name").text() == Some(name)) else { return false };
    match own.get("value") {
        Lookup::Present(value) => value.text().is_some_and(is_zero),
        Lookup::Absent(_) => true,
        Lookup::Unknown(_) => false,
    }
}

/// A template that a Rollout waits for.
#[derive(Debug, Clone)]
pub struct Awaited<'n> {
    /// Its name.
    pub name: &'n str,
    /// Whether it lies in no namespace: a ClusterAnalysisTemplate.
    pub is_wide: bool,
    /// The reference to it.
    pub node: &'n Node,
}

/// The templates that a Rollout waits for: those of its steps, and of what comes before and after a
/// promotion. It waits for none of `canary.analysis`, which runs in the background
/// (argo-rollouts v1.9 `ValidateAnalysisTemplateWithType`).
#[must_use]
pub fn awaited_templates(rollout: &Manifest) -> Vec<Awaited<'_>> {
    let strategy = rollout.root.find(&["spec", "strategy"]);
    let steps = strategy.get("canary").get("steps").items().iter().map(|step| step.get("analysis"));
    let blue_green = strategy.get("blueGreen");
    let others = [blue_green.get("prePromotionAnalysis"), blue_green.get("postPromotionAnalysis")];
    steps.chain(others).flat_map(|analysis| references(analysis.get("templates"))).collect()
}

/// The templates that a template takes in (argo-rollouts since v1.8).
#[must_use]
pub fn nested_templates(template: &Manifest) -> Vec<Awaited<'_>> {
    references(template.root.find(&["spec", "templates"]))
}

fn references(templates: Lookup<'_>) -> Vec<Awaited<'_>> {
    let named = templates.items().iter().filter_map(|node| {
        let is_wide = node.get("clusterScope").present().and_then(Node::as_bool) == Some(true);
        Some(Awaited { name: node.get("templateName").text()?, is_wide, node })
    });
    named.collect()
}
