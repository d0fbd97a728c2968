//! What is known of the KServe installation: versions and modes are sets.

use std::collections::BTreeSet;

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{Project, ReleaseSet};

use super::argocd::ArgoCd;
use crate::config::{Config, DeploymentMode};
use crate::discover::Discovery;
use crate::fleet::Fleet;
use crate::kinds::kserve;

/// Versions and modes that may be in force: configured, or all that the tables hold.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The KServe release, if the configuration names one: `0.17`.
    pub kserve: Option<String>,
    /// The mode of services that name none, if it is known.
    pub default_mode: Option<DeploymentMode>,
    /// What is known of Argo CD.
    pub argocd: ArgoCd,
}

/// KServe releases older than 0.13 are asked about only where the configuration names one: they
/// are long out of support, and a note on everything newer would be noise.
pub(super) const OLDEST_KSERVE: u8 = 13;

/// The newest KServe release the tables were read from.
pub(super) const NEWEST_KSERVE: u8 = 20;

impl Facts {
    /// The facts a configuration states.
    #[must_use]
    pub fn new(config: &Config, fleet: &Fleet, discovery: &Discovery) -> Self {
        Self {
            kserve: config.kserve.version.as_ref().map(|version| version.value.clone()),
            default_mode: config.kserve.mode.as_ref().map(|mode| mode.value),
            argocd: ArgoCd::of(fleet, discovery),
        }
    }

    /// The releases of a project that may be in force.
    #[must_use]
    pub fn releases(&self, project: Project) -> ReleaseSet {
        let mut set = ReleaseSet::all();
        if project == Project::KServe {
            match &self.kserve {
                // The configuration was checked when it was read; what is no release adds none.
                Some(stated) => drop(set.add(stated)),
                None => {
                    (OLDEST_KSERVE..=NEWEST_KSERVE).for_each(|minor| drop(set.add(&format!("0.{minor}"))))
                }
            }
        }
        set
    }

    /// The modes an object may run in.
    #[must_use]
    pub fn modes(&self, manifest: &Manifest) -> BTreeSet<DeploymentMode> {
        if manifest.id.kind == "LLMInferenceService" {
            return BTreeSet::from([DeploymentMode::Standard]);
        }
        match kserve::named_mode(manifest).or(self.default_mode) {
            Some(mode) => BTreeSet::from([mode]),
            None => BTreeSet::from([DeploymentMode::Standard, DeploymentMode::Knative]),
        }
    }
}
