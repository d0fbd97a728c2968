//! One rendering of one deployable: a plain, hashable value.

use std::fmt;

use mlgitops_files::RepoPath;

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
}

/// What a deployment adds to a kustomization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Kustomize {
    /// Fields of the kustomization, by name: lists are added to its own, all else replaces it.
    pub fields: Vec<(String, GivenNode)>,
    /// Whether files outside the folder may be read, as Flux allows.
    pub files_anywhere: bool,
}

/// What a deployment gives to a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Helm {
    /// Values files, relative to the root, in order: the last one wins.
    pub value_files: Vec<RepoPath>,
    /// Values as YAML text (`helm.values`), over the files.
    pub values: Vec<Given>,
    /// Single values (`helm.parameters`), over everything.
    pub parameters: Vec<Parameter>,
    /// The release's name.
    pub release_name: Option<Given>,
    /// The release's namespace.
    pub namespace: Option<Given>,
}

/// One `--set`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// The dotted path it sets.
    pub name: String,
    /// The value.
    pub value: Given,
    /// Whether it stays text (`forceString`, `--set-string`).
    pub force_string: bool,
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
