//! Reports as people and machines read them.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "reports/gitlab.rs"]
mod gitlab;
#[path = "reports/hostile.rs"]
mod hostile;
#[path = "reports/junit.rs"]
mod junit;
#[path = "reports/markdown.rs"]
mod markdown;
#[path = "reports/read.rs"]
mod read;
#[path = "reports/same.rs"]
mod same;
#[path = "reports/sample.rs"]
mod sample;
#[path = "reports/sarif.rs"]
mod sarif;
#[path = "reports/seen.rs"]
mod seen;
