//! What looks like a mistake to the rules about canaries, traffic, start-up, placement, identity and
//! alerts, and is none (domain.md §11): each with the change after which it is one, so that silence
//! means something.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use mlgitops::config::{self, Config};
use mlgitops::rules::vocabulary;
use mlgitops::source::Memory;
use mlgitops::{Options, Report, lint};
use mlgitops_files::Files;

/// `rule/case` of every finding in a repository.
fn found(repository: &str) -> BTreeSet<String> {
    report(repository).findings.iter().map(|one| format!("{}/{}", one.rule, one.case)).collect()
}

/// What is said of a repository: `=== path` begins a file.
fn report(repository: &str) -> Report {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in repository.lines() {
        match (line.strip_prefix("=== "), files.last_mut()) {
            (Some(path), _) => files.push((path.to_owned(), String::new())),
            (None, Some((_, text))) => *text += &format!("{line}\n"),
            (None, None) => assert!(line.is_empty(), "{line}"),
        }
    }
    let stated = files.iter().find(|(path, _)| path == config::FILE_NAME);
    let config = stated.map_or_else(Config::default, |(path, text)| {
        let file = Arc::new(mlgitops_yaml::SourceFile::of_text(path, text));
        config::read(&file, &vocabulary()).unwrap()
    });
    let files = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::new(files));
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    lint(&files, &config, &Options { now, ..Options::default() })
}

/// A service with these lines in its annotations, its predictor and its model.
fn service(name: &str, annotations: &str, predictor: &str, model: &str) -> String {
    format!(
        "---\napiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: {name}\n  namespace: ml\n  \
         annotations: {{{annotations}}}\nspec:\n  predictor:\n    minReplicas: 2\n{predictor}    model:\n{model}"
    )
}

/// An entry of Istio's registry for one host.
fn entry(name: &str, host: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: {name}, namespace: ml}}\nspec: {{hosts: [{host}], \
         ports: [{{number: 80, name: http}}], resolution: DNS}}\n"
    )
}

/// A VirtualService of one host with one destination.
fn route(host: &str, destination: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: r, namespace: ml}}\nspec:\n  hosts: [{host}]\n  \
         gateways: [istio-ingress/public]\n  http:\n    - route: [{{destination: {destination}}}]\n"
    )
}

const SKLEARN: &str = "      modelFormat: {name: sklearn}\n      storageUri: s3://models/fraud/v47/\n";
const HUGGINGFACE: &str = "      modelFormat: {name: huggingface}\n      storageUri: s3://models/llm/v3/\n";
const STANDARD: &str = "serving.kserve.io/deploymentMode: Standard";
const KNATIVE: &str = "serving.kserve.io/deploymentMode: Knative";

/// A trap, the repository, and what to replace by what so that a rule has something to say.
struct Trap {
    name: &'static str,
    repository: String,
    change: (&'static str, &'static str),
    then: &'static str,
}

fn traps() -> Vec<Trap> {
    let trap = |name, repository, change, then| Trap { name, repository, change, then };
    let prod = |objects: &[String]| format!("=== prod/all.yaml\n{}", objects.concat());
    let gpu = |limit: &str, version: &str| {
        format!("{HUGGINGFACE}      runtimeVersion: {version}\n      resources: {{limits: {{{limit}}}}}\n")
    };
    vec![
        trap(
            "a GPU of zero, which takes a default away",
            prod(&[service("llm", "", "", &gpu("nvidia.com/gpu: \"0\"", "v0.15.0"))]),
            ("\"0\"", "\"1\""),
            "gpu-image/version",
        ),
        trap(
            "a GPU of null",
            prod(&[service("llm", "", "", &gpu("nvidia.com/gpu: null", "v0.15.0"))]),
            ("null", "1"),
            "gpu-image/version",
        ),
        trap(
            "gpu as a word in a label",
            prod(&[service("llm-gpu", "team: gpu", "    labels: {gpu: \"true\"}\n", &gpu("cpu: 1", "v0.15.0"))]),
            ("{limits: {cpu: 1}}", "{limits: {nvidia.com/gpu: 1}}"),
            "gpu-image/version",
        ),
        trap(
            "a transformer without a GPU beside a predictor with one",
            prod(&[
                service("llm", "", "", &gpu("nvidia.com/gpu: 1", "v0.15.0-gpu")),
                "  transformer:\n    containers: [{name: kserve-container, image: \"registry.example.com/t:1.0.0\"}]\n".to_owned(),
            ]),
            ("v0.15.0-gpu", "v0.15.0"),
            "gpu-image/version",
        ),
        trap(
            "the workers of a model on several nodes",
            prod(&[service(
                "llm",
                "",
                "    workerSpec: {pipelineParallelSize: 2, tensorParallelSize: 4}\n",
                "      modelFormat: {name: vLLM}\n      storageUri: pvc://llm/v3/\n      args: [--tensor-parallel-size=4, --pipeline-parallel-size=2]\n      resources: {limits: {nvidia.com/gpu: 4}}\n",
            )]),
            ("    workerSpec: {pipelineParallelSize: 2, tensorParallelSize: 4}\n", ""),
            "gpu-fit/parallel",
        ),
        trap(
            "a selector that renders to nothing",
            "=== prod/Chart.yaml\napiVersion: v2\nname: llm\nversion: 1.0.0\n=== prod/values.yaml\nselector: {}\n=== prod/templates/llm.yaml\n\
             apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: llm\n  namespace: ml\n  annotations: {serving.kserve.io/deploymentMode: Knative}\n\
             spec:\n  predictor:\n    nodeSelector: {{- toYaml .Values.selector | nindent 6 }}\n    model:\n      modelFormat: {name: sklearn}\n      storageUri: s3://models/llm/v3/\n"
                .to_owned(),
            ("selector: {}\n", "selector: {zone: a}\n"),
            "knative-flags/unseen",
        ),
        trap(
            "a selector, in the mode that takes it",
            prod(&[service("fraud", STANDARD, "    nodeSelector: {zone: a}\n", SKLEARN)]),
            ("deploymentMode: Standard", "deploymentMode: Knative"),
            "knative-flags/unseen",
        ),
        trap(
            "a base that an overlay patches",
            format!(
                "=== base/kustomization.yaml\nresources: [fraud.yaml]\n=== base/fraud.yaml\n{}=== overlays/prod/kustomization.yaml\nresources: [../../base]\n\
                 patches: [{{target: {{kind: InferenceService}}, patch: '[{{\"op\": \"remove\", \"path\": \"/spec/predictor/canaryTrafficPercent\"}}]'}}]\n",
                service("fraud", STANDARD, "    canaryTrafficPercent: 10\n", SKLEARN)
            ),
            ("canaryTrafficPercent\"}]'", "minReplicas\"}]'"),
            "canary-mode/ignored",
        ),
        trap(
            "an example in the documentation",
            format!("=== docs/fraud.yaml\n{}", service("fraud", STANDARD, "    canaryTrafficPercent: 10\n", SKLEARN)),
            ("=== docs/", "=== prod/"),
            "canary-mode/ignored",
        ),
        trap(
            "a manifest in the text of a ConfigMap",
            format!(
                "=== prod/fraud.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: example}}\ndata:\n  fraud.yaml: |\n{}",
                service("fraud", STANDARD, "    canaryTrafficPercent: 10\n", SKLEARN).replace("---\n", "").replace('\n', "\n    ").replacen("apiVersion", "    apiVersion", 1)
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: example}\ndata:\n  fraud.yaml: |\n",
                "apiVersion: v1\nkind: List\nitems:\n  -\n",
            ),
            "canary-mode/ignored",
        ),
        trap(
            "a share in a mode that nobody states",
            prod(&[service("fraud", "", "    canaryTrafficPercent: 10\n", SKLEARN)]),
            ("annotations: {}", "annotations: {serving.kserve.io/deploymentMode: RawDeployment}"),
            "canary-mode/ignored",
        ),
        trap(
            "the share of an anchor that is merged",
            prod(&[service("fraud", KNATIVE, "    <<: &share {canaryTrafficPercent: 10}\n", SKLEARN)]),
            ("deploymentMode: Knative", "deploymentMode: Standard"),
            "canary-mode/ignored",
        ),
        trap(
            "requests per second where Knative counts them",
            prod(&[service("fraud", KNATIVE, "    maxReplicas: 4\n    scaleMetric: rps\n", SKLEARN)]),
            ("deploymentMode: Knative", "deploymentMode: Standard"),
            "scale-metric/ignored",
        ),
        trap(
            "a large model in an image, which no pod downloads",
            format!(
                "=== mlgitops.yaml\nmodels: {{fraud: {{size: 40GB}}}}\n{}",
                prod(&[service("fraud", "", "", &SKLEARN.replace("s3://models/fraud/v47/", "oci://registry.example.com/fraud:v47"))])
            ),
            ("oci://registry.example.com/fraud:v47", "s3://models/fraud/v47/"),
            "storage-strategy/image",
        ),
        trap(
            "a large model on a volume",
            format!(
                "=== mlgitops.yaml\nmodels: {{fraud: {{size: 8GB}}}}\n{}",
                prod(&[service("fraud", "", "", &SKLEARN.replace("s3://models/", "pvc://models/"))])
            ),
            ("pvc://models/", "s3://models/"),
            "storage-strategy/cache",
        ),
        trap(
            "a large model below the URI of a cache",
            format!(
                "=== mlgitops.yaml\nmodels: {{fraud: {{size: 8GB}}}}\n{}---\napiVersion: serving.kserve.io/v1alpha1\nkind: LocalModelCache\nmetadata: {{name: fraud}}\n\
                 spec: {{sourceModelUri: \"s3://models/fraud\", modelSize: 8G, nodeGroups: [a]}}\n",
                prod(&[service("fraud", "", "", SKLEARN)])
            ),
            ("s3://models/fraud\"", "s3://models/frau\""),
            "storage-strategy/cache",
        ),
        trap(
            "a bucket that is public",
            prod(&[
                service("fraud", "", "    serviceAccountName: reader\n", SKLEARN),
                service("churn", "", "", &SKLEARN.replace("s3://models/fraud/v47/", "gs://kfserving-examples/models/sklearn/1.0/model")),
            ]),
            ("gs://kfserving-examples/models/sklearn/1.0/model", "s3://models/churn/v3/"),
            "model-identity/no-account",
        ),
        trap(
            "two that share no traffic, of one name in two namespaces",
            prod(&[
                service("fraud", KNATIVE, "    canaryTrafficPercent: 10\n", SKLEARN),
                "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: split, namespace: other}\nspec:\n  hosts: [a.example.com]\n  http:\n    - route:\n        \
                 - {weight: 90, destination: {host: fraud-predictor}}\n        - {weight: 10, destination: {host: fraud-canary-predictor}}\n"
                    .to_owned(),
            ]),
            ("namespace: other", "namespace: ml"),
            "two-splits/two",
        ),
        trap(
            "weights that add up to something else than 100, which Istio divides by their sum",
            prod(&[
                service("fraud", STANDARD, "", SKLEARN),
                service("fraud-canary", STANDARD, "", SKLEARN),
                "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: split, namespace: ml}\nspec:\n  hosts: [a.example.com]\n  http:\n    - route:\n        \
                 - {weight: 90, destination: {host: fraud-predictor}}\n        - {weight: 10, destination: {host: fraud-canary-predictor}}\n"
                    .to_owned(),
            ]),
            ("{weight: 10,", "{weight: 1,"),
            "weights/sum",
        ),
        trap(
            "the second port of a runtime's container, which gets a port of its own",
            prod(&[
                service("fraud", STANDARD, "", &format!("{SKLEARN}      runtime: own\n")),
                "---\napiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\nmetadata: {name: own, namespace: ml}\nspec:\n  containers:\n    - name: kserve-container\n      \
                 image: registry.example.com/own:1.0.0\n      ports: [{containerPort: 9000, name: h2c}, {containerPort: 8080, name: http1}]\n"
                    .to_owned(),
                route("x.example.com", "{host: fraud-predictor, port: {number: 8080}}"),
            ]),
            ("ports: [{containerPort: 9000, name: h2c}, {containerPort: 8080, name: http1}]", "ports: [{containerPort: 8080}]"),
            "route-target/port",
        ),
        trap(
            "the port of a container whose runtime is elsewhere",
            prod(&[
                service("fraud", STANDARD, "", &format!("{SKLEARN}      runtime: own\n")),
                route("x.example.com", "{host: fraud-predictor, port: {number: 8080}}"),
            ]),
            ("runtime: own", "runtime: kserve-sklearnserver"),
            "route-target/port",
        ),
        trap(
            "an entry of Istio's registry that stands for the host, by another name",
            prod(&[
                service("fraud", STANDARD, "", SKLEARN),
                entry("outside", "fraud.ml.svc.cluster.local"),
                route("x.example.com", "{host: fraud.ml.svc.cluster.local}"),
            ]),
            ("metadata: {name: outside, namespace: ml}\nspec: {hosts: [fraud.ml.svc.cluster.local]", "metadata: {name: fraud, namespace: ml}\nspec: {hosts: [api.example.com]"),
            "route-target/bare-name",
        ),
        trap(
            "the Service of an entry of spec.canary",
            format!(
                "=== mlgitops.yaml\nkserve: {{version: \"0.20\"}}\n{}",
                prod(&[
                    service("fraud", STANDARD, "", SKLEARN),
                    "  canary:\n    - trafficPercent: 10\n      predictor: {name: v48, model: {modelFormat: {name: sklearn}, storageUri: \"s3://models/fraud/v48/\"}}\n".to_owned(),
                    route("x.example.com", "{host: fraud-v48-predictor}"),
                ])
            ),
            ("predictor: {name: v48,", "predictor: {name: v49,"),
            "route-target/no-model",
        ),
        trap(
            "header routes of one that speaks for a host with another",
            prod(&[
                service("fraud", STANDARD, "", SKLEARN),
                route("x.example.com", "{host: fraud-predictor}"),
                route("x.example.com", "{host: fraud-predictor}")
                    .replace("name: r,", "name: by-header,")
                    .replace("- route:", "- match: [{headers: {x-canary: {exact: \"1\"}}}]\n      route:"),
            ]),
            ("metadata: {name: r, namespace: ml}\nspec:\n  hosts: [x.example.com]", "metadata: {name: r, namespace: ml}\nspec:\n  hosts: [y.example.com]"),
            "unreachable-route/no-default",
        ),
        trap(
            "the account that pods have anyway",
            prod(&[
                service("fraud", STANDARD, "    serviceAccountName: default\n", SKLEARN),
                service("fraud-next", STANDARD, "", SKLEARN),
            ]),
            ("serviceAccountName: default", "serviceAccountName: reader"),
            "model-identity/no-account",
        ),
        trap(
            "KServe's bucket of examples, read with and without an account",
            prod(&[
                service("iris", STANDARD, "    serviceAccountName: reader\n", &SKLEARN.replace("s3://models/", "gs://kfserving-examples/")),
                service("iris-next", STANDARD, "", &SKLEARN.replace("s3://models/", "gs://kfserving-examples/")),
            ]),
            ("gs://kfserving-examples/", "gs://models/"),
            "model-identity/no-account",
        ),
        trap(
            "a canary in the mode that the repository gives it, as the default account, on the same nodes",
            format!(
                "=== mlgitops.yaml\nkserve: {{mode: Standard}}\n{}",
                prod(&[
                    service("fraud", STANDARD, "    serviceAccountName: default\n    nodeSelector: {zone: a}\n", SKLEARN),
                    service(
                        "fraud-canary",
                        "",
                        "    affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]}}}\n",
                        SKLEARN,
                    ),
                ])
            ),
            ("values: [a]", "values: [a, b]"),
            "canary-differs/lacks",
        ),
        trap(
            "a stated default mode",
            format!(
                "=== mlgitops.yaml\nkserve: {{mode: Standard}}\n{}",
                prod(&[service("fraud", STANDARD, "", SKLEARN), service("fraud-canary", "", "", SKLEARN)])
            ),
            ("{mode: Standard}", "{mode: Knative}"),
            "canary-differs/lacks",
        ),
        trap(
            "a fork of the storage initializer, with tags of its own",
            "=== kserve/all.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: kserve-controller-manager, namespace: kserve}\nspec:\n  template:\n    spec:\n      \
             containers: [{name: manager, image: \"kserve/kserve-controller:v0.17.0\"}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: kserve}\ndata:\n  \
             storageInitializer: '{\"image\": \"registry.example.com/own/storage-initializer:v0.15.0\"}'\n"
                .to_owned(),
            ("example.com/own/", "example.com/kserve/"),
            "kserve-installation/mixed-versions",
        ),
        trap(
            "all of the weight on one service",
            prod(&[
                service("fraud", KNATIVE, "    canaryTrafficPercent: 10\n", SKLEARN),
                service("fraud-next", KNATIVE, "", SKLEARN),
                "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: split, namespace: ml}\nspec:\n  hosts: [a.example.com]\n  http:\n    - route:\n        \
                 - {weight: 100, destination: {host: fraud-predictor}}\n        - {weight: 0, destination: {host: fraud-next-predictor}}\n"
                    .to_owned(),
            ]),
            ("{weight: 0,", "{weight: 10,"),
            "two-splits/two",
        ),
        trap(
            "a share of ModelMesh",
            prod(&[service("fraud", "serving.kserve.io/deploymentMode: ModelMesh, serving.kserve.io/canaryTrafficPercent: \"10\"", "", SKLEARN)]),
            ("deploymentMode: ModelMesh", "deploymentMode: Knative"),
            "canary-mode/annotation",
        ),
        trap(
            "a placeholder behind base64 without padding",
            "=== prod/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: ml}\nstringData: {clientSecret: ZXhhbXBsZS1hcHAtc2VjcmV0}\n".to_owned(),
            ("ZXhhbXBsZS1hcHAtc2VjcmV0", "aDhHZjJrUHE5WnRXN3hS"),
            "plaintext-secret/secret",
        ),
        trap(
            "zero traffic: a ratio of sums is empty, and no mistake of the alert",
            format!("=== staging/all.yaml\n{}", [
                service("fraud", KNATIVE, "", SKLEARN),
                "---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: fraud, namespace: ml}\nspec:\n  groups:\n    - name: fraud\n      rules:\n        - alert: Errors\n          \
                 expr: sum(rate(revision_request_count{service_name=\"fraud\", code=~\"5..\"}[5m])) / sum(rate(revision_request_count{service_name=\"fraud\"}[5m])) > 0.1\n"
                    .to_owned(),
            ].concat()),
            ("sum(rate(revision_request_count{service_name=\"fraud\", code=~\"5..\"}[5m])) / sum(rate(revision_request_count{service_name=\"fraud\"}[5m]))", "rate(revision_request_count{service_name=\"fraud\", code=~\"5..\"}[5m]) / rate(revision_request_count{service_name=\"fraud\"}[5m])"),
            "model-alerts/ratio",
        ),
    ]
}

#[test]
fn what_looks_like_a_mistake_and_is_none() {
    let mut failures = String::new();
    for Trap { name, repository, change: (from, to), then } in traps() {
        assert!(repository.contains(from), "{name}: nothing to change in\n{repository}");
        let rule = then.split_once('/').unwrap().0;
        let own = |found: BTreeSet<String>| -> Vec<String> {
            found.into_iter().filter(|one| one.starts_with(&format!("{rule}/"))).collect()
        };
        let (silent, loud) = (own(found(&repository)), own(found(&repository.replace(from, to))));
        if !silent.is_empty() {
            failures += &format!("{name}: {silent:?}\n");
        }
        if loud != [then] {
            failures += &format!("{name}, changed: {loud:?}, not {then}\n");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// A folder of examples where there is nothing else may be what runs.
#[test]
fn services_among_examples_are_listed_where_there_are_no_others() {
    let listed = |path: &str, other: &str| {
        let service = service("fraud", "", "", SKLEARN);
        let other = if other.is_empty() { String::new() } else { format!("=== {other}\n{service}") };
        let report = report(&format!("=== {path}\n{service}{other}"));
        let items = report.not_checked.into_iter().map(|item| item.what);
        items.filter(|what| what.contains("model services")).collect::<Vec<_>>()
    };
    assert_eq!(listed("kserve/samples/a.yaml", ""), ["the model services in `kserve/samples/a.yaml`"]);
    assert_eq!(
        listed("kserve/samples/a.yaml", "docs/b.yaml"),
        ["the model services in `docs/b.yaml` and 1 more"]
    );
    assert_eq!(listed("kserve/samples/a.yaml", "kserve/b.yaml"), [""; 0]);
    assert_eq!(listed("kserve/a.yaml", ""), [""; 0]);
}

#[test]
fn expressions_that_cannot_be_judged_are_listed() {
    let alert = |expr: &str| {
        let rule = "---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: fraud, namespace: ml}\nspec:\n  groups:\n    - name: fraud\n      rules:\n        - alert: Slow\n          expr: ";
        let report = report(&format!(
            "=== staging/all.yaml\n{}{rule}{expr}\n",
            service("fraud", KNATIVE, "", SKLEARN)
        ));
        let items = report.not_checked.iter().filter(|item| item.what.contains("Slow"));
        let items: Vec<String> = items.map(|item| format!("{}: {}", item.what, item.reason)).collect();
        let wrong = report.findings.iter().any(|one| one.case == "no-promql");
        (items.join("\n"), wrong)
    };
    let listed = |reason: &str| (format!("the expression of alert Slow: it is {reason}"), false);
    let newer = listed("of a Prometheus newer than 2.45, or of VictoriaMetrics");
    assert_eq!(alert("'rate(request_predict_seconds_sum{model_name=\"fraud\"}[5m] anchored) > 1'"), newer);
    assert_eq!(alert("'request_predict_seconds_sum{model_name=\"fraud\"} default 0 > 1'"), newer);
    let filled = listed("filled in by something else");
    assert_eq!(alert("'rate(request_predict_seconds_sum{model_name=\"fraud\"}[${WINDOW}]) > 1'"), filled);
    let long =
        format!("'request_predict_seconds_sum{{model_name=\"fraud\"}} > {}'", "1 + ".repeat(300) + "1");
    assert_eq!(alert(&long), listed("larger than 16 KiB or 256 operators"));
    assert_eq!(
        alert("'rate(request_predict_seconds_sum{model_name=\"fraud\"}[5m]) > 1'"),
        (String::new(), false)
    );
    assert_eq!(
        alert("'rate(request_predict_seconds_sum{model_name=\"fraud\"}[5m]) >> 1'"),
        (String::new(), true)
    );
}

/// A custom predictor has its model in its image, unless something says where else it is.
#[test]
fn what_serves_a_model_from_its_image() {
    let releases = |image: &str, more: &str| {
        let service = "=== prod/all.yaml\napiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: fraud, namespace: ml}\n\
                       spec:\n  predictor:\n    containers:\n      - name: kserve-container\n";
        let report = report(&format!("{service}        image: {image}\n{more}"));
        report.summary.releases
    };
    let own = "registry.example.com/fraud:v47";
    for (more, expected) in [
        ("", 1),
        ("        args: [--workers=1, --model_name=fraud, --http_port=8080]\n", 1),
        ("        env: [{name: LOG_LEVEL, value: info}]\n", 1),
        ("        args: [--model_dir=/mnt/models]\n", 0),
        ("        args: [--uri, s3://models/fraud/v47]\n", 0),
        ("        env: [{name: HF_HOME, value: /cache}]\n", 0),
        ("        volumeMounts: [{name: models, mountPath: /models}]\n", 0),
        // `storageUri` by its variable names the model, and no second one.
        ("        env: [{name: STORAGE_URI, value: s3://models/fraud/v47/}]\n", 1),
    ] {
        assert_eq!(releases(own, more), expected, "{more}");
    }
    assert_eq!(releases("vllm/vllm-openai:v0.6.3", ""), 0);
    assert_eq!(releases("ghcr.io/huggingface/text-generation-inference:3.0", ""), 0);
}
