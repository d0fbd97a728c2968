//! `generators`, `transformers` and `validators`: the built-in ones run, for they are what the
//! fields of a kustomization run too; all others are programs, and are left out.

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Map, Node, OriginId, Role};

use crate::accumulate::Accumulated;
use crate::build::{Builder, LeftOutKind, Step};
use crate::namespace::{NamespaceOptions, Subjects};
use crate::read::Kustomization;
use crate::resource::Resource;
use crate::spec::FieldSpec;
use crate::transform::field_spec;

impl Builder<'_> {
    pub(crate) fn generators(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        for resource in self.plugins(kustomization, "generators")? {
            if is_built_in(&resource) {
                self.maker = self.plugin_provenance(&resource);
                self.run_generator(&kustomization.folder, &resource, built)?;
            } else {
                self.leave_out_plugin(&resource, "generator");
            }
        }
        Ok(())
    }

    pub(crate) fn transformers(
        &mut self,
        kustomization: &Kustomization,
        built: &mut Accumulated,
    ) -> Step<()> {
        for resource in self.plugins(kustomization, "transformers")? {
            if is_built_in(&resource) {
                self.run_transformer(&kustomization.folder, &resource, built)?;
                self.passed(self.plugin_provenance(&resource).as_ref(), built);
            } else {
                self.leave_out_plugin(&resource, "transformer");
            }
        }
        for resource in self.plugins(kustomization, "validators")? {
            if is_built_in(&resource) {
                self.validate(&kustomization.folder, &resource, built)?;
            } else {
                self.leave_out_plugin(&resource, "validator");
            }
        }
        Ok(())
    }

    /// Runs a transformer that may refuse, and may change nothing but the label `validated-by`.
    fn validate(&mut self, folder: &RepoPath, validator: &Resource, built: &mut Accumulated) -> Step<()> {
        self.spend(built.resources.len(), validator.entry)?;
        let before = built.resources.clone();
        self.run_transformer(folder, validator, built)?;
        let same = |(one, other): (&Resource, &Resource)| {
            one.previous == other.previous && one.node == without_validated_by(&other.node)
        };
        // A JSON patch writes the whole object anew, even one that only tests.
        let writes_anew = validator.gvk().kind == "PatchJson6902Transformer";
        if !writes_anew
            && before.len() == built.resources.len()
            && before.iter().zip(&built.resources).all(same)
        {
            return Ok(());
        }
        let message = format!("the validator {} changes objects", validator.id());
        Err(self.refuse("plugin", message, validator.node.origin))
    }

    fn leave_out_plugin(&mut self, resource: &Resource, what: &str) {
        let id = resource.id();
        self.leave_out(
            LeftOutKind::Plugin,
            format!("the {what} {id} is a program, and none is run"),
            resource.entry,
        );
    }

    /// The objects that configure plugins: inline, in files, or built by a kustomization.
    fn plugins(&mut self, kustomization: &Kustomization, field: &str) -> Step<Vec<Resource>> {
        let mut built = Accumulated::new();
        for entry in kustomization.list(field) {
            let is_inline = entry.text().is_some_and(|text| text.contains('\n') || text.contains(": "));
            if is_inline {
                let text = self.text_of(&entry, Role::Transformer);
                let objects = self.objects_of_text(&text, entry.origin)?;
                let mut resources: Vec<Resource> =
                    objects.into_iter().map(|node| Resource::new(node, entry.origin)).collect();
                self.note_file(&mut resources, &kustomization.file_name);
                self.append(&mut built, resources)?;
            } else {
                self.resource_in_role(kustomization, &entry, Role::Transformer, &mut built)?;
            }
        }
        Ok(built.resources)
    }

    fn run_generator(&mut self, folder: &RepoPath, resource: &Resource, built: &mut Accumulated) -> Step<()> {
        let node = &resource.node;
        match resource.gvk().kind.as_str() {
            kind @ ("ConfigMapGenerator" | "SecretGenerator") => {
                let kind = kind.trim_end_matches("Generator");
                self.generate_entry(folder, &named_by_metadata(node), kind, None, built)
            }
            "HelmChartInflationGenerator" => {
                let home = node.get("chartHome").text().unwrap_or_default().to_owned();
                self.chart(folder, node, &home, built)
            }
            "IAMPolicyGenerator" => self.service_account(node, resource.entry, built),
            other => {
                let message = format!("kustomize has no built-in `{other}`");
                Err(self.refuse("plugin", message, resource.entry))
            }
        }
    }

    fn run_transformer(
        &mut self,
        folder: &RepoPath,
        resource: &Resource,
        built: &mut Accumulated,
    ) -> Step<()> {
        let node = &resource.node;
        let fields = node.get("fieldSpecs").items().iter();
        let specs: Vec<FieldSpec> = fields.map(|field| field_spec(field, self.origins)).collect();
        let map = |field: &str| {
            let mut map = node.get(field).present().and_then(Node::as_map).cloned().unwrap_or_default();
            map.sort();
            map
        };
        match resource.gvk().kind.as_str() {
            "NamespaceTransformer" => self.run_namespace(node, &specs, built),
            "PrefixTransformer" => self.run_affixes(node, &["prefix"], &specs, built),
            "SuffixTransformer" => self.run_affixes(node, &["suffix"], &specs, built),
            "PrefixSuffixTransformer" => self.run_affixes(node, &["prefix", "suffix"], &specs, built),
            "LabelTransformer" => self.set_entries(&map("labels"), &specs, built),
            "AnnotationsTransformer" => self.set_entries(&map("annotations"), &specs, built),
            "PatchTransformer" => self.patch(folder, node, built),
            "PatchJson6902Transformer" => self.json_patch(folder, node, "jsonOp", built),
            "PatchStrategicMergeTransformer" => {
                for entry in node.get("paths").items() {
                    self.merge_patch(folder, entry, built)?;
                }
                match node.get("patches").present() {
                    Some(patches) => self.merge_patch(folder, patches, built),
                    None => Ok(()),
                }
            }
            "ImageTagTransformer" => match node.get("imageTag").present() {
                Some(entry) => self.rewrite_images(entry, &specs, built),
                None => Ok(()),
            },
            "ReplicaCountTransformer" => match node.get("replica").present() {
                Some(entry) => self.scale(entry, &specs, built),
                None => Ok(()),
            },
            "ReplacementTransformer" => {
                let entries = node.get("replacements").items().iter();
                entries.into_iter().try_for_each(|entry| self.replacement_entry(folder, entry, built))
            }
            "ValueAddTransformer" => self.add_value(folder, resource, built),
            "HashTransformer" => {
                self.add_hashes(built);
                Ok(())
            }
            other => {
                let message = format!("kustomize has no built-in `{other}`");
                Err(self.refuse("plugin", message, resource.entry))
            }
        }
    }

    fn run_namespace(&mut self, node: &Node, specs: &[FieldSpec], built: &mut Accumulated) -> Step<()> {
        let namespace = node.find(&["metadata", "namespace"]).present();
        let Some(namespace) = namespace.filter(|node| node.text().is_some_and(|text| !text.is_empty()))
        else {
            return Ok(());
        };
        let subjects = match node.get("setRoleBindingSubjects").text() {
            None | Some("" | "defaultOnly") => Subjects::Default,
            Some("allServiceAccounts") => Subjects::ServiceAccounts,
            Some("none") => Subjects::None,
            Some(other) => {
                let message = format!("`{other}` is none of defaultOnly, allServiceAccounts and none");
                return Err(self.refuse("plugin", message, node.origin));
            }
        };
        let unset_only = node.get("unsetOnly").present().and_then(Node::as_bool).unwrap_or_default();
        let mut guard = OriginId::NONE;
        for field in ["unsetOnly", "setRoleBindingSubjects"] {
            let at = node.get(field).present().map_or(OriginId::NONE, |node| node.origin);
            guard = self.origins.join(guard, at);
        }
        self.set_namespace(namespace, specs, NamespaceOptions { unset_only, subjects, guard }, built)
    }

    fn run_affixes(
        &mut self,
        node: &Node,
        fields: &[&str],
        specs: &[FieldSpec],
        built: &mut Accumulated,
    ) -> Step<()> {
        if node.get("fieldSpecs").is_absent() {
            return Err(self.refuse("plugin", "the transformer needs `fieldSpecs`", node.origin));
        }
        for field in fields {
            let part =
                node.get(field).present().filter(|node| node.text().is_some_and(|text| !text.is_empty()));
            if let Some(part) = part {
                self.rename(part, field == &"prefix", specs, built)?;
            }
        }
        Ok(())
    }
}

fn is_built_in(resource: &Resource) -> bool {
    resource.node.get("apiVersion").text() == Some("builtin")
}

/// An object without the one label validators may set (kustomize v5.8 `konfig.ValidatedByLabelKey`).
fn without_validated_by(node: &Node) -> Node {
    let mut node = node.clone();
    let metadata = node.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut);
    if let Some(metadata) = metadata
        && let Some(labels) = metadata.get_mut("labels").and_then(Node::as_map_mut)
        && labels.remove("validated-by").is_some()
        && labels.is_empty()
    {
        metadata.remove("labels");
    }
    node
}

/// The configuration of a generator, whose name may stand in its metadata.
fn named_by_metadata(node: &Node) -> Node {
    let mut entry = node.clone();
    let fields: Vec<_> = ["name", "namespace"]
        .iter()
        .filter(|field| node.get(field).is_absent())
        .filter_map(|field| {
            let metadata = node.get("metadata").present().and_then(Node::as_map);
            metadata.and_then(|map: &Map| map.entry(field)).map(|(key, value)| (key.clone(), value.clone()))
        })
        .collect();
    if let Some(map) = entry.as_map_mut() {
        fields.into_iter().for_each(|(key, value)| map.set(key, value));
    }
    entry
}
