//! Where the base of a change is: what CI says in its environment, `--base`, or HEAD. Nothing
//! outside this folder reads an environment variable.

use std::sync::Arc;

use mlgitops_files::Files;
use serde_json::Value;

use super::CliError;
use crate::config::Config;
use crate::history::{Branches, Change, Override};
use crate::source::{self, Chain, Commit, FirstParents, Gap, Memory, MemoryChain, Root, SourceError};

/// What is asked of the environment: the value of a variable.
type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// What the environment says of the change.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// It is to be merged into a branch.
    Into {
        /// The branch, or the commit.
        target: String,
        /// Whether it comes from somebody who may not push here.
        from_fork: bool,
    },
    /// It was pushed.
    Pushed {
        /// What the branch was before; `None` where it was not.
        before: Option<String>,
    },
    /// Nothing: a laptop.
    Nothing,
}

/// A change and the configuration before it.
pub(super) struct Found {
    pub(super) change: Change,
    pub(super) config: Option<Config>,
    /// The branch that the change is for.
    pub(super) branch: Option<String>,
    /// The tip of the branch it is to be merged into, where it is to be merged.
    pub(super) tip: Option<Tip>,
}

/// A commit, and what people call it.
pub(super) struct Tip {
    pub(super) name: String,
    pub(super) commit: Arc<Commit>,
}

/// Finds the base of what is read. `head` is the commit that is read, or that the work tree and the
/// index are based on; `is_commit` says which. `None` where there is no Git, or no commit yet.
pub(super) fn find(
    root: &Root,
    stated: Option<&str>,
    head: &str,
    is_commit: bool,
    config: &Config,
) -> Result<Option<Found>, CliError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let said = match stated {
        Some(target) => Said::Into { target: target.to_owned(), from_fork: false },
        None if is_commit => Said::Pushed { before: None },
        None => said(&variable),
    };
    if root.git().is_none() && stated.is_none() {
        return Ok(None);
    }
    if stated.is_none() && matches!(source::commit_id(root, head), Err(SourceError::Unborn { .. })) {
        return Ok(None);
    }
    let based = match &said {
        Said::Nothing => Based::on(root, head),
        Said::Pushed { before } => pushed(root, before.as_deref(), head),
        Said::Into { target, .. } => match into(root, target, head) {
            Err(error) if stated.is_some() => return Err(error.into()),
            Err(error) => Based::missing(gap(target, &error)),
            Ok(based) => based,
        },
    };
    let from_fork = matches!(said, Said::Into { from_fork: true, .. });
    let overrides = match &based.base {
        Ok(base) if !from_fork => overrides(root, base, head),
        _ => Vec::new(),
    };
    let branch = match &said {
        Said::Into { target, .. } => Some(target.strip_prefix("origin/").unwrap_or(target).to_owned()),
        _ if is_commit => Some(head.strip_prefix("origin/").unwrap_or(head).to_owned()),
        _ => source::current_branch(root)
            .or_else(|| ["CI_COMMIT_BRANCH", "GITHUB_REF_NAME"].into_iter().find_map(variable)),
    };
    let branches = branches(root, branch.as_deref(), config);
    // A configuration that cannot be read states nothing, so whatever the change states is new.
    let config =
        based.base.as_ref().ok().map(|base| super::input::config_in(&*base.files).unwrap_or_default());
    let tip = based.tip;
    let base = based.base.map(|base| base.files);
    let change = Change { base, target: based.target, branches, overrides };
    let config = config.map(|config| Config { branch: branch.clone(), ..config });
    Ok(Some(Found { change, config, branch, tip }))
}

/// The base, and the branch that the change cannot have written.
struct Based {
    base: Result<Base, Gap>,
    target: Result<Arc<dyn Chain>, Gap>,
    tip: Option<Tip>,
}

/// The state before the change.
struct Base {
    files: Arc<dyn Files>,
    /// Its commit; `None` before the first one.
    id: Option<String>,
}

impl From<Arc<Commit>> for Base {
    fn from(commit: Arc<Commit>) -> Self {
        Self { id: Some(commit.id()), files: commit }
    }
}

impl Based {
    /// Both are one commit.
    fn on(root: &Root, rev: &str) -> Self {
        let both = Commit::open(root, rev).and_then(|commit| {
            let commit = Arc::new(commit);
            Ok((chain(root, rev, &commit)?, commit))
        });
        match both {
            Ok((chain, commit)) => Self { base: Ok(commit.into()), target: Ok(chain), tip: None },
            Err(error) => Self::missing(gap(rev, &error)),
        }
    }

    fn nothing() -> Self {
        let files: Arc<dyn Files> = Arc::new(Memory::new(Vec::new()));
        let target = Ok(Arc::new(MemoryChain::new(Vec::new())) as Arc<dyn Chain>);
        Self { base: Ok(Base { files, id: None }), target, tip: None }
    }

    fn missing(gap: Gap) -> Self {
        Self { base: Err(gap.clone()), target: Err(gap), tip: None }
    }
}

/// The commits of a branch whose tip was listed.
fn chain(root: &Root, rev: &str, tip: &Arc<Commit>) -> Result<Arc<dyn Chain>, SourceError> {
    Ok(Arc::new(FirstParents::of(root, rev)?.holding(tip)))
}

fn gap(rev: &str, error: &SourceError) -> Gap {
    Gap {
        missing: rev.to_owned(),
        reason: error.to_string(),
        help: match error {
            SourceError::MissingTree { .. } => error.help(),
            _ => format!("give actions/checkout `fetch-depth: 0`; on a laptop: git fetch origin {rev}"),
        },
    }
}

/// A branch is what the remote has of it; where it is no branch of a remote, it is taken as it is.
fn into(root: &Root, target: &str, head: &str) -> Result<Based, SourceError> {
    let remote = format!("origin/{target}");
    let rev = if source::commit_id(root, &remote).is_ok() { &remote } else { target };
    let tip = Arc::new(Commit::open(root, rev)?);
    let base = match source::merge_base(root, rev, head)? {
        Some(base) if base == tip.id() => Ok(Arc::clone(&tip).into()),
        Some(base) => Ok(Arc::new(Commit::open(root, &base)?).into()),
        None if source::is_shallow(root) => Err(Gap {
            missing: rev.to_owned(),
            reason: format!("this clone is shallow: it lacks the commit in which this change left {rev}"),
            help: "give actions/checkout `fetch-depth: 0`; on a laptop: git fetch --unshallow".to_owned(),
        }),
        None => Ok(Arc::clone(&tip).into()),
    };
    let target_chain = chain(root, rev, &tip)?;
    let tip = Some(Tip { name: target.to_owned(), commit: tip });
    Ok(Based { base, target: Ok(target_chain), tip })
}

/// What the branch was before the push, where that is an ancestor, else the first parent.
fn pushed(root: &Root, before: Option<&str>, head: &str) -> Based {
    match before.filter(|before| source::is_ancestor(root, before, head)) {
        Some(before) => Based::on(root, before),
        None => match FirstParents::of(root, head).map(|chain| chain.link(1)) {
            Ok(Ok(Some(parent))) => Based::on(root, &parent.id.to_string()),
            // The first commit ever changes everything from nothing; nothing ran before it.
            Ok(Ok(None)) => Based::nothing(),
            Ok(Err(gap)) => Based::missing(gap),
            Err(error) => Based::missing(gap(head, &error)),
        },
    }
}

/// The branches of the environments that have one of their own, other than the one under review.
fn branches(root: &Root, own: Option<&str>, config: &Config) -> Branches {
    let with_branch = config.environments.iter().filter(|one| !one.branch.is_empty());
    let globs = with_branch.map(|one| {
        let globs = one.branch.iter().filter_map(|glob| globset::Glob::new(&glob.value).ok());
        (one, globs.map(|glob| glob.compile_matcher()).collect::<Vec<_>>())
    });
    let globs: Vec<_> = globs.collect();
    if globs.is_empty() {
        return Branches::new();
    }
    let known = source::branches(root);
    let mut found = Branches::new();
    for (environment, globs) in globs {
        let matches = |name: &str| globs.iter().any(|glob| glob.is_match(name));
        if own.is_some_and(matches) {
            continue;
        }
        let mut of_it = known.iter().filter(|branch| matches(&branch.name));
        let name = environment.name.value.clone();
        let stated: Vec<&str> = environment.branch.iter().map(|glob| glob.value.as_str()).collect();
        let chain = match (of_it.next(), of_it.next()) {
            (Some(branch), None) => FirstParents::of(root, &branch.rev)
                .map(|chain| (branch.name.clone(), Arc::new(chain) as Arc<dyn Chain>))
                .map_err(|error| gap(&branch.rev, &error)),
            (first, _) => Err(Gap {
                missing: stated.join(" "),
                reason: match first {
                    Some(_) => format!("several branches of this clone are the one of {name}"),
                    None => {
                        format!("this clone has no branch `{}`, which is that of {name}", stated.join(" "))
                    }
                },
                help: "give actions/checkout `fetch-depth: 0`; on a laptop: git fetch origin".to_owned(),
            }),
        };
        found.insert(name, chain);
    }
    found
}

/// The branch that a revision is, or that is checked out.
pub(super) fn branch_of(root: &Root, rev: Option<&str>) -> Option<String> {
    match rev {
        None | Some("HEAD") => source::current_branch(root),
        Some(rev) => Some(rev.strip_prefix("origin/").unwrap_or(rev).to_owned()),
    }
}

fn overrides(root: &Root, base: &Base, head: &str) -> Vec<Override> {
    let messages = source::messages_between(root, base.id.as_deref(), head);
    messages.iter().flat_map(|(commit, message)| Override::all_in(message, commit)).collect()
}

/// What the variables of CI systems say.
fn said(variable: Variables<'_>) -> Said {
    if let Some(target) = variable("MLGITOPS_BASE") {
        return Said::Into { target, from_fork: false };
    }
    if variable("GITHUB_ACTIONS").is_some() {
        let event = variable("GITHUB_EVENT_PATH").and_then(|path| std::fs::read(path).ok());
        let event = event.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null);
        return github(variable, &event);
    }
    if variable("GITLAB_CI").is_some() {
        return gitlab(variable);
    }
    let generic = [
        "CHANGE_TARGET",
        "BITBUCKET_PR_DESTINATION_BRANCH",
        "SYSTEM_PULLREQUEST_TARGETBRANCH",
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
        "DRONE_TARGET_BRANCH",
    ];
    match generic.into_iter().find_map(variable) {
        Some(target) => {
            let target = target.strip_prefix("refs/heads/").unwrap_or(&target).to_owned();
            // None of these says where the change comes from: its overrides are nobody's.
            Said::Into { target, from_fork: true }
        }
        None => Said::Nothing,
    }
}

/// GitHub Actions: the variables and the webhook's event, which the runner keeps in a file.
fn github(variable: Variables<'_>, event: &Value) -> Said {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let request = variable("GITHUB_BASE_REF").or_else(|| text("/pull_request/base/ref"));
    if let Some(target) = request {
        let name = |side: &str| text(&format!("/pull_request/{side}/repo/full_name"));
        let from_fork = name("head").is_none() || name("head") != name("base");
        return Said::Into { target, from_fork };
    }
    if let Some(target) = text("/merge_group/base_sha") {
        return Said::Into { target, from_fork: false };
    }
    match variable("GITHUB_EVENT_NAME").as_deref() {
        Some("push") => Said::Pushed { before: text("/before") },
        // A schedule or a button: what is there is judged, nothing changes.
        _ => Said::Nothing,
    }
}

fn gitlab(variable: Variables<'_>) -> Said {
    if let Some(target) = variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") {
        let project = variable("CI_MERGE_REQUEST_PROJECT_ID");
        let from_fork = project.is_none() || project != variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
        return Said::Into { target, from_fork };
    }
    match variable("CI_PIPELINE_SOURCE").as_deref() {
        Some("push") => Said::Pushed { before: variable("CI_COMMIT_BEFORE_SHA") },
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn into(target: &str, from_fork: bool) -> Said {
        Said::Into { target: target.to_owned(), from_fork }
    }

    fn pushed(before: Option<&str>) -> Said {
        Said::Pushed { before: before.map(str::to_owned) }
    }

    #[test]
    fn the_environment_says_where_the_base_is() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: &[(Pairs, Said)] = &[
            (&[], Said::Nothing),
            (&[("CI", "true")], Said::Nothing),
            (&[("MLGITOPS_BASE", "release")], into("release", false)),
            (
                &[
                    ("GITLAB_CI", "true"),
                    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                    ("CI_MERGE_REQUEST_PROJECT_ID", "7"),
                    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "7"),
                ],
                into("main", false),
            ),
            (
                &[
                    ("GITLAB_CI", "true"),
                    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                    ("CI_MERGE_REQUEST_PROJECT_ID", "7"),
                    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "8"),
                ],
                into("main", true),
            ),
            (
                &[("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BEFORE_SHA", "ab")],
                pushed(Some("ab")),
            ),
            (&[("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "schedule")], Said::Nothing),
            (&[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")], into("main", true)),
            (&[("CHANGE_TARGET", "main")], into("main", true)),
        ];
        for (variables, expected) in table {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(said(&variable), *expected, "{variables:?}");
        }
    }

    #[test]
    fn github_says_it_in_variables_and_in_the_event() {
        let table = [
            (
                "main",
                "pull_request",
                r#"{"pull_request":{"head":{"repo":{"full_name":"o/r"}},"base":{"repo":{"full_name":"o/r"}}}}"#,
                into("main", false),
            ),
            (
                "main",
                "pull_request",
                r#"{"pull_request":{"head":{"repo":{"full_name":"x/r"}},"base":{"repo":{"full_name":"o/r"}}}}"#,
                into("main", true),
            ),
            ("main", "pull_request", r#"{"pull_request":{"head":{"repo":null}}}"#, into("main", true)),
            ("", "merge_group", r#"{"merge_group":{"base_sha":"ab"}}"#, into("ab", false)),
            ("", "push", r#"{"before":"ab"}"#, pushed(Some("ab"))),
            ("", "push", "null", pushed(None)),
            ("", "schedule", "null", Said::Nothing),
        ];
        for (base, name, event, expected) in table {
            let variable = |asked: &str| {
                let value = match asked {
                    "GITHUB_BASE_REF" => base,
                    "GITHUB_EVENT_NAME" => name,
                    _ => "",
                };
                (!value.is_empty()).then(|| value.to_owned())
            };
            assert_eq!(github(&variable, &serde_json::from_str(event).unwrap()), expected, "{name} {event}");
        }
    }
}
