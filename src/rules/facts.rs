//! What is known of what is installed: versions and modes are sets.

use std::collections::BTreeSet;

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{Project, Release, ReleaseSet};
use mlgitops_yaml::Node;

use super::argocd::ArgoCd;
use super::flux::Flux;
use crate::config::{Config, DeploymentMode, Stated};
use crate::discover::Discovery;
use crate::finding::Location;
use crate::fleet::{Fleet, Installation, Unit, find_installation};
use crate::kinds::kserve;

/// Versions and modes that may be in force: configured, else found in the repository, else all that
/// the tables hold.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The KServe releases in question, each with the line that names it; empty: all.
    pub kserve: Vec<Stated<String>>,
    /// The modes of services that name none, each with the line that says so; empty: all.
    pub default_modes: Vec<Stated<DeploymentMode>>,
    /// The words that KServe is told as its default mode in this repository.
    pub mode_words: Vec<Stated<String>>,
    /// Whether KServe makes a VirtualService for each service of the mode Knative, each with the line
    /// that says so; it does where none does.
    pub virtual_services: Vec<Stated<bool>>,
    /// The parts of KServe that this repository installs together.
    pub units: Vec<Unit>,
    /// What is known of Argo CD.
    pub argocd: ArgoCd,
    /// What is known of Flux.
    pub flux: Flux,
    /// The release of Argo CD that the configuration names.
    pub argocd_version: Option<Stated<String>>,
    /// The version of Kubernetes that the configuration names.
    pub kubernetes_version: Option<Stated<String>>,
}

/// KServe releases older than 0.13 are asked about only where something names one: they are long
/// out of support, and a note on everything newer would be noise.
pub(super) const OLDEST_KSERVE: u8 = 13;

/// The releases of Argo CD that are asked about where the configuration names none: those before
/// 2.13 are as long out of support.
const ARGOCD: [&str; 3] = ["2.13", "2.14", "3"];

/// The newest KServe release the tables were read from.
pub(super) const NEWEST_KSERVE: u8 = 20;

impl Facts {
    /// The facts a configuration states; what it leaves open, the installation found here.
    #[must_use]
    pub fn new(config: &Config, discovery: &Discovery, fleet: &Fleet) -> Self {
        let (installation, argocd) =
            rayon::join(|| find_installation(discovery, fleet), || ArgoCd::of(fleet, discovery));
        let Installation { releases, modes, mode_words, virtual_services, units } = installation;
        Self {
            kserve: config.kserve.version.clone().map_or(releases, |stated| vec![stated]),
            default_modes: config.kserve.mode.clone().map_or(modes, |stated| vec![stated]),
            mode_words,
            virtual_services: config
                .kserve
                .virtual_services
                .clone()
                .map_or(virtual_services, |stated| vec![stated]),
            units,
            argocd,
            flux: Flux::of(&config.flux, fleet),
            argocd_version: config.argocd.version.clone(),
            kubernetes_version: config.kubernetes.version.clone(),
        }
    }

    /// The releases of a project that may be in force.
    #[must_use]
    pub fn releases(&self, project: Project) -> ReleaseSet {
        let stated = |stated: &Option<Stated<String>>| stated.iter().map(|one| one.value.clone()).collect();
        let known: Vec<String> = match project {
            Project::KServe => self.kserve.iter().map(|one| one.value.clone()).collect(),
            Project::ArgoCd => stated(&self.argocd_version),
            Project::Kubernetes => stated(&self.kubernetes_version),
            Project::KustomizeController | Project::HelmController => self.flux.releases_of(project),
            _ => Vec::new(),
        };
        let known = match (project, known.as_slice()) {
            (Project::KServe, []) => {
                (OLDEST_KSERVE..=NEWEST_KSERVE).map(|minor| format!("0.{minor}")).collect()
            }
            (Project::ArgoCd, []) => ARGOCD.map(str::to_owned).to_vec(),
            _ => known,
        };
        let mut set = ReleaseSet::all();
        // The configuration was checked when it was read; what is no release adds none.
        known.iter().for_each(|release| drop(set.add(release)));
        set
    }

    /// The minor releases of KServe 0.x that may be in force, lowest first.
    #[must_use]
    pub fn kserve_minors(&self) -> BTreeSet<u16> {
        let stated = self.kserve.iter().filter_map(|stated| stated.value.parse::<Release>().ok());
        let minors: BTreeSet<u16> =
            stated.filter(|release| release.major == 0).map(|one| one.minor).collect();
        if minors.is_empty() { (OLDEST_KSERVE..=NEWEST_KSERVE).map(u16::from).collect() } else { minors }
    }

    /// The modes an object may run in.
    #[must_use]
    pub fn modes(&self, manifest: &Manifest) -> BTreeSet<DeploymentMode> {
        if let Some((mode, _)) = own_mode(manifest) {
            return BTreeSet::from([mode]);
        }
        if self.default_modes.is_empty() {
            return BTreeSet::from([DeploymentMode::Standard, DeploymentMode::Knative]);
        }
        self.default_modes.iter().map(|one| one.value).collect()
    }

    /// The mode an object runs in, where only one is possible.
    #[must_use]
    pub fn only_mode(&self, manifest: &Manifest) -> Option<DeploymentMode> {
        let modes = self.modes(manifest);
        modes.first().copied().filter(|_| modes.len() == 1)
    }

    /// Whether KServe makes a VirtualService for each service of the mode Knative, wherever this
    /// repository installs it (kserve v0.20 `disableIstioVirtualHost`).
    #[must_use]
    pub fn makes_virtual_services(&self) -> bool {
        self.virtual_services.iter().all(|stated| stated.value)
    }

    /// The modes that something states for an object, each with its line, where a file holds one;
    /// none where nothing does.
    #[must_use]
    pub fn stated_modes(&self, manifest: &Manifest) -> Vec<(DeploymentMode, Option<Location>)> {
        match own_mode(manifest) {
            Some((mode, node)) => {
                vec![(mode, node.and_then(|node| manifest.place(node.origin)).map(Location::from))]
            }
            None => self.default_modes.iter().map(|one| (one.value, Some(one.location.clone()))).collect(),
        }
    }
}

/// The mode of an object whatever the installation says, with the node that names it, where one does.
fn own_mode(manifest: &Manifest) -> Option<(DeploymentMode, Option<&Node>)> {
    if manifest.id.kind == "LLMInferenceService" {
        return Some((DeploymentMode::Standard, None));
    }
    kserve::named_mode(manifest).map(|(mode, node)| (mode, Some(node)))
}
