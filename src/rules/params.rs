//! The parameters of every rule, typed. Written by `cargo xtask generate` from the pages in
//! `rules/`.

use crate::config::Config;

/// The parameters of every rule that has some.
#[derive(Debug, Clone)]
pub struct Params {}

impl Params {
    /// The parameters a configuration sets, and the defaults of the pages.
    #[must_use]
    pub fn of(_: &Config) -> Self {
        Self {}
    }
}
