//! The probe that kills a container that is still loading (domain.md §2.2, B1 and B2).

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Map, Node, Pointer};

use super::super::super::start::{Covers, Start, enough, exceeds, shown};
use super::{Broken, Service};
use crate::finding::{Intent, Label, Violation};
use crate::fleet::Object;
use crate::fleet::serving_runtime::Below;
use crate::fleet::startup_time::Download;
use crate::kinds::kserve::Container;
use crate::kinds::probes::{self, Found, Probe, Timing};

/// A probe as it reaches the pod.
struct Link<'l> {
    name: &'static str,
    probe: Probe<'l>,
    /// The object it stands in: the service, or the runtime below it.
    object: &'l Object,
    timing: Timing,
    /// Whether the server may answer it while it loads.
    may_answer: bool,
}

/// Under so many seconds a livenessProbe is short for a large model (domain.md §2.4).
const SHORT: u64 = 60;

/// The ways a probe asks.
const HANDLERS: [&str; 4] = ["httpGet", "tcpSocket", "exec", "grpc"];

/// Seconds that KServe's own template for LLMs gives (kserve v0.17; domain.md §2.3).
const COMFORTABLE: f64 = 600.0;

impl Service<'_> {
    /// The probe that gives up before the model is loaded.
    pub(super) fn of_probe(&self, start: &Start) -> Option<Broken> {
        let link = self.killing_probe()?;
        let budget = link.timing.budget();
        let (best, worst) = (start.best.in_container(), start.worst.in_container());
        let (model, size) = (&self.model_use.model, start.bytes());
        let (case, dies, takes, when) = if exceeds(best, budget) && !link.may_answer {
            ("certain", "dies", best, "at best")
        } else if exceeds(worst, budget) {
            ("likely", "may die", worst, Covers::Container.worst_words())
        } else {
            return None;
        };
        let takes = shown(takes, budget);
        let message =
            format!("{model} {dies} loading: {size} take {takes} s {when}, its probe gives {budget} s");
        let held = if link.name == "livenessProbe" { "; no startupProbe holds it back" } else { "" };
        let label = format!("kills after {}{held}", link.timing);
        let manifest = &link.object.manifest;
        let path = link.probe.path.clone();
        let mut violation = Violation::in_object(case, manifest, path, link.probe.key, label, message)?;
        if !std::ptr::eq(link.object, self.object) {
            let served = self.object.manifest.place(self.model_use.reference.origin);
            violation.related.extend(served.map(|at| Label::new(at, "loaded under this probe")));
            // One runtime, many models.
            violation.word = Some(model.clone());
        }
        let note = format!("{}{}", start.arithmetic(Covers::Container), downloaded(start.download));
        Some(Broken { budget, violation: link.helped(violation.note(note), worst) })
    }

    /// A livenessProbe that hardly any large model outlives, where the size is unknown.
    pub(super) fn of_short_liveness(&self) -> Option<Violation> {
        let link = self.killing_probe()?;
        let budget = link.timing.budget();
        if link.name != "livenessProbe" || link.may_answer || budget >= SHORT || !self.is_large() {
            return None;
        }
        let model = &self.model_use.model;
        let message = format!(
            "{model}{{places}} may die loading: its livenessProbe gives {budget} s, its size is unknown"
        );
        let label = format!("kills after {}; no startupProbe holds it back", link.timing);
        let (manifest, path) = (&link.object.manifest, link.probe.path.clone());
        let found = Violation::in_object("liveness", manifest, path, link.probe.key, label, message)?;
        let note =
            "on a GPU, or with an LLM, few load in that; its size, in `models` of mlgitops.yaml, settles it";
        // Ten minutes are what others use, and no computed budget: nobody writes them for you.
        Some(Violation { remedy: None, ..link.helped(found.note(note), COMFORTABLE) })
    }

    /// Whether a model is likely to be large: its server asks for a GPU, or serves LLMs.
    fn is_large(&self) -> bool {
        let serving = self.workload.serving.iter();
        let below = match &self.below {
            Below::Runtime(_, container) => Some(container),
            _ => None,
        };
        serving.chain(below).any(|container| {
            matches!(container.format, Some("huggingface" | "vLLM" | "triton")) || asks_for_gpu(container)
        })
    }

    /// The readinessProbe as it reaches the pod, with what it gives.
    pub(super) fn readiness(&self) -> Option<(&Object, Probe<'_>, Timing)> {
        let link = self.link("readinessProbe")??;
        Some((link.object, link.probe, link.timing))
    }

    /// The startupProbe, or a livenessProbe that none holds back.
    fn killing_probe(&self) -> Option<Link<'_>> {
        match self.link("startupProbe")? {
            Some(startup) => Some(startup),
            None => self.link("livenessProbe")?,
        }
    }

    /// The probe of this name as it reaches the pod: `None` where that cannot be known,
    /// `Some(None)` where there is none.
    fn link(&self, name: &'static str) -> Option<Option<Link<'_>>> {
        let serving = self.workload.serving.as_ref()?;
        let runtime = match &self.below {
            Below::Nothing => None,
            Below::Runtime(object, container) => Some((*object, container)),
            Below::Defaults if states_all(serving, name) => None,
            Below::Defaults | Below::Unknown => return None,
        };
        let own = known(probes::probe(serving, name))?;
        let under = match runtime {
            Some((object, container)) => known(probes::probe(container, name))?.map(|probe| (object, probe)),
            None => None,
        };
        let layers: Vec<&Node> =
            own.iter().chain(under.iter().map(|(_, probe)| probe)).map(|probe| probe.node).collect();
        let timing = Timing::of(&layers)?;
        let Some((object, probe)) = own.map(|probe| (self.object, probe)).or(under) else {
            return Some(None);
        };
        let image = runtime.map_or(serving, |(_, container)| container).node.get("image").text();
        let may_answer = name == "livenessProbe" && may_answer(serving, image, probe.node)?;
        Some(Some(Link { name, probe, object, timing, may_answer }))
    }
}

/// What was looked for, where it can be known.
fn known(probe: Found<'_>) -> Option<Option<Probe<'_>>> {
    match probe {
        Found::Probe(probe) => Some(Some(probe)),
        Found::None => Some(None),
        Found::Unknown => None,
    }
}

/// `nvidia.com/gpu: 1` and its kin; none where the number is zero.
fn asks_for_gpu(container: &Container<'_>) -> bool {
    ["limits", "requests"].into_iter().any(|list| {
        let resources = container.node.get("resources").get(list).present();
        let entries = resources.and_then(Node::as_map).into_iter().flat_map(Map::iter);
        entries.into_iter().any(|(key, amount)| key.name().ends_with("/gpu") && amount.text() != Some("0"))
    })
}

/// Whether a probe says by itself what KServe's templates would fill in.
fn states_all(container: &Container<'_>, name: &str) -> bool {
    let probe = container.node.get(name);
    ["failureThreshold", "periodSeconds"].into_iter().all(|field| probe.get(field).present().is_some())
}

/// Whether a server may answer a livenessProbe while it loads; `None` where it will: MLServer
/// listens first, and only `ready` waits for the model.
fn may_answer(serving: &Container<'_>, image: Option<&str>, probe: &Node) -> Option<bool> {
    let path = probe.get("httpGet").get("path").text().unwrap_or_default();
    let is_mlserver = image.is_some_and(|image| image.contains("mlserver"))
        || serving.node.get("runtime").text().is_some_and(|name| name.contains("mlserver"))
        || serving.node.get("protocolVersion").text() == Some("v2")
            && matches!(serving.format, Some("sklearn" | "xgboost" | "lightgbm" | "mlflow" | "catboost"));
    if is_mlserver && !path.ends_with("/ready") {
        return None;
    }
    let says_alive = path.split('/').any(|word| word.contains("live") || word == "ping");
    Some(serving.format.is_none() && says_alive)
}

fn downloaded(download: Download) -> &'static str {
    match download {
        Download::Never => "",
        Download::Before => "; the download is over before any probe starts",
        Download::ByServer => "; the server downloads by itself, while the probe counts",
    }
}

impl Link<'_> {
    /// The startupProbe with what covers the worst case, or one that asks what the livenessProbe does.
    fn remedied(&self, violation: Violation, gives: u64, period: u64, failures: u64) -> Violation {
        let number = NewValue::plain(failures);
        let title = format!("let it load for {gives} s");
        if self.name == "startupProbe" {
            let field = self.probe.path.key("failureThreshold");
            let intent = match self.probe.node.get("failureThreshold").is_absent() {
                true => Intent::insert(field, number),
                false => Intent::set(field, number),
            };
            return violation.remedy(title, [intent]);
        }
        let handler = HANDLERS
            .into_iter()
            .find_map(|name| Some((name, NewValue::of(self.probe.node.get(name).present()?)?)));
        let (Some((name, handler)), Some((_, container))) = (handler, self.probe.path.0.split_last()) else {
            return violation;
        };
        let probe =
            [(name, handler), ("periodSeconds", NewValue::plain(period)), ("failureThreshold", number)];
        let path = Pointer(container.to_vec()).key("startupProbe");
        violation.remedy(title, [Intent::insert(path, NewValue::map(probe))])
    }

    /// What covers the worst case.
    fn helped(&self, violation: Violation, worst: f64) -> Violation {
        let is_startup = self.name == "startupProbe";
        let (period, delay) =
            if is_startup { (self.timing.period, self.timing.initial_delay) } else { (10, 0) };
        let failures = enough(worst).saturating_sub(delay).div_ceil(period.max(1)).max(1);
        let gives = Timing { initial_delay: delay, period, failures }.budget();
        let violation = self.remedied(violation, gives, period, failures);
        if is_startup {
            return violation.help(format!(
                "set `failureThreshold: {failures}` in the startupProbe: it gives {gives} s then"
            ));
        }
        let handler = HANDLERS.into_iter().find(|name| !self.probe.node.get(name).is_absent());
        let handler = handler.unwrap_or("httpGet");
        violation.help_then(
            "add, with the handler of the livenessProbe:",
            format!(
                "startupProbe: {{{handler}: …, periodSeconds: {period}, failureThreshold: {failures}}}   \
                 # {gives} s"
            ),
        )
    }
}
