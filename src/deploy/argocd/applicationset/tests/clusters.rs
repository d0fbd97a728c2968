//! The cluster generator over the clusters a configuration states.

use super::{Expanded, expand_in, set};

const CONFIG: &str = "argocd:
  clusters:
    - name: Staging_1
      server: https://staging.example.com
      labels: {env: staging, region: eu}
    - name: prod-1
      server: https://prod.example.com
      labels: {env: prod, region: eu}
      annotations: {team: fraud}
    - name: edge
      labels: {env: edge}
";

fn clusters(go: bool, body: &str, value: &str) -> Expanded {
    let value = value.replace('\'', "''");
    let template = format!("    metadata: {{name: '{value}'}}\n    spec: {{project: '{value}'}}");
    let text = set(go, &format!("  - clusters: {{{body}}}"), &template);
    expand_in(&[("mlgitops.yaml", CONFIG), ("set.yaml", &text)])
}

fn values(expanded: &Expanded) -> Vec<String> {
    let value = |line: String| line.split_once(" /spec/project=").unwrap().1.to_owned();
    expanded.lines().into_iter().map(value).collect()
}

#[test]
fn the_clusters_that_are_stated_are_elements() {
    for (go, body, value, expected) in [
        // Argo CD's own is one, unless a selector asks for labels: it has none.
        (false, "", "{{name}}", &["Staging_1", "prod-1", "edge", "in-cluster"][..]),
        (
            false,
            "selector: {matchLabels: {region: eu}}",
            "{{name}} {{nameNormalized}} {{server}} {{metadata.labels.env}}",
            &[
                "Staging_1 staging-1 https://staging.example.com staging",
                "prod-1 prod-1 https://prod.example.com prod",
            ],
        ),
        (
            true,
            "selector: {matchLabels: {env: prod}}",
            "{{.name}} {{.server}} {{.metadata.labels.env}} {{.metadata.annotations.team}}{{.project}}",
            &["prod-1 https://prod.example.com prod fraud"],
        ),
        (
            true,
            "selector: {matchExpressions: [{key: env, operator: NotIn, values: [staging, edge]}]}",
            "{{.name}}",
            &["prod-1"],
        ),
        // The label that makes a Secret a cluster is there as well.
        (
            true,
            "selector: {matchLabels: {argocd.argoproj.io/secret-type: cluster, env: prod}}",
            "{{index .metadata.labels \"argocd.argoproj.io/secret-type\"}}",
            &["cluster"],
        ),
        (
            true,
            "selector: {matchLabels: {region: eu}}, values: {tier: '{{.metadata.labels.env}}-x'}",
            "{{.values.tier}}",
            &["staging-x", "prod-x"],
        ),
        (
            false,
            "selector: {matchLabels: {region: eu}}, values: {tier: '{{metadata.labels.env}}-x'}",
            "{{values.tier}}",
            &["staging-x", "prod-x"],
        ),
        (
            true,
            "flatList: true, selector: {matchLabels: {region: eu}}",
            "{{range .clusters}}{{.name}} {{end}}",
            &["Staging_1 prod-1 "],
        ),
    ] {
        let expanded = clusters(go, body, value);
        assert_eq!(expanded.problems(), Vec::<String>::new(), "{body}");
        assert_eq!(values(&expanded), expected, "{body} {value}");
    }
}

#[test]
fn a_server_that_nobody_states_is_not_known() {
    let template = "    metadata: {name: '{{.name}}'}\n    spec: {destination: {server: '{{.server}}'}}";
    let generators = "  - clusters: {selector: {matchLabels: {env: edge}}}";
    let expanded = expand_in(&[("mlgitops.yaml", CONFIG), ("set.yaml", &set(true, generators, template))]);
    assert_eq!(
        expanded.lines(),
        [
            "/metadata/name=edge /spec/destination/server=?mlgitops.yaml states no server of the cluster `edge`"
        ]
    );
}

#[test]
fn a_selector_no_stated_cluster_meets_is_said() {
    let expanded = clusters(true, "selector: {matchLabels: {env: qa}}", "x");
    assert_eq!(
        expanded.problems(),
        [
            "appset-no-cluster: ApplicationSet `models`: no cluster that mlgitops.yaml states has these labels at `{matchLabels: {env: qa}}`"
        ]
    );
}

#[test]
fn without_facts_clusters_are_not_checked_by_name() {
    let text = set(false, "  - clusters: {}", "    metadata: {name: m}\n    spec: {}");
    let expanded = expand_in(&[("set.yaml", &text)]);
    assert_eq!(
        expanded.not_checked(),
        [
            "ApplicationSet models: its generator `clusters` asks which clusters Argo CD knows, and nothing states them"
        ]
    );
    assert_eq!(expanded.problems(), Vec::<String>::new());
}
