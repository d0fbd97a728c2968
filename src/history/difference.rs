//! What a change does, one line a release: version, replicas, resources, canary share, routes.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_manifest::Manifest;
use mlgitops_yaml::Value;

use super::routes::routes;
use super::state::Running;
use crate::config::Config;
use crate::fleet::serving_runtime::{Below, Runtimes};
use crate::fleet::{Fleet, Release};
use crate::kinds::kubernetes::metadata_value;
use crate::kinds::{kserve, pod_template};

/// What a release is on one side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The release.
    pub running: Running,
    /// How many pods it has at least; `None` where KServe's default of 1 holds.
    pub replicas: Option<i64>,
    /// Its share as a canary, in per cent.
    pub canary: Option<i64>,
    /// The resources of the serving container: `limits.nvidia.com/gpu` and its value.
    pub resources: BTreeMap<String, String>,
    /// The routes that name its service, by object, with the shares they give.
    pub routes: BTreeMap<String, String>,
    /// The GPUs of one pod: the resource, and how many of it.
    pub gpus: Option<(String, u64)>,
    /// Whether a new pod is made before an old one goes.
    pub surges: bool,
    /// Everything that reaches its pods, by path; that of its runtime, where it is in this
    /// repository, too.
    pub pods: BTreeMap<String, String>,
}

/// One release that a change adds, changes or takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Before the change.
    pub before: Option<Side>,
    /// After it.
    pub after: Option<Side>,
}

impl Difference {
    /// The release, as it is after the change, else as it was.
    #[must_use]
    pub fn running(&self) -> Option<&Running> {
        self.after.as_ref().or(self.before.as_ref()).map(|side| &side.running)
    }

    /// Whether the pods that serve it are replaced.
    #[must_use]
    pub fn restarts(&self) -> bool {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return false };
        is_same_object(before, after) && before.pods != after.pods
    }

    /// What changed beside the version, as `replicas 2 → 3`.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Vec::new() };
        let mut details = Vec::new();
        let number =
            |value: Option<i64>, none: &str| value.map_or(none.to_owned(), |value| value.to_string());
        if before.replicas != after.replicas {
            let (old, new) = (number(before.replicas, "1"), number(after.replicas, "1"));
            details.push(format!("replicas {old} → {new}"));
        }
        if before.canary != after.canary {
            let share = |value: Option<i64>| value.map_or("all".to_owned(), |percent| format!("{percent} %"));
            details.push(format!("traffic {} → {}", share(before.canary), share(after.canary)));
        }
        details.extend(changed(&before.resources, &after.resources));
        details.extend(changed(&before.routes, &after.routes));
        // Of a new version nobody has to be told.
        if self.restarts() && before.running.uri == after.running.uri {
            details.push("restarts".to_owned());
        }
        details
    }
}

fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |side: &BTreeMap<String, String>, name: &String| {
        side.get(name).cloned().unwrap_or_else(|| "none".to_owned())
    };
    let differs = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differs.map(|name| format!("{name} {} → {}", text(before, name), text(after, name))).collect()
}

/// Every release that differs between two fleets, in the order of models and environments.
#[must_use]
pub fn differences(before: &Fleet, after: &Fleet, config: &Config) -> Vec<Difference> {
    let (mut old, new) = (sides(before, config), sides(after, config));
    let mut all = Vec::new();
    let mut fresh = Vec::new();
    for side in new {
        match take(&mut old, |known| is_same_object(known, &side)) {
            Some(known) if same(&known, &side) => {}
            Some(known) => all.push(Difference { before: Some(known), after: Some(side) }),
            None => fresh.push(side),
        }
    }
    // What has another name now is the same release still.
    for side in fresh {
        let before = take(&mut old, |known| {
            known.running.model == side.running.model && known.running.environment == side.running.environment
        });
        all.push(Difference { before, after: Some(side) });
    }
    all.extend(old.into_iter().map(|side| Difference { before: Some(side), after: None }));
    all.sort_by(|a, b| a.running().cmp(&b.running()));
    all
}

fn take(sides: &mut Vec<Side>, is_it: impl Fn(&Side) -> bool) -> Option<Side> {
    let at = sides.iter().position(is_it)?;
    Some(sides.remove(at))
}

fn is_same_object(one: &Side, other: &Side) -> bool {
    let (one, other) = (&one.running, &other.running);
    one.model == other.model
        && one.environment == other.environment
        && one.cluster == other.cluster
        && one.object == other.object
}

/// Whether nothing that is said of them differs.
fn same(one: &Side, other: &Side) -> bool {
    one.running.uri == other.running.uri
        && (one.replicas, one.canary) == (other.replicas, other.canary)
        && one.resources == other.resources
        && one.routes == other.routes
        && one.pods == other.pods
}

fn sides(fleet: &Fleet, config: &Config) -> Vec<Side> {
    let runtimes = Runtimes::of(fleet);
    fleet.releases.iter().filter_map(|release| side(fleet, &runtimes, release, config)).collect()
}

fn side(fleet: &Fleet, runtimes: &Runtimes<'_>, release: &Release, config: &Config) -> Option<Side> {
    let running = Running::of(release, fleet, config)?;
    let object = fleet.objects.get(release.object)?;
    let serving = kserve::serving(&object.manifest);
    let mut resources = BTreeMap::new();
    let workloads = kserve::workloads(&object.manifest);
    let containers = workloads.iter().filter(|one| one.part == kserve::Part::Predictor);
    for container in containers.filter_map(|one| one.serving.as_ref()) {
        for kind in ["limits", "requests"] {
            let Some(Value::Map(map)) =
                container.node.get("resources").get(kind).present().map(|node| &node.value)
            else {
                continue;
            };
            let stated = map.iter().filter_map(|(name, value)| Some((name.name(), value.text()?)));
            resources.extend(stated.map(|(name, value)| (format!("{kind}.{name}"), value.to_owned())));
        }
    }
    let routes = routes(fleet, release.place, &object.manifest.id.name);
    let mode = kserve::named_mode(&object.manifest).map(|(mode, _)| mode);
    let mode = mode.or(config.kserve.mode.as_ref().map(|mode| mode.value));
    let mut pods = pod_template::content(&object.manifest, mode);
    for workload in workloads.iter().filter(|_| follows_runtime(&object.manifest)) {
        if let Below::Runtime(runtime, _) = runtimes.below(object, workload) {
            let below = pod_template::content(&runtime.manifest, mode);
            pods.extend(below.into_iter().map(|(path, text)| (format!("runtime {path}"), text)));
        }
    }
    Some(Side {
        running,
        replicas: serving.min_replicas,
        canary: serving.canary_percent,
        resources,
        routes,
        gpus: pod_template::gpus(&object.manifest),
        surges: pod_template::surges(&object.manifest),
        pods,
    })
}

/// Whether a change of its runtime reaches a service that is running: KServe's annotation turns
/// that off.
fn follows_runtime(manifest: &Manifest) -> bool {
    const OFF: &str = "serving.kserve.io/disable-auto-update";
    let stated = metadata_value(&manifest.root, "annotations", OFF);
    stated.and_then(|(node, _)| node.text()) != Some("true")
}
