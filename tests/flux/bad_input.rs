//! What cannot be deployed, and what never ends.

use super::world::{World, bound, not_checked, service};
use super::{kustomization, releases};

#[test]
fn kustomizations_that_apply_each_other_end() {
    let world = World::of(&[
        ("a/b.yaml", &kustomization("b", "./b", "")),
        ("b/a.yaml", &kustomization("a", "./a", "")),
        ("b/isvc.yaml", &service("fraud", "s3://models/fraud/v47/")),
    ]);
    let survey = world.survey();
    assert_eq!(releases(&survey), ["fraud 47 - -/-"]);
    assert_eq!(bound(&survey).len(), 2, "{:?}", bound(&survey));
}

#[test]
fn many_kustomizations_are_read_once_each() {
    let mut world = World::default();
    for index in 0..300 {
        world = world.and(&[
            (
                &format!("apps/m{index}/ks.yaml"),
                &kustomization(&format!("m{index}"), &format!("./models/m{index}"), ""),
            ),
            (&format!("models/m{index}/isvc.yaml"), &service(&format!("m{index}"), "s3://models/m/v1/")),
        ]);
    }
    let world = world.and(&[("clusters/prod/apps.yaml", &kustomization("apps", "./apps", ""))]);
    let survey = world.survey();
    assert_eq!(survey.fleet.releases.len(), 300);
    assert_eq!(bound(&survey).len(), 301);
}

#[test]
fn variables_that_cannot_be_replaced_stop_the_whole() {
    let world = World::of(&[
        ("models/isvc.yaml", &service("fraud", "s3://models/${VERSION/")),
        (
            "clusters/prod/models.yaml",
            &kustomization("models", "./models", "postBuild: {substitute: {A: b}}"),
        ),
    ]);
    let survey = world.survey();
    assert_eq!(releases(&survey), Vec::<String>::new());
    let problems: Vec<&str> =
        survey.fleet.problems.iter().map(|problem| problem.problem.message.as_str()).collect();
    assert_eq!(problems, ["InferenceService fraud: `${VERSION/`: bad substitution"]);
    assert_eq!(not_checked(&survey), Vec::<String>::new());
}

#[test]
fn a_folder_that_is_not_there() {
    let world = World::of(&[
        ("mlgitops.yaml", "repositories: [{url: \"https://git.example.com/org/fleet\", path: .}]\n"),
        ("clusters/prod/flux-system/gotk-sync.yaml", &super::sync("prod")),
        ("clusters/prod/models.yaml", &kustomization("models", "./modles", "")),
    ]);
    let survey = world.survey();
    let refused: Vec<&str> = survey.fleet.refused.iter().map(|one| one.problem.message.as_str()).collect();
    assert_eq!(refused, ["there is no folder `./modles`"]);
}

/// Maps of one name in ten thousand namespaces: each release asks for its own alone.
#[test]
fn many_releases_find_their_values() {
    let mut world = World::of(&[
        ("charts/model/Chart.yaml", "apiVersion: v2\nname: model\nversion: 0.1.0\n"),
        (
            "charts/model/templates/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Values.name }}\"}\n",
        ),
    ]);
    let mut text = String::new();
    for index in 0..500 {
        text += &format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: n{index}}}\ndata: {{values.yaml: \"name: m{index}\"}}\n\
             ---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: model, namespace: n{index}}}\nspec:\n  \
             chart: {{spec: {{chart: ./charts/model, sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}}}}}\n  \
             valuesFrom: [{{kind: ConfigMap, name: settings}}]\n"
        );
    }
    world = world.and(&[("clusters/prod/all.yaml", &text)]);
    let survey = world.survey();
    let made: std::collections::BTreeSet<&str> = survey
        .fleet
        .objects
        .iter()
        .map(|object| object.manifest.id.name.as_str())
        .filter(|name| name.starts_with('m') && *name != "model")
        .collect();
    assert_eq!(made.len(), 500);
}

fn problems(world: &World) -> Vec<String> {
    let survey = world.survey();
    survey.fleet.problems.iter().map(|problem| problem.problem.message.clone()).collect()
}

/// A few lines that become gigabytes, and many that take long: each ends, and says where.
#[test]
fn variables_that_grow_without_end() {
    let settings = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: flux-system}}\ndata: {{BIG: \"{value}\"}}\n"
        )
    };
    let with = |text: &str, value: &str| {
        World::of(&[
            (
                "models/map.yaml",
                &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: \"{text}\"}}\n"),
            ),
            ("models/isvc.yaml", &service("fraud", "s3://models/fraud/v47/")),
            (
                "clusters/prod/models.yaml",
                &kustomization(
                    "models",
                    "./models",
                    "postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}",
                ),
            ),
            ("clusters/prod/settings.yaml", &settings(value)),
        ])
    };
    let long = "x".repeat(1 << 16);
    let grown = with(&"${BIG}".repeat(10_000), &long);
    let said = "ConfigMap a: with its variables it is longer than the 3 MiB an API server takes";
    assert_eq!(problems(&grown), [said]);
    assert!(grown.findings(&["kustomize-build"]).iter().any(|found| found.starts_with("models/map.yaml:4")));
    for text in ["${BIG%%*a*b}".to_owned(), "${BIG:0:1}".repeat(1_000)] {
        let slow = with(&text, &long);
        assert_eq!(problems(&slow), Vec::<String>::new());
        let listed = not_checked(&slow.survey());
        assert_eq!(
            listed,
            ["kustomization models: ConfigMap a: the variables of this build take too many steps"],
            "{text:.20}"
        );
    }
}

/// Kustomizations that a variable gives a new name each time they are applied: four become sixteen,
/// and those sixty-four.
#[test]
fn kustomizations_that_multiply() {
    let four = |path: &str| -> String {
        let one = |letter: &str| {
            let grows = format!("postBuild: {{substitute: {{N: '${{N}}{letter}'}}}}");
            kustomization(&format!("{letter}${{N}}"), path, &grows)
        };
        ["a", "b", "c", "d"].map(one).join("---\n")
    };
    let first = kustomization("models", "./models", "postBuild: {substitute: {N: x}}");
    let itself = World::of(&[
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/v47/")),
        ("models/more.yaml", &four("./models")),
        ("clusters/prod/models.yaml", &first),
    ]);
    // Each of the four brings the whole folder once more, by way of another one.
    let in_turn = World::of(&[
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/v47/")),
        ("models/more.yaml", &four("./others")),
        ("others/more.yaml", &four("./models")),
        ("clusters/prod/models.yaml", &first),
    ]);
    for (world, built, said) in [(itself, 1, 4), (in_turn, 5, 16)] {
        let survey = world.survey();
        assert_eq!(bound(&survey).len(), built, "{:?}", bound(&survey));
        assert_eq!(not_checked(&survey), Vec::<String>::new());
        assert_eq!(survey.fleet.refused.len(), said);
        assert_eq!(survey.fleet.refused[0].problem.message, "models");
        assert!(!world.findings(&["application-circle"]).is_empty());
    }
}

/// What applies its own folder, changed by its own patch, is the one object that Flux is set up with.
#[test]
fn a_kustomization_that_changes_itself_is_no_circle() {
    let patched = format!(
        "{}patches:\n  - target: {{kind: Kustomization, name: flux-system}}\n    patch: |\n      \
         - {{op: add, path: /spec/postBuild, value: {{substitute: {{VERSION: v47}}}}}}\n",
        super::SYNC
    );
    let world = World::of(&[
        ("mlgitops.yaml", "repositories: [{url: \"https://git.example.com/org/fleet\", path: .}]\n"),
        ("clusters/prod/flux-system/gotk-sync.yaml", &super::sync("prod")),
        ("clusters/prod/flux-system/kustomization.yaml", &patched),
        ("clusters/prod/isvc.yaml", &service("fraud", "s3://models/fraud/${VERSION}/")),
    ]);
    let survey = world.survey();
    assert!(survey.fleet.refused.is_empty(), "{:?}", survey.fleet.refused);
    assert!(releases(&survey).contains(&"fraud 47 prod prod/-".to_owned()), "{:?}", releases(&survey));
}

/// A ring of thousands that wait for each other is one finding.
#[test]
fn a_ring_of_dependencies() {
    const COUNT: usize = 3_000;
    let ring: Vec<String> = (0..COUNT)
        .map(|index| {
            let next = (index + 1) % COUNT;
            kustomization(&format!("k{index}"), "./models", &format!("dependsOn: [{{name: k{next}}}]"))
        })
        .collect();
    let world = World::of(&[
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/v47/")),
        ("clusters/prod/ring.yaml", &ring.join("---\n")),
    ]);
    let found = world.findings(&["dependency-circle"]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn ten_thousand_releases() {
    let mut text = String::new();
    for index in 0..10_000 {
        text += &format!(
            "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: m{index}, namespace: ml}}\nspec:\n  \
             dependsOn: [{{name: m{}}}]\n  \
             chart: {{spec: {{chart: ./charts/model, sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}}}}}\n",
            index + 1
        );
    }
    let world = World::of(&[
        ("charts/model/Chart.yaml", "apiVersion: v2\nname: model\nversion: 0.1.0\n"),
        (
            "charts/model/templates/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Release.Name }}\"}\n",
        ),
        ("clusters/prod/all.yaml", &text),
    ]);
    let survey = world.survey();
    assert_eq!(bound(&survey).len(), 10_000);
    assert_eq!(
        survey.fleet.objects.iter().filter(|object| object.manifest.id.kind == "ConfigMap").count(),
        10_000
    );
    assert_eq!(not_checked(&survey), Vec::<String>::new());
}
