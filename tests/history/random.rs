//! Random histories, read as the linter reads them and by a slow model: every commit rendered from
//! nothing, and every question answered by looking at all of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mlgitops::config::{self, Config};
use mlgitops::fleet::Surveyor;
use mlgitops::history::{Identity, Question, Ran, Running, State, Timeline, whole};
use mlgitops::rules::vocabulary;
use mlgitops::source::{About, Chain, Memory, MemoryChain, MemoryCommit, Named, Repositories};
use mlgitops_files::Files;
use mlgitops_yaml::SourceFile;
use proptest::prelude::*;

type Tree = BTreeMap<String, String>;

/// What one commit may do.
#[derive(Debug, Clone)]
enum Act {
    /// Writes a file of the layouts, with a version.
    Write(usize, u8),
    Remove(usize),
    /// Writes something that is no YAML, or no template.
    Break(usize),
    /// Touches a file that nothing reads.
    Noise(u8),
    /// Goes back to an older commit's tree.
    Revert(usize),
    /// Moves a file elsewhere.
    Move(usize),
}

/// The files that commits write: plain manifests, a chart with values for each environment, a
/// kustomization with overlays, an ApplicationSet and what it deploys.
fn layout(which: usize, version: u8) -> (String, String) {
    let service = |name: &str, version: &str| {
        format!(
            "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {{name: {name}, namespace: \
             ml}}\nspec:\n  predictor:\n    model: {{modelFormat: {{name: sklearn}}, storageUri: \
             \"{version}\"}}\n"
        )
    };
    let settings = |name: &str, version: u8| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: ml}}\ndata: {{version: \
             \"{version}\"}}\n"
        )
    };
    let uri = |model: &str| format!("s3://models/{model}/v{version}/");
    let overlay = |environment: &str| {
        let patch = format!(
            "patches:\n  - target: {{kind: InferenceService}}\n    patch: |-\n      - {{op: replace, path: \
             /spec/predictor/model/storageUri, value: \"{}\"}}\n",
            uri("churn")
        );
        let path = format!("churn/overlays/{environment}/kustomization.yaml");
        (path, format!("resources: [../../base]\n{patch}"))
    };
    let (path, text) = match which {
        0 => ("staging/fraud.yaml", service("fraud", &uri("fraud"))),
        1 => ("prod/fraud.yaml", service("fraud", &uri("fraud"))),
        2 => ("llm/Chart.yaml", format!("apiVersion: v2\nname: llm\nversion: 0.{version}.0\n")),
        3 => ("llm/templates/isvc.yaml", service("llm", "{{ .Values.uri }}") + &format!("# {version}\n")),
        4 => ("llm/values.yaml", format!("uri: {}\n", uri("llm"))),
        5 => ("llm/values-staging.yaml", format!("uri: {}\n", uri("llm"))),
        6 => ("llm/values-prod.yaml", format!("uri: {}\n", uri("llm"))),
        7 => ("churn/base/service.yaml", service("churn", &uri("churn"))),
        8 => {
            let more = if version.is_multiple_of(2) { ", settings.yaml" } else { "" };
            ("churn/base/kustomization.yaml", format!("resources: [service.yaml{more}]\n# {version}\n"))
        }
        9 => return overlay("staging"),
        10 => return overlay("prod"),
        11 => {
            let elements =
                if version.is_multiple_of(2) { "[{env: staging}, {env: prod}]" } else { "[{env: prod}]" };
            let text = format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all, namespace: \
                 argocd}}\nspec:\n  generators:\n    - list: {{elements: {elements}}}\n  template:\n    metadata: \
                 {{name: 'set-{{{{env}}}}'}}\n    spec:\n      project: default\n      source: {{repoURL: \
                 'https://x/y', path: 'set/{{{{env}}}}', targetRevision: HEAD}}\n      destination: {{name: \
                 in-cluster, namespace: 'ml-{{{{env}}}}'}}\n"
            );
            ("apps/set.yaml", text)
        }
        12 => ("set/staging/service.yaml", service("search", &uri("search"))),
        13 => ("set/prod/service.yaml", service("search", &uri("search"))),
        // What another program is deployed by: nothing of it says what runs.
        14 => ("churn/base/settings.yaml", settings("settings", version)),
        15 => ("prod/shop.yaml", settings("shop", version)),
        _ => ("llm/templates/_helpers.tpl", format!("{{{{- define \"a\" -}}}}{version}{{{{- end -}}}}\n")),
    };
    (path.to_owned(), text)
}

const FILES: usize = 17;

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (0..FILES, 1..5u8).prop_map(|(which, version)| Act::Write(which, version)),
        2 => (0..FILES).prop_map(Act::Remove),
        2 => (0..FILES).prop_map(Act::Break),
        2 => any::<u8>().prop_map(Act::Noise),
        1 => any::<usize>().prop_map(Act::Revert),
        1 => (0..FILES).prop_map(Act::Move),
    ]
}

/// The trees of a history, oldest first, each with the time it was committed at.
fn trees(first: u8, acts: &[(Vec<Act>, i64)]) -> Vec<(Tree, i64)> {
    let mut tree: Tree = (0..FILES).map(|which| layout(which, first)).collect();
    let mut time = 1_763_000_000;
    let mut all = vec![(tree.clone(), time)];
    for (acts, later) in acts {
        for act in acts {
            match act {
                Act::Write(which, version) => {
                    let (path, text) = layout(*which, *version);
                    tree.insert(path, text);
                }
                Act::Remove(which) => drop(tree.remove(&layout(*which, 1).0)),
                Act::Break(which) => {
                    let path = layout(*which, 1).0;
                    tree.insert(path, "apiVersion: serving.kserve.io/v1beta1\nkind: [{{\n".to_owned());
                }
                Act::Noise(content) => {
                    tree.insert("llm/notes.txt".to_owned(), content.to_string());
                    tree.insert("README.md".to_owned(), content.to_string());
                }
                Act::Revert(to) => tree = all[to % all.len()].0.clone(),
                Act::Move(which) => {
                    let path = layout(*which, 1).0;
                    if let Some(text) = tree.remove(&path) {
                        tree.insert(format!("moved/{path}"), text);
                    }
                }
            }
        }
        time += later;
        all.push((tree.clone(), time));
    }
    all
}

fn memory(tree: &Tree) -> Arc<dyn Files> {
    let files = tree.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    Arc::new(Memory::new(files.collect()))
}

fn timeline(trees: &[(Tree, i64)], config: &Config) -> Timeline {
    let commits = trees.iter().map(|(tree, time)| MemoryCommit {
        files: memory(tree),
        time: *time,
        about: About::default(),
    });
    let chain: Arc<dyn Chain> = Arc::new(MemoryChain::new(commits.collect()));
    Timeline::new(chain, Arc::new(config.clone()), Repositories::default())
}

/// The state of every commit, oldest first: rendered from nothing, with what it hides.
fn slow(trees: &[(Tree, i64)], config: &Config) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    for (tree, _) in trees {
        let rendered = whole(&memory(tree), config, &Repositories::default());
        states.push(match states.last() {
            Some(before) if !rendered.broken.is_empty() => rendered.after(before),
            _ => rendered,
        });
    }
    states
}

/// A release without the files it was made of: what history promises.
fn said(state: &State) -> Vec<Running> {
    let plain = |running: &Arc<Running>| Running { made_of: [].into(), ..(**running).clone() };
    state.releases.iter().map(plain).collect()
}

/// When a commit came to the branch: never earlier than the one before it.
fn clocks(trees: &[(Tree, i64)]) -> Vec<i64> {
    let mut latest = i64::MIN;
    trees
        .iter()
        .map(|(_, time)| {
            latest = latest.max(*time);
            latest
        })
        .collect()
}

/// The longest stay of a version in an environment, by looking at every commit.
fn slow_answer(
    states: &[State],
    clocks: &[i64],
    running: &Running,
    environment: &str,
    now: i64,
) -> Option<i64> {
    let runs = |state: &State| {
        state.releases.iter().any(|one| {
            one.model == running.model
                && one.environment.as_deref() == Some(environment)
                && one.is_fixed
                && one.version == running.version
                && one.artifact == running.artifact
        })
    };
    let mut longest = None;
    let mut since = None;
    for (at, state) in states.iter().enumerate() {
        match (runs(state), since) {
            (true, None) => since = Some(clocks[at]),
            (false, Some(from)) => {
                longest = longest.max(Some(clocks[at] - from));
                since = None;
            }
            _ => {}
        }
    }
    longest.max(since.map(|from| (now - from).max(0)))
}

fn config(text: &str) -> Config {
    let file = Arc::new(SourceFile::of_text(config::FILE_NAME, text));
    config::read(&file, &vocabulary()).unwrap()
}

/// Asserts that the eras of a timeline say of every commit what rendering it alone says.
fn assert_eras_hold(timeline: &Timeline, states: &[State]) {
    let mut number = 0;
    let mut seen = 0;
    while let Some(era) = timeline.era(number).unwrap() {
        let newest = era.until.map_or(0, |until| until + 1);
        for at in newest..=era.from {
            let state = &states[states.len() - 1 - at];
            assert_eq!(said(&era.state), said(state), "{at} commits before the tip");
            seen += 1;
        }
        number += 1;
    }
    assert_eq!(seen, states.len(), "every commit is in an era");
}

/// Asserts that states which are surveyed one after the other, sharing what they can, are each what
/// rendering it from nothing says.
fn assert_surveys_hold(trees: &[(Tree, i64)], config: &Config) {
    let surveyor = Surveyor::default();
    for (number, (tree, _)) in trees.iter().enumerate() {
        let files: Arc<dyn Files> = Arc::new(Named::new(memory(tree)));
        let seen = surveyor.see(&files, config, &Repositories::default());
        let shared = State::of(&seen.fleet, &seen.discovery, config);
        assert_eq!(shared, whole(&memory(tree), config, &Repositories::default()), "state {number}");
    }
}

/// A folder without Chart.yaml is meant as a chart as long as its templates ask for values.
#[test]
fn a_template_decides_that_its_folder_is_a_chart() {
    let acts = [(vec![Act::Remove(2)], 0), (vec![Act::Break(3)], 0), (vec![Act::Revert(1)], 0)];
    let trees = trees(1, &acts);
    let config = Config::default();
    assert_eras_hold(&timeline(&trees, &config), &slow(&trees, &config));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_commit_is_what_rendering_it_alone_says(
        first in 1..5u8,
        acts in prop::collection::vec((prop::collection::vec(act(), 1..3), -4_000..40_000i64), 1..14),
        is_configured in any::<bool>(),
        soak in 0..80_000u64,
    ) {
        let text = "environments:\n  - name: staging\n  - name: prod\n    soak: 1h\n";
        let config = if is_configured { config(text) } else { Config::default() };
        let trees = trees(first, &acts);
        let states = slow(&trees, &config);
        let timeline = timeline(&trees, &config);
        assert_eras_hold(&timeline, &states);
        assert_surveys_hold(&trees, &config);

        let clocks = clocks(&trees);
        let now = clocks[clocks.len() - 1] + 3_600;
        let environments = ["staging".to_owned()];
        for running in states.iter().flat_map(|state| &state.releases) {
            let question = Question {
                running,
                environments: &environments,
                identity: Identity::Token,
                soak: Duration::from_secs(soak),
                now: jiff::Timestamp::from_second(now).unwrap(),
            };
            let expected = slow_answer(&states, &clocks, running, "staging", now);
            let enough = expected.is_some_and(|lasted| lasted >= soak as i64);
            match timeline.ran(&question) {
                Ran::Yes(stay) => {
                    prop_assert!(enough, "{} {}", running.model, running.uri);
                    prop_assert!(stay.lasted(question.now).as_secs() >= soak);
                }
                Ran::No { longest, .. } => {
                    prop_assert!(!enough, "{} {}", running.model, running.uri);
                    let lasted = longest.map(|stay| stay.lasted(question.now).as_secs() as i64);
                    prop_assert_eq!(lasted, expected);
                }
                Ran::OtherArtifact(_) => prop_assert!(expected.is_none()),
                Ran::Unknown(gap) => prop_assert!(false, "{:?}", gap),
            }
        }
    }
}
