//! One Kubernetes object: identity, field tables, merge keys, quantities.

pub mod fields;
mod object;

pub use object::{Manifest, ObjectId, Problem};
