//! `reconcile/rewritten-field`: Git and KServe write one field differently, for ever.

use mlgitops_yaml::Node;
use mlgitops_yaml::edit::NewValue;

use super::super::argocd::{Drift, drifts, drifts_of_flux};
use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Label, Violation};
use crate::fleet::Deployment;
use crate::kinds::argocd_sync::{Automation, automation};
use crate::kinds::kserve_rewrites::Kind;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check), Check::Flux(check_flux)];

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    if !deployment.manifest.id.is(crate::kinds::argocd::GROUP, "Application") {
        return;
    }
    for drift in drifts(deployment, context) {
        out.push(violation(&drift, deployment));
    }
}

/// Flux applies everything again once an interval.
fn check_flux(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    for drift in drifts_of_flux(deployment, context) {
        let name = &drift.object.manifest.id.name;
        let (case, replaced, ..) = words(&drift);
        let message = match case {
            "mode-depends" => format!("Flux may apply {name}{{places}} again every interval: {replaced}"),
            _ => format!("Flux applies {name}{{places}} again every interval: {replaced}"),
        };
        let note = "every interval writes an event and a new generation of the service; real drift is not seen \
                    among them";
        out.push(of_drift(&drift, message).map(|found| found.note(note)));
    }
}

fn violation(drift: &Drift<'_>, deployment: &Deployment) -> Option<Violation> {
    let application = &deployment.manifest;
    let name = &drift.object.manifest.id.name;
    let heals = heals(&application.root);
    let (case, replaced, ..) = words(drift);
    let message = match (case, heals) {
        ("mode-depends", _) => format!("{name}{{places}} may never be Synced: {replaced}"),
        (_, Some(_)) => format!("Argo CD applies {name}{{places}} again and again: {replaced}"),
        (_, None) => format!("{name}{{places}} is OutOfSync after every sync: {replaced}"),
    };
    let mut found = of_drift(drift, message)?.note(note(case, heals.is_some()));
    if let Some(at) = heals.and_then(|node| application.place(node.origin)).filter(|_| case != "mode-depends")
    {
        found = found.also_at(Label::new(at, "puts it back, every 2 s to 5 min"));
    }
    Some(found)
}

/// What is written anew, with what to write instead.
fn of_drift(drift: &Drift<'_>, message: String) -> Option<Violation> {
    let (case, _, label, help) = words(drift);
    let (manifest, rewrite) = (&drift.object.manifest, &drift.rewrite);
    let found = Violation::in_object(case, manifest, rewrite.path.clone(), rewrite.origin, label, message)?;
    let mut found = found.help(help);
    if let Some((title, intents)) = remedy(drift) {
        found = found.remedy_as_stored(title, intents);
    }
    Some(found.at_place(drift.object.place))
}

/// The case, what is replaced, what stands at the place, and what to write.
fn words(drift: &Drift<'_>) -> (&'static str, String, String, String) {
    match &drift.rewrite.kind {
        Kind::Framework(framework) => (
            "predictor",
            format!("KServe replaces `{framework}:`"),
            format!("stored as `model: {{modelFormat: {{name: {framework}}}, …}}`"),
            format!(
                "write what the cluster stores; nothing restarts: model: {{modelFormat: {{name: {framework}}}, \
                 storageUri: …, resources: …}}"
            ),
        ),
        Kind::Mode(from, to) if drift.is_certain => (
            "mode",
            format!("KServe stores `{from}` as `{to}`"),
            format!("stored as `{to}`"),
            format!("write `{to}`; nothing restarts"),
        ),
        Kind::Mode(from, to) => (
            "mode-depends",
            format!("KServe 0.17 and later store `{from}` as `{to}`"),
            format!("stored as `{to}`, from 0.17 on"),
            format!(
                "`{to}` from 0.16 on; or say which release runs: `kserve: {{version: \"0.15\"}}` in mlgitops.yaml"
            ),
        ),
        Kind::Quantity(from, to) => (
            "quantity",
            format!("KServe stores `{from}` as `{to}`"),
            format!("stored as `{to}`"),
            format!("write `{to}`; it is the same amount, and nothing restarts"),
        ),
    }
}

/// What the cluster stores, written in Git; for a mode only where it is known that it is stored.
fn remedy(drift: &Drift<'_>) -> Option<(String, Vec<Intent>)> {
    let path = &drift.rewrite.path;
    let set = |to: &str| vec![Intent::set(path.clone(), NewValue::text(to))];
    Some(match &drift.rewrite.kind {
        Kind::Framework(framework) => {
            let format = NewValue::map([("name", NewValue::text(*framework))]);
            let format = Intent::insert(path.key("modelFormat"), format);
            let title = format!("write `model:` for `{framework}:`");
            (title, vec![format, Intent::rename(path.clone(), "model")])
        }
        Kind::Mode(..) if !drift.is_certain => return None,
        Kind::Mode(_, to) => (format!("write `{to}`"), set(to)),
        Kind::Quantity(from, to) => (format!("write `{to}` for `{from}`"), set(to)),
    })
}

fn note(case: &str, heals: bool) -> &'static str {
    match (case, heals) {
        ("predictor", _) => {
            "what is compared is never equal; no entry of `ignoreDifferences` is right for it, for it would \
             hide storageUri too"
        }
        ("mode-depends", _) => "an upgrade of KServe begins an endless sync, in which real drift is not seen",
        (_, true) => "the webhook writes it anew at every apply; real drift is not seen among it",
        (_, false) => "the webhook writes it anew at every apply; people learn to look away from OutOfSync",
    }
}

/// The `selfHeal: true` that applies the object again.
fn heals(application: &Node) -> Option<&Node> {
    let Automation::On(block) = automation(application) else { return None };
    block.get("selfHeal").present().filter(|node| node.as_bool() == Some(true))
}
