//! From what was rendered to what runs where.

use std::collections::{BTreeSet, HashMap};

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Value};
use rayon::prelude::*;

use super::environment::{Evidence, Ladder};
use super::place::{Because, EnvironmentIndex, Place};
use super::reading::Reading;
use super::{Deployable, Deployment, Fleet, ModelUse, Object, Refused, Release, UndefinedVariable, model};
use crate::config::Config;
use crate::deploy;
use crate::finding::{Code, Location, NotChecked, OtherTree, PlaceIndex, ReadTree};
use crate::kinds::argocd;
use crate::kinds::kserve::{self, Part};
use crate::render::ToolKind;
use crate::render::plan::Planned;
use crate::source::Repositories;

/// Binds everything a plan rendered to its places, and reads the releases.
#[must_use]
pub fn build(planned: Planned, config: &Config) -> Fleet {
    let Planned { mut rendered, bound, guessed, refused, problems, not_checked, trees, pinned, .. } = planned;
    let mut builder = Builder {
        config,
        ladder: Ladder::new(config),
        fleet: Fleet::default(),
        places: HashMap::new(),
        empty: Vec::new(),
        pinned,
    };
    builder.fleet.not_checked = not_checked;
    builder.fleet.deployment_problems = problems;
    for (deployment, indices) in &bound {
        let (deployables, objects) = (builder.fleet.deployables.len(), builder.fleet.objects.len());
        for (index, rendered) in indices.iter().filter_map(|&index| Some((index, rendered.get(index)?))) {
            builder.add(index, rendered, &Destination::of(deployment));
        }
        builder.fleet.deployments.push(Deployment {
            manifest: deployment.manifest.clone(),
            deployables: deployables..builder.fleet.deployables.len(),
            objects: objects..builder.fleet.objects.len(),
            place: None,
            serves_models: false,
        });
    }
    builder.fleet.trees = trees.into_iter().map(|tree| read_tree(tree, &bound)).collect();
    for (index, rendered) in guessed.iter().filter_map(|&index| Some((index, rendered.get(index)?))) {
        builder.add(index, rendered, &Destination::default());
    }
    for one in refused {
        builder.add_refused(one);
    }
    builder.add_uses();
    builder.place_deployments();
    builder.fleet.environments = builder.ladder.environments();
    builder.note_unknown_models();
    let hidden = builder.hidden();
    for (index, one) in rendered.iter_mut().enumerate() {
        builder.fleet.problems.append(&mut one.problems);
        builder.fleet.targets.append(&mut one.targets);
        // What hides a release of a guarded environment must not pass.
        let required = hidden.contains(&index);
        builder.fleet.not_checked.extend(one.not_checked.drain(..).map(|item| {
            let required = required || item.required;
            item.required(required)
        }));
    }
    // What is left is taken apart while the rules run.
    rayon::spawn(move || drop((rendered, bound)));
    builder.fleet
}

/// A tree with the field that names it: of the first deployment that reads it.
fn read_tree(tree: OtherTree, bound: &[(deploy::Deployment, Vec<usize>)]) -> ReadTree {
    let named_by = |source: argocd::Source<'_>| {
        let (field, is_named) = match &tree {
            OtherTree::Revision(name) => ("targetRevision", source.revision() == name),
            OtherTree::Repository(name) => {
                ("repoURL", Repositories::name(source.repo_url()).as_ref() == Some(name))
            }
        };
        source.field(field).filter(|_| is_named).map(|node| node.origin)
    };
    let named_at = bound.iter().find_map(|(deployment, _)| {
        let manifest = &deployment.manifest;
        let origin = argocd::sources(&manifest.root).into_iter().find_map(named_by)?;
        manifest.place(origin).map(Location::from)
    });
    ReadTree { tree, named_at }
}

/// The first field of a service that cannot be known, and why.
fn unknown_in(manifest: &Manifest) -> Option<(&Node, String)> {
    let mut open = vec![manifest.root.get("spec").present()?];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Unknown(unknown) => return Some((node, unknown.reason.to_string())),
            Value::Sequence(items) => open.extend(items.iter().rev()),
            Value::Map(map) => open.extend(map.iter().rev().map(|(_, value)| value)),
            _ => {}
        }
    }
    None
}

#[derive(Default)]
struct Destination<'d> {
    deployment: Option<&'d Manifest>,
    cluster: Option<&'d str>,
    namespace: Option<&'d str>,
    folder: Option<&'d str>,
    setting: Option<&'d str>,
}

impl<'d> Destination<'d> {
    fn of(deployment: &'d deploy::Deployment) -> Self {
        Self {
            deployment: Some(&deployment.manifest),
            cluster: deployment.cluster.as_ref().map(|cluster| &*cluster.text),
            namespace: deployment.namespace.as_ref().map(|namespace| &*namespace.text),
            folder: deployment.folder.as_ref().map(RepoPath::as_str),
            setting: deployment.setting.as_deref(),
        }
    }
}

struct Builder<'b> {
    config: &'b Config,
    ladder: Ladder,
    fleet: Fleet,
    places: HashMap<PlaceKey, PlaceIndex>,
    /// What gave no manifest though something of it could not be read: the index of the rendering,
    /// and the environment it names.
    empty: Vec<(usize, EnvironmentIndex)>,
    /// What deployments read at another revision.
    pinned: BTreeSet<RepoPath>,
}

/// What makes two places the same.
type PlaceKey = (Option<EnvironmentIndex>, Option<String>, Option<String>);

impl Builder<'_> {
    fn add(&mut self, index: usize, rendered: &crate::render::Rendered, to: &Destination<'_>) {
        if rendered.manifests.is_empty() && !rendered.not_checked.is_empty() {
            let environment = self.environment_of(rendered, None, to).0;
            self.empty.extend(environment.map(|environment| (index, environment)));
        }
        let deployable = self.fleet.deployables.len();
        self.fleet.deployables.push(Deployable {
            job: rendered.job.clone(),
            deployment: to.deployment.cloned(),
            reads: rendered.reads.clone(),
        });
        self.note_undefined(rendered, to);
        // What a tool renders differs in the namespace alone; a plain manifest has its own file.
        let is_plain = rendered.job.kind() == ToolKind::Plain;
        let mut last: Option<(&Option<String>, PlaceIndex)> = None;
        for (index, manifest) in rendered.manifests.iter().enumerate() {
            let namespace = &manifest.id.namespace;
            let place = match last.filter(|(same, _)| !is_plain && *same == namespace) {
                Some((_, place)) => place,
                None => self.place_of(rendered, manifest, to),
            };
            last = Some((namespace, place));
            let effects = rendered.effects.get(&index).cloned().unwrap_or_default();
            let repeated = rendered.repeated.get(&index).cloned().unwrap_or_default();
            let is_to_come = to.deployment.is_none() && self.is_pinned(rendered, manifest);
            let manifest = manifest.clone();
            self.fleet.objects.push(Object { manifest, place, deployable, effects, repeated, is_to_come });
        }
    }

    fn note_undefined(&mut self, rendered: &crate::render::Rendered, to: &Destination<'_>) {
        let Some(deployment) = to.deployment.filter(|_| !rendered.undefined.is_empty()) else { return };
        let Some(first) = rendered.manifests.first() else { return };
        let place = self.place_of(rendered, first, to);
        let deployment = &deployment.id;
        self.fleet.undefined.extend(rendered.undefined.iter().map(|one| UndefinedVariable {
            name: one.name.clone(),
            at: one.at.clone(),
            deployment: deployment.clone(),
            place,
        }));
    }

    /// Whether deployments read at another revision what an object is made of.
    fn is_pinned(&self, rendered: &crate::render::Rendered, manifest: &Manifest) -> bool {
        if self.pinned.is_empty() {
            return false;
        }
        let file = manifest.place(manifest.root.origin).and_then(|at| RepoPath::parse(at.file.path()).ok());
        let is_plain = rendered.job.kind() == crate::render::ToolKind::Plain;
        let path = file.filter(|_| is_plain).unwrap_or_else(|| rendered.job.path.clone());
        self.pinned.contains(&path)
    }

    /// Says of every deployment whether it serves models, and where.
    fn place_deployments(&mut self) {
        let serving: BTreeSet<usize> = self.fleet.uses.iter().map(|one| one.object).collect();
        for deployment in &mut self.fleet.deployments {
            let objects = deployment.objects.clone();
            let serves = serving.range(objects.clone()).next().copied();
            deployment.serves_models = serves.is_some();
            let first = serves.unwrap_or(objects.start);
            let object = self.fleet.objects.get(first).filter(|_| !objects.is_empty());
            deployment.place = object.map(|object| object.place);
        }
    }

    /// The renderings that may hide a release of a guarded environment.
    fn hidden(&self) -> BTreeSet<usize> {
        let empty = self.empty.iter().filter(|(_, environment)| self.is_guarded(*environment));
        empty.map(|(index, _)| *index).collect()
    }

    fn is_guarded(&self, environment: EnvironmentIndex) -> bool {
        self.fleet.environments.get(environment.0 as usize).is_some_and(|environment| environment.guarded)
    }

    /// Says of a service that is deployed and whose model only the cluster knows that it is there.
    fn note_unknown_models(&mut self) {
        let known: BTreeSet<usize> = self.fleet.uses.iter().map(|one| one.object).collect();
        let mut unknown = Vec::new();
        for (index, object) in self.fleet.objects.iter().enumerate() {
            if known.contains(&index) || !kserve::is_model_kind(&object.manifest) {
                continue;
            }
            let Some((node, reason)) = unknown_in(&object.manifest) else { continue };
            let environment = self.fleet.place(object.place).and_then(|place| place.environment);
            let named = environment.and_then(|one| self.fleet.environments.get(one.0 as usize));
            let place = named.map_or(String::new(), |named| format!(" in {}", named.name));
            let what = format!("what {}{place} serves", object.manifest.id.name);
            let at = object.manifest.place(node.origin).map(Location::from);
            let is_required = environment.is_some_and(|environment| self.is_guarded(environment));
            unknown.push(NotChecked::new(Code::InCluster, what, reason).at(at).required(is_required));
        }
        self.fleet.not_checked.extend(unknown);
    }

    fn add_refused(&mut self, one: deploy::Refused) {
        let to = Destination::of(&one.deployment);
        let (environment, because) = self.believe(&one.path, to.namespace, &to);
        let key = (environment, to.cluster.map(str::to_owned), to.namespace.map(str::to_owned));
        let place = self.intern(key, because);
        let deploy::Refused { deployment, path, problem } = one;
        self.fleet.refused.push(Refused { deployment: deployment.manifest, place, path, problem });
    }

    fn place_of(
        &mut self,
        rendered: &crate::render::Rendered,
        manifest: &Manifest,
        to: &Destination<'_>,
    ) -> PlaceIndex {
        let (environment, because) = self.environment_of(rendered, Some(manifest), to);
        let namespace = manifest.id.namespace.as_deref().or(to.namespace);
        let key = (environment, to.cluster.map(str::to_owned), namespace.map(str::to_owned));
        self.intern(key, because)
    }

    /// The environment of an object, or of a deployable that gave none.
    fn environment_of(
        &mut self,
        rendered: &crate::render::Rendered,
        manifest: Option<&Manifest>,
        to: &Destination<'_>,
    ) -> (Option<EnvironmentIndex>, Because) {
        // A plain manifest is named by its own file; what is rendered, by its deployable.
        let is_plain = rendered.job.kind() == ToolKind::Plain;
        let own_file = manifest
            .filter(|_| is_plain)
            .and_then(|manifest| manifest.place(manifest.root.origin))
            .map(|span| span.file.path().to_string());
        let path = own_file.unwrap_or_else(|| {
            // Without a deployment, the values file says which environment a chart is rendered as.
            let values = match &rendered.job.tool {
                crate::render::Tool::Helm(helm) if to.deployment.is_none() => helm.value_files.last(),
                _ => None,
            };
            values.unwrap_or(&rendered.job.path).as_str().to_owned()
        });
        let namespace = manifest.and_then(|manifest| manifest.id.namespace.as_deref()).or(to.namespace);
        self.believe(&path, namespace, to)
    }

    /// The environment of what lies at a path.
    fn believe(
        &mut self,
        path: &str,
        namespace: Option<&str>,
        to: &Destination<'_>,
    ) -> (Option<EnvironmentIndex>, Because) {
        let evidence = Evidence {
            path,
            deployment: to.deployment.map(|deployment| deployment.id.name.as_str()),
            cluster: to.cluster,
            namespace,
            folder: to.folder,
            setting: to.setting,
        };
        self.ladder.assign(&evidence)
    }

    fn intern(&mut self, key: PlaceKey, because: Because) -> PlaceIndex {
        if let Some(&known) = self.places.get(&key) {
            return known;
        }
        let index = PlaceIndex(u32::try_from(self.fleet.places.len()).unwrap_or(u32::MAX));
        let (environment, cluster, namespace) = key.clone();
        self.fleet.places.push(Place { environment, cluster, namespace, because });
        self.places.insert(key, index);
        index
    }

    /// Reads the model references of every object, once all objects are known: a
    /// ClusterStorageContainer among them adds schemes.
    fn add_uses(&mut self) {
        let reading = Reading::new(self.config, &self.fleet.objects);
        let read = |(index, object): (usize, &Object)| -> Vec<ModelUse> {
            let references = kserve::model_references(&object.manifest).into_iter();
            let uses = references.map(|reference| {
                let paths = match self.config.folders.is_empty() {
                    true => Vec::new(),
                    false => super::paths_of(object, reference.origin, &self.fleet.deployables),
                };
                let model = model::identity(&object.manifest.id.name, self.config, &paths);
                ModelUse { object: index, parsed: reading.parse(&reference), model, reference }
            });
            uses.collect()
        };
        let uses: Vec<Vec<ModelUse>> = self.fleet.objects.par_iter().enumerate().map(read).collect();
        for one in uses.into_iter().flatten() {
            let object = self.fleet.objects.get(one.object);
            let serving =
                object.filter(|object| is_served(&object.manifest, &one.reference) && !object.is_to_come);
            self.fleet.releases.extend(serving.map(|object| Release {
                model: one.model.clone(),
                version: one.parsed.version_token().map(str::to_owned),
                model_use: self.fleet.uses.len(),
                object: one.object,
                place: object.place,
            }));
            self.fleet.uses.push(one);
        }
    }
}

/// Whether a reference is what a service answers with, and so makes a release.
fn is_served(manifest: &Manifest, reference: &kserve::ModelReference) -> bool {
    matches!(reference.part, Part::Predictor | Part::Canary)
        && matches!(manifest.id.kind.as_str(), "InferenceService" | "LLMInferenceService")
}
