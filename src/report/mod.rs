//! Reports: one file a format; each prints what it is given, in the order it is given.

pub mod human;
