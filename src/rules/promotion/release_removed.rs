//! `promotion/release-removed`: merging deletes something that runs.

use super::super::{Check, Context, Violations};
use crate::config::Config;
use crate::finding::{Label, Violation};
use crate::fleet::startup_time::{Download, Phases};
use crate::history::{Kept, Removed, Review, Running};
use crate::kinds::flux::{is_helm_release, is_kustomization};

pub(super) const CHECKS: &[Check] = &[Check::Review(check)];

fn check(review: &Review, context: &Context<'_>, out: &mut Violations) {
    for removed in review.removed() {
        out.push(violation(removed, context.config));
    }
}

fn violation(removed: &Removed, config: &Config) -> Option<Violation> {
    let running = &removed.running;
    let (model, environment) = (&running.model, running.environment.as_deref().unwrap_or("its place"));
    let name = running.object.rsplit('/').next().unwrap_or_default();
    let at = removed.at.clone()?;
    if let Some(kept) = &removed.kept {
        return left(removed, kept);
    }
    let (case, message, label) = match &removed.instead {
        None => (
            "removed",
            format!("merging this deletes {model} from {environment}"),
            "gone with this change".to_owned(),
        ),
        Some(instead) => (
            "renamed",
            format!("merging this deletes {model} from {environment} and starts it anew under another name"),
            format!("from now on `{}`", instead.object),
        ),
    };
    let found = Violation::in_file(case, Label::new(at, label), message)
        .word(name)
        .at_place(removed.place)
        .of_model(model);
    let owner = owner(removed);
    let start = cold_start(&removed.running, config).map(|start| format!("; {start}")).unwrap_or_default();
    let help = match removed.instead {
        Some(_) => "keep the name; else let both run until the new one answers, and delete the old one later",
        None => "if it is meant, merge it by itself; else put it back",
    };
    Some(found.note(format!("{owner}{start}")).help(help))
}

/// What deletes it.
fn owner(removed: &Removed) -> String {
    match (&removed.deployment, &removed.still) {
        (Some(gone), _) if is_helm_release(gone) => {
            format!("its HelmRelease {} goes away, and Flux uninstalls it with all that is in it", gone.name)
        }
        (Some(gone), _) if is_kustomization(gone) => {
            format!("its Kustomization {} goes away, and Flux deletes all it applied", gone.name)
        }
        (Some(gone), _) => format!("its Application {} goes away, and all it owns with it", gone.name),
        (None, Some(still)) if is_helm_release(still) => {
            format!(
                "the next upgrade of the HelmRelease {} deletes what its chart prints no more",
                still.name
            )
        }
        (None, Some(still)) => {
            format!(
                "the Kustomization {} prunes: Flux deletes what left Git at the next commit it reads",
                still.name
            )
        }
        (None, None) => "what is not in Git any more, a sync with prune deletes".to_owned(),
    }
}

/// What nothing deletes.
fn left(removed: &Removed, kept: &Kept) -> Option<Violation> {
    let running = &removed.running;
    let (model, environment) = (&running.model, running.environment.as_deref().unwrap_or("its place"));
    let name = running.object.rsplit('/').next().unwrap_or_default();
    let message = format!("{model} goes on running in {environment}, and nothing in Git says so any more");
    let label = match kept {
        Kept::Set(_) => "no Application is made for it with this change",
        _ => "gone with this change",
    };
    let by_hand = "if it is meant to go, delete it in the cluster after the merge; else put it back";
    let (note, help) = match kept {
        Kept::Set(says) => (
            format!("its ApplicationSet says `{says}`: what it makes no more stays in the cluster"),
            "if it is meant to go, delete its Application after the merge; else put it back",
        ),
        Kept::Own(says) => (format!("it says `{says}` itself, and Flux deletes nothing that does"), by_hand),
        Kept::By(by, says) => (
            format!("the {} {} says `{says}`: what leaves its folder stays in the cluster", by.kind, by.name),
            by_hand,
        ),
        Kept::Leaves(by, says) if is_helm_release(by) => (
            format!("the HelmRelease {} says `{says}`: Flux takes it away and uninstalls nothing", by.name),
            "if it is meant to go, `helm uninstall` it after the merge; else put it back",
        ),
        Kept::Leaves(by, says) => (
            format!("the {} {} says `{says}`: it goes, and what it applied stays", by.kind, by.name),
            by_hand,
        ),
        Kept::Waits(by) => (
            format!(
                "the {} {} is suspended: the model runs until somebody resumes it, and is deleted then",
                by.kind, by.name
            ),
            "if it is meant to go, take `suspend: true` out; else put it back",
        ),
    };
    let found = Violation::in_file("left", Label::new(removed.at.clone()?, label), message);
    Some(found.word(name).at_place(removed.place).of_model(model).note(note).help(help))
}

/// How long nobody answers, where the size of the model is known.
fn cold_start(running: &Running, config: &Config) -> Option<String> {
    let paths = running.made_of.iter().map(String::as_str);
    let bytes = config.model(&running.model, paths.clone())?.size.as_ref()?.value;
    let rates = config.startup(paths);
    let whole = |rates| Phases::of(bytes, Download::Before, rates).whole();
    let (best, worst) = (whole(&rates.best), whole(&rates.worst));
    Some(format!("a new pod answers after {best:.0} s at best, {worst:.0} s on a slow disk"))
}
