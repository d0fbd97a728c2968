//! One rendering of one deployable: a plain, hashable value.

use std::fmt;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use mlgitops_files::RepoPath;

use crate::config::KubernetesConfig;
use crate::render::{Given, GivenNode};

/// What to render, with what, and under which name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Job {
    /// The folder of the deployable; a file for a single plain manifest.
    pub path: RepoPath,
    /// What renders it.
    pub tool: Tool,
}

/// What renders a deployable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tool {
    /// Nothing: the manifests as they stand.
    Plain(Plain),
    /// Kustomize.
    Kustomize(Kustomize),
    /// Helm.
    Helm(Helm),
}

/// Which files of a folder are manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Plain {
    /// Whether folders below count.
    pub recurse: bool,
    /// Only files whose path below the folder this glob matches; `*` passes over `/`.
    pub include: Option<String>,
    /// No file whose path below the folder this glob matches.
    pub exclude: Option<String>,
    /// Files that others make something of, sorted: they are no manifests of this job.
    pub without: Vec<RepoPath>,
}

/// The files of a folder that a deployment takes for manifests.
#[derive(Debug, Clone)]
pub struct Filter {
    recurse: bool,
    include: Option<Option<GlobMatcher>>,
    exclude: Option<GlobMatcher>,
}

impl Plain {
    /// The options, ready to be asked. A glob that is none matches nothing (argo-cd
    /// `util/glob/glob.go`).
    #[must_use]
    pub fn filter(&self) -> Filter {
        let compiled = |glob: &String| Glob::new(&one_star(glob)).ok().map(|glob| glob.compile_matcher());
        Filter {
            recurse: self.recurse,
            include: self.include.as_ref().map(compiled),
            exclude: self.exclude.as_ref().and_then(compiled),
        }
    }
}

/// A glob with one star for several: Argo CD's (`gobwas/glob`, no separator) is a star as any other, so
/// that `**/*.yaml` names no file of the folder itself.
fn one_star(glob: &str) -> String {
    let mut out = String::with_capacity(glob.len());
    let (mut is_escaped, mut is_star) = (false, false);
    for letter in glob.chars() {
        let again = letter == '*' && is_star;
        is_star = letter == '*' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        if !again {
            out.push(letter);
        }
    }
    out
}

impl Filter {
    /// Whether a file of a folder is taken, by its path.
    #[must_use]
    pub fn takes(&self, folder: &RepoPath, path: &RepoPath) -> bool {
        has_manifest_name(path) && self.matches(folder, path)
    }

    /// Whether the options leave a file in, whatever its kind.
    #[must_use]
    pub fn matches(&self, folder: &RepoPath, path: &RepoPath) -> bool {
        let Some(below) = path.below(folder) else { return false };
        let matches = |glob: &GlobMatcher| glob.is_match(below);
        (self.recurse || !below.contains('/'))
            && !self.exclude.as_ref().is_some_and(matches)
            && self.include.as_ref().is_none_or(|include| include.as_ref().is_some_and(matches))
    }
}

/// Whether Argo CD reads a file as a manifest (`manifestFile` of `reposerver/repository`), jsonnet
/// aside.
#[must_use]
pub fn has_manifest_name(path: &RepoPath) -> bool {
    matches!(path.extension(), "yaml" | "yml" | "json")
}

/// What a deployment adds to a kustomization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Kustomize {
    /// Fields of the kustomization, by name: lists are added to its own, all else replaces it.
    pub fields: Vec<(String, GivenNode)>,
    /// Whether files outside the folder may be read, as Flux allows.
    pub files_anywhere: bool,
    /// The version of Kubernetes that charts in it are told, over their own.
    pub kube_version: Option<String>,
    /// API versions that charts in it are told of, over their own.
    pub api_versions: Vec<String>,
    /// What Flux does around the build.
    pub flux: Option<Box<Flux>>,
}

/// What a Flux Kustomization does around the build of its folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Flux {
    /// The folder of the cluster that applies it; what it deploys further belongs to that.
    pub cluster: Option<RepoPath>,
    /// What its GitRepository leaves out (`spec.ignore`).
    pub ignore: Option<String>,
    /// The path, as it is written: a folder without a kustomization is built for its sake.
    pub path: Option<Given>,
    /// `commonMetadata.labels`.
    pub labels: Vec<(String, Given)>,
    /// `commonMetadata.annotations`.
    pub annotations: Vec<(String, Given)>,
    /// `postBuild`, where there is one.
    pub variables: Option<PostBuild>,
    /// Whether the fields of an entry of `images` are laid over those of the folder's own entry of that
    /// name, or take its place.
    pub merges_images: bool,
}

/// The variables that Flux replaces after a build.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PostBuild {
    /// Their values, sorted by name.
    pub values: Vec<(String, Given)>,
    /// Whether text is replaced even where no variable has a value (`substituteStrategy: Always`).
    pub is_always: bool,
    /// Whether further variables have values that only the cluster knows.
    pub more_in_cluster: bool,
    /// What names the objects that hold values: that a variable is in none of them decides too.
    pub looked_in: Given,
}

impl Job {
    /// Whether a chart is rendered with its own values alone, because nothing here says with which
    /// it is installed.
    #[must_use]
    pub fn is_chart_alone(&self) -> bool {
        match &self.tool {
            // What a deployment binds has a name.
            Tool::Helm(helm) => helm.release_name.is_none() && helm.value_files.is_empty(),
            Tool::Plain(_) | Tool::Kustomize(_) => false,
        }
    }

    /// Adds what is known of the clusters it is for; what its deployment says counts before.
    pub fn tell(&mut self, clusters: &KubernetesConfig) {
        let (version, api_versions) = match &mut self.tool {
            Tool::Plain(_) => return,
            Tool::Kustomize(kustomize) => (&mut kustomize.kube_version, &mut kustomize.api_versions),
            Tool::Helm(helm) => (&mut helm.kube_version, &mut helm.api_versions),
        };
        if version.is_none() {
            *version = clusters.version.as_ref().map(|stated| stated.value.clone());
        }
        if api_versions.is_empty() {
            *api_versions = clusters.api_versions.iter().map(|stated| stated.value.clone()).collect();
        }
    }
}

/// What a deployment gives to a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Helm {
    /// Values files, relative to the root, in order: the last one wins.
    pub value_files: Vec<RepoPath>,
    /// Whether they stand in for the chart's own values (Flux's `valuesFiles`).
    pub without_own_values: bool,
    /// Values as YAML text (`helm.values`), over the files.
    pub values: Vec<Given>,
    /// Values as they stand (`helm.valuesObject`), over those.
    pub values_object: Option<Box<GivenNode>>,
    /// Single values (`helm.parameters`), over everything, in any order.
    pub parameters: Vec<Parameter>,
    /// Of a HelmRelease, how many of the values come before each of the parameters: they are set at
    /// their turn, and the values object is laid over them again (`valuesFrom`). Of anything else
    /// nothing.
    pub turns: Vec<usize>,
    /// The version of Kubernetes that the chart is told; Helm's own default without one.
    pub kube_version: Option<String>,
    /// API versions that the chart is told of, beside Helm's own.
    pub api_versions: Vec<String>,
    /// Whether what stands below `crds/` is left out.
    pub skip_crds: bool,
    /// Whether values.schema.json is passed over (`helm template --skip-schema-validation`).
    pub skip_schemas: bool,
    /// The release's name.
    pub release_name: Option<Given>,
    /// The release's namespace.
    pub namespace: Option<Given>,
    /// What is changed in what the chart prints.
    pub around: Option<Box<Around>>,
    /// The values that only the cluster holds, if there are any.
    pub lacking: Option<Box<Lacking>>,
}

/// Values that only the cluster holds. What fails for want of them is not wrong, and what they may lie
/// over is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lacking {
    /// Why they are not known: `the values of Secret x are not read`.
    pub reason: Arc<str>,
    /// The values that they are laid over, of those that are known: all of the chart's, and these. `None`
    /// where they are at one path each.
    pub over: Option<Vec<Given>>,
}

/// What a HelmRelease of Flux changes in what its chart prints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Around {
    /// What is set, one after the other, in the kustomizations around it (`postRenderers`).
    pub post: Vec<Vec<(String, GivenNode)>>,
    /// Labels that every object gets behind that (`commonMetadata.labels`).
    pub labels: Vec<(String, Given)>,
    /// `commonMetadata.annotations`, likewise.
    pub annotations: Vec<(String, Given)>,
}

/// One `--set`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// The dotted path it sets.
    pub name: String,
    /// The value.
    pub value: Given,
    /// How it is read.
    pub kind: ParameterKind,
}

/// How a parameter is read. Helm sets those of one kind after those of the kind before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParameterKind {
    /// `true`, `null` and numbers are what they look like (`--set`).
    Typed,
    /// It stays text (`forceString`, `--set-string`).
    Text,
    /// It stays text, and no comma, brace or `\` in it means anything (`literal` of a HelmRelease).
    Literal,
    /// The text of a file (`fileParameters`, `--set-file`); the value is its path, as written.
    File(RepoPath),
}

/// The three ways a deployable can be rendered, as summaries count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToolKind {
    /// Helm.
    Helm,
    /// Kustomize.
    Kustomize,
    /// Nothing: the manifests as they stand.
    Plain,
}

impl Job {
    /// How it is rendered.
    #[must_use]
    pub fn kind(&self) -> ToolKind {
        match self.tool {
            Tool::Plain(_) => ToolKind::Plain,
            Tool::Kustomize(_) => ToolKind::Kustomize,
            Tool::Helm(_) => ToolKind::Helm,
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.tool {
            Tool::Plain(_) => "manifests",
            Tool::Kustomize(_) => "kustomization",
            Tool::Helm(_) => "chart",
        };
        write!(f, "{word} {}", self.path)
    }
}
