//! `crds`: schemas that say which fields of custom resources name other objects, and which hold
//! labels or annotations (kustomize v5.8 `api/internal/accumulator/loadconfigfromcrds.go`).

use std::collections::HashMap;
use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_yaml::{Node, OriginId};

use crate::accumulate::Accumulated;
use crate::build::{Builder, LeftOutKind, Refused, Step};
use crate::configure;
use crate::id::Gvk;
use crate::read::Kustomization;
use crate::spec::FieldSpec;
use crate::tables::{Config, NameReference};

/// The types of a file by their names; each is `{Schema: {properties: …}}`.
struct Types<'n> {
    by_name: HashMap<&'n str, &'n Node>,
}

/// The properties passed from an object's type on, and the references followed.
struct Way {
    path: Vec<String>,
    by: OriginId,
}

impl Builder<'_> {
    pub(crate) fn crds(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        for entry in kustomization.list("crds") {
            let path = self.file_of(&kustomization.folder, entry.text().unwrap_or_default(), entry.origin)?;
            let document = self.document(&path, entry.origin)?;
            let config = self.config_of_crds(&document)?;
            let mut merged = Config::clone(&built.config);
            if let Err(conflict) = configure::merge(&mut merged, &config) {
                let message = format!("`{}` is told both to create and not to create", conflict.path);
                return Err(self.refuse("conflicting-fields", message, entry.origin));
            }
            built.config = Arc::new(merged);
        }
        Ok(())
    }

    fn config_of_crds(&mut self, document: &Node) -> Step<Config> {
        let mut types = Types { by_name: HashMap::new() };
        for (name, value) in document.as_map().into_iter().flat_map(|map| map.iter()) {
            if value.as_map().is_none() && !value.is_null() {
                let message = format!(
                    "`{}` is no type: `crds` takes OpenAPI definitions by name, not CustomResourceDefinitions",
                    name.name()
                );
                return Err(self.refuse("crd", message, value.origin));
            }
            types.by_name.insert(name.name(), value);
        }
        let mut config = Config::default();
        for (name, value) in document.as_map().into_iter().flat_map(|map| map.iter()) {
            let is_object =
                ["kind", "apiVersion", "metadata"].iter().all(|field| property(value, field).is_some());
            if is_object {
                let kind = name.name().rsplit('.').next().unwrap_or_default().to_owned();
                let gvk = Gvk { kind, ..Gvk::default() };
                self.read_type(
                    &types,
                    name.name(),
                    &gvk,
                    &mut Way { path: Vec::new(), by: OriginId::NONE },
                    &mut config,
                )?;
            }
        }
        Ok(config)
    }

    /// Notes what the properties of a type say of themselves, and of the types they refer to.
    fn read_type(
        &mut self,
        types: &Types<'_>,
        name: &str,
        gvk: &Gvk,
        way: &mut Way,
        config: &mut Config,
    ) -> Step<()> {
        let Some(found) = types.by_name.get(name) else { return Ok(()) };
        self.spend(1, found.origin)?;
        if way.path.len() > limits::DEPTH {
            self.leave_out(LeftOutKind::Limit, format!("the type `{name}` nests without end"), found.origin);
            return Err(Refused);
        }
        let properties = any_case(found, "schema").and_then(|schema| schema.get("properties").present());
        for (key, value) in properties.and_then(Node::as_map).into_iter().flat_map(|map| map.iter()) {
            way.path.push(key.name().to_owned());
            self.read_property(value, gvk, way, config);
            if let Some(reference) = value.get("$ref").present() {
                let before = way.by;
                way.by = self.origins.join(before, reference.origin);
                self.read_type(types, reference.text().unwrap_or_default(), gvk, way, config)?;
                way.by = before;
            }
            way.path.pop();
        }
        Ok(())
    }

    fn read_property(&mut self, property: &Node, gvk: &Gvk, way: &Way, config: &mut Config) {
        let path = &way.path;
        let mut field = |path: &[String], at: OriginId| FieldSpec {
            gvk: gvk.clone(),
            path: path.join("/"),
            create: false,
            at: self.origins.join(at, way.by),
        };
        let mark = |name: &str| {
            property.get(name).present().filter(|node| node.text().is_some()).map(|node| node.origin)
        };
        if let Some(at) = mark("x-kubernetes-annotation") {
            config.common_annotations.push(field(path, at));
        }
        if let Some(at) = mark("x-kubernetes-label-selector") {
            config.common_labels.push(field(path, at));
        }
        if let Some(at) = mark("x-kubernetes-identity") {
            config.name_prefix.push(field(path, at));
        }
        let text = |name: &str| property.get(name).text().map(str::to_owned);
        let version = text("x-kubernetes-object-ref-api-version");
        let Some((version, kind)) = version.zip(text("x-kubernetes-object-ref-kind")) else { return };
        let mut at = way.by;
        for name in ["api-version", "kind", "name-key"] {
            let more = mark(&format!("x-kubernetes-object-ref-{name}")).unwrap_or(OriginId::NONE);
            at = self.origins.join(at, more);
        }
        let name = text("x-kubernetes-object-ref-name-key").unwrap_or_else(|| "name".to_owned());
        let mut path = path.clone();
        path.push(name);
        let target = Gvk { group: String::new(), version, kind };
        let spec = FieldSpec { gvk: gvk.clone(), path: path.join("/"), create: false, at };
        config.name_reference.push(NameReference { target, fields: vec![spec] });
    }
}

/// A property of a type's schema.
fn property<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    any_case(node, "schema")?.find(&["properties", name]).present()
}

/// A field in any case, as Go's decoder finds it.
fn any_case<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let mut entries = node.as_map()?.iter();
    entries.find(|(key, _)| key.name().eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
