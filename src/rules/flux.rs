//! What rules ask about Flux as a whole: which releases of it may run, and which object a name means.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_kustomize::Target;
use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{Availability, Project, Release, ReleaseSet};
use mlgitops_yaml::{Node, OriginId, Pointer, Text, Value, parse};

use crate::config::{FluxConfig, Stated};
use crate::deploy::flux;
use crate::finding::Location;
use crate::fleet::{Deployment, Fleet, Object};
use crate::kinds;
use crate::kinds::argocd::GROUP;
use crate::kinds::flux::{SOURCE_GROUP, SourceRef, is_helm_release};

/// How charts name the field that says where a model lies.
const MODEL_FIELDS: [&str; 4] = ["storageUri", "storageURI", "modelUri", "modelURI"];

/// The minor releases of Flux 2 that are supported, and asked about where nothing names one.
const SUPPORTED: [u16; 3] = [7, 8, 9];

/// The minor release of Flux 2 whose Kustomizations have `ignore`.
pub(super) const IGNORE_SINCE: u16 = 9;

/// Whether the chart of a HelmRelease lies elsewhere: in a HelmRepository, or in an OCIRepository
/// that its `chartRef` names. Only its own lines tell what it deploys then.
#[must_use]
pub fn has_chart_elsewhere(release: &Manifest) -> bool {
    let spec = release.root.get("spec");
    spec.get("chart").get("spec").get("sourceRef").get("kind").text() == Some("HelmRepository")
        || spec.get("chartRef").get("kind").text() == Some("OCIRepository")
}

/// What is known of Flux from the configuration and the repository.
#[derive(Debug, Clone, Default)]
pub struct Flux {
    /// The releases that run, each with the line that names it; empty: nothing does.
    pub releases: Vec<Stated<String>>,
    /// Whether Flux deploys from this repository, and Argo CD does not.
    pub is_alone: bool,
    /// Whether Argo CD deploys from this repository, and Flux does not.
    pub is_absent: bool,
    /// The sources that others name, by kind and name: their indices in the fleet.
    sources: BTreeMap<(String, String), Vec<usize>>,
    /// The entries of ConfigMaps that say where a model lies: namespace, name and key.
    model_maps: BTreeSet<(Option<String>, String, String)>,
}

impl Flux {
    /// The release that is configured, else those whose controllers this repository installs.
    #[must_use]
    pub fn of(config: &FluxConfig, fleet: &Fleet) -> Self {
        let is_of_argocd = |one: &Deployment| one.manifest.id.group() == GROUP;
        let mut flux = Self {
            releases: config.version.iter().cloned().collect(),
            is_alone: !fleet.deployments.is_empty() && !fleet.deployments.iter().any(is_of_argocd),
            is_absent: !fleet.deployments.is_empty() && fleet.deployments.iter().all(is_of_argocd),
            ..Self::default()
        };
        let is_open = flux.releases.is_empty();
        let mut found: BTreeMap<String, Location> = BTreeMap::new();
        for (index, object) in fleet.objects.iter().enumerate() {
            let id = &object.manifest.id;
            if id.group() == SOURCE_GROUP {
                flux.sources.entry((id.kind.clone(), id.name.clone())).or_default().push(index);
            } else if id.is("", "ConfigMap") {
                flux.model_maps.extend(model_entries(&object.manifest));
            } else if is_open && let Some((release, at)) = installed(&object.manifest) {
                found.entry(release).or_insert(at);
            }
        }
        let stated = |(value, location)| Stated { value, location };
        flux.releases.extend(found.into_iter().map(stated));
        flux
    }

    /// Which of the releases that may run have what came with Flux 2.`minor`.
    #[must_use]
    pub fn since(&self, minor: u16) -> Availability {
        let mut set = ReleaseSet::all();
        match self.minors().as_slice() {
            [] => SUPPORTED.iter().for_each(|minor| drop(set.add(&format!("2.{minor}")))),
            minors => minors.iter().for_each(|minor| drop(set.add(&format!("2.{minor}")))),
        }
        set.availability(Some(Release::new(2, minor, 0)), None)
    }

    /// Whether every release that may run has what came with Flux 2.`minor`.
    #[must_use]
    pub fn is_since(&self, minor: u16) -> bool {
        self.since(minor) == Availability::Always
    }

    /// The releases of one of its controllers that may run; every one where nothing says. Flux 2.n
    /// holds kustomize-controller 1.n and, from 2.3 on, helm-controller 1.(n-3) (flux2
    /// `manifests/bases`).
    #[must_use]
    pub fn releases_of(&self, project: Project) -> Vec<String> {
        let of = |minor: u16| match (project, minor.checked_sub(3)) {
            (Project::HelmController, Some(minor)) => format!("1.{minor}"),
            (Project::HelmController, None) => format!("0.{}", 35 + minor),
            _ => format!("1.{minor}"),
        };
        self.minors().into_iter().map(of).collect()
    }

    /// What deploys from this repository, as people call it, with its article and without.
    #[must_use]
    pub fn deployer(&self) -> (&'static str, &'static str) {
        if self.is_alone { ("a Kustomization", "Kustomization") } else { ("an Application", "Application") }
    }

    /// Which of some fields lie in what Flux leaves alone of an object that it applied: `ignore` of a
    /// Kustomization, from Flux 2.9 on, `driftDetection.ignore` of a HelmRelease. `None` where a rule
    /// cannot be read.
    #[must_use]
    pub fn ignores(
        &self,
        by: &Deployment,
        object: &Object,
        fields: &[&Pointer],
        fleet: &Fleet,
    ) -> Option<Vec<bool>> {
        let spec = by.manifest.root.get("spec");
        let rules = match is_helm_release(&by.manifest.id) {
            true => spec.get("driftDetection").get("ignore"),
            false if self.since(IGNORE_SINCE) == Availability::Never => {
                return Some(vec![false; fields.len()]);
            }
            false => spec.get("ignore"),
        };
        let namespace = fleet.place(object.place).and_then(|place| place.namespace.as_deref());
        let mut ignored: BTreeSet<String> = BTreeSet::new();
        for rule in rules.items() {
            let target = rule.get("target").present().filter(|node| !node.is_null());
            let target = target.map(Target::of).transpose().ok()?;
            if target.is_none_or(|target| target.selects(&object.manifest, namespace.unwrap_or_default())) {
                let paths = rule.get("paths").items().iter().filter_map(Node::text);
                ignored.extend(paths.filter_map(|text| Some(Pointer::parse(text).ok()?.to_string())));
            }
        }
        let lies_in = |field: &&Pointer| {
            (0..=field.0.len()).any(|depth| {
                let above = Pointer(field.0.get(..depth).unwrap_or_default().to_vec());
                ignored.contains(&above.to_string())
            })
        };
        Some(fields.iter().map(lies_in).collect())
    }

    fn minors(&self) -> Vec<u16> {
        let minor = |stated: &Stated<String>| {
            let release = stated.value.parse::<Release>().ok()?;
            (release.major == 2).then_some(release.minor)
        };
        self.releases.iter().filter_map(minor).collect::<BTreeSet<u16>>().into_iter().collect()
    }

    /// The source that an object of a deployment names: of its namespace, or of none that is known;
    /// of several, the one on its own cluster.
    #[must_use]
    pub fn source<'f>(
        &self,
        source: &SourceRef<'_>,
        by: &Deployment,
        fleet: &'f Fleet,
    ) -> Option<&'f Object> {
        let cluster = by.place.and_then(|place| fleet.place(place)?.cluster.clone());
        self.source_near(source, by.manifest.id.namespace.as_deref(), cluster.as_deref(), fleet)
    }

    /// The same for an object of a namespace, on a cluster.
    #[must_use]
    pub fn source_near<'f>(
        &self,
        source: &SourceRef<'_>,
        namespace: Option<&str>,
        cluster: Option<&str>,
        fleet: &'f Fleet,
    ) -> Option<&'f Object> {
        let all = self.sources.get(&(source.kind.to_owned(), source.name.to_owned()))?;
        let namespace = source.namespace.or(namespace);
        let fits = |object: &&Object| {
            let other = object.manifest.id.namespace.as_deref();
            other.is_none() || namespace.is_none() || other == namespace
        };
        let fitting = || all.iter().filter_map(|index| fleet.objects.get(*index)).filter(fits);
        let is_near = |object: &&Object| cluster_of(object, fleet).as_deref() == cluster;
        fitting().find(is_near).or_else(|| fitting().next())
    }

    /// Whether the values of a HelmRelease say where a model lies: its own, and those of ConfigMaps
    /// of this repository.
    #[must_use]
    pub fn gives_a_model(&self, release: &Manifest) -> bool {
        let spec = release.root.get("spec");
        let inline = spec.get("values").present().is_some_and(names_a_model);
        inline || spec.get("valuesFrom").items().iter().any(|entry| self.brings_a_model(entry, release))
    }

    /// The same of one entry of `valuesFrom`.
    fn brings_a_model(&self, entry: &Node, release: &Manifest) -> bool {
        let path = entry.get("targetPath").text().filter(|path| !path.is_empty());
        if let Some(path) = path {
            return path.rsplit('.').next().is_some_and(|last| MODEL_FIELDS.contains(&last));
        }
        let text = |field: &str| entry.get(field).text().unwrap_or_default().to_owned();
        let key = Some(text("valuesKey")).filter(|key| !key.is_empty());
        let key = key.unwrap_or_else(|| "values.yaml".to_owned());
        let is_there = |namespace| self.model_maps.contains(&(namespace, text("name"), key.clone()));
        entry.get("kind").text() == Some("ConfigMap")
            && (is_there(release.id.namespace.clone()) || is_there(None))
    }
}

/// The entries of a ConfigMap that say where a model lies.
fn model_entries(map: &Manifest) -> Vec<(Option<String>, String, String)> {
    let data = map.root.get("data").present().and_then(Node::as_map);
    let entries = data.into_iter().flat_map(|data| data.iter());
    let says = entries.filter(|(_, value)| value.text().is_some_and(text_names_a_model));
    let id = &map.id;
    says.map(|(key, _)| (id.namespace.clone(), id.name.clone(), key.name().to_owned())).collect()
}

/// Whether values, as text, hold where a model lies.
fn text_names_a_model(text: &str) -> bool {
    if !MODEL_FIELDS.iter().any(|field| text.contains(field)) {
        return false;
    }
    let tree = parse(Text::opaque(text, OriginId::NONE));
    let mut open: Vec<_> = tree.documents().iter().filter_map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        let is_uri = |(key, value)| {
            tree.scalar(key).is_some_and(|key| MODEL_FIELDS.contains(&key)) && tree.scalar(value).is_some()
        };
        if tree.entries(node).any(is_uri) {
            return true;
        }
        open.extend(tree.children(node));
    }
    false
}

/// Whether values hold where a model lies.
fn names_a_model(values: &Node) -> bool {
    let mut open = vec![values];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Sequence(items) => open.extend(items),
            Value::Map(map) => {
                if map.iter().any(|(key, value)| MODEL_FIELDS.contains(&key.name()) && value.text().is_some())
                {
                    return true;
                }
                open.extend(map.iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    false
}

/// The cluster an object is on: where nothing applies it, the one whose folder it lies in.
#[must_use]
pub fn cluster_of(object: &Object, fleet: &Fleet) -> Option<String> {
    let known = fleet.place(object.place).and_then(|place| place.cluster.clone());
    known.or_else(|| {
        let at = object.manifest.place(object.manifest.root.origin)?;
        let file = RepoPath::parse(at.file.path()).ok()?;
        flux::cluster_of(&file).map(|folder| folder.file_name().to_owned())
    })
}

/// The release a controller of Flux belongs to, and where it says so.
fn installed(manifest: &Manifest) -> Option<(String, Location)> {
    let (release, node) = kinds::flux::installed(manifest)?;
    Some((release.to_owned(), manifest.place(node.origin).map(Location::from)?))
}

/// The `sourceRef` of a Kustomization, or of the chart of a HelmRelease, as it is written.
#[must_use]
pub fn source_of(manifest: &Manifest) -> Option<SourceRef<'_>> {
    let spec = manifest.root.get("spec");
    let reference = spec.get("sourceRef").present();
    let of_chart = spec.get("chart").get("spec").get("sourceRef").present();
    SourceRef::of(reference.or(of_chart).filter(|node: &&Node| !node.is_null())?)
}
