//! The two layouts of the ecosystem, as its documentation describes them.

use super::world::{World, bound, field, not_checked, service};
use super::{SYNC, kustomization, releases, sync};

/// `apps/{base,staging,production}` and `clusters/`, with bases that overlays patch.
fn environments() -> World {
    let patch = |version: &str| {
        format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base/fraud]\n\
             patches:\n  - target: {{kind: InferenceService}}\n    patch: |\n      \
             - {{op: replace, path: /spec/predictor/model/storageUri, value: s3://models/fraud/{version}/}}\n"
        )
    };
    let base = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: ml\nresources: [fraud.yaml]\n";
    let mut world = World::of(&[
        ("apps/base/fraud/kustomization.yaml", base),
        ("apps/base/fraud/fraud.yaml", &service("fraud", "s3://models/fraud/v0/")),
        ("apps/staging/kustomization.yaml", &patch("v47")),
        ("apps/production/kustomization.yaml", &patch("v45")),
    ]);
    for cluster in ["staging", "production"] {
        world = world.and(&[
            (&format!("clusters/{cluster}/flux-system/kustomization.yaml"), SYNC),
            (&format!("clusters/{cluster}/flux-system/gotk-sync.yaml"), &sync(cluster)),
            (
                &format!("clusters/{cluster}/apps.yaml"),
                &kustomization("apps", &format!("./apps/{cluster}"), "wait: true\ntimeout: 5m"),
            ),
        ]);
    }
    world
}

#[test]
fn clusters_and_environments() {
    let survey = environments().survey();
    assert_eq!(
        releases(&survey),
        ["fraud 45 production production/ml", "fraud 47 staging staging/ml"],
        "{:?}",
        bound(&survey)
    );
    let mut all = bound(&survey);
    all.sort();
    assert_eq!(
        all,
        [
            "apps = kustomization apps/production",
            "apps = kustomization apps/staging",
            "flux-system = kustomization clusters/production",
            "flux-system = kustomization clusters/staging",
        ]
    );
    assert_eq!(not_checked(&survey), Vec::<String>::new());
    assert_eq!(
        field(&survey, "InferenceService", &["spec", "predictor", "model", "storageUri"]),
        [
            "s3://models/fraud/v45/ Patch apps/production/kustomization.yaml:7",
            "s3://models/fraud/v47/ Patch apps/staging/kustomization.yaml:7",
        ]
    );
}

/// One folder an app with a `ks.yaml`, found by the Kustomization of the cluster; the parent patches
/// its children.
fn apps() -> World {
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster-settings, namespace: flux-system}\n\
                    data:\n  MODEL_BUCKET: models\n";
    let patch = "patches:\n  - patch: |\n      apiVersion: kustomize.toolkit.fluxcd.io/v1\n      \
                 kind: Kustomization\n      metadata: {name: all}\n      spec:\n        postBuild:\n          \
                 substituteFrom: [{kind: ConfigMap, name: cluster-settings}]\n    target: {kind: Kustomization}";
    let child = |name: &str| {
        kustomization(
            name,
            &format!("./kubernetes/apps/ml/{name}/app"),
            &format!("targetNamespace: ml\npostBuild:\n  substitute: {{APP: {name}}}"),
        )
    };
    let list = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [fraud/ks.yaml, churn/ks.yaml]\n";
    World::of(&[
        ("kubernetes/flux/cluster/ks.yaml", &kustomization("cluster-apps", "./kubernetes/apps", patch)),
        ("kubernetes/flux/vars/settings.yaml", settings),
        ("kubernetes/apps/ml/kustomization.yaml", list),
        ("kubernetes/apps/ml/fraud/ks.yaml", &child("fraud")),
        ("kubernetes/apps/ml/churn/ks.yaml", &child("churn")),
        (
            "kubernetes/apps/ml/fraud/app/isvc.yaml",
            &service("${APP}", "s3://${MODEL_BUCKET}/${APP}/${VERSION:=v47}/"),
        ),
        ("kubernetes/apps/ml/churn/app/isvc.yaml", &service("${APP}", "s3://${MODEL_BUCKET}/${APP}/v3/")),
    ])
}

#[test]
fn one_folder_an_app() {
    let survey = apps().survey();
    let mut all = bound(&survey);
    all.sort();
    assert_eq!(
        all,
        [
            "churn = kustomization kubernetes/apps/ml/churn/app",
            "cluster-apps = kustomization kubernetes/apps",
            "fraud = kustomization kubernetes/apps/ml/fraud/app",
        ]
    );
    assert_eq!(releases(&survey), ["churn 3 - -/ml", "fraud 47 - -/ml"]);
    assert_eq!(
        field(&survey, "InferenceService", &["spec", "predictor", "model", "storageUri"]),
        [
            "s3://models/churn/v3/ Parameter kubernetes/flux/vars/settings.yaml:5",
            "s3://models/fraud/v47/ Parameter kubernetes/flux/vars/settings.yaml:5",
        ]
    );
    assert_eq!(not_checked(&survey), Vec::<String>::new());
}
