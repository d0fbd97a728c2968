//! The usual names of environments: known before any fleet is, to tell their values files.

/// Usual names, by rung: lowest first.
pub(crate) const USUAL: [&[&str]; 3] = [
    &["dev", "develop", "development"],
    &["staging", "stage", "stg", "preprod", "uat", "qa"],
    &["prod", "production", "prd", "live"],
];

/// Whether a name is a usual one of an environment.
#[must_use]
pub fn is_usual_environment(name: &str) -> bool {
    rank_of(name).is_some()
}

/// The rung of a usual name, lowest 0.
pub(crate) fn rank_of(token: &str) -> Option<usize> {
    USUAL.iter().position(|rung| rung.iter().any(|alias| alias.eq_ignore_ascii_case(token)))
}
