//! Which repositories are at hand: the one under review under every URL it goes by, and others
//! whose content somebody put beside it.

use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};

use super::error::shown_text;
use super::repository::Repo;
use super::root::Root;
use super::url::normalized;
use super::{Commit, Remote};

/// The repositories whose content is at hand, by URL.
#[derive(Clone, Default)]
pub struct Repositories {
    /// The URLs of the repository under review, normalised. None: they are not known.
    own: Vec<String>,
    /// Where the root lies in the repository under review.
    prefix: Option<RepoPath>,
    /// The others, by normalised URL; the first that fits counts.
    others: Vec<(String, Kept)>,
    revisions: Option<Arc<dyn Revisions>>,
}

/// Where the content of another repository is kept.
#[derive(Clone)]
enum Kept {
    /// In a folder below the root.
    Folder(RepoPath),
    /// Elsewhere on this machine; the user named it on the command line.
    Files(Arc<dyn Files>),
}

/// The content a URL stands for.
#[derive(Clone)]
pub enum Content {
    /// The repository under review.
    Own,
    /// A folder below the root holds it.
    Folder(RepoPath),
    /// These files are it.
    Files(Arc<dyn Files>),
    /// Nobody says what the repository under review is called, so that it may be this one.
    MaybeOwn,
    /// Another repository.
    Elsewhere,
}

/// The states of the repository under review, by the names deployments give them.
pub trait Revisions: Send + Sync {
    /// Whether a revision means the tree that is read: it will be there after the merge.
    fn is_current(&self, revision: &str) -> bool;

    /// The files of another revision.
    ///
    /// # Errors
    /// Why it cannot be read, in words that follow "revision `x`: ".
    fn open(&self, revision: &str) -> Result<Arc<dyn Files>, String>;
}

impl Repositories {
    /// What a root's Git repository says: its remotes, and its branches and tags. `target` is the
    /// branch that the change under review is to be merged into, where there is one.
    #[must_use]
    pub fn of(root: &Root, target: Option<&str>) -> Self {
        let Some(git) = root.git() else { return Self::default() };
        let own = git.remotes.iter().filter_map(|remote: &Remote| normalized(&remote.url)).collect();
        let revisions = LocalGit { root: root.clone(), current: current(root, target) };
        Self {
            own,
            prefix: Some(git.prefix.clone()),
            others: Vec::new(),
            revisions: Some(Arc::new(revisions)),
        }
    }

    /// The same, called by a URL more.
    #[must_use]
    pub fn called(mut self, url: &str) -> Self {
        self.own.extend(normalized(url));
        self
    }

    /// The same, read at other revisions too.
    #[must_use]
    pub fn with_revisions(mut self, revisions: Arc<dyn Revisions>) -> Self {
        self.revisions = Some(revisions);
        self
    }

    /// The same, with another repository in a folder below the root. The root itself makes the URL
    /// one of the repository under review.
    #[must_use]
    pub fn with_folder(mut self, url: &str, folder: RepoPath) -> Self {
        if folder.is_root() {
            return self.called(url);
        }
        self.others.extend(normalized(url).map(|url| (url, Kept::Folder(folder))));
        self
    }

    /// The same, with another repository whose files lie outside the root.
    #[must_use]
    pub fn with_files(mut self, url: &str, files: Arc<dyn Files>) -> Self {
        self.others.extend(normalized(url).map(|url| (url, Kept::Files(files))));
        self
    }

    /// What a URL stands for. Where no remote is known (a tree in memory, an export, a clone of a
    /// path of this machine) every URL may be this repository's: what it names here decides.
    #[must_use]
    pub fn find(&self, url: &str) -> Content {
        let normal = normalized(url);
        let other = self.others.iter().find(|(other, _)| Some(other) == normal.as_ref());
        match other {
            Some((_, Kept::Folder(folder))) => Content::Folder(folder.clone()),
            Some((_, Kept::Files(files))) => Content::Files(Arc::clone(files)),
            None if normal.is_some_and(|url| self.own.contains(&url)) => Content::Own,
            None if self.own.is_empty() => Content::MaybeOwn,
            None => Content::Elsewhere,
        }
    }

    /// What a repository is called whatever the spelling of its URL: host and path.
    #[must_use]
    pub fn name(url: &str) -> Option<String> {
        normalized(url)
    }

    /// The path of the root in the repository under review.
    #[must_use]
    pub fn prefix(&self) -> RepoPath {
        self.prefix.clone().unwrap_or_else(RepoPath::root)
    }

    /// Whether a revision of the repository under review means the tree that is read. Without Git,
    /// the usual names of a default branch do.
    #[must_use]
    pub fn is_current(&self, revision: &str) -> bool {
        matches!(revision, "" | "HEAD")
            || match &self.revisions {
                Some(revisions) => revisions.is_current(revision),
                None => USUAL.contains(&revision),
            }
    }

    /// The files of another revision of the repository under review.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(&self, revision: &str) -> Result<Arc<dyn Files>, String> {
        match &self.revisions {
            Some(revisions) => revisions.open(revision),
            None => Err("there is no Git repository to read it from".to_owned()),
        }
    }
}

impl std::fmt::Debug for Repositories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repositories").field("own", &self.own).finish_non_exhaustive()
    }
}

/// What a default branch is called where nobody says.
const USUAL: [&str; 2] = ["main", "master"];

/// The branches and tags of the clone a root lies in.
struct LocalGit {
    root: Root,
    /// Names that mean the tree that is read.
    current: Vec<String>,
}

impl Revisions for LocalGit {
    fn is_current(&self, revision: &str) -> bool {
        let name = revision.strip_prefix("refs/heads/").unwrap_or(revision);
        self.current.iter().any(|current| current == name)
    }

    fn open(&self, revision: &str) -> Result<Arc<dyn Files>, String> {
        let repo = self.root.repo("another revision").map(|(repo, _)| repo);
        let repo = repo.map_err(|_| "there is no Git repository to read it from".to_owned())?;
        let Some(reference) = reference(repo, revision) else {
            return Err("this clone does not have it".to_owned());
        };
        let commit = Commit::open(&self.root, &reference).map_err(|error| error.to_string())?;
        Ok(Arc::new(commit))
    }
}

/// The full name of a branch, a tag or a commit, as Argo CD reads the word: a branch of the server
/// first. Words that only this machine understands (`HEAD~2`) name nothing there.
fn reference(repo: &Repo, revision: &str) -> Option<String> {
    let is_id = revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if revision.starts_with("refs/") {
        return repo.has_reference(revision).then(|| revision.to_owned());
    }
    let remotes = repo.remotes();
    let names = remotes
        .iter()
        .map(|remote| format!("refs/remotes/{}/{revision}", remote.name))
        .chain([format!("refs/heads/{revision}"), format!("refs/tags/{revision}")]);
    names.into_iter().find(|name| repo.has_reference(name)).or_else(|| is_id.then(|| shown_text(revision)))
}

/// The names that mean the tree that is read: the branch that is checked out, the one a change is
/// to be merged into, and the default branch.
fn current(root: &Root, target: Option<&str>) -> Vec<String> {
    let Ok((repo, _)) = root.repo("its branches") else { return Vec::new() };
    let mut names: Vec<String> = repo.branch().into_iter().collect();
    let remotes = repo.remotes();
    let of_remote = |name: &str| {
        let below = remotes.iter().find_map(|remote| name.strip_prefix(&format!("{}/", remote.name)));
        below.unwrap_or(name).to_owned()
    };
    names.extend(target.map(|target| {
        let short = ["refs/heads/", "refs/remotes/"].iter().find_map(|kind| target.strip_prefix(kind));
        of_remote(short.unwrap_or(target))
    }));
    match repo.default_branch() {
        Some(name) => names.push(name),
        None => names.extend(USUAL.map(str::to_owned)),
    }
    names
}
