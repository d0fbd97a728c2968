//! The same layouts deployed by Flux: `fixtures/flux` in the place of what Argo CD needs. What is wrong
//! with the models is found at the same lines, and what is wrong with Argo CD is not.

use std::fs;
use std::path::Path;

use super::{commit, commit_as, copy, findings, mlgitops};

/// A clone of a layout with Flux's objects in the place of Argo CD's.
fn clone(layout: &str, tags: &[&str]) -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    copy(&fixtures.join("layouts").join(layout), clone.path());
    for argo in ["applicationset.yaml", "argocd/models.yaml"] {
        let file = clone.path().join(argo);
        if file.exists() {
            fs::remove_file(file).unwrap();
        }
    }
    copy(&fixtures.join("flux").join(layout), clone.path());
    commit(&clone, tags);
    clone
}

#[test]
fn a_folder_of_charts_for_each_environment() {
    let clone = clone("helm-environments/defects", &[]);
    let expected = [
        // The folders lack what makes a chart of them.
        "base/alerts.yaml:4 warning rule-not-selected/unreached",
        "base/alerts.yaml:12 note model-alerts/unexported",
        "base/alerts.yaml:12 note model-alerts/baseline",
        "base/alerts.yaml:15 warning model-alerts/ratio",
        "base/alerts.yaml:15 note model-alerts/unexported",
        "clusters/dev/fraud-detector.yaml:10 error not-a-chart/refused",
        // `main`, for production too.
        "clusters/prod/flux-system/gotk-sync.yaml:9 note floating-revision/moves",
        "clusters/prod/fraud-detector.yaml:10 error not-a-chart/refused",
        "clusters/staging/flux-system/gotk-sync.yaml:9 note floating-revision/moves",
        "clusters/staging/fraud-detector.yaml:10 error not-a-chart/refused",
        // From here on what Argo CD would have, too.
        "environments/dev/templates/service.yaml:15 warning rewritten-field/predictor",
        "environments/dev/templates/split.yaml:13 warning route-target/canary-host",
        "environments/dev/templates/split.yaml:17 note route-target/default-host",
        "environments/dev/templates/split.yaml:19 warning route-target/canary-host",
        "environments/dev/values.yaml:2 note dead-value/unread",
        "environments/dev/values.yaml:3 note s3-prefix/open",
        "environments/prod/templates/service.yaml:15 error rewritten-field/predictor",
        "environments/prod/templates/split.yaml:13 error route-target/canary-host",
        "environments/prod/templates/split.yaml:17 warning route-target/default-host",
        "environments/prod/templates/split.yaml:19 error route-target/canary-host",
        "environments/prod/values.yaml:2 note dead-value/unread",
        "environments/prod/values.yaml:3 warning s3-prefix/open",
        "environments/staging/templates/service.yaml:15 error rewritten-field/predictor",
        "environments/staging/templates/split.yaml:13 error route-target/canary-host",
        "environments/staging/templates/split.yaml:17 warning route-target/default-host",
        "environments/staging/templates/split.yaml:19 error route-target/canary-host",
        "environments/staging/values.yaml:2 note dead-value/unread",
        "environments/staging/values.yaml:3 note s3-prefix/open",
    ];
    assert_eq!(findings(clone.path()), expected);
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model            dev                 staging             prod
                     dev                 staging             prod
                     risk-dev            risk-staging        risk-prod
    fraud-detector   v47, 1-3 replicas   v45, 2-5 replicas   v43, 5-20 replicas
    ");
}

#[test]
fn one_chart_with_one_values_file() {
    let clone = clone("helm-one-values/defects", &[]);
    let expected = [
        "base/alerts.yaml:4 warning rule-not-selected/unreached",
        "base/alerts.yaml:12 note model-alerts/unexported",
        "base/alerts.yaml:12 note model-alerts/baseline",
        "base/alerts.yaml:15 warning model-alerts/ratio",
        "base/alerts.yaml:15 note model-alerts/unexported",
        // One line of a template, in three environments: one finding.
        "chart/templates/service.yaml:16 error rewritten-field/predictor",
        "chart/templates/split.yaml:14 error route-target/canary-host",
        "chart/templates/split.yaml:18 warning route-target/default-host",
        "chart/templates/split.yaml:20 error route-target/canary-host",
        "chart/values.yaml:6 note s3-prefix/open",
        "chart/values.yaml:14 note s3-prefix/open",
        "chart/values.yaml:22 warning s3-prefix/open",
        "clusters/prod/flux-system/gotk-sync.yaml:9 note floating-revision/moves",
        "clusters/staging/flux-system/gotk-sync.yaml:9 note floating-revision/moves",
    ];
    assert_eq!(findings(clone.path()), expected);
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model            dev                 staging             prod
                     dev                 staging             prod
                     risk-dev            risk-staging        risk-prod
    fraud-detector   v47, 1-3 replicas   v45, 2-5 replicas   v43, 5-20 replicas
    ");
}

#[test]
fn overlays_over_a_base() {
    let clone = clone("kustomize-overlays/defects", &[]);
    let expected = [
        "clusters/production/flux-system/gotk-sync.yaml:9 note floating-revision/moves",
        "models/fraud-detector/service.yaml:13 warning scale-metric/ignored",
        // Both overlays take the version from the base: nothing can run in staging first.
        "models/fraud-detector/service.yaml:18 error ran-in-staging/shared",
        "models/fraud-detector/service.yaml:18 warning s3-prefix/open",
        "models/image-classifier/service.yaml:14 error ran-in-staging/shared",
        "models/image-classifier/service.yaml:14 warning s3-prefix/open",
        "models/image-classifier/service.yaml:15 error runtime-version/other-runtime",
        "~models/image-classifier/service.yaml:18 warning gpu-placement/mode",
        // Flux applies nothing of the Kustomization for it.
        "models/image-classifier/service.yaml:19 error unknown-field/dropped",
        // No Kustomization builds staging.
        "models/overlays/staging/kustomization.yaml:1 note orphan/unreached",
        "routes/fraud-detector.yaml:5 warning route-target/unknown-host",
        "routes/fraud-detector.yaml:8 warning route-target/no-model",
        "routes/fraud-detector.yaml:8 error route-target/port",
        "routes/fraud-detector.yaml:9 warning route-target/no-model",
        "routes/fraud-detector.yaml:9 error route-target/port",
    ];
    assert_eq!(findings(clone.path()), expected);
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model              staging                       production
                                                     production
                       risk-staging                  risk
    fraud-detector     v2.4.1, 1-8 replicas          v2.4.1, 2-8 replicas
    image-classifier   v1.3.0, 1-3 replicas, 1 GPU   v1.3.0, 1-3 replicas, 1 GPU
    ");
    let words = mlgitops(&["lint", "--select", "unknown-field", "--select", "orphan"], clone.path()).1;
    insta::assert_snapshot!(words, @r"
    error[unknown-field]: image-classifier in production and staging stops its whole Kustomization:
            `model` has no field `nodeSelector`
        ╭─[models/image-classifier/service.yaml:19:7]
     19 │       nodeSelector:
        ·       ^^^^^^^^^^^^ belongs one level up, in `spec.predictor`
        ╰─
      note: Flux applies on the server's side, which refuses a field that is not declared: nothing of
            the Kustomization is applied, and every later change waits
      help: move it to `spec.predictor`; image-classifier restarts

    note[orphan]: nothing in this repository deploys fraud-detector and image-classifier in staging
       ╭─[models/overlays/staging/kustomization.yaml:1:1]
     1 │ namespace: risk-staging
       · ^^^^^^^^^^^^^^^^^^^^^^^ `models/overlays/staging` is no Kustomization's path
       ╰─
      note: it is judged as it would run by itself; a change here reaches no cluster through this
            repository
      help: add a Kustomization for it, or remove it

    1 fixable with --fix --unsafe-fixes
    checked 4 releases of 2 models in 2 environments (3 kustomizations, 1 folder of plain files): 1 error, 1 note
    ");
}

#[test]
fn as_they_were_meant_nothing_is_said() {
    for (layout, tags, summary) in [
        ("helm-environments", ["staging-45", "prod-43"], "4 releases of 1 model in 3 environments"),
        ("helm-one-values", ["staging-45", "prod-43"], "4 releases of 1 model in 3 environments"),
        ("kustomize-overlays", ["staging-9", "production-7"], "4 releases of 2 models in 2 environments"),
    ] {
        let clone = clone(&format!("{layout}/meant"), &tags);
        let (code, out) = mlgitops(&["lint"], clone.path());
        assert_eq!((code, out.lines().count()), (0, 1), "{layout}:\n{out}");
        assert!(out.starts_with(&format!("checked {summary} ")) && out.ends_with(": clean\n"), "{out}");
    }
}

/// A clone of one of the two layouts that Flux's users have.
fn ecosystem(name: &str) -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/flux").join(name), clone.path());
    commit_as(&clone, "https://git.example.com/risk/fleet", &[]);
    clone
}

/// `apps/{base,staging,production}`, `infrastructure` and `clusters`.
#[test]
fn environments_and_clusters() {
    let clone = ecosystem("environments");
    insta::assert_snapshot!(mlgitops(&["lint"], clone.path()).1, @r"
    note[floating-revision]: every model this deploys in production is whatever `main` holds
       ╭─[clusters/production/flux-system/gotk-sync.yaml:9:13]
     9 │     branch: main
       ·             ^^^^ moves without a change here
       ╰─
      note: every change there is a new version here, and no line of this file says which one runs
      help: follow a tag, and promote by changing it: `ref: {tag: …}`; or leave it, where folders are
            promoted by pull request

    note[floating-revision]: every model this deploys in staging is whatever `main` holds
       ╭─[clusters/staging/flux-system/gotk-sync.yaml:9:13]
     9 │     branch: main
       ·             ^^^^ moves without a change here
       ╰─
      note: every change there is a new version here, and no line of this file says which one runs
      help: follow a tag, and promote by changing it: `ref: {tag: …}`; or leave it, where folders are
            promoted by pull request

    not checked: HelmRelease kserve (infrastructure/controllers/kserve.yaml:25): its chart is
                 `oci://registry.example.com/charts/kserve-resources` v0.17.0, the OCIRepository
                 `kserve`
    not checked: start-up budget of 2 of 2 models: size unknown
           help: models.NAME.size in mlgitops.yaml, or a LocalModelCache with modelSize

    checked 4 releases of 2 models in 2 environments (2 charts, 8 kustomizations): 2 notes; not checked: 2
    ");
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model   staging             production
            staging             production
            risk                risk
    churn   v12, 1-3 replicas   v11, 1-3 replicas
    fraud   v46, 1-3 replicas   v45, 4-12 replicas
    not checked: HelmRelease kserve: its chart is `oci://registry.example.com/charts/kserve-resources` v0.17.0, the OCIRepository `kserve`
    ");
}

/// One folder an app, with a `ks.yaml` that the Kustomization of the cluster patches.
#[test]
fn a_folder_for_each_app() {
    let clone = ecosystem("folder-per-app");
    insta::assert_snapshot!(mlgitops(&["lint"], clone.path()).1, @r"
    note[floating-revision]: every model this deploys in production is whatever `main` holds
       ╭─[kubernetes/flux/cluster/ks.yaml:9:13]
     9 │     branch: main
       ·             ^^^^ moves without a change here
       ╰─
      note: every change there is a new version here, and no line of this file says which one runs
      help: follow a tag, and promote by changing it: `ref: {tag: …}`; or leave it, where folders are
            promoted by pull request

    not checked: HelmRelease exporter (kubernetes/apps/ml/exporter/app/release.yaml:9): its chart
                 `model-exporter` 1.2.3 is in the HelmRepository `monitoring`
    not checked: start-up budget of 2 of 2 models: size unknown
           help: models.NAME.size in mlgitops.yaml, or a LocalModelCache with modelSize

    checked 2 releases of 2 models in 1 environment (5 kustomizations, 1 folder of plain files): 1 note; not checked: 2
    ");
    insta::assert_snapshot!(mlgitops(&["status"], clone.path()).1, @r"
    model   production
            production
            ml
    churn   1.4.2 (tag), 1-2 replicas
    fraud   v45, 2-6 replicas, 1 GPU
    not checked: HelmRelease exporter: its chart `model-exporter` 1.2.3 is in the HelmRepository `monitoring`
    ");
}
