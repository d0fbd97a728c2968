//! What waits for something deep below: a run ends, and says what it did not read.

use mlgitops::finding::Code;

use crate::world::World;

const SOURCE: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, ref: {branch: main}, url: https://git.example.com/org/fleet}
---
";

fn kustomization(name: &str, path: &str, more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 10m
  prune: true
  path: {path}
  sourceRef: {{kind: GitRepository, name: flux-system}}
{more}"
    )
}

/// A Kustomization that takes its values from a ConfigMap which others make, so many deep.
fn chain(deep: usize) -> World {
    let model = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: fraud, namespace: ml}
spec:
  predictor: {model: {modelFormat: {name: onnx}, storageUri: \"s3://models/fraud/${VERSION}/\"}}
";
    let last = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: flux-system
generatorOptions: {disableNameSuffixHash: true}
configMapGenerator: [{name: versions, literals: [VERSION=v47]}]
";
    let waits = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: versions}]}\n";
    let mut texts = vec![
        ("clusters/prod/flux-system/gotk-sync.yaml".to_owned(), {
            format!("{SOURCE}{}", kustomization("flux-system", "./clusters/prod", ""))
        }),
        ("clusters/prod/first.yaml".to_owned(), kustomization("k-1", "./chain/1", "")),
        ("clusters/prod/models.yaml".to_owned(), kustomization("models", "./models", waits)),
        ("models/fraud.yaml".to_owned(), model.to_owned()),
        (format!("chain/{deep}/kustomization.yaml"), last.to_owned()),
    ];
    texts.extend((1..deep).map(|at| {
        let next = at + 1;
        (format!("chain/{at}/next.yaml"), kustomization(&format!("k-{next}"), &format!("./chain/{next}"), ""))
    }));
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    World::of(&texts)
}

#[test]
fn what_waited_for_the_last_round_is_run_or_listed() {
    for (deep, is_run) in [(2, true), (6, true), (7, false), (8, false), (12, false)] {
        let survey = chain(deep).survey();
        let versions: Vec<String> =
            survey.fleet.releases.iter().filter_map(|release| release.version.clone()).collect();
        let listed = survey.not_checked();
        let listed = listed.iter().filter(|item| item.code == Code::Limit && item.required);
        let listed: Vec<&str> = listed.map(|item| item.what.as_str()).collect();
        let is_listed = listed.iter().filter(|what| **what == "Kustomization models").count();
        assert_eq!(versions.iter().any(|version| version == "47"), is_run, "{deep}: {versions:?}");
        assert_eq!(is_listed, usize::from(!is_run), "{deep}: {listed:?}");
    }
}
