//! `artifact/format-runtime`: some runtime serves the format of a model.

use mlgitops_yaml::Node;

use super::super::{Check, Context, Violations};
use crate::config::{DeploymentMode, nearest};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;
use crate::fleet::serving_runtime::{Below, Runtimes, formats_of_shipped, shipped_formats};
use crate::kinds::kserve::{self, Container, Part, Workload};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let runtimes = context.runtimes();
    for object in context.fleet.of_kind("InferenceService") {
        // ModelMesh selects its runtimes by itself.
        let modes = context.facts.modes(&object.manifest);
        if object.manifest.id.group() != kserve::GROUP || modes.contains(&DeploymentMode::ModelMesh) {
            continue;
        }
        for workload in kserve::workloads(&object.manifest) {
            let is_plain = workload.pod.get("workerSpec").is_absent();
            let Some(serving) = workload.serving.as_ref().filter(|_| is_plain) else { continue };
            if matches!(workload.part, Part::Predictor | Part::Canary) {
                let found = judge(object, &workload, serving, runtimes);
                out.push(found.map(|found| found.at_place(object.place)));
            }
        }
    }
}

fn judge(
    object: &Object,
    workload: &Workload<'_>,
    serving: &Container<'_>,
    runtimes: &Runtimes<'_>,
) -> Option<Violation> {
    let format = Format::of(serving)?;
    let runtime = serving.node.get("runtime");
    if runtime.is_absent() {
        return of_none(object, serving, &format, runtimes);
    }
    let name = runtime.text()?;
    match runtimes.below(object, workload) {
        Below::Runtime(theirs, _) => {
            if theirs.manifest.root.find(&["spec", "disabled"]).present().and_then(Node::as_bool)
                == Some(true)
            {
                return of_disabled(object, serving, theirs, name);
            }
            let supported = theirs.manifest.root.find(&["spec", "supportedModelFormats"]);
            let listed: Vec<Format<'_>> = supported.items().iter().filter_map(Format::listed).collect();
            // A list that cannot be read whole is not judged.
            if listed.len() != supported.items().len() || listed.iter().any(|one| one.takes(&format)) {
                return None;
            }
            let names: Vec<String> = listed.iter().map(|one| format!("`{}`", one.said())).collect();
            let found = of_other(object, serving, &format, name, &names)?;
            let at = supported.present().and_then(|node| theirs.manifest.place(node.origin));
            Some(match at {
                Some(at) => found.also_at(Label::new(Location::from(at), "the formats it serves")),
                None => found,
            })
        }
        Below::Nothing => {
            let formats = formats_of_shipped(name).filter(|formats| !formats.contains(&format.name))?;
            let names: Vec<String> = formats.iter().map(|one| format!("`{one}`")).collect();
            of_other(object, serving, &format, name, &names)
        }
        Below::Defaults | Below::Unknown => None,
    }
}

/// A format, with the version that is named beside it.
struct Format<'n> {
    name: &'n str,
    version: Option<&'n str>,
}

impl<'n> Format<'n> {
    fn of(serving: &Container<'n>) -> Option<Self> {
        let version = serving.node.get("modelFormat").get("version");
        let is_known = version.is_absent() || version.text().is_some();
        is_known.then_some(Self { name: serving.format?, version: version.text() })
    }

    fn listed(node: &'n Node) -> Option<Self> {
        let version = node.get("version");
        let is_known = version.is_absent() || version.text().is_some();
        is_known.then_some(Self { name: node.get("name").text()?, version: version.text() })
    }

    /// Whether a runtime that lists this one serves the other: by name, and by the version where the
    /// model names one (kserve v0.20 `pkg/apis/serving/v1beta1/predictor_model.go`,
    /// `RuntimeSupportsModel`).
    fn takes(&self, asked: &Format<'_>) -> bool {
        self.name == asked.name && (asked.version.is_none() || asked.version == self.version)
    }

    fn said(&self) -> String {
        match self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// A runtime that is named and serves other formats.
fn of_other(
    object: &Object,
    serving: &Container<'_>,
    format: &Format<'_>,
    runtime: &str,
    formats: &[String],
) -> Option<Violation> {
    let manifest = &object.manifest;
    let node = serving.node.get("runtime").present()?;
    let name = &manifest.id.name;
    let said = format.said();
    let message = format!("{name}{{places}} never starts: {runtime} does not serve the format `{said}`");
    let path = serving.path.key("runtime");
    let label = match formats {
        [] => "serves no format at all".to_owned(),
        formats => format!("serves {}", formats.join(", ")),
    };
    let found = Violation::in_object("named", manifest, path, node.origin, label, message)?;
    let found = match serving.node.get("modelFormat").present().and_then(|node| manifest.place(node.origin)) {
        Some(at) => found.also_at(Label::new(Location::from(at), "asked for here")),
        None => found,
    };
    Some(found.note(NOTE).help("name a runtime that lists the format, or leave `runtime` out"))
}

/// What happens where no runtime serves a model.
const NOTE: &str = "the object is applied and Argo CD says Synced; KServe says NoSupportingRuntime in its status, and \
                    an old revision goes on serving";

fn of_disabled(object: &Object, serving: &Container<'_>, runtime: &Object, name: &str) -> Option<Violation> {
    let manifest = &object.manifest;
    let node = serving.node.get("runtime").present()?;
    let message = format!("{}{{places}} never starts: {name} is disabled", manifest.id.name);
    let path = serving.path.key("runtime");
    let found = Violation::in_object("named", manifest, path, node.origin, "disabled", message)?;
    let disabled = runtime.manifest.root.find(&["spec", "disabled"]).present();
    let found = match disabled.and_then(|node| runtime.manifest.place(node.origin)) {
        Some(at) => found.also_at(Label::new(Location::from(at), "set here")),
        None => found,
    };
    Some(found.help("take `disabled` out of the runtime, or name another"))
}

/// A format that no runtime is selected for.
fn of_none(
    object: &Object,
    serving: &Container<'_>,
    format: &Format<'_>,
    runtimes: &Runtimes<'_>,
) -> Option<Violation> {
    let is_shipped = shipped_formats().any(|one| one == format.name);
    if is_shipped || !runtimes.are_known_to(object) || runtimes.may_select(format.name, object) {
        return None;
    }
    let manifest = &object.manifest;
    let path = serving.path.key("modelFormat").key("name");
    let node = manifest.at(&path).present()?;
    let (name, format) = (&manifest.id.name, format.name);
    let message = format!("{name}{{places}} never starts: no runtime here serves the format `{format}`");
    let label = "no runtime is selected for it";
    let found = Violation::in_object("none", manifest, path, node.origin, label, message)?.note(NOTE);
    Some(match nearest(format, shipped_formats()) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => {
            found.help("deploy a runtime that lists it with `autoSelect: true`, or name one: `runtime: NAME`")
        }
    })
}
