//! The linter itself: model references, the configuration, and whole repositories in memory.

use std::sync::Arc;

use mlgitops::config::{self, Config};
use mlgitops::fleet::reference::{Context, ModelReference};
use mlgitops::rules::vocabulary;
use mlgitops::source::Memory;
use mlgitops::{Options, lint};
use mlgitops_files::Files;
use mlgitops_yaml::SourceFile;

/// Every string is a reference; what it says of its parts lies in it.
pub(crate) fn model_reference(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for numeric_leaf in [false, true] {
        let reference = ModelReference::parse(text, &Context { numeric_leaf, ..Context::default() });
        assert_eq!(reference.text(), text);
        assert!(text.get(reference.path.clone()).is_some(), "the path lies in the text");
        let _ = (reference.class_text(), reference.version_token(), reference.s3_key());
        assert!(reference.same_artifact_any_version(&reference), "a reference names its own artifact");
    }
}

/// Any text as `mlgitops.yaml`.
pub(crate) fn configuration(input: &[u8]) {
    if let Ok(file) = SourceFile::new("mlgitops.yaml", input) {
        let _ = config::read(&Arc::new(file), &vocabulary());
    }
}

/// Files behind lines `=== path`; what stands before the first is a manifest of production.
pub(crate) fn repository(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut files = Vec::new();
    for part in format!("=== environments/prod/model.yaml\n{text}").split("=== ").skip(1) {
        let (path, content) = part.split_once('\n').unwrap_or((part, ""));
        files.push((path.trim_end().to_owned(), content.as_bytes().to_vec()));
    }
    lint_all(files);
}

/// A template of a chart with values to take.
pub(crate) fn template(input: &[u8]) {
    const VALUES: &str = "a: {b: [1, x, {c: true}], d: ''}\nlist: [b, a]\nn: 3\nuri: s3://models/fraud/v4\n";
    lint_all(vec![
        ("Chart.yaml".to_owned(), b"apiVersion: v2\nname: c\nversion: 1.0.0\n".to_vec()),
        ("values.yaml".to_owned(), VALUES.as_bytes().to_vec()),
        ("templates/_a.tpl".to_owned(), b"{{ define \"a\" }}{{ .Values.n }}{{ end }}".to_vec()),
        ("templates/a.yaml".to_owned(), input.to_vec()),
    ]);
}

/// A kustomization over a service, a patch and a file of values.
pub(crate) fn kustomization(input: &[u8]) {
    const SERVICE: &str = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\n\
                           spec: {predictor: {model: {storageUri: s3://models/a/v4, args: [x, y]}}}\n";
    const PATCH: &str = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\n\
                         spec: {predictor: {minReplicas: 2}}\n";
    lint_all(vec![
        ("prod/kustomization.yaml".to_owned(), input.to_vec()),
        ("prod/service.yaml".to_owned(), SERVICE.as_bytes().to_vec()),
        ("prod/patch.yaml".to_owned(), PATCH.as_bytes().to_vec()),
        ("prod/values.env".to_owned(), b"a=b\n".to_vec()),
    ]);
}

/// The text of an object whose variables Flux replaces: lines `name=value`, an empty line, the text.
pub(crate) fn variables(input: &[u8]) {
    const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
         metadata: {name: models, namespace: flux-system}\nspec:\n  interval: 10m\n  prune: true\n  path: ./models\n  \
         sourceRef: {kind: GitRepository, name: flux-system}\n  postBuild:\n    substitute:\n";
    const SERVICE: &str = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\n\
                           spec: {predictor: {model: {storageUri: s3://models/a/v4}}}\n---\n\
                           apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |2\n";
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (values, text) = input.split_once("\n\n").unwrap_or(("NAME=fraud", input));
    let mut kustomization = KUSTOMIZATION.to_owned();
    for (name, value) in values.lines().filter_map(|line| line.split_once('=')) {
        kustomization += &format!("      {name}: '{}'\n", value.replace('\'', "''"));
    }
    let mut object = SERVICE.to_owned();
    text.lines().for_each(|line| object += &format!("    {line}\n"));
    lint_all(vec![
        ("clusters/prod/models.yaml".to_owned(), kustomization.into_bytes()),
        ("models/all.yaml".to_owned(), object.into_bytes()),
    ]);
}

fn lint_all(files: Vec<(String, Vec<u8>)>) {
    let config = files.iter().find(|(path, _)| path == "mlgitops.yaml").and_then(|(path, content)| {
        let file = SourceFile::new(path, content).ok()?;
        config::read(&Arc::new(file), &vocabulary()).ok()
    });
    let files: Arc<dyn Files> = Arc::new(Memory::new(files));
    let options = Options::default();
    let report = lint(&files, &config.unwrap_or_else(Config::default), &options);
    assert!(report.summary.exit <= 3);
}
