//! Collecting: what a kustomization names, and what those name.

use std::collections::HashSet;
use std::sync::Arc;

use mlgitops_files::{EntryKind, RepoPath, limits};
use mlgitops_yaml::{Node, OriginId, Role, Value};

use crate::build::{Builder, LeftOutKind, Refused, Step};
use crate::configure;
use crate::id::Id;
use crate::image;
use crate::index::Names;
use crate::provenance::Metadata;
use crate::read::Kustomization;
use crate::remote::is_remote;
use crate::resource::Resource;
use crate::tables::{self, Config};
use crate::vars::Var;

/// Most kustomizations one build reads; a base may be read again for each way that leads to it.
const MOST_KUSTOMIZATIONS: usize = 10_000;

/// What was collected so far.
#[derive(Debug, Clone)]
pub(crate) struct Accumulated {
    pub(crate) resources: Vec<Resource>,
    /// The fields transformers reach, of this kustomization and those below it.
    pub(crate) config: Arc<Config>,
    pub(crate) vars: Vec<Var>,
    /// The identities of the objects, while they are only collected.
    ids: Option<HashSet<Id>>,
    /// The objects by their names, while those do not change.
    pub(crate) names: Option<Names>,
}

impl Accumulated {
    pub(crate) fn new() -> Self {
        Self { resources: Vec::new(), config: tables::built_in(), vars: Vec::new(), ids: None, names: None }
    }
}

impl Builder<'_> {
    /// Builds the kustomization a build is of.
    pub(crate) fn root(&mut self, folder: &RepoPath) -> Step<(Kustomization, Accumulated)> {
        let mut kustomization = match self.overrides.written.clone() {
            Some(root) => {
                Kustomization { folder: folder.clone(), file_name: "kustomization.yaml".to_owned(), root }
            }
            None => self.kustomization(folder, OriginId::NONE)?,
        };
        self.override_fields(&mut kustomization);
        self.metadata = Metadata::of(&kustomization);
        self.openapi(&kustomization)?;
        let mut given = Accumulated::new();
        if !self.overrides.objects.is_empty() {
            let objects = self.overrides.objects.clone();
            self.note_kinds(&objects);
            let resources = objects.into_iter().map(|node| Resource::new(node, OriginId::NONE)).collect();
            self.append(&mut given, resources)?;
        }
        let built = self.accumulate_in(&kustomization, given)?;
        Ok((kustomization, built))
    }

    /// Builds the kustomization of a folder another one names. `into` is given for a component,
    /// which works on what its user collected.
    fn target(&mut self, folder: &RepoPath, entry: OriginId, into: Option<Accumulated>) -> Step<Accumulated> {
        self.loaded += 1;
        if self.roots.len() >= limits::KUSTOMIZE_DEPTH || self.loaded > MOST_KUSTOMIZATIONS {
            self.leave_out(
                LeftOutKind::Limit,
                format!("`{folder}`: kustomizations nest too deep, or are too many"),
                entry,
            );
            return Err(Refused);
        }
        let kustomization = self.kustomization(folder, entry)?;
        self.openapi(&kustomization)?;
        self.check_use(&kustomization, into.is_some(), entry)?;
        self.accumulate_in(&kustomization, into.unwrap_or_else(Accumulated::new))
    }

    fn accumulate_in(&mut self, kustomization: &Kustomization, into: Accumulated) -> Step<Accumulated> {
        self.result.reached.insert(kustomization.folder.clone());
        self.roots.push(kustomization.folder.clone());
        self.namespaces.push(kustomization.scalar("namespace"));
        let built = self.accumulate(kustomization, into);
        self.roots.pop();
        self.namespaces.pop();
        built
    }

    fn check_use(&mut self, kustomization: &Kustomization, as_component: bool, entry: OriginId) -> Step<()> {
        let folder = &kustomization.folder;
        match (kustomization.is_component(), as_component) {
            (false, true) => {
                let message = format!("`{folder}` is a Kustomization, and `components` takes components");
                Err(self.refuse("kind", message, entry))
            }
            (true, false) => {
                let message = format!("`{folder}` is a Component, and only `components` takes it");
                Err(self.refuse("kind", message, entry))
            }
            _ => Ok(()),
        }
    }

    /// Sets what a deployment says about the root: of images and replicas, an entry takes the place
    /// of the one with its name, or is laid over it.
    fn override_fields(&mut self, kustomization: &mut Kustomization) {
        let overrides = self.overrides;
        let Value::Map(map) = &mut kustomization.root.value else { return };
        for (name, node) in &overrides.fields {
            match (map.get_mut(name).map(|have| &mut have.value), &node.value) {
                (Some(Value::Sequence(have)), Value::Sequence(more))
                    if overrides.merges_images && name == "images" =>
                {
                    image::lay_over(have, more);
                }
                (Some(Value::Sequence(have)), Value::Sequence(more)) => {
                    if matches!(name.as_str(), "images" | "replicas") {
                        let names: Vec<_> = more.iter().map(|entry| entry.get("name").text()).collect();
                        have.retain(|entry| !names.contains(&entry.get("name").text()));
                    }
                    have.extend(more.iter().cloned());
                }
                (Some(Value::Map(have)), Value::Map(more)) => {
                    more.iter().for_each(|(key, value)| have.set(key.clone(), value.clone()));
                }
                _ => map.set(mlgitops_yaml::Key::new(name, node.origin), node.clone()),
            }
        }
    }

    fn accumulate(&mut self, kustomization: &Kustomization, mut built: Accumulated) -> Step<Accumulated> {
        let mut failed = false;
        let entries = kustomization.list("resources").into_iter().chain(kustomization.list("bases"));
        for entry in entries {
            failed |= self.resource_in_role(kustomization, &entry, Role::Source, &mut built).is_err();
        }
        if failed {
            return Err(Refused);
        }
        // From here on names change.
        built.ids = None;
        self.configure(kustomization, &mut built)?;
        self.crds(kustomization, &mut built)?;
        self.generate(kustomization, &mut built)?;
        for entry in kustomization.list("components") {
            built = self.component(kustomization, &entry, built)?;
        }
        self.transform(kustomization, &mut built)?;
        self.note_vars(kustomization, &mut built)?;
        Ok(built)
    }

    /// A file of objects, or the folder of another kustomization.
    pub(crate) fn resource_in_role(
        &mut self,
        kustomization: &Kustomization,
        entry: &Node,
        role: Role,
        built: &mut Accumulated,
    ) -> Step<()> {
        let Some(text) = entry.text() else { return Ok(()) };
        let path = kustomization.folder.join(text).ok();
        let kind = path.as_ref().and_then(|path| self.kind_of(path));
        let is_file = matches!(kind, Some(EntryKind::File));
        if !is_file && is_remote(text) {
            self.remote(text, entry.origin);
            return Ok(());
        }
        if is_file {
            let path = self.file_of(&kustomization.folder, text, entry.origin)?;
            let objects = self.objects_of_file(&path, entry.origin, role)?;
            self.note_kinds(&objects);
            let mut resources: Vec<Resource> =
                objects.into_iter().map(|node| Resource::new(node, entry.origin)).collect();
            self.note_file(&mut resources, text);
            return self.append(built, resources);
        }
        let folder = self.folder_of(kustomization, entry, text)?;
        self.trail.push(text.to_owned());
        let below = self.target(&folder, entry.origin, None);
        self.trail.pop();
        let below = below?;
        self.append(built, below.resources)?;
        self.add_vars(below.vars, built)?;
        self.add_config(&below.config, entry.origin, built)
    }

    /// Kustomize looks up what it does not know by heart in Kubernetes' own schema, which is there from
    /// then on.
    fn note_kinds(&mut self, objects: &[Node]) {
        if !self.schemas.is_set && !self.schemas.keeps_built_in {
            let is_known = |node: &Node| self.schemas.of(node).is_some();
            self.schemas.keeps_built_in = !objects.iter().all(is_known);
        }
    }

    /// Takes over what a base tells transformers.
    fn add_config(&mut self, more: &Arc<Config>, at: OriginId, built: &mut Accumulated) -> Step<()> {
        // Nearly always both are what is built in.
        if Arc::ptr_eq(more, &built.config) {
            return Ok(());
        }
        let mut config = Config::clone(&built.config);
        let merged = configure::merge(&mut config, more);
        built.config = Arc::new(config);
        merged.map_err(|conflict| {
            let message = format!("`{}` is told both to create and not to create", conflict.path);
            self.refuse("conflicting-fields", message, at)
        })
    }

    fn component(
        &mut self,
        kustomization: &Kustomization,
        entry: &Node,
        built: Accumulated,
    ) -> Step<Accumulated> {
        let Some(text) = entry.text() else { return Ok(built) };
        if is_remote(text) {
            self.remote(text, entry.origin);
            return Ok(built);
        }
        let folder = self.folder_of(kustomization, entry, text)?;
        self.trail.push(text.to_owned());
        let built = self.target(&folder, entry.origin, Some(built));
        self.trail.pop();
        built
    }

    /// What stands at a path, links followed.
    fn kind_of(&self, path: &RepoPath) -> Option<EntryKind> {
        match self.reader.files().kind(path)? {
            EntryKind::Link(target) => {
                let end = self.reader.files().trail(path).pop().unwrap_or(target);
                self.reader.files().kind(&end)
            }
            other => Some(other),
        }
    }

    /// The folder an entry names. One that is, or holds, a kustomization being built is a cycle.
    fn folder_of(&mut self, kustomization: &Kustomization, entry: &Node, text: &str) -> Step<RepoPath> {
        let folder = match kustomization.folder.join(text) {
            Ok(folder) => folder,
            Err(error) => return Err(self.refuse("outside", error.to_string(), entry.origin)),
        };
        match self.kind_of(&folder) {
            Some(EntryKind::Folder) => {}
            None => {
                return Err(self.missing(&folder, format!("`{text}` does not exist"), entry.origin));
            }
            Some(EntryKind::Submodule) => {
                self.leave_out(LeftOutKind::Missing, format!("`{folder}` is a submodule"), entry.origin);
                return Err(Refused);
            }
            Some(_) => {
                let message = format!("`{text}` is a file, and a folder is needed");
                return Err(self.refuse("not-a-folder", message, entry.origin));
            }
        }
        let folder = self.reader.files().trail(&folder).pop().unwrap_or(folder);
        if let Some(root) = self.roots.iter().find(|root| root.is_within(&folder)) {
            let message = if *root == folder {
                format!("`{text}` leads back to `{folder}`, which is being built: a cycle")
            } else {
                format!("`{text}` holds `{root}`, which is being built: a cycle")
            };
            return Err(self.refuse("cycle", message, entry.origin));
        }
        Ok(folder)
    }

    /// Adds objects; two with one identity are refused.
    pub(crate) fn append(&mut self, built: &mut Accumulated, more: Vec<Resource>) -> Step<()> {
        let resources = &built.resources;
        let known = built.ids.get_or_insert_with(|| resources.iter().map(Resource::id).collect());
        built.names = None;
        let mut result = Ok(());
        for resource in more {
            let id = resource.id();
            if known.insert(id.clone()) {
                built.resources.push(resource);
            } else {
                let message = format!("{id} is there already, and kustomize takes each object once");
                result = Err(self.refuse("duplicate-id", message, resource.entry));
            }
        }
        result
    }
}
