//! The flow at one commit after the other: only what a change touches is read and rendered again.
//!
//! A job is run again where its trace holds a changed path; discovery looks again at changed files
//! only. A change in the content of values, templates and manifests that deploy nothing touches
//! nothing but the releases of the jobs that read them; every other change makes the plan anew, from
//! jobs that are remembered. The content of quiet files is not looked at again at all: what is known
//! of them may be that of a later commit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use globset::GlobSet;
use mlgitops_files::{Files, Looked, RepoPath};
use mlgitops_manifest::Manifest;

use super::state::{Running, State, hidden, is_twin, is_unread, refused};
use crate::config::Config;
use crate::deploy::Deployment;
use crate::discover::{
    Discovery, Document, FileKind, Found, discover, is_candidate, look_again, reads_others,
};
use crate::fleet::{self, Fleet, Surveyor, at_hand, ignored};
use crate::kinds::kserve;
use crate::render::memory::{Kept, run_alone};
use crate::render::plan::{Planned, Runner, plan_by};
use crate::render::{Job, Rendered, Tool};
use crate::source::{Differs, Gap, Repositories};

/// A file of which only the content differs.
const IN_PLACE: Differs = Differs { is_special: false, on_both: true, is_quiet: false };

/// A changed path.
pub(super) type Changed = (RepoPath, Differs);

/// What runs at the commit that was looked at last, and all that is needed to look at the next.
pub(super) struct Engine {
    config: Arc<Config>,
    repositories: Repositories,
    ignore: GlobSet,
    discovery: Arc<Discovery>,
    memory: Memory,
    /// The deployables, in the order of the fleet's.
    parts: Vec<Part>,
    /// The files that are no YAML, and what the real tool refuses.
    unread: BTreeSet<String>,
    refused: BTreeSet<String>,
    /// Whether what an object says depends on others: one adds to the grammar of every model
    /// reference, or routes give a twin its share.
    is_joined: bool,
    /// The files of the ConfigMaps that gave values to what is deployed.
    values_from: BTreeSet<RepoPath>,
}

/// One rendering at one place.
struct Part {
    job: Arc<Job>,
    deployment: Option<Deployment>,
    releases: Vec<Arc<Running>>,
}

/// What jobs gave, and what they looked at.
#[derive(Default)]
struct Memory {
    jobs: Mutex<HashMap<Arc<Job>, Arc<Kept>>>,
    /// Everything that any job looked at, for a quick no; jobs that are forgotten leave theirs.
    looked: Mutex<HashSet<Looked>>,
}

/// Runs the jobs that are not remembered.
struct Remembering<'m, R> {
    memory: &'m Memory,
    run: R,
}

impl<R: Fn(&Arc<dyn Files>, &Discovery, &Arc<Job>) -> Kept + Sync> Runner for Remembering<'_, R> {
    fn run(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Arc<Job>) -> Rendered {
        let known = self.memory.jobs().get(job).cloned();
        let kept = known.unwrap_or_else(|| {
            let kept = Arc::new((self.run)(files, discovery, job));
            self.memory.keep(job.clone(), Arc::clone(&kept));
            kept
        });
        kept.rendered.clone()
    }
}

impl Memory {
    fn jobs(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<Job>, Arc<Kept>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, job: Arc<Job>, kept: Arc<Kept>) {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).extend(kept.looked.iter().cloned());
        self.jobs().insert(job, kept);
    }

    /// Whether any job may have looked at a path, of those that are no plain manifests: those are
    /// read by discovery alone.
    fn may_read(&self, path: &RepoPath, how: Differs) -> bool {
        reads(path, how, &|look| self.looked.lock().unwrap_or_else(PoisonError::into_inner).contains(look))
    }

    /// Forgets the jobs that looked at a changed path.
    fn forget(&self, changed: &[Changed]) {
        self.jobs().retain(|job, kept| !changed.iter().any(|one| is_touched(job, kept, one)));
    }

    /// The jobs that looked at a changed path.
    fn readers(&self, changed: &[Changed]) -> Vec<Arc<Job>> {
        let jobs = self.jobs();
        let readers = jobs.iter().filter(|(job, kept)| changed.iter().any(|one| is_touched(job, kept, one)));
        readers.map(|(job, _)| job.clone()).collect()
    }
}

/// Whether a change at a path may change what a job gives.
fn is_touched(job: &Job, kept: &Kept, (path, how): &Changed) -> bool {
    // Plain manifests are read from what was discovered.
    if let Tool::Plain(_) = job.tool {
        return path.is_within(&job.path);
    }
    reads(path, *how, &|look| kept.looked.contains(look))
}

/// Whether a change at a path may change what was seen by looks.
fn reads(path: &RepoPath, how: Differs, has: &dyn Fn(&Looked) -> bool) -> bool {
    let listed = |folder: RepoPath| has(&Looked::Listed(folder));
    has(&Looked::All)
        || has(&Looked::Read(path.clone()))
        || has(&Looked::Asked(path.clone()))
        || (!how.on_both && std::iter::successors(path.parent(), RepoPath::parent).any(listed))
}

impl Engine {
    /// Reads a first commit, whole, but for what was read of it in the states that a surveyor saw.
    pub(super) fn new(
        files: &Arc<dyn Files>,
        config: Arc<Config>,
        repositories: &Repositories,
        surveyor: &Surveyor,
    ) -> Self {
        let mut engine = Self {
            ignore: ignored(&config),
            discovery: surveyor.discover(files, &config),
            repositories: at_hand(repositories, &config),
            config,
            memory: Memory::default(),
            parts: Vec::new(),
            unread: BTreeSet::new(),
            refused: BTreeSet::new(),
            is_joined: false,
            values_from: BTreeSet::new(),
        };
        let recorder = surveyor.recorder();
        engine.plan_by(files, |files, discovery, job| recorder.kept(files, discovery, job));
        engine
    }

    /// Whether anything here was read from a path, or would be if it were there.
    pub(super) fn reads(&self, path: &RepoPath, how: Differs) -> bool {
        let is_file = is_candidate(path) && !self.ignore.is_match(path.as_str());
        let is_loud = is_file && !(how.is_quiet && self.is_plain(path));
        is_loud || how.is_special || self.values_from.contains(path) || self.memory.may_read(path, how)
    }

    /// Whether a file decides nothing but the objects that stand in it.
    fn is_plain(&self, path: &RepoPath) -> bool {
        let plain = [FileKind::Manifests, FileKind::Values, FileKind::Other];
        let found = self.discovery.files.get(path);
        found.is_some_and(|found| plain.contains(&found.kind) && found.tree.errors().is_empty())
    }

    /// Goes to a commit that differs in some paths that are read.
    pub(super) fn go_on(&mut self, files: &Arc<dyn Files>, changed: &[Changed]) {
        let is_kept = |(path, how): &Changed| how.on_both && !how.is_special && !self.may_make_chart(path);
        let in_place = changed.iter().all(is_kept);
        let again = if in_place { self.look_again(files, changed) } else { None };
        let Some(again) = again else { return self.discover_again(files, changed) };
        let is_small = again.iter().all(|found| self.is_small(found));
        for found in again {
            let name = found.path.to_string();
            if is_unread(&found) {
                self.unread.insert(name)
            } else {
                self.unread.remove(&name)
            };
            Arc::make_mut(&mut self.discovery).files.insert(found.path.clone(), found);
        }
        if !(is_small && self.render_again(files, changed)) {
            self.memory.forget(changed);
            self.plan(files);
        }
    }

    /// Why what runs cannot be told.
    pub(super) fn hidden(&self) -> Option<Gap> {
        hidden(&self.discovery)
    }

    /// What runs.
    pub(super) fn state(&self) -> State {
        let all = self.parts.iter().flat_map(|part| part.releases.iter().cloned());
        let mut releases: Vec<Arc<Running>> = all.collect();
        releases.sort();
        State { releases, broken: self.unread.union(&self.refused).cloned().collect() }
    }

    /// Whether the content of a file decides that a folder is a chart: it stands among templates that
    /// have no Chart.yaml.
    fn may_make_chart(&self, path: &RepoPath) -> bool {
        let is_template = path.as_str().split('/').any(|segment| segment == "templates");
        let chart = self.discovery.chart_of(path);
        is_template && chart.is_none_or(|chart| self.discovery.nameless_charts.contains(chart))
    }

    /// The changed files that discovery read, read again; `None` where one of them came or went, or
    /// says what others are.
    fn look_again(&self, files: &Arc<dyn Files>, changed: &[Changed]) -> Option<Vec<Found>> {
        let candidates = changed.iter().map(|(path, _)| path).filter(|path| is_candidate(path));
        let read = candidates.filter(|path| !self.ignore.is_match(path.as_str()));
        read.map(|path| {
            let before = self.discovery.files.get(path)?;
            let after = look_again(files, path, &self.discovery)?;
            (!reads_others(before) && !reads_others(&after)).then_some(after)
        })
        .collect()
    }

    /// Whether the new content of a file can change nothing but the jobs that read it.
    fn is_small(&self, found: &Found) -> bool {
        let apart = [
            FileKind::Values,
            FileKind::Template,
            FileKind::Other,
            FileKind::Documentation,
            FileKind::Scaffold,
            FileKind::Workflow,
            FileKind::Config,
        ];
        let is_apart = |found: &Found| {
            let reaches_none = match found.kind {
                // A kustomization that takes it decides whether it is applied as it stands.
                FileKind::Manifests => {
                    !found.objects.iter().any(deploys) && !self.memory.may_read(&found.path, IN_PLACE)
                }
                kind => apart.contains(&kind) && found.objects.is_empty(),
            };
            reaches_none && found.tree.errors().is_empty()
        };
        let before = self.discovery.files.get(&found.path);
        !self.values_from.contains(&found.path)
            && is_apart(found)
            && before.is_some_and(|before| before.kind == found.kind && is_apart(before))
    }

    /// Discovers everything anew, and keeps the jobs that no change can have touched.
    fn discover_again(&mut self, files: &Arc<dyn Files>, changed: &[Changed]) {
        // A chart or a kustomization that comes or goes changes what the files around it are; a
        // link may lead anywhere.
        let decides = |(path, how): &Changed| {
            how.is_special
                || path.file_name() == "Chart.yaml"
                || path.file_name().to_lowercase().starts_with("kustomization")
        };
        if changed.iter().any(decides) {
            self.memory = Memory::default();
        } else {
            self.memory.forget(changed);
        }
        self.discovery = Arc::new(discover(files, &self.ignore));
        self.plan(files);
    }

    /// Makes the plan anew, from what is remembered.
    fn plan(&mut self, files: &Arc<dyn Files>) {
        self.plan_by(files, run_alone);
    }

    fn plan_by(
        &mut self,
        files: &Arc<dyn Files>,
        run: impl Fn(&Arc<dyn Files>, &Discovery, &Arc<Job>) -> Kept + Sync,
    ) {
        let runner = Remembering { memory: &self.memory, run };
        let planned = plan_by(&runner, files, &self.discovery, &self.repositories, &self.config);
        let used: BTreeMap<usize, &Rendered> = planned.rendered.iter().enumerate().collect();
        let of = |index: usize, deployment: Option<&Deployment>| {
            let rendered = used.get(&index)?;
            Some(Part { job: rendered.job.clone(), deployment: deployment.cloned(), releases: Vec::new() })
        };
        let bound = planned.bound.iter().flat_map(|(deployment, indices)| {
            indices.iter().filter_map(move |&index| of(index, Some(deployment)))
        });
        let mut parts: Vec<Part> = bound.collect();
        parts.extend(planned.guessed.iter().filter_map(|&index| of(index, None)));
        let jobs: BTreeSet<RepoPath> = planned.rendered.iter().map(|one| one.job.path.clone()).collect();
        self.memory.jobs().retain(|job, _| jobs.contains(&job.path));
        let values_from = planned.values_from.clone();
        let fleet = fleet::build(planned, &self.config);
        for (release, running) in releases(&fleet, &self.config) {
            if let Some(part) = parts.get_mut(release) {
                part.releases.push(running);
            }
        }
        self.parts = parts;
        self.values_from = values_from;
        self.refused = refused(&fleet).collect();
        self.unread = self.discovery.files.values().filter(|found| is_unread(found)).map(path_of).collect();
        let joins = |manifest: &Manifest| adds_schemes(manifest) || is_twin(manifest);
        self.is_joined = fleet.objects.iter().any(|object| joins(&object.manifest));
    }

    /// Runs again only the jobs that read something that changed; false where that is not enough.
    fn render_again(&mut self, files: &Arc<dyn Files>, changed: &[Changed]) -> bool {
        if self.is_joined || !self.refused.is_empty() {
            return false;
        }
        let mut fresh = Vec::new();
        for job in self.memory.readers(changed) {
            let Some(before) = self.memory.jobs().get(&job).cloned() else { return false };
            let after = run_alone(files, &self.discovery, &job);
            let is_apart = |kept: &Kept| {
                let may_give =
                    |manifest: &Manifest| !self.values_from.is_empty() && manifest.id.kind == "ConfigMap";
                let mut manifests = kept.rendered.manifests.iter();
                kept.rendered.problems.is_empty()
                    && !manifests.any(|manifest| reaches_others(manifest) || may_give(manifest))
            };
            let reaches_same = before.rendered.reached == after.rendered.reached;
            if !is_apart(&before) || !is_apart(&after) || !reaches_same {
                return false;
            }
            fresh.push((job, after));
        }
        for (job, after) in fresh {
            for part in self.parts.iter_mut().filter(|part| part.job == job) {
                part.releases = part_releases(after.rendered.clone(), part.deployment.clone(), &self.config);
            }
            self.memory.keep(job, Arc::new(after));
        }
        true
    }
}

fn path_of(found: &Found) -> String {
    found.path.to_string()
}

/// Every release with the index of its deployable.
fn releases(fleet: &Fleet, config: &Config) -> Vec<(usize, Arc<Running>)> {
    let all = fleet.releases.iter().filter_map(|release| {
        let deployable = fleet.objects.get(release.object)?.deployable;
        Some((deployable, Arc::new(Running::of(release, fleet, config)?)))
    });
    all.collect()
}

/// The releases of one rendering at one place.
fn part_releases(rendered: Rendered, deployment: Option<Deployment>, config: &Config) -> Vec<Arc<Running>> {
    let planned = match deployment {
        Some(deployment) => {
            Planned { rendered: vec![rendered], bound: vec![(deployment, vec![0])], ..Planned::default() }
        }
        None => Planned { rendered: vec![rendered], guessed: vec![0], ..Planned::default() },
    };
    let fleet = fleet::build(planned, config);
    releases(&fleet, config).into_iter().map(|(_, running)| running).collect()
}

/// Whether an object decides what else is rendered, or how references are read, or depends on others.
fn reaches_others(manifest: &Manifest) -> bool {
    is_of_deployers(manifest.id.group()) || adds_schemes(manifest) || is_twin(manifest)
}

/// Whether a document deploys something.
fn deploys(document: &Document) -> bool {
    is_of_deployers(document.api_version.split('/').next().unwrap_or_default())
}

fn is_of_deployers(group: &str) -> bool {
    group == "argoproj.io" || group.ends_with("fluxcd.io")
}

fn adds_schemes(manifest: &Manifest) -> bool {
    manifest.id.is(kserve::GROUP, "ClusterStorageContainer")
}
