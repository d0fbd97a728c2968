//! What jobs gave at some states of a repository, for its other states: a job that would look at the
//! same gives the same.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use mlgitops_files::{Files, Looked, RepoPath, Traced};
use mlgitops_helm::{Chart, Shelf};
use mlgitops_yaml::{Reader, Tree};

use super::charts::Charts;
use super::encrypted::hide_encrypted;
use super::library::Discovered;
use super::plan::Runner;
use super::run::{Rendered, plain_files, run};
use super::{Job, Tool};
use crate::discover::{Discovery, FileKind};

/// What a job gave, and all it looked at but for plain manifests: those are read from what was
/// discovered.
#[derive(Clone)]
pub struct Kept {
    /// What it gave.
    pub rendered: Rendered,
    /// What it looked at.
    pub looked: Arc<BTreeSet<Looked>>,
}

/// Runs a job by itself, from the files alone, and notes what it looks at: what was discovered may
/// be older where nobody looked since.
#[must_use]
pub fn run_alone(files: &Arc<dyn Files>, discovery: &Discovery, job: &Arc<Job>) -> Kept {
    let (traced, source) = trace(files);
    let mut rendered = run(Reader::new(&source), discovery, &Chart::load, job);
    rendered.manifests.iter_mut().for_each(hide_encrypted);
    kept(rendered, source, traced)
}

fn trace(files: &Arc<dyn Files>) -> (Arc<Traced>, Arc<dyn Files>) {
    let traced = Arc::new(Traced::new(Arc::clone(files)));
    let source: Arc<dyn Files> = Arc::clone(&traced) as Arc<dyn Files>;
    (traced, source)
}

fn kept(rendered: Rendered, source: Arc<dyn Files>, traced: Arc<Traced>) -> Kept {
    Kept { rendered, looked: Arc::new(seen(source, traced)) }
}

/// All that was looked at; everything, where somebody may go on looking.
fn seen(source: Arc<dyn Files>, traced: Arc<Traced>) -> BTreeSet<Looked> {
    drop(source);
    Arc::try_unwrap(traced).map_or_else(|_| BTreeSet::from([Looked::All]), |traced| traced.into_trace().0)
}

/// What jobs gave, with the states they ran at.
#[derive(Default)]
pub struct Memory {
    shelf: Arc<Shelf>,
    jobs: Mutex<HashMap<Arc<Job>, Vec<Arc<Remembered>>>>,
}

struct Remembered {
    kept: Kept,
    files: Arc<dyn Files>,
    plain: Vec<PlainFile>,
}

/// A file of plain manifests, as discovery read it.
type PlainFile = (RepoPath, FileKind, Arc<Tree>);

impl Memory {
    /// Who runs the jobs of one state.
    #[must_use]
    pub fn recorder(&self) -> Recorder<'_> {
        Recorder { memory: self, charts: Charts::new(&self.shelf) }
    }

    fn known(&self, job: &Job) -> Vec<Arc<Remembered>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(job).cloned().unwrap_or_default()
    }
}

/// Runs the jobs of one state, or takes what is remembered of them.
pub struct Recorder<'m> {
    memory: &'m Memory,
    charts: Charts<Loaded>,
}

/// A chart, and what was looked at to load it.
type Loaded = (Arc<Chart>, Arc<BTreeSet<Looked>>);

impl Runner for Recorder<'_> {
    fn run(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Arc<Job>) -> Rendered {
        self.kept(files, discovery, job).rendered
    }
}

impl Recorder<'_> {
    /// What a job gives, with what it looks at.
    #[must_use]
    pub fn kept(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Arc<Job>) -> Kept {
        let plain = match &job.tool {
            Tool::Plain(options) => plain_files(discovery, &job.path, options)
                .into_iter()
                .map(|found| (found.path.clone(), found.kind, Arc::clone(&found.tree)))
                .collect(),
            Tool::Helm(_) | Tool::Kustomize(_) => Vec::new(),
        };
        let same = |known: &&Arc<Remembered>| known.would_be_same(&**files, &plain);
        if let Some(known) = self.memory.known(job).iter().find(same) {
            return known.kept.clone();
        }
        let kept = self.run_anew(files, discovery, job);
        let remembered = Remembered { kept: kept.clone(), files: Arc::clone(files), plain };
        let mut jobs = self.memory.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.entry(Arc::clone(job)).or_default().push(Arc::new(remembered));
        kept
    }

    fn run_anew(&self, files: &Arc<dyn Files>, discovery: &Discovery, job: &Arc<Job>) -> Kept {
        let (traced, source) = trace(files);
        let library = Discovered::traced(discovery, &traced);
        let load = |_: Reader<'_>, folder: &RepoPath| {
            let (chart, looked) = self.chart(files, discovery, folder);
            traced.note_all(&looked);
            chart
        };
        let rendered = run(Reader::with_library(&source, &library), discovery, &load, job);
        kept(rendered, source, traced)
    }

    /// The chart in a folder. Whoever loads it looks for all its jobs.
    fn chart(&self, files: &Arc<dyn Files>, discovery: &Discovery, folder: &RepoPath) -> Loaded {
        self.charts.get(folder, |shelf| {
            let (traced, source) = trace(files);
            let library = Discovered::traced(discovery, &traced);
            let chart = Chart::load_sharing(Reader::with_library(&source, &library), shelf, folder);
            (chart, Arc::new(seen(source, traced)))
        })
    }
}

impl Remembered {
    /// Whether the job would look at the same in another state.
    fn would_be_same(&self, files: &dyn Files, plain: &[PlainFile]) -> bool {
        let same_file = |one: &PlainFile, other: &PlainFile| {
            one.0 == other.0 && one.1 == other.1 && Arc::ptr_eq(&one.2, &other.2)
        };
        self.plain.len() == plain.len()
            && self.plain.iter().zip(plain).all(|(one, other)| same_file(one, other))
            && self.kept.looked.iter().all(|look| sees_same(look, &*self.files, files))
    }
}

/// Whether a look gives the same in two states.
fn sees_same(look: &Looked, one: &dyn Files, other: &dyn Files) -> bool {
    match look {
        Looked::Read(path) => match (one.name(path), other.name(path)) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.kind(path).is_none() && other.kind(path).is_none(),
            _ => false,
        },
        Looked::Listed(folder) => one.list(folder) == other.list(folder),
        Looked::Asked(path) => one.kind(path) == other.kind(path),
        Looked::All => false,
    }
}
