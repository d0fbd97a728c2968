//! The names of the rules, for who reads a configuration.

use super::{Rule, registry};
use crate::config::{ParamWords, RuleWords, Vocabulary};
use crate::fleet::{Column, is_usual_environment};

/// Every name a configuration may speak of beside its own.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    Vocabulary {
        rules: registry::RULES.iter().map(words).collect(),
        columns: Column::ALL.into_iter().map(Column::word).collect(),
        is_usual_environment,
    }
}

fn words(rule: &Rule) -> RuleWords {
    let params = rule.params.iter().map(|param| ParamWords {
        name: param.name,
        kind: param.kind,
        default: param.default,
        meaning: param.meaning,
    });
    RuleWords {
        id: rule.id,
        category: rule.category,
        summary: rule.summary,
        cases: rule.cases.iter().map(|case| case.id).collect(),
        params: params.collect(),
    }
}
