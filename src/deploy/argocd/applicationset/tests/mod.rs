//! Sets as they are written, and the Applications they become.

mod causality;
mod clusters;
mod combined;
mod git;
mod list;
mod patch;

use std::sync::Arc;

use globset::GlobSet;
use mlgitops_files::Files;
use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Node, Origins, Role, SourceFile, Value, parse_file};

use super::super::{Deployments, Tree};
use super::expand;
use crate::config::{self, FILE_NAME, Vocabulary};
use crate::discover::{Trees, discover};
use crate::source::{Memory, Repositories};

/// What a set became.
pub(super) struct Expanded {
    pub(super) applications: Vec<Manifest>,
    pub(super) all: Deployments,
}

impl Expanded {
    /// Every scalar of every Application as `path=value`, without what all of them share.
    pub(super) fn lines(&self) -> Vec<String> {
        self.applications.iter().map(|one| fields(&one.root).join(" ")).collect()
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let place = |problem: &mlgitops_manifest::Problem| match &problem.at {
            Some(at) => format!(" at `{}`", at.file.slice(at.start..at.end)),
            None => String::new(),
        };
        self.all
            .problems
            .iter()
            .map(|problem| format!("{}: {}{}", problem.kind, problem.message, place(problem)))
            .collect()
    }

    pub(super) fn not_checked(&self) -> Vec<String> {
        self.all.not_checked.iter().map(|item| format!("{}: {}", item.what, item.reason)).collect()
    }
}

const SHARED: [&str; 2] = ["/apiVersion=", "/kind="];
const FINALIZER: &str = "/metadata/finalizers/0=resources-finalizer.argocd.argoproj.io";

fn fields(root: &Node) -> Vec<String> {
    let mut lines = Vec::new();
    collect("", root, &mut lines);
    lines.retain(|line| line != FINALIZER && !SHARED.iter().any(|shared| line.starts_with(shared)));
    lines
}

fn collect(path: &str, node: &Node, lines: &mut Vec<String>) {
    match &node.value {
        Value::Map(map) => {
            map.iter().for_each(|(key, value)| collect(&format!("{path}/{}", key.name()), value, lines));
        }
        Value::Sequence(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| collect(&format!("{path}/{index}"), value, lines));
        }
        Value::Scalar(scalar) => lines.push(format!("{path}={}", scalar.text)),
        Value::Unknown(unknown) => lines.push(format!("{path}=?{}", unknown.reason)),
        Value::Null => lines.push(format!("{path}=")),
    }
}

/// Expands the ApplicationSet in `set.yaml` of a small repository that goes by no name.
pub(super) fn expand_in(files: &[(&str, &str)]) -> Expanded {
    expand_with(files, &Repositories::default())
}

/// The same, with what is known of repositories.
pub(super) fn expand_with(files: &[(&str, &str)], repositories: &Repositories) -> Expanded {
    let memory = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let memory: Arc<dyn Files> = Arc::new(Memory::new(memory));
    let discovery = discover(&memory, &GlobSet::empty());
    let trees = Trees::new(&memory, &discovery, repositories);
    let config = files.iter().find(|(path, _)| *path == FILE_NAME).map(|(path, text)| {
        let file = Arc::new(SourceFile::of_text(path, text));
        // No rule is configured here.
        let words = Vocabulary { rules: Vec::new(), columns: Vec::new(), is_usual_environment: |_| false };
        config::read(&file, &words).unwrap()
    });
    let config = config.unwrap_or_default();
    let tree = Tree { discovery: &discovery, trees: &trees, clusters: &config.argocd.clusters };
    let (_, text) = files.iter().find(|(path, _)| *path == "set.yaml").unwrap();
    let mut all = Deployments::default();
    let applications = expand(&manifest(text), &tree, &mut all);
    Expanded { applications, all }
}

/// Expands a set alone.
pub(super) fn expand_one(set: &str) -> Expanded {
    expand_in(&[("set.yaml", set)])
}

fn manifest(text: &str) -> Manifest {
    let file = Arc::new(SourceFile::of_text("set.yaml", text));
    let tree = parse_file(&file);
    assert!(tree.errors().is_empty(), "{:?}\n{text}", tree.errors());
    let mut origins = Origins::default();
    let id = origins.add_file(&file);
    let root = tree.node_of(tree.documents()[0].root.unwrap(), id, Role::Source, &mut origins).unwrap();
    Manifest { id: ObjectId::of(&root).unwrap(), root: Arc::new(root), origins: Arc::new(origins) }
}

/// A set of these generators and this template, both as YAML flow or indented by four.
pub(super) fn set(go: bool, generators: &str, template: &str) -> String {
    let language = if go { "  goTemplate: true\n" } else { "" };
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: models}}\nspec:\n{language}  generators:\n{generators}\n  template:\n{template}\n"
    )
}
