//! One thread through every wall: from a commit, over charts, patches and deployments, to a line
//! in a report.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use git2::{IndexAddOption, Repository, Signature, Time};
use mlgitops::config::Config;
use mlgitops::finding::Finding;
use mlgitops::render::ToolKind;
use mlgitops::report::{self, Format};
use mlgitops::source::{Repositories, Root, Which, open};
use mlgitops::{Options, Survey, lint, survey};
use mlgitops_yaml::{OriginSpan, Pointer, Role};

/// A repository that holds a fixture, and then another state of one of its files.
fn repository(fixture: &str, file: &str, change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
    copy(&from, folder.path());
    let git = Repository::init(folder.path()).unwrap();
    commit(&git);
    let path = folder.path().join(file);
    fs::write(&path, change(&fs::read_to_string(&path).unwrap())).unwrap();
    commit(&git);
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn commit(git: &Repository) {
    let mut index = git.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("a", "a@example.com", &Time::new(1_760_000_000, 0)).unwrap();
    let parent = git.head().ok().map(|head| head.peel_to_commit().unwrap());
    let parents: Vec<_> = parent.iter().collect();
    git.commit(Some("HEAD"), &who, &who, "a state", &tree, &parents).unwrap();
}

struct Seen {
    survey: Survey,
    findings: Vec<Finding>,
    report: String,
}

/// What is seen of one commit of a repository.
fn at(folder: &Path, rev: &str) -> Seen {
    let root = Root::find(folder).unwrap();
    let files = open(&root, &Which::Rev(rev.to_owned())).unwrap();
    let config = Config::default();
    let report = lint(&files, &config, &Options::default());
    let text = report::render(Format::Human, &report, &report::Context::new("."));
    Seen {
        survey: survey(&files, &config, &Repositories::default()),
        findings: report.findings,
        report: text,
    }
}

/// Where findings of `s3-prefix` are: environment, file, line, column.
fn s3_prefixes(seen: &Seen) -> Vec<(String, String, u32, u32)> {
    let found = seen.findings.iter().filter(|finding| finding.rule == "s3-prefix");
    found
        .map(|finding| {
            let at = finding.primary.location.position();
            let environment = finding.places[0].environment.clone().unwrap_or_default();
            (environment, finding.primary.location.path().to_owned(), at.line, at.column)
        })
        .collect()
}

/// The origin of a field of the object named `churn` in an environment: role, file, text.
fn origins(seen: &Seen, environment: &str, pointer: &str) -> Vec<(Role, String, String)> {
    let fleet = &seen.survey.fleet;
    let object = fleet
        .objects
        .iter()
        .find(|object| fleet.environment(object.place).is_some_and(|one| one.name == environment))
        .unwrap();
    let pointer = Pointer::parse(pointer).unwrap();
    let node = object.manifest.at(&pointer).present().unwrap();
    let said = |span: OriginSpan| {
        (span.role, span.file.path().to_string(), span.file.slice(span.start..span.end).to_owned())
    };
    object.manifest.origins.content(node.origin).into_iter().map(said).collect()
}

#[test]
fn an_applicationset_a_chart_and_one_values_file() {
    let folder = repository("helm-one-values", "chart/values.yaml", |text| {
        text.replace("s3://models/churn/v8", "s3://models/churn/v8/")
    });

    let before = at(folder.path(), "HEAD~1");
    let fleet = &before.survey.fleet;
    let releases: Vec<_> = fleet
        .releases
        .iter()
        .map(|release| {
            let place = fleet.place(release.place).unwrap();
            let environment = fleet.environment(release.place).unwrap();
            (
                environment.name.as_str(),
                place.cluster.as_deref().unwrap(),
                release.version.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        releases,
        [("staging", "https://staging.example.com", "9"), ("prod", "https://prod.example.com", "8")]
    );
    let bound = fleet.deployables.iter().filter(|one| one.job.kind() == ToolKind::Helm);
    let names: Vec<_> = bound.map(|one| one.deployment.as_ref().unwrap().id.name.clone()).collect();
    assert_eq!(names, ["churn-staging", "churn-prod"]);

    // `quote` prints the value's own bytes, whatever `index` and the variable did before.
    assert_eq!(
        origins(&before, "prod", "/spec/predictor/model/storageUri")[0],
        (Role::Values, "chart/values.yaml".to_owned(), "s3://models/churn/v8".to_owned())
    );
    // `toYaml | nindent` under `with`: the value in the tree that was printed.
    assert_eq!(
        origins(&before, "prod", "/spec/predictor/nodeSelector/pool")[0],
        (Role::Values, "chart/values.yaml".to_owned(), "serving".to_owned())
    );
    // What the ApplicationSet's element hands the chart.
    assert_eq!(
        origins(&before, "prod", "/metadata/labels/environment")[0],
        (Role::Parameter, "applicationset.yaml".to_owned(), "prod".to_owned())
    );

    let line = ("prod".to_owned(), "chart/values.yaml".to_owned(), 9, 17);
    assert_eq!(s3_prefixes(&before), [line]);
    assert!(before.report.contains("chart/values.yaml:9:17"), "{}", before.report);

    // The change cured it; the same flow at the newer commit says so.
    let after = at(folder.path(), "HEAD");
    assert_eq!(s3_prefixes(&after), []);
    assert!(!after.report.contains("s3-prefix"), "{}", after.report);
}

#[test]
fn an_overlay_that_patches_its_base() {
    let folder = repository("kustomize-patch", "overlays/prod/version.yaml", |text| {
        text.replace("s3://models/churn/v9", "s3://models/churn/v9/")
    });

    let before = at(folder.path(), "HEAD~1");
    let uri = origins(&before, "prod", "/spec/predictor/model/storageUri");
    assert_eq!(
        uri,
        [
            (Role::Patch, "overlays/prod/version.yaml".to_owned(), "s3://models/churn/v9".to_owned()),
            (Role::Base, "base/churn.yaml".to_owned(), "s3://models/churn/v8/".to_owned()),
        ]
    );
    assert_eq!(
        origins(&before, "prod", "/metadata/namespace"),
        [(Role::Transformer, "overlays/prod/kustomization.yaml".to_owned(), "churn-prod".to_owned())]
    );
    // What no patch touches is the base's, and the base is not judged a second time.
    assert_eq!(before.survey.fleet.objects.len(), 1);
    let line = ("prod".to_owned(), "overlays/prod/version.yaml".to_owned(), 8, 19);
    assert_eq!(s3_prefixes(&before), [line]);
    assert!(before.report.contains("overlays/prod/version.yaml:8:19"), "{}", before.report);

    assert_eq!(s3_prefixes(&at(folder.path(), "HEAD")), []);
}
