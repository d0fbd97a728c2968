//! The published layouts with Flux in the place of Argo CD: the same findings at the same lines, in
//! Flux's words.

use std::fs;
use std::path::Path;

use super::kustomization;
use super::world::World;

/// A layout of `fixtures/layouts` without what Argo CD needs.
fn layout(name: &str) -> World {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts").join(name);
    let mut world = World::default();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let (text, name) = (fs::read_to_string(&path).unwrap(), path.strip_prefix(&root).unwrap());
            if !text.contains("argoproj.io") {
                world = world.and(&[(name.to_str().unwrap(), &text)]);
            }
        }
    }
    world
}

/// `file:line severity rule/case message` of every finding of some rules, sorted.
fn found(world: &World, rules: &[&str]) -> Vec<String> {
    let report = world.lint();
    let wanted = report.findings.iter().filter(|finding| rules.contains(&finding.rule));
    let mut all: Vec<String> = wanted
        .map(|finding| {
            let at = &finding.primary.location;
            let line = at.position().line;
            format!(
                "{}:{line} {} {}/{} {}",
                at.path(),
                finding.severity,
                finding.rule,
                finding.case,
                finding.message
            )
        })
        .collect();
    all.sort();
    all
}

const RULES: [&str; 5] = ["rewritten-field", "s3-prefix", "self-heal", "suspended", "unknown-field"];

#[test]
fn overlays_over_a_base() {
    let mut world = layout("kustomize-overlays/defects");
    for cluster in ["staging", "production"] {
        let path = format!("./models/overlays/{cluster}");
        world =
            world.and(&[(&format!("clusters/{cluster}/models.yaml"), &kustomization("models", &path, ""))]);
    }
    insta::assert_snapshot!(found(&world, &RULES).join("\n"), @r"
    models/fraud-detector/service.yaml:18 warning s3-prefix/open fraud-detector in production and staging would also download `v2.4.10/…` or `v2.4.1-rc1/…`: no `/` at the end
    models/fraud-detector/service.yaml:8 note rewritten-field/mode-depends Flux may apply fraud-detector in production and staging again every interval: KServe 0.17 and later store `RawDeployment` as `Standard`
    models/image-classifier/service.yaml:14 warning s3-prefix/open image-classifier in production and staging would also download `v1.3.00/…` or `v1.3.0-rc1/…`: no `/` at the end
    models/image-classifier/service.yaml:19 error unknown-field/dropped image-classifier in production and staging stops its whole Kustomization: `model` has no field `nodeSelector`
    ");
}

#[test]
fn one_chart_with_one_values_file() {
    let mut world = layout("helm-one-values/defects");
    for environment in ["dev", "staging", "prod"] {
        let release = format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: fraud-detector, namespace: risk-{environment}}}\n\
             spec:\n  interval: 10m\n  driftDetection: {{mode: enabled}}\n  chart:\n    spec:\n      chart: ./chart\n      \
             sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}\n  values: {{env: {environment}}}\n"
        );
        world = world.and(&[(&format!("clusters/{environment}/fraud.yaml"), &release)]);
    }
    insta::assert_snapshot!(found(&world, &RULES).join("\n"), @r"
    chart/templates/service.yaml:16 error rewritten-field/predictor Flux applies fraud-detector in dev, prod and staging again every interval: KServe replaces `sklearn:`
    chart/values.yaml:14 note s3-prefix/open fraud-detector in staging would also download `v450/…` or `v45-rc1/…`: no `/` at the end
    chart/values.yaml:22 warning s3-prefix/open fraud-detector in prod would also download `v430/…` or `v43-rc1/…`: no `/` at the end
    chart/values.yaml:6 note s3-prefix/open fraud-detector in dev would also download `v470/…` or `v47-rc1/…`: no `/` at the end
    ");
}
