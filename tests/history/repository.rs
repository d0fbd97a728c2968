//! Git repositories made from a few lines of text.
//!
//! A line is one commit: when it was made, what it sets, and behind `|` its message.
//!
//! ```text
//! 11-12T09:00 staging=v45 prod=v43 | first
//! branch bump
//! 11-18T09:00 staging=v47
//! switch main
//! merge bump 11-19T09:00
//! edit prod=v47
//! ```
//!
//! `ENV=VERSION` writes the plain manifest `ENV/fraud-detector.yaml`, `ENV/MODEL=VERSION` that of
//! another model, `PATH:=TEXT` any file (`\n` is a line break, `_` a space), and `-` as the version
//! or text removes it. A version with a `/` or `:` is a whole reference. `edit` changes the work
//! tree and commits nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use git2::build::CheckoutBuilder;
use git2::{BranchType, Commit, Oid, RepositoryInitOptions, Signature, Time};
use serde_json::Value;
use tempfile::TempDir;

/// A repository that is deleted with the test.
pub(crate) struct Story {
    folder: TempDir,
    git: git2::Repository,
}

/// What the linter said.
pub(crate) struct Said {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Story {
    pub(crate) fn of(lines: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let git =
            git2::Repository::init_opts(folder.path(), RepositoryInitOptions::new().initial_head("main"))
                .unwrap();
        git.config().unwrap().set_bool("core.autocrlf", false).unwrap();
        let story = Self { folder, git };
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            story.tell(line);
        }
        story
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn tell(&self, line: &str) {
        let (words, message) = line.split_once(" | ").unwrap_or((line, "a change"));
        let mut words = words.split_whitespace();
        match words.next().unwrap() {
            "branch" => self.branch(words.next().unwrap()),
            "switch" => self.switch(words.next().unwrap()),
            "merge" => {
                let (branch, time) = (words.next().unwrap(), words.next().unwrap());
                self.merge(branch, seconds(time), message.trim());
            }
            "tag" => {
                let head = self.head().unwrap();
                self.git.tag_lightweight(words.next().unwrap(), head.as_object(), true).unwrap();
            }
            "edit" => words.for_each(|word| self.set(word)),
            time => {
                words.for_each(|word| self.set(word));
                self.commit(seconds(time), &message.trim().replace("\\n", "\n"), &[]);
            }
        }
    }

    pub(crate) fn set(&self, word: &str) {
        if let Some((path, text)) = word.split_once(":=") {
            let text = text.replace("\\n", "\n").replace('_', " ");
            return self.write(path, (text != "-").then_some(text));
        }
        let (place, version) = word.split_once('=').unwrap_or_else(|| panic!("{word}"));
        let (environment, model) = place.rsplit_once('/').unwrap_or((place, "fraud-detector"));
        let path = format!("{environment}/{model}.yaml");
        self.write(&path, (version != "-").then(|| service(model, version)));
    }

    fn write(&self, path: &str, text: Option<String>) {
        let path = self.folder.path().join(path);
        match text {
            Some(text) => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            None => fs::remove_file(path).unwrap(),
        }
    }

    fn head(&self) -> Option<Commit<'_>> {
        self.git.head().ok().map(|head| head.peel_to_commit().unwrap())
    }

    fn commit(&self, seconds: i64, message: &str, others: &[Oid]) {
        let mut index = self.git.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = self.git.find_tree(index.write_tree().unwrap()).unwrap();
        let by = Signature::new("Ana", "ana@example.com", &Time::new(seconds, 0)).unwrap();
        let mut parents: Vec<Commit<'_>> = self.head().into_iter().collect();
        parents.extend(others.iter().map(|id| self.git.find_commit(*id).unwrap()));
        let parents: Vec<&Commit<'_>> = parents.iter().collect();
        self.git.commit(Some("HEAD"), &by, &by, message, &tree, &parents).unwrap();
    }

    fn branch(&self, name: &str) {
        self.git.branch(name, &self.head().unwrap(), true).unwrap();
        self.switch(name);
    }

    fn switch(&self, name: &str) {
        let branch = self.git.find_branch(name, BranchType::Local).unwrap();
        let tree = branch.get().peel_to_tree().unwrap();
        let mut how = CheckoutBuilder::new();
        self.git.checkout_tree(tree.as_object(), Some(how.force().remove_untracked(true))).unwrap();
        self.git.set_head(&format!("refs/heads/{name}")).unwrap();
    }

    /// A merge commit with the content of the branch.
    fn merge(&self, name: &str, seconds: i64, message: &str) {
        let branch = self.git.find_branch(name, BranchType::Local).unwrap();
        let other = branch.get().peel_to_commit().unwrap().id();
        let mut merged = self
            .git
            .merge_commits(&self.head().unwrap(), &self.git.find_commit(other).unwrap(), None)
            .unwrap();
        assert!(!merged.has_conflicts(), "merging {name}");
        let tree = self.git.find_tree(merged.write_tree_to(&self.git).unwrap()).unwrap();
        let mut how = CheckoutBuilder::new();
        self.git.checkout_tree(tree.as_object(), Some(how.force().remove_untracked(true))).unwrap();
        self.commit(seconds, message, &[other]);
    }

    /// Runs the linter at a time, in this repository.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        run(self.folder.path(), args, &[])
    }

    /// A clone of so many commits, as `actions/checkout` makes it.
    pub(crate) fn shallow(&self, depth: usize, branch: &str) -> TempDir {
        self.clone_with(&["--depth", &depth.to_string(), "--branch", branch])
    }

    /// A clone by Git itself.
    pub(crate) fn clone_with(&self, args: &[&str]) -> TempDir {
        let folder = TempDir::new().unwrap();
        let url = format!("file://{}", self.folder.path().display());
        let done = Command::new("git")
            .args([&["clone", "-q"], args, &[&*url, "."]].concat())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        folder
    }

    /// The id of a commit, by a revision.
    pub(crate) fn id(&self, rev: &str) -> String {
        self.git.revparse_single(rev).unwrap().peel_to_commit().unwrap().id().to_string()
    }
}

pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";

pub(crate) fn run(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
    let kept = std::env::var_os("PATH");
    command.args(args).current_dir(folder).env_clear().envs(kept.map(|path| ("PATH", path)));
    command.env("HOME", folder).envs(variables.iter().copied());
    let output = command.output().unwrap();
    Said {
        exit: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What `lint --select promotion` says: the findings as `severity case: message`, what was not
/// checked as `not checked: what: reason`, and an exit code that is not that of a clean run.
pub(crate) fn promotion(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let fixed = ["lint", "--select", "promotion", "--format", "json", "--now", NOW];
    let said = run(folder, &[&fixed, args].concat(), variables);
    let Ok(report) = serde_json::from_str::<Value>(&said.out) else {
        return vec![format!("exit {}: {}", said.exit, said.err)];
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        let [severity, case, message] = ["severity", "case", "message"].map(|key| text(&finding[key]));
        lines.push(format!("{severity} {case}: {}", without_ids(&message)));
    }
    for item in report["notChecked"].as_array().unwrap() {
        lines.push(format!("not checked: {}: {}", text(&item["what"]), text(&item["reason"])));
    }
    if said.exit != 0 {
        lines.push(format!("exit {}", said.exit));
    }
    lines
}

/// `(904ef19)` as `(COMMIT)`.
pub(crate) fn without_ids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('(') {
        let (before, after) = rest.split_at(at + 1);
        out += before;
        let is_id = after.get(..7).is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        rest = if is_id { &after[7..] } else { after };
        out += if is_id { "COMMIT" } else { "" };
    }
    out + rest
}

fn service(model: &str, version: &str) -> String {
    let (version, more) = version.split_once('%').map_or((version, None), |(v, percent)| (v, Some(percent)));
    let more = more.map(|percent| format!("    canaryTrafficPercent: {percent}\n")).unwrap_or_default();
    let uri = if version.contains(['/', ':']) {
        version.to_owned()
    } else {
        format!("s3://models/{}/{version}/", model.trim_end_matches("-canary"))
    };
    format!(
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: {model}\n  \
         namespace: ml\nspec:\n  predictor:\n{more}    model:\n      modelFormat:\n        name: sklearn\n      \
         storageUri: \"{uri}\"\n"
    )
}

/// `11-12T09:00` of 2026, in UTC.
fn seconds(time: &str) -> i64 {
    let whole = format!("2026-{time}:00Z");
    whole.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{whole}: {error}")).as_second()
}
