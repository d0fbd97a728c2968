//! `targetRevision`: which revisions mean the tree that is read, and what the others hold.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use git2::{IndexAddOption, Oid, Repository, Signature, Time};
use mlgitops::config::Config;
use mlgitops::report::{self, Format};
use mlgitops::source::{Repositories, Revisions, Root, Which, open};
use mlgitops::survey;
use mlgitops_files::Files;

use super::world::{World, application, bound, field, not_checked, service};

const URL: &str = "https://git.example.com/org/models";

fn commit(git: &Repository, files: &[(&str, &str)]) -> Oid {
    let folder = git.workdir().unwrap().to_owned();
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut index = git.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("a", "a@example.com", &Time::new(1_760_000_000, 0)).unwrap();
    let parent = git.head().ok().map(|head| head.peel_to_commit().unwrap());
    let parents: Vec<_> = parent.iter().collect();
    git.commit(Some("HEAD"), &who, &who, "a state", &tree, &parents).unwrap()
}

fn app(revision: &str) -> String {
    application("fraud", &format!("repoURL: {URL}\npath: models\ntargetRevision: {revision}"))
}

/// A clone on branch `topic`, of a repository whose default branch is `main`; tag `v1` and branch
/// `release` of the server hold another version of the model.
fn clone() -> (tempfile::TempDir, Oid) {
    let folder = tempfile::tempdir().unwrap();
    let git = Repository::init(folder.path()).unwrap();
    git.remote("origin", URL).unwrap();
    let one = commit(&git, &[("models/a.yaml", &service("a", "s3://models/a/v1/"))]);
    git.reference("refs/tags/v1", one, true, "a tag").unwrap();
    git.reference("refs/remotes/origin/release/1", one, true, "a branch").unwrap();
    git.reference("refs/remotes/origin/main", one, true, "a branch").unwrap();
    git.reference_symbolic("refs/remotes/origin/HEAD", "refs/remotes/origin/main", true, "default").unwrap();
    let two = commit(&git, &[("models/a.yaml", &service("a", "s3://models/a/v2/"))]);
    git.reference("refs/heads/topic", two, true, "a branch").unwrap();
    git.set_head("refs/heads/topic").unwrap();
    (folder, one)
}

fn seen(folder: &Path, revision: &str, target: Option<&str>) -> (Vec<String>, Vec<String>) {
    fs::create_dir_all(folder.join("apps")).unwrap();
    fs::write(folder.join("apps/a.yaml"), app(revision)).unwrap();
    let root = Root::find(folder).unwrap();
    let files = open(&root, &Which::WorkTree).unwrap();
    let survey = survey(&files, &Config::default(), &Repositories::of(&root, target));
    let uri: &[&str] = &["spec", "predictor", "model", "storageUri"];
    let found = if bound(&survey).is_empty() { Vec::new() } else { field(&survey, "InferenceService", uri) };
    (found, not_checked(&survey))
}

#[test]
fn head_the_default_branch_and_the_one_under_review_are_the_tree_that_is_read() {
    let (folder, one) = clone();
    let here = "s3://models/a/v2/ Source models/a.yaml:9";
    for revision in ["HEAD", "main", "topic", "refs/heads/main", "''"] {
        assert_eq!(seen(folder.path(), revision, None), (vec![here.to_owned()], vec![]), "{revision}");
    }
    // The branch a change is merged into will hold it; it is another one where none is.
    for target in ["origin/release/1", "release/1", "refs/remotes/origin/release/1"] {
        assert_eq!(seen(folder.path(), "release/1", Some(target)).0, [here], "{target}");
    }
    let id = one.to_string();
    for revision in ["v1", "release/1", &id, &id[..10], "refs/tags/v1"] {
        let there = format!("s3://models/a/v1/ Source {revision}:/models/a.yaml:9");
        let (found, missing) = seen(folder.path(), revision, None);
        // The model in the work tree is deployed by nothing, and guessed.
        assert_eq!((found.first(), missing), (Some(&there), vec![]), "{revision}");
    }
    for revision in ["v2", "HEAD~1", "main^", "1.x", "a/../v1", "'@{-1}'"] {
        let (found, missing) = seen(folder.path(), revision, None);
        let name = revision.trim_matches('\'');
        assert_eq!(found, Vec::<String>::new(), "{revision}");
        assert_eq!(missing.len(), 1, "{revision}: {missing:?}");
        assert!(missing[0].starts_with(&format!("Application fraud: revision `{name}`: ")), "{missing:?}");
    }
}

/// Revisions in memory.
struct Kept(Vec<(&'static str, World)>);

impl Revisions for Kept {
    fn is_current(&self, revision: &str) -> bool {
        revision == "trunk"
    }
    fn open(&self, revision: &str) -> Result<Arc<dyn Files>, String> {
        let kept = self.0.iter().find(|(name, _)| *name == revision);
        kept.map(|(_, world)| world.files()).ok_or_else(|| "this clone does not have it".to_owned())
    }
}

fn with_v1(files: &[(&str, &str)]) -> Repositories {
    Repositories::default().called(URL).with_revisions(Arc::new(Kept(vec![("v1", World::of(files))])))
}

#[test]
fn charts_overlays_and_values_are_read_where_the_revision_has_them() {
    let chart = [
        ("charts/a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n"),
        ("charts/a/values.yaml", "v: old\n"),
        (
            "charts/a/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Values.v }}}\n",
        ),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: old}\n"),
        ("overlay/kustomization.yaml", "resources: [../base]\n"),
    ];
    let now: Vec<(&str, String)> =
        chart.iter().map(|(path, text)| (*path, text.replace("old", "new"))).collect();
    let now: Vec<(&str, &str)> = now.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let value = |source: &str| {
        let world = World::of(&now)
            .and(&[("app.yaml", &application("x", source)), ("values/prod.yaml", "v: given\n")]);
        let survey = world.with(with_v1(&chart)).survey();
        assert_eq!(not_checked(&survey), Vec::<String>::new(), "{source}");
        field(&survey, "ConfigMap", &["data", "v"])[0].clone()
    };
    let source = |path: &str, rest: &str| format!("repoURL: {URL}\npath: {path}\ntargetRevision: {rest}");
    for (source, expected) in [
        (source("charts/a", "trunk"), "new Values charts/a/values.yaml:1"),
        (source("charts/a", "v1"), "old Values v1:/charts/a/values.yaml:1"),
        (source("overlay", "trunk"), "new Source base/a.yaml:4"),
        (source("overlay", "v1"), "old Source v1:/base/a.yaml:4"),
    ] {
        assert_eq!(value(&source), expected);
    }
}

#[test]
fn an_applications_chart_and_values_may_be_of_two_revisions() {
    let chart = [
        ("a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n"),
        (
            "a/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Values.v }}}\n",
        ),
    ];
    let app = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a}}\nspec:\n  sources:\n  - {{repoURL: \
         {URL}, path: a, targetRevision: v1, helm: {{valueFiles: [$now/prod.yaml]}}}}\n  - {{repoURL: {URL}, ref: now}}\n"
    );
    let world = World::of(&[("app.yaml", &app), ("prod.yaml", "v: given\n")]).with(with_v1(&chart));
    assert_eq!(field(&world.survey(), "ConfigMap", &["data", "v"]), ["given Values prod.yaml:1"]);
    assert_eq!(bound(&world.survey()), ["a = chart v1:/a"]);
}

#[test]
fn a_path_that_the_revision_lacks_is_wrong() {
    let world =
        World::of(&[("apps/a.yaml", &app("v1")), ("models/a.yaml", &service("a", "s3://models/a/v1/"))]);
    assert_eq!(
        world.with(with_v1(&[("other/x.yaml", "a: 1\n")])).findings(&["source-path"]),
        [
            "apps/a.yaml:9 source-path/missing fraud in prod deploys nothing: there is no folder `models` at `v1`"
        ]
    );
}

#[test]
fn a_report_says_which_revision_a_file_is_of() {
    let files = [("models/a.yaml", service("a", "s3://models/a/latest"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let world = World::of(&[("apps/a.yaml", &app("v1"))]).with(with_v1(&files));
    let report = world.lint();
    let context = report::Context::new(".");
    let json: serde_json::Value =
        serde_json::from_str(&report::render(Format::Json, &report, &context)).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == "pinned-model-uri").unwrap();
    let at = &found["location"];
    assert_eq!(
        (at["file"].as_str(), at["rev"].as_str(), at["repository"].as_str()),
        (Some("models/a.yaml"), Some("v1"), None)
    );
    let human = report::render(Format::Human, &report, &context);
    assert!(human.contains("v1:/models/a.yaml:9"), "{human}");
}

/// Code scanning and annotations know the files of the change alone: `models/a.yaml` of `v1` is not
/// the one here.
#[test]
fn a_finding_in_another_revision_is_shown_where_the_revision_is_named() {
    let then = service("a", "s3://models/a/latest");
    let now = format!("# the same name, and nothing wrong\n{}", service("a", "s3://models/a/v2/"));
    let world = World::of(&[("apps/a.yaml", &app("v1")), ("models/a.yaml", &now)]);
    let report = world.with(with_v1(&[("models/a.yaml", &then)])).lint();
    let context = report::Context { prefix: "deploy", ..report::Context::new("deploy") };
    let sarif: serde_json::Value =
        serde_json::from_str(&report::render(Format::Sarif, &report, &context)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let found = results.iter().find(|result| result["ruleId"] == "pinned-model-uri").unwrap();
    let place = &found["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deploy/apps/a.yaml");
    assert_eq!(place["region"]["startLine"], 10, "{}", app("v1"));
    let message = found["message"]["text"].as_str().unwrap();
    assert!(message.contains("\nv1:/models/a.yaml:9: "), "{message}");
    let github = report::render(Format::Github, &report, &context);
    let line = github.lines().find(|line| line.contains("pinned-model-uri")).unwrap();
    assert!(line.starts_with("::error file=deploy/apps/a.yaml,line=10,"), "{line}");
    assert!(line.contains("%0Av1:/models/a.yaml:9: "), "{line}");
    for text in [github, sarif.to_string()] {
        assert!(!text.contains("deploy/v1"), "{text}");
    }
}

#[test]
fn what_an_application_reads_at_a_tag_is_no_orphan_here_and_runs_once() {
    let base = ("models/base/a.yaml", service("a", "s3://models/a/v1/"));
    let files = [
        (base.0, base.1.as_str()),
        ("models/base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("models/prod/kustomization.yaml", "resources: [../base]\n"),
        ("plain/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"),
    ];
    let source = format!("repoURL: {URL}\npath: models/prod\ntargetRevision: v1");
    let next = service("a", "s3://models/a/latest");
    let world = World::of(&files)
        .and(&[("app.yaml", &application("a", &source)), (base.0, &next)])
        .with(with_v1(&files));
    let survey = world.survey();
    let versions: Vec<_> = survey.fleet.releases.iter().map(|one| one.version.as_deref()).collect();
    assert_eq!(versions, [Some("1")]);
    assert_eq!(world.findings(&["orphan"]), Vec::<String>::new());
    // What will run with the next tag is judged all the same.
    assert_eq!(
        world.findings(&["pinned-model-uri"]),
        ["models/base/a.yaml:9 pinned-model-uri/stage a in prod names `latest` where the version belongs"]
    );
}

#[test]
fn a_git_generator_lists_the_revision_it_names() {
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all}}\nspec:\n  generators:\n  \
         - git: {{repoURL: {URL}, revision: v1, directories: [{{path: models/*}}]}}\n  template:\n    metadata: \
         {{name: '{{{{path.basename}}}}'}}\n    spec:\n      destination: {{name: prod, namespace: ml}}\n      \
         source: {{repoURL: {URL}, path: '{{{{path}}}}', targetRevision: v1}}\n"
    );
    let then = [("models/old/a.yaml", service("a", "s3://models/a/v1/"))];
    let then: Vec<(&str, &str)> = then.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let now = service("b", "s3://models/b/v1/");
    let world = World::of(&[("set.yaml", &set), ("models/new/b.yaml", &now)]).with(with_v1(&then));
    assert_eq!(bound(&world.survey()), ["old = manifests v1:/models/old"]);
    assert_eq!(world.findings(&["appset-empty"]), Vec::<String>::new());
}

#[test]
fn more_revisions_than_are_read_are_listed() {
    struct Endless;
    impl Revisions for Endless {
        fn is_current(&self, _: &str) -> bool {
            false
        }
        fn open(&self, _: &str) -> Result<Arc<dyn Files>, String> {
            Ok(World::of(&[("models/a.yaml", &service("a", "s3://models/a/v1/"))]).files())
        }
    }
    let apps: String = (0..40).map(|number| format!("{}---\n", app(&format!("v{number}")))).collect();
    let known = Repositories::default().called(URL).with_revisions(Arc::new(Endless));
    let world = World::of(&[("apps.yaml", &apps)]).with(known);
    let survey = world.survey();
    assert_eq!(bound(&survey).len(), 32);
    assert_eq!(not_checked(&survey).len(), 8);
    assert_eq!(
        not_checked(&survey)[0],
        "Application fraud: revision `v32`: a run reads at most 32 other revisions"
    );
}
