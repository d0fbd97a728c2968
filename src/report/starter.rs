//! The files that a repository begins with: a commented `mlgitops.yaml`, the check of every pull
//! request, and the hook.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::config;
use crate::fleet::{Environment, Fleet};

/// What is known of the repository.
#[derive(Debug, Clone, Copy)]
pub struct Found<'f> {
    /// What runs where.
    pub fleet: &'f Fleet,
    /// The branch that changes are merged into.
    pub branch: &'f str,
    /// Whether it lives on GitLab; else GitHub is taken for granted.
    pub is_gitlab: bool,
}

/// One file to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the root.
    pub path: &'static str,
    /// What it holds.
    pub text: String,
    /// What it is for.
    pub meaning: &'static str,
    /// What to do where a file of that name is there already.
    pub instead: String,
}

/// The files, in the order to look at them.
#[must_use]
pub fn files(found: &Found<'_>) -> Vec<File> {
    let check = match found.is_gitlab {
        true => File {
            path: ".gitlab-ci.yml",
            text: gitlab(),
            meaning: "checks every merge request",
            instead: format!("; this job does it:\n\n{}", indented(&gitlab())),
        },
        false => File {
            path: ".github/workflows/mlgitops.yml",
            text: workflow(found.branch),
            meaning: "checks every pull request",
            instead: String::new(),
        },
    };
    let instead = format!("; this entry of `repos` does it:\n\n{}", indented(&hook()));
    vec![
        File {
            path: config::FILE_NAME,
            text: configuration(found.fleet),
            meaning: "what this repository says about itself, everything in it optional",
            instead: String::new(),
        },
        check,
        File {
            path: ".pre-commit-config.yaml",
            text: format!(
                "# On every laptop: pip install pre-commit && pre-commit install\nrepos:\n{}",
                hook()
            ),
            meaning: "checks what is staged before every commit, on laptops with the hook:
         pip install pre-commit && pre-commit install",
            instead,
        },
    ]
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn hook() -> String {
    format!(
        "  - repo: {}\n    rev: v{}\n    hooks:\n      - id: mlgitops\n",
        env!("CARGO_PKG_REPOSITORY"),
        env!("CARGO_PKG_VERSION")
    )
}

/// A word as YAML takes it for text, whatever it is.
fn text(word: &str) -> String {
    let is_plain = word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte))
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*word.to_lowercase());
    // A string of JSON is a string of YAML.
    if is_plain { word.to_owned() } else { serde_json::Value::from(word).to_string() }
}

fn workflow(branch: &str) -> String {
    format!(
        "name: mlgitops
on:
  pull_request:
  merge_group:
  push:
    branches: [{}]
permissions:
  contents: read
jobs:
  mlgitops:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          # What ran in staging, and since when, is read from the history.
          fetch-depth: 0
          persist-credentials: false
      - uses: mlgitops/mlgitops@v{}
        # with:
        #   comment: true   # one comment, kept current; the job needs `pull-requests: write`
        #   sarif: true     # code scanning; the job needs `security-events: write`
",
        text(branch),
        env!("CARGO_PKG_VERSION")
    )
}

fn gitlab() -> String {
    format!(
        "mlgitops:
  image: {{name: \"python:3.13-slim\"}}
  variables:
    # What ran in staging, and since when, is read from the history.
    GIT_DEPTH: 0
  rules:
    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    - pip install --quiet mlgitops=={}
    - mlgitops lint --output gitlab=gl-code-quality-report.json --output junit=junit.xml
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      junit: junit.xml
",
        env!("CARGO_PKG_VERSION")
    )
}

fn configuration(fleet: &Fleet) -> String {
    let mut out = String::from(
        "# What this repository says about itself where Git alone does not. Everything is optional:
# `mlgitops rules` lists what is checked, `mlgitops explain RULE` says why, and `mlgitops schema`
# is the schema of this file for editors.

",
    );
    environments(&mut out, fleet);
    models(&mut out, fleet);
    out.push_str(
        "# How loud a rule is: off, note, warning or error; for all, or by environment, or by path.
# rules:
#   gpu-placement: {prod: warning}
# paths:
#   - {path: \"sandbox/**\", rules: {artifact: note}}

# Exceptions, each with its reason. An ended one turns red on the default branch.
# waivers:
#   - rule: s3-prefix
#     object: InferenceService/NAMESPACE/NAME
#     reason: one folder in this bucket
#     owner: \"@ml-platform\"
#     until: 2027-01-31
",
    );
    out
}

fn environments(out: &mut String, fleet: &Fleet) {
    out.push_str(
        "# The promotion ladder, lowest rung first: a version comes to a rung when it ran one rung below.\n",
    );
    let ladder = ladder(fleet);
    match ladder {
        None => out.push_str(
            "# No environment has a usual name here. Until the ladder is stated, nothing is known of promotion:
# environments:
#   - {name: staging, match: {path: \"overlays/staging/**\"}}
#   - {name: prod, match: {path: \"overlays/prod/**\"}, soak: 24h}

",
        ),
        Some(rungs) => {
            out.push_str("# These were found by their names.\nenvironments:\n");
            let last = rungs.len().saturating_sub(1);
            for (index, rung) in rungs.iter().enumerate() {
                let _ = writeln!(out, "  - name: {}", text(&rung.name));
                if index == last && index > 0 {
                    out.push_str("    # How long a version must have run one rung below.\n    # soak: 24h\n");
                }
            }
            out.push('\n');
        }
    }
}

/// The environments by rank, where each has a rank of its own: then their order says everything.
fn ladder(fleet: &Fleet) -> Option<Vec<&Environment>> {
    let mut rungs: Vec<&Environment> = fleet.environments.iter().collect();
    rungs.sort_by_key(|rung| rung.rank);
    let ranks: BTreeSet<usize> = rungs.iter().map(|rung| rung.rank).collect();
    (!rungs.is_empty() && ranks.len() == rungs.len()).then_some(rungs)
}

fn models(out: &mut String, fleet: &Fleet) {
    let mut models: BTreeMap<&str, usize> = BTreeMap::new();
    for release in &fleet.releases {
        *models.entry(&release.model).or_default() += 1;
    }
    if models.is_empty() {
        return;
    }
    out.push_str("# How large the artifacts are says whether probes let a pod load in time.\n# models:\n");
    const SHOWN: usize = 20;
    for model in models.keys().take(SHOWN) {
        let _ = writeln!(out, "#   {}: {{size: 2GiB}}", text(model));
    }
    if models.len() > SHOWN {
        let _ = writeln!(out, "#   … and {} more", models.len() - SHOWN);
    }
    out.push('\n');
}
