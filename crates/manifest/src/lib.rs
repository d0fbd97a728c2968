//! One Kubernetes object: identity, field tables, merge keys, quantities.

mod object;

pub use object::{Manifest, ObjectId, Problem};
