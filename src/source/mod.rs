//! Sources of files.

mod memory;

pub use memory::Memory;
