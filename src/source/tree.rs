//! The tree that every source answers from: names, links and refusals read the same way in all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use mlgitops_files::{Blob, ContentName, Entry, EntryKind, Files, Listing, ReadError, RepoPath, limits};

/// What a source found at a path.
pub(super) enum Found<H> {
    /// A regular file, and what its bytes are fetched by.
    File(H),
    /// A symbolic link and its target as written.
    Link(Vec<u8>),
    /// Another repository.
    Submodule,
    /// Something that is not read, and why.
    Refused(ReadError),
}

/// What stands where: paths below the root as bytes, `/` between segments, in any order.
pub(super) type Finds<H> = Vec<(Vec<u8>, Found<H>)>;

/// Where the bytes of a source come from.
pub(super) trait Store: Send + Sync {
    /// What a file is fetched by, beside its path.
    type Handle: Send + Sync;

    /// The bytes of a regular file.
    fn fetch(&self, path: &RepoPath, handle: &Self::Handle) -> Result<Blob, ReadError>;

    /// The name of those bytes, where it is known without reading them.
    fn name(&self, _handle: &Self::Handle) -> Option<ContentName> {
        None
    }
}

/// A listed tree and the store that holds its bytes.
pub(super) struct Source<S: Store> {
    listing: Arc<Listing>,
    /// One for each entry of the listing; `None` for links and submodules.
    handles: Vec<Option<Result<S::Handle, ReadError>>>,
    unlisted: Vec<(RepoPath, ReadError)>,
    store: S,
}

/// One entry on its way into a listing.
struct Planned<H> {
    entry: Entry,
    handle: Option<Result<H, ReadError>>,
    /// The target of a link that goes down and up again: `a/../b`.
    winding: Option<String>,
}

impl<S: Store> Source<S> {
    /// Builds the tree from what was found and the folders that could not be listed.
    pub(super) fn new(store: S, found: Finds<S::Handle>, unlisted: Vec<(Vec<u8>, ReadError)>) -> Self {
        let mut planned = plan(found);
        let listing = Listing::new(planned.iter().map(|plan| plan.entry.clone()).collect());
        let listing = refuse_winding(listing, &mut planned);
        let handles = align(&listing, planned);
        let mut unlisted: Vec<(RepoPath, ReadError)> = unlisted
            .into_iter()
            .map(|(path, error)| (path_of(&path).unwrap_or_else(|_| escaped(&path)), error))
            .collect();
        unlisted.sort_by(|a, b| a.0.cmp(&b.0));
        Self { listing: Arc::new(listing), handles, unlisted, store }
    }

    /// The same tree with other content in some of its files; `None` where one of them is no file
    /// here.
    pub(super) fn with(&self, store: S, content: Vec<(Vec<u8>, S::Handle)>) -> Option<Self>
    where
        S::Handle: Clone,
    {
        let mut handles = self.handles.clone();
        for (path, handle) in content {
            let position = self.listing.position(&path_of(&path).ok()?)?;
            let known = handles.get_mut(position)?.as_mut()?;
            *known.as_mut().ok()? = handle;
        }
        let (listing, unlisted) = (Arc::clone(&self.listing), self.unlisted.clone());
        Some(Self { listing, handles, unlisted, store })
    }
}

impl<S: Store> Files for Source<S> {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        let path = self.listing.resolve(path)?;
        let Some(position) = self.listing.position(&path) else { return Err(ReadError::IsFolder) };
        match self.handles.get(position) {
            Some(Some(Ok(handle))) => self.store.fetch(&path, handle),
            Some(Some(Err(error))) => Err(error.clone()),
            // Links and submodules do not resolve to themselves.
            Some(None) | None => Err(ReadError::Missing),
        }
    }
    fn name(&self, path: &RepoPath) -> Option<ContentName> {
        let path = self.listing.resolve(path).ok()?;
        match self.handles.get(self.listing.position(&path)?)? {
            Some(Ok(handle)) => self.store.name(handle),
            _ => None,
        }
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.listing.list(folder)
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.listing.kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        self.listing.all().to_vec()
    }
    fn trail(&self, path: &RepoPath) -> Vec<RepoPath> {
        self.listing.trail(path)
    }
    fn unlisted(&self) -> Vec<(RepoPath, ReadError)> {
        self.unlisted.clone()
    }
}

/// Makes a type with a field `source` a source of files.
macro_rules! files_by_source {
    ($type:ty) => {
        impl mlgitops_files::Files for $type {
            fn read(
                &self,
                path: &mlgitops_files::RepoPath,
            ) -> Result<mlgitops_files::Blob, mlgitops_files::ReadError> {
                self.source.read(path)
            }
            fn name(&self, path: &mlgitops_files::RepoPath) -> Option<mlgitops_files::ContentName> {
                self.source.name(path)
            }
            fn list(&self, folder: &mlgitops_files::RepoPath) -> Vec<mlgitops_files::Entry> {
                self.source.list(folder)
            }
            fn kind(&self, path: &mlgitops_files::RepoPath) -> Option<mlgitops_files::EntryKind> {
                self.source.kind(path)
            }
            fn all(&self) -> Vec<mlgitops_files::Entry> {
                self.source.all()
            }
            fn trail(&self, path: &mlgitops_files::RepoPath) -> Vec<mlgitops_files::RepoPath> {
                self.source.trail(path)
            }
            fn unlisted(&self) -> Vec<(mlgitops_files::RepoPath, mlgitops_files::ReadError)> {
                self.source.unlisted()
            }
        }
    };
}
pub(super) use files_by_source;

/// Gives every find a path and a kind, in the order of a listing.
fn plan<H>(found: Finds<H>) -> Vec<Planned<H>> {
    let mut planned = Vec::with_capacity(found.len());
    let mut misnamed = Vec::new();
    for (bytes, found) in found {
        match path_of(&bytes) {
            Ok(path) => planned.push(plan_one(path, found)),
            Err(error) => misnamed.push((bytes, error)),
        }
    }
    if !misnamed.is_empty() {
        plan_misnamed(&mut planned, misnamed);
    }
    planned.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
    planned
}

fn plan_one<H>(path: RepoPath, found: Found<H>) -> Planned<H> {
    let (kind, handle, winding) = match found {
        Found::File(handle) => (EntryKind::File, Some(Ok(handle)), None),
        Found::Refused(error) => (EntryKind::File, Some(Err(error)), None),
        Found::Submodule => (EntryKind::Submodule, None, None),
        Found::Link(target) => match link(&path, target) {
            Ok((kind, winding)) => (kind, None, winding),
            Err(error) => (EntryKind::File, Some(Err(error)), None),
        },
    };
    Planned { entry: Entry { path, kind }, handle, winding }
}

/// Where a link leads by its names alone, and its target again where names alone may lie. (Of a
/// target `file/.` the kernel says that there is nothing; here it is the file.)
fn link(path: &RepoPath, target: Vec<u8>) -> Result<(EntryKind, Option<String>), ReadError> {
    if target.len() > limits::PATH_BYTES {
        return Err(ReadError::Name("it is a link to a path of more than 4,096 bytes"));
    }
    let Ok(target) = String::from_utf8(target) else {
        return Err(ReadError::Name("it is a link to a path that is not UTF-8"));
    };
    if target.is_empty() || target.contains('\0') {
        return Err(ReadError::Name("it is a link to a path that no file can have"));
    }
    let folder = path.parent().unwrap_or_else(RepoPath::root);
    match folder.join(&target) {
        Ok(inside) => {
            let climbs = target.split('/').skip_while(|segment| matches!(*segment, ".." | "." | ""));
            let winds = climbs.into_iter().any(|segment| segment == "..");
            Ok((EntryKind::Link(inside), winds.then_some(target)))
        }
        Err(_) => Ok((EntryKind::Outside(target), None)),
    }
}

/// Refuses links that climb out of something else than a folder: `..` of a link leads elsewhere
/// than its name says.
fn refuse_winding<H>(listing: Listing, planned: &mut [Planned<H>]) -> Listing {
    let mut changed = false;
    for plan in planned.iter_mut() {
        let Some(target) = plan.winding.take() else { continue };
        let folder = plan.entry.path.parent().unwrap_or_else(RepoPath::root);
        if !climbs_only_folders(&listing, folder, &target) {
            plan.entry.kind = EntryKind::File;
            plan.handle = Some(Err(ReadError::Name(
                "it is a link whose target climbs by `..` out of something else than a folder",
            )));
            changed = true;
        }
    }
    if !changed {
        return listing;
    }
    Listing::new(planned.iter().map(|plan| plan.entry.clone()).collect())
}

fn climbs_only_folders(listing: &Listing, folder: RepoPath, target: &str) -> bool {
    let mut at = folder;
    let mut climbed = 0;
    for segment in target.split('/') {
        if segment == ".." {
            climbed += 1;
            let is_folder = listing.kind(&at) == Some(EntryKind::Folder) && listing.trail(&at).is_empty();
            if !is_folder || climbed > limits::LINKS {
                return false;
            }
        }
        match at.join(segment) {
            Ok(next) => at = next,
            Err(_) => return false,
        }
    }
    true
}

/// The handles in the order of the listing, which dropped what cannot stand.
fn align<H>(listing: &Listing, planned: Vec<Planned<H>>) -> Vec<Option<Result<H, ReadError>>> {
    let mut planned = planned.into_iter();
    listing
        .all()
        .iter()
        .map(|entry| planned.find(|plan| plan.entry.path == entry.path).and_then(|plan| plan.handle))
        .collect()
}

/// The path that bytes name, or why they name none.
fn path_of(bytes: &[u8]) -> Result<RepoPath, &'static str> {
    if bytes.len() > limits::PATH_BYTES {
        return Err("its path has more than 4,096 bytes");
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Err("its path is not UTF-8") };
    match RepoPath::parse(text) {
        Ok(path) if path.as_str() == text && !path.is_root() => Ok(path),
        _ => Err("no file system holds its path"),
    }
}

/// Lists what has no path of its own under an escaped one, never in the place of something else.
fn plan_misnamed<H>(planned: &mut Vec<Planned<H>>, misnamed: Vec<(Vec<u8>, &'static str)>) {
    let mut taken: BTreeSet<RepoPath> = planned.iter().map(|plan| plan.entry.path.clone()).collect();
    let mut number = 1;
    for (bytes, error) in misnamed {
        let name = escaped(&bytes);
        let mut path = name.clone();
        while !taken.insert(path.clone()) {
            number += 1;
            path = RepoPath::parse(&format!("{name}~{number}")).unwrap_or_else(|_| name.clone());
        }
        planned.push(plan_one(path, Found::Refused(ReadError::Name(error))));
    }
}

/// Bytes as a path that can be shown: what is not UTF-8 as `\xNN`, at most 255 bytes of it.
fn escaped(bytes: &[u8]) -> RepoPath {
    const LONGEST: usize = 255;
    let (bytes, more) = match bytes.split_at_checked(LONGEST) {
        Some((head, tail)) if !tail.is_empty() => (head, "…"),
        _ => (bytes, ""),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\0', "\\x00"));
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    let segments: Vec<&str> = text
        .split('/')
        .map(|segment| match segment {
            "." => "\\x2e",
            ".." => "\\x2e\\x2e",
            other => other,
        })
        .filter(|segment| !segment.is_empty())
        .collect();
    let text = if segments.is_empty() { "\\x2f".to_owned() } else { segments.join("/") };
    RepoPath::parse(&format!("{text}{more}")).unwrap_or_else(|_| RepoPath::root())
}
