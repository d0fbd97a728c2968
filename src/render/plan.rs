//! The plan: rounds of jobs, until what they deploy deploys nothing new.
//!
//! Applications render Applications, and kustomizations patch ApplicationSets before they are
//! expanded; so a round's manifests give the next round's jobs. Bound before guessed: what a
//! deployment reaches is judged only through it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath, limits};
use rayon::prelude::*;

use crate::config::is_usual_environment;
use crate::deploy::{self, Deployment, Deployments};
use crate::discover::{Discovery, FileKind, is_documentation};
use crate::finding::{Code, NotChecked};
use crate::render::run::{Rendered, run};
use crate::render::{Helm, Job, Kustomize, Plain, Tool, ToolKind, kustomize};

/// What a plan rendered.
#[derive(Debug, Default)]
pub struct Planned {
    /// Every job that ran, sorted by round and path.
    pub rendered: Vec<Rendered>,
    /// The deployments, each with the indices of what its jobs rendered.
    pub bound: Vec<(Deployment, Vec<usize>)>,
    /// The indices of what was rendered without a deployment.
    pub guessed: Vec<usize>,
    /// What deploys from elsewhere, or could not be rendered.
    pub not_checked: Vec<NotChecked>,
}

/// Who runs jobs: history remembers what they gave.
pub trait Runner: Sync {
    /// Runs a job.
    fn run(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Job) -> Rendered;
}

/// Runs every job anew.
#[derive(Debug, Clone, Copy)]
pub struct Direct;

impl Runner for Direct {
    fn run(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Job) -> Rendered {
        run(files, discovery, job)
    }
}

/// Renders everything a source deploys, and then what nothing deploys.
#[must_use]
pub fn plan(files: &Arc<dyn Files>, discovery: &Discovery) -> Planned {
    plan_by(&Direct, files, discovery)
}

/// The same, with jobs run by somebody else.
#[must_use]
pub fn plan_by(runner: &dyn Runner, files: &Arc<dyn Files>, discovery: &Discovery) -> Planned {
    let mut plan = Plan { runner, files, discovery, planned: Planned::default(), known: HashMap::new() };
    let plain = plan.run_guessed(guessed_plain(discovery));
    plan.keep_unnamed(&plain, &kustomize::named(discovery));
    plan.deploy(&plain);
    let reached = plan.reached_by_deployments();
    let guessed = {
        let mut jobs = guessed_rest(discovery, &reached);
        jobs.extend(guessed_charts(discovery, &reached));
        plan.run_guessed(jobs)
    };
    plan.deploy(&guessed);
    plan.finish(&plain, &guessed)
}

struct Plan<'p> {
    runner: &'p dyn Runner,
    files: &'p Arc<dyn Files>,
    discovery: &'p Discovery,
    planned: Planned,
    known: HashMap<Job, usize>,
}

impl Plan<'_> {
    /// Runs jobs that did not run yet, in parallel; gives the index of each.
    fn run_all(&mut self, jobs: Vec<Job>) -> Vec<usize> {
        let mut fresh: Vec<&Job> = jobs.iter().filter(|job| !self.known.contains_key(*job)).collect();
        fresh.sort_by(|a, b| a.path.cmp(&b.path));
        fresh.dedup();
        let room = limits::PLAN_JOBS.saturating_sub(self.planned.rendered.len());
        if fresh.len() > room {
            let left = fresh.len() - room;
            self.planned.not_checked.push(NotChecked::new(
                Code::Limit,
                format!("{left} deployables"),
                format!("a run renders at most {} jobs", limits::PLAN_JOBS),
            ));
            fresh.truncate(room);
        }
        let rendered: Vec<Rendered> =
            fresh.par_iter().map(|job| self.runner.run(self.files, self.discovery, job)).collect();
        for one in rendered {
            self.known.insert(one.job.clone(), self.planned.rendered.len());
            self.planned.rendered.push(one);
        }
        jobs.iter().filter_map(|job| self.known.get(job).copied()).collect()
    }

    fn run_guessed(&mut self, jobs: Vec<Job>) -> Vec<usize> {
        self.run_all(jobs)
    }

    /// Leaves out of plain manifests what kustomizations name: a resource is what they make of it,
    /// and a patch is no object.
    fn keep_unnamed(&mut self, plain: &[usize], named: &BTreeSet<RepoPath>) {
        for &index in plain {
            if let Some(rendered) = self.planned.rendered.get_mut(index) {
                retain_outside(rendered, named);
            }
        }
    }

    /// Runs what the manifests of some jobs deploy, round after round.
    fn deploy(&mut self, first: &[usize]) {
        let mut round: Vec<usize> = first.to_vec();
        for _ in 0..limits::PLAN_ROUNDS {
            let tree = deploy::Tree { discovery: self.discovery };
            let mut all = Deployments::default();
            for index in &round {
                let Some(rendered) = self.planned.rendered.get(*index) else { continue };
                let Deployments { found, problems, not_checked } =
                    deploy::deployments(&rendered.manifests, &tree);
                all.found.extend(found);
                all.problems.extend(problems);
                all.not_checked.extend(not_checked);
            }
            self.planned.not_checked.append(&mut all.not_checked);
            if all.found.is_empty() {
                return;
            }
            let before = self.planned.rendered.len();
            self.run_all(all.found.iter().flat_map(|one| one.jobs.clone()).collect());
            for deployment in all.found {
                let indices = deployment.jobs.iter().filter_map(|job| self.known.get(job).copied()).collect();
                self.planned.bound.push((deployment, indices));
            }
            round = (before..self.planned.rendered.len()).collect();
        }
    }

    fn reached_by_deployments(&self) -> BTreeSet<RepoPath> {
        let indices = self.planned.bound.iter().flat_map(|(_, indices)| indices);
        indices
            .filter_map(|index| self.planned.rendered.get(*index))
            .flat_map(|rendered| rendered.reached.iter().cloned())
            .collect()
    }

    /// What was guessed and is reached by nothing else stays; the rest is judged where it is bound.
    fn finish(mut self, plain: &[usize], guessed: &[usize]) -> Planned {
        let by_deployments = self.reached_by_deployments();
        let mut reached = by_deployments.clone();
        for rendered in guessed.iter().filter_map(|&index| self.planned.rendered.get(index)) {
            if rendered.job.kind() != ToolKind::Plain {
                reached.extend(rendered.reached.iter().cloned());
            }
        }
        let bound: BTreeSet<usize> =
            self.planned.bound.iter().flat_map(|(_, indices)| indices.iter().copied()).collect();
        let mut left: Vec<usize> = Vec::new();
        for &index in plain.iter().chain(guessed) {
            if bound.contains(&index) || left.contains(&index) {
                continue;
            }
            let Some(rendered) = self.planned.rendered.get_mut(index) else { continue };
            if rendered.job.kind() == ToolKind::Plain {
                retain_outside(rendered, &reached);
                if rendered.manifests.is_empty() {
                    continue;
                }
            } else if by_deployments.contains(&rendered.job.path) {
                // What it lacks, its deployments may give.
                rendered.problems.clear();
                rendered.not_checked.clear();
                continue;
            }
            left.push(index);
        }
        self.planned.guessed = left;
        self.planned
    }
}

/// Drops manifests that stand in some files.
fn retain_outside(rendered: &mut Rendered, files: &BTreeSet<RepoPath>) {
    let stands_in = |path: &str| RepoPath::parse(path).is_ok_and(|path| files.contains(&path));
    rendered
        .manifests
        .retain(|manifest| manifest.place(manifest.root.origin).is_none_or(|at| !stands_in(at.file.path())));
}

/// One job for each folder that holds plain manifests.
fn guessed_plain(discovery: &Discovery) -> Vec<Job> {
    let files = discovery.files.values().filter(|found| found.kind == FileKind::Manifests);
    let folders: BTreeSet<RepoPath> = files.filter_map(|found| found.path.parent()).collect();
    folders.into_iter().map(|path| Job { path, tool: Tool::Plain(Plain::default()) }).collect()
}

/// Kustomizations that neither a deployment nor another kustomization reaches; components are
/// never built by themselves.
fn guessed_rest(discovery: &Discovery, reached: &BTreeSet<RepoPath>) -> Vec<Job> {
    let mut used: BTreeSet<RepoPath> = reached.clone();
    let mut components = BTreeSet::new();
    for found in discovery.files.values().filter(|found| found.kind == FileKind::Kustomization) {
        let (Some(folder), Some(root)) =
            (found.path.parent(), found.tree.documents().first().and_then(|d| d.root))
        else {
            continue;
        };
        let text = |key: &str| found.tree.get(root, key).and_then(|node| found.tree.scalar(node));
        if text("kind") == Some("Component") {
            components.insert(folder.clone());
        }
        for list in ["resources", "bases", "components"] {
            let Some(list) = found.tree.get(root, list) else { continue };
            let entries = found.tree.children(list).iter().filter_map(|&entry| found.tree.scalar(entry));
            used.extend(entries.filter_map(|entry| folder.join(entry).ok()).filter(|path| *path != folder));
        }
    }
    let folders = discovery.kustomizations.iter();
    let free = folders.filter(|folder| {
        !used.contains(*folder) && !components.contains(*folder) && !is_documentation(&below(folder))
    });
    free.map(|path| Job { path: path.clone(), tool: Tool::Kustomize(Kustomize::default()) }).collect()
}

/// The kustomization in a folder, for a question about its path.
fn below(folder: &RepoPath) -> RepoPath {
    folder.join("kustomization.yaml").unwrap_or_else(|_| folder.clone())
}

/// Charts that no deployment reaches: once for each environment's values file beside them, or with
/// their own values alone. Library charts render nothing, and a vendored chart is its parent's.
fn guessed_charts(discovery: &Discovery, reached: &BTreeSet<RepoPath>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for chart in &discovery.charts {
        let chart_file = chart.join("Chart.yaml").unwrap_or_else(|_| chart.clone());
        if reached.contains(chart)
            || is_vendored(discovery, chart)
            || is_library(discovery, &chart_file)
            || is_documentation(&chart_file)
        {
            continue;
        }
        let mut choices: Vec<Vec<RepoPath>> =
            environment_values(discovery, chart).into_iter().map(|file| vec![file]).collect();
        if choices.is_empty() {
            choices.push(Vec::new());
        }
        jobs.extend(choices.into_iter().map(|value_files| Job {
            path: chart.clone(),
            tool: Tool::Helm(Helm { value_files, ..Helm::default() }),
        }));
    }
    jobs
}

/// Whether a chart lies in the `charts/` of another.
fn is_vendored(discovery: &Discovery, chart: &RepoPath) -> bool {
    let parent = chart.parent().filter(|parent| parent.file_name() == "charts");
    parent.and_then(|parent| parent.parent()).is_some_and(|owner| discovery.charts.contains(&owner))
}

fn is_library(discovery: &Discovery, chart_file: &RepoPath) -> bool {
    let Some(found) = discovery.files.get(chart_file) else { return false };
    let root = found.tree.documents().first().and_then(|document| document.root);
    let kind = root.and_then(|root| found.tree.get(root, "type"));
    kind.and_then(|kind| found.tree.scalar(kind)) == Some("library")
}

/// The `values-<env>.yaml` and `values/<env>.yaml` of a chart whose names say a usual environment.
fn environment_values(discovery: &Discovery, chart: &RepoPath) -> Vec<RepoPath> {
    let names_one = |path: &&RepoPath| {
        let name = path.file_name();
        let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else {
            return false;
        };
        let folder = path.parent();
        if folder.as_ref() == Some(chart) {
            let rest = stem.strip_prefix("values-").or_else(|| stem.strip_prefix("values."));
            return rest.is_some_and(is_usual_environment);
        }
        folder.is_some_and(|folder| folder.file_name() == "values" && folder.parent().as_ref() == Some(chart))
            && is_usual_environment(stem)
    };
    let inside = discovery.files.range(chart.clone()..).map(|(path, _)| path);
    let end = format!("{chart}0");
    inside
        .take_while(|path| path.as_str() <= end.as_str() || chart.as_str().is_empty())
        .filter(names_one)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn a_chart_is_guessed_once_for_each_environment_beside_it() {
        let chart = |kind: &str| format!("apiVersion: v2\nname: a\nversion: 0.1.0\ntype: {kind}\n");
        let texts = [
            ("fraud/Chart.yaml", chart("application")),
            ("fraud/values.yaml", "a: 1\n".to_owned()),
            ("fraud/values-prod.yaml", "a: 2\n".to_owned()),
            ("fraud/values-gpu.yaml", "a: 3\n".to_owned()),
            ("fraud/values/dev.yaml", "a: 4\n".to_owned()),
            ("fraud/charts/vendored/Chart.yaml", chart("application")),
            ("library/Chart.yaml", chart("library")),
            ("plain/Chart.yaml", chart("application")),
            ("reached/Chart.yaml", chart("application")),
        ];
        let files = texts.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
        let files: Arc<dyn Files> = Arc::new(Memory::new(files));
        let discovery = crate::discover::discover(&files, &globset::GlobSet::empty());
        let reached = BTreeSet::from([RepoPath::parse("reached").unwrap()]);
        let jobs: Vec<(String, Vec<String>)> = guessed_charts(&discovery, &reached)
            .into_iter()
            .map(|job| {
                let Tool::Helm(helm) = job.tool else { panic!("{} is no chart", job.path) };
                (job.path.to_string(), helm.value_files.iter().map(ToString::to_string).collect())
            })
            .collect();
        let expected = [
            ("fraud", vec!["fraud/values-prod.yaml"]),
            ("fraud", vec!["fraud/values/dev.yaml"]),
            ("plain", vec![]),
        ]
        .map(|(path, files)| (path.to_owned(), files.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        assert_eq!(jobs, expected);
    }
}
