//! `artifact/empty-version`: the version got lost on the way.

use super::super::{Check, Context, Violations};
use crate::finding::{Cause, Violation, field_of};
use crate::fleet::reference::{BrokenWhy, Class, Input};
use crate::fleet::{ModelUse, Object};

pub(super) const CHECKS: &[Check] = &[Check::ModelReference(check)];

fn check(model_use: &ModelUse, object: &Object, _: &Context<'_>, out: &mut Violations) {
    let parsed = &model_use.parsed;
    let Class::Broken { range, why } = &parsed.class else { return };
    let reference = &model_use.reference;
    let piece = parsed.class_text();
    let model = &model_use.model;
    let (case, message, note, help) = match why {
        BrokenWhy::EmptyVersion => (
            "empty",
            format!("{model}{{places}} names an empty version"),
            "the path is valid, and a prefix of every version there is: KServe downloads them all",
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
                found.follows_from(Cause { rule: "coerced-value", field: Some(field) })
            }
            _ => found,
        }
    }));
}
