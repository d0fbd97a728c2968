//! `configurations`: further fields that transformers reach.

use std::sync::Arc;

use mlgitops_yaml::{Node, Origins};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Step};
use crate::id::Gvk;
use crate::origin::all_of;
use crate::read::Kustomization;
use crate::schema::{self, CONFIGURATION};
use crate::spec::{self, FieldSpec};
use crate::tables::{Config, NameReference};
use crate::transform::field_spec;

impl Builder<'_> {
    pub(crate) fn configure(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        for entry in kustomization.list("configurations") {
            let path = self.file_of(&kustomization.folder, entry.text().unwrap_or_default(), entry.origin)?;
            let mut document = self.document(&path, entry.origin)?;
            if let Err(mismatch) = schema::decode(&mut document, CONFIGURATION, "") {
                return Err(self.refuse("field", mismatch.message, mismatch.at));
            }
            let mut config = Config::clone(&built.config);
            if let Err(conflict) = merge(&mut config, &read(&document, self.origins)) {
                let message = format!("`{}` is told both to create and not to create", conflict.path);
                return Err(self.refuse("conflicting-fields", message, entry.origin));
            }
            built.config = Arc::new(config);
        }
        Ok(())
    }
}

fn read(document: &Node, origins: &mut Origins) -> Config {
    let mut references = Vec::new();
    for entry in document.get("nameReference").items() {
        let text = |name: &str| entry.get(name).text().unwrap_or_default().to_owned();
        let at = all_of(entry, origins);
        let fields = entry.get("fieldSpecs").items().iter();
        references.push(NameReference {
            target: Gvk { group: text("group"), version: text("version"), kind: text("kind") },
            fields: fields.map(|field| FieldSpec { at, ..field_spec(field, origins) }).collect(),
        });
    }
    let mut specs = |field: &str| -> Vec<FieldSpec> {
        document.get(field).items().iter().map(|field| field_spec(field, origins)).collect()
    };
    Config {
        name_prefix: specs("namePrefix"),
        name_suffix: specs("nameSuffix"),
        namespace: specs("namespace"),
        common_labels: specs("commonLabels"),
        labels: specs("labels"),
        template_labels: specs("templateLabels"),
        common_annotations: specs("commonAnnotations"),
        name_reference: references,
        var_reference: specs("varReference"),
        images: specs("images"),
        replicas: specs("replicas"),
    }
}

/// Adds the fields of one configuration to another.
pub(crate) fn merge(into: &mut Config, more: &Config) -> Result<(), FieldSpec> {
    spec::merge(&mut into.name_prefix, &more.name_prefix)?;
    spec::merge(&mut into.name_suffix, &more.name_suffix)?;
    spec::merge(&mut into.namespace, &more.namespace)?;
    spec::merge(&mut into.common_labels, &more.common_labels)?;
    spec::merge(&mut into.labels, &more.labels)?;
    spec::merge(&mut into.template_labels, &more.template_labels)?;
    spec::merge(&mut into.common_annotations, &more.common_annotations)?;
    spec::merge(&mut into.var_reference, &more.var_reference)?;
    spec::merge(&mut into.images, &more.images)?;
    spec::merge(&mut into.replicas, &more.replicas)?;
    for reference in &more.name_reference {
        match into.name_reference.iter_mut().find(|have| have.target == reference.target) {
            Some(have) => spec::merge(&mut have.fields, &reference.fields)?,
            None => into.name_reference.push(reference.clone()),
        }
    }
    Ok(())
}
