//! Typed views of the kinds the linter knows: one file a kind, each keeping the nodes it read.

pub mod argocd;
pub mod gpu;
pub mod kserve;
pub mod kubernetes;
pub mod probes;
