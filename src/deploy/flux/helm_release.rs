//! A HelmRelease: its chart, the values it gives, and what it changes in what the chart prints
//! (helm-controller v1.6 `api/v2`, fluxcd/pkg v1.9 `chartutil/values.go`).

use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Lookup, Node, OriginId, Origins};
use sha2::{Digest, Sha256};

use super::objects::{Asker, Data};
use super::source::{self, NoFolder};
use super::{Reading, World};
use super::{lacking, pairs};
use crate::deploy::Deployment;
use crate::discover::NotHere;
use crate::finding::Code;
use crate::kinds::flux::SourceRef;
use crate::render::{Around, Given, GivenNode, Helm, Job, Lacking, Parameter, ParameterKind, Tool};

/// The key of a ConfigMap that holds values, where none is named.
const VALUES_KEY: &str = "values.yaml";

/// Reads a HelmRelease.
pub(super) fn read(manifest: &Manifest, world: &World<'_>, origins: &mut Origins, reading: &mut Reading) {
    let spec = manifest.root.get("spec");
    let mut deployment = world.deployment(manifest, origins);
    let target = said(spec.get("targetNamespace"));
    let own = said(manifest.root.get("metadata").get("namespace"));
    deployment.namespace = target.or(own).and_then(|node| Given::of(node, origins));
    let found = chart(manifest, world);
    let Some(chart) = reading.at_hand(found, &deployment, world, origins) else { return };
    let metadata = spec.get("commonMetadata");
    let around = Around {
        post: post_renderers(spec, origins),
        labels: pairs(metadata.get("labels").present(), origins),
        annotations: pairs(metadata.get("annotations").present(), origins),
    };
    let mut helm = Helm {
        without_own_values: !chart.values_files.is_empty(),
        value_files: chart.values_files,
        release_name: release_name(manifest, origins),
        namespace: deployment.namespace.clone(),
        values_object: spec
            .get("values")
            .present()
            .and_then(|node| GivenNode::of(node, origins))
            .map(Box::new),
        skip_schemas: is_true(spec.get("install").get("disableSchemaValidation")),
        around: (around != Around::default()).then(|| Box::new(around)),
        ..Helm::default()
    };
    match values_from(manifest, world, origins, &mut helm, reading) {
        Values::Read => {}
        Values::Waiting => return reading.waiting.push(manifest.clone()),
        Values::Refused(words, at) => {
            let path = chart.folder.to_string();
            reading.named.push(chart.folder);
            return reading.refuse("flux-values", &deployment, words, path, origins.first(at));
        }
    }
    let job = Job { path: chart.folder, tool: Tool::Helm(helm) };
    reading.found.push(Deployment { jobs: vec![Arc::new(job)], ..deployment });
}

fn said(field: Lookup<'_>) -> Option<&Node> {
    field.present().filter(|node| node.text().is_some_and(|text| !text.is_empty()))
}

fn is_true(field: Lookup<'_>) -> bool {
    field.present().and_then(Node::as_bool) == Some(true)
}

/// A chart of this repository, as a release takes it.
struct Chart {
    folder: RepoPath,
    /// The files that stand in for its own values; empty: its own count.
    values_files: Vec<RepoPath>,
}

fn elsewhere<'n, T>(reason: String, at: &'n Node) -> Result<T, NoFolder<'n>> {
    Err(NoFolder::NotHere(NotHere { code: Code::Remote, reason, help: None }, at))
}

fn chart<'w>(manifest: &'w Manifest, world: &'w World<'_>) -> Result<Chart, NoFolder<'w>> {
    let spec = manifest.root.get("spec");
    let own = manifest.id.namespace.as_deref();
    if let Some(reference) = spec.get("chartRef").present().filter(|node| !node.is_null()) {
        return referred(reference, own, world);
    }
    match spec.get("chart").get("spec").present() {
        Some(described) => of_source(described, own, world),
        None => {
            let words = "it names no chart".to_owned();
            Err(NoFolder::Refused(words, spec.present().unwrap_or(&manifest.root)))
        }
    }
}

/// The chart of an object that describes it.
fn referred<'w>(
    reference: &'w Node,
    own: Option<&'w str>,
    world: &'w World<'_>,
) -> Result<Chart, NoFolder<'w>> {
    let Some(named) = SourceRef::of(reference) else {
        return Err(NoFolder::Refused("it names no chart".to_owned(), reference));
    };
    let (kind, name) = (named.kind, named.name);
    let namespace = named.namespace.or(own);
    let Some(object) = world.objects.find(kind, name, Asker { namespace, ..world.asker() }) else {
        return elsewhere(format!("its chart, the {kind} `{name}`, is not in this repository"), reference);
    };
    let spec = object.root.get("spec");
    if kind == "HelmChart" {
        let namespace = object.id.namespace.as_deref().or(namespace);
        return match spec.present().map(|described| of_source(described, namespace, world)) {
            Some(Ok(chart)) => Ok(chart),
            // The place of the other object is in other origins: the reference is the place to look at.
            Some(Err(NoFolder::Refused(words, _))) => Err(NoFolder::Refused(words, reference)),
            Some(Err(NoFolder::NotHere(why, _))) => Err(NoFolder::NotHere(why, reference)),
            None => Err(NoFolder::Refused(format!("the HelmChart `{name}` is empty"), reference)),
        };
    }
    let (url, tags) = (spec.get("url").text().unwrap_or(""), spec.get("ref"));
    let version = ["digest", "semver", "tag"].iter().find_map(|field| tags.get(field).text());
    let version = version.unwrap_or("latest");
    elsewhere(format!("its chart is `{url}` {version}, the {kind} `{name}`"), reference)
}

/// The chart that `chart.spec`, or the spec of a HelmChart, describes.
fn of_source<'w>(
    described: &'w Node,
    own: Option<&'w str>,
    world: &'w World<'_>,
) -> Result<Chart, NoFolder<'w>> {
    let (written, reference) = (said(described.get("chart")), described.get("sourceRef").present());
    let (Some(written), Some(reference)) = (written, reference) else {
        return Err(NoFolder::Refused("it names no chart".to_owned(), described));
    };
    let name = written.text().unwrap_or("");
    let Some(source) = SourceRef::of(reference) else {
        return Err(NoFolder::Refused("its chart has no source".to_owned(), reference));
    };
    if source.kind != "GitRepository" {
        let version = described.get("version").text().filter(|version| !version.is_empty());
        let version = version.unwrap_or("*");
        let reason = format!("its chart `{name}` {version} is in the {} `{}`", source.kind, source.name);
        return elsewhere(reason, written);
    }
    let (base, below) =
        source::open(source, own, name, world).map_err(|why| NoFolder::NotHere(why, source.node))?;
    let folder = source::folder(&base, written, &below, world)?;
    let ignores_missing = is_true(described.get("ignoreMissingValuesFiles"));
    let mut values_files = Vec::new();
    // The one file of v2beta1 comes before the list.
    let one = said(described.get("valuesFile"));
    for file in one.into_iter().chain(described.get("valuesFiles").items()) {
        let text = file.text().unwrap_or("");
        let path = base.join(&source::from_top(text)).ok().flatten();
        let is_there = |path: &RepoPath| world.tree.trees.files().kind(path).is_some();
        match path.filter(is_there) {
            Some(path) => values_files.push(path),
            None if ignores_missing => {}
            None => return Err(NoFolder::Refused(format!("there is no values file `{text}`"), file)),
        }
    }
    Ok(Chart { folder, values_files })
}

/// The name of the release, as the controller gives it to Helm: of one that is longer than 53
/// characters the first 40, and 12 of its hash (helm-controller v1.6 `internal/release/name.go`).
fn release_name(manifest: &Manifest, origins: &mut Origins) -> Option<Given> {
    const MOST: usize = 53;
    const KEPT: usize = 40;
    const OF_HASH: usize = 12;
    let name = whole_name(manifest, origins)?;
    if name.text.len() <= MOST {
        return Some(name);
    }
    let hash: String =
        Sha256::digest(name.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = hash.get(..OF_HASH).unwrap_or_default();
    Some(Given::concat(&[name.slice(0..KEPT), Given::builtin(&format!("-{hash}"))]))
}

/// `releaseName`, else the target namespace and the name (`GetReleaseName`).
fn whole_name(manifest: &Manifest, origins: &mut Origins) -> Option<Given> {
    let spec = manifest.root.get("spec");
    if let Some(name) = said(spec.get("releaseName")) {
        return Given::of(name, origins);
    }
    let name = Given::of(manifest.root.get("metadata").get("name").present()?, origins)?;
    let target = said(spec.get("targetNamespace")).and_then(|node| Given::of(node, origins));
    Some(match target {
        Some(target) => Given::concat(&[target, Given::builtin("-"), name]),
        None => name,
    })
}

/// What came of `valuesFrom`.
enum Values {
    /// What is in Git is taken.
    Read,
    /// Something it names may still be rendered.
    Waiting,
    /// The controller fails: the words, and the field.
    Refused(String, OriginId),
}

/// `valuesFrom`, in its order.
fn values_from(
    manifest: &Manifest,
    world: &World<'_>,
    origins: &mut Origins,
    helm: &mut Helm,
    reading: &mut Reading,
) -> Values {
    let namespace = manifest.id.namespace.as_deref();
    let mut missing = Vec::new();
    for entry in manifest.root.get("spec").get("valuesFrom").items() {
        let (kind, name) = (entry.get("kind").text().unwrap_or(""), entry.get("name").text().unwrap_or(""));
        let key = entry.get("valuesKey").text().filter(|key| !key.is_empty()).unwrap_or(VALUES_KEY);
        let is_optional = is_true(entry.get("optional"));
        if kind == "Secret" {
            missing.push((format!("the values of Secret `{name}` are not read"), entry.origin));
            lack(helm, entry, &missing);
            continue;
        }
        let asker = Asker { namespace, ..world.asker() };
        let data = world.objects.config_map(name, asker);
        if data.is_none() && !world.is_last {
            return Values::Waiting;
        }
        let value = data.as_ref().and_then(|data| data.values.iter().find(|(name, _)| name == key));
        match value {
            Some((_, value)) => {
                let naming =
                    ["name", "valuesKey", "targetPath"].iter().filter_map(|field| entry.get(field).present());
                let value = value.clone().guarded_by(naming, origins);
                match said(entry.get("targetPath")) {
                    Some(path) => {
                        let is_literal = is_true(entry.get("literal"));
                        helm.turns.push(helm.values.len());
                        helm.parameters.push(parameter(path.text().unwrap_or(""), &value, is_literal));
                    }
                    None => helm.values.push(value),
                }
            }
            None if data.as_ref().is_some_and(|data| data.unknown.iter().any(|name| name == key)) => {
                missing.push((format!("`{key}` of ConfigMap `{name}` is not known"), entry.origin));
            }
            // What is optional and nowhere in Git is taken to be nowhere.
            None if is_optional => {}
            None if let Some(data) = &data => {
                // Another of its name, which is rendered later, may be the one.
                if !world.is_last {
                    return Values::Waiting;
                }
                let words = format!("ConfigMap `{name}` has no key `{key}`{}", only_key(data));
                if !world.objects.has_key(name, key, asker) {
                    let at = entry.get("valuesKey").present().or(entry.get("name").present());
                    return Values::Refused(words, at.unwrap_or(entry).origin);
                }
                missing.push((words, entry.origin));
            }
            None => missing.push((lacking("ConfigMap", name, namespace), entry.origin)),
        }
        lack(helm, entry, &missing);
    }
    for (words, at) in missing {
        reading.in_cluster("values", manifest, words, origins.first(at));
    }
    Values::Read
}

/// The key of a ConfigMap that has one alone, as words that follow others.
fn only_key(data: &Data) -> String {
    match (data.values.as_slice(), data.unknown.as_slice()) {
        ([(only, _)], []) | ([], [only]) => format!(", only `{only}`"),
        _ => String::new(),
    }
}

/// Notes of an entry of `valuesFrom`, if it is the last one that is missing, what its values lie over.
fn lack(helm: &mut Helm, entry: &Node, missing: &[(String, OriginId)]) {
    let Some((words, _)) = missing.last().filter(|(_, origin)| *origin == entry.origin) else { return };
    let earlier = helm.values.clone();
    let lacking =
        helm.lacking.get_or_insert_with(|| Box::new(Lacking { reason: words.as_str().into(), over: None }));
    if said(entry.get("targetPath")).is_none() {
        **lacking = Lacking { reason: words.as_str().into(), over: Some(earlier) };
    }
}

/// A value at a path; in quotes it stays text, and a literal one is taken as it stands.
fn parameter(path: &str, value: &Given, is_literal: bool) -> Parameter {
    if is_literal {
        return Parameter { name: path.to_owned(), value: value.clone(), kind: ParameterKind::Literal };
    }
    const QUOTES: [char; 2] = ['\'', '"'];
    let text = &*value.text;
    let is_in = |quote: &char| text.starts_with(*quote) && text.ends_with(*quote);
    let (value, kind) = match QUOTES.iter().any(is_in) {
        true => {
            let end = text.trim_end_matches(QUOTES).len();
            let start = (text.len() - text.trim_start_matches(QUOTES).len()).min(end);
            (value.slice(start..end), ParameterKind::Text)
        }
        false => (value.clone(), ParameterKind::Typed),
    };
    Parameter { name: path.to_owned(), value, kind }
}

/// What each post-renderer sets in the kustomization that it puts around what the chart prints.
fn post_renderers(spec: Lookup<'_>, origins: &mut Origins) -> Vec<Vec<(String, GivenNode)>> {
    const FIELDS: [&str; 4] = ["patches", "images", "patchesStrategicMerge", "patchesJson6902"];
    let mut all = Vec::new();
    for renderer in spec.get("postRenderers").items() {
        let kustomize = renderer.get("kustomize");
        let mut fields = Vec::new();
        for field in FIELDS {
            let value = kustomize.get(field).present().and_then(|node| GivenNode::of(node, origins));
            fields.extend(value.map(|value| (field.to_owned(), value)));
        }
        all.push(fields);
    }
    all.retain(|fields| !fields.is_empty());
    all
}
