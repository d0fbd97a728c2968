//! The releases of every environment at the commits of a branch, by the same flow as the tree under
//! review: what ran where, since when, and who put it there.

mod change;
mod difference;
mod engine;
mod guard;
mod kept;
mod quiet;
mod ran;
mod removed;
mod review;
mod routes;
mod spans;
mod state;
mod timeline;
mod told;
pub mod words;

pub use change::{Branches, Change, Override};
pub use difference::{Difference, Side, differences};
pub use guard::Guard;
pub use kept::Kept;
pub use ran::{Identity, Question, Ran, Stay};
pub use removed::Removed;
pub use review::{Moved, Review, Reviewed, is_same_version};
pub use spans::Span;
pub use state::{Running, State};
pub use timeline::{Commit, Era, Timeline, whole};
pub use told::{Told, told};
