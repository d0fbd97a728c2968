//! `artifact/s3-prefix`: KServe takes every key that begins like the path.

use std::collections::BTreeMap;

use mlgitops_yaml::edit::NewValue;

use super::super::{Check, Context, Violations};

use crate::finding::{Intent, Label, Violation};
use crate::fleet::reference::{S3Key, s3_prefix_collides};
use crate::fleet::{ModelUse, Object};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check_all)];

/// The keys under review by bucket and key, each with the first reference that names it: what
/// begins with a key stands behind it.
type Keys<'c> = BTreeMap<(&'c str, &'c str), &'c ModelUse>;

fn check_all(context: &Context<'_>, out: &mut Violations) {
    let uses = &context.fleet.uses;
    let mut keys = Keys::new();
    for (key, model_use) in uses.iter().filter_map(|one| Some((one.parsed.s3_key()?, one))) {
        keys.entry((key.bucket, key.key)).or_insert(model_use);
    }
    for model_use in uses {
        if let (Some(key), Some(object)) =
            (model_use.parsed.s3_key().filter(S3Key::is_open), context.fleet.object_of(model_use))
        {
            let mut found = Violations::default();
            check(&key, model_use, object, collision(&key, &keys, context), &mut found);
            for violation in found.found {
                out.push(violation.at_place(object.place).of_model(&model_use.model));
            }
        }
    }
}

fn check(
    key: &S3Key<'_>,
    model_use: &ModelUse,
    object: &Object,
    collision: Option<(&ModelUse, &Object)>,
    out: &mut Violations,
) {
    let reference = &model_use.reference;
    let violation = |case, label: &str, message: String| {
        let path = reference.path.clone();
        let found = Violation::in_object(case, &object.manifest, path, reference.origin, label, message)?;
        let ended = NewValue::text(format!("{}/", model_use.parsed.text()));
        Some(found.remedy("end the path in `/`", [Intent::set(reference.path.clone(), ended)]))
    };
    // Where the line holds a piece of the path, the whole of it is not what to write there.
    let help = |found: &Violation| {
        let at = &found.primary.location;
        let uri = format!("s3://{}/{}", key.bucket, key.key);
        match at.file.slice(at.start..at.end).contains(&uri) {
            true => format!("end it in `/`: {uri}/; its pods restart"),
            false => "end the path in `/`; its pods restart".to_owned(),
        }
    };
    let model = &model_use.model;
    match collision {
        Some((other, at)) => {
            let also = at.manifest.place(other.reference.origin);
            let message = format!("{model}{{places}} also downloads `{}`", leaf(&other.parsed.s3_key(), key));
            let found = violation("collides", "takes every key that begins so", message).map(|found| {
                let help = help(&found);
                let found =
                    found.help(help).note("KServe takes every key with this beginning, into one folder");
                match also {
                    Some(also) => found.also_at(Label::new(also, "begins so too")),
                    None => found,
                }
            });
            out.push(found);
        }
        None => {
            let name = key.key.rsplit('/').next().unwrap_or(key.key);
            let message = format!(
                "{model}{{places}} would also download `{name}0/…` or `{name}-rc1/…`: no `/` at the end"
            );
            let note = "KServe takes every key with this beginning; none is named here: no harm yet";
            out.push(violation("open", "", message).map(|found| {
                let help = help(&found);
                found.note(note).help(help)
            }));
        }
    }
}

/// A model reference in the tree under review that this key takes along.
fn collision<'c>(
    key: &S3Key<'_>,
    keys: &Keys<'c>,
    context: &Context<'c>,
) -> Option<(&'c ModelUse, &'c Object)> {
    let behind = keys.range((key.bucket, key.key)..);
    let (_, other) = behind
        .take_while(|((bucket, other), _)| *bucket == key.bucket && other.starts_with(key.key))
        .find(|(_, other)| other.parsed.s3_key().is_some_and(|other| s3_prefix_collides(key, &other)))?;
    Some((other, context.fleet.object_of(other)?))
}

/// The end of the other key, from where the two part: `v47/`.
fn leaf(other: &Option<S3Key<'_>>, key: &S3Key<'_>) -> String {
    let folder = key.key.rfind('/').map_or(0, |at| at + 1);
    other.as_ref().and_then(|other| other.key.get(folder..)).unwrap_or("").to_owned()
}
