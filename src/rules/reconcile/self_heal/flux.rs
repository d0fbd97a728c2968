//! The same in Flux: it applies what is in Git every interval, and these are the ways to lose that.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::super::subject::models;
use super::super::super::{Context, Violations};
use crate::finding::Violation;
use crate::fleet::{Deployment, Object};
use crate::kinds::flux::{HELM_GROUP, KUSTOMIZE_GROUP, is_helm_release, is_kustomization};
use crate::kinds::kserve;

/// A HelmRelease that does not look at the cluster.
pub(super) fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let release = &deployment.manifest;
    if !is_helm_release(&release.id) {
        return;
    }
    let models = models(deployment, context);
    let message = |why: &str| format!("a change by hand of {models}{{places}} stays: {why}");
    let mode = release.root.get("spec").get("driftDetection").get("mode");
    let path = Pointer::of(&["spec", "driftDetection"]);
    let found = match mode.present().filter(|node| !node.is_null()) {
        Some(node) => {
            let why = match node.text() {
                Some("warn") => "drift is told and not undone",
                Some("disabled") => "drift detection is off",
                _ => return,
            };
            let path = path.key("mode");
            Violation::in_object("drift-off", release, path, node.origin, "undoes nothing", message(why))
        }
        None if !mode.is_absent() => return,
        None => {
            let Some(origin) = key_of(&release.root, "spec") else { return };
            let why = "drift detection is off by default";
            Violation::in_object(
                "drift-off",
                release,
                path,
                origin,
                "no `driftDetection` in it",
                message(why),
            )
        }
    };
    out.push(found.map(|found| {
        found
            .note(
                "Helm compares with what it installed last, never with the cluster: Flux says Ready, and an upgrade \
                 that does not touch the field leaves the change in",
            )
            .help("driftDetection: {mode: enabled}")
    }));
}

fn key_of(root: &Node, name: &str) -> Option<OriginId> {
    root.as_map()?.entry(name).map(|(key, _)| key.origin)
}

/// A model whose own annotations keep Flux away from it.
pub(super) fn object(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    let deployable = context.fleet.deployables.get(object.deployable);
    let by = deployable.and_then(|deployable| deployable.deployment.as_ref());
    let Some(by) = by.filter(|_| manifest.id.group() == kserve::GROUP) else { return };
    if is_helm_release(&by.id) {
        let mode = by.root.get("spec").get("driftDetection").get("mode").text();
        let fields = ["annotations", "labels"].into_iter().filter(|_| mode == Some("enabled"));
        fields.for_each(|field| out.push(not_looked_at(manifest, field)));
    }
    if !is_kustomization(&by.id) {
        return;
    }
    for field in ["annotations", "labels"] {
        for key in ["ssa", "reconcile"] {
            out.push(kept_away(manifest, field, key));
        }
    }
}

/// Drift detection that an annotation or a label of the model switches off (helm-controller v1.6
/// `api/v2/helmrelease_types.go`, `DriftDetectionMetadataKey`).
fn not_looked_at(manifest: &Manifest, field: &'static str) -> Option<Violation> {
    let name = format!("{HELM_GROUP}/driftDetection");
    let node = manifest.root.get("metadata").get(field).get(&name).present()?;
    node.text().filter(|text| text.eq_ignore_ascii_case("disabled"))?;
    let message =
        format!("a change by hand of {}{{places}} stays: drift detection passes over it", manifest.id.name);
    let path = Pointer::of(&["metadata", field]).key(&name);
    let found = Violation::in_object("drift-off", manifest, path, node.origin, "switches it off", message)?;
    let note = "the release looks at everything else it installed, and says Ready";
    Some(found.note(note).help(format!("take `{name}` out")))
}

/// What an annotation makes Flux do (kustomize-controller v1.9, fluxcd/pkg `ssa`).
fn kept_away(manifest: &Manifest, field: &'static str, key: &'static str) -> Option<Violation> {
    let name = format!("{KUSTOMIZE_GROUP}/{key}");
    let node = manifest.root.get("metadata").get(field).get(&name).present()?;
    let value = node.text()?;
    let what = match (key, value.to_lowercase().as_str()) {
        ("ssa", "ifnotpresent") => {
            "once it is there no commit changes it, and a change by hand is what stays"
        }
        ("ssa", "ignore") | ("reconcile", "disabled") => {
            "Flux neither applies it nor undoes a change by hand"
        }
        ("ssa", "merge") => "what is added by hand stays",
        _ => return None,
    };
    let message = format!("{}{{places}}: {what}", manifest.id.name);
    let path = Pointer::of(&["metadata", field]).key(&name);
    let found = Violation::in_object("off", manifest, path, node.origin, "keeps Flux away", message)?;
    let note =
        "the Kustomization says Ready all the same, and a promotion merges without a trace in the cluster";
    let note = if value.eq_ignore_ascii_case("merge") {
        "a container, a variable or a probe that nobody reviewed goes on running; the Kustomization says Ready"
    } else {
        note
    };
    Some(found.note(note).help(format!("take `{name}` out")))
}
