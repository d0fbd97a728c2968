//! Whether each field names all that decides it: every scalar that is written is changed, one at a
//! time, and each field that moves lists the place among its origins, as content or guard.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops::Survey;
use mlgitops_yaml::{Node, OriginSpan, Origins, Pieces, Role, SourceFile, Value, parse_file};

use super::causality::{Files, fixture, survey};

/// A scalar of an object that is deployed.
struct Leaf {
    /// The items of each list on the way to it: in a list of another length its path means another.
    lengths: Vec<usize>,
    text: String,
    spans: Vec<OriginSpan>,
}

/// The scalars of an object, by their paths.
type Leaves = BTreeMap<String, Leaf>;

/// An object, by the deployment that brings it, the cluster, its kind and its name.
type Identity = [String; 4];

/// Every object a survey deploys; those of one identity are numbered by it.
fn deployed(survey: &Survey, wants_spans: bool) -> Vec<(Identity, Leaves)> {
    let mut all = Vec::new();
    for object in &survey.fleet.objects {
        let deployable = &survey.fleet.deployables[object.deployable];
        let by = deployable.deployment.as_ref().map_or("", |deployment| deployment.id.name.as_str());
        let cluster = survey.fleet.place(object.place).and_then(|place| place.cluster.as_deref());
        let id = &object.manifest.id;
        let name = format!("{}/{}", id.namespace.as_deref().unwrap_or(""), id.name);
        let identity = [by, cluster.unwrap_or(""), &id.kind, &name].map(str::to_owned);
        let mut leaves = Leaves::new();
        let origins = wants_spans.then_some(&*object.manifest.origins);
        collect(&object.manifest.root, "", &[], origins, &mut leaves);
        all.push((identity, leaves));
    }
    all
}

fn collect(node: &Node, at: &str, lengths: &[usize], origins: Option<&Origins>, leaves: &mut Leaves) {
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                collect(value, &format!("{at}/{}", key.name()), lengths, origins, leaves);
            }
        }
        Value::Sequence(items) => {
            let lengths = [lengths, &[items.len()]].concat();
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{at}/{index}"), &lengths, origins, leaves);
            }
        }
        Value::Scalar(scalar) => {
            let mut spans = origins.map_or(Vec::new(), |origins| origins.all(node.origin));
            if let (Pieces::Parts(parts), Some(origins)) = (&scalar.pieces, origins) {
                spans.extend(parts.iter().flat_map(|(_, origin)| origins.all(*origin)));
            }
            let leaf = Leaf { lengths: lengths.to_vec(), text: scalar.text.to_string(), spans };
            leaves.insert(at.to_owned(), leaf);
        }
        Value::Null | Value::Unknown(_) => {}
    }
}

/// The object each object has become: the one of its identity, else the one new of its deployment
/// and kind.
fn partners(before: &[(Identity, Leaves)], after: &[(Identity, Leaves)]) -> Vec<Option<usize>> {
    let mut is_taken = vec![false; after.len()];
    let mut take = |fits: &dyn Fn(&Identity) -> bool| {
        let at = after.iter().enumerate().position(|(at, (other, _))| !is_taken[at] && fits(other))?;
        is_taken[at] = true;
        Some(at)
    };
    let mut partners: Vec<Option<usize>> =
        before.iter().map(|(identity, _)| take(&|other| other == identity)).collect();
    for (partner, (identity, _)) in partners.iter_mut().zip(before) {
        *partner = partner.or_else(|| take(&|other| other[..3] == identity[..3]));
    }
    partners
}

/// A change: the file, the bytes that go, and those that come.
type Change = (String, usize, usize, String);

/// What can be changed in a file: each scalar, and in a text of several lines each line; identity
/// moves objects and is left alone.
fn changes(path: &str, text: &str) -> Vec<Change> {
    let file = Arc::new(SourceFile::of_text(path, text));
    let tree = parse_file(&file);
    let mut origins = Origins::default();
    let id = origins.add_file(&file);
    let mut all = Vec::new();
    for root in tree.documents().iter().filter_map(|document| document.root) {
        let node = tree.node_of(root, id, Role::Source, &mut origins).unwrap();
        each_scalar(&node, "", &mut |node| {
            let Some(span) = origins.first(node.origin) else { return };
            let (start, end) = (span.start as usize, span.end as usize);
            let written = &text[start..end];
            if let Some(new) = another(written) {
                all.push((path.to_owned(), start, end, new));
            } else if written.contains('\n') {
                let mut from = start;
                for line in written.split_inclusive('\n') {
                    let value = line_value(line);
                    if let Some(new) = value.clone().and_then(|at| another(&line[at])) {
                        let at = value.unwrap();
                        all.push((path.to_owned(), from + at.start, from + at.end, new));
                    }
                    from += line.len();
                }
            }
        });
    }
    all
}

fn each_scalar(node: &Node, at: &str, add: &mut dyn FnMut(&Node)) {
    const IDENTITY: [&str; 4] = ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"];
    match &node.value {
        Value::Map(map) => {
            map.iter().for_each(|(key, value)| each_scalar(value, &format!("{at}/{}", key.name()), add));
        }
        Value::Sequence(items) => items.iter().for_each(|item| each_scalar(item, &format!("{at}/-"), add)),
        Value::Scalar(_) if !IDENTITY.contains(&at) => add(node),
        _ => {}
    }
}

/// The value in a line of a text that is YAML itself: behind the last `: `, without what closes.
fn line_value(line: &str) -> Option<std::ops::Range<usize>> {
    let body = line.trim_end().trim_end_matches(['}', ']']);
    let start = body.rfind(": ")? + 2;
    (start < body.len()).then_some(start..body.len())
}

/// Another scalar of the same type; `None` where the bytes are none on one line.
fn another(text: &str) -> Option<String> {
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let body = text[1..].strip_suffix(quote).filter(|body| !body.contains('\n'))?;
        // A number in quotes goes on being one.
        return Some(match body.parse::<i64>() {
            Ok(number) => format!("{quote}{}{quote}", number + 1),
            Err(_) => format!("{quote}{body}zq{quote}"),
        });
    }
    match text {
        "true" => Some("false".to_owned()),
        "false" => Some("true".to_owned()),
        "" | "null" | "~" => None,
        _ if text.contains('\n') || text.starts_with(['{', '[', '|', '>', '&', '*', '!']) => None,
        _ => {
            Some(text.parse::<i64>().map_or_else(|_| format!("{text}zq"), |number| (number + 1).to_string()))
        }
    }
}

/// What was found.
#[derive(Default)]
struct Tally {
    moved: usize,
    shifted: usize,
    refused: usize,
    missed: Vec<String>,
}

fn recall(files: &Files, tally: &mut Tally) {
    let before = deployed(&survey(files), true);
    let is_changed = |path: &str| path.ends_with(".yaml") && !path.contains("/templates/");
    let all = files.iter().filter(|(path, _)| is_changed(path));
    for (path, start, end, new) in all.flat_map(|(path, text)| changes(path, text)) {
        let mut changed = files.clone();
        let file = changed.iter_mut().find(|(name, _)| *name == path).unwrap();
        let line = file.1[..start].matches('\n').count() + 1;
        file.1.replace_range(start..end, &new);
        let after = deployed(&survey(&changed), false);
        // What points to files and objects takes them away: that is no field that moves.
        if after.len() != before.len() {
            tally.refused += 1;
            continue;
        }
        let partners = partners(&before, &after);
        for ((identity, leaves), partner) in before.iter().zip(partners) {
            let Some((_, others)) = partner.map(|at| &after[at]) else { continue };
            for (at, leaf) in leaves {
                let other = others.get(at);
                if other.is_some_and(|other| other.text == leaf.text) {
                    continue;
                }
                if other.is_some_and(|other| other.lengths != leaf.lengths) {
                    tally.shifted += 1;
                    continue;
                }
                tally.moved += 1;
                let is_named = leaf.spans.iter().any(|span| {
                    **span.file.path() == *path && (span.start as usize) < end && start < span.end as usize
                });
                if !is_named {
                    let now = other.map_or("gone", |other| &other.text);
                    let [by, cluster, kind, name] = identity;
                    tally.missed.push(format!(
                        "{path}:{line} `{new}` moved {kind} {name}{at} of {by} on {cluster}: `{}` is {now}",
                        leaf.text
                    ));
                }
            }
        }
    }
}

/// A cluster that uses every way by which Flux's objects change what they deploy.
fn every_way() -> Files {
    let files = [
        (
            "clusters/prod/settings.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata:\n  \
             BUCKET: risk-models\n  GPU: nvidia-a10g\n  REPLICAS: \"2\"\n  TAG: v7.1.0\n  LIMITS: |\n    8Gi\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {name: region, namespace: flux-system}\ndata: {REGION: eu-1, GPU: nvidia-l4}\n",
        ),
        (
            "clusters/prod/models.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: models, namespace: flux-system}\n\
             spec:\n  interval: 10m\n  prune: true\n  path: ./models\n  \
             sourceRef: {kind: GitRepository, name: flux-system}\n  targetNamespace: risk\n  namePrefix: eu-\n  \
             nameSuffix: -live\n  components: [../settings]\n  \
             commonMetadata:\n    labels: {team: risk}\n    annotations: {contact: risk-oncall}\n  \
             images: [{name: registry.example.com/proxy, newName: mirror.example.com/proxy, newTag: \"1.5\"}]\n  \
             patches:\n    - target: {kind: InferenceService, name: fraud}\n      patch: |\n        \
             - op: add\n          path: /spec/predictor/maxReplicas\n          value: 6\n    \
             - target: {kind: InferenceService}\n      patch: |-\n        apiVersion: serving.kserve.io/v1beta1\n        \
             kind: InferenceService\n        metadata:\n          name: any\n        spec:\n          predictor:\n            \
             nodeSelector:\n              accelerator: ${GPU}\n            \
             serviceAccountName: ${ACCOUNT:=reader}\n  \
             postBuild:\n    substitute:\n      VERSION: \"45\"\n      ACCOUNT: \"\"\n      OWNER: Risk-Team\n    \
             substituteFrom:\n      - {kind: ConfigMap, name: settings}\n      - {kind: ConfigMap, name: region, optional: true}\n",
        ),
        (
            "settings/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {region: \"${REGION}\"}}]\n",
        ),
        ("models/kustomization.yaml", "resources: [fraud.yaml, front.yaml]\n"),
        (
            "models/fraud.yaml",
            "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: fraud\n  \
             annotations: {bucket: \"${BUCKET//-/_}\", owner: \"${OWNER,,}\", fifth: \"${VERSION:0:1}\"}\nspec:\n  predictor:\n    \
             minReplicas: ${REPLICAS}\n    model:\n      modelFormat: {name: onnx}\n      \
             storageUri: s3://${BUCKET}/fraud/v${VERSION}/${STAGE:-${REGION}}/\n      \
             resources: {limits: {memory: \"${LIMITS}\", cpu: \"${CPUS:-2}\"}}\n",
        ),
        (
            "models/front.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\nspec:\n  template:\n    spec:\n      \
             containers:\n        - name: proxy\n          image: registry.example.com/proxy:1.4\n        \
             - {name: side, image: \"registry.example.com/side:${TAG#v}\"}\n",
        ),
        (
            "clusters/prod/churn.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sizes, namespace: ml}\ndata:\n  values.yaml: |\n    replicas: 2\n    \
             memory: 4Gi\n    labels: {tier: gold}\n  zone: a1\n---\n\
             apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: churn, namespace: ml}\nspec:\n  \
             interval: 10m\n  targetNamespace: serving\n  releaseName: churn\n  chart:\n    spec:\n      chart: ./charts/model\n      \
             valuesFiles: [charts/model/values.yaml, charts/model/prod.yaml]\n      \
             sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}\n  \
             valuesFrom:\n    - {kind: ConfigMap, name: sizes}\n    \
             - {kind: ConfigMap, name: sizes, valuesKey: zone, targetPath: place.zone}\n  \
             commonMetadata:\n    labels: {team: growth}\n  \
             values:\n    version: v11\n    labels:\n      owner: growth\n  \
             postRenderers:\n    - kustomize:\n        patches:\n          - target: {kind: InferenceService}\n            patch: |\n              \
             - {op: add, path: /metadata/annotations, value: {step: first}}\n              \
             - {op: add, path: /spec/predictor/timeout, value: 30}\n        \
             images: [{name: server, newTag: \"2.1\"}]\n",
        ),
        ("charts/model/Chart.yaml", "apiVersion: v2\nname: model\nversion: 0.1.0\nappVersion: \"3.2\"\n"),
        (
            "charts/model/values.yaml",
            "model: churn\nversion: v0\nreplicas: 1\nmemory: 1Gi\nlabels: {}\nplace: {zone: none}\nhasSide: true\n",
        ),
        ("charts/model/prod.yaml", "model: churn-large\nmemory: 2Gi\n"),
        (
            "charts/model/templates/isvc.yaml",
            "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: {{ .Release.Name }}\n  \
             namespace: {{ .Release.Namespace }}\n  labels:\n    app: {{ .Chart.AppVersion | quote }}\n    {{- toYaml .Values.labels | nindent 4 }}\n\
             spec:\n  predictor:\n    minReplicas: {{ .Values.replicas }}\n    nodeSelector: {zone: {{ .Values.place.zone }}}\n    \
             {{- if .Values.hasSide }}\n    containers: [{name: side, image: \"server:1.0\"}]\n    {{- end }}\n    model:\n      \
             modelFormat: {name: onnx}\n      storageUri: s3://models/{{ .Values.model }}/{{ .Values.version }}/\n      \
             resources: {limits: {memory: {{ .Values.memory }}}}\n",
        ),
    ];
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn what_moves_a_field_is_among_its_origins() {
    let mut tally = Tally::default();
    for files in [fixture("environments"), fixture("folder-per-app"), every_way()] {
        recall(&files, &mut tally);
    }
    let Tally { moved, shifted, refused, missed } = tally;
    println!("{moved} moved, {shifted} shifted a list, {refused} took objects away");
    assert!(missed.is_empty(), "{} of {moved} are missed\n{}", missed.len(), missed.join("\n"));
    assert!(moved >= 400, "{moved} moved");
}
