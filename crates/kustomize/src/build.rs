//! One build: its inputs, its state, and what came of it.

use std::collections::BTreeSet;

use mlgitops_files::RepoPath;
use mlgitops_manifest::Problem;
use mlgitops_yaml::{Node, OriginId, OriginSpan, Origins, Reader};

use crate::effect::Effect;
use crate::finish;
use crate::merge_schema::Schemas;
use crate::provenance::{Metadata, Provenance};
use crate::settle;

/// What a deployment changes in the kustomization it deploys.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Fields of the root kustomization, by name: a list is added to the kustomization's own,
    /// anything else replaces it.
    pub fields: Vec<(String, Node)>,
    /// The root kustomization where its folder has none, as Flux writes it.
    pub written: Option<Node>,
    /// Objects that the root kustomization has before its own: what a chart printed, for what is
    /// done to it afterwards.
    pub objects: Vec<Node>,
    /// Whether files outside the folder of a kustomization may be read, as Flux allows; kustomize
    /// itself refuses them.
    pub files_anywhere: bool,
    /// Whether an entry of `images` gives the root's own entry of its name the fields it has, as Flux
    /// does; otherwise it takes its place.
    pub merges_images: bool,
    /// The version of Kubernetes that every chart of `helmCharts` is told, over its own
    /// (`kustomize build --helm-kube-version`).
    pub kube_version: Option<String>,
    /// The API versions that every such chart is told of, over its own (`--helm-api-versions`).
    pub api_versions: Vec<String>,
}

/// Something on another server that the build needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote {
    /// The URL, as it is written.
    pub url: String,
    /// The entry that names it.
    pub at: Option<OriginSpan>,
}

/// Why a part was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeftOutKind {
    /// It is a program, and none is run.
    Plugin,
    /// It is not in the tree.
    Missing,
    /// It passes a limit.
    Limit,
}

/// A part that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Why.
    pub kind: LeftOutKind,
    /// What and why, in one line.
    pub reason: String,
    /// The entry that names it.
    pub at: Option<OriginSpan>,
}

/// The target of a patch, which kustomize may find nothing for, and say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchTarget {
    /// The kind it selects, as it is written; a regular expression, where it is one.
    pub kind: Option<String>,
    /// The name it selects, as it is written; a regular expression, where it is one.
    pub name: Option<String>,
    /// Where it stands: its name, else its kind.
    pub at: OriginSpan,
    /// Whether it selected an object.
    pub has_found: bool,
    /// Where it selected none and one of its name is there: what keeps it from that one.
    pub mismatches: Vec<Mismatch>,
}

/// A field of a target that does not fit an object of the name it asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The field: `group`, `version`, `kind`, `namespace`, `labelSelector`, `annotationSelector`.
    pub field: &'static str,
    /// What the object has there; empty where it has nothing, and for the selectors.
    pub has: String,
    /// Where the field stands.
    pub at: OriginSpan,
}

/// What building a kustomization gave.
#[derive(Debug, Default)]
pub struct Build {
    /// The objects in the order kustomize prints them; none where it refuses.
    pub objects: Vec<Node>,
    /// What was done in silence, each with the index of its object.
    pub effects: Vec<(usize, Effect)>,
    /// The targets of patches, in the order they were asked for; of one that lacks parts only those
    /// that selected something.
    pub targets: Vec<PatchTarget>,
    /// What kustomize refuses.
    pub problems: Vec<Problem>,
    /// What is on another server; the objects are those beside it.
    pub remote: Vec<Remote>,
    /// Parts that were left out.
    pub left_out: Vec<LeftOut>,
    /// What is named and stands nowhere: a problem of the kind `missing-file` each.
    pub missing: BTreeSet<RepoPath>,
    /// Every file and every folder of a kustomization the build read.
    pub reached: BTreeSet<RepoPath>,
}

/// Builds the kustomization in a folder.
#[must_use]
pub fn build(reader: Reader<'_>, folder: &RepoPath, overrides: &Overrides, origins: &mut Origins) -> Build {
    let mut builder = Builder {
        reader,
        origins,
        overrides,
        result: Build::default(),
        roots: Vec::new(),
        namespaces: Vec::new(),
        loaded: 0,
        schemas: Schemas::default(),
        metadata: Metadata::default(),
        trail: Vec::new(),
        maker: None,
        work: WORK,
    };
    if let Ok(objects) = builder.run(folder) {
        builder.result.objects = objects;
    }
    let mut result = builder.result;
    // What is missing may be what a patch is for.
    if !(result.problems.is_empty() && result.remote.is_empty() && result.left_out.is_empty()) {
        result.targets.retain(|target| target.has_found);
    }
    result
}

/// Most work of one build, in objects looked at and bytes copied.
const WORK: usize = 64 << 20;

/// The build cannot go on; the reason is among the problems.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused;

pub(crate) type Step<T> = Result<T, Refused>;

/// The state of one build.
pub(crate) struct Builder<'b> {
    pub(crate) reader: Reader<'b>,
    pub(crate) origins: &'b mut Origins,
    pub(crate) overrides: &'b Overrides,
    pub(crate) result: Build,
    /// The folders of the kustomizations being built, the root first.
    pub(crate) roots: Vec<RepoPath>,
    /// The namespaces they set: charts below are rendered for the nearest.
    pub(crate) namespaces: Vec<Option<Node>>,
    /// How much work is left: objects looked at, bytes and nodes copied.
    pub(crate) work: usize,
    /// Which lists are merged.
    pub(crate) schemas: Schemas,
    /// What the root asks to be written about where objects come from.
    pub(crate) metadata: Metadata,
    /// The entries that lead from the root to the kustomization being built.
    pub(crate) trail: Vec<String>,
    /// The generator that runs.
    pub(crate) maker: Option<Provenance>,
    /// How many kustomizations were read.
    pub(crate) loaded: usize,
}

impl Builder<'_> {
    fn run(&mut self, folder: &RepoPath) -> Step<Vec<Node>> {
        let (kustomization, mut built) = self.root(folder)?;
        self.add_hashes(&mut built);
        self.fix_names(&mut built)?;
        self.resolve_vars(&mut built)?;
        built.resources.retain(|resource| !finish::is_local(&resource.node));
        self.sort(&kustomization, &mut built.resources)?;
        let mut objects = Vec::with_capacity(built.resources.len());
        self.spend_on_metadata(&built)?;
        for mut resource in built.resources {
            self.write_metadata(&mut resource);
            let mut node = resource.node;
            crate::replace::untag(&mut node);
            finish::annotations_as_text(&mut node);
            if let Err(unreadable) = settle::as_read_by_kustomize(&mut node) {
                return Err(self.refuse("value", unreadable.message, unreadable.at));
            }
            let effects = resource.effects.into_iter();
            let left =
                effects.filter_map(|mut effect| effect.holds(&node).then_some((objects.len(), effect)));
            self.result.effects.extend(left);
            objects.push(node);
        }
        Ok(objects)
    }

    /// Notes what kustomize refuses.
    pub(crate) fn refuse(&mut self, kind: &'static str, message: impl Into<String>, at: OriginId) -> Refused {
        let at = self.origins.first(at);
        let problem = Problem { kind, message: message.into(), at, also: None };
        if !self.result.problems.contains(&problem) {
            self.result.problems.push(problem);
        }
        Refused
    }

    /// Refuses what stands nowhere.
    pub(crate) fn missing(&mut self, path: &RepoPath, message: impl Into<String>, at: OriginId) -> Refused {
        self.result.missing.insert(path.clone());
        self.refuse("missing-file", message, at)
    }

    /// Notes what is on another server.
    pub(crate) fn remote(&mut self, url: &str, at: OriginId) {
        let at = self.origins.first(at);
        self.result.remote.push(Remote { url: url.to_owned(), at });
    }

    /// Takes work from what is left; a build that needs more is given up.
    pub(crate) fn spend(&mut self, work: usize, at: OriginId) -> Step<()> {
        match self.work.checked_sub(work) {
            Some(left) => {
                self.work = left;
                Ok(())
            }
            None => {
                self.leave_out(LeftOutKind::Limit, "the build takes too much work".to_owned(), at);
                Err(Refused)
            }
        }
    }

    /// Notes what is left out.
    pub(crate) fn leave_out(&mut self, kind: LeftOutKind, reason: String, at: OriginId) {
        let at = self.origins.first(at);
        self.result.left_out.push(LeftOut { kind, reason, at });
    }

    /// Whether something is missing, so that what is not found may be in it.
    pub(crate) fn is_partial(&self) -> bool {
        !self.result.remote.is_empty() || !self.result.left_out.is_empty()
    }
}
