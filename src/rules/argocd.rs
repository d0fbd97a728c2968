//! What rules ask about Argo CD as a whole: which set generated an Application, and what every
//! Application is compared by.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{Availability, Project};
use mlgitops_yaml::{Node, Origins, Role};

use super::Context;
use crate::config::DeploymentMode;
use crate::discover::Discovery;
use crate::finding::Location;
use crate::fleet::{Deployment, Fleet, Object};
use crate::kinds::argocd::GROUP;
use crate::kinds::argocd_ignore::{Entry, Ignored, What, entries};
use crate::kinds::argocd_sync;
use crate::kinds::argocd_system::{self, System};
use crate::kinds::flux::is_helm_release;
use crate::kinds::jq_path::Covers;
use crate::kinds::kserve;
use crate::kinds::kserve_rewrites::{Kind, Rewrite, mode_since, rewrites};

/// An ApplicationSet, as far as its Applications do not show it.
#[derive(Debug, Clone)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Where it says `RollingSync`: autosync of its Applications is then forced off
    /// (argo-cd `applicationset_controller.go`; domain.md fact 10).
    pub rolling: Option<Location>,
    /// The set itself.
    pub manifest: Manifest,
}

/// What is known of Argo CD from the repository.
#[derive(Debug, Clone, Default)]
pub struct ArgoCd {
    sets: Vec<Set>,
    /// The bytes of a set's template, by which an Application is known to be made of it: file,
    /// first and last byte, and the index of the set.
    templates: BTreeMap<(String, u32, u32), usize>,
    /// What is set for all Applications.
    pub system: System,
}

/// The parts of a template that are in every Application made of it.
const PARTS: [&str; 2] = ["spec", "metadata"];

impl ArgoCd {
    /// Reads what a repository says of Argo CD itself: as it is rendered, and as it is written, for
    /// the values and patches of Argo CD's own installation are often all of it that is here.
    #[must_use]
    pub fn of(fleet: &Fleet, discovery: &Discovery) -> Self {
        let mut found = Self::default();
        for manifest in fleet.objects.iter().map(|object| &object.manifest) {
            match manifest.id.kind.as_str() {
                "ApplicationSet" if manifest.id.group() == GROUP => found.add_set(manifest),
                "ArgoCD" if manifest.id.group() == GROUP => {
                    found.system.read(&manifest.root, &manifest.origins)
                }
                "ConfigMap" if manifest.id.name.starts_with("argocd-cm") => {
                    found.system.read(&manifest.root, &manifest.origins)
                }
                _ => {}
            }
        }
        for file in discovery.files.values().filter(|file| argocd_system::may_tell(file.file.text())) {
            for root in file.tree.documents().iter().filter_map(|document| document.root) {
                let mut origins = Origins::default();
                let id = origins.add_file(&file.file);
                if let Ok(node) = file.tree.node_of(root, id, Role::Source, &mut origins) {
                    found.system.read(&node, &origins);
                }
            }
        }
        found
    }

    /// Whether anything is ignored for all Applications.
    #[must_use]
    pub fn ignores_somewhere(&self) -> bool {
        self.system.ignores_anything()
    }

    fn add_set(&mut self, set: &Manifest) {
        let spec = set.root.get("spec");
        let strategy = spec.get("strategy");
        let rolling = strategy.get("type").present().filter(|kind| kind.text() == Some("RollingSync"));
        let rolling = rolling.filter(|_| !strategy.get("rollingSync").is_absent());
        let rolling = rolling.and_then(|kind| set.place(kind.origin)).map(Location::from);
        let index = self.sets.len();
        self.sets.push(Set { name: set.id.name.clone(), rolling, manifest: set.clone() });
        for part in PARTS {
            let node = spec.get("template").get(part).present();
            for key in node.into_iter().flat_map(|node| spans(set, node)) {
                self.templates.entry(key).or_insert(index);
            }
        }
    }

    /// The set an Application was made of; `None` for one that stands for itself.
    #[must_use]
    pub fn set_of(&self, application: &Manifest) -> Option<&Set> {
        let nodes = PARTS.iter().filter_map(|part| application.root.get(part).present());
        let index =
            nodes.flat_map(|node| spans(application, node)).find_map(|key| self.templates.get(&key))?;
        self.sets.get(*index)
    }

    /// What a deployment deploys, in the words of a message: the models by name, or those of the
    /// set it was made of, so that the Applications of one set are one finding.
    #[must_use]
    pub fn subject(&self, deployment: &Deployment, fleet: &Fleet) -> String {
        if let Some(set) = self.set_of(&deployment.manifest) {
            return format!("the models of ApplicationSet {}", set.name);
        }
        let first = fleet.uses.partition_point(|one| one.object < deployment.objects.start);
        let uses = fleet.uses.iter().skip(first).take_while(|one| one.object < deployment.objects.end);
        let models: BTreeSet<&str> = uses.map(|one| one.model.as_str()).collect();
        let mut names = models.iter();
        match (names.next(), names.next(), models.len()) {
            (Some(one), None, _) => (*one).to_owned(),
            (Some(one), Some(other), 2) => format!("{one} and {other}"),
            (Some(one), _, count) => format!("{one} and {} more models", count - 1),
            (None, _, _) => deployment.manifest.id.name.clone(),
        }
    }
}

/// The bytes a map was written in.
fn spans(manifest: &Manifest, node: &Node) -> Vec<(String, u32, u32)> {
    let content = manifest.origins.content(node.origin).into_iter();
    content.map(|span| (span.file.path().to_string(), span.start, span.end)).collect()
}

/// A field of a deployed service that Argo CD and KServe write differently.
#[derive(Debug)]
pub struct Drift<'c> {
    /// The service.
    pub object: &'c Object,
    /// The field, and what becomes of it.
    pub rewrite: Rewrite,
    /// Whether every release of KServe that may run writes it anew.
    pub is_certain: bool,
}

/// What of a deployment is written anew by KServe and seen by Argo CD: nothing where it compares
/// with a dry run, or does not compare the field.
#[must_use]
pub fn drifts<'c>(deployment: &Deployment, context: &'c Context<'_>) -> Vec<Drift<'c>> {
    let (application, system) = (&deployment.manifest, &context.facts.argocd.system);
    if system.server_side_diff
        || argocd_sync::has_server_side_diff(application)
        || system.ignores(kserve::GROUP, "InferenceService")
    {
        return Vec::new();
    }
    let entries = entries(&application.root);
    let mut found = Vec::new();
    for object in context.fleet.objects_of(deployment) {
        let namespace = context.fleet.place(object.place).and_then(|place| place.namespace.as_deref());
        let held: Vec<&Entry<'_>> =
            entries.iter().filter(|entry| entry.is_for(&object.manifest.id, namespace)).collect();
        for rewrite in rewrites(&object.manifest) {
            let covers = |ignored: &Ignored<'_>| {
                matches!(ignored.what, What::Manager)
                    || ignored.covers(&object.manifest, &rewrite.path) != Covers::No
            };
            let is_ignored = held.iter().any(|entry| entry.ignored.iter().any(covers));
            let is_certain = certainty(&rewrite, object, context).filter(|_| !is_ignored);
            found.extend(is_certain.map(|is_certain| Drift { object, rewrite, is_certain }));
        }
    }
    found
}

/// What of a Flux object is written anew by KServe and found different at every interval: nothing
/// that it is told to ignore. A HelmRelease looks at the cluster only where it is told to.
#[must_use]
pub fn drifts_of_flux<'c>(deployment: &Deployment, context: &'c Context<'_>) -> Vec<Drift<'c>> {
    let spec = deployment.manifest.root.get("spec");
    let detection = spec.get("driftDetection");
    if is_helm_release(&deployment.manifest.id) && detection.get("mode").text() != Some("enabled") {
        return Vec::new();
    }
    let ignored = spec.get("ignore").items().iter().chain(detection.get("ignore").items());
    let paths: Vec<&str> =
        ignored.flat_map(|entry| entry.get("paths").items()).filter_map(Node::text).collect();
    let mut found = Vec::new();
    for object in context.fleet.objects_of(deployment) {
        for rewrite in rewrites(&object.manifest) {
            let at = rewrite.path.to_string();
            let covers = |path: &&str| {
                at.strip_prefix(*path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if !paths.iter().any(covers) {
                let is_certain = certainty(&rewrite, object, context);
                found.extend(is_certain.map(|is_certain| Drift { object, rewrite, is_certain }));
            }
        }
    }
    found
}

/// Whether a field is written anew by every release and mode that may be in force; `None`: by none.
fn certainty(rewrite: &Rewrite, object: &Object, context: &Context<'_>) -> Option<bool> {
    match &rewrite.kind {
        Kind::Framework(_) => {
            (!context.facts.modes(&object.manifest).contains(&DeploymentMode::ModelMesh)).then_some(true)
        }
        Kind::Mode(..) => {
            match context.facts.releases(Project::KServe).availability(Some(mode_since()), None) {
                Availability::Always => Some(true),
                Availability::Partly { .. } => Some(false),
                Availability::Never => None,
            }
        }
        Kind::Quantity(..) => {
            let system = &context.facts.argocd.system;
            (!system.knows_types(kserve::GROUP, "InferenceService")).then_some(true)
        }
    }
}
