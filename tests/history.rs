//! Who commits what, when, and what must be said of it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "history/beside.rs"]
mod beside;
#[path = "history/clones.rs"]
mod clones;
#[path = "history/commands.rs"]
mod commands;
#[path = "history/environments.rs"]
mod environments;
#[path = "history/flux.rs"]
mod flux;
#[path = "history/promotion.rs"]
mod promotion;
#[path = "history/random.rs"]
mod random;
#[path = "history/removed.rs"]
mod removed;
#[path = "history/repository.rs"]
mod repository;
#[path = "history/restarts.rs"]
mod restarts;
#[path = "history/timeline.rs"]
mod timeline;
