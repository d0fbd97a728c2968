//! What rules ask about Argo CD as a whole: which set generated an Application, and what every
//! Application is compared by.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Origins};

use crate::discover::Discovery;
use crate::finding::Location;
use crate::fleet::{Deployment, Fleet};
use crate::kinds::argocd::GROUP;
use crate::kinds::argocd_system::{self, System};

/// An ApplicationSet, as far as its Applications do not show it.
#[derive(Debug, Clone)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Where it says `RollingSync`: autosync of its Applications is then forced off
    /// (argo-cd `applicationset_controller.go`; domain.md fact 10).
    pub rolling: Option<Location>,
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
                "ArgoCD" if manifest.id.group() == GROUP => found.system.read(&manifest.root),
                "ConfigMap" if manifest.id.name.starts_with("argocd-cm") => found.system.read(&manifest.root),
                _ => {}
            }
        }
        for file in discovery.files.values().filter(|file| argocd_system::may_tell(file.file.text())) {
            for root in file.tree.documents().iter().filter_map(|document| document.root) {
                if let Ok(node) = file.tree.node(root, &mut Origins::default()) {
                    found.system.read(&node);
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
        self.sets.push(Set { name: set.id.name.clone(), rolling });
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
            return format!("the models of {}", set.name);
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
