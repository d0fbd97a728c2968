//! How two commits of a repository stand to each other.

use super::error::SourceError;
use super::root::Root;

/// The most commits whose messages are read.
const MESSAGES: usize = 10_000;

/// The full id of the commit that a revision names.
///
/// # Errors
/// [`SourceError`] where there is no Git, or no such revision.
pub fn commit_id(root: &Root, rev: &str) -> Result<String, SourceError> {
    let (repo, _) = root.repo(&format!("revision {rev}"))?;
    repo.commit(rev).map(|id| id.to_string())
}

/// The id of the best commit that two histories share; `None` where they share none, or this clone
/// lacks it.
///
/// # Errors
/// [`SourceError`] where a revision does not exist.
pub fn merge_base(root: &Root, target: &str, head: &str) -> Result<Option<String>, SourceError> {
    let (repo, _) = root.repo(&format!("revision {target}"))?;
    let base = repo.merge_base(repo.commit(target)?, repo.commit(head)?);
    Ok(base.map(|id| id.to_string()))
}

/// Whether a commit is another one or came before it. A revision that does not exist is neither.
#[must_use]
pub fn is_ancestor(root: &Root, ancestor: &str, of: &str) -> bool {
    let Ok((repo, _)) = root.repo("a commit") else { return false };
    match (repo.commit(ancestor), repo.commit(of)) {
        (Ok(ancestor), Ok(of)) => repo.merge_base(ancestor, of) == Some(ancestor),
        _ => false,
    }
}

/// Whether this clone lacks a part of its history.
#[must_use]
pub fn is_shallow(root: &Root) -> bool {
    root.repo("").is_ok_and(|(repo, _)| repo.git().is_shallow())
}

/// The short ids and messages of the commits that `head` has and `base` has not, newest first, at
/// most 10,000.
#[must_use]
pub fn messages_between(root: &Root, base: Option<&str>, head: &str) -> Vec<(String, String)> {
    let Ok((repo, _)) = root.repo("messages") else { return Vec::new() };
    let Ok(tip) = repo.commit(head) else { return Vec::new() };
    let commits = repo.between(base.and_then(|base| repo.commit(base).ok()), tip, MESSAGES);
    let said = commits.into_iter().filter_map(|id| Some((id, repo.about(id)?)));
    said.map(|(id, about)| (id.to_string().chars().take(7).collect(), about.message)).collect()
}

/// A branch of a repository or of its remote `origin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// Its name, without the remote's: `env/staging`.
    pub name: String,
    /// What names its tip here: `origin/env/staging` where the remote has it, else the name.
    pub rev: String,
}

/// Every branch, sorted; of one that stands here and at `origin`, the remote's.
#[must_use]
pub fn branches(root: &Root) -> Vec<Branch> {
    let Ok((repo, _)) = root.repo("its branches") else { return Vec::new() };
    let git = repo.git();
    let Ok(references) = git.references() else { return Vec::new() };
    let mut branches: Vec<Branch> = Vec::new();
    for reference in references.flatten() {
        let Ok(full) = reference.name() else { continue };
        let (name, rev) = match (full.strip_prefix("refs/remotes/origin/"), full.strip_prefix("refs/heads/"))
        {
            (Some("HEAD"), _) | (None, None) => continue,
            (Some(name), _) => (name, format!("origin/{name}")),
            (None, Some(name)) => (name, name.to_owned()),
        };
        branches.push(Branch { name: name.to_owned(), rev });
    }
    branches.sort_by(|a, b| (&a.name, a.rev == a.name).cmp(&(&b.name, b.rev == b.name)));
    branches.dedup_by(|later, first| later.name == first.name);
    branches
}

/// The branch that is checked out; `None` where it is none, but a commit.
#[must_use]
pub fn current_branch(root: &Root) -> Option<String> {
    let (repo, _) = root.repo("its branch").ok()?;
    let git = repo.git();
    let head = git.find_reference("HEAD").ok()?;
    let target = head.symbolic_target().ok().flatten()?;
    target.strip_prefix("refs/heads/").map(str::to_owned)
}
