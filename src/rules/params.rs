//! The parameters of every rule, typed. Written by `cargo xtask generate` from the pages in
//! `rules/`.

use crate::config::Config;
use crate::config::{ParamValue, RuleConfig};

/// The parameters of every rule that has some.
#[derive(Debug, Clone)]
pub struct Params {
    /// Of `canary-first`.
    pub canary_first: CanaryFirst,
    /// Of `canary-forgotten`.
    pub canary_forgotten: CanaryForgotten,
    /// Of `feature-contract`.
    pub feature_contract: FeatureContract,
    /// Of `pinned-model-uri`.
    pub pinned_model_uri: PinnedModelUri,
    /// Of `ran-in-staging`.
    pub ran_in_staging: RanInStaging,
    /// Of `waiver`.
    pub waiver: Waiver,
}

impl Params {
    /// The parameters a configuration sets, and the defaults of the pages.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let rule = |id: &str| config.rules.get(id);
        Self {
            canary_first: CanaryFirst::of(rule("canary-first")),
            canary_forgotten: CanaryForgotten::of(rule("canary-forgotten")),
            feature_contract: FeatureContract::of(rule("feature-contract")),
            pinned_model_uri: PinnedModelUri::of(rule("pinned-model-uri")),
            ran_in_staging: RanInStaging::of(rule("ran-in-staging")),
            waiver: Waiver::of(rule("waiver")),
        }
    }
}

/// The parameters of `canary-first`.
#[derive(Debug, Clone)]
pub struct CanaryFirst {
    /// How many requests the canary must answer where the traffic of the model is known.
    pub samples: i64,
    /// How long the canary stage must last.
    pub soak: std::time::Duration,
}

impl CanaryFirst {
    fn of(rule: Option<&RuleConfig>) -> Self {
        let set = |name: &str| rule.and_then(|rule| rule.params.get(name)).map(|set| &set.value);
        Self {
            samples: match set("samples") {
                Some(ParamValue::Int(value)) => *value,
                _ => 1000,
            },
            soak: match set("soak") {
                Some(ParamValue::Duration(value)) => *value,
                _ => std::time::Duration::from_secs(1800),
            },
        }
    }
}

/// The parameters of `canary-forgotten`.
#[derive(Debug, Clone)]
pub struct CanaryForgotten {
    /// How long a canary may keep its version and its share.
    pub after: std::time::Duration,
}

impl CanaryForgotten {
    fn of(rule: Option<&RuleConfig>) -> Self {
        let set = |name: &str| rule.and_then(|rule| rule.params.get(name)).map(|set| &set.value);
        Self {
            after: match set("after") {
                Some(ParamValue::Duration(value)) => *value,
                _ => std::time::Duration::from_secs(1209600),
            },
        }
    }
}

/// The parameters of `feature-contract`.
#[derive(Debug, Clone)]
pub struct FeatureContract {
    /// Names of labels, annotations or, in capitals, variables that hold such a version.
    pub keys: Vec<String>,
}

impl FeatureContract {
    fn of(rule: Option<&RuleConfig>) -> Self {
        let set = |name: &str| rule.and_then(|rule| rule.params.get(name)).map(|set| &set.value);
        Self {
            keys: match set("keys") {
                Some(ParamValue::List(value)) => value.clone(),
                _ => vec![
                    "feature-version".to_owned(),
                    "feature-set-version".to_owned(),
                    "feature-view-version".to_owned(),
                    "data-contract-version".to_owned(),
                ],
            },
        }
    }
}

/// The parameters of `pinned-model-uri`.
#[derive(Debug, Clone)]
pub struct PinnedModelUri {
    /// Further words that name something that moves, as a whole path segment.
    pub moving_words: Vec<String>,
    /// Regular expressions of the house's own version tokens; each must match a whole path segment.
    pub versions: Vec<String>,
}

impl PinnedModelUri {
    fn of(rule: Option<&RuleConfig>) -> Self {
        let set = |name: &str| rule.and_then(|rule| rule.params.get(name)).map(|set| &set.value);
        Self {
            moving_words: match set("moving-words") {
                Some(ParamValue::List(value)) => value.clone(),
                _ => vec![],
            },
            versions: match set("versions") {
                Some(ParamValue::List(value)) => value.clone(),
                _ => vec![],
            },
        }
    }
}

/// The parameters of `ran-in-staging`.
#[derive(Debug, Clone)]
pub struct RanInStaging {
    /// The environment a model comes from, where it is not the rung below: `churn: dev`; `none` for a model that has no other environment.
    pub from: std::collections::BTreeMap<String, String>,
    /// What makes two versions the same: `token`, `digest` or `uri`.
    pub identity: String,
}

impl RanInStaging {
    fn of(rule: Option<&RuleConfig>) -> Self {
        let set = |name: &str| rule.and_then(|rule| rule.params.get(name)).map(|set| &set.value);
        Self {
            from: match set("from") {
                Some(ParamValue::Map(value)) => value.clone(),
                _ => std::collections::BTreeMap::new(),
            },
            identity: match set("identity") {
                Some(ParamValue::String(value)) => value.clone(),
                _ => "token".to_owned(),
            },
        }
    }
}

/// The parameters of `waiver`.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// How far ahead the last day of a waiver may lie, such as 90d; 0s: as far as anybody likes.
    pub max_age: std::time::Duration,
    /// What every waiver must state: owner, ticket, until.
    pub require: Vec<String>,
}

impl Waiver {
    fn of(rule: Option<&RuleConfig>) -> Self {
        let set = |name: &str| rule.and_then(|rule| rule.params.get(name)).map(|set| &set.value);
        Self {
            max_age: match set("max-age") {
                Some(ParamValue::Duration(value)) => *value,
                _ => std::time::Duration::from_secs(0),
            },
            require: match set("require") {
                Some(ParamValue::List(value)) => value.clone(),
                _ => vec![],
            },
        }
    }
}
