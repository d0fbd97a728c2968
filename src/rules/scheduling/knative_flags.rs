//! `scheduling/knative-flags`: what a pod asks for, Knative lets pass.

use mlgitops_yaml::{Lookup, Node};

use super::super::{Check, Context, Violations};
use crate::config::DeploymentMode;
use crate::finding::{Label, Location, Violation};
use crate::fleet::{Fleet, Object};
use crate::kinds::kserve::{self, Part, Workload};
use crate::kinds::kubernetes::asks_for_something;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// Fields of a pod and the flag that lets each pass (knative/serving v1.23
/// `config/core/configmaps/features.yaml`): all are off where nobody turns them on.
const FLAGS: [(&str, &str); 9] = [
    ("nodeSelector", "kubernetes.podspec-nodeselector"),
    ("affinity", "kubernetes.podspec-affinity"),
    ("tolerations", "kubernetes.podspec-tolerations"),
    ("topologySpreadConstraints", "kubernetes.podspec-topologyspreadconstraints"),
    ("runtimeClassName", "kubernetes.podspec-runtimeclassname"),
    ("priorityClassName", "kubernetes.podspec-priorityclassname"),
    ("schedulerName", "kubernetes.podspec-schedulername"),
    ("initContainers", "kubernetes.podspec-init-containers"),
    ("hostIPC", "kubernetes.podspec-hostipc"),
];

fn check(context: &Context<'_>, out: &mut Violations) {
    let features = Features::of(context.fleet);
    for object in context.fleet.of_kind("InferenceService") {
        if context.facts.only_mode(&object.manifest) != Some(DeploymentMode::Knative) {
            continue;
        }
        for workload in kserve::workloads(&object.manifest) {
            if matches!(workload.part, Part::Predictor | Part::Transformer | Part::Explainer) {
                out.push(judge(object, &workload, &features));
            }
        }
    }
}

fn judge(object: &Object, workload: &Workload<'_>, features: &Features<'_>) -> Option<Violation> {
    let asked = |(field, flag): &(&'static str, &'static str)| {
        let map = workload.pod.as_map()?;
        let (key, _) = map.entry(field).filter(|(_, node)| asks_for_something(node))?;
        (!features.lets_pass(flag)).then_some((*field, *flag, key.origin))
    };
    let blocked: Vec<_> = FLAGS.iter().filter_map(asked).collect();
    let (field, _, origin) = *blocked.first()?;
    let manifest = &object.manifest;
    let name = &manifest.id.name;
    let flags: Vec<String> = blocked.iter().map(|(_, flag, _)| format!("`{flag}`")).collect();
    let at = workload.path.key(field);
    let (case, message) = match features.stated {
        Some(_) => ("off", format!("{name}{{places}} is refused: Knative lets no `{field}` pass")),
        None => ("unseen", format!("{name}{{places}} runs only where Knative lets `{field}` pass")),
    };
    let mut found = Violation::in_object(case, manifest, at, origin, "needs a flag of Knative", message)?;
    if let Some(stated) = features.stated
        && let Some(place) = stated.manifest.place(stated.manifest.root.origin)
    {
        found = found.also_at(Label::new(Location::from(place), "turns it on nowhere"));
    }
    for (field, _, origin) in blocked.iter().skip(1) {
        if let Some(place) = manifest.place(*origin) {
            found = found.also_at(Label::new(Location::from(place), format!("and `{field}`")));
        }
    }
    Some(
        found
            .at_place(object.place)
            .note("KServe accepts the service, and Knative refuses its revision: the old one goes on serving")
            .help(format!("set {} to enabled in the ConfigMap config-features", flags.join(", "))),
    )
}

/// Knative's feature flags, as far as the repository states them.
struct Features<'f> {
    /// The object that states them.
    stated: Option<&'f Object>,
    /// Where in it.
    flags: Option<&'f Node>,
}

impl<'f> Features<'f> {
    fn of(fleet: &'f Fleet) -> Self {
        let mut maps =
            fleet.of_kind("ConfigMap").filter(|object| object.manifest.id.name == "config-features");
        let mut operated = fleet.of_kind("KnativeServing");
        let stated = maps.next().or_else(|| operated.next());
        let flags = stated.and_then(|object| {
            let root = &object.manifest.root;
            let of_operator = || root.find(&["spec", "config", "features"]).present();
            root.get("data").present().or_else(of_operator)
        });
        Self { stated, flags }
    }

    /// Whether a flag is on, or may be.
    fn lets_pass(&self, flag: &str) -> bool {
        match self.flags.map(|flags| flags.get(flag)) {
            Some(Lookup::Unknown(_)) => true,
            Some(Lookup::Present(node)) => {
                node.text().is_none_or(|word| matches!(word.to_lowercase().as_str(), "enabled" | "allowed"))
            }
            Some(Lookup::Absent(_)) | None => false,
        }
    }
}
