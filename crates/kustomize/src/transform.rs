//! The built-in transformers, in kustomize's order
//! (`api/internal/target/kusttarget_configplugin.go`).

use std::collections::HashMap;

use mlgitops_yaml::{Map, Node, OriginId, Origins, Scalar, Style, TextBuilder, Value};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Step};
use crate::id::{Gvk, Id};
use crate::image::Image;
use crate::namespace::NamespaceOptions;
use crate::origin::{all_of, guard_all, over, scalar_of};
use crate::read::Kustomization;
use crate::shared;
use crate::spec::{self, Create, FieldSpec, NoWay};

impl Builder<'_> {
    pub(crate) fn transform(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        self.patches(kustomization, built)?;
        if let Some(namespace) = kustomization.scalar("namespace") {
            let specs = built.config.namespace.clone();
            self.set_namespace(&namespace, &specs, NamespaceOptions::default(), built)?;
            self.passed_built_in(kustomization, "NamespaceTransformer", built);
        }
        if let Some(prefix) = kustomization.scalar("namePrefix") {
            let specs = built.config.name_prefix.clone();
            self.rename(&prefix, true, &specs, built)?;
            self.passed_built_in(kustomization, "PrefixTransformer", built);
        }
        if let Some(suffix) = kustomization.scalar("nameSuffix") {
            let specs = built.config.name_suffix.clone();
            self.rename(&suffix, false, &specs, built)?;
            self.passed_built_in(kustomization, "SuffixTransformer", built);
        }
        self.note_empty_affixes(kustomization, built);
        self.labels(kustomization, built)?;
        let annotations = kustomization.map("commonAnnotations");
        if !annotations.is_empty() {
            let specs = built.config.common_annotations.clone();
            self.set_entries(&annotations, &specs, built)?;
            self.passed_built_in(kustomization, "AnnotationsTransformer", built);
        }
        for entry in kustomization.list("patchesJson6902") {
            self.json_patch(&kustomization.folder, &entry, "patch", built)?;
            self.passed_built_in(kustomization, "PatchJson6902Transformer", built);
        }
        let specs = built.config.replicas.clone();
        for entry in kustomization.list("replicas") {
            self.scale(&entry, &specs, built)?;
            self.passed_built_in(kustomization, "ReplicaCountTransformer", built);
        }
        let specs = built.config.images.clone();
        for entry in kustomization.list("images").into_iter().chain(kustomization.list("imageTags")) {
            self.rewrite_images(&entry, &specs, built)?;
            self.passed_built_in(kustomization, "ImageTagTransformer", built);
        }
        let replacements = kustomization.list("replacements");
        for entry in &replacements {
            self.replacement_entry(&kustomization.folder, entry, built)?;
        }
        if !replacements.is_empty() {
            self.passed_built_in(kustomization, "ReplacementTransformer", built);
        }
        self.transformers(kustomization, built)
    }

    /// A prefix that is written and empty decides that names stay as they are.
    fn note_empty_affixes(&mut self, kustomization: &Kustomization, built: &mut Accumulated) {
        for field in ["namePrefix", "nameSuffix"] {
            let written = kustomization.root.get(field).present();
            let Some(empty) = written.filter(|node| node.text() == Some("")) else { continue };
            for resource in &mut built.resources {
                let metadata = resource.node.as_map_mut().and_then(|map| map.get_mut("metadata"));
                let name = metadata.and_then(Node::as_map_mut).and_then(|map| map.get_mut("name"));
                if let Some(name) = name {
                    name.origin = self.origins.guard(name.origin, empty.origin);
                }
            }
        }
    }

    fn patches(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        let folder = &kustomization.folder;
        let merged = kustomization.list("patchesStrategicMerge");
        for entry in &merged {
            self.merge_patch(folder, entry, built)?;
        }
        if !merged.is_empty() {
            built.sweep();
            self.passed_built_in(kustomization, "PatchStrategicMergeTransformer", built);
        }
        for entry in kustomization.list("patches") {
            self.patch(folder, &entry, built)?;
            self.passed_built_in(kustomization, "PatchTransformer", built);
        }
        built.sweep();
        Ok(())
    }

    fn passed_built_in(&self, kustomization: &Kustomization, kind: &str, built: &mut Accumulated) {
        self.passed(self.built_in_provenance(kustomization, kind).as_ref(), built);
    }

    /// `namePrefix` and `nameSuffix`.
    pub(crate) fn rename(
        &mut self,
        part: &Node,
        is_prefix: bool,
        specs: &[FieldSpec],
        built: &mut Accumulated,
    ) -> Step<()> {
        built.names_change();
        for resource in &mut built.resources {
            let original = resource.original_id();
            if keeps_its_name(&original.gvk) {
                continue;
            }
            for spec in specs.iter().filter(|spec| spec.is_for(&original.gvk)) {
                if spec.path == "metadata/name" {
                    let text = part.text().unwrap_or_default().to_owned();
                    if is_prefix {
                        resource.prefixes.push(text);
                    } else {
                        resource.suffixes.push(text);
                    }
                    resource.remember();
                }
                let mut set = |builder: &mut Self, node: &mut Node| builder.affix(node, part, is_prefix);
                self.visit(&mut resource.node, spec, Create::Scalar, part.origin, &mut set)?;
            }
        }
        Ok(())
    }

    pub(crate) fn affix(&mut self, node: &mut Node, part: &Node, is_prefix: bool) {
        let Some(affix) = part.as_scalar() else { return };
        let affix = affix.to_text(part.origin, self.origins);
        let mut builder = TextBuilder::default();
        let old = node.as_scalar().map(|scalar| (scalar.to_text(node.origin, self.origins), scalar.style));
        let style = old.as_ref().map_or(Style::Plain, |(_, style)| {
            if *style == Style::Plain { Style::Plain } else { Style::Double }
        });
        if is_prefix {
            builder.push(&affix);
        }
        if let Some((old, _)) = &old {
            builder.push(old);
        }
        if !is_prefix {
            builder.push(&affix);
        }
        let mut changed = scalar_of(&builder.build(), style, self.origins);
        // The pieces do not know what decided about the whole.
        changed.origin = self.origins.guard(changed.origin, node.origin);
        *node = changed;
    }

    fn labels(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        for entry in kustomization.list("labels") {
            let mut specs = Vec::new();
            for field in entry.get("fields").items() {
                specs.push(field_spec(field, self.origins));
            }
            let flag = |name: &str| entry.get(name).present().and_then(Node::as_bool).unwrap_or_default();
            let mut merged = spec::merge(&mut specs, &built.config.labels);
            if flag("includeSelectors") {
                merged = merged.and_then(|()| spec::merge(&mut specs, &built.config.common_labels));
            } else {
                if flag("includeTemplates") {
                    merged = merged.and_then(|()| spec::merge(&mut specs, &built.config.template_labels));
                }
                let own = FieldSpec { create: true, ..any_kind("metadata/labels") };
                merged = merged.and_then(|()| spec::merge(&mut specs, &[own]));
            }
            if let Err(spec) = merged {
                let message = format!("`{}` is told both to create and not to create", spec.path);
                return Err(self.refuse("conflicting-fields", message, entry.origin));
            }
            let mut pairs = entry.get("pairs").present().and_then(Node::as_map).cloned().unwrap_or_default();
            pairs.sort();
            self.set_entries(&pairs, &specs, built)?;
            self.passed_built_in(kustomization, "LabelTransformer", built);
        }
        let common = kustomization.map("commonLabels");
        if common.is_empty() && kustomization.list("labels").is_empty() {
            return Ok(());
        }
        // Where there are `labels`, kustomize runs the transformer of `commonLabels` without any.
        let specs = built.config.common_labels.clone();
        self.set_entries(&common, &specs, built)?;
        self.passed_built_in(kustomization, "LabelTransformer", built);
        Ok(())
    }

    /// Sets entries in the maps that field specs reach: labels and annotations.
    pub(crate) fn set_entries(
        &mut self,
        pairs: &Map,
        specs: &[FieldSpec],
        built: &mut Accumulated,
    ) -> Step<()> {
        built.names_change();
        for resource in &mut built.resources {
            let gvk = resource.gvk();
            let mut shared = Vec::new();
            for (key, value) in pairs.iter() {
                self.spend(pairs.len() / 64 + resource.shared.len() + SET, key.origin)?;
                let mut added = Vec::new();
                for spec in specs.iter().filter(|spec| spec.is_for(&gvk)) {
                    let path = spec::split(&spec.path);
                    let had = shared::entries(&resource.node, &path, key.name());
                    let mut failed = None;
                    let mut set = |builder: &mut Self, node: &mut Node| {
                        let at = node.origin;
                        match &mut node.value {
                            Value::Map(map) => {
                                if map.get(key.name()).is_none() {
                                    map.set(key.clone(), Node::new(Value::Null, OriginId::NONE));
                                }
                                if let Some(entry) = map.get_mut(key.name()) {
                                    builder.set_text(entry, value);
                                }
                            }
                            _ => failed = Some(at),
                        }
                    };
                    self.visit(&mut resource.node, spec, Create::Map, key.origin, &mut set)?;
                    if let Some(at) = failed {
                        let message = format!("`{}` of {} is no map", spec.path, resource.id());
                        return Err(self.refuse("field-path", message, at));
                    }
                    added.extend(shared::added(&resource.node, &path, key.name(), had));
                }
                shared.push(added);
            }
            resource.follow_shared();
            shared.into_iter().for_each(|places| resource.share(places));
        }
        Ok(())
    }

    pub(crate) fn scale(&mut self, entry: &Node, specs: &[FieldSpec], built: &mut Accumulated) -> Step<()> {
        let name = entry.get("name").text().unwrap_or_default().to_owned();
        let count = entry.get("count").present();
        let by = count.map_or(entry.origin, |count| count.origin);
        let text = count.and_then(Node::text).unwrap_or("0").to_owned();
        let mut found = false;
        let named = built.named_or_all(&name);
        built.names_change();
        for spec in specs {
            self.spend(named.len(), entry.origin)?;
            for at in &named {
                let Some(resource) = built.resources.get_mut(*at) else { continue };
                if !resource.any_id(|id| id.name == name && spec.is_for(&id.gvk)) {
                    continue;
                }
                found = true;
                let mut set = |builder: &mut Self, node: &mut Node| {
                    let origin = over(by, node.origin, builder.origins);
                    *node = Node::new(Value::Scalar(Scalar::plain(&text)), origin);
                };
                if spec.is_for(&resource.gvk()) {
                    self.visit(&mut resource.node, spec, Create::Scalar, by, &mut set)?;
                }
            }
        }
        if !found && !self.is_partial() {
            let message =
                format!("no Deployment, StatefulSet, ReplicaSet or ReplicationController is called `{name}`");
            let at = entry.get("name").present().map_or(entry.origin, |name| name.origin);
            return Err(self.refuse("no-target", message, at));
        }
        Ok(())
    }

    pub(crate) fn rewrite_images(
        &mut self,
        entry: &Node,
        specs: &[FieldSpec],
        built: &mut Accumulated,
    ) -> Step<()> {
        let image = match Image::of(entry) {
            Ok(image) => image,
            Err(message) => return Err(self.refuse("image", message, entry.origin)),
        };
        built.names_change();
        for resource in &mut built.resources {
            self.spend(IMAGE, entry.origin)?;
            let gvk = resource.gvk();
            if gvk.kind == "CustomResourceDefinition" {
                continue;
            }
            image.rewrite_containers(&mut resource.node, self.origins);
            for spec in specs.iter().filter(|spec| spec.is_for(&gvk)) {
                let mut set = |builder: &mut Self, node: &mut Node| image.rewrite(node, builder.origins);
                self.visit(&mut resource.node, spec, Create::Never, entry.origin, &mut set)?;
            }
            image.note_missed(resource, self.origins);
            if let Some(at) = image.no_scalar.get() {
                return Err(self.refuse("image", "an image is text", at));
            }
        }
        Ok(())
    }

    /// Walks to the fields of a spec. What stands in the way is refused at its place.
    pub(crate) fn visit(
        &mut self,
        node: &mut Node,
        spec: &FieldSpec,
        create: Create,
        by: OriginId,
        set: &mut dyn FnMut(&mut Self, &mut Node),
    ) -> Step<()> {
        let walked = spec.visit(node, create, by, &mut |field| {
            set(self, field);
            if !spec.at.is_none() {
                guard_all(field, spec.at, self.origins);
            }
        });
        walked.map_err(|NoWay(at)| {
            let message = format!("`{}` leads through a scalar", spec.path);
            self.refuse("field-path", message, at)
        })
    }

    /// Sets a value of the kustomization as text.
    pub(crate) fn set_text(&mut self, node: &mut Node, value: &Node) {
        let origin = over(value.origin, node.origin, self.origins);
        let Some(scalar) = value.as_scalar() else { return };
        let scalar = Scalar { style: Style::Double, tag: None, ..scalar.clone() };
        // Bytes count from the one span of the value, which is not the node's whole origin.
        let pieces = match scalar.to_text(value.origin, self.origins).runs() {
            [run] => {
                let at = self.origins.with_role(value.origin, mlgitops_yaml::Role::Transformer);
                mlgitops_yaml::Pieces::Parts((run.end, at).into())
            }
            _ => mlgitops_yaml::Pieces::Whole,
        };
        *node = Node::new(Value::Scalar(Scalar { pieces, ..scalar }), origin);
    }

    /// Refuses two objects that a transformer gave one identity.
    pub(crate) fn check_ids(&mut self, built: &Accumulated, at: OriginId, what: &str) -> Step<()> {
        let mut seen: HashMap<Id, usize> = HashMap::new();
        for resource in &built.resources {
            let id = resource.id();
            let count = seen.entry(id.clone()).or_default();
            *count += 1;
            if *count > 1 {
                let message = format!("the {what} makes two objects one: {id}");
                return Err(self.refuse("duplicate-id", message, at));
            }
        }
        Ok(())
    }
}

/// The work of setting one label or annotation of one object.
const SET: usize = 32;

/// The work of looking for an image in one object.
const IMAGE: usize = 128;

/// Kinds whose names prefixes and suffixes leave alone.
fn keeps_its_name(gvk: &Gvk) -> bool {
    matches!(gvk.kind.as_str(), "CustomResourceDefinition" | "Namespace")
        || (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io")
}

pub(crate) fn any_kind(path: &str) -> FieldSpec {
    FieldSpec { gvk: Gvk::default(), path: path.to_owned(), create: true, at: OriginId::NONE }
}

/// A field spec as a kustomization or a configuration writes it.
pub(crate) fn field_spec(node: &Node, origins: &mut Origins) -> FieldSpec {
    let text = |name: &str| node.get(name).text().unwrap_or_default().to_owned();
    let gvk = Gvk { group: text("group"), version: text("version"), kind: text("kind") };
    let create = node.get("create").present().and_then(Node::as_bool).unwrap_or_default();
    FieldSpec { gvk, path: text("path"), create, at: all_of(node, origins) }
}
