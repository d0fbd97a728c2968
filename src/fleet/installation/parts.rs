//! Which parts of KServe a repository installs together, and of which release each is: they are
//! released as one (kserve v0.20 `charts/`, `config/configmap/inferenceservice.yaml`).

use std::collections::BTreeMap;

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::Release;

use super::{Finder, below, controller, is_chart, of_node, of_text, of_tree, release_of, root, tag, tag_in};
use crate::config::Stated;
use crate::discover::{FileKind, Found, is_documentation};
use crate::fleet::PlaceIndex;

/// A part of KServe that is released with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The controller, with its webhooks.
    Controller,
    /// The init container that downloads models.
    Initializer,
    /// The definitions of its kinds.
    Crds,
}

/// Parts that one cluster gets together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// Where they run; `None` where that is not said.
    pub place: Option<PlaceIndex>,
    /// Each part, with its release and the line that says it.
    pub parts: Vec<(Part, Stated<String>)>,
}

impl Unit {
    /// The release of a part; `None` where none is stated, or two are.
    #[must_use]
    pub fn only(&self, part: Part) -> Option<&Stated<String>> {
        let mut stated = self.parts.iter().filter(|(one, _)| *one == part).map(|(_, stated)| stated);
        let first = stated.next()?;
        stated.all(|other| other.value == first.value).then_some(first)
    }
}

/// The charts of the definitions; their version is KServe's own.
const CRD_CHARTS: [&str; 2] = ["kserve-crd", "kserve-crd-minimal"];

/// Everything that is installed together, in order.
pub(super) fn find(finder: &Finder<'_>) -> Vec<Unit> {
    let mut units = of_objects(finder);
    units.extend(of_applications(finder));
    let files = finder.discovery.files.values().filter(|file| file.kind == FileKind::Kustomization);
    for file in files.filter(|file| !is_documentation(&file.path)) {
        units.push(of_kustomization(finder, file));
    }
    units.retain(|unit| unit.parts.len() > 1);
    units
}

/// The Deployment, the ConfigMap and the ClusterStorageContainer of one rendering.
fn of_objects(finder: &Finder<'_>) -> Vec<Unit> {
    let mut units: BTreeMap<usize, Unit> = BTreeMap::new();
    for object in &finder.fleet.objects {
        let manifest = &object.manifest;
        let found = match (manifest.id.group(), manifest.id.kind.as_str()) {
            ("apps", "Deployment") if manifest.id.name == "kserve-controller-manager" => {
                controller(manifest).into_iter().map(|one| (Part::Controller, one)).collect()
            }
            ("", "ConfigMap") if manifest.id.name == "inferenceservice-config" => of_config(manifest),
            ("serving.kserve.io", "ClusterStorageContainer") => {
                let image = manifest.root.find(&["spec", "container", "image"]).present();
                image
                    .filter(|image| image.text().is_some_and(is_its_initializer))
                    .and_then(|image| tag(manifest, image, INITIALIZER))
                    .map(initializer)
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        };
        if !found.is_empty() {
            let unit = units.entry(object.deployable).or_default();
            unit.place = unit.place.or(Some(object.place));
            unit.parts.extend(found);
        }
    }
    units.into_values().collect()
}

/// The image that downloads models.
const INITIALIZER: &str = "storage-initializer";

/// Whether an image is KServe's own or a mirror of it: the tags of a fork are no releases of KServe's.
fn is_its_initializer(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or(image);
    let mut segments = name.rsplit('/');
    let last = segments.next().unwrap_or_default().split(':').next();
    last == Some(INITIALIZER) && segments.next() == Some("kserve")
}

fn initializer(release: Stated<String>) -> (Part, Stated<String>) {
    (Part::Initializer, release)
}

/// `data.storageInitializer` is JSON: `{"image": "kserve/storage-initializer:v0.20.0"}`.
fn of_config(manifest: &Manifest) -> Vec<(Part, Stated<String>)> {
    let config = manifest.root.find(&["data", "storageInitializer"]).present();
    let image = config.and_then(|config| of_text(manifest, config, &["image"]));
    let image = image.filter(|image| is_its_initializer(&image.value));
    let release =
        image.and_then(|image| Some(Stated { value: tag_in(&image.value, INITIALIZER)?.1, ..image }));
    release.map(initializer).into_iter().collect()
}

/// What a chart with some options installs.
fn of_chart(
    release: Option<Stated<String>>,
    option: impl Fn(&[&str]) -> Option<Stated<String>>,
) -> Vec<(Part, Stated<String>)> {
    let release = release.and_then(stated_release);
    // Until 0.16 the value `version` is an anchor of the chart's own file: another one changes no tag.
    let minor = release.as_ref().and_then(|one| one.value.parse::<Release>().ok()).map(|one| one.minor);
    let of_all = option(&["kserve", "version"]).filter(|_| minor.is_some_and(|minor| minor >= 17));
    let part = |part, name: &str| {
        let own = option(&["kserve", name, "tag"]).filter(|one| !one.value.is_empty());
        match own.or_else(|| of_all.clone()) {
            Some(own) => stated_release(own).map(|one| (part, one)),
            None => release.clone().map(|one| (part, one)),
        }
    };
    let image = option(&["kserve", "storage", "image"]);
    let is_its = image.is_none_or(|image| is_its_initializer(&image.value));
    let of_initializer = is_its.then(|| part(Part::Initializer, "storage")).flatten();
    [part(Part::Controller, "controller"), of_initializer].into_iter().flatten().collect()
}

fn stated_release(stated: Stated<String>) -> Option<Stated<String>> {
    Some(Stated { value: release_of(&stated.value)?, location: stated.location })
}

/// A chart that something deploys: with what it goes together, and what it installs.
struct Deployed {
    /// The cluster, as it is written.
    cluster: String,
    place: Option<PlaceIndex>,
    parts: Vec<(Part, Stated<String>)>,
}

/// Applications, what ApplicationSets give, and HelmReleases.
fn of_applications(finder: &Finder<'_>) -> Vec<Unit> {
    let fleet = finder.fleet;
    let objects = fleet.objects.iter().map(|object| (&object.manifest, Some(object.place)));
    let deployed = fleet.deployments.iter().map(|one| (&one.manifest, one.place));
    let mut all: Vec<Deployed> = Vec::new();
    for (manifest, place) in objects.chain(deployed) {
        all.extend(deployed_by(finder, manifest, place));
    }
    let mut units: Vec<Unit> = Vec::new();
    let mut clusters: BTreeMap<(String, _), Unit> = BTreeMap::new();
    for one in all {
        let environment = one.place.and_then(|place| fleet.place(place)).and_then(|place| place.environment);
        let unit = clusters.entry((one.cluster, environment)).or_default();
        unit.place = unit.place.or(one.place);
        // The parts of one chart go together anyway; its definitions come by another.
        unit.parts.extend(one.parts.iter().filter(|(part, _)| *part != Part::Initializer).cloned());
        let unit = Unit { place: one.place, parts: one.parts };
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    let with_crds = |unit: &Unit| unit.parts.iter().any(|(part, _)| *part == Part::Crds);
    units.extend(clusters.into_values().filter(with_crds));
    units
}

fn deployed_by(finder: &Finder<'_>, manifest: &Manifest, place: Option<PlaceIndex>) -> Vec<Deployed> {
    let root = &*manifest.root;
    if manifest.id.is("helm.toolkit.fluxcd.io", "HelmRelease") {
        let chart = root.find(&["spec", "chart", "spec"]);
        let release = chart.get("version").present().and_then(|node| of_node(manifest, node));
        let values = root.find(&["spec", "values"]).present();
        let option = |path: &[&str]| of_node(manifest, values?.find(path).present()?);
        let parts = chart.get("chart").text().map(|name| of_any_chart(name, release, option));
        let cluster = root.find(&["spec", "kubeConfig", "secretRef", "name"]).text().unwrap_or_default();
        return parts
            .map(|parts| Deployed { cluster: cluster.to_owned(), place, parts })
            .into_iter()
            .collect();
    }
    // What a set gives is a deployment of its own.
    if !manifest.id.is("argoproj.io", "Application") {
        return Vec::new();
    }
    let spec = root.get("spec");
    let cluster = ["server", "name"].into_iter().find_map(|key| spec.get("destination").get(key).text());
    let one = spec.get("source").present();
    let sources = spec.get("sources").items().iter().chain(one);
    let parts = sources.filter_map(|source| {
        let release = source.get("targetRevision").present().and_then(|node| of_node(manifest, node));
        let parts =
            of_any_chart(source.get("chart").text()?, release, |path| finder.option(manifest, source, path));
        Some(Deployed { cluster: cluster.unwrap_or_default().to_owned(), place, parts })
    });
    parts.collect()
}

fn of_any_chart(
    name: &str,
    release: Option<Stated<String>>,
    option: impl Fn(&[&str]) -> Option<Stated<String>>,
) -> Vec<(Part, Stated<String>)> {
    if is_chart(name) {
        return of_chart(release, option);
    }
    let is_crds = CRD_CHARTS.contains(&name.rsplit('/').next().unwrap_or(name));
    let release = release.filter(|_| is_crds).and_then(stated_release);
    release.map(|one| (Part::Crds, one)).into_iter().collect()
}

/// `helmCharts` of one kustomization.
fn of_kustomization(finder: &Finder<'_>, found: &Found) -> Unit {
    let tree = &*found.tree;
    let charts = root(tree).and_then(|root| tree.get(root, "helmCharts"));
    let parts = charts.map_or(&[][..], |list| tree.children(list)).iter().flat_map(|&chart| {
        let text = |key: &str| tree.get(chart, key).and_then(|node| tree.scalar(node));
        let release = tree.get(chart, "version").and_then(|node| of_tree(found, node));
        let file = text("valuesFile").and_then(|file| found.path.parent()?.join(file).ok());
        let option = |path: &[&str]| {
            let inline = tree.get(chart, "valuesInline").and_then(|values| below(tree, values, path));
            let in_file = |file: &RepoPath| finder.of_values_file(file.as_str(), path);
            inline.map_or_else(|| in_file(file.as_ref()?), |node| of_tree(found, node))
        };
        of_any_chart(text("name").unwrap_or_default(), release, option)
    });
    Unit { place: None, parts: parts.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Location;
    use mlgitops_yaml::{Role, SourceFile};
    use std::sync::Arc;

    fn stated(value: &str) -> Stated<String> {
        let file = Arc::new(SourceFile::of_text("a.yaml", "a: b\n"));
        Stated { value: value.to_owned(), location: Location::top_of(&file, Role::Source) }
    }

    /// `0.16.0 0.13.1`: the controller's and the initializer's.
    fn releases(chart: &str, options: &[(&str, &str)]) -> String {
        let option = |path: &[&str]| {
            let dotted = path.join(".");
            options.iter().find(|(key, _)| *key == dotted).map(|(_, value)| stated(value))
        };
        let parts = of_chart(Some(stated(chart)), option);
        parts.iter().map(|(_, one)| one.value.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_of_a_chart() {
        type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
        let table: [Case; 8] = [
            (
                "v0.17.0",
                &[
                    ("kserve.storage.image", "registry.example.com/own/storage-initializer"),
                    ("kserve.storage.tag", "2024.1"),
                ],
                "0.17.0",
            ),
            (
                "v0.17.0",
                &[
                    ("kserve.storage.image", "registry.example.com/kserve/storage-initializer"),
                    ("kserve.storage.tag", "v0.15.0"),
                ],
                "0.17.0 0.15.0",
            ),
            ("v0.16.0", &[], "0.16.0 0.16.0"),
            ("v0.16.0", &[("kserve.storage.tag", "v0.13.1")], "0.16.0 0.13.1"),
            ("v0.16.0", &[("kserve.version", "v0.13.1")], "0.16.0 0.16.0"),
            ("v0.17.0", &[("kserve.version", "v0.18.0")], "0.18.0 0.18.0"),
            ("v0.17.0", &[("kserve.storage.tag", "")], "0.17.0 0.17.0"),
            ("v0.17.0", &[("kserve.storage.tag", "latest")], "0.17.0"),
        ];
        for (chart, options, expected) in table {
            assert_eq!(releases(chart, options), expected, "{chart} {options:?}");
        }
    }
}
