//! The folder a source of an Application names: in which tree it lies, and whether it holds what
//! Argo CD would render (argo-cd v3.5 `util/app/path/path.go`, `reposerver/repository`).

use mlgitops_files::{Entry, EntryKind, PathError, RepoPath};
use mlgitops_yaml::Node;

use super::Tree;
use crate::discover::{Base, NotHere};
use crate::finding::Code;
use crate::kinds::argocd::{Source, SourceType};
use crate::render::{Plain, has_manifest_name};

/// Where a source lies.
pub(super) struct Folder {
    /// The folder.
    pub(super) path: RepoPath,
    /// The root of its repository.
    pub(super) base: Base,
}

/// Why a source gives no folder.
pub(super) enum NoFolder<'n> {
    /// Argo CD cannot read it either: the kind of problem, the words, and the field.
    Refused(&'static str, String, &'n Node),
    /// It is not at hand.
    NotHere(NotHere, &'n Node),
}

/// The folder of a source's `path`.
pub(super) fn find<'n>(source: Source<'n>, path: &'n Node, tree: &Tree<'_>) -> Result<Folder, NoFolder<'n>> {
    let base = open(source, tree).map_err(|why| NoFolder::NotHere(why, url(source).unwrap_or(path)))?;
    let text = path.text().unwrap_or("");
    let missing = |words: String| Err(NoFolder::Refused("missing", words, path));
    let folder = match base.join(text) {
        Ok(Some(folder)) => folder,
        Ok(None) => return Err(NoFolder::NotHere(outside_root(text), path)),
        Err(PathError::Absolute(_)) => return missing(format!("`{text}` is absolute")),
        Err(_) => return missing(format!("`{text}` leaves the repository")),
    };
    let files = tree.trees.files();
    let end = files.trail(&folder).pop();
    match files.kind(end.as_ref().unwrap_or(&folder)) {
        Some(EntryKind::Folder) => Ok(Folder { path: end.unwrap_or(folder), base }),
        Some(EntryKind::Submodule) => Err(NoFolder::NotHere(
            NotHere { code: Code::Remote, reason: format!("`{text}` is a submodule"), help: None },
            path,
        )),
        // Where nobody says that the repository is this one, what is missing here is elsewhere.
        _ if base.is_guessed => Err(NoFolder::NotHere(elsewhere(source, text), path)),
        Some(EntryKind::File | EntryKind::Link(_)) => {
            missing(format!("`{text}` is a file, and a folder is needed"))
        }
        Some(EntryKind::Outside(_)) => missing(format!("`{text}` is a link out of the repository")),
        None => missing(match source.revision() {
            "" | "HEAD" => format!("there is no folder `{text}`"),
            revision => format!("there is no folder `{text}` at `{revision}`"),
        }),
    }
}

/// The root of a source's repository at its revision.
pub(super) fn open(source: Source<'_>, tree: &Tree<'_>) -> Result<Base, NotHere> {
    tree.trees.open(source.repo_url(), source.revision())
}

/// The field that decides which repository it is.
pub(super) fn url(source: Source<'_>) -> Option<&Node> {
    source.field("repoURL")
}

fn outside_root(path: &str) -> NotHere {
    let reason = format!("`{path}` lies outside the folder that is checked");
    NotHere { code: Code::Remote, reason, help: Some("mlgitops lint at the top of the repository".into()) }
}

fn elsewhere(source: Source<'_>, path: &str) -> NotHere {
    let url = source.repo_url();
    NotHere {
        code: Code::Remote,
        reason: format!("its source is `{url}`, and there is no folder `{path}` here"),
        help: Some(format!(
            "`--repository {url}=FOLDER` where a clone of it lies; FOLDER is `.` where it is this one"
        )),
    }
}

/// What lies in the folder decides what renders it (`util/app/discovery`). Argo CD walks over the
/// names in order and keeps the last that says something, so that a kustomization counts before a
/// chart.
pub(super) fn detect(folder: &Folder, tree: &Tree<'_>) -> SourceType {
    let known = tree.trees.known(&folder.path);
    if known.kustomizations.contains(&folder.path) {
        SourceType::Kustomize
    } else if known.charts.contains(&folder.path) {
        SourceType::Helm
    } else {
        SourceType::Directory
    }
}

/// Why a folder of plain files deploys nothing: the kind of problem, and the words.
pub(super) fn holds_nothing(
    folder: &Folder,
    options: &Plain,
    written: &str,
    tree: &Tree<'_>,
) -> Option<(&'static str, String)> {
    let known = tree.trees.known(&folder.path);
    let holds = |options: &Plain| {
        let filter = options.filter();
        let mut files = known.files_in(&folder.path);
        files.any(|found| filter.takes(&folder.path, &found.path) && found.may_hold_objects())
    };
    // What was not read (an `ignore` glob, a file over a limit) may be a manifest.
    let is_unread = |entry: &Entry| !known.files.contains_key(&entry.path) && has_manifest_name(&entry.path);
    if holds(options) || tree.trees.files().list(&folder.path).iter().any(is_unread) {
        return None;
    }
    let recursing = Plain { recurse: true, ..options.clone() };
    if !options.recurse && holds(&recursing) {
        let words = format!("`{written}` holds folders alone, and `directory.recurse` is not set");
        return Some(("not-recursed", words));
    }
    Some(("empty", format!("`{written}` holds no manifest")))
}

/// The first jsonnet file that Argo CD would evaluate in a folder.
pub(super) fn jsonnet(folder: &Folder, options: &Plain, tree: &Tree<'_>) -> Option<RepoPath> {
    let files = tree.trees.files();
    let filter = options.filter();
    let mut folders = vec![folder.path.clone()];
    while let Some(at) = folders.pop() {
        for entry in files.list(&at) {
            match entry.kind {
                EntryKind::Folder if options.recurse => folders.push(entry.path),
                EntryKind::File | EntryKind::Link(_)
                    if entry.path.extension() == "jsonnet" && filter.matches(&folder.path, &entry.path) =>
                {
                    return Some(entry.path);
                }
                _ => {}
            }
        }
    }
    None
}
