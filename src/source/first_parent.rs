//! A branch of a Git repository along first parents, read as raw objects: libgit2's own walk would
//! stop at the edge of a shallow clone and call it the first commit.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use git2::Oid;
use mlgitops_files::Files;

use super::ahead::{Ahead, Pair};
use super::chain::{About, Chain, Gap, Judge, Link, ObjectName, Told};
use super::commit::Commit;
use super::commit_graph::CommitGraph;
use super::error::{NO_FILTER, SourceError, shown_text};
use super::repository::Repo;
use super::root::Root;
use super::trees::{Line, Trees, name, oid};

/// The chain of one tip; commits are read as they are asked for.
pub struct FirstParents {
    root: Root,
    repo: Arc<Repo>,
    prefix: String,
    walked: Mutex<Walked>,
    /// The commit that was listed last, and its tree: the next differs in little.
    listed: Mutex<Option<(ObjectName, Arc<Commit>)>>,
    /// `None` where there is none, and in a shallow clone.
    graph: Option<CommitGraph>,
    /// The commits whose parents this clone makes up, each with what ends that.
    grafted: BTreeMap<ObjectName, String>,
    /// Trees of whole commits that are compared here and there.
    trees: OnceLock<Mutex<Trees>>,
    ahead: Mutex<Ahead>,
}

/// What was read so far.
struct Walked {
    steps: Vec<Step>,
    /// The commit to read next; `None` behind the first one ever.
    next: Option<Next>,
}

/// One commit of the chain.
#[derive(Clone, Copy)]
struct Step {
    link: Link,
    /// The tree of the whole repository.
    tree: ObjectName,
}

/// A commit that is read next.
#[derive(Clone, Copy)]
enum Next {
    /// By its name.
    Named(Oid),
    /// By its position in the commit-graph.
    InGraph(usize),
    /// Not at all: this clone makes up the parent of a commit.
    Grafted(ObjectName),
}

impl FirstParents {
    /// The chain of the commit that `rev` names.
    ///
    /// # Errors
    /// [`SourceError`] where there is no Git or no such revision.
    pub fn of(root: &Root, rev: &str) -> Result<Self, SourceError> {
        let (repo, prefix) = root.repo(&format!("the history of {rev}"))?;
        let tip = repo.commit(rev)?;
        let graph = if repo.git().is_shallow() { None } else { CommitGraph::open(repo.common_dir()) };
        Ok(Self {
            root: root.clone(),
            repo: Arc::clone(repo),
            prefix: prefix.as_str().to_owned(),
            walked: Mutex::new(Walked { steps: Vec::new(), next: Some(Next::Named(tip)) }),
            listed: Mutex::new(None),
            graph,
            grafted: repo.grafted().into_iter().map(|(id, help)| (name(id), help)).collect(),
            trees: OnceLock::new(),
            ahead: Mutex::new(Ahead::default()),
        })
    }

    /// The same, where one of its commits was listed before.
    #[must_use]
    pub fn holding(self, listed: &Arc<Commit>) -> Self {
        let tree = self.repo.git().find_commit(listed.oid()).map(|commit| name(commit.tree_id()));
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) =
            tree.ok().map(|tree| (tree, Arc::clone(listed)));
        self
    }

    /// Reads the next commit of the chain.
    fn walk(&self, walked: &mut Walked) -> Result<(), Gap> {
        let (id, in_graph) = match walked.next {
            None => return Ok(()),
            Some(Next::Grafted(id)) => return Err(self.grafted_at(id)),
            Some(Next::InGraph(at)) => (None, Some(at)),
            Some(Next::Named(id)) => {
                (Some(id), self.graph.as_ref().and_then(|graph| graph.find(&name(id).0)))
            }
        };
        if let (Some(graph), Some(at)) = (&self.graph, in_graph)
            && let (Some(own), Some(node)) = (graph.id(at), graph.node(at))
        {
            let link = Link { id: ObjectName(own), time: node.time };
            walked.steps.push(Step { link, tree: ObjectName(node.tree) });
            walked.next = self.behind(link.id, node.parent.map(Next::InGraph));
            return Ok(());
        }
        let Some(id) = id else { return Err(graph_is_broken()) };
        let git = self.repo.git();
        let objects = git.odb().map_err(|error| broken(id, &error))?;
        let raw = match objects.read(id) {
            Ok(object) => object,
            Err(_) => return Err(self.missing_parent(walked, id, git.is_shallow())),
        };
        let header = Header::of(raw.data()).ok_or_else(|| Gap {
            missing: id.to_string(),
            reason: format!("{} is no commit that can be read", short(id)),
            help: "git fsck".to_owned(),
        })?;
        let link = Link { id: name(id), time: header.time };
        walked.steps.push(Step { link, tree: name(header.tree) });
        walked.next = self.behind(link.id, header.parent.map(Next::Named));
        Ok(())
    }

    /// What comes behind a commit, as its own bytes say.
    fn behind(&self, id: ObjectName, parent: Option<Next>) -> Option<Next> {
        if self.grafted.contains_key(&id) { Some(Next::Grafted(id)) } else { parent }
    }

    fn grafted_at(&self, id: ObjectName) -> Gap {
        let short = id.short();
        Gap {
            missing: id.to_string(),
            reason: format!(
                "this clone is grafted: it makes up what came before {short}, which proves nothing"
            ),
            help: self.grafted.get(&id).cloned().unwrap_or_default(),
        }
    }

    fn missing_parent(&self, walked: &Walked, missing: Oid, is_shallow: bool) -> Gap {
        let held = walked.steps.len();
        let commits = if held == 1 { "commit" } else { "commits" };
        let (word, help) = if is_shallow {
            ("clone", "give actions/checkout `fetch-depth: 0`; on a laptop: git fetch --unshallow")
        } else {
            ("clone is partial or broken: it", NO_FILTER)
        };
        let whose = if held == 1 { "its parent" } else { "the parent of the oldest," };
        Gap {
            missing: missing.to_string(),
            reason: format!("this {word} holds {held} {commits}, and {whose} {} is missing", short(missing)),
            help: help.to_owned(),
        }
    }

    /// The commit at a position, read if it was not yet.
    fn get(&self, at: usize) -> Result<Option<Step>, Gap> {
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        while walked.steps.len() <= at && walked.next.is_some() {
            self.walk(&mut walked)?;
        }
        Ok(walked.steps.get(at).copied())
    }

    /// A reader of trees with a memory of its own.
    fn reader(&self) -> Trees {
        Trees::new(Arc::clone(&self.repo))
    }

    fn trees(&self) -> MutexGuard<'_, Trees> {
        self.trees.get_or_init(|| Mutex::new(self.reader())).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The commits from a position on, each with its parent; fewer where the chain ends or breaks
    /// off.
    fn pairs(&self, from: usize, count: usize) -> Vec<Pair> {
        let tree = |at: usize| self.get(at).ok().flatten().map(|step| step.tree);
        let pairs = (from..from.saturating_add(count))
            .map_while(|at| Some(Pair { new: tree(at)?, old: tree(at.checked_add(1)?)? }));
        pairs.collect()
    }
}

impl Chain for FirstParents {
    fn link(&self, at: usize) -> Result<Option<Link>, Gap> {
        Ok(self.get(at)?.map(|step| step.link))
    }

    fn about(&self, at: usize) -> About {
        let Ok(Some(step)) = self.get(at) else { return About::default() };
        self.repo.about(oid(step.link.id)).unwrap_or_default()
    }

    fn files(&self, at: usize) -> Result<Arc<dyn Files>, Gap> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(step) = self.get(at)? else {
            return Err(Gap {
                missing: at.to_string(),
                reason: "no such commit".to_owned(),
                help: String::new(),
            });
        };
        if let Some((_, commit)) = listed.as_ref().filter(|(tree, _)| *tree == step.tree) {
            return Ok(Arc::clone(commit) as Arc<dyn Files>);
        }
        let near = listed.as_ref().and_then(|(tree, commit)| self.nearby(*tree, commit, step));
        let commit = match near {
            Some(commit) => commit,
            None => {
                let id = step.link.id.to_string();
                let gap = |error: SourceError| Gap {
                    missing: id.clone(),
                    reason: error.to_string(),
                    help: error.help(),
                };
                Commit::open(&self.root, &id).map_err(gap)?
            }
        };
        let commit = Arc::new(commit);
        *listed = Some((step.tree, Arc::clone(&commit)));
        Ok(commit)
    }

    fn changed(&self, at: usize, judge: Judge, tell: &mut Told<'_>) -> Result<(), Gap> {
        let (Some(_), Some(_)) = (self.get(at)?, self.get(at + 1)?) else { return Ok(()) };
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if !ahead.holds(at) {
            let pairs = self.pairs(at, ahead.count_from(at));
            ahead.read(at, &pairs, (&self.prefix, judge), || self.reader());
        }
        ahead.tell(at, tell)
    }
}

impl FirstParents {
    /// A commit made from one that was listed, where only the content of files differs.
    fn nearby(&self, tree: ObjectName, listed: &Commit, step: Step) -> Option<Commit> {
        const MOST: usize = 1_000;
        let mut content = Vec::new();
        let mut is_more = false;
        let mut tell = |path: &[u8], new: Option<&Line<'_>>, old: Option<&Line<'_>>| {
            match (new, old) {
                (Some(new), Some(old)) if new.is_file() && old.is_file() => {
                    content.push((path.to_vec(), oid(new.id)));
                }
                _ => is_more = true,
            }
            if is_more || content.len() > MOST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut trees = self.trees();
        let [new, old] = [step.tree, tree].map(|tree| trees.below(tree, &self.prefix));
        trees.compare(new.ok()?, old.ok()?, &mut tell).ok()?;
        let few = !is_more && content.len() <= MOST;
        few.then(|| listed.with(oid(step.link.id), content)).flatten()
    }
}

/// What the header of a commit says.
struct Header {
    tree: Oid,
    parent: Option<Oid>,
    time: i64,
}

impl Header {
    fn of(raw: &[u8]) -> Option<Self> {
        let mut lines = raw.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
        let tree = hex(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut parent = None;
        for line in lines {
            if let Some(id) = line.strip_prefix(b"parent ") {
                parent = parent.or(hex(id));
            } else if let Some(rest) = line.strip_prefix(b"committer ") {
                let mut words = rest.rsplit(|byte| *byte == b' ');
                let time = words.nth(1).and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
                return Some(Self { tree, parent, time: time.unwrap_or(0) });
            }
        }
        Some(Self { tree, parent, time: 0 })
    }
}

fn hex(id: &[u8]) -> Option<Oid> {
    Oid::from_str(std::str::from_utf8(id).ok()?).ok()
}

fn graph_is_broken() -> Gap {
    Gap {
        missing: "commit-graph".to_owned(),
        reason: "the commit-graph of this clone is broken".to_owned(),
        help: "git commit-graph write --reachable".to_owned(),
    }
}

fn broken(id: Oid, error: &git2::Error) -> Gap {
    Gap { missing: id.to_string(), reason: shown_text(error.message()), help: "git fsck".to_owned() }
}

fn short(id: Oid) -> String {
    name(id).short()
}
