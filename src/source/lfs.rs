//! Git LFS pointers: small files that stand for content kept elsewhere.

/// Whether these bytes are a Git LFS pointer and not the content it stands for
/// (git-lfs `docs/spec.md`: the first line is the version).
#[must_use]
pub fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(b"version https://git-lfs.github.com/spec/v1")
}
