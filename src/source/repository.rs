//! One Git repository, read through libgit2: configuration, revisions, trees, index, blobs.
//!
//! Here alone libgit2 is opened and told what not to read. It opens a repository only where its
//! folders belong to this user or the user's own `safe.directory` trusts them; that check is the
//! one thing for which it reads files of the user, at places it finds by `HOME`. Right after it
//! the configuration is replaced by the repository's own, so nothing else of the user or of the
//! machine decides what is listed or read. No environment variable of Git is looked at.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use git2::{Config, ErrorCode, ObjectType, Oid, Repository, RepositoryOpenFlags};
use mlgitops_files::{Blob, ReadError, limits};

use super::Remote;
use super::chain::About;
use super::error::{SourceError, shown, shown_text};
use super::packs::{Kind, PackReader, Packs};
use super::tree::Found;
use super::trees::name;

/// The modes that Git gives to what stands in a tree or in the index (gitformat-index).
mod mode {
    pub(super) const KIND: u32 = 0o170_000;
    pub(super) const FOLDER: u32 = 0o040_000;
    pub(super) const LINK: u32 = 0o120_000;
    pub(super) const SUBMODULE: u32 = 0o160_000;
}

/// An open repository.
pub(super) struct Repo {
    git: Mutex<Repository>,
    /// Where it was looked for, for messages.
    shown: String,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    packs: OnceLock<Arc<Packs>>,
    /// Readers of blobs that nobody uses.
    readers: Mutex<Vec<PackReader>>,
    /// Blobs of no pack, each of which is a file to open.
    loose: Mutex<Loose>,
}

/// Blobs that were read from files of their own. A folder for each model holds the same chart a
/// hundred times, and a repository of a few thousand files may have no pack at all.
#[derive(Default)]
struct Loose {
    kept: HashMap<Oid, Arc<[u8]>>,
    bytes: usize,
}

impl Loose {
    /// Bytes that are kept at most.
    const MOST: usize = 16 << 20;

    fn keep(&mut self, id: Oid, bytes: &Arc<[u8]>) {
        if self.bytes + bytes.len() <= Self::MOST && self.kept.insert(id, Arc::clone(bytes)).is_none() {
            self.bytes += bytes.len();
        }
    }
}

/// One line of the index.
pub(super) struct Staged {
    /// The path from the root of the repository.
    pub(super) path: Vec<u8>,
    blob: Oid,
    mode: u32,
    flags: u16,
    extended: u16,
}

impl Staged {
    /// Whether it is one side of a merge conflict.
    pub(super) fn is_unmerged(&self) -> bool {
        self.flags & 0x3000 != 0
    }

    /// Whether only its name was added (`git add --intent-to-add`): no commit would hold it.
    pub(super) fn is_intended(&self) -> bool {
        self.extended & (1 << 13) != 0
    }

    /// Whether a sparse checkout leaves it out of the work tree.
    pub(super) fn is_sparse(&self) -> bool {
        self.extended & (1 << 14) != 0
    }

    /// Whether it is a submodule.
    pub(super) fn is_submodule(&self) -> bool {
        self.mode & mode::KIND == mode::SUBMODULE
    }
}

impl Repo {
    /// Opens what a `.git` names, a folder or a file that points to one; `None` where it names
    /// no repository.
    pub(super) fn open(git: &Path, root: &Path) -> Result<Option<Arc<Self>>, SourceError> {
        let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
        let repository = match Repository::open_ext(git, flags, &[] as &[&Path]) {
            Ok(repository) => repository,
            Err(error) => {
                return match error.code() {
                    ErrorCode::NotFound => Ok(None),
                    ErrorCode::Owner => Err(SourceError::NotOwned {
                        path: shown(root),
                        trust: shown(git.parent().unwrap_or(git)),
                    }),
                    _ => Err(failed(&shown(root), &error)),
                };
            }
        };
        let config = Config::open(&repository.commondir().join("config")).or_else(|_| Config::new());
        config
            .and_then(|config| repository.set_config(&config))
            .map_err(|error| failed(&shown(root), &error))?;
        Ok(Some(Arc::new(Self {
            shown: shown(root),
            git_dir: repository.path().to_owned(),
            common_dir: repository.commondir().to_owned(),
            work_dir: repository.workdir().map(Path::to_owned),
            git: Mutex::new(repository),
            packs: OnceLock::new(),
            readers: Mutex::default(),
            loose: Mutex::default(),
        })))
    }

    /// The folder of this work tree's own state: `HEAD`, the index.
    pub(super) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder that all work trees of the repository share.
    pub(super) fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The work tree; `None` for a bare repository.
    pub(super) fn work_dir(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// The remotes named in the repository's own configuration, sorted.
    pub(super) fn remotes(&self) -> Vec<Remote> {
        let git = self.git();
        let mut remotes = Vec::new();
        let Ok(config) = git.config() else { return remotes };
        let Ok(mut entries) = config.entries(Some(r"^remote\..*\.url$")) else { return remotes };
        while let Some(Ok(entry)) = entries.next() {
            let (Ok(key), Ok(url)) = (entry.name(), entry.value()) else { continue };
            let name = key.strip_prefix("remote.").and_then(|rest| rest.strip_suffix(".url"));
            if let Some(name) = name {
                remotes.push(Remote::new(name, url));
            }
        }
        remotes.sort();
        remotes
    }

    /// The branch that is checked out; `None` for a commit that is.
    pub(super) fn branch(&self) -> Option<String> {
        let git = self.git();
        let head = git.find_reference("HEAD").ok()?;
        let target = head.symbolic_target().ok().flatten()?;
        target.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// The default branch of the first remote that this clone knows it of.
    pub(super) fn default_branch(&self) -> Option<String> {
        let remotes = self.remotes();
        let git = self.git();
        remotes.iter().find_map(|remote| {
            let folder = format!("refs/remotes/{}/", remote.name);
            let head = git.find_reference(&format!("{folder}HEAD")).ok()?;
            let target = head.symbolic_target().ok().flatten()?;
            target.strip_prefix(&folder).map(str::to_owned)
        })
    }

    /// Whether there is a reference of this full name.
    pub(super) fn has_reference(&self, name: &str) -> bool {
        self.git().find_reference(name).is_ok()
    }

    /// The id of the commit that a revision names.
    pub(super) fn commit(&self, rev: &str) -> Result<Oid, SourceError> {
        let git = self.git();
        let object = match git.revparse_single(rev) {
            Ok(object) => object,
            Err(error) => return Err(self.no_revision(&git, rev, &error)),
        };
        object.peel_to_commit().map(|commit| commit.id()).map_err(|_| SourceError::NotACommit {
            path: self.shown.clone(),
            rev: shown_text(rev),
            reason: format!("it is a {}", object.kind().map_or("object", |kind| kind.str())),
        })
    }

    /// The commits whose parents this clone makes up, each with what ends that: those that
    /// `git replace` names, and those of the file that it replaced (gitrepository-layout, info/grafts).
    pub(super) fn grafted(&self) -> Vec<(Oid, String)> {
        let git = self.git();
        let mut grafted = Vec::new();
        for name in git.references_glob("refs/replace/*").into_iter().flat_map(names) {
            let id = name.rsplit('/').next().and_then(|id| Oid::from_str(id).ok());
            grafted.extend(id.map(|id| (id, format!("git replace -d {id}"))));
        }
        let file = std::fs::read_to_string(self.common_dir.join("info/grafts")).unwrap_or_default();
        let ids = file.lines().filter_map(|line| Oid::from_str(line.split_whitespace().next()?).ok());
        grafted.extend(ids.map(|id| (id, "remove the file info/grafts of the repository".to_owned())));
        grafted
    }

    /// The best commit that two histories share; `None` where they share none, or this clone lacks
    /// it.
    pub(super) fn merge_base(&self, one: Oid, other: Oid) -> Option<Oid> {
        self.git().merge_base(one, other).ok()
    }

    fn no_revision(&self, git: &Repository, rev: &str, error: &git2::Error) -> SourceError {
        let path = self.shown.clone();
        match error.code() {
            ErrorCode::Ambiguous => {
                let reason = "several objects begin so".to_owned();
                SourceError::NotACommit { path, rev: shown_text(rev), reason }
            }
            _ if matches!(rev, "HEAD" | "@") => match git.head() {
                Err(error) if error.code() == ErrorCode::UnbornBranch => SourceError::Unborn { path },
                _ => failed(&path, error),
            },
            _ => {
                let names = git.remotes().ok();
                let remote =
                    names.iter().flat_map(|names| names.iter()).flatten().flatten().find_map(|remote| {
                        git.find_reference(&format!("refs/remotes/{remote}/{rev}")).ok()?;
                        Some(shown_text(&format!("{remote}/{rev}")))
                    });
                SourceError::UnknownRevision { path, rev: shown_text(rev), shallow: git.is_shallow(), remote }
            }
        }
    }

    /// The tree of a commit.
    pub(super) fn tree_of(&self, commit: Oid) -> Result<Oid, SourceError> {
        let commit = self.git().find_commit(commit).map(|commit| commit.tree_id());
        commit.map_err(|error| failed(&self.shown, &error))
    }

    /// That this clone lacks a tree.
    pub(super) fn lacks_tree(&self, id: &str) -> SourceError {
        SourceError::MissingTree { path: self.shown.clone(), id: id.chars().take(7).collect() }
    }

    /// That a commit holds more than is read.
    pub(super) fn too_many(&self) -> SourceError {
        SourceError::TooMany { path: self.shown.clone() }
    }

    /// What a line of a tree or of the index stands for; no folder.
    pub(super) fn find(&self, mode: u32, id: Oid) -> Found<Oid> {
        find(&self.git(), mode, id)
    }

    /// The packs, opened when they are asked for first.
    pub(super) fn packs(&self) -> &Arc<Packs> {
        self.packs.get_or_init(|| Arc::new(Packs::open(&self.common_dir)))
    }

    /// The lines of the index; none where the repository has no index yet.
    pub(super) fn index(&self) -> Result<Vec<Staged>, SourceError> {
        let file = self.git_dir.join("index");
        if !file.exists() {
            return Ok(Vec::new());
        }
        // Opened by its path: through the repository, libgit2 would look at what the file system
        // can do, which changes nothing in what is listed.
        let index = git2::Index::open(&file).map_err(|error| SourceError::Index {
            path: self.shown.clone(),
            reason: shown_text(error.message()),
        })?;
        if index.len() > limits::TREE_ENTRIES {
            return Err(SourceError::TooMany { path: self.shown.clone() });
        }
        let staged = index.iter().map(|entry| Staged {
            path: entry.path,
            blob: entry.id,
            mode: entry.mode,
            flags: entry.flags,
            extended: entry.flags_extended,
        });
        Ok(staged.collect())
    }

    /// What a line of the index stands for.
    pub(super) fn staged(&self, staged: &Staged) -> Found<Oid> {
        self.find(staged.mode, staged.blob)
    }

    /// The bytes of a blob, refused by its header where they are over the limit.
    pub(super) fn blob(&self, id: Oid) -> Result<Blob, ReadError> {
        if let Some(bytes) = self.packed(id) {
            return Ok(Blob { bytes: bytes.into() });
        }
        let loose = || self.loose.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = loose().kept.get(&id) {
            return Ok(Blob { bytes: Arc::clone(bytes) });
        }
        let bytes: Arc<[u8]> = {
            let git = self.git();
            check_size(&git, id, limits::FILE_BYTES)?;
            git.find_blob(id).map_err(|error| no_object(&error))?.content().into()
        };
        loose().keep(id, &bytes);
        Ok(Blob { bytes })
    }

    /// The bytes of a blob that a pack holds and that is not over the limit.
    fn packed(&self, id: Oid) -> Option<Vec<u8>> {
        const KEPT: usize = 1 << 20;
        let readers = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = readers().pop();
        let mut reader = reader.unwrap_or_else(|| PackReader::new(Arc::clone(self.packs()), KEPT));
        let mut bytes = Vec::new();
        let kind = reader.read(name(id), &mut bytes);
        readers().push(reader);
        (kind == Some(Kind::Blob) && bytes.len() as u64 <= limits::FILE_BYTES).then_some(bytes)
    }

    /// Who made a commit, and what they said.
    pub(super) fn about(&self, commit: Oid) -> Option<About> {
        let git = self.git();
        let commit = git.find_commit(commit).ok()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let message = text(commit.message_bytes());
        Some(About {
            author: text(commit.author().name_bytes()),
            subject: message.lines().next().unwrap_or("").trim().to_owned(),
            message,
        })
    }

    /// The commits that `tip` has and `base` has not, newest first, at most so many.
    pub(super) fn between(&self, base: Option<Oid>, tip: Oid, most: usize) -> Vec<Oid> {
        let git = self.git();
        let Ok(mut walk) = git.revwalk() else { return Vec::new() };
        if walk.push(tip).is_err() || base.is_some_and(|base| walk.hide(base).is_err()) {
            return Vec::new();
        }
        walk.flatten().take(most).collect()
    }

    pub(super) fn git(&self) -> MutexGuard<'_, Repository> {
        // libgit2 keeps no state of ours that a panic could leave half done.
        self.git.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repo").field("git_dir", &self.git_dir).finish_non_exhaustive()
    }
}

fn names(references: git2::References<'_>) -> Vec<String> {
    let references = references.flatten();
    references.filter_map(|reference| reference.name().ok().map(str::to_owned)).collect()
}

fn find(git: &Repository, mode: u32, id: Oid) -> Found<Oid> {
    match mode & mode::KIND {
        mode::SUBMODULE => Found::Submodule,
        // A path that is too long is listed as one thing that is not read.
        mode::FOLDER => Found::Refused(ReadError::IsFolder),
        mode::LINK => match target(git, id) {
            Ok(target) => Found::Link(target),
            Err(error) => Found::Refused(error),
        },
        _ => Found::File(id),
    }
}

fn target(git: &Repository, id: Oid) -> Result<Vec<u8>, ReadError> {
    // One byte more than a link may have: the tree says what is wrong with it.
    check_size(git, id, limits::PATH_BYTES as u64 + 1)?;
    Ok(git.find_blob(id).map_err(|error| no_object(&error))?.content().to_vec())
}

fn check_size(git: &Repository, id: Oid, limit: u64) -> Result<(), ReadError> {
    let header = git.odb().and_then(|objects| objects.read_header(id));
    match header.map_err(|error| no_object(&error))? {
        (size, _) if size as u64 > limit => Err(ReadError::TooLarge(size as u64)),
        (_, ObjectType::Blob) => Ok(()),
        (_, kind) => Err(ReadError::Failed(format!("Git holds a {} for it", kind.str()))),
    }
}

fn no_object(error: &git2::Error) -> ReadError {
    ReadError::Failed(match error.code() {
        ErrorCode::NotFound => "its content is not in this clone, which is partial or broken".to_owned(),
        _ => shown_text(error.message()),
    })
}

fn failed(path: &str, error: &git2::Error) -> SourceError {
    SourceError::Git { path: path.to_owned(), reason: shown_text(error.message()) }
}
