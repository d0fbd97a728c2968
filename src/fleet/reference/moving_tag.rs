//! Image tags that are pushed again with every build: a word that moves, alone or with the words that
//! say which build of it is meant (`latest-gpu`, `nightly-py310`).

use super::{token, words};

/// Words that move beside others, too (tensorflow/serving `latest-devel-gpu`, text-embeddings-inference
/// `cpu-latest`, openvino/model_server `weekly`).
const MOVING: [&str; 23] = [
    "latest",
    "newest",
    "current",
    "main",
    "master",
    "trunk",
    "head",
    "tip",
    "nightly",
    "weekly",
    "edge",
    "rolling",
    "snapshot",
    "dev",
    "devel",
    "develop",
    "stable",
    "unstable",
    "canary",
    "prod",
    "production",
    "staging",
    "preview",
];

/// Beginnings of words that hold a number and say for which machine an image is built.
const BUILDS: [&str; 16] = [
    "cu", "rocm", "py", "ubuntu", "debian", "ubi", "rhel", "alpine", "amd64", "arm64", "aarch64", "x86",
    "sm", "trt", "l4t", "avx",
];

/// Whether what a tag names is another image tomorrow. Any tag can be pushed again; these are.
#[must_use]
pub fn is_moving_tag(tag: &str) -> bool {
    let mut parts = tag.split(['-', '_']);
    let moves = |part: &str| MOVING.iter().any(|word| word.eq_ignore_ascii_case(part));
    if words::is_mutable(tag) || moves(tag) {
        return true;
    }
    let names_one = parts.clone().any(|part| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        token::is_commit(part)
            || (part.len() >= 7 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
            || digits >= 6
    });
    if names_one {
        return false;
    }
    // A release has no builds that move: `2.15.0-devel-gpu`. Of `latest` there is always another.
    let is_plain = |part: &str| !part.bytes().any(|byte| byte.is_ascii_digit()) || is_build(part);
    let is_plain = parts.clone().all(is_plain);
    parts.any(|part| part.eq_ignore_ascii_case("latest") || (is_plain && moves(part)))
}

fn is_build(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    BUILDS.iter().any(|build| {
        part.strip_prefix(build)
            .is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()))
            || (*build == "cu" && part.starts_with("cuda"))
            || (*build == "py" && part.starts_with("python"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_moves_by_its_word_whatever_build_it_names() {
        for (tag, moves) in [
            ("latest", true),
            ("Latest", true),
            ("latest-gpu", true),
            ("latest-devel-gpu", true),
            ("latest-rocm", true),
            ("latest-cu124", true),
            ("latest-aio-gpu-nvidia-cuda-12", true),
            ("cpu-latest", true),
            ("89-latest", true),
            ("v0.15-latest", true),
            ("nightly", true),
            ("nightly-py310-cu121", true),
            ("nightly-gpu-jupyter", true),
            ("main", true),
            ("main_gpu", true),
            ("weekly", true),
            ("dev", true),
            ("stable", true),
            ("production", true),
            // What names a commit, a day or a release does not move with the next one.
            ("latest-3f2a1b9", false),
            ("main-3f2a1b9", false),
            ("nightly-20261118", false),
            ("nightly-2026-11-18", false),
            ("nightly-dev-20261118-3f2a1b9c", false),
            ("2.15.0-devel-gpu", false),
            ("v3-prod", false),
            ("25.03-py3", false),
            ("v47", false),
            ("v0.15.2-gpu", false),
            ("sha-3f2a1b9", false),
        ] {
            assert_eq!(is_moving_tag(tag), moves, "{tag}");
        }
    }
}
