//! Repository paths, the trait every source of files implements, read traces and limits.
