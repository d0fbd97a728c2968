//! The releases of every environment at the commits of a branch, by the same flow as the tree under
//! review: what ran where, since when, and who put it there.

mod difference;
mod engine;
mod quiet;
mod ran;
mod review;
mod routes;
mod spans;
mod state;
mod timeline;
mod told;
pub mod words;

pub use difference::{Difference, Side, differences};
pub use ran::{Identity, Question, Ran, Stay};
pub use review::{Branches, Change, Guard, Moved, Override, Removed, Review, Reviewed, is_same_version};
pub use spans::Span;
pub use state::{Running, State, at_hand, ignored};
pub use timeline::{Commit, Era, Timeline, whole};
pub use told::{Told, told};
