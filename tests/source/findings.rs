//! The same content gives the same findings, wherever it is read from.

use std::sync::Arc;

use mlgitops::config::Config;
use mlgitops::report::{Context, Format, render};
use mlgitops::source::{Memory, Which, open};
use mlgitops::{Options, lint};
use mlgitops_files::Files;

use super::repository::Repository;

/// A service with a path open at its end, and a field at the wrong level.
const SERVICE: &str = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: fraud, namespace: ml-prod}
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      nodeSelector: {gpu: \"true\"}
      storageUri: s3://models/fraud/v4
";

const FILES: [(&str, &str); 7] = [
    (".gitattributes", "*.onnx filter=lfs\n"),
    ("base/kustomization.yaml", "resources: [service.yaml]\n"),
    ("base/service.yaml", SERVICE),
    ("environments/prod/broken.yaml", "kind: InferenceService\nspec: [\n"),
    ("environments/prod/fraud.yaml", SERVICE),
    ("environments/prod/twice.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a, name: b}\n"),
    ("overlays/staging/kustomization.yaml", "resources: [../../base]\nnamePrefix: staging-\n"),
];

const LINKS: [(&str, &str); 4] = [
    ("environments/prod/passwd.yaml", "/etc/passwd"),
    ("environments/prod/circle.yaml", "circle.yaml"),
    ("environments/prod/gone.yaml", "missing.yaml"),
    ("overlays/staging/linked.yaml", "../../base/service.yaml"),
];

/// The whole report as JSON.
fn said(files: &Arc<dyn Files>) -> String {
    render(Format::Json, &lint(files, &Config::default(), &Options::default()), &Context::new("."))
}

fn repository() -> Repository {
    let repository = Repository::unborn();
    for (path, text) in FILES {
        repository.write(path, text);
    }
    for (path, target) in LINKS {
        repository.link(path, target);
    }
    let paths: Vec<&str> = FILES.iter().chain(&LINKS).map(|(path, _)| *path).collect();
    repository.stage(&paths);
    repository.commit();
    repository
}

#[test]
fn four_sources_of_the_same_content_give_the_same_report() {
    let repository = repository();
    let files = FILES.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let links = LINKS.map(|(path, target)| (path.to_owned(), target.to_owned()));
    let memory: Arc<dyn Files> = Arc::new(Memory::with_links(files.into(), links.into()));
    let expected = said(&memory);
    // What is compared is something: findings of a manifest, of an overlay, of links, of syntax.
    for part in [
        "unknown-field",
        "s3-prefix",
        "outside-root",
        "duplicate-key",
        "broken.yaml",
        "circle.yaml",
        "overlays/",
    ] {
        assert!(expected.contains(part), "{part} is missing:\n{expected}");
    }
    for (source, files) in
        [("work tree", repository.work_tree()), ("commit", repository.head()), ("index", repository.staged())]
    {
        assert_eq!(said(&files), expected, "{source}");
    }
}

#[test]
fn an_older_commit_gives_the_older_findings() {
    let repository = repository();
    let before = said(&repository.head());
    repository.write("environments/prod/fraud.yaml", SERVICE.replace("fraud/v4", "fraud/v47/"));
    assert_eq!(said(&repository.staged()), before);
    repository.stage(&["environments/prod/fraud.yaml"]);
    let after = said(&repository.work_tree());
    assert_ne!(after, before);
    assert_eq!(said(&repository.staged()), after);
    assert_eq!(said(&repository.head()), before);
    repository.commit();
    assert_eq!(said(&repository.head()), after);
    let parent = open(&repository.root(), &Which::Rev("HEAD~1".into())).unwrap();
    assert_eq!(said(&parent), before);
}
