//! `postBuild`: which variables there are, where each comes from, and what only the cluster knows.

use super::world::{World, field, not_checked, service};
use super::{kustomization, releases};

const URI: [&str; 4] = ["spec", "predictor", "model", "storageUri"];

fn settings(name: &str, data: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: flux-system}}\ndata:\n  {data}\n"
    )
}

/// A model whose version is a variable, in one cluster.
fn world(post_build: &str) -> World {
    World::of(&[
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/${VERSION}/")),
        ("clusters/prod/models.yaml", &kustomization("models", "./models", post_build)),
    ])
}

#[test]
fn the_line_that_gives_a_value_is_blamed() {
    let inline = world("postBuild:\n  substitute:\n    VERSION: v47");
    assert_eq!(
        field(&inline.survey(), "InferenceService", &URI),
        ["s3://models/fraud/v47/ Parameter clusters/prod/models.yaml:13"]
    );
    let from = "postBuild:\n  substituteFrom:\n    - {kind: ConfigMap, name: settings}";
    let map = world(from).and(&[("clusters/prod/settings.yaml", &settings("settings", "VERSION: v47"))]);
    assert_eq!(
        field(&map.survey(), "InferenceService", &URI),
        ["s3://models/fraud/v47/ Parameter clusters/prod/settings.yaml:5"]
    );
    // What stands in the object counts over what it reads.
    let both = format!("{from}\n  substitute: {{VERSION: v48}}");
    let both = world(&both).and(&[("clusters/prod/settings.yaml", &settings("settings", "VERSION: v47"))]);
    assert_eq!(
        field(&both.survey(), "InferenceService", &URI),
        ["s3://models/fraud/v48/ Parameter clusters/prod/models.yaml:14"]
    );
}

#[test]
fn a_map_that_another_kustomization_applies() {
    let world = world("postBuild:\n  substituteFrom: [{kind: ConfigMap, name: settings}]").and(&[
        (
            "clusters/prod/a-settings.yaml",
            &kustomization("settings", "./settings", "targetNamespace: flux-system"),
        ),
        ("settings/kustomization.yaml", "resources: [map.yaml]\n"),
        (
            "settings/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {VERSION: v47}\n",
        ),
    ]);
    let survey = world.survey();
    assert_eq!(
        field(&survey, "InferenceService", &URI),
        ["s3://models/fraud/v47/ Parameter settings/map.yaml:4"]
    );
    assert_eq!(not_checked(&survey), Vec::<String>::new());
}

/// Each cluster has a map of the same name.
#[test]
fn the_map_of_the_cluster_counts() {
    let mut world = World::of(&[("models/isvc.yaml", &service("fraud", "s3://models/fraud/${VERSION}/"))]);
    for (cluster, version) in [("staging", "v47"), ("production", "v45")] {
        let from = "postBuild:\n  substituteFrom: [{kind: ConfigMap, name: settings}]";
        world = world.and(&[
            (&format!("clusters/{cluster}/models.yaml"), &kustomization("models", "./models", from)),
            (
                &format!("clusters/{cluster}/settings.yaml"),
                &settings("settings", &format!("VERSION: {version}")),
            ),
        ]);
    }
    assert_eq!(releases(&world.survey()), ["fraud 45 production production/-", "fraud 47 staging staging/-"]);
}

#[test]
fn what_the_cluster_holds_is_unknown_and_said() {
    for (entry, said) in [
        ("{kind: Secret, name: s}", "the values of Secret `s` are not read"),
        ("{kind: ConfigMap, name: s}", "ConfigMap `s` of namespace `flux-system` is not in this repository"),
    ] {
        let survey = world(&format!("postBuild:\n  substituteFrom: [{entry}]")).survey();
        let said = format!("variables of Kustomization models: {said}");
        let hidden = "what fraud in prod serves: a variable has its value in the cluster";
        assert_eq!(not_checked(&survey), [said.as_str(), hidden]);
        assert_eq!(field(&survey, "InferenceService", &URI), ["absent"]);
    }
    let optional = "postBuild:\n  substitute: {OTHER: x}\n  substituteFrom: [{kind: ConfigMap, name: s, optional: true}]";
    let survey = world(optional).survey();
    assert_eq!(
        not_checked(&survey),
        [
            "variables of Kustomization models: ConfigMap `s` of namespace `flux-system` is not in this repository, and is optional: taken as absent"
        ]
    );
    assert_eq!(field(&survey, "InferenceService", &URI)[0].split(' ').next(), Some("s3://models/fraud//"));
}

/// Without a variable nothing is replaced; a value is read anew where it lands.
#[test]
fn what_is_replaced_and_what_is_not() {
    let object = |value: &str, annotations: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: probe{annotations}}}\ndata:\n  a: {value}\n"
        )
    };
    let probe = |post_build: &str, object: &str| {
        let world = World::of(&[
            ("probe/map.yaml", object),
            ("clusters/prod/probe.yaml", &kustomization("probe", "./probe", post_build)),
        ]);
        let survey = world.survey();
        let found = survey.fleet.objects.iter().find(|object| object.manifest.id.name == "probe");
        let node = found.unwrap().manifest.root.get("data").get("a");
        let node = node.present().unwrap();
        (node.text().unwrap_or("").to_owned(), node.as_int())
    };
    let text = |text: &str| (text.to_owned(), None);
    let off = ", annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}";
    let three = "postBuild: {substitute: {N: \"3\"}}";
    assert_eq!(probe("", &object("${N}", "")), text("${N}"));
    assert_eq!(probe("postBuild: {substitute: {}}", &object("${N}", "")), text("${N}"));
    assert_eq!(probe("postBuild: {substituteStrategy: Always}", &object("x${N}", "")), text("x"));
    assert_eq!(probe(three, &object("${N}", off)), text("${N}"));
    assert_eq!(probe(three, &object("${N}", "")), ("3".to_owned(), Some(3)));
    assert_eq!(probe(three, &object("'\"${N}\"'", "")), text("\"3\""));
    assert_eq!(probe(three, &object("$${N}", "")), text("${N}"));
    assert_eq!(probe("postBuild: {substitute: {N: \"a\\nb\"}}", &object("${N}", "")), text("ab"));
}

/// Every key of a map that is read becomes a variable; one that cannot stops the whole.
#[test]
fn a_key_that_is_no_name_of_a_variable() {
    let from = "postBuild:\n  substituteFrom: [{kind: ConfigMap, name: settings}]";
    for (key, stops) in [("values.yaml", true), ("my-key", true), ("1st", true), ("_a1", false)] {
        let map = settings("settings", &format!("VERSION: v47\n  {key}: x"));
        let survey = world(from).and(&[("clusters/prod/settings.yaml", &map)]).survey();
        let problems: Vec<String> =
            survey.fleet.problems.iter().map(|problem| problem.problem.message.clone()).collect();
        let said = format!(
            "`{key}` is no name of a variable: letters, digits and `_` make one, and no digit begins it"
        );
        assert_eq!(problems, if stops { vec![said] } else { Vec::new() }, "{key}");
    }
}
