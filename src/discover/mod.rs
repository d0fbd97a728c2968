//! Which files are manifests, charts, kustomizations, values, workflows: decided by name, place
//! and content, each file read and parsed once.

mod chart_inputs;
mod classify;
mod trees;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::GlobSet;
use mlgitops_files::{EntryKind, Files, ReadError, RepoPath};
use mlgitops_yaml::{NodeIndex, SourceFile, SyntaxErrorKind, Tree, parse_file};
use rayon::prelude::*;

use crate::finding::{Code, Location, NotChecked};
use mlgitops_yaml::Role;

pub use classify::{FileKind, is_documentation};
pub(crate) use classify::{KUSTOMIZATIONS, is_candidate};
pub use trees::{Base, Known, NotHere, Trees};

/// A file that was read, what it is, and its documents.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its path.
    pub path: RepoPath,
    /// Its text.
    pub file: Arc<SourceFile>,
    /// What it is.
    pub kind: FileKind,
    /// Its documents; empty for a template, which is no YAML yet.
    pub tree: Arc<Tree>,
    /// The documents that are Kubernetes objects.
    pub objects: Vec<Document>,
}

/// A document that names an apiVersion and a kind.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its root.
    pub root: NodeIndex,
    /// Its apiVersion.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
}

/// Everything that was found in a source.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// Every file that was read, sorted by path.
    pub files: BTreeMap<RepoPath, Found>,
    /// Folders with a Chart.yaml, and the [`Discovery::nameless_charts`].
    pub charts: BTreeSet<RepoPath>,
    /// Folders with `templates/` and `values.yaml` that lack a Chart.yaml: meant as charts, and
    /// refused by Helm.
    pub nameless_charts: BTreeSet<RepoPath>,
    /// Files that the templates of their chart read by `.Files`: what is applied is what a template
    /// makes of them.
    pub chart_inputs: BTreeSet<RepoPath>,
    /// Folders with a kustomization.
    pub kustomizations: BTreeSet<RepoPath>,
    /// Links that leave the root, with their target.
    pub outside: Vec<(RepoPath, String)>,
    /// What could not be read.
    pub not_checked: Vec<NotChecked>,
}

impl Found {
    /// A file of which its place says a kind.
    fn parse(path: RepoPath, file: Arc<SourceFile>, kind: FileKind) -> Self {
        let tree = if kind == FileKind::Template { Tree::default() } else { parse_file(&file) };
        let objects = classify::objects(&tree);
        let kind = kind.refine(&tree, &objects, &path);
        Self { path, file, kind, tree: Arc::new(tree), objects }
    }

    /// The same file in a source with other charts.
    fn beside(&self, charts: &BTreeSet<RepoPath>) -> Self {
        let kind = classify::by_place(&self.path, &self.file, charts);
        if (kind == FileKind::Template) != (self.kind == FileKind::Template) {
            return Self::parse(self.path.clone(), Arc::clone(&self.file), kind);
        }
        Self { kind: kind.refine(&self.tree, &self.objects, &self.path), ..self.clone() }
    }

    /// It is what templates read: no manifest by itself, whatever stands in it.
    fn read_by_templates(&mut self) {
        if self.kind == FileKind::Manifests {
            self.kind = FileKind::Other;
        }
    }

    /// Whether it holds an object, or could: it is a manifest that cannot be read.
    #[must_use]
    pub fn may_hold_objects(&self) -> bool {
        !self.objects.is_empty() || self.kind == FileKind::Manifests
    }
}

impl Discovery {
    /// Every file that was read below a folder, sorted by path.
    pub fn files_in(&self, folder: &RepoPath) -> impl Iterator<Item = &Found> {
        // Names that sort between a folder and its content (`a-b` before `a/`) are passed over: no
        // name below it sorts before this one.
        let first = folder.join("\u{1}").unwrap_or_else(|_| folder.clone());
        let below = self.files.range(first..).map(|(_, found)| found);
        below.take_while(|found| found.path.is_within(folder))
    }

    /// The innermost chart a path lies in.
    #[must_use]
    pub fn chart_of(&self, path: &RepoPath) -> Option<&RepoPath> {
        let mut folder = path.parent();
        while let Some(at) = folder {
            if let Some(chart) = self.charts.get(&at) {
                return Some(chart);
            }
            folder = at.parent();
        }
        None
    }
}

/// Looks at every file of a source, except the ones an `ignore` glob names.
#[must_use]
pub fn discover(files: &Arc<dyn Files>, ignore: &GlobSet) -> Discovery {
    discover_sharing(files, ignore, &[])
}

/// The same, where other sources were looked at before: what they hold too is not read again.
#[must_use]
pub fn discover_sharing(files: &Arc<dyn Files>, ignore: &GlobSet, known: &[LookedAt<'_>]) -> Discovery {
    let mut discovery = Discovery::default();
    let unlisted = files.unlisted();
    discovery.not_checked.extend(unlisted.iter().map(|(folder, error)| unreadable(folder, error)));
    let (mut candidates, mut texts) = (Vec::new(), Vec::new());
    for entry in files.all() {
        if ignore.is_match(entry.path.as_str()) {
            continue;
        }
        match entry.kind {
            EntryKind::Outside(target) => discovery.outside.push((entry.path, target)),
            EntryKind::Submodule => discovery.not_checked.push(NotChecked::new(
                Code::Remote,
                format!("`{}`", entry.path),
                "a submodule: its content is another repository's",
            )),
            EntryKind::File | EntryKind::Link(_) if classify::is_candidate(&entry.path) => {
                let name = entry.path.file_name();
                if let Some(folder) = entry.path.parent() {
                    if name == "Chart.yaml" {
                        discovery.charts.insert(folder);
                    } else if classify::is_kustomization(name) {
                        discovery.kustomizations.insert(folder);
                    }
                }
                candidates.push(entry.path);
            }
            EntryKind::File => {
                if let Some(kind) = classify::beside(&entry.path) {
                    texts.push((entry.path, kind));
                }
            }
            EntryKind::Link(_) | EntryKind::Folder => {}
        }
    }
    let charts = &discovery.charts;
    let read: Vec<Result<Found, Option<NotChecked>>> =
        candidates.par_iter().with_max_len(16).map(|path| read_sharing(files, path, charts, known)).collect();
    let texts: Vec<Option<Found>> =
        texts.into_par_iter().map(|(path, kind)| read_text(files, path, kind)).collect();
    let mut found = Vec::with_capacity(read.len() + texts.len());
    for result in read {
        match result {
            Ok(one) => found.push(one),
            Err(not_checked) => discovery.not_checked.extend(not_checked),
        }
    }
    found.extend(texts.into_iter().flatten());
    discovery.files = found.into_iter().map(|one| (one.path.clone(), one)).collect();
    discovery.nameless_charts = nameless_charts(&discovery);
    discovery.charts.extend(discovery.nameless_charts.iter().cloned());
    discovery.chart_inputs = chart_inputs::find(&discovery);
    let inputs = &discovery.chart_inputs;
    discovery.files.iter_mut().filter(|(path, _)| inputs.contains(*path)).for_each(|(_, found)| {
        found.read_by_templates();
    });
    discovery
}

/// What is built like a chart, stands in no chart and no kustomization, and has no Chart.yaml.
/// Its templates must ask for values: a `templates/` folder may be that of any tool.
fn nameless_charts(discovery: &Discovery) -> BTreeSet<RepoPath> {
    let templates = discovery.files.values().filter(|found| found.kind == FileKind::Template);
    let mut folders: Vec<RepoPath> = templates.filter_map(|found| found.path.parent()).collect();
    folders.dedup();
    let built_of = |folder: &RepoPath| {
        let above = std::iter::successors(Some(folder.clone()), RepoPath::parent);
        above.filter(|at| at.file_name() == "templates").last()?.parent()
    };
    let mut charts: BTreeSet<RepoPath> = folders.iter().filter_map(built_of).collect();
    let has_values =
        |folder: &RepoPath| folder.join("values.yaml").is_ok_and(|path| discovery.files.contains_key(&path));
    charts.retain(|chart| {
        !discovery.charts.contains(chart)
            && !discovery.kustomizations.contains(chart)
            && has_values(chart)
            && discovery.chart_of(chart).is_none()
    });
    let asks_for_values =
        |found: &&Found| found.kind == FileKind::Template && found.file.text().contains(".Values.");
    charts.retain(|chart| {
        let mut asking =
            discovery.files_in(chart).filter(asks_for_values).filter_map(|one| one.path.parent());
        asking.any(|folder| built_of(&folder).as_ref() == Some(chart))
    });
    charts
}

/// Looks at one file again, of which only the content changed; `None` where it cannot be read.
#[must_use]
pub fn look_again(files: &Arc<dyn Files>, path: &RepoPath, before: &Discovery) -> Option<Found> {
    let mut found = read(files, path, &before.charts).ok()?;
    if before.chart_inputs.contains(path) {
        found.read_by_templates();
    }
    Some(found)
}

/// Whether what a file says decides what other files are: a template that reads them.
#[must_use]
pub fn reads_others(found: &Found) -> bool {
    chart_inputs::reads_files(found)
}

/// Something that gave no bytes. What the machine refuses may hide a release.
fn unreadable(path: &RepoPath, error: &ReadError) -> NotChecked {
    let code = match error {
        ReadError::TooLarge(_) | ReadError::Circle => Code::Limit,
        ReadError::Submodule => Code::Remote,
        ReadError::Failed(_) => Code::Internal,
        _ => Code::Encoding,
    };
    NotChecked::new(code, format!("`{path}`"), error.to_string()).required(code == Code::Internal)
}

/// A source that was looked at before, and what was found.
pub type LookedAt<'k> = (&'k dyn Files, &'k Discovery);

/// Reads a file, or takes what was read of it in another source.
fn read_sharing(
    files: &Arc<dyn Files>,
    path: &RepoPath,
    charts: &BTreeSet<RepoPath>,
    known: &[LookedAt<'_>],
) -> Result<Found, Option<NotChecked>> {
    let name = if known.is_empty() { None } else { files.name(path) };
    let held = name.and_then(|name| {
        known.iter().find_map(|(files, discovery)| {
            discovery.files.get(path).filter(|_| files.name(path) == Some(name))
        })
    });
    match held {
        Some(held) => Ok(held.beside(charts)),
        None => read(files, path, charts),
    }
}

/// A file that is no YAML, as text. What cannot be read says nothing: nothing is rendered of it.
fn read_text(files: &Arc<dyn Files>, path: RepoPath, kind: FileKind) -> Option<Found> {
    let file = SourceFile::new(path.as_str(), &files.read(&path).ok()?.bytes).ok()?;
    Some(Found { path, file: Arc::new(file), kind, tree: Arc::new(Tree::default()), objects: Vec::new() })
}

fn read(
    files: &Arc<dyn Files>,
    path: &RepoPath,
    charts: &BTreeSet<RepoPath>,
) -> Result<Found, Option<NotChecked>> {
    let bytes = match files.read(path) {
        Ok(blob) => blob.bytes,
        // A link to a folder is listed by its target; one to nothing holds nothing.
        Err(ReadError::IsFolder | ReadError::Missing) => return Err(None),
        Err(error) => return Err(Some(unreadable(path, &error))),
    };
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/v1") {
        let reason = "a Git LFS pointer: its content is not in this tree";
        return Err(Some(NotChecked::new(Code::Remote, format!("`{path}`"), reason)));
    }
    let file = SourceFile::new(path.as_str(), &bytes)
        .map_err(|error| Some(NotChecked::new(Code::Encoding, format!("`{path}`"), error.to_string())))?;
    let kind = classify::by_place(path, &file, charts);
    Ok(Found::parse(path.clone(), Arc::new(file), kind))
}

/// Model services in files of documentation, examples and tests, which nothing deploys: said where
/// there are no others.
#[must_use]
pub fn examples(discovery: &Discovery) -> Option<NotChecked> {
    let files = discovery.files.values().filter(|found| found.kind == FileKind::Documentation);
    let is_one = |found: &&Found| {
        let text = found.file.text();
        text.contains("serving.kserve.io/") && text.contains("kind: InferenceService")
    };
    let mut files = files.filter(is_one);
    let first = files.next()?;
    let more = match files.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let reason = "folders of documentation, examples and tests are not judged, unless something deploys them";
    let at = Location::new(&first.file, 0..0, Role::Source);
    Some(
        NotChecked::new(Code::InCluster, format!("the model services in `{}`{more}", first.path), reason)
            .at(Some(at)),
    )
}

/// The parts of a file that passed a limit, and the file that is no YAML and so shows not what it
/// is, as *not checked*.
#[must_use]
pub fn unread(found: &Found) -> Vec<NotChecked> {
    let mut unread = Vec::new();
    let mut said_no_yaml = false;
    for error in found.tree.errors() {
        let reason = match error.kind {
            SyntaxErrorKind::Syntax if said_no_yaml || !hides_its_kind(found) => continue,
            SyntaxErrorKind::Syntax => {
                said_no_yaml = true;
                format!("no YAML: {}", error.message)
            }
            _ => error.message.clone(),
        };
        let code = if error.kind == SyntaxErrorKind::Syntax { Code::Encoding } else { Code::Limit };
        let range = error.at..error.at.saturating_add(1);
        let at = Location::new(&found.file, range, Role::Source);
        let what = format!("`{}` from line {} on", found.path, at.position().line);
        unread.push(NotChecked::new(code, what, reason).at(Some(at)));
    }
    unread
}

/// Whether a file that cannot be read could be a manifest: neither its place nor a word in it says
/// what it is, and no engine of templates has still to make YAML of it.
fn hides_its_kind(found: &Found) -> bool {
    let text = found.tree.text().as_str();
    found.kind == FileKind::Other
        && matches!(found.path.extension(), "yaml" | "yml")
        && !["{{", "{%", "<%", "${"].iter().any(|mark| text.contains(mark))
}
