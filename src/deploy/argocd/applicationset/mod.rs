//! An Argo CD ApplicationSet, expanded offline (argo-cd v3.5 `applicationset/`).

mod clusters;
mod expansion;
mod fasttemplate;
mod functions;
mod generate;
mod git;
mod glob;
mod list;
mod matrix;
mod merge;
mod overrides;
mod parameters;
mod patch;
mod policy;
mod refusal;
mod selector;
mod template;
#[cfg(test)]
mod tests;
mod unresolved;
mod values;

use std::sync::Arc;

use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Key, Node, OriginId, Role, Value};

use super::{Deployments, Tree};
use expansion::Expansion;
use generate::Generated;
use parameters::{Parameters, in_role};
use patch::Patch;
use refusal::Stop;
use template::{Filling, Part};

/// What every Application of a set gets unless its template names finalizers or the set keeps
/// resources (argo-cd `RenderTemplateParams`).
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

/// The Applications of a set, each with origins in its element and its template.
pub(super) fn expand(set: &Manifest, tree: &Tree<'_>, all: &mut Deployments) -> Vec<Manifest> {
    let mut origins = (*set.origins).clone();
    let mut expansion = Expansion::new(set, tree, &mut origins);
    let nodes = expansion.applications();
    expansion.finish(all);
    let origins = Arc::new(origins);
    let applications = nodes.into_iter().filter_map(|node| {
        let id = ObjectId::of(&node)?;
        Some(Manifest { id, root: Arc::new(node), origins: Arc::clone(&origins) })
    });
    applications.collect()
}

impl Expansion<'_> {
    /// The Applications of every generator, in order. What one generator or element fails at does
    /// not keep the others from being looked at, though Argo CD would apply none of them.
    fn applications(&mut self) -> Vec<Node> {
        let set = self.set;
        let spec = set.root.get("spec");
        let Some(template) = spec.get("template").present() else { return Vec::new() };
        if let Err(stop) = self.check_options() {
            self.record(stop);
            return Vec::new();
        }
        let template = in_role(template, Role::Deployment, self.machine.origins);
        let mut applications = Vec::new();
        for generator in spec.get("generators").items() {
            match self.generate(generator, &template) {
                Ok(generated) => generated.into_iter().for_each(|one| self.render(one, &mut applications)),
                Err(stop) => self.record(stop),
            }
        }
        self.record_emptiness(applications.len());
        self.refuse_duplicates(&mut applications);
        applications.retain(|application| self.is_resolved(application));
        if let Some(strategy) = self.rolling() {
            applications.iter_mut().for_each(|application| self.switch_off(application, strategy));
        }
        applications
    }

    fn render(&mut self, generated: Generated, applications: &mut Vec<Node>) {
        let Generated { parameters, template } = generated;
        let compiled = match self.compile(&template).and_then(|part| Ok((part, self.patch()?))) {
            Ok(compiled) => compiled,
            Err(stop) => return self.record(stop),
        };
        for element in &parameters {
            match self.application(&template, &compiled, element) {
                Ok(application) => match self.unnamed(&application) {
                    Some(stop) => self.record(stop),
                    None => applications.push(application),
                },
                Err(stop @ Stop::Limit(_)) => return self.record(stop),
                Err(stop) => self.record(stop),
            }
        }
    }

    /// The Application object of one element.
    fn application(
        &mut self,
        template: &Node,
        (compiled, patch): &(Part, Option<Patch>),
        element: &Parameters,
    ) -> Result<Node, Stop> {
        let filling = Filling::new(element, self);
        // argo-cd `RenderTemplateParams`: without parameters the template stays as it stands.
        let mut node = if element.is_empty() {
            template.clone()
        } else {
            let mut node = self.fill(compiled, &filling)?;
            self.add_finalizer(&mut node);
            node
        };
        if let Some(patch) = patch {
            node = self.patched(node, patch, &filling)?;
        }
        let namespace = self.set.root.get("metadata").get("namespace").present();
        let namespace = namespace.map(|node| in_role(node, Role::Deployment, self.machine.origins));
        if let Some(map) = node.as_map_mut() {
            let key = |name| Key::new(name, OriginId::NONE);
            map.set(key("apiVersion"), Node::string("argoproj.io/v1alpha1", OriginId::NONE));
            map.set(key("kind"), Node::string("Application", OriginId::NONE));
            if let Some(metadata) = map.get_mut("metadata").and_then(Node::as_map_mut) {
                // Its namespace is the set's, whatever the template says.
                metadata.remove("namespace");
                if let Some(namespace) = namespace {
                    metadata.set(key("namespace"), namespace);
                }
            }
        }
        Ok(node)
    }

    fn add_finalizer(&self, application: &mut Node) {
        let spec = self.set.root.get("spec");
        let keeps = spec.get("syncPolicy").get("preserveResourcesOnDeletion").present();
        if keeps.and_then(Node::as_bool) == Some(true) {
            return;
        }
        let Some(metadata) = application.as_map_mut().and_then(|map| map.get_mut("metadata")) else { return };
        let Some(metadata) = metadata.as_map_mut() else { return };
        if metadata.get("finalizers").is_none_or(|finalizers| finalizers.items().is_empty()) {
            let finalizer = Node::string(FINALIZER, OriginId::NONE);
            let list = Node::new(Value::Sequence(vec![finalizer]), OriginId::NONE);
            metadata.set(Key::new("finalizers", OriginId::NONE), list);
        }
    }
}
