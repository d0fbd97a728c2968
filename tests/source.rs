//! Files from four places: the same content gives the same tree and the same bytes, and nothing
//! a repository holds leads out of it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "source/errors.rs"]
mod errors;
#[path = "source/findings.rs"]
mod findings;
#[path = "source/hostile.rs"]
mod hostile;
#[path = "source/repository.rs"]
mod repository;
#[path = "source/same.rs"]
mod same;
#[path = "source/state.rs"]
mod state;
