//! A HelmRelease: its chart, the values it gives, and what it changes in what the chart prints
//! (helm-controller v1.6 `api/v2`, fluxcd/pkg v1.9 `chartutil/values.go`).

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Lookup, Node, Origins};

use super::objects::Asker;
use super::source::{self, NoFolder};
use super::{Reading, World};
use crate::deploy::Deployment;
use crate::discover::NotHere;
use crate::finding::Code;
use crate::kinds::flux::SourceRef;
use crate::render::{Given, GivenNode, Helm, Job, Parameter, ParameterKind, Tool};

/// The key of a ConfigMap that holds values, where none is named.
const VALUES_KEY: &str = "values.yaml";

/// Reads a HelmRelease.
pub(super) fn read(manifest: &Manifest, world: &World<'_>, origins: &mut Origins, reading: &mut Reading) {
    let spec = manifest.root.get("spec");
    let mut deployment = world.deployment(manifest, origins);
    let target = said(spec.get("targetNamespace"));
    let own = said(manifest.root.get("metadata").get("namespace"));
    deployment.namespace = target.or(own).and_then(|node| Given::of(node, origins));
    let chart = match chart(manifest, world) {
        Ok(chart) => chart,
        Err(NoFolder::Refused(words, at)) => {
            let path = at.text().unwrap_or("").to_owned();
            return reading.refuse(&deployment, words, path, origins.first(at.origin));
        }
        Err(NoFolder::NotHere(why, at)) => {
            return reading.not_checked(manifest, why, origins.first(at.origin));
        }
    };
    let mut helm = Helm {
        value_files: chart.value_files,
        release_name: release_name(manifest, origins),
        namespace: deployment.namespace.clone(),
        values_object: spec.get("values").present().and_then(|node| GivenNode::of(node, origins)),
        post: post_renderers(spec, origins),
        skip_schemas: is_true(spec.get("install").get("disableSchemaValidation")),
        ..Helm::default()
    };
    if !values_from(manifest, world, origins, &mut helm, reading) {
        return reading.waiting.push(manifest.clone());
    }
    let job = Job { path: chart.folder, tool: Tool::Helm(helm) };
    reading.found.push(Deployment { jobs: vec![job], ..deployment });
}

fn said(field: Lookup<'_>) -> Option<&Node> {
    field.present().filter(|node| node.text().is_some_and(|text| !text.is_empty()))
}

fn is_true(field: Lookup<'_>) -> bool {
    field.present().and_then(Node::as_bool) == Some(true)
}

struct Chart {
    folder: RepoPath,
    value_files: Vec<RepoPath>,
}

fn chart<'n>(manifest: &'n Manifest, world: &World<'_>) -> Result<Chart, NoFolder<'n>> {
    let spec = manifest.root.get("spec");
    let elsewhere = |reason: String, at: &'n Node| {
        Err(NoFolder::NotHere(NotHere { code: Code::Remote, reason, help: None }, at))
    };
    if let Some(reference) = spec.get("chartRef").present().filter(|node| !node.is_null()) {
        let (kind, name) = (reference.get("kind").text(), reference.get("name").text());
        let (kind, name) = (kind.unwrap_or("OCIRepository"), name.unwrap_or(""));
        return elsewhere(format!("its chart is the {kind} `{name}`"), reference);
    }
    let of_chart = spec.get("chart").get("spec");
    let (Some(written), Some(reference)) = (said(of_chart.get("chart")), of_chart.get("sourceRef").present())
    else {
        let words = "it names no chart".to_owned();
        return Err(NoFolder::Refused(words, spec.present().unwrap_or(&manifest.root)));
    };
    let name = written.text().unwrap_or("");
    let Some(source) = SourceRef::of(reference) else {
        return Err(NoFolder::Refused("its chart has no source".to_owned(), reference));
    };
    if source.kind != "GitRepository" {
        let version = of_chart.get("version").text().map_or(String::new(), |version| format!(" {version}"));
        let reason = format!("its chart `{name}`{version} is in the {} `{}`", source.kind, source.name);
        return elsewhere(reason, written);
    }
    let (base, below) = source::open(source, manifest.id.namespace.as_deref(), name, world)
        .map_err(|why| NoFolder::NotHere(why, source.node))?;
    let folder = source::folder(&base, written, &below, world)?;
    let files = of_chart.get("valuesFiles").items();
    let mut value_files = Vec::new();
    for file in files {
        if let Ok(Some(path)) = base.join(file.text().unwrap_or("").trim_start_matches('/')) {
            value_files.push(path);
        }
    }
    // The list stands in for the chart's own values: with them first it adds to them.
    if let Some(first) = files.first() {
        let own = folder.join("values.yaml").ok();
        if value_files.first() != own.as_ref() {
            let reason = "its `valuesFiles` stand in for the values of its chart".to_owned();
            return elsewhere(reason, first);
        }
        value_files.remove(0);
    }
    Ok(Chart { folder, value_files })
}

/// `releaseName`, else the target namespace and the name (`GetReleaseName`).
fn release_name(manifest: &Manifest, origins: &mut Origins) -> Option<Given> {
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

/// `valuesFrom`, in its order; whether everything it names was looked for.
fn values_from(
    manifest: &Manifest,
    world: &World<'_>,
    origins: &mut Origins,
    helm: &mut Helm,
    reading: &mut Reading,
) -> bool {
    let namespace = manifest.id.namespace.as_deref();
    let mut missing = Vec::new();
    for entry in manifest.root.get("spec").get("valuesFrom").items() {
        let (kind, name) = (entry.get("kind").text().unwrap_or(""), entry.get("name").text().unwrap_or(""));
        let key = entry.get("valuesKey").text().filter(|key| !key.is_empty()).unwrap_or(VALUES_KEY);
        let is_optional = is_true(entry.get("optional"));
        if kind == "Secret" {
            missing.push((format!("the values of Secret `{name}` are not in Git"), entry.origin));
            continue;
        }
        let data = world.objects.config_map(name, Asker { namespace, ..world.asker() });
        if data.is_none() && !world.is_last {
            return false;
        }
        let value = data.as_ref().and_then(|data| data.iter().find(|(name, _)| name == key));
        match value {
            Some((_, value)) => match said(entry.get("targetPath")) {
                Some(path) => helm.parameters.push(parameter(path.text().unwrap_or(""), value)),
                None => helm.values.push(value.clone()),
            },
            // What is optional and nowhere in Git is taken to be nowhere.
            None if is_optional => {}
            None if data.is_some() => {
                missing.push((format!("ConfigMap `{name}` has no key `{key}`"), entry.origin));
            }
            None => missing.push((format!("ConfigMap `{name}` is not in this repository"), entry.origin)),
        }
    }
    helm.lacks_values = !missing.is_empty();
    for (words, at) in missing {
        reading.in_cluster("values", manifest, words, origins.first(at));
    }
    true
}

/// A value at a path; in quotes it stays text.
fn parameter(path: &str, value: &Given) -> Parameter {
    let text = &*value.text;
    let is_in = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    let (value, kind) = match is_in('\'') || is_in('"') {
        true => (value.slice(1..text.len() - 1), ParameterKind::Text),
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
