//! Which fields an object may have: one table for each kind, read in place from a generated blob.
//!
//! The facts come from the published CRDs of KServe, Argo CD, Argo Rollouts, Flux, Istio,
//! prometheus-operator and Flagger, read over a range of releases, and from the OpenAPI document of
//! Kubernetes. `cargo xtask fields` compacts them into `data/fields.bin`; nothing is decoded before
//! it is asked for, and a lookup allocates nothing.

mod blob;
mod field;
mod home;
mod release;
mod table;

pub use blob::Corrupt;
pub use field::{FieldRef, FieldType, PatchMark};
pub use home::{did_you_mean, dotted, nearest_home, nearest_homes};
pub use release::{Availability, Release, ReleaseError, ReleaseSet};
pub use table::{FieldTables, KindLookup, KindTable, Project, tables};
