//! `mlgitops schema`: the JSON schema of the configuration, for editors.

use super::{CliError, print};
use crate::config;
use crate::rules::vocabulary;

/// Runs `schema`.
pub(super) fn run() -> Result<u8, CliError> {
    print(&format!("{:#}\n", config::schema(&vocabulary())))?;
    Ok(0)
}
