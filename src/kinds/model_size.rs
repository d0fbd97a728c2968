//! How much memory the weights of a model need and how much a type of GPU has, as far as their names
//! tell (domain.md §2.5, §8; memory sizes from the vendors' data sheets).

/// The unit of a GPU's memory: `80GB` are 81,920 MiB.
const GB: u64 = 1 << 30;

/// The memory of one GPU, in GiB, by a word of its name: the largest that is sold under it. A word is
/// compared whole, `a10` is not in `a100`.
const MEMORY: [(&str, u64); 33] = [
    ("k80", 12),
    ("p4", 8),
    ("p40", 24),
    ("p100", 16),
    ("t4", 16),
    ("v100", 32),
    ("a2", 16),
    ("a10", 24),
    ("a10g", 24),
    ("a16", 16),
    ("a30", 24),
    ("a40", 48),
    ("a100", 80),
    ("a800", 80),
    ("a4000", 16),
    ("a5000", 24),
    ("a6000", 48),
    ("l4", 24),
    ("l40", 48),
    ("l40s", 48),
    ("h100", 94),
    ("h800", 80),
    ("h20", 96),
    ("h200", 141),
    ("gh200", 144),
    ("b200", 192),
    ("mi100", 32),
    ("mi210", 64),
    ("mi250", 128),
    ("mi300x", 192),
    ("3090", 24),
    ("4090", 24),
    ("5090", 32),
];

/// The memory of one GPU of a type, in bytes: `NVIDIA-A100-SXM4-80GB`, `nvidia-tesla-t4`,
/// `mig-3g.40gb`; `None` for a name that does not tell.
#[must_use]
pub fn gpu_memory(name: &str) -> Option<u64> {
    let name = name.to_lowercase();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let stated = words().find_map(|word| word.strip_suffix("gb")?.parse::<u64>().ok());
    let known = || words().find_map(|word| MEMORY.iter().find(|(known, _)| *known == word));
    stated.or_else(|| known().map(|(_, memory)| *memory)).filter(|memory| *memory > 0)?.checked_mul(GB)
}

/// The parameters of a model and how its weights are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Parameters, in thousands of millions.
    pub billions: f64,
    /// Bytes of one parameter.
    pub bytes: f64,
}

impl Weights {
    /// What the name of a model tells: `Llama-3.1-70B-Instruct-AWQ`. Of a mixture of experts,
    /// `8x7B`, what the experts share is counted once: a fifth less. `30B-A3B` has 30.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let billions = name.split(['-', '_', '/', ':', '@', ' ']).find_map(billions)?;
        let bytes = bytes_of(&name)
            .or_else(|| NATIVE.iter().find(|(known, _)| name.contains(known)).map(|one| one.1));
        Some(Self { billions, bytes: bytes.unwrap_or(2.0) })
    }

    /// All of them, in bytes.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
    pub fn all(&self) -> u64 {
        (self.billions * 1e9 * self.bytes) as u64
    }
}

/// Families that are published in fewer bits than their names tell (their model cards).
const NATIVE: [(&str, f64); 5] =
    [("gpt-oss", 0.56), ("kimi-k2", 1.0), ("deepseek-v3", 1.0), ("deepseek-r1-6", 1.0), ("ling-1t", 1.0)];

/// `70b`, `0.5b`, `8x7b`.
fn billions(word: &str) -> Option<f64> {
    let number = |text: &str| {
        let is_plain = text.starts_with(|first: char| first.is_ascii_digit());
        text.parse::<f64>().ok().filter(|number| is_plain && *number > 0.0 && *number < 10_000.0)
    };
    let count = word.strip_suffix('b')?;
    match count.split_once('x') {
        Some((experts, each)) => Some(number(experts)? * number(each)? * 0.8),
        None => number(count),
    }
}

/// The bytes of a parameter that a name or an argument tells, in lower case.
#[must_use]
pub fn bytes_of(text: &str) -> Option<f64> {
    let words = || text.split(|c: char| !c.is_ascii_alphanumeric());
    let is = |known: &[&str]| words().any(|word| known.contains(&word));
    // Four bits, with the scales beside them.
    if is(&["awq", "gptq", "int4", "w4a16", "4bit", "nf4", "mxfp4", "nvfp4", "fp4", "bnb", "bitsandbytes"])
        || words().any(|word| word.starts_with("q4"))
    {
        Some(0.56)
    } else if is(&["fp8", "int8", "w8a8", "w8a16", "8bit", "fbgemm", "smoothquant"])
        || words().any(|word| word.starts_with("q8"))
    {
        Some(1.0)
    } else if is(&["fp32", "float32"]) {
        Some(4.0)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_gpus_tell_their_memory() {
        for (name, gigabytes) in [
            ("NVIDIA-A100-SXM4-80GB", Some(80)),
            ("nvidia-tesla-a100", Some(80)),
            ("Tesla-V100-SXM2-16GB", Some(16)),
            ("nvidia-tesla-t4", Some(16)),
            ("nvidia-a10g", Some(24)),
            ("NVIDIA-L40S", Some(48)),
            ("nvidia.com/mig-3g.40gb", Some(40)),
            ("true", None),
            ("g5.xlarge", None),
        ] {
            assert_eq!(gpu_memory(name), gigabytes.map(|one: u64| one * GB), "{name}");
        }
    }

    #[test]
    fn names_of_models_tell_their_parameters() {
        for (name, billions, bytes) in [
            ("hf://meta-llama/Llama-3.1-70B-Instruct", Some(70.0), 2.0),
            ("s3://models/llama-3-70b-awq/v3/", Some(70.0), 0.56),
            ("hf://Qwen/Qwen2.5-0.5B", Some(0.5), 2.0),
            ("hf://Qwen/Qwen3-30B-A3B", Some(30.0), 2.0),
            ("hf://mistralai/Mixtral-8x7B-v0.1", Some(44.8), 2.0),
            ("oci://registry/granite-3.3-8b-instruct-fp8:1.0", Some(8.0), 1.0),
            ("oci://registry/modelcar-gpt-oss-120b:1.0", Some(120.0), 0.56),
            ("hf://microsoft/phi-4", None, 2.0),
            ("s3://models/fraud/v47/", None, 2.0),
        ] {
            let found = Weights::of(name);
            assert_eq!(found.map(|weights| (weights.billions * 10.0).round() / 10.0), billions, "{name}");
            assert!(found.is_none_or(|found| (found.bytes - bytes).abs() < f64::EPSILON), "{name}");
        }
    }
}
