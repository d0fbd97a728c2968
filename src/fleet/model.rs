//! The identity of a model: its service's name without what belongs to an environment or a
//! version (domain.md §11 I4).

use crate::config::{Config, FolderConfig, is_below};

/// The model an InferenceService of this name serves; `paths` are the files it is made of.
#[must_use]
pub(super) fn identity(service: &str, config: &Config, paths: &[String]) -> String {
    let is_here = |folder: &&FolderConfig| paths.iter().any(|path| is_below(path, &folder.folder));
    let of_folders = config.folders.iter().rev().filter(is_here).flat_map(|folder| &folder.models);
    let mapped = of_folders.chain(&config.models).find(|(name, model)| {
        name.as_str() == service || model.services.iter().any(|other| other.value == service)
    });
    match mapped {
        Some((name, _)) => name.clone(),
        None => without_affixes(service).to_owned(),
    }
}

/// Drops `-v2-4-1`, `-canary` and an environment at either end; never everything.
fn without_affixes(service: &str) -> &str {
    let mut name = service;
    loop {
        let shorter = [without_version, without_last_word, without_first_word]
            .into_iter()
            .filter_map(|cut| cut(name))
            .find(|shorter| !shorter.is_empty());
        match shorter {
            Some(shorter) => name = shorter,
            None => return name,
        }
    }
}

/// `fraud-detector-v2-4-1` and `fraud-v47` are versions of a model; `yolov8` and `bert-base` are
/// not.
fn without_version(name: &str) -> Option<&str> {
    let cut = name.rfind("-v")?;
    let digits = &name[cut + 2..];
    let is_version = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_version.then(|| &name[..cut])
}

fn without_last_word(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once('-')?;
    is_affix(last).then_some(rest)
}

fn without_first_word(name: &str) -> Option<&str> {
    let (first, rest) = name.split_once('-')?;
    (is_affix(first) && first != "canary").then_some(rest)
}

fn is_affix(word: &str) -> bool {
    const WORDS: [&str; 15] = [
        "dev",
        "develop",
        "development",
        "staging",
        "stage",
        "stg",
        "preprod",
        "uat",
        "qa",
        "prod",
        "production",
        "prd",
        "live",
        "canary",
        "stable",
    ];
    WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affixes_of_environments_and_versions_are_no_part_of_a_model() {
        for (service, model) in [
            ("fraud-detector", "fraud-detector"),
            ("fraud-detector-prod", "fraud-detector"),
            ("staging-fraud-detector", "fraud-detector"),
            ("fraud-detector-v2-4-1", "fraud-detector"),
            ("fraud-detector-v47-canary", "fraud-detector"),
            ("fraud-detector-canary", "fraud-detector"),
            ("prod", "prod"),
            ("yolov8", "yolov8"),
            ("live-translation", "translation"),
            ("llama-3-1-8b", "llama-3-1-8b"),
        ] {
            assert_eq!(without_affixes(service), model, "{service}");
        }
    }
}
