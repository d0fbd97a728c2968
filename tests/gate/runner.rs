//! A runner of GitHub Actions, as far as a composite action can tell: its variables and files, and
//! programs of the machine that reach the network replaced.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::root;

/// One step of `action.yml`.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) run: String,
    id: Option<String>,
    env: BTreeMap<String, String>,
}

/// The inputs with their defaults, read by the indentation that the file keeps to.
fn inputs() -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    let section = text.split("\ninputs:\n").nth(1).unwrap().split("\noutputs:\n").next().unwrap();
    let mut inputs = BTreeMap::new();
    let mut name = String::new();
    for line in section.lines() {
        if let Some(default) = line.strip_prefix("    default: ") {
            inputs.insert(name.clone(), default.trim_matches('"').to_owned());
        } else if let Some(input) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
            name = input.trim_end_matches(':').to_owned();
        }
    }
    assert!(inputs.len() > 10, "{inputs:?}");
    inputs
}

pub(crate) fn steps() -> Vec<Step> {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    let section = text.split("\n  steps:\n").nth(1).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for line in section.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(name) = line.strip_prefix("    - name: ") {
            let (name, run) = (name.to_owned(), String::new());
            steps.push(Step { name, run, id: None, env: BTreeMap::new() });
            continue;
        }
        let step = steps.last_mut().unwrap();
        let (key, value) = line.trim().split_once(':').unwrap();
        let value = value.trim();
        match (line.len() - line.trim_start().len(), key) {
            (6, "id") => step.id = Some(value.to_owned()),
            (6, "run") => step.run = value.trim_matches('\'').to_owned(),
            (6, "shell") => assert_eq!(value, "bash"),
            (6, "env") => {}
            (8, variable) => {
                step.env.insert(variable.to_owned(), value.to_owned());
            }
            other => panic!("{other:?} in {}: the runner does not know it", step.name),
        }
    }
    assert!(steps.len() > 5);
    steps
}

/// What a workflow runs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Push,
    PullRequest,
    Fork,
    MergeGroup,
    Schedule,
}

pub(crate) struct Runner {
    event: Event,
    workspace: PathBuf,
    /// Programs that stand before those of the machine.
    bin: PathBuf,
    /// Where releases are downloaded from; `None`: the binary is there already.
    release: RefCell<Option<PathBuf>>,
    _folder: tempfile::TempDir,
}

/// What a run did.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) log: String,
    /// The steps that ran.
    pub(crate) steps: usize,
    outputs: BTreeMap<String, String>,
    temp: PathBuf,
}

impl Run {
    /// An output of the step `lint`.
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(&format!("lint.{name}")).map_or("", String::as_str)
    }

    pub(crate) fn summary(&self) -> String {
        fs::read_to_string(self.temp.join("step-summary")).unwrap_or_default()
    }

    pub(crate) fn asked_of_gh(&self) -> String {
        fs::read_to_string(self.temp.join("gh-asked")).unwrap_or_default()
    }

    pub(crate) fn sent_to_gh(&self) -> String {
        fs::read_to_string(self.temp.join("gh-sent")).unwrap_or_default()
    }
}

pub(crate) fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

const GH: &str = r#"#!/usr/bin/env bash
case "$*" in
    *--jq*) cat "$(dirname "$0")/known-comment" 2>/dev/null; exit 0 ;;
esac
printf '%s\n' "$*" >>"$RUNNER_TEMP/gh-asked"
case "$*" in *"--input -"*) cat >"$RUNNER_TEMP/gh-sent" ;; esac
if [[ -e "$(dirname "$0")/refuses" ]]; then
    printf 'HTTP 403: Resource not accessible by integration\n' >&2
    exit 1
fi
"#;

/// Gives what lies in a folder for what is asked of the network.
const CURL: &str = r#"#!/usr/bin/env bash
while [[ $# -gt 1 ]]; do
    [[ "$1" == --output ]] && output="$2"
    shift
done
cp "$RELEASE/$(basename "$1")" "$output" 2>/dev/null || exit 22
"#;

/// Builds nothing: puts the binary under test where `cargo install` would.
const CARGO: &str = r#"#!/usr/bin/env bash
[[ "$1 $2 $3 $4" == "install --quiet --locked --path" && -e "$5/Cargo.toml" && "$6" == --root ]] || exit 9
mkdir -p "$7/bin"
cp "$RELEASE" "$7/bin/mlgitops"
"#;

impl Runner {
    pub(crate) fn new(event: Event) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, bin) = (folder.path().join("work"), folder.path().join("bin"));
        fs::create_dir(&workspace).unwrap();
        fs::create_dir(&bin).unwrap();
        executable(&bin.join("gh"), GH);
        let runner = Self { event, workspace, bin, release: RefCell::new(None), _folder: folder };
        runner.git(&["init", "--quiet"]);
        runner
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.workspace
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
        let output =
            Command::new("git").args(who).args(arguments).current_dir(&self.workspace).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.workspace.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// Where the change begins; a push has no branch of its own.
    pub(crate) fn branch(&self) {
        if !matches!(self.event, Event::Push | Event::Schedule) {
            self.git(&["switch", "--quiet", "-c", "change"]);
        }
    }

    /// Does something on main while the change is open.
    pub(crate) fn on_main(&self, act: impl Fn()) {
        self.git(&["stash", "--quiet", "--include-untracked"]);
        self.git(&["switch", "--quiet", "main"]);
        act();
        self.git(&["switch", "--quiet", "change"]);
        self.git(&["stash", "pop", "--quiet"]);
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// The same event in a clone that holds one commit.
    pub(crate) fn shallow(&self) -> Self {
        let clone = Self::new(self.event);
        fs::remove_dir_all(&clone.workspace).unwrap();
        let url = format!("file://{}", self.workspace.display());
        let to = clone.workspace.to_str().unwrap();
        self.git(&["clone", "--quiet", "--depth=1", "--branch=change", &url, to]);
        clone
    }

    pub(crate) fn comment_exists(&self) {
        fs::write(self.bin.join("known-comment"), "4242\n").unwrap();
    }

    pub(crate) fn gh_refuses(&self) {
        fs::write(self.bin.join("refuses"), "").unwrap();
    }

    /// A release for this machine, whose checksum is `checksum` where one is given.
    pub(crate) fn with_release(&self, checksum: Option<&str>) -> &Self {
        let folder = self.bin.join("release");
        fs::create_dir_all(&folder).unwrap();
        let (os, machine) = (std::env::consts::OS, std::env::consts::ARCH);
        let vendor = if os == "macos" { "apple-darwin" } else { "unknown-linux-musl" };
        let name = format!("mlgitops-{}-{machine}-{vendor}.tar.gz", env!("CARGO_PKG_VERSION"));
        let binary = env!("CARGO_BIN_EXE_mlgitops");
        executable(&folder.join("mlgitops"), &format!("#!/bin/sh\nexec '{binary}' \"$@\"\n"));
        let shell = format!(
            "tar -czf {name} mlgitops && {{ sha256sum {name} || shasum -a 256 {name}; }} > SHA256SUMS"
        );
        let output = Command::new("bash").args(["-c", &shell]).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if let Some(checksum) = checksum {
            fs::write(folder.join("SHA256SUMS"), format!("{checksum}  {name}\n")).unwrap();
        }
        executable(&self.bin.join("curl"), CURL);
        *self.release.borrow_mut() = Some(folder);
        self
    }

    /// A `cargo` that has built everything already, and installs it where it is told to.
    pub(crate) fn with_cargo(&self) -> &Self {
        executable(&self.bin.join("cargo"), CARGO);
        *self.release.borrow_mut() = Some(PathBuf::from(env!("CARGO_BIN_EXE_mlgitops")));
        self
    }

    /// The event's file and the variables that say what the run is for.
    fn event(&self, temp: &Path) -> Vec<(String, String)> {
        let head = self.head();
        let repository = |name: &str| format!(r#"{{"full_name":"{name}"}}"#);
        let (from, to) = match self.event {
            Event::Fork => (repository("stranger/ml"), repository("org/ml")),
            _ => (repository("org/ml"), repository("org/ml")),
        };
        let (name, base, at, event) = match self.event {
            Event::Push => {
                let before = self.git(&["rev-parse", "HEAD~1"]);
                ("push", "", "refs/heads/main", format!(r#"{{"before":"{before}"}}"#))
            }
            Event::Schedule => ("schedule", "", "refs/heads/main", "{}".to_owned()),
            Event::PullRequest | Event::Fork => (
                "pull_request",
                "main",
                "refs/pull/7/merge",
                format!(
                    r#"{{"pull_request":{{"number":7,"head":{{"sha":"{head}","repo":{from}}},"base":{{"ref":"main","repo":{to}}}}}}}"#
                ),
            ),
            Event::MergeGroup => {
                let base = self.git(&["rev-parse", "main"]);
                let event = format!(r#"{{"merge_group":{{"base_sha":"{base}","head_sha":"{head}"}}}}"#);
                ("merge_group", "", "refs/heads/gh-readonly-queue/main/pr-7", event)
            }
        };
        let path = temp.join("event.json");
        fs::write(&path, event).unwrap();
        let os = if cfg!(target_os = "macos") { "macOS" } else { "Linux" };
        let arch = if cfg!(target_arch = "aarch64") { "ARM64" } else { "X64" };
        let variables = [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_BASE_REF", base),
            ("GITHUB_REF", at),
            ("GITHUB_SHA", &head),
            ("GITHUB_REPOSITORY", "org/ml"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ("RUNNER_OS", os),
            ("RUNNER_ARCH", arch),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// Runs every step until one fails.
    pub(crate) fn run(&self, given: &[(&str, &str)]) -> Run {
        let temp = tempfile::tempdir_in(self.bin.parent().unwrap()).unwrap().keep();
        let mut inputs = inputs();
        inputs.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut run =
            Run { code: 0, log: String::new(), steps: 0, outputs: BTreeMap::new(), temp: temp.clone() };
        for step in steps() {
            // The binary under test, where no release is asked for.
            if step.id.as_deref() == Some("install") && self.release.borrow().is_none() {
                let binary = env!("CARGO_BIN_EXE_mlgitops").to_owned();
                run.outputs.insert("install.binary".to_owned(), binary);
                continue;
            }
            let output = self.step(&step, &inputs, &run);
            run.steps += 1;
            run.log.push_str(&String::from_utf8_lossy(&output.stdout));
            run.log.push_str(&String::from_utf8_lossy(&output.stderr));
            run.code = output.status.code().unwrap();
            if let Some(id) = &step.id {
                let written = fs::read_to_string(temp.join("output")).unwrap_or_default();
                for (name, value) in written.lines().filter_map(|line| line.split_once('=')) {
                    run.outputs.insert(format!("{id}.{name}"), value.to_owned());
                }
            }
            if run.code != 0 {
                break;
            }
        }
        run
    }

    fn step(&self, step: &Step, inputs: &BTreeMap<String, String>, run: &Run) -> Output {
        let temp = &run.temp;
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.run]);
        command.current_dir(&self.workspace).env_clear().env("PATH", path).env("HOME", temp);
        command.envs(self.event(temp));
        command.env("GITHUB_ACTION_PATH", root()).env("GITHUB_WORKSPACE", &self.workspace);
        command.env("RUNNER_TEMP", temp).env("GITHUB_OUTPUT", temp.join("output"));
        command.env("GITHUB_PATH", temp.join("path")).env("GITHUB_STEP_SUMMARY", temp.join("step-summary"));
        if let Some(release) = &*self.release.borrow() {
            command.env("RELEASE", release);
        }
        for (name, value) in &step.env {
            command.env(name, self.value(value, inputs, run));
        }
        command.output().unwrap()
    }

    /// The value of an expression of `action.yml`, of the few forms that it holds.
    fn value(&self, value: &str, inputs: &BTreeMap<String, String>, run: &Run) -> String {
        let Some(expression) = value.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")) else {
            return value.to_owned();
        };
        let is_request = matches!(self.event, Event::PullRequest | Event::Fork);
        let head = if self.event == Event::Fork { "stranger/ml" } else { "org/ml" };
        match expression {
            "github.event.pull_request.head.repo.full_name" if is_request => head.to_owned(),
            "github.event.pull_request.number" if is_request => "7".to_owned(),
            "github.event.pull_request.head.repo.full_name" | "github.event.pull_request.number" => {
                String::new()
            }
            other => match other.split_once('.') {
                Some(("inputs", name)) => match inputs.get(name).map(String::as_str) {
                    Some("${{ github.token }}") => "token".to_owned(),
                    Some(value) => value.to_owned(),
                    None => panic!("there is no input {name}"),
                },
                Some(("steps", rest)) => {
                    let name = rest.replace(".outputs.", ".");
                    run.outputs.get(&name).cloned().unwrap_or_default()
                }
                _ => panic!("{expression} is no form the runner knows"),
            },
        }
    }
}
