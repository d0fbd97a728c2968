//! Kustomizations are judged as they are deployed: through their overlays, never as the files they
//! are made of.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use mlgitops::source::Memory;
use mlgitops::{Options, Report, config, lint};
use mlgitops_files::Files;

fn report(files: &[(&str, &str)]) -> Report {
    let owned: Vec<_> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).as_bytes().to_vec())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::new(owned));
    let config = config::Config::default();
    lint(&files, &config, &Options::default())
}

const BASE: &str = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: llm}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
      storageUri: s3://models/llm/latest/
";

fn overlay(namespace: &str) -> String {
    format!("namespace: {namespace}\nresources: [../../base]\n")
}

#[test]
fn a_base_of_three_overlays_is_one_finding_with_three_places() {
    let (dev, staging, prod) = (overlay("ml-dev"), overlay("ml-staging"), overlay("ml-prod"));
    let report = report(&[
        ("base/kustomization.yaml", "resources: [llm.yaml]\n"),
        ("base/llm.yaml", BASE),
        ("overlays/dev/kustomization.yaml", &dev),
        ("overlays/staging/kustomization.yaml", &staging),
        ("overlays/prod/kustomization.yaml", &prod),
    ]);
    let found: Vec<_> = report.findings.iter().filter(|one| one.rule == "pinned-model-uri").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    let location = &found[0].primary.location;
    assert_eq!((location.path(), location.position().line), ("base/llm.yaml", 8));
    let environments: Vec<_> =
        found[0].places.iter().map(|place| place.environment.as_deref().unwrap()).collect();
    assert_eq!(environments, ["dev", "prod", "staging"]);
    let namespaces: Vec<_> =
        found[0].places.iter().map(|place| place.namespace.as_deref().unwrap()).collect();
    assert_eq!(namespaces, ["ml-dev", "ml-prod", "ml-staging"]);
}

#[test]
fn a_patched_value_is_blamed_on_the_patch() {
    let report = report(&[
        ("base/kustomization.yaml", "resources: [llm.yaml]\n"),
        ("base/llm.yaml", &BASE.replace("latest", "v7")),
        ("overlays/prod/kustomization.yaml", "resources: [../../base]\npatches:\n- path: patch.yaml\n"),
        (
            "overlays/prod/patch.yaml",
            "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: llm}
spec: {predictor: {model: {storageUri: s3://models/llm/latest/}}}
",
        ),
    ]);
    let found: Vec<_> = report.findings.iter().map(|one| (one.rule, one.primary.location.path())).collect();
    assert_eq!(found, [("pinned-model-uri", "overlays/prod/patch.yaml")]);
}

#[test]
fn a_base_that_does_not_build_is_one_finding() {
    let (dev, prod) = (overlay("ml-dev"), overlay("ml-prod"));
    let report = report(&[
        ("base/kustomization.yaml", "resources: [missing.yaml]\n"),
        ("overlays/dev/kustomization.yaml", &dev),
        ("overlays/prod/kustomization.yaml", &prod),
    ]);
    let found: Vec<_> = report.findings.iter().map(|one| (one.rule, one.message.as_str())).collect();
    let message = "`overlays/dev` and 1 more do not build: `missing.yaml` does not exist";
    assert_eq!(found, [("kustomize-build", message)]);
}

#[test]
fn an_application_of_a_kustomization_binds_what_it_builds() {
    let prod = overlay("ml");
    let report = report(&[
        ("base/kustomization.yaml", "resources: [llm.yaml]\n"),
        ("base/llm.yaml", BASE),
        ("overlays/prod/kustomization.yaml", &prod),
        ("argocd/kustomization.yaml", "resources: [app.yaml]\n"),
        (
            "argocd/app.yaml",
            "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: llm-prod}
spec:
  project: default
  source: {repoURL: https://example.com/org/repo, path: overlays/prod, targetRevision: HEAD}
  destination: {name: prod-1, namespace: ml}
",
        ),
    ]);
    let found: Vec<_> = report.findings.iter().filter(|one| one.rule == "pinned-model-uri").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].places.len(), 1, "the overlay is not guessed beside its deployment");
    assert_eq!(found[0].places[0].cluster.as_deref(), Some("prod-1"));
}

#[test]
fn what_an_application_sets_is_blamed_on_it() {
    let report = report(&[
        ("prod/kustomization.yaml", "resources: [llm.yaml]\nimages:\n- {name: registry/llm, newTag: v1}\n"),
        (
            "prod/llm.yaml",
            &BASE.replace("s3://models/llm/latest/", "oci://registry/llm:v0").replace("model:", "model:\n      image: x:v1"),
        ),
        (
            "argocd/app.yaml",
            "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: llm-prod}
spec:
  project: default
  source:
    {repoURL: https://example.com/org/repo, path: prod, targetRevision: HEAD, kustomize: {images: [\"registry/llm:v2\"]}}
  destination: {name: prod-1, namespace: ml}
",
        ),
    ]);
    let found = report.findings.iter().find(|one| one.rule == "image-not-rewritten").unwrap();
    assert_eq!(found.primary.text, "means `registry/llm:v2`");
    let location = &found.primary.location;
    let text = location.file.text().get(location.start as usize..location.end as usize);
    assert_eq!((location.path(), text), ("argocd/app.yaml", Some("registry/llm")));
}

/// A guarded environment that renders nothing hides what runs there; one that nothing guards does not.
#[test]
fn an_overlay_of_prod_that_gives_nothing_does_not_pass() {
    let remote = "resources: [\"https://git.example.com/org/models//llm?ref=v1\"]\n";
    let good = BASE.replace("latest", "v7");
    let run = |empty: &str, full: &str| {
        report(&[
            ("base/kustomization.yaml", "resources: [llm.yaml]\n"),
            ("base/llm.yaml", &good),
            (&format!("overlays/{full}/kustomization.yaml"), &overlay("ml")),
            (&format!("overlays/{empty}/kustomization.yaml"), remote),
        ])
    };
    let required = |report: &Report| report.not_checked.iter().filter(|item| item.required).count();
    let hidden = run("prod", "staging");
    assert_eq!((hidden.summary.exit, required(&hidden)), (3, 1), "{:?}", hidden.not_checked);
    let lower = run("dev", "prod");
    assert_eq!((lower.summary.exit, required(&lower)), (0, 0), "{:?}", lower.not_checked);
}

#[test]
fn a_model_that_only_an_unbuilt_kustomization_names_is_not_silent() {
    let service = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: fraud}\n\
                   spec: {predictor: {model: {modelFormat: {name: onnx}, storageUri: \"s3://m/fraud/v1/\"}}}\n";
    let table: [(&str, &str); 3] = [
        // What `flux bootstrap` writes is not there yet.
        ("clusters/prod/kustomization.yaml", "resources: [gotk-components.yaml, ../../prod/fraud.yaml]\n"),
        ("docs/kustomization.yaml", "resources: [../prod/fraud.yaml]\n"),
        ("part/kustomization.yaml", "kind: Component\nresources: [../prod/fraud.yaml]\n"),
    ];
    for (kustomization, text) in table {
        let folder = kustomization.rsplit_once('/').unwrap().0;
        let report = report(&[("prod/fraud.yaml", service), (kustomization, text)]);
        let said: Vec<String> =
            report.not_checked.iter().map(|item| format!("{}: {}", item.what, item.reason)).collect();
        let expected = format!(
            "`prod/fraud.yaml`: only the kustomization in `{folder}` names it, and nothing builds that"
        );
        assert_eq!(said, [expected], "{kustomization}");
    }
    // Where something builds it, it is judged.
    let built = [("prod/fraud.yaml", service), ("prod/kustomization.yaml", "resources: [fraud.yaml]\n")];
    assert_eq!(report(&built).summary.releases, 1);
}

#[test]
fn a_patch_for_the_name_after_a_prefix_is_told_of_the_prefix() {
    let patch = |namespaced: &str| {
        format!(
            "{namespaced}\nresources: [llm.yaml]\npatches:\n- target: {{kind: InferenceService, name: prod-llm}}\n  \
             patch: |-\n    - {{op: add, path: /spec/predictor/minReplicas, value: 2}}\n"
        )
    };
    let good = BASE.replace("latest", "v7");
    let help = |folder: &str| {
        let report = report(&[
            ("prod/kustomization.yaml", folder),
            ("prod/llm.yaml", &good),
            ("other/kustomization.yaml", "resources: [llm.yaml]\n"),
            ("other/llm.yaml", &good.replace("name: llm", "name: prod-llm")),
        ]);
        let found = report.findings.into_iter().find(|one| one.rule == "patch-matches-nothing").unwrap();
        found.help.unwrap()
    };
    let before = "name what it is called before `namePrefix`, which comes after the patches";
    assert_eq!(help(&patch("namePrefix: prod-")), before);
    let absent = "`prod-llm` is no part of this build: add its file to `resources`, or take the patch out";
    assert_eq!(help(&patch("# no namePrefix: here")), absent);
    assert_eq!(help(&patch("commonAnnotations:\n  namePrefix: prod-")), absent);
}

/// A patch that `.gitignore` names is made by who builds: nobody, where nothing is deployed from here.
#[test]
fn what_git_ignores_is_an_error_only_where_a_clone_is_built() {
    let application = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: llm-prod, namespace: argocd}
spec:
  destination: {name: prod, namespace: ml}
  source: {repoURL: 'https://git.example.com/org/models', path: overlays/prod}
";
    let build = |ignore: &str, more: &[(&str, &str)]| {
        let kustomization = "resources: [../../base]\npatches: [{path: image_patch.yaml}]\n";
        let mut files = vec![
            (".gitignore", ignore),
            ("base/kustomization.yaml", "resources: [llm.yaml]\n"),
            ("base/llm.yaml", BASE),
            ("overlays/prod/kustomization.yaml", kustomization),
        ];
        files.extend(more);
        let report = report(&files);
        let refused = report.findings.iter().filter(|one| one.rule == "kustomize-build").count();
        let made = report.not_checked.iter().filter(|one| one.reason.contains("`.gitignore` names it"));
        let lines: Vec<u32> = made.filter_map(|one| Some(one.location.as_ref()?.position().line)).collect();
        (refused, lines)
    };
    assert_eq!(build("*_patch.yaml\n", &[]), (0, vec![2]));
    assert_eq!(build("overlays/prod/\n", &[]), (0, vec![2]));
    assert_eq!(build("*_patches.yaml\n", &[]), (1, vec![]));
    assert_eq!(build("*_patch.yaml\n!image_patch.yaml\n", &[]), (1, vec![]));
    assert_eq!(build("*_patch.yaml\n", &[("app.yaml", application)]), (1, vec![]));
    let large = format!("*_patch.yaml\n{}\n", "#".repeat(1 << 20));
    assert_eq!(build(&large, &[]), (1, vec![]));
}
