//! Which KServe this repository installs: its releases and its default modes, each with the line
//! that says so (domain.md §1.5).

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::Release;
use mlgitops_yaml::{Node, NodeIndex, Role, SourceFile, Text, Tree, parse};
use std::sync::Arc;

#[path = "installation/config.rs"]
mod config;
#[path = "installation/parts.rs"]
mod parts;

use super::Fleet;
use crate::config::{DeploymentMode, Stated};
use crate::discover::{Discovery, FileKind, Found, is_documentation};
use crate::finding::Location;
pub use parts::{Part, Unit};

/// What a repository says of the KServe it installs; empty where it says nothing. More than one
/// entry where several clusters differ, or where one says it twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installation {
    /// Releases, as `ReleaseSet::add` reads them.
    pub releases: Vec<Stated<String>>,
    /// Modes of services that name none.
    pub modes: Vec<Stated<DeploymentMode>>,
    /// The words that KServe is told as its default mode, of whatever release.
    pub mode_words: Vec<Stated<String>>,
    /// Whether KServe makes a VirtualService for each service of the mode Knative.
    pub virtual_services: Vec<Stated<bool>>,
    /// The parts of KServe that are installed together.
    pub units: Vec<Unit>,
}

/// The charts whose version is KServe's own and whose values name the mode: `kserve`, from 0.17 on
/// `kserve-resources` (kserve v0.20 `charts/`).
const CHARTS: [&str; 2] = ["kserve", "kserve-resources"];

/// The values of those charts that become `defaultDeploymentMode` and `disableIstioVirtualHost`.
const OPTIONS: [&[&str]; 2] = [
    &["kserve", "controller", "deploymentMode"],
    &["kserve", "controller", "gateway", "disableIstioVirtualHost"],
];

/// Reads every object that is deployed, and every kustomization and chart that takes in KServe's.
#[must_use]
pub fn find(discovery: &Discovery, fleet: &Fleet) -> Installation {
    let mut found = Finder { discovery, fleet, installation: Installation::default() };
    for object in &fleet.objects {
        found.object(&object.manifest);
    }
    // What an ApplicationSet gives is no object of the repository.
    for deployment in &fleet.deployments {
        found.object(&deployment.manifest);
    }
    let kinds = [FileKind::Kustomization, FileKind::Chart];
    let files = discovery.files.values().filter(|file| kinds.contains(&file.kind));
    for file in files.filter(|file| !is_documentation(&file.path)) {
        match file.kind {
            FileKind::Kustomization => found.kustomization(file),
            FileKind::Chart if file.path.file_name() == "Chart.yaml" => found.chart(file),
            _ => {}
        }
    }
    found.patches_of_config();
    let units = parts::find(&found);
    let Installation { releases, modes, mode_words, virtual_services, .. } = found.installation;
    Installation {
        releases: in_order(releases),
        modes: in_order(modes),
        mode_words: in_order(mode_words),
        virtual_services: in_order(virtual_services),
        units,
    }
}

/// By file and line, each once.
fn in_order<T: PartialEq>(mut all: Vec<Stated<T>>) -> Vec<Stated<T>> {
    all.sort_by_key(|one| (one.location.path().to_owned(), one.location.start));
    all.dedup();
    all
}

struct Finder<'d> {
    discovery: &'d Discovery,
    fleet: &'d Fleet,
    installation: Installation,
}

impl Finder<'_> {
    fn object(&mut self, manifest: &Manifest) {
        let root = &*manifest.root;
        match (manifest.id.group(), manifest.id.kind.as_str()) {
            ("", "ConfigMap") if manifest.id.name == config::NAME => {
                self.config_map(manifest);
            }
            ("apps", "Deployment") if manifest.id.name == "kserve-controller-manager" => {
                self.controller(manifest);
            }
            ("argoproj.io", "Application") => self.application(manifest, root),
            ("argoproj.io", "ApplicationSet") => {
                if let Some(template) = root.find(&["spec", "template"]).present() {
                    self.application(manifest, template);
                }
            }
            ("helm.toolkit.fluxcd.io", "HelmRelease") => {
                let chart = root.find(&["spec", "chart", "spec"]);
                let is_its = chart.get("chart").text().is_some_and(is_chart);
                if is_its {
                    self.release(manifest, chart.get("version").present());
                }
                // The chart of a reference is another object; the values are KServe's by their path.
                if is_its || root.find(&["spec", "chartRef"]).present().is_some() {
                    let values = root.find(&["spec", "values"]).present();
                    self.told(OPTIONS.map(|path| of_node(manifest, values?.find(path).present()?)));
                }
            }
            ("source.toolkit.fluxcd.io", "OCIRepository") => {
                let spec = root.get("spec");
                let name = spec.get("url").text().and_then(|url| url.rsplit('/').next());
                if name.is_some_and(is_chart) {
                    self.release(manifest, spec.get("ref").get("tag").present());
                }
            }
            // Open Data Hub and OpenShift AI install KServe by this object.
            ("datasciencecluster.opendatahub.io", "DataScienceCluster") => {
                let mode = root.find(&["spec", "components", "kserve", "defaultDeploymentMode"]);
                self.mode_node(manifest, mode.present());
            }
            _ => {}
        }
    }

    /// The tag of the controller's image is KServe's release.
    fn controller(&mut self, manifest: &Manifest) {
        self.installation.releases.extend(controller(manifest));
    }

    fn application(&mut self, manifest: &Manifest, application: &Node) {
        let spec = application.get("spec");
        let one = spec.get("source").present();
        for source in spec.get("sources").items().iter().chain(one) {
            if source.get("chart").text().is_some_and(is_chart) {
                self.release(manifest, source.get("targetRevision").present());
                self.told(OPTIONS.map(|path| self.option(manifest, source, path)));
            }
        }
    }

    /// A value of a chart, as a source of an Application gives it. In Argo CD's order: what is given
    /// most closely counts (domain.md §3.7).
    fn option(&self, manifest: &Manifest, source: &Node, path: &[&str]) -> Option<Stated<String>> {
        let helm = source.get("helm");
        let dotted = path.join(".");
        let mut parameters = helm.get("parameters").items().iter();
        let stated = parameters.rfind(|one| one.get("name").text() == Some(dotted.as_str()));
        if let Some(value) = stated.and_then(|one| one.get("value").present()) {
            return of_node(manifest, value);
        }
        if let Some(values) = helm.get("valuesObject").present().filter(|values| !values.is_null()) {
            if let Some(value) = values.find(path).present() {
                return of_node(manifest, value);
            }
        } else if let Some(value) =
            helm.get("values").present().and_then(|node| of_text(manifest, node, path))
        {
            return Some(value);
        }
        let files = helm.get("valueFiles").items().iter().rev().filter_map(Node::text);
        // `$ref/path` is a path of the repository that `ref` names, most often this one.
        let mut paths = files.map(|file| {
            file.strip_prefix('$').and_then(|rest| rest.split_once('/')).map_or(file, |(_, path)| path)
        });
        paths.find_map(|file| self.of_values_file(file, path))
    }

    /// What a values file of this repository says.
    fn of_values_file(&self, file: &str, path: &[&str]) -> Option<Stated<String>> {
        let found = self.discovery.files.get(&RepoPath::parse(file).ok()?)?;
        of_tree(found, at(&found.tree, path)?)
    }

    /// `helmCharts`, and KServe's own release files among the resources.
    fn kustomization(&mut self, found: &Found) {
        let tree = &*found.tree;
        let Some(root) = root(tree) else { return };
        for list in ["resources", "bases"] {
            let entries = tree.get(root, list).map_or(&[][..], |list| tree.children(list));
            for &entry in entries {
                let Some(release) = tree.scalar(entry).and_then(release_of_url) else { continue };
                self.add_release(release, Some(in_file(&found.file, tree, entry)));
            }
        }
        let charts = tree.get(root, "helmCharts").map_or(&[][..], |list| tree.children(list));
        for &chart in charts {
            let text = |key: &str| tree.get(chart, key).and_then(|node| tree.scalar(node));
            if !text("name").is_some_and(is_chart) {
                continue;
            }
            if let Some(version) = tree.get(chart, "version") {
                self.tree_release(found, version);
            }
            let file = text("valuesFile").and_then(|file| found.path.parent()?.join(file).ok());
            self.told(OPTIONS.map(|path| {
                let inline = tree.get(chart, "valuesInline").and_then(|values| below(tree, values, path));
                let in_file = || self.of_values_file(file.as_ref()?.as_str(), path);
                inline.and_then(|node| of_tree(found, node)).or_else(in_file)
            }));
        }
    }

    /// A chart that depends on KServe's: the version there, the mode below its alias.
    fn chart(&mut self, found: &Found) {
        let tree = &*found.tree;
        let entries = root(tree).and_then(|root| tree.get(root, "dependencies"));
        for &entry in entries.map_or(&[][..], |list| tree.children(list)) {
            let text = |key: &str| tree.get(entry, key).and_then(|node| tree.scalar(node));
            let Some(name) = text("name").filter(|name| is_chart(name)) else { continue };
            if let Some(version) = tree.get(entry, "version") {
                self.tree_release(found, version);
            }
            let values = found.path.parent().and_then(|folder| folder.join("values.yaml").ok());
            let Some(values) = values.and_then(|path| self.discovery.files.get(&path)) else { continue };
            let chart = at(&values.tree, &[text("alias").unwrap_or(name)]);
            self.told(OPTIONS.map(|path| of_tree(values, below(&values.tree, chart?, path)?)));
        }
    }

    fn release(&mut self, manifest: &Manifest, version: Option<&Node>) {
        if let Some((text, node)) = version.and_then(|node| Some((node.text()?, node))) {
            self.add_release(text, manifest.place(node.origin).map(Location::from));
        }
    }

    fn tree_release(&mut self, found: &Found, node: NodeIndex) {
        if let Some(text) = found.tree.scalar(node) {
            self.add_release(text, Some(in_file(&found.file, &found.tree, node)));
        }
    }

    fn add_release(&mut self, text: &str, location: Option<Location>) {
        if let (Some(value), Some(location)) = (release_of(text), location) {
            self.installation.releases.push(Stated { value, location });
        }
    }

    /// What was found under each of [`OPTIONS`].
    fn told(&mut self, [mode, disabled]: [Option<Stated<String>>; 2]) {
        if let Some(Stated { value, location }) = mode {
            self.add_mode(&value, Some(location));
        }
        if let Some((location, value)) =
            disabled.and_then(|one| Some((one.location, one.value.parse().ok()?)))
        {
            let disabled: bool = value;
            self.installation.virtual_services.push(Stated { value: !disabled, location });
        }
    }

    fn mode_node(&mut self, manifest: &Manifest, node: Option<&Node>) {
        if let Some((text, node)) = node.and_then(|node| Some((node.text()?, node))) {
            self.add_mode(text, manifest.place(node.origin).map(Location::from));
        }
    }

    fn add_mode(&mut self, word: &str, location: Option<Location>) {
        let Some(location) = location else { return };
        self.installation.mode_words.push(Stated { value: word.to_owned(), location: location.clone() });
        if let Some(value) = DeploymentMode::parse(word) {
            self.installation.modes.push(Stated { value, location });
        }
    }
}

/// The releases that the images of a controller name.
fn controller(manifest: &Manifest) -> Vec<Stated<String>> {
    let containers = manifest.root.find(&["spec", "template", "spec", "containers"]).items();
    let images = containers.iter().filter_map(|container| container.get("image").present());
    images.filter_map(|image| tag(manifest, image, "kserve-controller")).collect()
}

/// The release that the tag of an image names, where it is the image of that name.
fn tag(manifest: &Manifest, image: &Node, wanted: &str) -> Option<Stated<String>> {
    let (range, release) = tag_in(image.text()?, wanted)?;
    let location = Location::from(manifest.content_of_piece(image, range).into_iter().next()?);
    Some(Stated { value: release, location })
}

/// Where the tag of an image stands, and the release it names.
fn tag_in(text: &str, wanted: &str) -> Option<(std::ops::Range<usize>, String)> {
    let name = text.split('@').next().unwrap_or(text);
    let (name, tag) = name.rsplit_once(':')?;
    let last = name.rsplit('/').next()?;
    (last == wanted).then(|| Some((name.len() + 1..name.len() + 1 + tag.len(), release_of(tag)?))).flatten()
}

/// What a scalar of an object says, and where.
fn of_node(manifest: &Manifest, node: &Node) -> Option<Stated<String>> {
    let location = Location::from(manifest.place(node.origin)?);
    Some(Stated { value: node.text()?.to_owned(), location })
}

/// What a scalar of a file says, and where.
fn of_tree(found: &Found, node: NodeIndex) -> Option<Stated<String>> {
    let value = found.tree.scalar(node)?.to_owned();
    Some(Stated { value, location: in_file(&found.file, &found.tree, node) })
}

/// What YAML or JSON in a scalar of an object says, and where.
fn of_text(manifest: &Manifest, node: &Node, path: &[&str]) -> Option<Stated<String>> {
    let (text, tree) = embedded(manifest, node)?;
    let node = at(&tree, path)?;
    let mut origins = (*manifest.origins).clone();
    let origin = text.origin(tree.range(node), &mut origins);
    let location = Location::from(origins.first(origin)?);
    Some(Stated { value: tree.scalar(node)?.to_owned(), location })
}

/// YAML or JSON that stands in a scalar of an object.
fn embedded(manifest: &Manifest, node: &Node) -> Option<(Text, Tree)> {
    let mut origins = (*manifest.origins).clone();
    let text = node.as_scalar()?.to_text(node.origin, &mut origins);
    let tree = parse(text.clone());
    Some((text, tree))
}

fn root(tree: &Tree) -> Option<NodeIndex> {
    tree.documents().first()?.root
}

fn at(tree: &Tree, path: &[&str]) -> Option<NodeIndex> {
    below(tree, root(tree)?, path)
}

fn below(tree: &Tree, from: NodeIndex, path: &[&str]) -> Option<NodeIndex> {
    path.iter().try_fold(from, |node, key| tree.get(node, key))
}

fn in_file(file: &Arc<SourceFile>, tree: &Tree, node: NodeIndex) -> Location {
    Location::new(file, tree.range(node), Role::Values)
}

/// `kserve`, also where an OCI repository is named before it.
fn is_chart(name: &str) -> bool {
    CHARTS.contains(&name.rsplit('/').next().unwrap_or(name))
}

/// The release a version names: `v0.16.0`, `0.16.*`, `~0.16.1` and `^0.16.1`, which stay in one
/// minor release. Anything else may be any release.
fn release_of(version: &str) -> Option<String> {
    let version = version.trim();
    let (version, whole_minor) = match version.strip_prefix(['~', '^']) {
        Some(rest) => (rest, true),
        None => (version.strip_prefix('=').unwrap_or(version), false),
    };
    let version = version.trim_start().trim_end_matches(".*").trim_end_matches(".x").trim_end_matches(".X");
    let release: Release = version.parse().ok()?;
    // A lone `0` names no minor release.
    let minor_is_stated = version.contains('.');
    let numbers = version.split(['-', '+']).next().map_or(0, |core| core.split('.').count());
    minor_is_stated.then(|| match numbers {
        3 if !whole_minor => format!("{}.{}.{}", release.major, release.minor, release.patch),
        _ => format!("{}.{}", release.major, release.minor),
    })
}

/// `https://github.com/kserve/kserve/releases/download/v0.12.1/kserve.yaml`, and
/// `github.com/kserve/kserve//config/default?ref=v0.15.0`.
fn release_of_url(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("github.com/kserve/kserve")?;
    if let Some(rest) = rest.strip_prefix("/releases/download/") {
        let (release, file) = rest.split_once('/')?;
        return file.starts_with("kserve").then_some(release);
    }
    let (folder, query) = rest.split_once('?')?;
    let reference = query.split('&').find_map(|pair| pair.strip_prefix("ref="));
    reference.filter(|_| folder.contains("config"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_a_release_or_any() {
        for (version, expected) in [
            ("v0.16.0", Some("0.16.0")),
            ("0.17", Some("0.17")),
            ("v0.17.0-rc1", Some("0.17.0")),
            ("0.15.*", Some("0.15")),
            ("0.15.x", Some("0.15")),
            ("~0.15.2", Some("0.15")),
            ("^0.15.2", Some("0.15")),
            ("=0.15.2", Some("0.15.2")),
            (">=0.15.0", None),
            (">=0.15.0 <0.17.0", None),
            ("0", None),
            ("*", None),
            ("latest", None),
            ("HEAD", None),
            ("", None),
        ] {
            assert_eq!(release_of(version).as_deref(), expected, "{version}");
        }
    }

    #[test]
    fn only_kserve_s_own_files_name_its_release() {
        for (url, expected) in [
            ("https://github.com/kserve/kserve/releases/download/v0.12.1/kserve.yaml", Some("v0.12.1")),
            (
                "https://github.com/kserve/kserve/releases/download/v0.12.1/kserve-cluster-resources.yaml",
                Some("v0.12.1"),
            ),
            ("github.com/kserve/kserve//config/default?timeout=120&ref=v0.15.0", Some("v0.15.0")),
            ("https://github.com/kserve/kserve/releases/download/v0.12.1/install.sh", None),
            ("https://github.com/kserve/modelmesh-serving//config/default?ref=v0.12.0", None),
            ("https://github.com/kserve/kserve//docs/samples?ref=v0.12.0", None),
        ] {
            assert_eq!(release_of_url(url), expected, "{url}");
        }
    }
}
