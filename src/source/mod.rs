//! Sources of files.
