//! `reconcile/kserve-installation`: the parts of KServe fit each other, and its default mode fits the
//! services.

use mlgitops_manifest::fields::Release;
use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::{DeploymentMode, Stated};
use crate::finding::{Label, Violation};
use crate::fleet::{Object, Part, Unit};
use crate::kinds::kserve;
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(installed), Check::Manifest(service)];

fn installed(context: &Context<'_>, out: &mut Violations) {
    for unit in &context.facts.units {
        for mut found in [initializer(unit), crds(unit)].into_iter().flatten() {
            found.place = unit.place;
            out.push(found);
        }
    }
    for word in &context.facts.mode_words {
        out.push(unknown(word, context));
    }
}

/// `0.16` of `0.16.2`.
fn minor(release: &str) -> Option<(u16, u16)> {
    release.parse::<Release>().ok().map(|one| (one.major, one.minor))
}

fn initializer(unit: &Unit) -> Option<Violation> {
    let (controller, other) = (unit.only(Part::Controller)?, unit.only(Part::Initializer)?);
    if minor(&controller.value)? == minor(&other.value)? {
        return None;
    }
    let message = format!(
        "models are downloaded by a storage initializer of KServe {}, under a controller of {}",
        other.value, controller.value
    );
    let label = Label::new(other.location.clone(), "the storage initializer");
    let note = "the controller starts it with the schemes and arguments of its own release: `hf://` came with 0.15, \
                several `storageUris` with 0.16; what the older one does not know fails in the new pods, the old ones \
                keep serving";
    let found = Violation::in_file("mixed-versions", label, message).word("storage-initializer");
    let found = found.also_at(Label::new(controller.location.clone(), "the controller")).note(note);
    Some(found.help(format!("give both one release: v{}", controller.value)))
}

/// The definitions go first when KServe is upgraded: only older ones lose fields.
fn crds(unit: &Unit) -> Option<Violation> {
    let (controller, other) = (unit.only(Part::Controller)?, unit.only(Part::Crds)?);
    if minor(&other.value)? >= minor(&controller.value)? {
        return None;
    }
    let message = format!(
        "KServe {} runs on the definitions of {}: what came between is dropped from every service",
        controller.value, other.value
    );
    let label = Label::new(other.location.clone(), "the definitions");
    let note = "the API server prunes what they do not name, without a word; Argo CD says Synced, or tries again and again";
    let found = Violation::in_file("old-definitions", label, message).word("crds");
    let found = found.also_at(Label::new(controller.location.clone(), "the controller")).note(note);
    Some(found.help(format!("upgrade them first, to v{}", controller.value)))
}

/// A mode that no release in question knows (kserve v0.15 and v0.20
/// `pkg/apis/serving/v1beta1/configmap.go`, `NewDeployConfig`).
fn unknown(word: &Stated<String>, context: &Context<'_>) -> Option<Violation> {
    let minors = context.facts.kserve_minors();
    let is_open = word.value.is_empty() || word.value.contains(['$', '{', '<']);
    if is_open || minors.iter().any(|minor| knows(*minor, &word.value)) {
        return None;
    }
    let message =
        format!("KServe does not start: its default mode is `{}`, which it does not know", word.value);
    let label = Label::new(word.location.clone(), "no mode of its release");
    let mut found = Violation::in_file("unknown-mode", label, message);
    if let Some(release) = context.facts.kserve.first() {
        found = found.also_at(Label::new(release.location.clone(), "the release"));
    }
    let note = "the controller refuses its configuration, and the webhook every change of a service; what serves, \
                keeps serving";
    let wanted = match word.value.to_ascii_lowercase().as_str() {
        "knative" | "serverless" => "`Serverless`, from 0.16 on `Knative`",
        "modelmesh" => "`ModelMesh`",
        _ => "`RawDeployment`, from 0.16 on `Standard`",
    };
    Some(found.note(note).help(format!("write {wanted}")))
}

fn knows(minor: u16, word: &str) -> bool {
    match word {
        "Serverless" | "RawDeployment" | "ModelMesh" => true,
        "Knative" | "Standard" => minor >= 16,
        _ => false,
    }
}

/// What a service asks of the other mode than the one it gets because it names none.
fn service(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    let is_service = manifest.id.is(kserve::GROUP, "InferenceService");
    if !is_service || kserve::named_mode(manifest).is_some() || context.facts.default_modes.is_empty() {
        return;
    }
    match context.facts.only_mode(manifest) {
        Some(DeploymentMode::Standard) => out.push(exposed(object, context, [KNATIVE_LABEL, KSERVE_LABEL])),
        Some(DeploymentMode::Knative) => {
            out.push(exposed(object, context, [KSERVE_LABEL, KNATIVE_LABEL]));
            out.push(strategy(object, context));
        }
        _ => {}
    }
}

/// The label by which a service without a public route is known in Knative mode, and in Standard
/// mode (kserve v0.20 `pkg/constants`, `reconcilers/ingress`).
const KNATIVE_LABEL: &str = "networking.knative.dev/visibility";
const KSERVE_LABEL: &str = "networking.kserve.io/visibility";

/// A service that is to stay inside, by the label of the other mode.
fn exposed(object: &Object, context: &Context<'_>, [written, read]: [&'static str; 2]) -> Option<Violation> {
    let manifest = &object.manifest;
    let (node, path) = metadata_value(&manifest.root, "labels", written)?;
    if node.text() != Some("cluster-local") || metadata_value(&manifest.root, "labels", read).is_some() {
        return None;
    }
    let message = format!("{}{{places}} gets a public route: its label is of another mode", manifest.id.name);
    let found = of_default(object, context, "exposed", (path, node), "not read in this mode", message)?;
    let note = "the two modes read a label each; the one of the other mode is passed over without a word";
    Some(found.note(note).help(format!("write `{read}: cluster-local`")))
}

/// A strategy of a Deployment, where there is none (kserve v0.20 `inference_service_validation.go`).
fn strategy(object: &Object, context: &Context<'_>) -> Option<Violation> {
    let manifest = &object.manifest;
    let path = Pointer::of(&["spec", "predictor", "deploymentStrategy"]);
    let node = manifest.at(&path).present().filter(|node| !node.is_null())?;
    let message = format!("{}{{places}} is refused: in its mode there is no Deployment", manifest.id.name);
    let found = of_default(object, context, "refused", (path, node), "of the mode Standard", message)?;
    let note = "KServe's webhook allows `deploymentStrategy` in the mode Standard alone";
    Some(found.note(note).help("take it out, or name the mode: `serving.kserve.io/deploymentMode: Standard`"))
}

/// A violation of a service, with the line that gives it its mode.
fn of_default(
    object: &Object,
    context: &Context<'_>,
    case: &'static str,
    (path, node): (Pointer, &Node),
    label: &'static str,
    message: String,
) -> Option<Violation> {
    let found = Violation::in_object(case, &object.manifest, path, node.origin, label, message)?;
    let at = context.facts.default_modes.first()?.location.clone();
    Some(found.also_at(Label::new(at, "the mode of services that name none")))
}
