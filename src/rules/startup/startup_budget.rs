//! `startup/startup-budget`: a model has loaded before anything gives up on it.

use std::collections::BTreeSet;

use mlgitops_manifest::size::{Rate, Size as Bytes};
use mlgitops_yaml::Node;

use super::super::{Check, Context, Violations};
use crate::config::{DeploymentMode, Rates};
use crate::finding::{Code, Label, NotChecked, Violation};
use crate::fleet::reference::Scheme;
use crate::fleet::serving_runtime::{Below, Runtimes};
use crate::fleet::size::{self, Size};
use crate::fleet::startup_time::{Download, Phases};
use crate::fleet::{ModelUse, Object};
use crate::kinds::kserve::{self, Container, Form, Part, Workload};
use crate::kinds::kubernetes::metadata_value;
use crate::kinds::probes::{self, Found, Probe, Timing};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// A service with this annotation runs no pods (kserve v0.15.2).
const STOPPED: &str = "serving.kserve.io/stop";

/// Every model is asked about here and not one by one: those of unknown size are one line.
fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let (runtimes, caches) = (Runtimes::of(fleet), size::caches(fleet));
    let (mut all, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for release in &fleet.releases {
        let (Some(model_use), Some(object)) =
            (fleet.uses.get(release.model_use), fleet.objects.get(release.object))
        else {
            continue;
        };
        let Some(service) = Service::of(model_use, object, &runtimes, context) else { continue };
        all.insert(release.model.as_str());
        match size::size_of(model_use, context.config, &caches, fleet) {
            Some(size) => {
                let is_cached = size::cache_of(model_use, &caches).is_some();
                out.push(service.judge(&size, download(model_use, is_cached), context));
            }
            None => drop(unknown.insert(release.model.as_str())),
        }
    }
    if let Some(first) = unknown.first() {
        out.not_checked(size_unknown(first, unknown.len(), all.len()));
    }
}

fn size_unknown(first: &str, unknown: usize, all: usize) -> NotChecked {
    let (what, name) = match unknown {
        1 => (first.to_owned(), first),
        _ => (format!("{unknown} of {all} models"), "NAME"),
    };
    NotChecked::new(Code::InCluster, format!("start-up budget of {what}"), "size unknown")
        .help(format!("models.{name}.size in mlgitops.yaml, or a LocalModelCache with modelSize"))
}

/// When the artifact is downloaded (domain.md §2.4).
fn download(model_use: &ModelUse, is_cached: bool) -> Download {
    match (model_use.parsed.scheme, model_use.reference.form) {
        _ if is_cached => Download::Never,
        (Scheme::Pvc | Scheme::File, _) => Download::Never,
        (scheme, _) if scheme.is_oci() => Download::Never,
        (_, Form::Argument) => Download::ByServer,
        _ => Download::Before,
    }
}

/// A service whose start is judged: one model in one process a pod.
struct Service<'c> {
    model_use: &'c ModelUse,
    object: &'c Object,
    workload: Workload<'c>,
    below: Below<'c>,
}

impl<'c> Service<'c> {
    fn of(
        model_use: &'c ModelUse,
        object: &'c Object,
        runtimes: &Runtimes<'c>,
        context: &Context<'_>,
    ) -> Option<Self> {
        let manifest = &object.manifest;
        let stopped = metadata_value(&manifest.root, "annotations", STOPPED);
        if stopped.is_some_and(|(node, _)| node.text() == Some("true"))
            || context.facts.modes(manifest).contains(&DeploymentMode::ModelMesh)
            || !is_main(model_use)
        {
            return None;
        }
        let reference = &model_use.reference;
        let mut workloads = kserve::workloads(manifest);
        // Each of several nodes loads a part, and nobody says how large.
        if workloads.iter().any(|workload| workload.part == Part::Worker) {
            return None;
        }
        workloads.retain(|workload| {
            workload.part == reference.part
                && (reference.form == Form::LlmUri || workload.path.covers(&reference.path))
        });
        let workload = workloads.into_iter().next()?;
        let below = runtimes.below(object, &workload);
        Some(Self { model_use, object, workload, below })
    }

    /// The violation of the link that gives up first, if any does.
    fn judge(&self, size: &Size, download: Download, context: &Context<'_>) -> Option<Violation> {
        let startup = &context.config.startup;
        let (best, worst) = (&startup.best, &startup.worst);
        let start = Start {
            size,
            download,
            best: match Phases::of(size.bytes, download, best) {
                // A volume may hold what the server would download.
                phases if download == Download::ByServer => phases.without_download(),
                phases => phases,
            },
            worst: Phases::of(size.bytes, download, worst),
            rates: (best, worst),
        };
        let violation = self.probe().and_then(|link| self.of_probe(&link, &start))?;
        Some(self.placed(violation))
    }

    fn placed(&self, mut violation: Violation) -> Violation {
        violation.place = Some(self.object.place);
        violation.model = Some(self.model_use.model.clone());
        violation
    }
}

/// Whether a reference names the model itself, and not one more part of it.
fn is_main(model_use: &ModelUse) -> bool {
    let path = model_use.reference.path.to_string();
    !path.contains("/adapters/") && (!path.contains("/storageUris/") || path.contains("/storageUris/0/"))
}

/// How long a model takes, at best and at worst.
struct Start<'s> {
    size: &'s Size,
    download: Download,
    best: Phases,
    worst: Phases,
    rates: (&'s Rates, &'s Rates),
}

/// The probe that kills a container that is still loading.
struct ProbeLink<'l> {
    name: &'static str,
    probe: Probe<'l>,
    /// The object it stands in: the service, or the runtime below it.
    object: &'l Object,
    timing: Timing,
    /// Whether the server may answer it while it loads.
    may_answer: bool,
}

impl Service<'_> {
    fn probe(&self) -> Option<ProbeLink<'_>> {
        let startup = self.probe_of("startupProbe")?;
        match startup {
            Some(link) => Some(link),
            None => self.probe_of("livenessProbe")?,
        }
    }

    /// The probe of this name as it reaches the pod: `None` where that cannot be known,
    /// `Some(None)` where there is none.
    fn probe_of(&self, name: &'static str) -> Option<Option<ProbeLink<'_>>> {
        let serving = self.workload.serving.as_ref()?;
        let runtime = match &self.below {
            Below::Nothing => None,
            Below::Runtime(object, container) => Some((*object, container)),
            Below::Unknown => return None,
        };
        let own = found(probes::probe(serving, name))?;
        let under = match runtime {
            Some((object, container)) => found(probes::probe(container, name))?.map(|probe| (object, probe)),
            None => None,
        };
        let layers: Vec<&Node> =
            own.iter().chain(under.iter().map(|(_, probe)| probe)).map(|probe| probe.node).collect();
        let timing = Timing::of(&layers)?;
        let Some((object, probe)) = own.map(|probe| (self.object, probe)).or(under) else {
            return Some(None);
        };
        let image = runtime.map_or(serving, |(_, container)| container).node.get("image").text();
        let may_answer = name == "livenessProbe" && self.may_answer(serving, image, probe.node)?;
        Some(Some(ProbeLink { name, probe, object, timing, may_answer }))
    }

    /// Whether a server may answer a livenessProbe while it loads; `None` where it will: MLServer
    /// listens first, and only `ready` waits for the model.
    fn may_answer(&self, serving: &Container<'_>, image: Option<&str>, probe: &Node) -> Option<bool> {
        let path = probe.get("httpGet").get("path").text().unwrap_or_default();
        let is_mlserver = image.is_some_and(|image| image.contains("mlserver"))
            || serving.node.get("runtime").text().is_some_and(|name| name.contains("mlserver"))
            || serving.node.get("protocolVersion").text() == Some("v2")
                && matches!(serving.format, Some("sklearn" | "xgboost" | "lightgbm" | "mlflow" | "catboost"));
        if is_mlserver && !path.ends_with("/ready") {
            return None;
        }
        let is_custom = serving.format.is_none();
        let says_alive = path.split('/').any(|word| word.contains("live") || word == "ping");
        Some(is_custom && says_alive)
    }

    fn of_probe(&self, link: &ProbeLink<'_>, start: &Start<'_>) -> Option<Violation> {
        let budget = link.timing.budget();
        let (best, worst) = (start.best.in_container(), start.worst.in_container());
        let (model, size) = (&self.model_use.model, Bytes(start.size.bytes));
        let (case, message) = if exceeds(best, budget) && !link.may_answer {
            let takes = shown(best, budget);
            (
                "certain",
                format!(
                    "{model}{{places}} dies loading: {size} take {takes} s at best, its probe gives {budget} s"
                ),
            )
        } else if exceeds(worst, budget) {
            let takes = shown(worst, budget);
            (
                "likely",
                format!(
                    "{model}{{places}} may die loading: {size} take {takes} s on a slow disk, its probe gives {budget} s"
                ),
            )
        } else {
            return None;
        };
        let held = if link.name == "livenessProbe" { "; no startupProbe holds it back" } else { "" };
        let label = format!("kills after {}{held}", link.timing);
        let manifest = &link.object.manifest;
        let path = link.probe.path.clone();
        let found = Violation::in_object(case, manifest, path, link.probe.key, label, message)?;
        Some(self.with_size(found, start).note(note(start)).help(help(link, worst)))
    }

    /// The same with the place that states the size, and the service where the field is not its own.
    fn with_size(&self, found: Violation, start: &Start<'_>) -> Violation {
        match &start.size.location {
            Some(at) => found.also_at(Label::new(at.clone(), "size from here")),
            None => found,
        }
    }
}

/// What was looked for, where it can be known.
fn found(probe: Found<'_>) -> Option<Option<Probe<'_>>> {
    match probe {
        Found::Probe(probe) => Some(Some(probe)),
        Found::None => Some(None),
        Found::Unknown => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a budget of centuries may lose a second")]
fn exceeds(seconds: f64, budget: u64) -> bool {
    seconds > budget as f64
}

/// Whole seconds that show to be more than the budget.
fn shown(seconds: f64, budget: u64) -> String {
    let nearest = seconds.round();
    if exceeds(nearest, budget) { whole(nearest) } else { whole(seconds.ceil()) }
}

fn whole(seconds: f64) -> String {
    format!("{:.0}", seconds.round())
}

/// The arithmetic of both cases.
fn note(start: &Start<'_>) -> String {
    let best = sum(&start.best, start.rates.0);
    let worst = sum(&start.worst, start.rates.1);
    let end = match start.download {
        Download::Never => "",
        Download::Before => "; the download is over before any probe starts",
        Download::ByServer => "; the server downloads by itself, while the probe counts",
    };
    format!("at best, {best}; on a slow disk, {worst}{end}")
}

/// `start 10 s + load at 500 MiB/s 27 s = 37 s`, `(… + …) × 1.5 = 245 s`.
fn sum(phases: &Phases, rates: &Rates) -> String {
    let mut terms = vec![format!("start {} s", whole(phases.start))];
    if phases.download_in_container() > 0.0 {
        terms.push(format!("download at {} {} s", Rate(rates.download), whole(phases.download)));
    }
    terms.push(format!("load at {} {} s", Rate(rates.load), whole(phases.load)));
    let (terms, total) = (terms.join(" + "), whole(phases.in_container()));
    if (phases.factor - 1.0).abs() < f64::EPSILON {
        format!("{terms} = {total} s")
    } else {
        format!("({terms}) × {} = {total} s", phases.factor)
    }
}

/// What covers the worst case.
fn help(link: &ProbeLink<'_>, worst: f64) -> String {
    let is_startup = link.name == "startupProbe";
    let (period, delay) = if is_startup { (link.timing.period, link.timing.initial_delay) } else { (10, 0) };
    let failures = failures(worst, delay, period);
    let gives = Timing { initial_delay: delay, period, failures }.budget();
    if is_startup {
        return format!("set `failureThreshold: {failures}` in the startupProbe, {gives} s in all");
    }
    let handlers = ["httpGet", "tcpSocket", "exec", "grpc"];
    let handler =
        handlers.into_iter().find(|name| !link.probe.node.get(name).is_absent()).unwrap_or("httpGet");
    format!(
        "add, with the handler of the livenessProbe:\n\
         startupProbe: {{{handler}: …, periodSeconds: {period}, failureThreshold: {failures}}}   # {gives} s"
    )
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds; a cast saturates")]
fn failures(worst: f64, delay: u64, period: u64) -> u64 {
    (worst.ceil() as u64).saturating_sub(delay).div_ceil(period.max(1)).max(1)
}
