//! The plan: rounds of jobs, until what they deploy deploys nothing new.
//!
//! Applications render Applications, and kustomizations patch ApplicationSets before they are
//! expanded; so a round's manifests give the next round's jobs. Bound before guessed: what a
//! deployment reaches is judged only through it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath, limits};
use mlgitops_helm::Chart;
use mlgitops_manifest::{Manifest, ObjectId, Problem};
use mlgitops_yaml::Reader;
use rayon::prelude::*;

use crate::config::Config;
use crate::deploy::flux::{self, Objects, World};
use crate::deploy::{self, Deployment, Deployments, Refused};
use crate::discover::{Discovery, Trees};
use crate::finding::{Code, Location, NotChecked, OtherTree};
use crate::render::charts::Charts;
use crate::render::circles::Circles;
use crate::render::elsewhere::leave_to_others;
use crate::render::encrypted::hide_encrypted;
use crate::render::guess::{Graph, guessed_around, guessed_charts, guessed_plain, guessed_rest, unbuilt};
use crate::render::known::KnownJobs;
use crate::render::library::Discovered;
use crate::render::room::{self, Room};
use crate::render::run::{Rendered, run};
use crate::render::{Given, Job, Kustomize, Tool, ToolKind, kustomize};
use crate::source::{IgnoreFiles, Repositories};

/// What a plan rendered.
#[derive(Debug, Default)]
pub struct Planned {
    /// Every job that ran, sorted by round and path.
    pub rendered: Vec<Rendered>,
    /// The deployments, each with the indices of what its jobs rendered.
    pub bound: Vec<(Deployment, Vec<usize>)>,
    /// The indices of what was rendered without a deployment.
    pub guessed: Vec<usize>,
    /// What deployments name that does not work.
    pub refused: Vec<Refused>,
    /// What else is wrong with deployments.
    pub problems: Vec<Problem>,
    /// What deploys from elsewhere, or could not be rendered.
    pub not_checked: Vec<NotChecked>,
    /// The trees that were read beside the one under review.
    pub trees: Vec<OtherTree>,
    /// Paths of the tree under review that deployments read at another revision of it.
    pub pinned: BTreeSet<RepoPath>,
    /// The files of the ConfigMaps that gave values to what is deployed.
    pub values_from: BTreeSet<RepoPath>,
}

/// Who runs jobs: history remembers what they gave.
pub trait Runner: Sync {
    /// Runs a job.
    fn run(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Arc<Job>) -> Rendered;
}

/// Runs every job anew; a chart is loaded once for all of them.
#[derive(Debug)]
pub struct Direct {
    charts: Charts<Arc<Chart>>,
}

impl Default for Direct {
    fn default() -> Self {
        Self { charts: Charts::new(&Arc::default()) }
    }
}

impl Runner for Direct {
    fn run(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Arc<Job>) -> Rendered {
        let library = Discovered::new(discovery);
        let load = |reader: Reader<'_>, folder: &RepoPath| {
            self.charts.get(folder, |shelf| Chart::load_sharing(reader, shelf, folder))
        };
        run(Reader::with_library(files, &library), discovery, &load, job)
    }
}

/// Renders everything a source deploys, and then what nothing deploys.
#[must_use]
pub fn plan(
    files: &Arc<dyn Files>,
    discovery: &Discovery,
    repositories: &Repositories,
    config: &Config,
) -> Planned {
    plan_by(&Direct::default(), files, discovery, repositories, config)
}

/// The same, with jobs run by somebody else.
#[must_use]
pub fn plan_by(
    runner: &dyn Runner,
    files: &Arc<dyn Files>,
    discovery: &Discovery,
    repositories: &Repositories,
    config: &Config,
) -> Planned {
    let trees = Trees::new(files, discovery, repositories);
    let mut plan = Plan {
        runner,
        trees: &trees,
        config,
        discovery,
        planned: Planned::default(),
        known: KnownJobs::default(),
        circles: Circles::default(),
        room: Room::default(),
        named: BTreeSet::new(),
        reached: Arc::default(),
        reached_through: 0,
        flux: FluxState::default(),
    };
    let mut named = kustomize::named(discovery);
    named.extend(discovery.chart_inputs.iter().cloned());
    let plain = plan.run_guessed(guessed_plain(discovery, &named));
    // The files as they stand are no more than the repository itself.
    plan.room = Room::default();
    let graph = Graph::of(discovery);
    plan.deploy_by_flux(&graph);
    plan.deploy(&plain);
    let reached = plan.reached_by_deployments();
    let guessed = {
        let mut jobs = guessed_rest(discovery, &graph, &reached);
        jobs.extend(guessed_charts(discovery, &reached));
        plan.run_guessed(jobs)
    };
    plan.deploy(&guessed);
    plan.planned.refused.extend(plan.circles.found(&plan.planned.rendered));
    plan.planned.values_from = plan.flux.objects.values_from();
    plan.planned.trees = trees.opened();
    plan.finish(&graph, &plain, &guessed)
}

struct Plan<'p> {
    runner: &'p dyn Runner,
    trees: &'p Trees<'p>,
    config: &'p Config,
    discovery: &'p Discovery,
    planned: Planned,
    known: KnownJobs,
    /// What renders what.
    circles: Circles,
    /// What more may be rendered.
    room: Room,
    /// Folders that deployments name and that could not be rendered as they are deployed.
    named: BTreeSet<RepoPath>,
    /// What the first so many deployments take in.
    reached: Arc<BTreeSet<RepoPath>>,
    reached_through: usize,
    flux: FluxState,
}

/// What is known of Flux's objects while the plan is made.
#[derive(Default)]
struct FluxState {
    /// What they may name.
    objects: Objects,
    /// How many renderings were looked through for that.
    looked_through: usize,
    /// The objects of Flux that were read, each with its rendering.
    read: HashSet<(usize, ObjectId)>,
    /// Those that name what nothing rendered so far, with their renderings.
    waiting: Vec<(usize, Manifest)>,
    /// What deployments reached before what nothing deploys was read.
    reached: Arc<BTreeSet<RepoPath>>,
}

impl Plan<'_> {
    /// Runs jobs that did not run yet, in parallel; gives the index of what each rendered.
    fn run_all(&mut self, jobs: Vec<Arc<Job>>) -> Vec<Option<usize>> {
        let numbers = self.known.numbers(jobs);
        let fresh: BTreeSet<usize> =
            numbers.iter().copied().filter(|number| self.known.rendering(*number).is_none()).collect();
        let job = |number| Some((number, Arc::clone(self.known.job(number)?)));
        let mut fresh: Vec<(usize, Arc<Job>)> = fresh.into_iter().filter_map(job).collect();
        fresh.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
        let mut left = fresh.as_slice();
        while let Some((batch, rest)) = left.split_at_checked(self.room.batch().min(left.len())) {
            if batch.is_empty() {
                break;
            }
            // One by one: a chart may take as long as fifty others.
            let (rendered, sizes): (Vec<Rendered>, Vec<usize>) = batch
                .par_iter()
                .with_max_len(1)
                .map(|(_, job)| {
                    let mut one = self.runner.run(self.trees.files(), &self.trees.known(&job.path), job);
                    one.manifests.iter_mut().for_each(hide_encrypted);
                    let size = room::size(&one);
                    (one, size)
                })
                .unzip();
            self.room.take(&sizes);
            for ((number, _), one) in batch.iter().zip(rendered) {
                self.known.ran(*number, self.planned.rendered.len());
                self.planned.rendered.push(one);
            }
            left = rest;
        }
        if !left.is_empty() {
            let what = match left.len() {
                1 => "1 deployable".to_owned(),
                many => format!("{many} deployables"),
            };
            let item = NotChecked::new(Code::Limit, what, self.room.limit());
            self.planned.not_checked.push(item.required(true));
        }
        numbers.into_iter().map(|number| self.known.rendering(number)).collect()
    }

    fn run_guessed(&mut self, jobs: Vec<Job>) -> Vec<usize> {
        let told = |mut job: Job| {
            job.tell(&self.config.kubernetes);
            Arc::new(job)
        };
        let jobs = jobs.into_iter().map(told).collect();
        self.run_all(jobs).into_iter().flatten().collect()
    }

    /// Runs what the roots of Flux deploy. What they apply shows their children as they patch them,
    /// and on which cluster; so they come before what stands in files.
    fn deploy_by_flux(&mut self, graph: &Graph) {
        let roots = flux::roots(self.discovery, self.trees);
        if roots.is_empty() {
            return;
        }
        let jobs = guessed_around(graph, roots.iter().map(|root| &root.file));
        let indices = self.run_guessed(jobs);
        self.look_through();
        let mut found = Vec::new();
        for index in indices {
            let Some(rendered) = self.planned.rendered.get(index) else { continue };
            let is_root = |manifest: &&Manifest| {
                flux::is_deployment(manifest)
                    && stands_in(manifest).is_some_and(|file| {
                        roots.contains(&flux::Root { file, name: manifest.id.name.clone() })
                    })
            };
            let mut manifests: Vec<Manifest> = rendered.manifests.iter().filter(is_root).cloned().collect();
            manifests.retain(|manifest| self.flux.read.insert((index, manifest.id.clone())));
            found.extend(self.read_by_flux(index, &manifests, false));
        }
        self.go_on(found);
        self.flux.reached = self.reached_by_deployments();
    }

    /// Adds what was rendered to what Flux's objects may name.
    fn look_through(&mut self) {
        let from = self.flux.looked_through;
        for (index, rendered) in self.planned.rendered.iter().enumerate().skip(from) {
            let cluster = cluster_of(&rendered.job);
            self.flux.objects.add(index, cluster.as_ref(), &rendered.manifests);
        }
        self.flux.looked_through = self.planned.rendered.len();
    }

    /// The deployments of Flux among some manifests of a rendering.
    fn read_by_flux(
        &mut self,
        index: usize,
        manifests: &[Manifest],
        is_last: bool,
    ) -> Vec<(usize, Deployment)> {
        let Some(rendered) = self.planned.rendered.get(index) else { return Vec::new() };
        let cluster = cluster_of(&rendered.job);
        let tree = self.tree();
        let stated = self.config.flux.version.as_ref().map(|stated| stated.value.as_str());
        let world = World {
            release: stated.or_else(|| self.flux.objects.release(cluster.as_ref())),
            tree: &tree,
            objects: &self.flux.objects,
            rendering: index,
            cluster: cluster.as_ref(),
            variables: variables_of(&rendered.job),
            is_last,
        };
        let reading = flux::read(&manifests.iter().collect::<Vec<_>>(), &world);
        self.planned.refused.extend(reading.refused);
        self.planned.not_checked.extend(reading.not_checked);
        self.named.extend(reading.named);
        self.flux.waiting.extend(reading.waiting.into_iter().map(|manifest| (index, manifest)));
        let told = |one| (index, self.told(one));
        reading.found.into_iter().map(told).collect()
    }

    /// A deployment whose jobs know of the clusters what is stated.
    fn told(&self, mut one: Deployment) -> Deployment {
        for job in &mut one.jobs {
            Arc::make_mut(job).tell(&self.config.kubernetes);
        }
        one
    }

    /// The deployments of Flux among what a rendering gave; what a deployment renders in another way
    /// is not what is applied.
    fn read_own(&mut self, index: usize) -> Vec<(usize, Deployment)> {
        let Some(rendered) = self.planned.rendered.get(index) else { return Vec::new() };
        let is_guessed = !is_of_flux(&rendered.job);
        let is_applied_elsewhere = |manifest: &Manifest| {
            is_guessed
                && (flux::is_piece(manifest, self.discovery)
                    || self.flux.reached.contains(&rendered.job.path)
                    || stands_in(manifest).is_some_and(|file| self.flux.reached.contains(&file)))
        };
        let deploying = rendered.manifests.iter().filter(|manifest| flux::is_deployment(manifest));
        let mut manifests: Vec<Manifest> =
            deploying.filter(|manifest| !is_applied_elsewhere(manifest)).cloned().collect();
        manifests.retain(|manifest| self.flux.read.insert((index, manifest.id.clone())));
        if manifests.is_empty() {
            return Vec::new();
        }
        self.read_by_flux(index, &manifests, false)
    }

    /// What waited for something is read again.
    fn read_waiting(&mut self, is_last: bool) -> Vec<(usize, Deployment)> {
        // Those of one rendering together: they share its origins.
        let mut waiting: BTreeMap<usize, Vec<Manifest>> = BTreeMap::new();
        for (index, manifest) in std::mem::take(&mut self.flux.waiting) {
            waiting.entry(index).or_default().push(manifest);
        }
        let mut found = Vec::new();
        for (index, manifests) in waiting {
            found.extend(self.read_by_flux(index, &manifests, is_last));
        }
        found
    }

    fn tree(&self) -> deploy::Tree<'_> {
        deploy::Tree { discovery: self.discovery, trees: self.trees, clusters: &self.config.argocd.clusters }
    }

    /// Runs what the manifests of some jobs deploy, round after round.
    fn deploy(&mut self, first: &[usize]) {
        let found = self.read(first);
        self.go_on(found);
    }

    /// Runs what was found to be deployed, and what that deploys.
    fn go_on(&mut self, mut found: Vec<(usize, Deployment)>) {
        let mut round: Vec<usize> = Vec::new();
        for _ in 0..limits::PLAN_ROUNDS {
            if found.is_empty() {
                found = self.read_waiting(true);
            }
            if found.is_empty() {
                return;
            }
            self.planned.refused.extend(self.circles.without_end(&mut found, &self.planned.rendered));
            let before = self.planned.rendered.len();
            let mut ran =
                self.run_all(found.iter().flat_map(|(_, one)| one.jobs.clone()).collect()).into_iter();
            for (from, deployment) in std::mem::take(&mut found) {
                let indices: Vec<usize> = ran.by_ref().take(deployment.jobs.len()).flatten().collect();
                let known = self.circles.add(from, &deployment, &indices);
                if !known {
                    self.planned.bound.push((deployment, indices));
                }
            }
            round = (before..self.planned.rendered.len()).collect();
            found = self.read(&round);
            found.extend(self.read_waiting(false));
        }
        self.say_too_deep(&round, &found);
    }

    /// The deployments among what some jobs rendered, each with the index of its rendering.
    fn read(&mut self, round: &[usize]) -> Vec<(usize, Deployment)> {
        self.look_through();
        let mut found = Vec::new();
        for &index in round {
            found.extend(self.read_own(index));
            let tree = self.tree();
            let Some(rendered) = self.planned.rendered.get(index) else { continue };
            let Deployments { found: more, problems, refused, named, not_checked } =
                deploy::deployments(&rendered.manifests, &tree);
            found.extend(more.into_iter().map(|one| (index, self.told(one))));
            // Who installs a chart fills the lists that it has empty.
            let is_open = |problem: &Problem| {
                rendered.job.is_chart_alone()
                    && matches!(problem.kind, "appset-generator" | "appset-no-element")
            };
            let (open, problems): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_open);
            self.planned.not_checked.extend(open.into_iter().map(left_open));
            self.planned.problems.extend(problems);
            self.planned.refused.extend(refused);
            self.planned.not_checked.extend(not_checked);
            self.named.extend(named);
            let room = limits::PLAN_JOBS.saturating_sub(self.planned.bound.len());
            if found.len() > room {
                let what = format!("what is deployed after the first {} deployments", limits::PLAN_JOBS);
                let reason = format!("a run reads at most {} deployments", limits::PLAN_JOBS);
                self.planned.not_checked.push(NotChecked::new(Code::Limit, what, reason).required(true));
                found.truncate(room);
                break;
            }
        }
        found
    }

    /// Lists what the last round would deploy, and what it gave to those that waited.
    fn say_too_deep(&mut self, round: &[usize], found: &[(usize, Deployment)]) {
        let rendered = round.iter().filter_map(|&index| self.planned.rendered.get(index));
        let manifests = rendered.flat_map(|rendered| &rendered.manifests);
        let deeper: Vec<NotChecked> = manifests
            .filter(|manifest| deploy::is_deployment(manifest))
            .map(|manifest| {
                let what = format!("{} {}", manifest.id.kind, manifest.id.name);
                let kind = if flux::is_deployment(manifest) { "Kustomizations" } else { "Applications" };
                let deep = limits::PLAN_ROUNDS;
                let reason = format!("it is rendered by {kind} in {kind}, more than {deep} deep");
                let at = manifest.place(manifest.root.origin).map(Location::from);
                NotChecked::new(Code::Limit, what, reason).at(at).required(true)
            })
            .collect();
        self.planned.not_checked.extend(deeper);
        // What the last round rendered is listed already.
        let is_before = |from: usize| round.first().is_none_or(|first| from < *first);
        let waiting = std::mem::take(&mut self.flux.waiting).into_iter();
        let waited = found.iter().map(|(from, deployment)| (*from, deployment.manifest.clone()));
        let waiting = waiting.chain(waited).filter(|(from, _)| is_before(*from));
        self.planned.not_checked.extend(waiting.map(|(_, manifest)| {
            let what = format!("{} {}", manifest.id.kind, manifest.id.name);
            let reason =
                format!("what it names is not rendered before round {}, the last", limits::PLAN_ROUNDS);
            let at = manifest.place(manifest.root.origin).map(Location::from);
            NotChecked::new(Code::Limit, what, reason).at(at).required(true)
        }));
    }

    /// What deployments take in, of those that were bound since it was asked last too.
    fn reached_by_deployments(&mut self) -> Arc<BTreeSet<RepoPath>> {
        let fresh = self.planned.bound.iter().skip(self.reached_through).flat_map(|(_, indices)| indices);
        let paths = fresh
            .filter_map(|index| self.planned.rendered.get(*index))
            .flat_map(|rendered| &rendered.reached)
            .chain(&self.named);
        let mut new: Vec<&RepoPath> = paths.collect();
        new.par_sort_unstable();
        new.dedup();
        let mut new: BTreeSet<RepoPath> =
            new.into_iter().filter(|path| !self.reached.contains(*path)).cloned().collect();
        if !new.is_empty() {
            Arc::make_mut(&mut self.reached).append(&mut new);
        }
        self.reached_through = self.planned.bound.len();
        Arc::clone(&self.reached)
    }

    /// What of the tree under review deployments read at another revision.
    fn pinned(&self, reached: &BTreeSet<RepoPath>) -> BTreeSet<RepoPath> {
        let is_revision = |tree: &&OtherTree| matches!(tree, OtherTree::Revision(_));
        let revisions: Vec<&OtherTree> = self.planned.trees.iter().filter(is_revision).collect();
        let below =
            |path: &RepoPath| revisions.iter().find_map(|tree| tree.below(path.as_str()).map(str::to_owned));
        reached.iter().filter_map(below).filter_map(|path| RepoPath::parse(&path).ok()).collect()
    }

    /// What was guessed and is reached by nothing else stays; the rest is judged where it is bound.
    fn finish(mut self, graph: &Graph, plain: &[usize], guessed: &[usize]) -> Planned {
        let by_deployments = self.reached_by_deployments();
        self.planned.pinned = self.pinned(&by_deployments);
        let mut reached = Arc::clone(&by_deployments);
        for rendered in guessed.iter().filter_map(|&index| self.planned.rendered.get(index)) {
            if rendered.job.kind() != ToolKind::Plain {
                Arc::make_mut(&mut reached).extend(rendered.reached.iter().cloned());
            }
        }
        self.planned.not_checked.extend(unbuilt(graph, self.discovery, &reached));
        let mut taken: BTreeSet<usize> =
            self.planned.bound.iter().flat_map(|(_, indices)| indices.iter().copied()).collect();
        let free: Vec<usize> =
            plain.iter().chain(guessed).copied().filter(|index| taken.insert(*index)).collect();
        let is_free: HashSet<usize> = free.iter().copied().collect();
        let stays = |(index, rendered): (usize, &mut Rendered)| {
            is_free.contains(&index) && stays(rendered, &reached, &by_deployments)
        };
        let stays: Vec<bool> = self.planned.rendered.par_iter_mut().enumerate().map(stays).collect();
        let stay = free.into_iter().filter(|index| stays.get(*index).is_some_and(|stays| *stays));
        self.planned.guessed = stay.collect();
        let mut ignored = IgnoreFiles::of(self.trees.files());
        for &index in &self.planned.guessed {
            if let Some(rendered) = self.planned.rendered.get_mut(index) {
                leave_to_others(rendered, &mut ignored);
            }
        }
        self.planned
    }
}

/// What is wrong with an ApplicationSet of a chart that nobody here installs.
fn left_open(problem: Problem) -> NotChecked {
    let reason = "its chart is rendered with its own values alone; nothing here says which it is given";
    NotChecked::new(Code::InCluster, problem.message, reason).at(problem.at.map(Location::from))
}

/// The folder of the cluster that applies what a job renders: where Flux said so, and of what
/// nothing deploys, where it lies.
fn cluster_of(job: &Job) -> Option<RepoPath> {
    match &job.tool {
        Tool::Kustomize(Kustomize { flux: Some(flux), .. }) => flux.cluster.clone(),
        _ => flux::cluster_of(&job.path),
    }
}

/// The variables that Flux put in what a job renders.
fn variables_of(job: &Job) -> &[(String, Given)] {
    let Tool::Kustomize(Kustomize { flux: Some(flux), .. }) = &job.tool else { return &[] };
    flux.variables.as_ref().map_or(&[], |post_build| post_build.values.as_slice())
}

fn is_of_flux(job: &Job) -> bool {
    matches!(&job.tool, Tool::Kustomize(Kustomize { flux: Some(_), .. }))
}

/// The file an object stands in.
fn stands_in(manifest: &Manifest) -> Option<RepoPath> {
    let at = manifest.place(manifest.root.origin)?;
    RepoPath::parse(at.file.path()).ok()
}

/// Whether something is left to judge of what nothing deploys: of plain manifests, those that nothing
/// takes in.
fn stays(rendered: &mut Rendered, reached: &BTreeSet<RepoPath>, by_deployments: &BTreeSet<RepoPath>) -> bool {
    if rendered.job.kind() == ToolKind::Plain {
        retain_outside(rendered, reached);
        return !rendered.manifests.is_empty();
    }
    if by_deployments.contains(&rendered.job.path) {
        // What it lacks, its deployments may give.
        rendered.problems.clear();
        rendered.not_checked.clear();
        return false;
    }
    true
}

/// Drops manifests that stand in some files.
fn retain_outside(rendered: &mut Rendered, files: &BTreeSet<RepoPath>) {
    let stands_in = |path: &str| RepoPath::parse(path).is_ok_and(|path| files.contains(&path));
    rendered
        .manifests
        .retain(|manifest| manifest.place(manifest.root.origin).is_none_or(|at| !stands_in(at.file.path())));
}
