//! `promotion/release-removed`: merging deletes something that runs.

use super::super::{Check, Context, Violations};
use crate::config::Config;
use crate::finding::{Label, Violation};
use crate::fleet::startup_time::{Download, Phases};
use crate::history::{Removed, Review, Running};

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
    let owner = match &removed.deployment {
        Some(deployment) => format!("its Application {deployment} goes away, and all it owns with it"),
        None => "what is not in Git any more, a sync with prune deletes".to_owned(),
    };
    let start = cold_start(&removed.running, config).map(|start| format!("; {start}")).unwrap_or_default();
    let help = match removed.instead {
        Some(_) => "keep the name; else let both run until the new one answers, and delete the old one later",
        None => "if it is meant, merge it by itself; else put it back",
    };
    Some(found.note(format!("{owner}{start}")).help(help))
}

/// What its ApplicationSet does not delete.
fn left(removed: &Removed, kept: &str) -> Option<Violation> {
    let running = &removed.running;
    let (model, environment) = (&running.model, running.environment.as_deref().unwrap_or("its place"));
    let name = running.object.rsplit('/').next().unwrap_or_default();
    let message = format!("{model} goes on running in {environment}, and nothing in Git says so any more");
    let label = Label::new(removed.at.clone()?, "no Application is made for it with this change");
    let found = Violation::in_file("left", label, message).word(name).at_place(removed.place).of_model(model);
    let note = format!("its ApplicationSet says `{kept}`: what it makes no more stays in the cluster");
    Some(
        found
            .note(note)
            .help("if it is meant to go, delete its Application after the merge; else put it back"),
    )
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
