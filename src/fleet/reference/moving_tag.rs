//! Image tags that are pushed again with every build: a word that moves, alone or with the words that
//! say which build of it is meant (`latest-gpu`, `nightly-py310`).

use super::{token, words};

/// Words that move whatever stands beside them (tensorflow/serving `latest-devel-gpu`,
/// text-embeddings-inference `cpu-latest`, openvino/model_server `weekly`).
const MOVING: [&str; 5] = ["latest", "newest", "nightly", "weekly", "snapshot"];

/// Words that move alone, or beside words for builds: `main_gpu`. Beside others they may be part of a
/// name, `stable-diffusion`.
const MOVING_ALONE: [&str; 18] = [
    "current",
    "main",
    "master",
    "trunk",
    "head",
    "tip",
    "edge",
    "rolling",
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

/// Words that say which build of an image is meant.
const BUILD_WORDS: [&str; 18] = [
    "gpu", "cpu", "cuda", "rocm", "hpu", "xpu", "tpu", "neuron", "slim", "alpine", "jupyter", "runtime",
    "base", "full", "openai", "linux", "nvidia", "intel",
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
    let moves = |part: &str| is_one_of(&MOVING, part) || is_one_of(&MOVING_ALONE, part);
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
    let is_of_build = |part: &str| moves(part) || is_one_of(&BUILD_WORDS, part) || is_build(part);
    let is_of_build = parts.clone().all(is_of_build);
    parts.any(|part| match () {
        () if part.eq_ignore_ascii_case("latest") => true,
        () if is_one_of(&MOVING, part) => is_plain,
        () => is_plain && is_of_build && moves(part),
    })
}

fn is_one_of(words: &[&str], part: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(part))
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
            // Names of products.
            ("stable-diffusion", false),
            ("edge-runtime-api", false),
            ("dev-tools", false),
            ("preview-model", false),
            ("prod-fraud", false),
            ("v0.15.2-gpu", false),
            ("sha-3f2a1b9", false),
        ] {
            assert_eq!(is_moving_tag(tag), moves, "{tag}");
        }
    }
}
