//! Runs every selected rule over every subject, and catches what panics.
//!
//! Subjects are cut into stripes that are judged in parallel, all rules over one stripe: an object
//! that was looked at for one rule is at hand for the next.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use super::{Check, Context, Rule, Violations, WaiverSubject};
use crate::discover::{FileKind, Found};
use crate::finding::{Code, NotChecked, Violation};
use crate::fleet::{Deployment, ModelUse, Object};
use crate::kinds::argocd::GROUP;
use crate::timing::Timings;

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

impl Run {
    /// The rules that found something.
    #[must_use]
    pub fn with_violations(&self) -> Vec<&'static Rule> {
        let found = self.violations.iter().filter(|(_, found)| !found.is_empty());
        found.map(|(rule, _)| *rule).collect()
    }
}

/// Runs some rules over everything but the waivers.
#[must_use]
pub fn run(rules: &[&'static Rule], context: &Context<'_>) -> Run {
    let subjects = Subjects::of(context);
    let stripes = subjects.stripes();
    let (striped, whole) = rayon::join(
        || -> Vec<Vec<Answer>> {
            let stripe = |at| {
                let part = subjects.stripe(at, stripes);
                ask_all(rules, context.timings, &|check, violations| {
                    ask_each(check, &part, context, violations)
                })
            };
            (0..stripes).into_par_iter().with_max_len(1).map(stripe).collect()
        },
        || -> Vec<Vec<Answer>> {
            let ask = |check: &Check, violations: &mut Violations| ask_whole(check, context, violations);
            let each = rules.par_iter().with_max_len(1).enumerate();
            each.map(|(at, rule)| ask_rule((at, rule), context.timings, &ask)).collect()
        },
    );
    // A worker that waits for history would be given another rule that waits for the same.
    let reviewed =
        ask_all(rules, context.timings, &|check, violations| ask_review(check, context, violations));
    collect(rules, striped.into_iter().chain(whole).flatten().chain(reviewed).collect())
}

/// Asks some rules about the waivers: after [`run`], for only its findings say which are needed.
#[must_use]
pub fn run_on_waivers(rules: &[&'static Rule], waivers: &[WaiverSubject<'_>], context: &Context<'_>) -> Run {
    let answers = ask_all(rules, context.timings, &|check, violations| {
        if let Check::Waiver(ask) = check {
            waivers.iter().for_each(|waiver| ask(*waiver, context, violations));
            return !waivers.is_empty();
        }
        false
    });
    collect(rules, answers)
}

/// What one check says of some subjects.
struct Answer {
    /// Which of the rules, and which of its checks.
    of: (usize, usize),
    violations: Violations,
    had_subject: bool,
}

/// Asks one check; whether there was any subject.
type Ask<'a> = &'a (dyn Fn(&Check, &mut Violations) -> bool + Sync);

fn ask_all(rules: &[&'static Rule], timings: &Timings, ask: Ask<'_>) -> Vec<Answer> {
    rules.iter().enumerate().flat_map(|rule| ask_rule(rule, timings, ask)).collect()
}

fn ask_rule((rule_at, rule): (usize, &&'static Rule), timings: &Timings, ask: Ask<'_>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (check_at, check) in rule.checks.iter().enumerate() {
        let mut violations = Violations::default();
        let ask = AssertUnwindSafe(|| timings.rule(rule.id, || ask(check, &mut violations)));
        let ran = catch_unwind(ask);
        let had_subject = ran.unwrap_or_else(|_| {
            let what = format!("rule {}", rule.id);
            let item = NotChecked::new(Code::Internal, what, "it panicked: a bug of the linter");
            violations.not_checked.push(item.required(true));
            false
        });
        if had_subject || !violations.is_empty() {
            answers.push(Answer { of: (rule_at, check_at), violations, had_subject });
        }
    }
    answers
}

/// Puts answers in the order of the rules, their checks and the subjects.
fn collect(rules: &[&'static Rule], mut answers: Vec<Answer>) -> Run {
    answers.sort_by_key(|answer| answer.of);
    let mut answers = answers.into_iter().peekable();
    let mut run = Run::default();
    for (at, rule) in rules.iter().enumerate() {
        let mut found = Vec::new();
        while let Some(answer) = answers.next_if(|answer| answer.of.0 == at) {
            found.extend(answer.violations.found);
            run.not_checked.extend(answer.violations.not_checked);
            run.proofs.extend(answer.violations.proofs);
            run.had_subject |= answer.had_subject;
        }
        run.violations.push((rule, found));
    }
    run
}

/// What is judged one by one.
struct Subjects<'c> {
    /// Files that are part of what is deployed, or decide it.
    trees: Vec<&'c Found>,
    values: Vec<&'c Found>,
    workflows: Vec<&'c Found>,
    objects: Vec<&'c Object>,
    /// Those that deploy models.
    deployments: Vec<&'c Deployment>,
    references: Vec<(&'c ModelUse, &'c Object)>,
}

/// How many objects a stripe has, about; the number of processors decides nothing that shows.
const STRIPE: usize = 64;

impl<'c> Subjects<'c> {
    fn of(context: &'c Context<'_>) -> Self {
        let (fleet, files) = (context.fleet, &context.discovery.files);
        let of_kind = |kind| files.values().filter(|found| found.kind == kind).collect();
        Self {
            trees: files.values().filter(|found| is_judged(found.kind)).collect(),
            values: of_kind(FileKind::Values),
            workflows: of_kind(FileKind::Workflow),
            objects: fleet.objects.iter().collect(),
            deployments: fleet.deployments.iter().filter(|one| one.serves_models).collect(),
            references: fleet.uses.iter().filter_map(|one| Some((one, fleet.object_of(one)?))).collect(),
        }
    }

    fn stripes(&self) -> usize {
        self.trees.len().max(self.objects.len()).div_ceil(STRIPE).max(1)
    }

    /// The subjects of one of so many stripes.
    fn stripe(&self, at: usize, of: usize) -> Self {
        Self {
            trees: part(&self.trees, at, of),
            values: part(&self.values, at, of),
            workflows: part(&self.workflows, at, of),
            objects: part(&self.objects, at, of),
            deployments: part(&self.deployments, at, of),
            references: part(&self.references, at, of),
        }
    }
}

fn part<T: Copy>(all: &[T], at: usize, of: usize) -> Vec<T> {
    let bound = |at: usize| all.len() * at / of;
    all.get(bound(at)..bound(at + 1)).unwrap_or_default().to_vec()
}

/// Asks a check about each of some subjects; whether one of them counts.
fn ask_each(
    check: &Check,
    subjects: &Subjects<'_>,
    context: &Context<'_>,
    violations: &mut Violations,
) -> bool {
    match check {
        Check::Tree(ask) => {
            subjects.trees.iter().for_each(|found| ask(found, context, violations));
            subjects.trees.iter().any(|found| !found.objects.is_empty())
        }
        Check::ValuesFile(ask) => {
            subjects.values.iter().for_each(|found| ask(found, context, violations));
            !subjects.values.is_empty()
        }
        Check::Workflow(ask) => {
            subjects.workflows.iter().for_each(|found| ask(found, context, violations));
            false
        }
        Check::Manifest(ask) => {
            for object in &subjects.objects {
                violations.place = Some(object.place);
                ask(object, context, violations);
            }
            !subjects.objects.is_empty()
        }
        Check::Deployment(ask) | Check::Flux(ask) => {
            let is_of_argocd = matches!(check, Check::Deployment(_));
            let is_asked = |one: &&&Deployment| (one.manifest.id.group() == GROUP) == is_of_argocd;
            let mut any = false;
            for deployment in subjects.deployments.iter().filter(is_asked) {
                any = true;
                violations.place = deployment.place;
                ask(deployment, context, violations);
            }
            any
        }
        Check::ModelReference(ask) => {
            for (model_use, object) in &subjects.references {
                violations.place = Some(object.place);
                violations.model = Some(model_use.model.clone());
                ask(model_use, object, context, violations);
            }
            !subjects.references.is_empty()
        }
        Check::Change(_) | Check::Review(_) | Check::Waiver(_) | Check::Fleet(_) => false,
    }
}

/// Asks a check that judges everything at once.
fn ask_whole(check: &Check, context: &Context<'_>, violations: &mut Violations) -> bool {
    match check {
        Check::Change(ask) => context.base.inspect(|base| ask(base, context, violations)).is_some(),
        Check::Fleet(ask) => {
            ask(context, violations);
            !context.fleet.releases.is_empty()
        }
        _ => false,
    }
}

fn ask_review(check: &Check, context: &Context<'_>, violations: &mut Violations) -> bool {
    let (Check::Review(ask), Some(review)) = (check, context.review) else { return false };
    ask(review, context, violations);
    review.guarded().next().is_some()
}

/// Trees are judged as written where they are part of what is deployed, or decide it.
fn is_judged(kind: FileKind) -> bool {
    matches!(kind, FileKind::Manifests | FileKind::Kustomization | FileKind::Values | FileKind::Chart)
}
