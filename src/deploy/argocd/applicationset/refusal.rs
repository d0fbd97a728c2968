//! Why a generator or a template gives nothing.

use mlgitops_gotemplate::{Failure, FailureKind};
use mlgitops_yaml::OriginId;

use crate::finding::NotChecked;

/// Why an ApplicationSet, or a part of it, is not expanded.
#[derive(Debug)]
pub(super) enum Stop {
    /// Argo CD's controller refuses it.
    Refused(Refusal),
    /// It cannot be known here.
    NotChecked(Box<NotChecked>),
    /// A limit was passed, in these words.
    Limit(String),
}

/// What the ApplicationSet controller refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    /// A kebab-case word for the kind.
    pub(super) kind: &'static str,
    /// What is wrong, in one line.
    pub(super) message: String,
    /// What causes it.
    pub(super) origin: OriginId,
}

impl Refusal {
    /// Whether a template names a key or a field that is not there (argo-cd `isMissingKeyError`).
    pub(super) fn is_missing_key(&self) -> bool {
        self.message.contains("map has no entry for key") || self.message.contains("can't evaluate field")
    }
}

impl Stop {
    /// A refusal.
    pub(super) fn refused(kind: &'static str, message: impl Into<String>, origin: OriginId) -> Self {
        Self::Refused(Refusal { kind, message: message.into(), origin })
    }

    /// A template that fails.
    pub(super) fn failure(failure: &Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::Limit | FailureKind::Stack => return Self::Limit(failure.message.clone()),
            FailureKind::Parse => "appset-template",
            FailureKind::Execute | FailureKind::Refused => "appset-render",
        };
        let message = match &failure.action {
            Some(action) => format!("at `{action}`: {}", failure.message),
            None => failure.message.clone(),
        };
        Self::refused(kind, message, failure.origin)
    }
}
