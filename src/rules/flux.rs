//! What rules ask about Flux as a whole: which releases of it may run, and which object a name means.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_kustomize::Target;
use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{Availability, Project, Release, ReleaseSet};
use mlgitops_yaml::{Node, Pointer};

use crate::config::{FluxConfig, Stated};
use crate::deploy::flux;
use crate::finding::Location;
use crate::fleet::{Deployment, Fleet, Object};
use crate::kinds;
use crate::kinds::argocd::GROUP;
use crate::kinds::flux::{SOURCE_GROUP, SourceRef, is_helm_release};

/// The minor releases of Flux 2 that are supported, and asked about where nothing names one.
const SUPPORTED: [u16; 3] = [7, 8, 9];

/// The minor release of Flux 2 whose Kustomizations have `ignore`.
pub(super) const IGNORE_SINCE: u16 = 9;

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
        let all = self.sources.get(&(source.kind.to_owned(), source.name.to_owned()))?;
        let namespace = source.namespace.or(by.manifest.id.namespace.as_deref());
        let own = by.place.and_then(|place| fleet.place(place)?.cluster.clone());
        let fits = |object: &&Object| {
            let other = object.manifest.id.namespace.as_deref();
            other.is_none() || namespace.is_none() || other == namespace
        };
        let fitting = || all.iter().filter_map(|index| fleet.objects.get(*index)).filter(fits);
        fitting().find(|object| cluster_of(object, fleet) == own).or_else(|| fitting().next())
    }
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
