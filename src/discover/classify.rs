//! What one file is.

use std::collections::BTreeSet;

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Shape, SourceFile, Tree};

use super::Document;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// Kubernetes objects as they stand.
    Manifests,
    /// A template of a chart.
    Template,
    /// A template of another tool (`${{ values.name }}`, cookiecutter): never a manifest.
    Scaffold,
    /// A kustomization.
    Kustomization,
    /// Chart.yaml, requirements.yaml, Chart.lock.
    Chart,
    /// Values of a chart: YAML that is no Kubernetes object, beside a chart or named as values.
    Values,
    /// A workflow of a CI system.
    Workflow,
    /// A script of a shell, a Makefile, a Jenkinsfile: read as text.
    Script,
    /// CODEOWNERS: who must approve what.
    Owners,
    /// `mlgitops.yaml`.
    Config,
    /// Below a folder of documentation, examples or tests: judged only if a deployment reaches it.
    Documentation,
    /// YAML or JSON of no interest.
    Other,
}

/// Whether a file is read at all: YAML, JSON, or a template.
pub(crate) fn is_candidate(path: &RepoPath) -> bool {
    matches!(path.extension(), "yaml" | "yml" | "json" | "tpl") || is_kustomization(path.file_name())
}

/// What is read beside what deploys: it says who changes what, and changes nothing that is rendered.
pub(super) fn beside(path: &RepoPath) -> Option<FileKind> {
    const OWNERS: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];
    if OWNERS.contains(&path.as_str()) {
        return Some(FileKind::Owners);
    }
    let is_script = matches!(path.extension(), "sh" | "bash" | "mk")
        || matches!(path.file_name(), "Makefile" | "makefile" | "GNUmakefile" | "Jenkinsfile" | "justfile");
    (is_script && !is_documentation(path)).then_some(FileKind::Script)
}

/// The three names kustomize reads (kustomize v5 `api/konfig/general.go`).
pub(crate) const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

pub(super) fn is_kustomization(name: &str) -> bool {
    KUSTOMIZATIONS.contains(&name)
}

/// Whether a path lies in a folder of documentation, examples or tests, or of what is put away.
#[must_use]
pub fn is_documentation(path: &RepoPath) -> bool {
    const FOLDERS: [&str; 13] = [
        "docs",
        "doc",
        "documentation",
        "examples",
        "samples",
        "test",
        "tests",
        "testdata",
        "e2e",
        "node_modules",
        "archive",
        "archived",
        ".archive",
    ];
    // Below these a folder is named for what runs there: `overlays/test` is an environment.
    const DEPLOYED: [&str; 10] = [
        "clusters",
        "deploy",
        "environments",
        "environment",
        "envs",
        "env",
        "overlays",
        "stages",
        "apps",
        "models",
    ];
    let mut segments = path.segments().rev().skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_deployed = segments.peek().is_some_and(|parent| DEPLOYED.contains(parent));
        if FOLDERS.contains(&segment) && !is_deployed {
            return true;
        }
    }
    false
}

/// What path and text alone decide; `Other` where the documents have to.
pub(super) fn by_place(path: &RepoPath, file: &SourceFile, charts: &BTreeSet<RepoPath>) -> FileKind {
    let name = path.file_name();
    if path.as_str() == crate::config::FILE_NAME {
        return FileKind::Config;
    }
    if path.extension() == "tpl" || in_templates(path, file.text(), charts) {
        return FileKind::Template;
    }
    if is_scaffold(path, file.text()) {
        return FileKind::Scaffold;
    }
    if is_kustomization(name) {
        return FileKind::Kustomization;
    }
    if matches!(name, "Chart.yaml" | "Chart.lock" | "requirements.yaml" | "requirements.lock") {
        return FileKind::Chart;
    }
    if path.as_str().starts_with(".github/workflows/") || name == ".gitlab-ci.yml" {
        return FileKind::Workflow;
    }
    if is_documentation(path) {
        return FileKind::Documentation;
    }
    FileKind::Other
}

/// Below the `templates` folder of a chart every file is a template; below one that lacks its
/// Chart.yaml, every file with an action.
fn in_templates(path: &RepoPath, text: &str, charts: &BTreeSet<RepoPath>) -> bool {
    let has_action = text.contains("{{");
    let mut folder = path.parent();
    while let Some(at) = folder {
        let parent = at.parent();
        let in_chart = parent.as_ref().is_some_and(|parent| charts.contains(parent));
        if at.file_name() == "templates" && (in_chart || has_action) {
            return true;
        }
        folder = parent;
    }
    false
}

/// Backstage, cookiecutter and their kin: braces in the path, or their expressions in the text.
fn is_scaffold(path: &RepoPath, text: &str) -> bool {
    path.as_str().contains("{{")
        || text.contains("${{ values.")
        || text.contains("${{values.")
        || text.contains("${{ parameters.")
        || text.contains("{{ cookiecutter.")
        || text.contains("{{cookiecutter.")
}

impl FileKind {
    /// Decides by the documents what the place left open.
    pub(super) fn refine(self, tree: &Tree, objects: &[Document], path: &RepoPath) -> Self {
        if self != Self::Other {
            return self;
        }
        if !objects.is_empty() {
            return Self::Manifests;
        }
        let text = tree.text().as_str();
        if !tree.errors().is_empty() && text.contains("apiVersion") && text.contains("kind") {
            return if text.contains("{{") { Self::Scaffold } else { Self::Manifests };
        }
        let name = path.file_name();
        let is_map = tree
            .documents()
            .first()
            .and_then(|document| document.root)
            .is_some_and(|root| *tree.shape(root) == Shape::Map);
        if is_map && (name.contains("values") || path.segments().any(|segment| segment == "values")) {
            return Self::Values;
        }
        Self::Other
    }
}

/// The documents that are Kubernetes objects: apiVersion and kind are texts without template
/// braces. A template that happens to be YAML has them in its name, and is none either.
pub(super) fn objects(tree: &Tree) -> Vec<Document> {
    let text = |root, key| tree.get(root, key).and_then(|node| tree.scalar(node));
    tree.documents()
        .iter()
        .filter_map(|document| {
            let root = document.root?;
            let api_version = text(root, "apiVersion").filter(|version| is_plain_word(version))?;
            let kind = text(root, "kind").filter(|kind| is_plain_word(kind))?;
            let name = tree.get(root, "metadata").and_then(|metadata| text(metadata, "name"));
            if name.is_some_and(|name| name.contains("{{")) {
                return None;
            }
            Some(Document { root, api_version: api_version.to_owned(), kind: kind.to_owned() })
        })
        .collect()
}

fn is_plain_word(text: &str) -> bool {
    !text.is_empty() && !text.contains("{{") && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_tests_is_none_where_folders_are_named_for_environments() {
        for (path, is_one) in [
            ("docs/fraud.yaml", true),
            ("a/examples/b/fraud.yaml", true),
            ("test/fraud.yaml", true),
            ("environments/test/fraud.yaml", false),
            ("fraud/overlays/test/kustomization.yaml", false),
            ("environments/test/docs/fraud.yaml", true),
            ("models/tests.yaml", false),
            (".archive/fraud/kustomization.yaml", true),
            ("apps/archive/kustomization.yaml", false),
        ] {
            assert_eq!(is_documentation(&RepoPath::parse(path).unwrap()), is_one, "{path}");
        }
    }
}
