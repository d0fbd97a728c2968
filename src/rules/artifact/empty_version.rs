//! `artifact/empty-version`: the version got lost on the way.

use std::ops::Range;

use super::super::{Check, Context, Violations};
use crate::finding::{Cause, Violation, field_of};
use crate::fleet::reference::{BrokenWhy, Class, Input, Scheme};
use crate::fleet::{ModelUse, Object};

pub(super) const CHECKS: &[Check] = &[Check::ModelReference(check)];

fn check(model_use: &ModelUse, object: &Object, context: &Context<'_>, out: &mut Violations) {
    let parsed = &model_use.parsed;
    let Class::Broken { range, why } = &parsed.class else { return };
    let reference = &model_use.reference;
    let piece = parsed.class_text();
    let model = &model_use.model;
    let (case, message, note, help) = match why {
        BrokenWhy::EmptyVersion => (
            "empty",
            format!("{model}{{places}} names an empty version"),
            downloaded(model_use, range),
            "write the version where it is missing; in a template, find the value that is empty",
        ),
        BrokenWhy::CoercedNumber => (
            "coerced",
            format!("{model}{{places}} asks for `{piece}`: YAML read the version as a number"),
            "an unquoted 20240101 is a float to Helm, which prints it with an exponent",
            "quote the version in the values file; `| quote` in the template comes too late",
        ),
        BrokenWhy::TemplateHole => (
            "hole",
            format!("{model}{{places}} asks for `{piece}`: a template printed a value that is not there"),
            "no such artifact exists: the new pods never start, the old ones keep serving",
            "set the value the template reads, or make it `required`",
        ),
        BrokenWhy::BadDigest => (
            "digest",
            format!("{model}{{places}} names a digest that is none"),
            "the kubelet refuses the image name: the new pods never start",
            "a digest is `sha256:` and 64 hex digits",
        ),
    };
    let bytes = match parsed.class_input {
        Input::Reference => range.start + reference.offset..range.end + reference.offset,
        Input::Revision => 0..reference.text.len(),
    };
    let found = Violation::in_piece(case, &object.manifest, reference.path.clone(), bytes, "here", message);
    out.push(found.map(|found| {
        let found = found.note(note).help(help);
        match why {
            BrokenWhy::CoercedNumber => {
                let field = field_of(&object.manifest.root, &reference.path);
                found.follows_from(Cause::field("coerced-value", field))
            }
            BrokenWhy::EmptyVersion => {
                let variable = context.unset().variable(context.fleet, model_use);
                match variable.and_then(|variable| variable.at.clone()) {
                    Some(at) => found.follows_from(Cause::at("undefined-variable", at.into())),
                    None => found,
                }
            }
            _ => found,
        }
    }));
}

/// A prefix of every version.
const ALL: &str = "the path is valid, and a prefix of every version there is: KServe downloads them all";

/// No key begins so.
const NONE: &str = "no key of the bucket begins so: KServe finds no model there, and the new pods never start; \
                    the old ones keep serving";

/// What KServe downloads for a reference that lacks its version at some bytes (kserve v0.11 to v0.20
/// `python/storage/kserve_storage/kserve_storage.py`): what S3 and Azure list is what begins with the
/// text, to which Google's storage adds a slash; a doubled slash is part of a key.
fn downloaded(model_use: &ModelUse, range: &Range<usize>) -> &'static str {
    const DEFAULT_BRANCH: &str = "without a revision the newest commit of the default branch is taken";
    let (reference, parsed) = (&model_use.reference, &model_use.parsed);
    if parsed.class_input == Input::Revision {
        return DEFAULT_BRANCH;
    }
    let text = &*reference.text;
    let path = text.get(parsed.path.clone()).unwrap_or_default();
    let is_at_end = range.end == text.len() && !text.ends_with('/');
    // Nothing but slashes stands where the version is missing, and in front of it no other hole.
    let ends_in_hole = path.trim_end_matches('/').len() + 2 <= path.len();
    let is_whole = !path.trim_end_matches('/').contains("//");
    match parsed.scheme {
        Scheme::S3 if path.trim_matches('/').is_empty() => {
            "nothing is left of the key: KServe downloads the whole bucket"
        }
        Scheme::S3 if path.starts_with('/') && !path.trim_start_matches('/').contains("//") => {
            "KServe drops slashes in front of a key: it asks for what stands behind them"
        }
        Scheme::S3 | Scheme::Storage if is_at_end => ALL,
        Scheme::Https if text.contains(".blob.core.windows.net/") => match is_whole {
            true if is_at_end => ALL,
            true if ends_in_hole => {
                "KServe cuts the slashes at the end off: it downloads every version below the folder"
            }
            _ => NONE,
        },
        Scheme::S3 | Scheme::Storage | Scheme::Gs => NONE,
        Scheme::Hf | Scheme::ModelScope if text.ends_with(':') => DEFAULT_BRANCH,
        Scheme::Oci | Scheme::OciNative | Scheme::OciFetch => {
            "the kubelet refuses the image name: the new pods never start, the old ones keep serving"
        }
        Scheme::Pvc | Scheme::File | Scheme::LocalPath if ends_in_hole && is_whole => {
            "a doubled slash counts as one: the server is given the folder with every version in it"
        }
        _ => "there is no such artifact: the new pods never start, the old ones keep serving",
    }
}
