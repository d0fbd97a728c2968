//! Whether the place to edit is right: with other bytes there, the field is another.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pieces, Role, Scalar, Value};

use super::{Expanded, expand_with};
use crate::source::Repositories;

const URL: &str = "https://git.example.com/org/models";

const CONFIG: &str = "argocd:
  clusters:
    - {name: staging, server: 'https://staging.example.com', labels: {env: staging}}
    - {name: prod, server: 'https://prod.example.com', labels: {env: prod}}
";

/// Sets that use every generator and both languages.
const SETS: [&str; 5] = [
    "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: fast, namespace: argocd}
spec:
  generators:
    - list:
        elements:
          - {env: dev, values: {tier: low}}
          - {env: \"prod\", values: {tier: high}}
  template:
    metadata: {name: 'models-{{env}}', labels: {tier: '{{values.tier}}', '{{env}}-x': y}}
    spec:
      project: default
      source: {repoURL: 'https://x', path: 'envs/{{ env }}', helm: {values: \"a: {{env}}\\nb: c\\n\"}}
      destination: {name: '{{env}}-{{values.tier}}', namespace: ml}
",
    "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: go, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - list:
        elements:
          - {env: dev, models: [a, b], auto: true}
        elementsYaml: |
          - env: prod
            models: [c]
            auto: false
      template:
        metadata: {}
        spec: {project: own}
  template:
    metadata: {name: 'models-{{ .env }}', labels: {first: '{{ index .models 0 }}', size: '{{ len .models }}'}}
    spec:
      project: default
      source: {path: 'envs/{{ .env | upper }}', repoURL: '{{ .repo | default \"https://x\" }}'}
      destination: {name: '{{ if .auto }}auto{{ else }}hand{{ end }}-{{ .env }}'}
  templatePatch: |
    metadata:
      labels:
        first: \"{{ last .models }}\"
    spec:
      syncPolicy:
        automated:
          prune: {{ .auto }}
      source:
        targetRevision: main
",
    "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: matrix, namespace: argocd}
spec:
  goTemplate: true
  strategy: {type: RollingSync, rollingSync: {steps: [{maxUpdate: 1}]}}
  generators:
    - matrix:
        generators:
          - clusters: {selector: {matchLabels: {env: prod}}, values: {suffix: '-{{ .name }}'}}
          - git:
              repoURL: https://git.example.com/org/models
              revision: HEAD
              files: [{path: 'models/*/config.yaml'}]
  template:
    metadata: {name: '{{ .model }}{{ .values.suffix }}'}
    spec:
      project: '{{ .limits.project }}'
      destination: {server: '{{ .server }}', namespace: '{{ .metadata.labels.env }}'}
      source: {path: chart, helm: {parameters: [{name: size, value: '{{ .limits.size }}'}]}}
      syncPolicy: {automated: {selfHeal: true}}
",
    "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: merge, namespace: argocd}
spec:
  generators:
    - merge:
        mergeKeys: [model]
        generators:
          - git:
              repoURL: https://git.example.com/org/models
              revision: HEAD
              files: [{path: 'models/*/config.yaml'}]
          - list: {elements: [{model: churn, limits.size: huge}]}
  template:
    metadata: {name: '{{model}}-{{limits.size}}'}
    spec: {project: '{{limits.project}}', destination: {namespace: '{{model}}'}}
",
    "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: folders, namespace: argocd}
spec:
  generators:
    - git:
        repoURL: https://git.example.com/org/models
        revision: HEAD
        directories: [{path: 'models/*'}]
        values: {name: 'x-{{path.basename}}'}
  template:
    metadata: {name: '{{path.basename}}', annotations: {name: '{{values.name}}'}}
    spec: {project: default, source: {path: '{{path}}'}}
",
];

const FILES: [(&str, &str); 2] = [
    ("models/churn/config.yaml", "model: churn\nlimits: {size: 'small', project: one}\n"),
    ("models/fraud/config.yaml", "model: fraud\nlimits: {size: large, project: two}\n"),
];

fn world(set: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> =
        FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    files.push(("mlgitops.yaml".to_owned(), CONFIG.to_owned()));
    files.push(("set.yaml".to_owned(), set.to_owned()));
    files
}

fn expanded(files: &[(String, String)]) -> Expanded {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    expand_with(&files, &Repositories::default().called(URL))
}

/// Every scalar of an Application with its path.
fn scalars<'n>(path: &str, node: &'n Node, found: &mut Vec<(String, &'n Node)>) {
    match &node.value {
        Value::Map(map) => {
            map.iter().for_each(|(key, value)| scalars(&format!("{path}/{}", key.name()), value, found));
        }
        Value::Sequence(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| scalars(&format!("{path}/{index}"), value, found));
        }
        _ => found.push((path.to_owned(), node)),
    }
}

/// Other bytes of the same type.
fn other(bytes: &str) -> String {
    let quote = bytes.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let inside = bytes.trim_matches(['\'', '"']);
    let changed = match inside {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        "RollingSync" => "AllAtOnce".to_owned(),
        number if number.parse::<i64>().is_ok() => format!("{number}7"),
        list if list.starts_with('[') => list.replacen('[', "[zz, ", 1),
        action if action.starts_with("{{") => "{{ \"zz\" }}".to_owned(),
        text => text.strip_suffix('\n').map_or_else(|| format!("{text}zz"), |line| format!("{line}zz\n")),
    };
    match quote {
        Some(quote) if bytes.len() > 1 => format!("{quote}{changed}{quote}"),
        _ => changed,
    }
}

fn text_of(scalar: &Node) -> String {
    scalar.as_scalar().map(|scalar| scalar.text.to_string()).unwrap_or_default()
}

#[test]
fn other_bytes_at_the_first_place_make_another_field() {
    let mut tested = 0;
    for set in SETS {
        let files = world(set);
        let before = expanded(&files);
        assert_eq!((before.problems(), before.not_checked()), (Vec::new(), Vec::new()), "{set}");
        assert!(!before.applications.is_empty());
        for (number, application) in before.applications.iter().enumerate() {
            let mut found = Vec::new();
            scalars("", &application.root, &mut found);
            for (path, node) in found {
                let Some(first) = application.place(node.origin) else {
                    // What Argo CD itself adds.
                    let added = ["/apiVersion", "/kind", "/metadata/finalizers/0"];
                    assert!(added.contains(&path.as_str()), "{path} has no place");
                    continue;
                };
                let bytes = first.file.slice(first.start..first.end);
                let mut changed = files.clone();
                let (_, text) = changed.iter_mut().find(|(name, _)| **name == **first.file.path()).unwrap();
                text.replace_range(first.start as usize..first.end as usize, &other(bytes));
                let after = expanded(&changed);
                let value = after.applications.get(number).map(|one| {
                    let mut found = Vec::new();
                    scalars("", &one.root, &mut found);
                    found.into_iter().find(|(other, _)| *other == path).map(|(_, node)| text_of(node))
                });
                assert_ne!(
                    value,
                    Some(Some(text_of(node))),
                    "{path} of {} stays as it was with other bytes for `{bytes}`",
                    application.id.name
                );
                tested += 1;
            }
        }
    }
    assert!(tested > 70, "{tested}");
}

/// What the pieces of a field come from: role and bytes.
fn pieces(application: &Manifest, path: &[&str]) -> Vec<(Role, String)> {
    let node = application.root.find(path).present().unwrap();
    let Some(Scalar { pieces: Pieces::Parts(parts), .. }) = node.as_scalar() else { panic!("{path:?}") };
    let place = |origin| application.origins.first(origin).unwrap();
    let said = parts.iter().map(|(_, origin)| {
        let span = place(*origin);
        (span.role, span.file.slice(span.start..span.end).to_owned())
    });
    said.filter(|(_, bytes)| !bytes.is_empty()).collect()
}

#[test]
fn an_element_is_a_parameter_and_the_template_a_deployment() {
    let roles =
        |set: &str, number: usize, path: &[&str]| pieces(&expanded(&world(set)).applications[number], path);
    assert_eq!(
        roles(SETS[0], 1, &["metadata", "name"]),
        [(Role::Deployment, "models-".to_owned()), (Role::Parameter, "prod".to_owned())]
    );
    assert_eq!(
        roles(SETS[0], 1, &["spec", "destination", "name"]),
        [
            (Role::Parameter, "prod".to_owned()),
            (Role::Deployment, "-".to_owned()),
            (Role::Parameter, "high".to_owned())
        ]
    );
    assert_eq!(
        roles(SETS[1], 1, &["metadata", "name"]),
        [(Role::Deployment, "models-".to_owned()), (Role::Parameter, "prod".to_owned())]
    );
    // A key of a git file, a cluster of the configuration, and the pattern that let a folder in.
    assert_eq!(
        roles(SETS[2], 0, &["spec", "destination", "server"]),
        [(Role::Parameter, "'https://prod.example.com'".to_owned())]
    );
    assert_eq!(roles(SETS[2], 0, &["spec", "project"]), [(Role::Parameter, "one".to_owned())]);
    assert_eq!(roles(SETS[4], 0, &["spec", "source", "path"]), [(Role::Parameter, "'models/*'".to_owned())]);
    // A patch goes before what it patches.
    let set = expanded(&world(SETS[1]));
    let label = set.applications[0].root.find(&["metadata", "labels", "first"]).present().unwrap();
    let origins: Vec<(Role, String)> = set.applications[0]
        .origins
        .all(label.origin)
        .iter()
        .map(|span| (span.role, span.file.slice(span.start..span.end).to_owned()))
        .collect();
    assert!(origins.contains(&(Role::Parameter, "b".to_owned())), "{origins:?}");
    assert!(origins.contains(&(Role::Base, "a".to_owned())), "{origins:?}");
}
