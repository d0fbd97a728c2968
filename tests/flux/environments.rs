//! Which cluster and which environment a model runs in, by `clusters/<name>` and what stands in it;
//! and how grave the same fault is in each.

use mlgitops::finding::Severity;

use super::world::{World, service};
use super::{kustomization, releases};

/// A model that several clusters apply from one folder.
fn world(clusters: &[&str], more: &str) -> World {
    let mut world = World::of(&[("models/fraud.yaml", &service("fraud", "s3://models/fraud/v47/"))]);
    for folder in clusters {
        world = world.and(&[(&format!("{folder}/models.yaml"), &kustomization("models", "./models", more))]);
    }
    world
}

#[test]
fn a_cluster_is_called_as_its_folder() {
    let cases: [(&[&str], &[&str]); 9] = [
        (
            &["clusters/staging", "clusters/production"],
            &["fraud 47 production production/-", "fraud 47 staging staging/-"],
        ),
        // Regions of one environment are places of it.
        (&["clusters/prod-eu", "clusters/prod-us"], &["fraud 47 prod prod-eu/-", "fraud 47 prod prod-us/-"]),
        (&["clusters/eu-prod"], &["fraud 47 prod eu-prod/-"]),
        // What lies deeper is of the cluster all the same.
        (
            &["clusters/staging/tenants/risk", "clusters/production/tenants/risk"],
            &["fraud 47 production production/-", "fraud 47 staging staging/-"],
        ),
        (&["fleet/clusters/dev"], &["fraud 47 dev dev/-"]),
        // Groups of clusters are none.
        (
            &["clusters/stages/one/clusters/staging-eu", "clusters/stages/two/clusters/prod-eu"],
            &["fraud 47 prod prod-eu/-", "fraud 47 staging staging-eu/-"],
        ),
        // Names that say nothing.
        (&["kubernetes/clusters/main"], &["fraud 47 - main/-"]),
        (&["clusters/prod-tools-2"], &["fraud 47 prod prod-tools-2/-"]),
        (&["cluster/production"], &["fraud 47 - -/-"]),
    ];
    for (clusters, expected) in cases {
        assert_eq!(releases(&world(clusters, "").survey()), expected, "{clusters:?}");
    }
}

#[test]
fn what_stands_in_a_cluster_names_it_otherwise() {
    let cases = [
        ("postBuild: {substitute: {ENVIRONMENT: staging}}", "fraud 47 staging home/-"),
        ("postBuild: {substitute: {CLUSTER_ENV: prod}}", "fraud 47 prod home/-"),
        ("postBuild: {substitute: {ENVIRONMENT: \"\"}}", "fraud 47 - home/-"),
        ("postBuild: {substitute: {environment: dev, OTHER: prod}}", "fraud 47 dev home/-"),
        // The folder says it first.
        ("postBuild: {substitute: {CLUSTER_NAME: prod-7}}", "fraud 47 - home/-"),
        ("kubeConfig: {secretRef: {name: staging-eu}}", "fraud 47 staging staging-eu/-"),
        ("targetNamespace: ml-staging", "fraud 47 staging home/ml-staging"),
    ];
    for (more, expected) in cases {
        assert_eq!(releases(&world(&["clusters/home"], more).survey()), [expected], "{more}");
    }
    // Where no folder does, a variable names the cluster.
    let variable = "postBuild: {substitute: {CLUSTER_NAME: production}}";
    assert_eq!(releases(&world(&["flux"], variable).survey()), ["fraud 47 production production/-"]);
}

#[test]
fn the_settings_of_a_cluster_are_its_own() {
    let mut world = world(
        &["clusters/one", "clusters/two"],
        "postBuild: {substituteFrom: [{kind: ConfigMap, name: cluster-settings}]}",
    );
    for (cluster, environment) in [("one", "staging"), ("two", "prod")] {
        let settings = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cluster-settings, namespace: flux-system}}\n\
             data: {{ENVIRONMENT: {environment}}}\n"
        );
        world = world.and(&[(&format!("clusters/{cluster}/settings.yaml"), &settings)]);
    }
    assert_eq!(releases(&world.survey()), ["fraud 47 prod two/-", "fraud 47 staging one/-"]);
}

#[test]
fn the_folder_that_is_applied_says_it_first_and_the_configuration_before_all() {
    let world = World::of(&[
        ("models/staging/fraud.yaml", &service("fraud", "s3://models/fraud/v47/")),
        ("clusters/production/models.yaml", &kustomization("models", "./models/staging", "")),
    ]);
    assert_eq!(releases(&world.survey()), ["fraud 47 staging production/-"]);
    let config = "environments:\n  - {name: test, match: {path: \"clusters/a/**\"}}\n  \
                  - {name: live, match: {cluster: \"b*\"}}\n";
    let world = self::world(&["clusters/a", "clusters/blue"], "").and(&[("mlgitops.yaml", config)]);
    assert_eq!(releases(&world.survey()), ["fraud 47 live blue/-", "fraud 47 test a/-"]);
}

/// How grave it is that nothing looks for drift of a release, by the cluster it runs on.
#[test]
fn the_same_fault_is_graver_higher_up() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: fraud, namespace: ml}\n\
                   spec:\n  interval: 10m\n  \
                   chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n";
    let chart = [
        ("chart/Chart.yaml", "apiVersion: v2\nname: fraud\nversion: 0.1.0\n"),
        ("chart/templates/fraud.yaml", &service("fraud", "s3://models/fraud/v47/")),
    ];
    type Case<'c> = (&'c [&'c str], &'c [(&'c str, Severity)]);
    let cases: [Case<'_>; 4] = [
        (
            &["dev", "staging", "production"],
            &[("production", Severity::Warning), ("staging", Severity::Note)],
        ),
        (
            &["staging", "prod-eu", "prod-us"],
            &[("prod-eu", Severity::Warning), ("prod-us", Severity::Warning), ("staging", Severity::Note)],
        ),
        (&["production"], &[("production", Severity::Warning)]),
        (&["home"], &[("home", Severity::Note)]),
    ];
    for (clusters, expected) in cases {
        let mut world = World::of(&chart);
        for cluster in clusters {
            world = world.and(&[(&format!("clusters/{cluster}/fraud.yaml"), release)]);
        }
        let report = world.lint();
        let found = report.findings.iter().filter(|finding| finding.case == "drift-off");
        let mut found: Vec<(&str, Severity)> =
            found.map(|one| (one.primary.location.path(), one.severity)).collect();
        found.sort_by_key(|(path, _)| *path);
        let expected: Vec<(String, Severity)> = expected
            .iter()
            .map(|(cluster, severity)| (format!("clusters/{cluster}/fraud.yaml"), *severity))
            .collect();
        let expected: Vec<(&str, Severity)> =
            expected.iter().map(|(path, severity)| (path.as_str(), *severity)).collect();
        assert_eq!(found, expected, "{clusters:?}");
    }
}
