//! What is known of the KServe installation: versions and modes are sets.

use std::collections::BTreeSet;

use mlgitops_manifest::Manifest;

use crate::config::{Config, DeploymentMode};
use crate::fleet::Fleet;
use crate::kinds::kserve;

/// Versions and modes that may be in force: configured, or all that the tables hold.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The KServe release, if the configuration names one: `0.17`.
    pub kserve: Option<String>,
    /// The mode of services that name none, if it is known.
    pub default_mode: Option<DeploymentMode>,
}

impl Facts {
    /// The facts a configuration states.
    #[must_use]
    pub fn new(config: &Config, _fleet: &Fleet) -> Self {
        Self {
            kserve: config.kserve.version.as_ref().map(|version| version.value.clone()),
            default_mode: config.kserve.mode.as_ref().map(|mode| mode.value),
        }
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
