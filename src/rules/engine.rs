//! Runs every selected rule over every subject, and catches what panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use super::{Check, Context, Rule, Violations, WaiverSubject};
use crate::discover::FileKind;
use crate::finding::{Code, NotChecked, Violation};

/// What the rules found.
#[derive(Debug, Default)]
pub struct Run {
    /// The violations of each rule, in the order of the rules.
    pub violations: Vec<(&'static Rule, Vec<Violation>)>,
    /// What could not be decided.
    pub not_checked: Vec<NotChecked>,
    /// What passed, and by what proof.
    pub proofs: Vec<String>,
    /// Whether any rule had anything to judge.
    pub had_subject: bool,
}

/// Runs some rules over everything but the waivers.
#[must_use]
pub fn run(rules: &[&'static Rule], context: &Context<'_>) -> Run {
    run_all(rules, &|check, violations| run_check(check, context, violations))
}

/// Asks some rules about the waivers: after [`run`], for only its findings say which are needed.
#[must_use]
pub fn run_on_waivers(rules: &[&'static Rule], waivers: &[WaiverSubject<'_>], context: &Context<'_>) -> Run {
    run_all(rules, &|check, violations| {
        if let Check::Waiver(ask) = check {
            waivers.iter().for_each(|waiver| ask(*waiver, context, violations));
            return !waivers.is_empty();
        }
        false
    })
}

/// Asks one check about all its subjects; whether there was any.
type Ask<'a> = &'a (dyn Fn(&Check, &mut Violations) -> bool + Sync);

fn run_all(rules: &[&'static Rule], ask: Ask<'_>) -> Run {
    // A worker that waits for history would be given another rule that waits for the same.
    let asks_history = |rule: &Rule| rule.checks.iter().any(|check| matches!(check, Check::Review(_)));
    let results: Vec<Option<(Violations, bool)>> =
        rules.par_iter().map(|rule| (!asks_history(rule)).then(|| run_rule(rule, ask))).collect();
    let mut run = Run::default();
    for (rule, result) in rules.iter().zip(results) {
        let (violations, had_subject) = result.unwrap_or_else(|| run_rule(rule, ask));
        run.violations.push((rule, violations.found));
        run.not_checked.extend(violations.not_checked);
        run.proofs.extend(violations.proofs);
        run.had_subject |= had_subject;
    }
    run
}

fn run_rule(rule: &'static Rule, ask: Ask<'_>) -> (Violations, bool) {
    let mut violations = Violations::default();
    let mut had_subject = false;
    for check in rule.checks {
        let ran = catch_unwind(AssertUnwindSafe(|| ask(check, &mut violations)));
        match ran {
            Ok(any) => had_subject |= any,
            Err(_) => violations.not_checked.push(
                NotChecked::new(
                    Code::Internal,
                    format!("rule {}", rule.id),
                    "it panicked: a bug of the linter",
                )
                .required(true),
            ),
        }
    }
    (violations, had_subject)
}

fn run_check(check: &Check, context: &Context<'_>, violations: &mut Violations) -> bool {
    let fleet = context.fleet;
    let mut any = false;
    match check {
        Check::Tree(ask) => {
            let trees = context.discovery.files.values();
            for found in trees.filter(|found| is_judged(found.kind)) {
                any |= !found.objects.is_empty();
                ask(found, context, violations);
            }
        }
        Check::ValuesFile(ask) => {
            for found in context.discovery.files.values().filter(|found| found.kind == FileKind::Values) {
                any = true;
                ask(found, context, violations);
            }
        }
        Check::Workflow(ask) => {
            for found in context.discovery.files.values().filter(|found| found.kind == FileKind::Workflow) {
                ask(found, context, violations);
            }
        }
        Check::Manifest(ask) => {
            for object in &fleet.objects {
                any = true;
                violations.place = Some(object.place);
                ask(object, context, violations);
            }
        }
        Check::Deployment(ask) => {
            for deployment in fleet.deployments.iter().filter(|one| one.serves_models) {
                any = true;
                violations.place = deployment.place;
                ask(deployment, context, violations);
            }
        }
        Check::ModelReference(ask) => {
            for (model_use, object) in fleet.uses.iter().filter_map(|one| Some((one, fleet.object_of(one)?)))
            {
                any = true;
                violations.place = Some(object.place);
                violations.model = Some(model_use.model.clone());
                ask(model_use, object, context, violations);
            }
        }
        Check::Change(ask) => {
            if let Some(base) = context.base {
                any = true;
                ask(base, context, violations);
            }
        }
        Check::Review(ask) => {
            if let Some(review) = context.review {
                any = review.guarded().next().is_some();
                ask(review, context, violations);
            }
        }
        Check::Waiver(_) => {}
        Check::Fleet(ask) => {
            any = !fleet.releases.is_empty();
            ask(context, violations);
        }
    }
    violations.place = None;
    violations.model = None;
    any
}

/// Trees are judged as written where they are part of what is deployed, or decide it.
fn is_judged(kind: FileKind) -> bool {
    matches!(kind, FileKind::Manifests | FileKind::Kustomization | FileKind::Values | FileKind::Chart)
}
