//! Applications, from what they say to what is rendered: which repository, which folder, which
//! tool, with which values, at which line.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "argocd/alike.rs"]
mod alike;
#[path = "argocd/causes.rs"]
mod causes;
#[path = "argocd/nested.rs"]
mod nested;
#[path = "argocd/repositories.rs"]
mod repositories;
#[path = "argocd/revisions.rs"]
mod revisions;
#[path = "argocd/rounds.rs"]
mod rounds;
#[path = "argocd/sources.rs"]
mod sources;
#[path = "argocd/world.rs"]
mod world;
