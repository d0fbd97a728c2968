//! `artifact/version-id-ignored`: what looks like a version and is dropped.

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::{ModelUse, Object};

pub(super) const CHECKS: &[Check] = &[Check::ModelReference(check)];

fn check(model_use: &ModelUse, object: &Object, _: &Context<'_>, out: &mut Violations) {
    let parsed = &model_use.parsed;
    let ignored = [
        (
            "version-id",
            &parsed.version_id_ignored,
            "KServe takes bucket and key alone: the newest object of that key is served",
            "name the version in the path: `s3://bucket/model/v47/`",
        ),
        (
            "fragment",
            &parsed.fragment_ignored,
            "KServe reads no generation from it: the newest object is served",
            "name the version in the path: `gs://bucket/model/v47/`",
        ),
        (
            "at-revision",
            &parsed.at_revision_ignored,
            "behind `@` it is part of the model's name; nothing of that name exists, and the new pods never start",
            "put the revision behind a colon: `hf://owner/model:` and 40 hex digits",
        ),
    ];
    for (case, range, note, help) in ignored {
        let Some(range) = range else { continue };
        let reference = &model_use.reference;
        let bytes = range.start + reference.offset..range.end + reference.offset;
        let message = format!(
            "{}{{places}} does not get `{}`: KServe ignores it",
            model_use.model,
            shown(parsed.piece(range))
        );
        let found =
            Violation::in_piece(case, &object.manifest, reference.path.clone(), bytes, "ignored", message);
        out.push(found.map(|found| found.note(note).help(help)));
    }
}

/// The ignored part, short enough for one line.
fn shown(part: &str) -> String {
    if part.chars().count() <= 32 { part.to_owned() } else { part.chars().take(31).chain(['…']).collect() }
}
