//! What a Kustomization changes in the build of its folder.

use super::world::{World, bound, field, not_checked, service};
use super::{kustomization, releases};

fn fraud() -> World {
    World::of(&[("models/fraud/isvc.yaml", &service("fraud", "s3://models/fraud/v47/"))])
}

fn built(more: &str) -> mlgitops::Survey {
    let world = fraud().and(&[("clusters/prod/models.yaml", &kustomization("models", "./models", more))]);
    world.survey()
}

#[test]
fn a_folder_without_a_kustomization_is_built_whole() {
    let extra = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnameSuffix: -b\nresources: [c.yaml]\n";
    let world = fraud().and(&[
        ("models/churn/deep/churn.yml", &service("churn", "s3://models/churn/v1/")),
        ("models/own/kustomization.yaml", extra),
        ("models/own/c.yaml", &service("own", "s3://models/own/v2/")),
        ("models/own/below/never.yaml", &service("never", "s3://models/never/v3/")),
        ("models/.sops.yaml", "creation_rules: []\n"),
        ("models/notes.txt", "no manifest"),
        ("clusters/prod/models.yaml", &kustomization("models", "./models", "")),
    ]);
    let survey = world.survey();
    let mut of_flux = releases(&survey);
    of_flux.retain(|release| release.contains("prod/"));
    assert_eq!(of_flux, ["churn 1 prod prod/-", "fraud 47 prod prod/-", "own-b 2 prod prod/-"]);
    assert_eq!(bound(&survey), ["models = kustomization models"]);
}

#[test]
fn what_it_sets_in_the_build() {
    let uri = ["spec", "predictor", "model", "storageUri"];
    let patch = "patches:\n  - target: {kind: InferenceService}\n    patch: |\n      - op: replace\n        \
                 path: /spec/predictor/model/storageUri\n        value: s3://models/fraud/v48/";
    assert_eq!(
        field(&built(patch), "InferenceService", &uri),
        ["s3://models/fraud/v48/ Deployment clusters/prod/models.yaml:16"]
    );
    let named = built("namePrefix: eu-\nnameSuffix: -blue\ntargetNamespace: ml");
    assert_eq!(releases(&named), ["eu-fraud-blue 47 prod prod/ml"]);
    let metadata = built("commonMetadata:\n  labels: {team: risk}\n  annotations: {owner: ana}");
    assert_eq!(
        field(&metadata, "InferenceService", &["metadata", "labels", "team"]),
        ["risk Deployment clusters/prod/models.yaml:12"]
    );
    assert_eq!(
        field(&metadata, "InferenceService", &["metadata", "annotations", "owner"]),
        ["ana Deployment clusters/prod/models.yaml:13"]
    );
}

#[test]
fn images_and_components() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: proxy}\nspec:\n  template:\n    spec:\n      \
                      containers: [{name: proxy, image: proxy:1.0}]\n";
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {from: component}\n";
    let world = World::of(&[
        ("app/proxy.yaml", deployment),
        ("components/extra/kustomization.yaml", component),
        (
            "clusters/prod/app.yaml",
            &kustomization(
                "app",
                "./app",
                "components: [../components/extra, ../components/gone]\nignoreMissingComponents: true\n\
                 images: [{name: proxy, newTag: \"2.0\"}]",
            ),
        ),
    ]);
    let survey = world.survey();
    assert_eq!(not_checked(&survey), Vec::<String>::new());
    assert_eq!(
        field(&survey, "Deployment", &["metadata", "annotations", "from"]),
        ["component Transformer components/extra/kustomization.yaml:3"]
    );
    let containers: Vec<String> = survey
        .fleet
        .objects
        .iter()
        .filter(|object| object.manifest.id.kind == "Deployment")
        .map(|object| {
            let containers = object.manifest.root.find(&["spec", "template", "spec", "containers"]);
            containers.items()[0].get("image").text().unwrap().to_owned()
        })
        .collect();
    assert_eq!(containers, ["proxy:2.0"]);
}

/// What a Kustomization says of an image whose folder speaks of it too: from Flux 2.9.3 on it is laid
/// over that field by field, before it took its place.
#[test]
fn an_image_that_the_folder_names_too() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: proxy}\nspec:\n  template:\n    spec:\n      \
                      containers: [{name: proxy, image: proxy:1.0}]\n";
    let own = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [proxy.yaml]\n\
               images: [{name: proxy, newName: r/proxy, newTag: \"1.1\"}]\n";
    let controllers = |release: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: kustomize-controller\n  namespace: flux-system\n  \
             labels: {{app.kubernetes.io/part-of: flux, app.kubernetes.io/version: {release}}}\nspec: {{}}\n"
        )
    };
    let image = |image: &str, more: &[(&str, &str)]| {
        let world = World::of(&[
            ("app/proxy.yaml", deployment),
            ("app/kustomization.yaml", own),
            (
                "clusters/prod/app.yaml",
                &kustomization("app", "./app", &format!("images: [{{name: proxy, {image}}}]")),
            ),
        ]);
        let survey = world.and(more).survey();
        let mut objects = survey.fleet.objects.iter();
        let proxy = objects.find(|object| object.manifest.id.name == "proxy").unwrap();
        let containers = proxy.manifest.root.find(&["spec", "template", "spec", "containers"]);
        containers.items()[0].get("image").text().unwrap().to_owned()
    };
    assert_eq!(image("newTag: \"2.0\"", &[]), "r/proxy:2.0");
    assert_eq!(image("newName: mirror/proxy", &[]), "mirror/proxy:1.1");
    let digest = "sha256:6e1b2b6d0f2a4a3d9d0c3c1f8f0d5a0e9b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e";
    assert_eq!(image(&format!("digest: \"{digest}\""), &[]), format!("r/proxy@{digest}"));
    for (release, expected) in [
        ("2.8", "proxy:2.0"),
        ("2.9.2", "proxy:2.0"),
        ("2.9", "r/proxy:2.0"),
        ("2.9.3", "r/proxy:2.0"),
        ("2.10.0", "r/proxy:2.0"),
    ] {
        let stated = format!("flux: {{version: \"{release}\"}}\n");
        assert_eq!(image("newTag: \"2.0\"", &[("mlgitops.yaml", &stated)]), expected, "{release}");
        let installed = controllers(&format!("v{release}"));
        let components = ("clusters/prod/components.yaml", installed.as_str());
        assert_eq!(image("newTag: \"2.0\"", &[components]), expected, "v{release}");
    }
}

#[test]
fn what_comes_from_elsewhere_is_said() {
    let source = |kind: &str, spec: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: {kind}\nmetadata: {{name: other}}\nspec: {spec}\n"
        )
    };
    let of_other = |kind: &str| {
        kustomization("models", "./models", "")
            .replace("kind: GitRepository, name: flux-system", &format!("kind: {kind}, name: other"))
    };
    for (kind, object, said) in [
        ("GitRepository", None, "its source, the GitRepository `other`, is not in this repository"),
        (
            "OCIRepository",
            Some("{url: oci://r.example.com/m}"),
            "its source is the OCIRepository `other`: what an artifact holds is not in Git",
        ),
        (
            "GitRepository",
            Some("{url: https://git.example.com/a/b, ref: {semver: \">=1.0\"}}"),
            "its source is the newest tag of `https://git.example.com/a/b` in the range `>=1.0`",
        ),
    ] {
        let mut world = fraud().and(&[("clusters/prod/models.yaml", &of_other(kind))]);
        if let Some(spec) = object {
            world = world.and(&[("clusters/prod/source.yaml", &source(kind, spec))]);
        }
        let survey = world.survey();
        assert_eq!(not_checked(&survey), [format!("Kustomization models: {said}")]);
        assert_eq!(bound(&survey), Vec::<String>::new());
    }
}

#[test]
fn another_cluster_by_its_access() {
    let survey = built("kubeConfig: {secretRef: {name: edge-staging}}");
    assert_eq!(releases(&survey), ["fraud 47 staging edge-staging/-"]);
}

/// An ArtifactGenerator copies folders of the repository into an artifact of their own.
#[test]
fn an_artifact_that_is_made_of_this_repository() {
    let generator = "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\n\
                     metadata: {name: all, namespace: flux-system}\nspec:\n  sources:\n    \
                     - {alias: repository, kind: GitRepository, name: flux-system}\n  artifacts:\n    - name: apps\n      \
                     copy:\n        - {from: \"@repository/models/**\", to: \"@artifact/\"}\n        \
                     - {from: \"@repository/extra/risk/**\", to: \"@artifact/extra/\"}\n";
    let of_artifact = |name: &str, path: &str| {
        kustomization(name, path, "")
            .replace("kind: GitRepository, name: flux-system", "kind: ExternalArtifact, name: apps")
    };
    let world = fraud().and(&[
        ("extra/risk/v1/isvc.yaml", &service("risk", "s3://models/risk/v1/")),
        ("clusters/prod/generator.yaml", generator),
        ("clusters/prod/fraud.yaml", &of_artifact("fraud", "./fraud")),
        ("clusters/prod/risk.yaml", &of_artifact("risk", "extra/v1")),
    ]);
    let survey = world.survey();
    assert_eq!(bound(&survey), ["fraud = kustomization models/fraud", "risk = kustomization extra/risk/v1"]);
    assert_eq!(releases(&survey), ["fraud 47 prod prod/-", "risk 1 prod prod/-"]);
}
