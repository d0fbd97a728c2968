//! Which Flux runs: `flux.version`, else the controllers that the repository installs; and what rules
//! say then.

use super::kustomization;
use super::world::{World, service};

/// A controller as `flux install` writes it.
fn controller(release: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: kustomize-controller\n  namespace: flux-system\n  \
         labels: {{app.kubernetes.io/part-of: flux, app.kubernetes.io/version: {release}}}\n"
    )
}

fn world() -> World {
    let more = "postBuild: {substitute: {OTHER: x}}\nignore: [{paths: [/spec]}]";
    World::of(&[
        ("models/isvc.yaml", &service("fraud", "s3://models/fraud/${VERSION}/")),
        ("clusters/prod/models.yaml", &kustomization("models", "./models", more)),
    ])
}

const RULES: [&str; 3] = ["ignore-too-broad", "undefined-variable", "unknown-field"];

/// `rule/case` of what is found.
fn cases(world: &World) -> Vec<String> {
    let found = world.findings(&RULES);
    let mut cases: Vec<String> =
        found.iter().filter_map(|line| Some(line.split(' ').nth(1)?.to_owned())).collect();
    cases.sort();
    cases
}

#[test]
fn what_a_release_of_flux_does() {
    let stated =
        |release: &str| world().and(&[("mlgitops.yaml", &format!("flux: {{version: \"{release}\"}}\n"))]);
    let strict = ["ignore-too-broad/promoted", "undefined-variable/stops"];
    let lenient = ["undefined-variable/model", "unknown-field/dropped"];
    assert_eq!(cases(&stated("2.9")), strict);
    assert_eq!(cases(&stated("2.9.4")), strict);
    assert_eq!(cases(&stated("2.8.1")), lenient);
    let open = ["ignore-too-broad/promoted", "undefined-variable/model"];
    assert_eq!(cases(&world()), open);
    let install = |cluster: &str, release: &str| {
        (format!("clusters/{cluster}/flux-system/gotk-components.yaml"), controller(release))
    };
    let (prod, staging) = (install("prod", "v2.9.4"), install("staging", "v2.8.0"));
    assert_eq!(cases(&world().and(&[(&prod.0, &prod.1)])), strict);
    let both = ["ignore-too-broad/promoted", "undefined-variable/model", "unknown-field/release"];
    assert_eq!(cases(&world().and(&[(&prod.0, &prod.1), (&staging.0, &staging.1)])), both);
    // What is stated counts over what is found.
    assert_eq!(cases(&stated("2.8").and(&[(&prod.0, &prod.1)])), lenient);
}

#[test]
fn a_field_of_a_later_release_is_said_with_it() {
    let world = world().and(&[("mlgitops.yaml", "flux: {version: \"2.8\"}\n")]);
    let report = world.lint();
    let finding = report.findings.iter().find(|finding| finding.rule == "unknown-field").unwrap();
    assert_eq!(finding.primary.text, "Flux has it from 2.9 on");
    assert_eq!(finding.message, "models in prod stops its whole Kustomization: `spec` has no field `ignore`");
}

/// Cluster and environment by the variables of the cluster, where no folder names them.
#[test]
fn settings_that_name_the_cluster() {
    let with = |settings: &str| {
        let post_build = format!("postBuild: {{substitute: {{{settings}}}}}");
        let survey = World::of(&[
            ("models/isvc.yaml", &service("fraud", "s3://models/fraud/v47/")),
            ("kubernetes/models.yaml", &kustomization("models", "./models", &post_build)),
        ])
        .survey();
        super::releases(&survey)
    };
    assert_eq!(with("A: b"), ["fraud 47 - -/-"]);
    assert_eq!(with("CLUSTER_NAME: eu-1"), ["fraud 47 - eu-1/-"]);
    assert_eq!(with("CLUSTER_NAME: eu-prod"), ["fraud 47 prod eu-prod/-"]);
    assert_eq!(with("CLUSTER_NAME: eu-1, ENVIRONMENT: staging"), ["fraud 47 staging eu-1/-"]);
    assert_eq!(with("cluster_env: prod"), ["fraud 47 prod -/-"]);
}
