//! What rules say: violations, and the findings people read.
//!
//! A rule emits [`Violation`]s, one per field and place, and never decides how loud they are.
//! The rules' sink applies severities, waivers and selection and merges violations with one cause
//! into [`Finding`]s in one total order.

mod fingerprint;
mod intent;
mod location;
mod not_checked;
mod severity;
mod violation;

pub use fingerprint::{Fingerprint, field_of};
pub use intent::{Intent, Remedy, Wanted};
pub use location::{Location, OtherTree, PlaceIndex, ReadTree};
pub use not_checked::{Code, NotChecked};
pub use severity::Severity;
pub use violation::{Cause, Edit, Finding, Fix, Label, PlaceOfFinding, Safety, Violation, Waived};
