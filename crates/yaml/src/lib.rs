//! Text with origins, spanned trees, nodes, and scalars as Go reads them.
//!
//! One model of data for every stage: a [`Text`] knows where its characters come from, [`parse`]
//! makes a [`Tree`] of it, and [`Tree::node`] an owned [`Node`] in which every value and every key
//! has an [`OriginId`]. The crate knows YAML and Go's reading of it, and no Kubernetes.

mod ambiguity;
mod convert;
mod de;
pub mod edit;
mod emit;
mod file;
mod node;
mod origin;
mod parse;
mod pieces;
mod pointer;
mod reader;
mod scalar;
mod tag;
mod text;
mod timestamp;
mod tree;

pub use ambiguity::{Ambiguity, AmbiguityKind, ambiguity};
pub use convert::{ConvertError, ConvertErrorKind};
pub use de::{ReadAsError, from_node};
pub use emit::{to_yaml, to_yaml_pretty};
pub use file::{DecodeError, Encoding, Position, SourceFile};
pub use node::{Key, Lookup, Map, Node, Scalar, Unknown, Value};
pub use origin::{FileId, OriginId, OriginSpan, Origins, Role, Span, Via};
pub use parse::{parse, parse_file};
pub use pieces::{Parts, Pieces};
pub use pointer::{Pointer, PointerError, Step, Trail};
pub use reader::{Library, Reader};
pub use scalar::{KeyError, Mode, Resolved, Style, go_float, resolve, resolve_key};
pub use tag::Tag;
pub use text::{Run, Text, TextBuilder};
pub use timestamp::go_time;
pub use tree::{
    Comment, Document, Duplicate, NodeIndex, Placement, Shape, SyntaxError, SyntaxErrorKind, Tree,
};
