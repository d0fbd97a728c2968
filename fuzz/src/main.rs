//! Every parser under libFuzzer, in one binary. The first byte of an input names its target, so
//! that one corpus serves all of them and a minute is shared by all.
#![no_main]

mod edit;
mod lint;
mod values;
mod yaml;

use libfuzzer_sys::fuzz_target;

/// A target takes what follows the first byte, and panics if what it is given breaks a law.
type Target = fn(&[u8]);

/// THE TABLE. A target is added here, and by a seed or more in `corpus/` that begins with its
/// letter.
const TARGETS: &[(u8, Target)] = &[
    (b'y', yaml::tree),
    (b's', yaml::scalar),
    (b'p', yaml::pointer),
    (b'f', yaml::source_file),
    (b'q', values::quantity_and_size),
    (b'd', values::duration),
    (b'r', lint::model_reference),
    (b'c', lint::configuration),
    (b'l', lint::repository),
    (b't', lint::template),
    (b'k', lint::kustomization),
    (b'v', lint::variables),
    (b'e', edit::edit),
];

fuzz_target!(|data: &[u8]| {
    let Some((&letter, input)) = data.split_first() else { return };
    // A letter of no target falls to one, so that no mutation of the first byte is lost.
    let named = TARGETS.iter().position(|(name, _)| *name == letter);
    let (_, target) = TARGETS[named.unwrap_or(usize::from(letter) % TARGETS.len())];
    target(input);
});
