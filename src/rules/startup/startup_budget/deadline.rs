//! Knative's progress deadline: a revision that is not ready by then never gets traffic
//! (domain.md §2.2, B4).

use mlgitops_manifest::duration::Duration;
use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::super::Context;
use super::super::super::start::{Covers, Start, enough, exceeds, shown};
use super::{Broken, Service};
use crate::config::DeploymentMode;
use crate::finding::{Intent, Label, Location, Violation};
use crate::fleet::Object;
use crate::fleet::serving_runtime::Below;

/// The annotation that sets the deadline of a revision.
const ANNOTATION: &str = "serving.knative.dev/progress-deadline";

/// What Knative waits unless told otherwise (knative `config/core/configmaps/deployment.yaml`).
const DEFAULT: u64 = 600;

/// The deadline of revisions that name none.
pub(super) struct Deadline {
    seconds: u64,
    /// Whether the repository or the configuration says so.
    is_stated: bool,
    location: Option<Location>,
}

impl Deadline {
    /// What the configuration says of the cluster, else Knative's own ConfigMap if it is here,
    /// else the default.
    pub(super) fn of_cluster(context: &Context<'_>) -> Self {
        if let Some(stated) = &context.config.kserve.progress_deadline {
            let location = Some(stated.location.clone());
            return Self { seconds: stated.value.as_secs(), is_stated: true, location };
        }
        let config_map = |object: &&Object| {
            let id = &object.manifest.id;
            id.is("", "ConfigMap") && id.name == "config-deployment"
        };
        let stated = context.fleet.of_kind("ConfigMap").find(config_map).and_then(|object| {
            let node = object.manifest.root.find(&["data", "progress-deadline"]).present()?;
            Some((seconds(node)?, object.manifest.place(node.origin).map(Location::from)))
        });
        match stated {
            Some((seconds, location)) => Self { seconds, is_stated: true, location },
            None => Self { seconds: DEFAULT, is_stated: false, location: None },
        }
    }
}

/// A duration as Go reads it; `None` for what Knative rejects, `1800` among it.
fn seconds(node: &Node) -> Option<u64> {
    u64::try_from(Duration::parse_go(node.text()?).ok()?.as_secs()).ok().filter(|seconds| *seconds > 0)
}

/// The annotation as it stands.
struct Stated<'s> {
    object: &'s Object,
    path: Pointer,
    origin: OriginId,
    node: &'s Node,
}

impl Service<'_> {
    /// The deadline that passes before the model serves.
    pub(super) fn of_deadline(&self, start: &Start, cluster: &Deadline) -> Option<Broken> {
        if self.mode != Some(DeploymentMode::Knative) {
            return None;
        }
        let stated = self.annotation();
        let budget = match &stated {
            Some(stated) => seconds(stated.node)?,
            // A runtime elsewhere may state it.
            None if matches!(self.below, Below::Unknown) => return None,
            None => cluster.seconds,
        };
        let (best, worst) = (start.best.whole(), start.worst.whole());
        // The cluster's own setting may be another one than Knative's default.
        let is_known = stated.is_some() || cluster.is_stated;
        let (case, never, takes, when) = if exceeds(best, budget) && is_known {
            ("certain", "never serves", best, "at best")
        } else if exceeds(worst, budget) {
            ("likely", "may never serve", worst, Covers::Whole.worst_words())
        } else {
            return None;
        };
        let (model, size, takes) = (&self.model_use.model, start.bytes(), shown(takes, budget));
        let message =
            format!("{model}{{places}} {never}: {size} take {takes} s {when}, Knative waits {budget} s");
        let violation = self.at_deadline(case, stated.as_ref(), cluster, budget, message)?;
        let note = format!("{}; Knative then scales it to 0", start.arithmetic(Covers::Whole));
        let set = match &stated {
            Some(stated) => Intent::set(stated.path.clone(), NewValue::text(covering(worst))),
            None => {
                let path = Pointer::of(&["metadata", "annotations"]).key(ANNOTATION);
                Intent::insert(path, NewValue::text(covering(worst)))
            }
        };
        let violation = violation.remedy(format!("wait {} for a revision", covering(worst)), [set]);
        Some(Broken {
            budget,
            violation: violation.note(note).help_then(how(stated.is_some()), to_type(worst)),
        })
    }

    /// The violation at the annotation, or where there is none at the reference it is missing for.
    fn at_deadline(
        &self,
        case: &'static str,
        stated: Option<&Stated<'_>>,
        cluster: &Deadline,
        budget: u64,
        message: String,
    ) -> Option<Violation> {
        if let Some(Stated { object, path, origin, .. }) = stated {
            let label = format!("gives a revision {budget} s");
            return Violation::in_object(case, &object.manifest, path.clone(), *origin, label, message);
        }
        let reference = &self.model_use.reference;
        let (manifest, path) = (&self.object.manifest, reference.path.clone());
        let label = format!("no progress-deadline of its own: {budget} s");
        let mut violation = Violation::in_object(case, manifest, path, reference.origin, label, message)?;
        violation.related.extend(cluster.location.clone().map(|at| Label::new(at, "the cluster's deadline")));
        Some(violation)
    }

    /// The annotation: of the predictor, else of the service, else of its runtime.
    fn annotation(&self) -> Option<Stated<'_>> {
        let own = [self.workload.path.key("annotations"), Pointer::of(&["metadata", "annotations"])];
        let own = own.into_iter().map(|path| (self.object, path));
        let below = match &self.below {
            Below::Runtime(object, _) => Some((*object, Pointer::of(&["spec", "annotations"]))),
            _ => None,
        };
        own.chain(below).find_map(|(object, path)| {
            let path = path.key(ANNOTATION);
            let node = object.manifest.at(&path).present()?;
            Some(Stated { object, origin: node.origin, path, node })
        })
    }
}

fn how(is_stated: bool) -> &'static str {
    if is_stated {
        "raise it, in a new revision:"
    } else {
        "add under metadata.annotations of the service, in a new revision:"
    }
}

/// What covers the worst case, in whole minutes.
fn covering(worst: f64) -> String {
    format!("{}s", enough(worst).div_ceil(60).saturating_mul(60))
}

fn to_type(worst: f64) -> String {
    format!("{ANNOTATION}: {}", covering(worst))
}
