//! A branch of a Git repository along first parents, read as raw objects: libgit2's own walk would
//! stop at the edge of a shallow clone and call it the first commit.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use git2::{ObjectType, Odb, Oid};
use mlgitops_files::Files;

use super::chain::{About, Chain, Differs, Gap, Link, ObjectName, Told};
use super::commit::Commit;
use super::commit_graph::CommitGraph;
use super::error::{SourceError, shown_text};
use super::repository::Repo;
use super::root::Root;

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
    /// The trees of the older side of the comparison before: the newer side of the next.
    trees: Mutex<Trees>,
}

/// What was read so far.
struct Walked {
    links: Vec<Link>,
    /// The commit to read next; `None` behind the first one ever.
    next: Option<Next>,
}

/// A commit that is read next.
#[derive(Clone, Copy)]
enum Next {
    /// By its name.
    Named(Oid),
    /// By its position in the commit-graph.
    InGraph(usize),
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
            walked: Mutex::new(Walked { links: Vec::new(), next: Some(Next::Named(tip)) }),
            listed: Mutex::new(None),
            graph,
            trees: Mutex::new(Trees::default()),
        })
    }

    /// Reads the next commit of the chain.
    fn walk(&self, walked: &mut Walked) -> Result<(), Gap> {
        let (id, in_graph) = match walked.next {
            None => return Ok(()),
            Some(Next::InGraph(at)) => (None, Some(at)),
            Some(Next::Named(id)) => {
                (Some(id), self.graph.as_ref().and_then(|graph| graph.find(&name(id).0)))
            }
        };
        if let (Some(graph), Some(at)) = (&self.graph, in_graph)
            && let (Some(own), Some(node)) = (graph.id(at), graph.node(at))
        {
            let tree = self.below_prefix(ObjectName(node.tree))?;
            walked.links.push(Link { id: ObjectName(own), tree, time: node.time });
            walked.next = node.parent.map(Next::InGraph);
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
        let tree = below(&objects, header.tree, &self.prefix)?;
        walked.links.push(Link { id: name(id), tree: name(tree), time: header.time });
        walked.next = header.parent.map(Next::Named);
        Ok(())
    }

    /// The tree below the root under review.
    fn below_prefix(&self, tree: ObjectName) -> Result<ObjectName, Gap> {
        if self.prefix.is_empty() {
            return Ok(tree);
        }
        let git = self.repo.git();
        let objects = git.odb().map_err(|error| broken(oid(tree), &error))?;
        below(&objects, oid(tree), &self.prefix).map(name)
    }

    fn missing_parent(&self, walked: &Walked, missing: Oid, is_shallow: bool) -> Gap {
        let held = walked.links.len();
        let commits = if held == 1 { "commit" } else { "commits" };
        let (word, help) = if is_shallow {
            ("clone", "give actions/checkout `fetch-depth: 0`; on a laptop: git fetch --unshallow")
        } else {
            ("clone is partial or broken: it", "git fetch --refetch")
        };
        let whose = if held == 1 { "its parent" } else { "the parent of the oldest," };
        Gap {
            missing: missing.to_string(),
            reason: format!("this {word} holds {held} {commits}, and {whose} {} is missing", short(missing)),
            help: help.to_owned(),
        }
    }

    /// The commit at a position, read if it was not yet.
    fn get(&self, at: usize) -> Result<Option<Link>, Gap> {
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        while walked.links.len() <= at && walked.next.is_some() {
            self.walk(&mut walked)?;
        }
        Ok(walked.links.get(at).copied())
    }
}

impl Chain for FirstParents {
    fn link(&self, at: usize) -> Result<Option<Link>, Gap> {
        self.get(at)
    }

    fn about(&self, at: usize) -> About {
        let Ok(Some(link)) = self.get(at) else { return About::default() };
        self.repo.about(oid(link.id)).unwrap_or_default()
    }

    fn files(&self, at: usize) -> Result<Arc<dyn Files>, Gap> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(link) = self.get(at)? else {
            return Err(Gap {
                missing: at.to_string(),
                reason: "no such commit".to_owned(),
                help: String::new(),
            });
        };
        let near = listed.as_ref().and_then(|(tree, commit)| self.nearby(*tree, commit, link));
        let commit = match near {
            Some(commit) => commit,
            None => {
                let id = link.id.to_string();
                let gap = |error: SourceError| Gap {
                    missing: id.clone(),
                    reason: error.to_string(),
                    help: error.help(),
                };
                Commit::open(&self.root, &id).map_err(gap)?
            }
        };
        let commit = Arc::new(commit);
        *listed = Some((link.tree, Arc::clone(&commit)));
        Ok(commit)
    }

    fn changed(&self, at: usize, tell: &mut Told<'_>) -> Result<(), Gap> {
        let (Some(new), Some(old)) = (self.get(at)?, self.get(at + 1)?) else { return Ok(()) };
        if new.tree == old.tree {
            return Ok(());
        }
        let git = self.repo.git();
        let objects = git.odb().map_err(|error| broken(oid(new.id), &error))?;
        let mut path = Vec::new();
        let mut tell = |path: &[u8], new: Option<&Line<'_>>, old: Option<&Line<'_>>| {
            let how = Differs {
                is_special: [new, old].iter().flatten().any(|line| !line.is_file()),
                on_both: new.is_some() && old.is_some(),
            };
            tell(path, how)
        };
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.next();
        let mut reading = Reading { objects: &objects, trees: &mut trees };
        compare(&mut reading, Some(oid(new.tree)), Some(oid(old.tree)), &mut path, &mut tell).map(drop)
    }
}

impl FirstParents {
    /// A commit made from one that was listed, where only the content of files differs.
    fn nearby(&self, tree: ObjectName, listed: &Commit, link: Link) -> Option<Commit> {
        const MOST: usize = 1_000;
        let mut content = Vec::new();
        let mut is_more = false;
        {
            let git = self.repo.git();
            let objects = git.odb().ok()?;
            let mut tell = |path: &[u8], new: Option<&Line<'_>>, old: Option<&Line<'_>>| {
                match (new, old) {
                    (Some(new), Some(old)) if new.is_file() && old.is_file() => {
                        content.push((path.to_vec(), new.id));
                    }
                    _ => is_more = true,
                }
                if is_more || content.len() > MOST {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            let (new, old) = (Some(oid(link.tree)), Some(oid(tree)));
            let mut trees = Trees::default();
            let mut reading = Reading { objects: &objects, trees: &mut trees };
            let _told = compare(&mut reading, new, old, &mut Vec::new(), &mut tell).ok()?;
        }
        let few = !is_more && content.len() <= MOST;
        few.then(|| listed.with(oid(link.id), content)).flatten()
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

/// The tree below a folder; the empty name where there is none.
fn below(objects: &Odb<'_>, tree: Oid, prefix: &str) -> Result<Oid, Gap> {
    let mut at = tree;
    for segment in prefix.split('/').filter(|segment| !segment.is_empty()) {
        let bytes = read_tree(objects, at)?;
        let found = Entries(bytes.data()).find(|entry| entry.name == segment.as_bytes() && entry.is_folder());
        match found {
            Some(entry) => at = entry.id,
            None => return Ok(Oid::ZERO_SHA1),
        }
    }
    Ok(at)
}

fn read_tree<'o>(objects: &'o Odb<'_>, id: Oid) -> Result<git2::OdbObject<'o>, Gap> {
    let gap = || Gap {
        missing: id.to_string(),
        reason: format!("this clone is partial: the tree {} is missing", short(id)),
        help: "git fetch --refetch".to_owned(),
    };
    objects.read(id).ok().filter(|object| object.kind() == ObjectType::Tree).ok_or_else(gap)
}

/// One line of a tree.
#[derive(Clone, Copy)]
struct Line<'t> {
    mode: &'t [u8],
    name: &'t [u8],
    id: Oid,
}

impl Line<'_> {
    fn is_folder(&self) -> bool {
        matches!(self.mode, b"40000" | b"040000")
    }

    fn is_file(&self) -> bool {
        self.mode.starts_with(b"100")
    }

    /// Git sorts a folder as if its name ended in a slash.
    fn key(&self) -> impl Iterator<Item = u8> + '_ {
        self.name.iter().copied().chain(self.is_folder().then_some(b'/'))
    }
}

/// The lines of a tree as Git stores them: mode, name, 20 bytes of id.
struct Entries<'t>(&'t [u8]);

impl<'t> Iterator for Entries<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let space = self.0.iter().position(|byte| *byte == b' ')?;
        let (mode, rest) = self.0.split_at_checked(space)?;
        let rest = rest.get(1..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (name, rest) = rest.split_at_checked(end)?;
        let id = Oid::from_bytes(rest.get(1..21)?).ok()?;
        self.0 = rest.get(21..)?;
        Some(Line { mode, name, id })
    }
}

/// Who is told of a path and its lines in the newer and in the older tree.
type ToldLines<'t> = dyn FnMut(&[u8], Option<&Line<'_>>, Option<&Line<'_>>) -> ControlFlow<()> + 't;

/// Trees that were read for one comparison, and those of the comparison before.
#[derive(Default)]
struct Trees {
    now: HashMap<Oid, Arc<[u8]>>,
    before: HashMap<Oid, Arc<[u8]>>,
}

impl Trees {
    /// Begins the next comparison.
    fn next(&mut self) {
        self.before = std::mem::take(&mut self.now);
    }
}

/// Reads trees, each once for two comparisons.
struct Reading<'r> {
    objects: &'r Odb<'r>,
    trees: &'r mut Trees,
}

impl Reading<'_> {
    fn tree(&mut self, id: Option<Oid>) -> Result<Arc<[u8]>, Gap> {
        let Some(id) = id.filter(|id| !id.is_zero()) else { return Ok(Arc::from([])) };
        let data = match self.trees.now.get(&id).or_else(|| self.trees.before.get(&id)) {
            Some(known) => Arc::clone(known),
            None => read_tree(self.objects, id)?.data().into(),
        };
        self.trees.now.insert(id, Arc::clone(&data));
        Ok(data)
    }
}

/// Tells every path in which two trees differ. Deep trees end at the limit of paths.
fn compare(
    reading: &mut Reading<'_>,
    new: Option<Oid>,
    old: Option<Oid>,
    path: &mut Vec<u8>,
    tell: &mut ToldLines<'_>,
) -> Result<ControlFlow<()>, Gap> {
    if path.len() > mlgitops_files::limits::PATH_BYTES {
        return Ok(ControlFlow::Continue(()));
    }
    let (new, old) = (reading.tree(new)?, reading.tree(old)?);
    let (mut new, mut old) = (Entries(&new).peekable(), Entries(&old).peekable());
    loop {
        let order = match (new.peek(), old.peek()) {
            (Some(one), Some(other)) => one.key().cmp(other.key()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return Ok(ControlFlow::Continue(())),
        };
        let left = if order.is_le() { new.next() } else { None };
        let right = if order.is_ge() { old.next() } else { None };
        if let (Some(left), Some(right)) = (&left, &right)
            && left.id == right.id
            && left.mode == right.mode
        {
            continue;
        }
        let Some(line) = left.or(right) else { continue };
        let length = path.len();
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(line.name);
        let flow = if line.is_folder() {
            compare(reading, left.map(|line| line.id), right.map(|line| line.id), path, tell)?
        } else {
            tell(path, left.as_ref(), right.as_ref())
        };
        path.truncate(length);
        if flow.is_break() {
            return Ok(flow);
        }
    }
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

fn name(id: Oid) -> ObjectName {
    let mut bytes = [0; 20];
    for (byte, from) in bytes.iter_mut().zip(id.as_bytes()) {
        *byte = *from;
    }
    ObjectName(bytes)
}

fn oid(name: ObjectName) -> Oid {
    Oid::from_bytes(&name.0).unwrap_or(Oid::ZERO_SHA1)
}

fn short(id: Oid) -> String {
    name(id).short()
}
