//! What a user sees.
