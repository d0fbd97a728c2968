//! The gate where people meet it: the action, the hook, and a new user's first day.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(unix)]

#[path = "gate/action.rs"]
mod action;
#[path = "gate/gitlab.rs"]
mod gitlab;
#[path = "gate/hook.rs"]
mod hook;
#[path = "gate/init.rs"]
mod init;
#[path = "gate/newcomer.rs"]
mod newcomer;
#[path = "gate/release.rs"]
mod release;
#[path = "gate/runner.rs"]
mod runner;
#[path = "gate/steps.rs"]
mod steps;

use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
