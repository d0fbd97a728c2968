//! `reconcile/dead-sync-option`: a sync option that Argo CD passes over, or that has nothing to do.

#[path = "dead_sync_option/flux.rs"]
mod flux;

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::{Cause, Intent, Violation};
use crate::fleet::Deployment;
use crate::kinds::argocd_ignore::entries;
use crate::kinds::argocd_sync::{
    Automation, SyncOption, annotated_options, automation, respects_ignored, sync_options,
};

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check), Check::Flux(flux::check)];

/// Where an option counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Both,
    Application,
    Object,
}

/// The options Argo CD compares with, by exact text (argo-cd v3.5
/// `gitops-engine/pkg/sync/common/types.go`, `controller/sync.go`; domain.md §3.2).
const OPTIONS: [(&str, &[&str], Scope); 14] = [
    ("Validate", &["true", "false"], Scope::Both),
    ("CreateNamespace", &["true"], Scope::Application),
    ("PrunePropagationPolicy", &["foreground", "background", "orphan"], Scope::Application),
    ("PruneLast", &["true"], Scope::Both),
    ("Prune", &["true", "false", "confirm"], Scope::Both),
    ("Delete", &["true", "false", "confirm"], Scope::Both),
    ("Replace", &["true", "false"], Scope::Both),
    ("Force", &["true"], Scope::Object),
    ("ServerSideApply", &["true", "false"], Scope::Both),
    ("ClientSideApplyMigration", &["true", "false"], Scope::Application),
    ("ApplyOutOfSyncOnly", &["true", "false"], Scope::Application),
    ("RespectIgnoreDifferences", &["true"], Scope::Application),
    ("FailOnSharedResource", &["true"], Scope::Application),
    ("SkipDryRunOnMissingResource", &["true"], Scope::Both),
];

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let application = &deployment.manifest;
    if !application.id.is(crate::kinds::argocd::GROUP, "Application") {
        return;
    }
    for option in sync_options(&application.root) {
        let at = option.path.clone();
        out.push(passed_over(&option, Scope::Object).and_then(|dead| {
            Violation::in_object(
                "unknown",
                application,
                option.path,
                option.node.origin,
                dead.label,
                dead.message,
            )
            .map(|found| with_remedy(found.note(NOTE).help(dead.help), of_list(option.node, at, dead.meant)))
        }));
    }
    for object in context.fleet.objects_of(deployment) {
        for option in annotated_options(&object.manifest.root) {
            let found = passed_over(&option, Scope::Application).and_then(|dead| {
                let origin = option.node.origin;
                let remedy = of_annotation(&option, dead.meant);
                Violation::in_object(
                    "unknown",
                    &object.manifest,
                    option.path,
                    origin,
                    dead.label,
                    dead.message,
                )
                .map(|found| with_remedy(found.note(NOTE).help(dead.help), remedy))
            });
            out.push(found.map(|found| found.at_place(object.place)));
        }
    }
    out.push(nothing_to_respect(deployment, context));
    out.push(self_heal(deployment, context));
}

const NOTE: &str =
    "options are compared letter by letter; one that is not known is no error, and Argo CD syncs without it";

/// What is said of an option that counts for nothing.
struct Dead {
    label: String,
    message: String,
    help: String,
    /// The option that was meant, where it can be told.
    meant: Option<String>,
}

fn with_remedy(found: Violation, remedy: Option<(String, Vec<Intent>)>) -> Violation {
    match remedy {
        Some((title, intents)) => found.remedy(title, intents),
        None => found,
    }
}

/// An entry of the list as it was meant. A map in its place goes, and a text comes.
fn of_list(node: &Node, at: Pointer, meant: Option<String>) -> Option<(String, Vec<Intent>)> {
    let meant = meant?;
    let (title, value) = (format!("write `{meant}`"), NewValue::text(meant));
    if node.as_map().is_none() {
        return Some((title, vec![Intent::set(at, value)]));
    }
    let list = Pointer::of(&["spec", "syncPolicy", "syncOptions"]);
    Some((title, vec![Intent::append(list, value), Intent::remove(at)]))
}

/// The annotation with one of its options as it was meant.
fn of_annotation(option: &SyncOption<'_>, meant: Option<String>) -> Option<(String, Vec<Intent>)> {
    let (text, meant) = (option.text?, meant?);
    let words = option.node.text()?.split(',').map(str::trim);
    let words: Vec<&str> = words.map(|word| if word == text { meant.as_str() } else { word }).collect();
    let set = Intent::set(option.path.clone(), NewValue::text(words.join(",")));
    Some((format!("write `{meant}`"), vec![set]))
}

/// Why an option counts for nothing; `None` where it counts, or is what happens without it.
fn passed_over(option: &SyncOption<'_>, not_here: Scope) -> Option<Dead> {
    let Some(text) = option.text else {
        // Null is no entry, and what cannot be known says nothing.
        let map = option.node.as_map()?;
        let (key, value) = map.iter().next()?;
        let meant = format!("{}={}", key.name(), value.text().unwrap_or("true"));
        return Some(Dead {
            label: "a map, not a text".to_owned(),
            message: format!("the API server refuses the Application{{places}}: `{meant}` is no text"),
            help: format!("write it as one word: {meant}"),
            meant: Some(meant),
        });
    };
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    match OPTIONS.iter().find(|(known, _, _)| *known == name) {
        Some((_, values, scope)) if values.contains(&value) || value == "false" => {
            // An option that is off by default and is set to false is what happens anyway.
            (*scope == not_here && values.contains(&value)).then(|| misplaced(text, not_here))
        }
        Some((_, values, _)) => Some(Dead {
            label: "no such value".to_owned(),
            message: format!("Argo CD syncs{{places}} without `{text}`: it knows no such value"),
            help: format!("one of: {}", choices(name, values)),
            meant: None,
        }),
        None => Some(Dead {
            label: "no such option".to_owned(),
            message: format!("Argo CD syncs{{places}} without `{text}`: it knows no such option"),
            help: meant(text).map_or_else(
                || "take it out; the options are in Argo CD's page Sync Options".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            ),
            meant: meant(text),
        }),
    }
}

fn misplaced(text: &str, not_here: Scope) -> Dead {
    let (here, there) = match not_here {
        Scope::Application => ("of an object", "`syncPolicy.syncOptions` of the Application"),
        _ => ("of an Application", "the annotation `argocd.argoproj.io/sync-options` of the object"),
    };
    Dead {
        label: format!("not read {here}"),
        message: format!("Argo CD syncs{{places}} without `{text}`: among the options {here} it is not read"),
        help: format!("move it to {there}"),
        meant: None,
    }
}

fn choices(name: &str, values: &[&str]) -> String {
    let all: Vec<String> = values.iter().map(|value| format!("{name}={value}")).collect();
    all.join(", ")
}

/// The option that differs only in what people get wrong: case, white space, `:` for `=`, or a
/// letter or two.
fn meant(text: &str) -> Option<String> {
    let (name, value) = text.split_once(['=', ':']).unwrap_or((text, "true"));
    let value = value.trim().to_lowercase();
    let names = OPTIONS.iter().map(|(known, _, _)| *known);
    let name = crate::config::nearest(name.trim(), names)?;
    let (_, values, _) = OPTIONS.iter().find(|(known, _, _)| *known == name)?;
    let value = values.iter().find(|known| **known == value).or(values.first())?;
    Some(format!("{name}={value}"))
}

/// `RespectIgnoreDifferences=true` where nothing is ignored.
fn nothing_to_respect(deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    let option = respects_ignored(&application.root)?;
    let list = application.root.get("spec").get("ignoreDifferences");
    let is_unknown = matches!(list, mlgitops_yaml::Lookup::Unknown(_));
    let any = entries(&application.root).iter().any(|entry| !entry.ignored.is_empty());
    if any || is_unknown || context.facts.argocd.ignores_somewhere() {
        return None;
    }
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let message =
        format!("nothing of {subject}{{places}} keeps its live value: `ignoreDifferences` is empty");
    let label = "has nothing to respect";
    let found = Violation::in_object(
        "nothing-to-respect",
        application,
        option.path,
        option.node.origin,
        label,
        message,
    )?;
    let note = "with this option a sync keeps the live value of ignored fields; none is ignored";
    Some(found.note(note).help("take it out, or say in `ignoreDifferences` what KServe writes"))
}

/// `selfHeal` beside `enabled: false`. That nothing heals is `self-heal`'s to say.
fn self_heal(deployment: &Deployment, context: &Context<'_>) -> Option<Violation> {
    let application = &deployment.manifest;
    let Automation::Disabled(_) = automation(&application.root) else { return None };
    // There the set switches it off, and `self-heal` names the place.
    if context.facts.argocd.set_of(application).is_some_and(|set| set.rolling.is_some()) {
        return None;
    }
    let path = ["spec", "syncPolicy", "automated", "selfHeal"];
    let node = application.root.find(&path).present().filter(|node| Node::as_bool(node) == Some(true))?;
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    let message = format!("`selfHeal` heals nothing of {subject}{{places}}: `automated` is switched off");
    let path = mlgitops_yaml::Pointer::of(&path);
    let found = Violation::in_object("self-heal", application, path, node.origin, "has no effect", message)?;
    let cause = "/spec/syncPolicy/automated/enabled".to_owned();
    Some(
        found
            .note("Argo CD asks for `selfHeal` only where it syncs by itself")
            .help("take `enabled: false` out, or `selfHeal`")
            .follows_from(Cause::field("self-heal", cause)),
    )
}
