//! Go text/template with origins; knows no Helm.
//!
//! [`parse`] reads a template once ([`Parsed`] is free of any job and shared through `Arc`). A
//! [`Machine`] is one rendering: it is given parsed templates with their [`Text`](mlgitops_yaml::Text)
//! ([`Machine::add`]), values ([`Heap::import`]) and [`Limits`], and [`Machine::execute`] gives a text
//! whose every byte says where it comes from:
//!
//! * text of the template is its own bytes, one to one;
//! * a printed value has the origin of the value, a literal its bytes with the quotes; an action in
//!   which nothing else flowed is the place itself;
//! * what `if`, `with` and `range` decided about is guarded by their condition, and a value by
//!   what was passed over for it; a condition that printed nothing leaves a run of no bytes.
//!
//! Programs add functions of their own with [`Functions::extend`] and hand in objects with fields and
//! methods as [`Object`]s. Nothing here reads a clock, a file, the environment or randomness: such
//! functions give [`Data::Unknown`].

mod ast;
mod error;
mod eval;
mod exchange;
mod exec;
pub mod functions;
mod lex;
mod literal;
mod machine;
mod parse;
mod print;
mod printf;
mod value;

pub use ast::{Bytes, Parsed};
pub use error::{Failure, FailureKind};
pub use functions::{Function, Functions};
pub use machine::{Limits, Machine, MissingKey};
pub use parse::parse;
pub use print::UNKNOWN;
pub use value::{Data, Heap, IntType, ListId, ListType, MapId, MapType, Object, Slot, Value};
