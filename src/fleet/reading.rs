//! How the model references of this repository are read: what the configuration adds to the
//! grammar.

use mlgitops_yaml::Node;
use regex::Regex;

use super::Object;
use super::reference::{Context, Form, ModelReference, SchemePattern};
use crate::config::{Config, ParamValue, Stated};
use crate::kinds::kserve;

/// The grammar's context, compiled once for a run.
pub(super) struct Reading {
    schemes: Vec<SchemePattern>,
    versions: Vec<Regex>,
    words: Vec<String>,
}

impl Reading {
    /// Takes further schemes from the configuration and the ClusterStorageContainers among the
    /// objects, and the house style of versions from the configuration.
    pub(super) fn new(config: &Config, objects: &[Object]) -> Self {
        let stated = config.storage.schemes.iter();
        let mut schemes: Vec<_> = stated.map(|scheme| SchemePattern::Prefix(scheme.value.clone())).collect();
        let containers = objects.iter().map(|object| &object.manifest);
        for container in containers.filter(|one| one.id.is(kserve::GROUP, "ClusterStorageContainer")) {
            schemes.extend(supported_formats(&container.root));
        }
        // The house's own words are parameters of the rule that judges them.
        let list = |name| match config.rules.get("pinned-model-uri").and_then(|rule| rule.params.get(name)) {
            Some(Stated { value: ParamValue::List(list), .. }) => list.clone(),
            _ => Vec::new(),
        };
        let versions = list("versions").iter().filter_map(|regex| Regex::new(regex).ok()).collect();
        Self { schemes, versions, words: list("moving-words") }
    }

    /// What a reference says.
    pub(super) fn parse(&self, reference: &kserve::ModelReference) -> ModelReference {
        let form = match reference.form {
            kserve::Form::StorageUri | kserve::Form::CacheUri => Form::StorageUri,
            kserve::Form::StoragePath => Form::StoragePath { scheme: None },
            kserve::Form::Environment => Form::CustomContainer,
            kserve::Form::Argument => Form::ModelId { revision: reference.revision.as_deref() },
            kserve::Form::LlmUri => Form::LlmModelUri,
            kserve::Form::Image => Form::Image,
        };
        let words = &self.words;
        let numeric_leaf =
            reference.format.as_deref().is_some_and(|format| matches!(format, "triton" | "tensorflow"));
        let context = Context {
            form,
            numeric_leaf,
            extra_schemes: &self.schemes,
            house_versions: &self.versions,
            mutable_words: words,
        };
        ModelReference::parse(&reference.text, &context)
    }
}

/// `spec.supportedUriFormats[].prefix|regex` (kserve v0.11
/// `pkg/apis/serving/v1alpha1/storage_container_types.go`).
fn supported_formats(container: &Node) -> Vec<SchemePattern> {
    let formats = container.find(&["spec", "supportedUriFormats"]).items().iter();
    let pattern = |format: &Node| {
        let prefix = format.get("prefix").text().map(|prefix| SchemePattern::Prefix(prefix.to_owned()));
        prefix.or_else(|| Regex::new(format.get("regex").text()?).ok().map(SchemePattern::Regex))
    };
    formats.filter_map(pattern).collect()
}
