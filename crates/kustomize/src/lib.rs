//! A kustomization to manifests, each node with its origin.
//!
//! It builds what `kustomize build` v5 builds, in process and without the network. Every value knows
//! the patch that set it and the value before it, the field of the kustomization that changed it,
//! or the generator entry that made it.

mod accumulate;
mod build;
mod charts;
mod configure;
mod crds;
mod effect;
mod extend;
mod finish;
mod generate;
mod hash;
mod iam;
mod id;
mod image;
mod index;
mod json_patch;
mod merge;
mod merge_keyed;
mod merge_schema;
mod names;
mod namespace;
mod openapi;
mod origin;
mod patch;
mod path;
mod print;
mod provenance;
mod read;
mod remote;
mod replace;
mod resource;
mod schema;
mod select;
mod settle;
mod shared;
mod spec;
mod tables;
mod transform;
mod value_add;
mod vars;

pub use build::{Build, LeftOut, LeftOutKind, Mismatch, Overrides, PatchTarget, Remote, build};
pub use effect::Effect;
pub use select::Target;
