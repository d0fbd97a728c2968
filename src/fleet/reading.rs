//! How the model references of this repository are read: what the configuration adds to the
//! grammar.

use regex::Regex;

use super::reference::{Context, Form, ModelReference, SchemePattern};
use crate::config::{Config, ParamValue};
use crate::kinds::kserve;

/// The grammar's context, compiled once for a run.
pub(super) struct Reading {
    schemes: Vec<SchemePattern>,
    versions: Vec<Regex>,
}

impl Reading {
    /// Takes `storage.schemes` and the house style of versions from the configuration.
    pub(super) fn new(config: &Config) -> Self {
        let schemes = config.storage.schemes.iter();
        let schemes = schemes.map(|scheme| SchemePattern::Prefix(scheme.value.clone())).collect();
        let set = config.rules.get("pinned-model-uri").and_then(|rule| rule.params.get("versions"));
        let versions = match set.map(|set| &set.value) {
            Some(ParamValue::List(list)) => list.iter().filter_map(|regex| Regex::new(regex).ok()).collect(),
            _ => Vec::new(),
        };
        Self { schemes, versions }
    }

    /// What a reference says.
    pub(super) fn parse(&self, reference: &kserve::ModelReference) -> ModelReference {
        let form = match reference.form {
            kserve::Form::StorageUri | kserve::Form::CacheUri => Form::StorageUri,
            kserve::Form::StoragePath => Form::StoragePath { scheme: None },
            kserve::Form::Environment => Form::CustomContainer,
            kserve::Form::Argument => Form::ModelId { revision: reference.revision.as_deref() },
            kserve::Form::LlmUri => Form::LlmModelUri,
        };
        let numeric_leaf =
            reference.format.as_deref().is_some_and(|format| matches!(format, "triton" | "tensorflow"));
        let context = Context {
            form,
            numeric_leaf,
            extra_schemes: &self.schemes,
            house_versions: &self.versions,
            mutable_words: &[],
        };
        ModelReference::parse(&reference.text, &context)
    }
}
