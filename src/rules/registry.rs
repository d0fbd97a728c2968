//! Every rule, sorted by id. Written by `cargo xtask generate` from the pages in `rules/`.

use super::{Case, FixKind, Rule};
use crate::finding::Severity;

#[path = "artifact/s3_prefix.rs"]
mod s3_prefix;

/// Every rule, sorted by id.
pub static RULES: &[Rule] = &[Rule {
    id: "s3-prefix",
    category: "artifact",
    summary: "an S3 model path ends in a slash, so that it names one folder",
    cases: &[
        Case {
            id: "collides",
            levels: [
                Some(Severity::Error),
                Some(Severity::Error),
                Some(Severity::Warning),
                Some(Severity::Error),
            ],
        },
        Case {
            id: "open",
            levels: [
                Some(Severity::Warning),
                Some(Severity::Note),
                Some(Severity::Note),
                Some(Severity::Note),
            ],
        },
    ],
    fix: FixKind::Unsafe,
    params: &[],
    since: "0.1.0",
    page: include_str!("../../rules/artifact/s3-prefix.md"),
    checks: s3_prefix::CHECKS,
}];
