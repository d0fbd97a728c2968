//! `mlgitops.yaml`: what it may say, what is said of a mistake, and that the schema for editors
//! says the same.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use mlgitops::config::{self, Config, ConfigError, DeploymentMode};
use mlgitops::finding::Severity;
use mlgitops::rules::vocabulary;
use mlgitops_yaml::SourceFile;

fn read(text: &str) -> Result<Config, Vec<ConfigError>> {
    config::read(&Arc::new(SourceFile::of_text(config::FILE_NAME, text)), &vocabulary())
}

/// Every key of the file once.
const WHOLE: &str = r#"
environments:
  - name: staging
    match: {path: "overlays/staging/**", namespace: [ml-staging], cluster: staging-cluster, branch: env/staging}
  - name: prod
    soak: 24h
    guard: true
  - {name: dr, after: staging}
kserve: {version: "0.17", mode: Standard, virtual-services: false, progress-deadline: 600s, knative-features: [kubernetes.podspec-nodeselector]}
argocd:
  version: "3.0"
  clusters: [{name: prod-cluster, server: "https://10.0.0.1", labels: {env: prod}, gpus: [nvidia-a10g]}]
flux: {version: "2.9"}
kubernetes: {version: 1.33, api-versions: [monitoring.coreos.com/v1]}
storage: {schemes: ["ntnx://"], immutable-buckets: [ml-models-prod]}
models:
  fraud-detector: {size: 2GiB, requests-per-minute: 50000, services: [fraud-eu]}
startup:
  best: {download: 400MiB/s, load: 500MiB/s, start: 10s, schedule: 0s, pull: 0s, factor: 1}
  worst: {download: 50MiB/s, load: 100MiB/s, start: 30s, schedule: 180s, pull: 60s, factor: 1.5}
rules:
  pinned-model-uri: {tag: off, stage: {prod: error, dev: note}}
  artifact: warning
  schema/unknown-field: error
waivers:
  - {rule: s3-prefix, object: InferenceService/ml/llm, environment: prod, reason: "one type", owner: "@ml", until: 2027-01-31}
repositories:
  - {url: "https://git.example.com/org/charts", path: vendor/charts}
ignore: ["docs/**"]
"#;

#[test]
fn every_key_is_read() {
    let config = read(WHOLE).unwrap();
    let names: Vec<&str> = config.environments.iter().map(|one| one.name.value.as_str()).collect();
    assert_eq!(names, ["staging", "prod", "dr"]);
    assert_eq!(config.environments[0].namespace[0].value, "ml-staging");
    assert_eq!(config.environments[1].soak.as_ref().unwrap().value, Duration::from_secs(24 * 3600));
    assert_eq!(config.environments[2].after.as_ref().unwrap().value, "staging");
    assert_eq!(config.kserve.mode.as_ref().unwrap().value, DeploymentMode::Standard);
    assert_eq!(config.kserve.progress_deadline.as_ref().unwrap().value, Duration::from_secs(600));
    assert_eq!(config.argocd.clusters[0].labels["env"].value, "prod");
    assert_eq!(config.flux.version.as_ref().unwrap().value, "2.9");
    // A version is text, though YAML takes 1.33 for a number.
    assert_eq!(config.kubernetes.version.as_ref().unwrap().value, "1.33");
    assert_eq!(config.models["fraud-detector"].size.as_ref().unwrap().value, 2 << 30);
    assert!((config.startup.worst.factor - 1.5).abs() < f64::EPSILON);
    assert_eq!(config.waivers[0].until.as_ref().unwrap().value, jiff::civil::date(2027, 1, 31));
    assert_eq!(config.repositories[0].path.value, "vendor/charts");
    assert_eq!(config.ignore[0].value, "docs/**");
    assert_eq!(config.ignore[0].location.position().line, 29);
}

#[test]
fn nothing_is_required() {
    for text in ["", "\n", "# nothing\n", "{}", "---\n", "null"] {
        assert!(read(text).is_ok(), "{text:?}");
    }
}

/// The most particular setting counts: case in environment, case, rule in environment, rule,
/// category.
#[test]
fn the_most_particular_level_counts() {
    let config = read(
        "rules:\n  pinned-model-uri: {tag: off, stage: {prod: error, dev: note}}\n  artifact: warning\n",
    )
    .unwrap();
    let level = |rule: &str, case: &str, environment: &str| {
        config.level(rule, "artifact", case, &[environment]).map(|stated| stated.value)
    };
    assert_eq!(level("pinned-model-uri", "tag", "prod"), Some(None));
    assert_eq!(level("pinned-model-uri", "stage", "prod"), Some(Some(Severity::Error)));
    assert_eq!(level("pinned-model-uri", "stage", "dev"), Some(Some(Severity::Note)));
    assert_eq!(level("pinned-model-uri", "stage", "staging"), Some(Some(Severity::Warning)));
    assert_eq!(level("s3-prefix", "open", "prod"), Some(Some(Severity::Warning)));
}

/// A mistake, and what is said of it: place, message, cure.
const MISTAKES: &[(&str, &str)] = &[
    ("enviroments: []\n", "1:1: `enviroments` is no key of `mlgitops.yaml` (did you mean `environments`?)"),
    ("environments:\n  - nam: prod\n", "2:5: `nam` is no key of an environment (did you mean `name`?)
2:5: an environment has no `name` (add `name`: its name, as the repository calls it)"),
    ("kserve: {version: 17}\n", "1:19: `version` takes a version, not `17` (write it as `0.17` or `0.17.1`)"),
    ("kserve: {mode: Serverles}\n", "1:16: `mode` takes `Standard`, `Knative`, `ModelMesh`, `RawDeployment` or `Serverless`, not `Serverles` (did you mean `Serverless`?)"),
    ("kserve: {version: \"0.15\", mode: Standard}\n", "1:33: KServe 0.15 has no mode `Standard` (before 0.16 it is called `RawDeployment`)"),
    ("environments: [{name: prod, soak: 24}]\n", "1:35: `soak` takes a duration, not `24` (the duration has a number without a unit, such as `s`, `m` or `h`)"),
    ("environments: [{name: prod}, {name: prod}]\n", "1:37: an environment `prod` stands in line 1 already (give it another name, or put both into one)"),
    ("environments: [{name: a, after: b}, {name: b, after: a}]\n", "1:33: `a` comes after `b`, which comes after it (a ladder has a lowest rung: take one `after` away)
1:54: `b` comes after `a`, which comes after it (a ladder has a lowest rung: take one `after` away)"),
    ("environments: [{name: prod, after: stagin}, {name: staging}]\n", "1:36: there is no environment `stagin` (did you mean `staging`?)"),
    ("models: {m: {size: big}}\n", "1:20: `size` takes a size, not `big` (a size is a number and a unit, such as `14GB` or `2GiB`)"),
    ("models: {m: {size: -1}}\n", "1:20: `size` takes a size, not `-1` (a size is a number and a unit, such as `14GB` or `2GiB`)"),
    ("rules: {pinned-model-url: off}\n", "1:9: there is no rule and no category `pinned-model-url` (did you mean `pinned-model-uri`?)"),
    ("rules: {pinned-model-uri: {stages: off}}\n", "1:28: `stages` is no case of `pinned-model-uri` and no environment (did you mean `stage`?)"),
    ("rules: {pinned-model-uri: loud}\n", "1:27: `pinned-model-uri` takes a severity, not `loud` (write one of `off`, `note`, `warning` or `error`)"),
    ("rules: {pinned-model-uri: {params: {version: [a]}}}\n", "1:37: `version` is no parameter of `pinned-model-uri` (did you mean `versions`?)"),
    ("waivers: [{reason: x}]\n", "1:12: a waiver has no `rule` (add `rule`: the rule, a category, or category/rule)"),
    ("waivers: [{rule: s3-prefix, until: tomorrow, reason: x}]\n", "1:36: `until` takes a day, not `tomorrow` (write it as year, month and day, such as `2027-01-31`)"),
    ("waivers: [{rule: s3-prefix, object: llm, reason: x}]\n", "1:37: `object` takes an object, not `llm` (write it as `InferenceService/name` or `InferenceService/namespace/name`)"),
    ("ignore: [\"a[\"]\n", "1:10: `ignore` takes a glob, not `a[` (unclosed character class; missing ']')"),
    ("ignore: docs\n", "1:9: `ignore` takes a list, not `docs` (put `- ` before each item, or `[…]` around them)"),
    ("startup: {best: {download: fast}}\n", "1:28: `download` takes a rate, not `fast` (a rate is a size a second, such as `400MiB/s`)"),
    ("startup: {best: {factor: 0}}\n", "1:26: `factor` is 0, the least is 1 (write 1 or more)"),
    ("repositories: [{url: x, path: ../charts}]\n", "1:31: `path` takes a path inside the repository, not `../charts` (write it relative to the root, with `/` and without `..`, such as `vendor/charts`)"),
    ("- a\n", "1:3: `mlgitops.yaml` takes a map, not a list (its keys are `extends`, `profile`, `environments`, `kserve`, `argocd`, `flux`, `kubernetes`, `storage`, `models`, `startup`, `rules`, `paths`, `waivers`, `repositories` or `ignore`)"),
    ("a: b: c\n", "1:5: this is no YAML: mapping values are not allowed in this context (nothing of the file is used until it is)"),
    ("kserve: {version: \"0.17\", version: \"0.18\"}\n", "1:27: `version` stands in line 1 already (keep one of the two)"),
    ("models: &m {a: {size: 1GiB}}\nkserve: *m\n", "1:13: `a` is no key of `kserve` (its keys are `version`, `mode`, `virtual-services`, `progress-deadline` or `knative-features`)"),
    ("a: 1\n---\nb: 2\n", "1:1: `a` is no key of `mlgitops.yaml` (its keys are `extends`, `profile`, `environments`, `kserve`, `argocd`, `flux`, `kubernetes`, `storage`, `models`, `startup`, `rules`, `paths`, `waivers`, `repositories` or `ignore`)
2:1: a second document begins here (write everything in one, without `---`)"),
    ("storage: {schemes: [ntnx]}\n", "1:21: `schemes` takes a scheme, not `ntnx` (write it with `://`, such as `ntnx://`)"),
    ("\u{1b}[31m: 1\n", r"1:1: this is no YAML: unexpected character: `\u{1b}' (nothing of the file is used until it is)"),
];

fn said(text: &str) -> String {
    let errors = read(text).err().unwrap_or_default();
    let lines = errors.iter().map(|error| {
        let at = error.location.position();
        let help = error.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{}: {}{help}", at.line, at.column, error.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_mistake_is_named_at_its_place_with_its_cure() {
    for (text, expected) in MISTAKES {
        assert_eq!(said(text), *expected, "{text}");
    }
}

#[test]
fn the_schema_takes_what_is_read() {
    let schema = config::schema(&vocabulary());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let whole: serde_json::Value = json_of(WHOLE);
    let errors: Vec<String> = validator.iter_errors(&whole).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(validator.is_valid(&serde_json::json!({})));
}

/// A text as an editor's YAML server reads it.
fn json_of(text: &str) -> serde_json::Value {
    use mlgitops_yaml::{Origins, Role, from_node, parse_file};
    let file = Arc::new(SourceFile::of_text("x.yaml", text));
    let tree = parse_file(&file);
    let mut origins = Origins::default();
    let id = origins.add_file(&file);
    let root = tree.documents()[0].root.unwrap();
    from_node(&tree.node_of(root, id, Role::Source, &mut origins).unwrap()).unwrap()
}
