//! mlgitops.
