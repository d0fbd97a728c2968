//! `reconcile/self-heal`: what a person changes in the cluster stays, for nothing undoes it.

#[path = "self_heal/flux.rs"]
mod flux;

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Lookup, Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Label, Location, Violation};
use crate::fleet::Deployment;
use crate::kinds::argocd_sync::{Automation, automation, innermost_policy, taken_out};
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] =
    &[Check::Deployment(check), Check::Flux(flux::check), Check::Manifest(flux::object)];

const HELP: &str = "syncPolicy: {automated: {prune: true, selfHeal: true}}";

/// Programs that sync Applications themselves; autosync is off beside them on purpose.
const SYNCED_BY: [&str; 1] = ["kargo.akuity.io/authorized-stage"];

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let application = &deployment.manifest;
    if !application.id.is(crate::kinds::argocd::GROUP, "Application") {
        return;
    }
    if let Some(paused) = paused(deployment, context) {
        out.push(paused);
        return;
    }
    let by_another =
        SYNCED_BY.iter().any(|name| metadata_value(&application.root, "annotations", name).is_some());
    let is_rolling = context.facts.argocd.set_of(application).is_some_and(|set| set.rolling.is_some());
    match automation(&application.root) {
        // It is the set that switches it off, whatever its template says.
        Automation::Disabled(_) if is_rolling => {
            let automated = application.root.get("spec").get("syncPolicy").get("automated");
            out.push(automated.present().and_then(|block| on(deployment, block, context)));
        }
        Automation::Unknown => {}
        Automation::On(block) => out.push(on(deployment, block, context)),
        Automation::Disabled(_) | Automation::Manual if by_another => {}
        Automation::Disabled(enabled) => out.push(disabled(deployment, enabled, context)),
        Automation::Manual => out.push(manual(deployment, context)),
    }
}

/// `argocd.argoproj.io/skip-reconcile: "true"`: nothing is compared or synced.
fn paused(deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    let (node, path) = metadata_value(&application.root, "annotations", "argocd.argoproj.io/skip-reconcile")?;
    if node.text() != Some("true") {
        return None;
    }
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let message =
        format!("Argo CD has stopped looking at {subject}{{places}}: no change of Git or cluster counts");
    let found = Violation::in_object("off", application, path, node.origin, "stops it", message)?;
    Some(
        found
            .note("an Application that is skipped keeps the status it had, and says nothing")
            .help("take the annotation out"),
    )
}

/// Autosync is on: whether it heals.
fn on(deployment: &Deployment, block: &Node, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    let path = Pointer::of(&["spec", "syncPolicy", "automated"]);
    let rolling = context.facts.argocd.set_of(application).and_then(|set| set.rolling.clone());
    let self_heal = match block.get("selfHeal") {
        Lookup::Unknown(_) => return None,
        lookup => lookup.present().filter(|node| !node.is_null()),
    };
    if let Some(rolling) = rolling {
        // Autosync is off on purpose there, and nothing may claim that it heals.
        return dead(deployment, self_heal.filter(|node| node.as_bool() == Some(true))?, rolling, context);
    }
    let Some(node) = self_heal else { return missing(deployment, context) };
    let (why, label) = match node.as_bool() {
        Some(true) => return None,
        Some(false) => ("`selfHeal` is false", "off here"),
        None => ("`selfHeal` is no boolean", "the API server refuses text here"),
    };
    let message = stays(deployment, context, why);
    let path = path.key("selfHeal");
    let found = Violation::in_object("off", application, path.clone(), node.origin, label, message)?;
    let on = Intent::set(path, NewValue::plain(true));
    Some(found.note(NOTE).help("selfHeal: true").remedy("switch `selfHeal` on", [on]))
}

/// `selfHeal` is not written: false is its default.
fn missing(deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    if let Some((patch, path)) = taken_out(application) {
        let message = stays(deployment, context, "a patch takes `selfHeal` out");
        let found = Violation::for_lack("off", application, path, patch, "taken out here", message)?;
        return Some(
            found.note(NOTE).help("leave `selfHeal: true` in, or say in the patch why not and waive it"),
        );
    }
    let (origin, path) = innermost_policy(&application.root)?;
    let message = stays(deployment, context, "`selfHeal` is not set, and false is its default");
    let found = Violation::in_object("off", application, path, origin, "syncs commits alone", message)?;
    let field = Pointer::of(&["spec", "syncPolicy", "automated", "selfHeal"]);
    let on = Intent::insert(field, NewValue::plain(true));
    Some(found.note(NOTE).help("add `selfHeal: true` to `automated`").remedy("switch `selfHeal` on", [on]))
}

/// `selfHeal` in an Application whose set takes `automated` away.
fn dead(
    deployment: &Deployment,
    self_heal: &Node,
    rolling: Location,
    context: &Context<'_>,
) -> Option<Violation> {
    let application = &deployment.manifest;
    let path = Pointer::of(&["spec", "syncPolicy", "automated", "selfHeal"]);
    let message = stays(deployment, context, "RollingSync switches `selfHeal` off");
    let origin = self_heal.origin;
    let found = Violation::in_object("off", application, path, origin, "has no effect", message)?;
    Some(
        found
            .also_at(Label::new(rolling, "takes `automated` out of every Application"))
            .note("the controller syncs step by step after a commit, and nothing after a change by hand")
            .help("take `selfHeal` out and let drift stand, or `strategy: {type: AllAtOnce}`"),
    )
}

const NOTE: &str = "Argo CD shows OutOfSync and waits for the next commit; until then the cluster runs what nobody \
                    reviewed";

/// What happens to whom, and why.
fn stays(deployment: &Deployment, context: &Context<'_>, why: &str) -> String {
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    format!("a change by hand of {subject}{{places}} stays: {why}")
}

fn disabled(deployment: &Deployment, enabled: &Node, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    let path = Pointer::of(&["spec", "syncPolicy", "automated", "enabled"]);
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let message =
        format!("no commit and no drift of {subject}{{places}} is synced: `automated` is switched off");
    let found = Violation::in_object("off", application, path, enabled.origin, "off here", message)?;
    Some(
        found
            .note("with `enabled: false`, `selfHeal` and `prune` beside it have no effect")
            .help("take `enabled: false` out"),
    )
}

fn manual(deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    let argocd = &context.facts.argocd;
    if argocd.set_of(application).is_some_and(|set| set.rolling.is_some()) {
        return None;
    }
    let subject = argocd.subject(deployment, context.fleet);
    let message =
        format!("a change by hand of {subject}{{places}} stays, and a commit waits for a person to sync");
    let found = match taken_out(application) {
        Some((patch, path)) => {
            Violation::for_lack("manual", application, path, patch, "takes `automated` out", message)?
        }
        None => {
            let (origin, path) = innermost_policy(&application.root)?;
            Violation::in_object("manual", application, path, origin, "no `automated` here", message)?
        }
    };
    Some(
        found
            .note("Argo CD shows OutOfSync and does nothing; right where a person must decide: waive it then")
            .help(HELP),
    )
}
