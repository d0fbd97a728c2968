//! The words that move, the words that say nothing, and the words that claim a version for
//! something other than the model (domain facts, §7.3).

/// Words that never name one version, as a whole segment in any case.
const MUTABLE: [&str; 49] = [
    "latest",
    "current",
    "live",
    "active",
    "stable",
    "newest",
    "recent",
    "head",
    "tip",
    "main",
    "master",
    "trunk",
    "default",
    "prod",
    "production",
    "prd",
    "stage",
    "staging",
    "stg",
    "dev",
    "develop",
    "development",
    "test",
    "qa",
    "uat",
    "preprod",
    "champion",
    "challenger",
    "candidate",
    "canary",
    "best",
    "final",
    "release",
    "rc",
    "nightly",
    "edge",
    "beta",
    "alpha",
    "archived",
    "none",
    "shadow",
    "baseline",
    "previous",
    "prev",
    "rollback",
    "blue",
    "green",
    "tmp",
    "temp",
];

/// Of those, the ones that no folder of models is called: they move wherever they stand. The
/// others are folders (`prod/fraud/…`, `test/…`) unless they are the last word.
const POINTERS: [&str; 5] = ["latest", "newest", "current", "champion", "challenger"];

/// Environments, which promotion proofs take out of a path (domain facts, §11 I4).
const ENVIRONMENTS: [&str; 17] = [
    "prod",
    "production",
    "prd",
    "live",
    "staging",
    "stage",
    "stg",
    "preprod",
    "pre-prod",
    "uat",
    "qa",
    "dev",
    "develop",
    "development",
    "test",
    "integration",
    "sandbox",
];

/// Last segments that say what the files are, not which version they are.
const GENERIC_LEAVES: [&str; 25] = [
    "model",
    "models",
    "artifact",
    "artifacts",
    "weights",
    "checkpoint",
    "export",
    "exported",
    "saved_model",
    "data",
    "files",
    "serving",
    "model_repository",
    "onnx",
    "pytorch",
    "torch",
    "sklearn",
    "xgboost",
    "tensorflow",
    "tf",
    "triton",
    "huggingface",
    "hf",
    "config",
    "model-store",
];

/// Folders whose child `1.0` is the version of the framework.
const FRAMEWORKS: [&str; 19] = [
    "sklearn",
    "scikit-learn",
    "xgboost",
    "lightgbm",
    "tensorflow",
    "tf",
    "pytorch",
    "torchserve",
    "torch",
    "onnx",
    "triton",
    "pmml",
    "paddle",
    "catboost",
    "mlserver",
    "huggingface",
    "vllm",
    "python",
    "spark",
];

/// Folders whose child `v3` is the version of the data.
const DATASETS: [&str; 8] =
    ["dataset", "datasets", "data", "train", "training", "validation", "eval", "features"];

fn holds(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

pub(super) fn is_mutable(word: &str) -> bool {
    holds(&MUTABLE, word)
}

pub(super) fn is_pointer(word: &str) -> bool {
    holds(&POINTERS, word)
}

pub(super) fn is_environment(word: &str) -> bool {
    holds(&ENVIRONMENTS, word)
}

pub(super) fn is_generic_leaf(word: &str) -> bool {
    holds(&GENERIC_LEAVES, word)
}

pub(super) fn is_framework(word: &str) -> bool {
    holds(&FRAMEWORKS, word)
}

pub(super) fn is_dataset(word: &str) -> bool {
    holds(&DATASETS, word)
}
