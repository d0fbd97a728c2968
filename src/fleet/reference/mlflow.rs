//! MLflow's own references, none of which KServe knows (domain facts, §7.1).
//!
//! Source: mlflow `mlflow/store/artifact/utils/models.py`.

use std::ops::Range;

use super::class::{BrokenWhy, Class, MutableKind, Proof, UnknownWhy};
use super::{classify, slice, token};

/// A reference into a model registry, or to a run.
pub(super) struct Registry {
    /// `profile@databricks` of `models://profile@databricks/…`.
    pub(super) authority: Option<Range<usize>>,
    /// The model's name, or what is inside the run.
    pub(super) name: Range<usize>,
    pub(super) class: Class,
}

/// `models:/<name>/<version or stage>`, `models:/<name>@<alias>`, `models:/<model id>`.
pub(super) fn models(text: &str, rest: &Range<usize>, slashes: usize) -> Registry {
    let (authority, body) = split_authority(text, rest, slashes);
    let inside = slice(text, &body);
    let slash = inside.find('/').map(|at| body.start + at);
    let name = body.start..slash.unwrap_or(body.end);
    let alias = slice(text, &name).rfind('@').map(|at| name.start + at);
    let class = match (slash, alias) {
        (_, Some(sign)) => alias_class(text, sign + 1..name.end),
        (Some(slash), None) => version_class(text, slash + 1..body.end),
        (None, None) => id_class(text, &name),
    };
    Registry { authority, name: name.start..alias.unwrap_or(name.end), class }
}

/// With two slashes only what names a Databricks workspace is an authority; people write
/// `models://llama/Production` and mean the name.
fn split_authority(text: &str, rest: &Range<usize>, slashes: usize) -> (Option<Range<usize>>, Range<usize>) {
    let body = slice(text, rest);
    let host = body.find('/').filter(|_| slashes == 2).filter(|at| {
        let host = body.get(..*at).unwrap_or_default();
        host.rsplit('@').next().is_some_and(|h| h == "databricks" || h == "databricks-uc")
    });
    match host {
        Some(at) => {
            let end = rest.start + at;
            (Some(rest.start..end), end + 1..rest.end)
        }
        None => (None, rest.clone()),
    }
}

fn empty(range: &Range<usize>) -> Class {
    Class::Broken { range: range.start.saturating_sub(1)..range.end, why: BrokenWhy::EmptyVersion }
}

fn alias_class(text: &str, alias: Range<usize>) -> Class {
    if alias.is_empty() {
        return empty(&alias);
    }
    if classify::is_null(slice(text, &alias)) {
        return Class::Broken { range: alias, why: BrokenWhy::TemplateHole };
    }
    Class::Mutable { word: alias, kind: MutableKind::Alias }
}

/// Digits are a version, `latest` the newest, anything else a stage; MLflow compares both words
/// without case. What follows a further slash is a path inside the model.
fn version_class(text: &str, range: Range<usize>) -> Class {
    let length = slice(text, &range).find('/');
    let range = range.start..length.map_or(range.end, |at| range.start + at);
    let word = slice(text, &range);
    if word.is_empty() {
        return empty(&range);
    }
    if word.eq_ignore_ascii_case("v") {
        return Class::Broken { range, why: BrokenWhy::EmptyVersion };
    }
    if classify::is_null(word) {
        return Class::Broken { range, why: BrokenWhy::TemplateHole };
    }
    if let Some(found) = classify::coerced(word) {
        return Class::Broken {
            range: range.start + found.start..range.start + found.end,
            why: BrokenWhy::CoercedNumber,
        };
    }
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return Class::Pinned { token: range, by: Proof::Registry };
    }
    Class::Mutable {
        kind: if word.eq_ignore_ascii_case("latest") { MutableKind::Latest } else { MutableKind::Stage },
        word: range,
    }
}

fn id_class(text: &str, name: &Range<usize>) -> Class {
    let id = slice(text, name);
    if id.is_empty() {
        empty(name)
    } else if token::is_logged_model(id) {
        Class::Pinned { token: name.clone(), by: Proof::Registry }
    } else {
        Class::Unknown { range: name.clone(), why: UnknownWhy::NoVersion }
    }
}

/// `runs:/<32 hex>/<path>`.
pub(super) fn runs(text: &str, rest: &Range<usize>) -> Registry {
    let slash = slice(text, rest).find('/').map(|at| rest.start + at);
    let id = rest.start..slash.unwrap_or(rest.end);
    let class = if id.is_empty() {
        empty(&id)
    } else if token::is_run_id(slice(text, &id)) {
        Class::Pinned { token: id.clone(), by: Proof::Registry }
    } else {
        Class::Unknown { range: id.clone(), why: UnknownWhy::NoVersion }
    };
    Registry { authority: None, name: rest.clone(), class }
}
