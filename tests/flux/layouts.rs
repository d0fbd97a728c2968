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

/// A piece that is laid over a Kustomization, or once was, applies nothing: neither is it an error,
/// nor does it stand above what is applied.
#[test]
fn pieces_of_kustomizations_are_none() {
    let piece = |name: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\n\
             spec:\n  postBuild: {{substitute: {{VERSION: v47}}}}\n"
        )
    };
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: old, namespace: ml}\n\
                   spec:\n  values: {replicas: 2}\n";
    let cluster = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [models.yaml]\n\
                   patches: [{path: pieces/models.yaml}]\n";
    let world = World::of(&[
        ("clusters/production/flux-system/gotk-sync.yaml", &sync("production")),
        ("clusters/production/kustomization.yaml", cluster),
        ("clusters/production/models.yaml", &kustomization("models", "./models", "")),
        ("clusters/production/pieces/models.yaml", &piece("models")),
        // Nothing names these any more.
        ("clusters/production/unused.yaml", &piece("unused")),
        ("clusters/production/old.yaml", release),
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/${VERSION}/")),
    ]);
    let survey = world.survey();
    assert_eq!(releases(&survey), ["fraud 47 production production/-"]);
    assert_eq!(
        bound(&survey),
        ["flux-system = kustomization clusters/production", "models = kustomization models"]
    );
    assert_eq!(world.findings(&["source-path"]), Vec::<String>::new());
    // One that is applied as it stands is an error all the same.
    let named = world.and(&[(
        "clusters/production/kustomization.yaml",
        &cluster.replace("models.yaml]", "models.yaml, unused.yaml]"),
    )]);
    assert_eq!(named.findings(&["source-path"]).len(), 1, "{:?}", named.findings(&["source-path"]));
}

/// Profiles that clusters put together: each cluster applies its own, with its own settings, though
/// none of them says who applies the cluster.
#[test]
fn profiles_are_applied_by_the_clusters_that_take_them() {
    let component =
        |rest: &str| format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n{rest}\n");
    let settings = |version: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: flux-system}}\ndata: {{VERSION: {version}}}\n"
        )
    };
    let cluster = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\
                   components: [../../profiles/serving]\nresources: [settings.yaml]\n";
    let model = kustomization(
        "models",
        "./models",
        "postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}",
    );
    let patch = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
                 metadata: {name: models, namespace: flux-system}\nspec: {targetNamespace: ml}\n";
    let world = World::of(&[
        ("profiles/base/kustomization.yaml", &component("resources: [models.yaml]")),
        ("profiles/base/models.yaml", &model),
        (
            "profiles/serving/kustomization.yaml",
            &component("components: [../base]\npatches: [{path: add.yaml}]"),
        ),
        ("profiles/serving/add.yaml", patch),
        ("profiles/unused/kustomization.yaml", &component("resources: [other.yaml]")),
        ("profiles/unused/other.yaml", &kustomization("other", "./models", "")),
        ("clusters/staging/kustomization.yaml", cluster),
        ("clusters/staging/settings.yaml", &settings("v47")),
        ("clusters/production/kustomization.yaml", cluster),
        ("clusters/production/settings.yaml", &settings("v45")),
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/${VERSION}/")),
    ]);
    let survey = world.survey();
    assert_eq!(releases(&survey), ["fraud 45 production production/ml", "fraud 47 staging staging/ml"]);
    assert_eq!(not_checked(&survey), Vec::<String>::new());
}

/// What nothing deploys is built as the rest of the repository is: Flux reads files outside the
/// folder, and writes those of its bootstrap itself.
#[test]
fn what_nothing_deploys_is_built_as_flux_does_it() {
    let world = World::of(&[
        ("clusters/production/models.yaml", &kustomization("models", "./models", "")),
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/v47/")),
        ("unused/config/kustomization.yaml", "resources: [../operator/store.yaml]\n"),
        ("unused/operator/store.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: store}\n"),
        ("template/flux-system/kustomization.yaml", "resources: [gotk-components.yaml, gotk-sync.yaml]\n"),
    ]);
    assert_eq!(world.findings(&["kustomize-build"]), Vec::<String>::new());
    let survey = world.survey();
    assert_eq!(field(&survey, "ConfigMap", &["metadata", "name"]).len(), 1);
    // Argo CD beside it would not build the folder.
    let mixed = world.and(&[(
        "argocd/app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {}\n",
    )]);
    let found = mixed.findings(&["kustomize-build"]);
    assert!(found.len() == 1 && found[0].starts_with("unused/config/kustomization.yaml:1"), "{found:?}");
}
