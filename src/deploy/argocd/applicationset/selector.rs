//! A selector behind a generator: which of its elements count (argo-cd
//! `applicationset/utils/selector.go`, Kubernetes' label selectors without limits on the values).

use std::collections::BTreeMap;

use mlgitops_yaml::{Map, Mode, Node};

use super::refusal::Stop;

const KIND: &str = "appset-selector";

/// Requirements, all of which must hold.
#[derive(Debug)]
pub(super) struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug)]
struct Requirement {
    key: String,
    holds: Operator,
}

#[derive(Debug)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads a selector; one without requirements selects everything.
    pub(super) fn of(node: &Node) -> Result<Self, Stop> {
        let mut requirements = Vec::new();
        let labels = node.get("matchLabels").present().and_then(Node::as_map);
        for (key, value) in labels.into_iter().flat_map(Map::iter) {
            let value = value.text().unwrap_or("").to_owned();
            // `n: …` is the key `false`, as it is in the element it selects.
            let Ok(key) = key.resolved_name(Mode::Api) else { continue };
            requirements.push(Requirement { key: key.into_owned(), holds: Operator::In(vec![value]) });
        }
        for expression in node.get("matchExpressions").items() {
            requirements.push(requirement(expression)?);
        }
        Ok(Self { requirements })
    }

    /// The selector that selects everything.
    pub(super) fn everything() -> Self {
        Self { requirements: Vec::new() }
    }

    /// Whether labels meet all requirements.
    pub(super) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|one| {
            let label = labels.get(&one.key);
            match &one.holds {
                Operator::In(values) => label.is_some_and(|label| values.contains(label)),
                Operator::NotIn(values) => label.is_none_or(|label| !values.contains(label)),
                Operator::Exists => label.is_some(),
                Operator::DoesNotExist => label.is_none(),
            }
        })
    }

    /// Whether it selects everything.
    pub(super) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

fn requirement(expression: &Node) -> Result<Requirement, Stop> {
    let refused = |message: String, at: Option<&Node>| {
        Err(Stop::refused(KIND, message, at.map_or(expression.origin, |node| node.origin)))
    };
    let key = expression.get("key").text().unwrap_or("").to_owned();
    let list = expression.get("values").present();
    let values: Vec<String> =
        expression.get("values").items().iter().filter_map(Node::text).map(str::to_owned).collect();
    let operator = expression.get("operator").present();
    let holds = match operator.and_then(Node::text).unwrap_or("") {
        word @ ("In" | "NotIn") if values.is_empty() => {
            return refused(
                format!("its selector's `{key}` has the operator {word} and no values"),
                operator,
            );
        }
        word @ ("Exists" | "DoesNotExist") if !values.is_empty() => {
            return refused(
                format!("its selector's `{key}` has the operator {word}, which takes no values"),
                list,
            );
        }
        "In" => Operator::In(values),
        "NotIn" => Operator::NotIn(values),
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        word => {
            let message = format!(
                "its selector's `{key}` has the operator `{word}`, which is none of In, NotIn, Exists, DoesNotExist"
            );
            return refused(message, operator);
        }
    };
    Ok(Requirement { key, holds })
}
