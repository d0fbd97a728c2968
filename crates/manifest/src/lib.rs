//! One Kubernetes object: identity, field tables, merge keys, quantities.

mod bytes;
pub mod duration;
pub mod fields;
mod object;
pub mod quantity;
pub mod size;

pub use object::{Manifest, ObjectId, Problem};
