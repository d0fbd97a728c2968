//! The trees that deployments read from: the one under review, and other revisions and
//! repositories, opened when a deployment names them.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use globset::GlobSet;
use mlgitops_files::{Entry, Files, PathError, RepoPath, limits};

use super::{Discovery, discover};
use crate::finding::{Code, OtherTree};
use crate::source::{Below, Content, Joined, Repositories};

/// The trees that deployments read from. Each but the first lies below a folder of its own, called
/// `REVISION:` or `HOST/PATH.git:` ([`OtherTree`]).
pub struct Trees<'t> {
    files: Arc<dyn Files>,
    joined: Arc<Joined>,
    main: &'t Discovery,
    repositories: &'t Repositories,
    others: Mutex<Vec<Other>>,
}

/// A tree that was asked for.
struct Other {
    tree: OtherTree,
    folder: RepoPath,
    /// What is in it, or why it was not opened.
    known: Result<Arc<Discovery>, NotHere>,
}

/// The root of a repository, among the paths of [`Trees`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Where its tree lies.
    folder: RepoPath,
    /// The part of the repository that lies there: the path of the root under review.
    prefix: RepoPath,
    /// Nobody says that the URL is this repository's; a path that exists here says so.
    pub is_guessed: bool,
}

/// Why the content of a repository is not at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotHere {
    /// Which kind of reason.
    pub code: Code,
    /// The reason.
    pub reason: String,
    /// What to type so that it is.
    pub help: Option<String>,
}

/// What was found in a tree.
pub enum Known<'t> {
    /// The tree under review.
    Main(&'t Discovery),
    /// Another one.
    Other(Arc<Discovery>),
}

impl Deref for Known<'_> {
    type Target = Discovery;

    fn deref(&self) -> &Discovery {
        match self {
            Self::Main(discovery) => discovery,
            Self::Other(discovery) => discovery,
        }
    }
}

impl Base {
    /// The root of the tree under review, as nobody says what it is called.
    #[must_use]
    pub fn guessed() -> Self {
        Self { folder: RepoPath::root(), prefix: RepoPath::root(), is_guessed: true }
    }

    /// A path of the repository; one that lies outside the root under review is the second kind of
    /// error.
    ///
    /// # Errors
    /// Where the path is absolute or leaves the repository; `Ok(None)` where it is not below the
    /// root under review.
    pub fn join(&self, path: &str) -> Result<Option<RepoPath>, PathError> {
        let path = RepoPath::parse(path)?;
        let below = path.below(&self.prefix).or(self.is_guessed.then_some(path.as_str()));
        below.map(|below| self.folder.join(below)).transpose()
    }

    /// The part of the repository that lies there.
    #[must_use]
    pub fn prefix(&self) -> &RepoPath {
        &self.prefix
    }

    /// Where the tree of the repository lies.
    #[must_use]
    pub fn folder(&self) -> &RepoPath {
        &self.folder
    }
}

impl<'t> Trees<'t> {
    /// The tree under review, and what others may be opened.
    #[must_use]
    pub fn new(files: &Arc<dyn Files>, main: &'t Discovery, repositories: &'t Repositories) -> Self {
        let joined = Arc::new(Joined::new(Arc::clone(files)));
        Self {
            files: Arc::clone(&joined) as Arc<dyn Files>,
            joined,
            main,
            repositories,
            others: Mutex::default(),
        }
    }

    /// The files of all of them.
    #[must_use]
    pub fn files(&self) -> &Arc<dyn Files> {
        &self.files
    }

    /// Everything below the root of a repository.
    #[must_use]
    pub fn all(&self, base: &Base) -> Vec<Entry> {
        let mut entries = self.joined.all_beside(&base.folder);
        entries.retain(|entry| entry.path.is_within(&base.folder));
        entries
    }

    /// What was found in the tree a path lies in.
    #[must_use]
    pub fn known(&self, path: &RepoPath) -> Known<'t> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let other = others.iter().find(|other| path.is_within(&other.folder));
        match other.and_then(|other| other.known.as_ref().ok()) {
            Some(discovery) => Known::Other(Arc::clone(discovery)),
            None => Known::Main(self.main),
        }
    }

    /// The root of the repository of a URL at a revision.
    ///
    /// # Errors
    /// [`NotHere`] where its content is not at hand.
    pub fn open(&self, url: &str, revision: &str) -> Result<Base, NotHere> {
        match self.repositories.find(url) {
            // What stands beside the repository under review is there in one state only.
            Content::Folder(folder) => Ok(Base { folder, prefix: RepoPath::root(), is_guessed: false }),
            Content::Files(files) => {
                let name = Repositories::name(url).unwrap_or_else(|| url.to_owned());
                self.other(OtherTree::Repository(name), RepoPath::root(), || Ok(files))
            }
            Content::Own => self.revision(revision),
            Content::MaybeOwn if self.repositories.is_current(revision) => {
                Ok(Base { prefix: self.repositories.prefix(), ..Base::guessed() })
            }
            Content::MaybeOwn => {
                let base = self.revision(revision).map_err(|why| NotHere {
                    reason: format!("its source is `{url}`, {}", why.reason),
                    ..why
                })?;
                Ok(Base { is_guessed: true, ..base })
            }
            Content::Elsewhere => Err(NotHere {
                code: Code::Remote,
                reason: format!("its source is another repository, `{url}`"),
                help: Some(format!(
                    "`--repository {url}=FOLDER` where a clone of it lies; FOLDER is `.` where it is this one"
                )),
            }),
        }
    }

    /// The trees that were opened beside the one under review, in that order.
    #[must_use]
    pub fn opened(&self) -> Vec<OtherTree> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.iter().filter(|other| other.known.is_ok()).map(|other| other.tree.clone()).collect()
    }

    /// A state of the repository under review.
    fn revision(&self, revision: &str) -> Result<Base, NotHere> {
        let prefix = self.repositories.prefix();
        if self.repositories.is_current(revision) {
            return Ok(Base { folder: RepoPath::root(), prefix, is_guessed: false });
        }
        let tree = OtherTree::Revision(revision.to_owned());
        self.other(tree, prefix, || self.repositories.open(revision))
    }

    /// A tree by its name, opened when it is asked for first.
    fn other(
        &self,
        tree: OtherTree,
        prefix: RepoPath,
        open: impl FnOnce() -> Result<Arc<dyn Files>, String>,
    ) -> Result<Base, NotHere> {
        let (OtherTree::Revision(name) | OtherTree::Repository(name)) = &tree;
        let refused = |code, reason: String| NotHere {
            code,
            reason: format!("revision `{name}`: {reason}"),
            help: Some(format!("git fetch origin {name}")),
        };
        let written = match &tree {
            OtherTree::Revision(name) => format!("{name}:"),
            OtherTree::Repository(name) => format!("{name}.git:"),
        };
        let Some(folder) = RepoPath::parse(&written).ok().filter(|folder| folder.as_str() == written) else {
            return Err(refused(Code::Remote, "it is no name of a revision".to_owned()));
        };
        let base = Base { folder: folder.clone(), prefix, is_guessed: false };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = others.iter().find(|other| other.folder == folder) {
            return other.known.as_ref().map(|_| base).map_err(Clone::clone);
        }
        if others.len() >= limits::PLAN_TREES {
            let reason = format!("a run reads at most {} other revisions", limits::PLAN_TREES);
            return Err(NotHere { help: None, ..refused(Code::Limit, reason) });
        }
        let opened = open().map_err(|reason| refused(Code::Remote, reason));
        let known = opened.map(|files| {
            let below = Below::new(folder.clone(), files);
            self.joined.add(below.clone());
            let files: Arc<dyn Files> = Arc::new(below);
            Arc::new(discover(&files, &GlobSet::empty()))
        });
        others.push(Other { tree, folder, known: known.clone() });
        known.map(|_| base)
    }
}
