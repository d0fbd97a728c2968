//! Which KServe runs is stated by the configuration, or found where the repository installs it, each
//! with the line it was believed from; else it is every release and both modes.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use mlgitops::config::{self, Config};
use mlgitops::finding::Location;
use mlgitops::rules::{Facts, vocabulary};
use mlgitops::source::{Memory, Repositories};
use mlgitops::survey;
use mlgitops_files::Files;
use mlgitops_manifest::fields::{Availability, Project, Release};

fn facts(files: &[(&str, &str)]) -> Facts {
    let owned = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let source: Arc<dyn Files> = Arc::new(Memory::new(owned));
    let stated = files.iter().find(|(path, _)| *path == config::FILE_NAME);
    let config = stated.map_or_else(Config::default, |(path, text)| {
        let file = Arc::new(mlgitops_yaml::SourceFile::of_text(path, text));
        config::read(&file, &vocabulary()).unwrap()
    });
    survey(&source, &config, &Repositories::default()).facts
}

/// `0.16.0 app.yaml:9, Standard values.yaml:3`
fn believed(files: &[(&str, &str)]) -> String {
    let facts = facts(files);
    let at = |location: &Location| format!("{}:{}", location.path(), location.position().line);
    let releases = facts.kserve.iter().map(|one| format!("{} {}", one.value, at(&one.location)));
    let modes = facts.default_modes.iter().map(|one| format!("{:?} {}", one.value, at(&one.location)));
    releases.chain(modes).collect::<Vec<_>>().join(", ")
}

fn application(source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: kserve, namespace: argocd}}
spec:
  destination: {{server: 'https://kubernetes.default.svc', namespace: kserve}}
  sources:
    - repoURL: oci://ghcr.io/kserve/charts/kserve
      chart: kserve
      targetRevision: v0.16.0
{source}"
    )
}

#[test]
fn nothing_states_it() {
    assert_eq!(believed(&[("README.md", "words\n")]), "");
}

#[test]
fn the_configuration_counts_before_what_is_found() {
    let app =
        application("      helm: {parameters: [{name: kserve.controller.deploymentMode, value: Knative}]}\n");
    let config = "kserve: {version: '0.17', mode: Standard}\n";
    assert_eq!(
        believed(&[("app.yaml", &app), ("mlgitops.yaml", config)]),
        "0.17 mlgitops.yaml:1, Standard mlgitops.yaml:1"
    );
    let half = "kserve: {version: '0.17'}\n";
    assert_eq!(
        believed(&[("app.yaml", &app), ("mlgitops.yaml", half)]),
        "0.17 mlgitops.yaml:1, Knative app.yaml:10"
    );
}

#[test]
fn the_release_of_argo_cd_is_the_configurations_or_one_that_is_supported() {
    let has = |config: &str, since: Release| {
        let facts = facts(&[("mlgitops.yaml", config)]);
        facts.releases(Project::ArgoCd).availability(Some(since), None) == Availability::Always
    };
    for (config, since, expected) in [
        ("models: {}\n", Release::new(2, 10, 0), true),
        ("models: {}\n", Release::new(3, 1, 0), false),
        ("argocd: {version: '3.2'}\n", Release::new(3, 1, 0), true),
        ("argocd: {version: '3.0'}\n", Release::new(3, 1, 0), false),
        ("argocd: {version: '2.8'}\n", Release::new(2, 10, 0), false),
    ] {
        assert_eq!(has(config, since), expected, "{config}{since}");
    }
}

#[test]
fn an_application_of_the_chart() {
    let values = "kserve:\n  controller:\n    deploymentMode: Standard\n";
    for (source, expected) in [
        ("", "0.16.0 app.yaml:9"),
        (
            "      helm:\n        values: |\n          kserve:\n            controller: {deploymentMode: RawDeployment}\n",
            "0.16.0 app.yaml:9, Standard app.yaml:13",
        ),
        (
            "      helm:\n        valuesObject:\n          kserve:\n            controller: {deploymentMode: Knative}\n        values: 'kserve: {controller: {deploymentMode: Standard}}'\n",
            "0.16.0 app.yaml:9, Knative app.yaml:13",
        ),
        (
            "      helm: {valueFiles: [$values/kserve/values.yaml]}\n",
            "0.16.0 app.yaml:9, Standard kserve/values.yaml:3",
        ),
        ("      helm: {valueFiles: [$values/kserve/missing.yaml]}\n", "0.16.0 app.yaml:9"),
    ] {
        let app = application(source);
        assert_eq!(believed(&[("app.yaml", &app), ("kserve/values.yaml", values)]), expected, "{source}");
    }
}

#[test]
fn other_charts_say_nothing() {
    let app = application("").replace("chart: kserve\n", "chart: kserve-crd\n");
    assert_eq!(believed(&[("app.yaml", &app)]), "");
}

#[test]
fn two_clusters_may_differ() {
    let old = application("").replace("v0.16.0", "v0.15.2");
    let new = application(
        "      helm: {parameters: [{name: kserve.controller.deploymentMode, value: Standard}]}\n",
    );
    assert_eq!(
        believed(&[("a.yaml", &old), ("b.yaml", &new)]),
        "0.15.2 a.yaml:9, 0.16.0 b.yaml:9, Standard b.yaml:10"
    );
}

#[test]
fn the_set_that_installs_it_everywhere() {
    let set = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: kserve}
spec:
  generators: [{list: {elements: [{env: dev, release: v0.16.0}, {env: prod, release: v0.15.2}]}}]
  template:
    metadata: {name: 'kserve-{{env}}'}
    spec:
      source:
        repoURL: oci://ghcr.io/kserve/charts
        chart: kserve-resources
        targetRevision: v0.17.0
        helm: {valuesObject: {kserve: {controller: {deploymentMode: Standard}}}}
";
    assert_eq!(believed(&[("set.yaml", set)]), "0.17.0 set.yaml:12, Standard set.yaml:13");
}

#[test]
fn a_kustomization_of_the_chart_or_of_the_release_files() {
    let charts = "helmCharts:
- name: kserve
  repo: oci://ghcr.io/kserve/charts
  version: v0.15.0
  valuesInline:
    kserve: {controller: {deploymentMode: RawDeployment}}
";
    assert_eq!(
        believed(&[("kserve/kustomization.yaml", charts)]),
        "0.15.0 kserve/kustomization.yaml:4, Standard kserve/kustomization.yaml:6"
    );
    let files = "resources:
- https://github.com/kserve/kserve/releases/download/v0.12.1/kserve.yaml
";
    assert_eq!(believed(&[("kserve/kustomization.yaml", files)]), "0.12.1 kserve/kustomization.yaml:2");
    assert_eq!(believed(&[("examples/kserve/kustomization.yaml", files)]), "");
}

#[test]
fn a_chart_that_depends_on_it() {
    let chart = "apiVersion: v2
name: platform
version: 0.1.0
dependencies:
- {name: kserve, version: ~0.15.1, repository: 'oci://ghcr.io/kserve/charts'}
";
    let values = "kserve: {kserve: {controller: {deploymentMode: Standard}}}\n";
    assert_eq!(
        believed(&[("platform/Chart.yaml", chart), ("platform/values.yaml", values)]),
        "0.15 platform/Chart.yaml:5, Standard platform/values.yaml:1"
    );
}

#[test]
fn what_is_installed_as_it_stands() {
    let installed = "apiVersion: v1
kind: ConfigMap
metadata: {name: inferenceservice-config, namespace: kserve}
data:
  deploy: |-
    {
      \"defaultDeploymentMode\": \"RawDeployment\"
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: kserve-controller-manager, namespace: kserve}
spec:
  template:
    spec:
      containers:
        - {name: kube-rbac-proxy, image: 'quay.io/brancz/kube-rbac-proxy:v0.18.0'}
        - name: manager
          image: docker.io/kserve/kserve-controller:v0.14.1
";
    assert_eq!(believed(&[("kserve.yaml", installed)]), "0.14.1 kserve.yaml:19, Standard kserve.yaml:7");
    let image = "images: [{name: kserve/kserve-controller, newTag: v0.15.0}]\nresources: [kserve.yaml]\n";
    let plain =
        installed.replace("docker.io/kserve/kserve-controller:v0.14.1", "kserve/kserve-controller:v0.14.1");
    assert_eq!(
        believed(&[("kserve/kserve.yaml", &plain), ("kserve/kustomization.yaml", image)]),
        "0.15.0 kserve/kustomization.yaml:1, Standard kserve/kserve.yaml:7"
    );
}

#[test]
fn flux_and_open_data_hub() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: kserve}
spec:
  chart: {spec: {chart: kserve, version: 0.15.*}}
  values: {kserve: {controller: {deploymentMode: Standard}}}
";
    assert_eq!(believed(&[("kserve.yaml", release)]), "0.15 kserve.yaml:5, Standard kserve.yaml:6");
    let cluster = "apiVersion: datasciencecluster.opendatahub.io/v1
kind: DataScienceCluster
metadata: {name: default-dsc}
spec:
  components:
    kserve:
      defaultDeploymentMode: Serverless
";
    assert_eq!(believed(&[("dsc.yaml", cluster)]), "Knative dsc.yaml:7");
}

#[test]
fn a_found_mode_decides_what_rules_say() {
    use mlgitops::config::DeploymentMode::{Knative, Standard};
    let service = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: fraud}
spec: {predictor: {model: {modelFormat: {name: onnx}, storageUri: 's3://models/fraud/v1/'}}}
";
    let modes = |files: &[(&str, &str)]| {
        let owned = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let source: Arc<dyn Files> = Arc::new(Memory::new(owned));
        let survey = survey(&source, &Config::default(), &Repositories::default());
        let served =
            survey.fleet.objects.iter().find(|one| one.manifest.id.kind == "InferenceService").unwrap();
        survey.facts.modes(&served.manifest).into_iter().collect::<Vec<_>>()
    };
    let app = application("      helm: {valuesObject: {kserve: {controller: {deploymentMode: Knative}}}}\n");
    let named = service
        .replace("{name: fraud}", "{name: fraud, annotations: {serving.kserve.io/deploymentMode: Standard}}");
    assert_eq!(modes(&[("fraud.yaml", service)]), [Standard, Knative]);
    assert_eq!(modes(&[("fraud.yaml", service), ("app.yaml", &app)]), [Knative]);
    assert_eq!(modes(&[("fraud.yaml", &named), ("app.yaml", &app)]), [Standard]);
}

/// `false kserve.yaml:6`: whether KServe makes VirtualServices, and where that is said.
fn routed(files: &[(&str, &str)]) -> String {
    let facts = facts(files);
    let at = |location: &Location| format!("{}:{}", location.path(), location.position().line);
    let stated = facts.virtual_services.iter().map(|one| format!("{} {}", one.value, at(&one.location)));
    stated.collect::<Vec<_>>().join(", ")
}

#[test]
fn whether_it_makes_virtual_services() {
    let object = "apiVersion: v1
kind: ConfigMap
metadata: {name: inferenceservice-config, namespace: kserve}
data:
  ingress: |-
    {\"urlScheme\": \"https\",
     \"disableIstioVirtualHost\": true}
";
    let app = |value: &str| {
        let path = "kserve.controller.gateway.disableIstioVirtualHost";
        application(&format!("      helm: {{parameters: [{{name: {path}, value: '{value}'}}]}}\n"))
    };
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: kserve}
spec:
  chart: {spec: {chart: kserve, version: 0.15.*}}
  values: {kserve: {controller: {gateway: {disableIstioVirtualHost: false}}}}
";
    for (files, expected) in [
        (vec![("kserve.yaml", object)], "false kserve.yaml:7"),
        (vec![("app.yaml", &app("true"))], "false app.yaml:10"),
        (vec![("app.yaml", &app("false"))], "true app.yaml:10"),
        (vec![("app.yaml", &app("maybe"))], ""),
        (vec![("release.yaml", release)], "true release.yaml:6"),
        (
            vec![("app.yaml", &app("true")), ("mlgitops.yaml", "kserve: {virtual-services: true}\n")],
            "true mlgitops.yaml:1",
        ),
    ] as [(Vec<(&str, &str)>, &str); 6]
    {
        assert_eq!(routed(&files), expected, "{files:?}");
    }
}

/// KServe's release files are taken in by their URL: what is here is a patch of the ConfigMap.
#[test]
fn a_patch_of_what_is_elsewhere() {
    let part = "apiVersion: v1
kind: ConfigMap
metadata: {name: inferenceservice-config, namespace: kserve}
data:
  deploy: '{\"defaultDeploymentMode\": \"Serverless\"}'
  ingress: '{\"disableIstioVirtualHost\": true}'
";
    let operations = "- op: replace
  path: /data/deploy
  value: '{\"defaultDeploymentMode\": \"Serverless\"}'
- op: replace
  path: /data/ingress
  value: |-
    {\"disableIstioVirtualHost\": true}
";
    let kustomization = |patches: &str| {
        let from = "https://github.com/kserve/kserve/releases/download/v0.15.0/kserve.yaml";
        format!("resources: [{from}]\n{patches}\n")
    };
    let named = "patches: [{path: patch.yaml, target: {kind: ConfigMap, name: inferenceservice-config}}]";
    let indented = part.replace('\n', "\n      ");
    for (list, patch, mode, routes) in [
        ("patches: [{path: patch.yaml}]", part, "patch.yaml:5", "patch.yaml:6"),
        ("patchesStrategicMerge: [patch.yaml]", part, "patch.yaml:5", "patch.yaml:6"),
        (named, operations, "patch.yaml:3", "patch.yaml:7"),
        (
            &format!("patches:\n  - patch: |\n      {indented}"),
            "",
            "kserve/kustomization.yaml:8",
            "kserve/kustomization.yaml:9",
        ),
        ("patches: [{path: patch.yaml}]", operations, "", ""),
    ] {
        let kustomization = kustomization(list);
        let files = [("kserve/kustomization.yaml", &*kustomization), ("kserve/patch.yaml", patch)];
        let place = |at: &str| at.replace("patch.yaml", "kserve/patch.yaml");
        let believed = believed(&files);
        let (_, found) = believed.split_once(", Knative ").unwrap_or_default();
        assert_eq!(found, place(mode), "{list}");
        let expected = if routes.is_empty() { String::new() } else { format!("false {}", place(routes)) };
        assert_eq!(routed(&files), expected, "{list}");
    }
}

/// Where the object itself is rendered, its patches are in it.
#[test]
fn a_patch_that_another_overrules() {
    let part = |mode: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: inferenceservice-config}}\n\
             data: {{deploy: '{{\"defaultDeploymentMode\": \"{mode}\"}}'}}\n"
        )
    };
    assert_eq!(
        believed(&[
            ("kserve/base/config.yaml", &part("Serverless")),
            ("kserve/base/kustomization.yaml", "resources: [config.yaml]\n"),
            (
                "kserve/overlays/prod/kustomization.yaml",
                "resources: [../../base]\npatches: [{path: mode.yaml}]\n"
            ),
            ("kserve/overlays/prod/mode.yaml", &part("RawDeployment")),
        ]),
        "Standard kserve/overlays/prod/mode.yaml:4"
    );
}
