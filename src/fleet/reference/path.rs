//! Paths: their segments, what counts as a file, and when one S3 key downloads another's objects.

use std::ops::Range;

/// Extensions that say "one object", not "a folder whose name has a dot in it" (`v2.4.1`).
const EXTENSIONS: [&str; 66] = [
    "7z",
    "bin",
    "bst",
    "bz2",
    "cbm",
    "cfg",
    "ckpt",
    "conf",
    "csv",
    "dill",
    "engine",
    "gguf",
    "ggml",
    "gz",
    "h5",
    "hdf5",
    "ini",
    "jar",
    "joblib",
    "json",
    "jsonl",
    "keras",
    "llamafile",
    "mar",
    "md",
    "mlmodel",
    "model",
    "msgpack",
    "nemo",
    "npy",
    "npz",
    "onnx",
    "params",
    "parquet",
    "pb",
    "pbtxt",
    "pdiparams",
    "pdmodel",
    "pdparams",
    "pickle",
    "pkl",
    "plan",
    "pmml",
    "proto",
    "pt",
    "pt2",
    "pth",
    "py",
    "rds",
    "safetensors",
    "sav",
    "tar",
    "tbz2",
    "tflite",
    "tgz",
    "toml",
    "trt",
    "txt",
    "txz",
    "ubj",
    "whl",
    "xml",
    "xz",
    "yaml",
    "yml",
    "zip",
];

/// Extensions too rarely a model's to be listed above, but written behind another one.
const COMPRESSIONS: [&str; 5] = ["gz", "bz2", "xz", "zst", "zip"];

/// Length of the name without its extension, where the extension is known: `model` of
/// `model.tar.gz`.
pub(super) fn stem_len(segment: &str) -> Option<usize> {
    let known = |list: &[&str], text: &str| list.iter().any(|e| e.eq_ignore_ascii_case(text));
    let (stem, last) = segment.rsplit_once('.')?;
    if known(&COMPRESSIONS, last)
        && let Some((inner, before)) = stem.rsplit_once('.')
        && known(&EXTENSIONS, before)
        && !inner.is_empty()
    {
        return Some(inner.len());
    }
    let is_file = known(&EXTENSIONS, last) || known(&COMPRESSIONS, last);
    (is_file && !stem.is_empty()).then_some(stem.len())
}

/// The segments of `text[path]` that hold something, left to right.
pub(super) fn segments(text: &str, path: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = path.start;
    for piece in super::slice(text, path).split('/') {
        if !piece.is_empty() {
            found.push(start..start + piece.len());
        }
        start += piece.len() + 1;
    }
    found
}

/// Whether the last segment of a key is a file, so that the key is one object.
fn ends_in_file(key: &str) -> bool {
    key.rsplit('/').next().is_some_and(|last| stem_len(last).is_some())
}

/// A bucket and the prefix that KServe lists in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Key<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key without a leading slash, as KServe hands it to `objects.filter(Prefix=…)`.
    pub key: &'a str,
}

impl S3Key<'_> {
    /// Whether this key, as a string prefix, can match objects beside the ones meant: it neither
    /// ends in `/` nor names a file.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.key.is_empty() && !self.key.ends_with('/') && !ends_in_file(self.key)
    }
}

/// Whether downloading `a` certainly downloads `b` too: `…/v4` takes `…/v47`, but not `…/v4/model`.
///
/// Source: kserve `python/storage/kserve_storage/kserve_storage.py` (`_download_s3`), all releases
/// from 0.11 on; kserve#3776.
#[must_use]
pub fn s3_prefix_collides(a: &S3Key<'_>, b: &S3Key<'_>) -> bool {
    let beyond = b.key.strip_prefix(a.key);
    a.bucket == b.bucket
        && a.is_open()
        && beyond.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}
