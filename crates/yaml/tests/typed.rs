//! Nodes read as typed values: Kubernetes' own types, and the shapes serde knows.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Affinity, EnvVar, Probe, ResourceRequirements, Toleration};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use mlgitops_yaml::{Node, Origins, Pointer, Text, Unknown, Value, from_node, parse};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn node(source: &str) -> Node {
    let tree = parse(Text::of_shared(&source.into()));
    assert_eq!(tree.errors(), [], "{source}");
    tree.node(tree.documents()[0].root.unwrap(), &mut Origins::default()).unwrap()
}

fn read<T: DeserializeOwned>(source: &str) -> T {
    from_node(&node(source)).unwrap_or_else(|error| panic!("{error}\n{source}"))
}

/// Where reading stops, and why.
fn refused<T: DeserializeOwned + std::fmt::Debug>(source: &str) -> String {
    from_node::<T>(&node(source)).unwrap_err().to_string()
}

#[test]
fn a_probe_is_read() {
    let probe: Probe = read(
        "httpGet:\n  path: /v2/health/ready\n  port: http\n  httpHeaders: [{name: Host, value: x}]\ninitialDelaySeconds: 30\nperiodSeconds: 1e1\nfailureThreshold: 0x1F\ntimeoutSeconds: ~\n",
    );
    let get = probe.http_get.unwrap();
    assert_eq!(get.port, IntOrString::String("http".to_owned()));
    assert_eq!(get.http_headers.unwrap()[0].name, "Host");
    assert_eq!(probe.initial_delay_seconds, Some(30));
    assert_eq!(probe.period_seconds, Some(10));
    assert_eq!(probe.failure_threshold, Some(31));
    assert_eq!(probe.timeout_seconds, None);
    let probe: Probe = read("{tcpSocket: {port: 8080}}");
    assert_eq!(probe.tcp_socket.unwrap().port, IntOrString::Int(8080));
}

#[test]
fn quantities_are_text_or_numbers() {
    let resources: ResourceRequirements = read(
        "requests: {cpu: 1, memory: 1.5, ephemeral-storage: 1e3}\nlimits:\n  cpu: 500m\n  memory: \"8Gi\"\n  nvidia.com/gpu: 1\n",
    );
    let text =
        |amounts: &Option<BTreeMap<String, Quantity>>, name: &str| amounts.as_ref().unwrap()[name].0.clone();
    assert_eq!(text(&resources.requests, "cpu"), "1");
    assert_eq!(text(&resources.requests, "memory"), "1.5");
    assert_eq!(text(&resources.requests, "ephemeral-storage"), "1000");
    assert_eq!(text(&resources.limits, "cpu"), "500m");
    assert_eq!(text(&resources.limits, "memory"), "8Gi");
    assert_eq!(text(&resources.limits, "nvidia.com/gpu"), "1");
}

#[test]
fn tolerations_and_affinity_are_read() {
    let tolerations: Vec<Toleration> = read(
        "- {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}\n- key: node.kubernetes.io/not-ready\n  tolerationSeconds: 300\n",
    );
    assert_eq!(tolerations[0].operator.as_deref(), Some("Exists"));
    assert_eq!(tolerations[1].toleration_seconds, Some(300));
    let affinity: Affinity = read(
        "nodeAffinity:\n  requiredDuringSchedulingIgnoredDuringExecution:\n    nodeSelectorTerms:\n    - matchExpressions:\n      - {key: accelerator, operator: In, values: [a10g, 'on']}\n",
    );
    let required =
        affinity.node_affinity.unwrap().required_during_scheduling_ignored_during_execution.unwrap();
    let expressions = required.node_selector_terms[0].match_expressions.clone().unwrap();
    assert_eq!(expressions[0].values.as_deref().unwrap(), ["a10g", "on"]);
}

#[test]
fn what_the_api_server_refuses_is_refused_where_it_stands() {
    for (source, message) in [
        ("[{name: A, value: 5}]", "/0/value: invalid type: integer `5`, expected a string"),
        ("[{name: A}, {name: B, value: yes}]", "/1/value: invalid type: boolean `true`, expected a string"),
        ("[{name: A, value: 1.10}]", "/0/value: invalid type: floating point `1.1`, expected a string"),
        ("[{name: A, value: [x]}]", "/0/value: invalid type: sequence, expected a string"),
        ("[{name: A, value: .inf}]", "/0/value: `.inf` has no JSON form"),
        ("{name: A}", ": invalid type: map, expected a sequence"),
        ("[{name: A, ~: x}]", "/0: null is no key: kubectl and Helm refuse it, Kustomize drops the entry"),
    ] {
        assert_eq!(refused::<Vec<EnvVar>>(source), message);
    }
    for (source, message) in [
        ("periodSeconds: \"10\"", "/periodSeconds: invalid type: string \"10\", expected i32"),
        ("periodSeconds: 1.5", "/periodSeconds: invalid type: floating point `1.5`, expected i32"),
        ("periodSeconds: 3000000000", "/periodSeconds: invalid value: integer `3000000000`, expected i32"),
        (
            "httpGet: {port: 99999999999}",
            "/httpGet/port: invalid value: integer `99999999999`, expected a 32-bit integer",
        ),
        ("httpGet: {port: 1.5}", "/httpGet/port: invalid type: floating point `1.5`, expected IntOrString"),
    ] {
        assert_eq!(refused::<Probe>(source), message);
    }
    assert_eq!(
        refused::<ResourceRequirements>("limits: {a/b: true}"),
        "/limits/a~1b: invalid type: boolean `true`, expected Quantity"
    );
}

#[test]
fn what_cannot_be_known_is_named_and_only_where_it_is_read() {
    let mut probe = node("periodSeconds: 10\nother: 1\n");
    let secret = Value::Unknown(Unknown { reason: Arc::from("encrypted by SOPS") });
    let set = |probe: &mut Node, name: &str| {
        probe.as_map_mut().unwrap().get_mut(name).unwrap().value = secret.clone()
    };
    set(&mut probe, "other");
    assert_eq!(from_node::<Probe>(&probe).unwrap().period_seconds, Some(10));
    set(&mut probe, "periodSeconds");
    let error = from_node::<Probe>(&probe).unwrap_err();
    assert_eq!(error.pointer, Pointer::of(&["periodSeconds"]));
    assert_eq!(error.message, "cannot be known: encrypted by SOPS");
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shapes {
    flag: bool,
    #[serde(default)]
    ratio: f32,
    #[serde(default)]
    size: u64,
    strategy: Strategy,
    #[serde(default)]
    pair: (u8, String),
    #[serde(default)]
    labels: BTreeMap<String, Option<String>>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Strategy {
    Recreate,
    Rolling { surge: u8 },
    Steps(Vec<u8>),
}

#[test]
fn the_shapes_of_serde_are_read() {
    let shapes: Shapes = read(
        "flag: on\nratio: 2\nsize: 18e3\nstrategy: recreate\npair: [7, x]\nlabels: {y: one, 1.0: ~, <<: {z: two}}\n",
    );
    let labels = [("true", Some("one")), ("1", None), ("z", Some("two"))];
    assert_eq!(
        shapes,
        Shapes {
            flag: true,
            ratio: 2.0,
            size: 18_000,
            strategy: Strategy::Recreate,
            pair: (7, "x".to_owned()),
            labels: labels.map(|(key, value)| (key.to_owned(), value.map(str::to_owned))).into(),
        }
    );
    assert_eq!(read::<Strategy>("rolling: {surge: 2}"), Strategy::Rolling { surge: 2 });
    assert_eq!(read::<Strategy>("steps: [1, 2]"), Strategy::Steps(vec![1, 2]));
    assert_eq!(refused::<Shapes>("{flag: true}"), ": missing field `strategy`");
    assert!(refused::<Shapes>("{flag: true, flags: 1}").starts_with("/flags: unknown field `flags`"));
    assert!(refused::<Strategy>("canary").starts_with(": unknown variant `canary`"));
    assert_eq!(
        refused::<Strategy>("{rolling: {surge: 2}, steps: []}"),
        ": invalid type: map, expected a map of one key"
    );
    assert_eq!(
        refused::<Strategy>("rolling: {surge: 999}"),
        "/rolling/surge: invalid value: integer `999`, expected u8"
    );
    assert_eq!(refused::<Strategy>("rolling"), ": `rolling` has content that is missing");
}

#[test]
fn any_value_is_what_json_shows_of_it() {
    let value: serde_json::Value = read("a: [1, 1.5, 1e3, 047, yes, ~, '1', 2001-01-01]\nb: {}\n");
    let json = serde_json::json!({"a": [1, 1.5, 1000, 39, true, null, "1", "2001-01-01"], "b": {}});
    assert_eq!(value, json);
}
