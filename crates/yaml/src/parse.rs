//! From a text to a tree.
//!
//! `granit-parser` decides what is YAML ([`events`]). What templates and people mostly write needs
//! little of it, and is read straight from the bytes ([`direct`]): a tenth of the time, where
//! parsing is a quarter of a run. Both make their tree with one [`builder`], and the tests hold
//! them to the same one for every text.

use std::sync::Arc;

use crate::{SourceFile, Text, Tree};

mod builder;
mod direct;
mod events;
mod indented;

/// Parses a file once for every job that reads it: its text carries no origin of its own, and
/// [`Tree::node_of`] gives the nodes theirs.
#[must_use]
pub fn parse_file(file: &SourceFile) -> Tree {
    let mut tree = parse(Text::of_shared(file.text()));
    // It lives as long as the run.
    tree.nodes.shrink_to_fit();
    tree.children.shrink_to_fit();
    tree
}

/// Parses YAML or JSON. Never fails: what is no YAML is in [`Tree::errors`], and the documents
/// around it are there.
#[must_use]
pub fn parse(text: Text) -> Tree {
    let source = Arc::clone(text.shared());
    // Comments say something in a file; nobody reads those of a text that was made.
    let is_file = matches!(text.runs(), [run] if run.offset == Some(0));
    direct::read(text, &source, is_file).unwrap_or_else(|text| events::read(text, &source, is_file))
}

/// Texts are at most 32 MiB, so every offset fits.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
