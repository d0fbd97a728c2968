//! The folder a Flux object names: in which source, and whether it is there.

use mlgitops_files::{EntryKind, RepoPath};
use mlgitops_manifest::Manifest;
use mlgitops_yaml::Node;

use super::World;
use super::objects::Asker;
use crate::discover::{Base, NotHere};
use crate::finding::Code;
use crate::kinds::flux::{NAMESPACE, Revision, SourceRef, revision};

/// Why a source gives no folder.
pub(super) enum NoFolder<'n> {
    /// Flux cannot read it either: the words, and the field.
    Refused(String, &'n Node),
    /// It is not at hand.
    NotHere(NotHere, &'n Node),
}

/// The root of a source, and the path in it that a path of the source is.
pub(super) fn open(
    source: SourceRef<'_>,
    own: Option<&str>,
    path: &str,
    world: &World<'_>,
) -> Result<(Base, String), NotHere> {
    match generated(source, own, path, world) {
        Some((repository, namespace, path)) => {
            let source = SourceRef { kind: "GitRepository", name: &repository, ..source };
            Ok((git(source, namespace.as_deref(), world)?, path))
        }
        None => Ok((git(source, own, world)?, path.to_owned())),
    }
}

/// What an ArtifactGenerator makes of a repository: the repository of an ExternalArtifact, its
/// namespace, and where in it a path of the artifact comes from (source-watcher v2
/// `api/v1beta1/artifactgenerator_types.go`).
fn generated(
    source: SourceRef<'_>,
    own: Option<&str>,
    path: &str,
    world: &World<'_>,
) -> Option<(String, Option<String>, String)> {
    if source.kind != "ExternalArtifact" {
        return None;
    }
    let asker = Asker { namespace: source.namespace.or(own), ..world.asker() };
    let wanted = path.trim_start_matches("./").trim_matches('/');
    for generator in world.objects.all("ArtifactGenerator", asker) {
        let spec = generator.root.get("spec");
        let is_it = |artifact: &&Node| artifact.get("name").text() == Some(source.name);
        let Some(artifact) = spec.get("artifacts").items().iter().find(is_it) else { continue };
        let copies = artifact.get("copy").items().iter().filter_map(|copy| {
            let from = copy.get("from").text()?.strip_prefix('@')?;
            let (alias, from) = from.split_once('/').unwrap_or((from, ""));
            let to = copy.get("to").text()?.strip_prefix("@artifact")?.trim_matches('/').to_owned();
            Some((alias, from.trim_end_matches("**").trim_matches('/'), to))
        });
        let under = |to: &str| wanted == to || to.is_empty() || wanted.starts_with(&format!("{to}/"));
        let (alias, from, to) = copies.filter(|(_, _, to)| under(to)).max_by_key(|(_, _, to)| to.len())?;
        let repository = spec.get("sources").items().iter().find(|source| {
            source.get("alias").text() == Some(alias) && source.get("kind").text() == Some("GitRepository")
        })?;
        let rest = wanted.get(to.len()..).unwrap_or("").trim_start_matches('/');
        let folder =
            [from, rest].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
        let namespace = repository.get("namespace").text().or(generator.id.namespace.as_deref());
        return Some((repository.get("name").text()?.to_owned(), namespace.map(str::to_owned), folder));
    }
    None
}

/// The root of a GitRepository.
fn git(source: SourceRef<'_>, own: Option<&str>, world: &World<'_>) -> Result<Base, NotHere> {
    let SourceRef { kind, name, .. } = source;
    if kind != "GitRepository" {
        let reason = format!("its source is the {kind} `{name}`: what an artifact holds is not in Git");
        return Err(NotHere { code: Code::Remote, reason, help: None });
    }
    let asker = Asker { namespace: source.namespace.or(own), ..world.asker() };
    let Some(repository) = world.objects.find(kind, name, asker) else {
        // `flux bootstrap` makes one of this name for the repository it writes to.
        if name == NAMESPACE {
            return Ok(Base::guessed());
        }
        let reason = format!("its source, the GitRepository `{name}`, is not in this repository");
        return Err(NotHere { code: Code::Remote, reason, help: None });
    };
    let url = repository.root.get("spec").get("url").text().unwrap_or("");
    match revision(&repository.root) {
        Revision::Named(revision) => world.tree.trees.open(url, revision),
        Revision::Range(range) => Err(NotHere {
            code: Code::Remote,
            reason: format!("its source is the newest tag of `{url}` in the range `{range}`"),
            help: None,
        }),
    }
}

/// What the GitRepository of a Kustomization leaves out of what it fetches.
pub(super) fn ignored(manifest: &Manifest, world: &World<'_>) -> Option<String> {
    let source = SourceRef::of(manifest.root.get("spec").get("sourceRef").present()?)?;
    let namespace = source.namespace.or(manifest.id.namespace.as_deref());
    let asker = Asker { namespace, ..world.asker() };
    let repository = world.objects.find("GitRepository", source.name, asker)?;
    Some(repository.root.get("spec").get("ignore").text()?.to_owned())
}

/// A path of a source, from its top: to Flux it begins there whatever it begins with, and no `..`
/// climbs above it (kustomize-controller v1.9 `internal/controller`, `securejoin.SecureJoin`).
pub(super) fn from_top(text: &str) -> String {
    let mut segments = Vec::new();
    for segment in text.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    if segments.is_empty() { ".".to_owned() } else { segments.join("/") }
}

/// The folder of a path in a source.
pub(super) fn folder<'n>(
    base: &Base,
    written: &'n Node,
    text: &str,
    world: &World<'_>,
) -> Result<RepoPath, NoFolder<'n>> {
    let refused = |words: String| Err(NoFolder::Refused(words, written));
    let folder = match base.join(&from_top(text)) {
        Ok(Some(folder)) => folder,
        Ok(None) => {
            let reason = format!("`{text}` lies outside the folder that is checked");
            let help = Some("mlgitops lint at the top of the repository".to_owned());
            return Err(NoFolder::NotHere(NotHere { code: Code::Remote, reason, help }, written));
        }
        Err(_) => return refused(format!("`{text}` is no path")),
    };
    let files = world.tree.trees.files();
    let end = files.trail(&folder).pop();
    match files.kind(end.as_ref().unwrap_or(&folder)) {
        Some(EntryKind::Folder) => Ok(end.unwrap_or(folder)),
        Some(EntryKind::Submodule) => {
            let reason = format!("`{text}` is a submodule");
            Err(NoFolder::NotHere(NotHere { code: Code::Remote, reason, help: None }, written))
        }
        // Where nobody says that the source is this repository, what is missing here is elsewhere.
        _ if base.is_guessed => {
            let reason = format!("there is no folder `{text}` here; its source is another repository");
            Err(NoFolder::NotHere(NotHere { code: Code::Remote, reason, help: None }, written))
        }
        Some(EntryKind::File | EntryKind::Link(_)) => {
            refused(format!("`{text}` is a file, and a folder is needed"))
        }
        Some(EntryKind::Outside(_)) => refused(format!("`{text}` is a link out of the repository")),
        None => refused(format!("there is no folder `{text}`")),
    }
}
